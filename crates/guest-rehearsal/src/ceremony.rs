//! Runs all binaries on copies of the sample folders, from the first key to a booted rehearsal.
//!
//! Each act happens in the folder of one persona: a command as that person would type it, a file from another persona, or a
//! file that really comes from elsewhere and is made here. In the end, each folder is as it would be on that person's disk.

use cli_kit::output::Visibility;
use cli_kit::{ExitCode, Failure};
use contract_pki::random::Randomness;
use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

pub mod folders;
pub mod tools;

use crate::certificates::syslog_files;
use crate::keys::secret_hex;
use folders::{Folders, GUEST};
use tools::{Printed, Tools};

/// One act of a persona.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// The persona, whose folder it is.
    pub who: &'static str,
    /// The command as typed there.
    pub command: String,
    /// The result, in one line.
    pub outcome: String,
}

/// A ceremony, ready to run.
pub struct Ceremony<'a> {
    /// Fresh copies of the folders.
    pub folders: &'a Folders,
    /// The binaries.
    pub tools: &'a Tools,
    /// The time at which certificates begin.
    pub now: Timestamp,
    /// For passphrases.
    pub random: &'a mut dyn Randomness,
    /// Called before each act, with persona and command.
    pub before: &'a mut dyn FnMut(&'static str, &str),
    /// Called after each act.
    pub after: &'a mut dyn FnMut(&Act),
}

const AUDITOR: &str = "contract-auditor";
const SIGNER: &str = "contract-signer";
const WORKLOAD: &str = "workload-provider";
const ENV: &str = "env-deployer";

impl Ceremony<'_> {
    /// Runs all acts; returns the output of `guest-rehearsal boot`.
    pub fn play(&mut self) -> Result<String, Failure> {
        self.keys()?;
        self.workload()?;
        self.env()?;
        self.sign()?;
        self.hand_over((SIGNER, "user-data"), (ENV, "user-data"))?;
        self.run(ENV, "env-deployer boot-media user-data --hostname paynow -o ciiso.iso")?;
        self.hand_over((ENV, "ciiso.iso"), (GUEST, "ciiso.iso"))?;
        self.hand_over((SIGNER, "user-data"), (GUEST, "user-data"))?;
        self.hand_over((SIGNER, "user-data.record.json"), (GUEST, "user-data.record.json"))?;
        let boot_log = self.run(
            GUEST,
            "guest-rehearsal boot ciiso.iso --guest-key guest-key.pem --attest attestation --record user-data.record.json \
             --report report.html",
        )?;
        self.audit()?;
        Ok(boot_log)
    }

    fn keys(&mut self) -> Result<(), Failure> {
        self.run(GUEST, "guest-rehearsal keygen -o .")?;
        self.hand_over((GUEST, "guest-encrypt.crt"), (WORKLOAD, "hpcr-encrypt.crt"))?;
        self.hand_over((GUEST, "guest-encrypt.crt"), (ENV, "hpcr-encrypt.crt"))?;
        self.draw(SIGNER, "passphrase")?;
        self.run(SIGNER, "contract-signer keygen -o signing-key.pem --passphrase-file passphrase")?;
        // the contract ends with this certificate
        self.run(SIGNER, "contract-signer certify signing-key.pem --days 365 --passphrase-file passphrase")?;
        // before the env section is encrypted, which contains one of them
        self.hand_over((SIGNER, "signing-key.crt"), (ENV, "signing-key.crt"))?;
        self.hand_over((SIGNER, "signing-key.pub.pem"), (ENV, "signing-key.pub.pem"))?;
        self.auditor()?;
        let recipient = self.run(SIGNER, "contract-signer identity")?.trim().to_owned();
        self.author(WORKLOAD, "workload", &recipient)?;
        self.author(ENV, "env", &recipient)
    }

    /// The auditor key, for which the guest will encrypt its record. It goes into the contract in a token.
    fn auditor(&mut self) -> Result<(), Failure> {
        self.draw(AUDITOR, "passphrase")?;
        self.run(AUDITOR, "contract-auditor keygen -o attestation-key.pem --passphrase-file passphrase")?;
        self.hand_over((AUDITOR, "attestation-key.pub.pem"), (SIGNER, "attestation-key.pub.pem"))?;
        self.hand_over((GUEST, "guest-encrypt.crt"), (SIGNER, "hpcr-encrypt.crt"))
    }

    /// The keys of an author: an SSH key, which vouches and which the contract signer trusts; an age identity, for the vault;
    /// and the contract signer's recipient, for handoffs.
    fn author(&mut self, who: &'static str, section: &str, recipient: &str) -> Result<(), Failure> {
        let name = format!("{who}@paynow.example");
        self.ssh_key(who, &name)?;
        let received = format!("{who}.pub");
        self.hand_over((who, "id_ed25519.pub"), (SIGNER, &received))?;
        self.run(SIGNER, &format!("contract-signer trust add {name} {received} --{section}"))?;
        self.run(who, &format!("{who} identity"))?;
        self.encrypt_to(who, recipient)?;
        self.run(who, &format!("{who} seed add data")).map(drop)
    }

    fn workload(&mut self) -> Result<(), Failure> {
        self.run(WORKLOAD, "workload-provider check .")?;
        self.run(WORKLOAD, "workload-provider encrypt .")?;
        self.hand_over((WORKLOAD, "paynow.workload.handoff.age"), (SIGNER, "paynow.workload.handoff.age"))
    }

    fn env(&mut self) -> Result<(), Failure> {
        self.rsyslog()?;
        self.run(ENV, "env-deployer check .")?;
        self.run(ENV, "env-deployer encrypt .")?;
        self.hand_over((ENV, "paynow.env.handoff.age"), (SIGNER, "paynow.env.handoff.age"))
    }

    fn sign(&mut self) -> Result<(), Failure> {
        self.run(SIGNER, "contract-signer inspect paynow.workload.handoff.age")?;
        self.run(SIGNER, "contract-signer inspect paynow.env.handoff.age")?;
        self.run(
            SIGNER,
            "contract-signer sign --workload paynow.workload.handoff.age --env paynow.env.handoff.age \
             --key signing-key.pem --passphrase-file passphrase --auditor-key attestation-key.pub.pem \
             --encrypt-auditor-key --certificate hpcr-encrypt.crt -o user-data",
        )?;
        self.run(
            SIGNER,
            "contract-signer verify user-data --signing-key signing-key.pub.pem --record user-data.record.json",
        )?;
        self.run(SIGNER, "contract-signer inspect user-data").map(drop)
    }

    /// Checks the guest's record against the signed contract.
    fn audit(&mut self) -> Result<(), Failure> {
        for (received, as_name) in [
            ("attestation/se-checksums.txt.enc", "se-checksums.txt.enc"),
            ("attestation/se-signature.bin", "se-signature.bin"),
            ("guest-attestation.crt", "hpcr-attestation.crt"),
            ("guest-intermediate.crt", "hpcr-intermediate.crt"),
            ("guest-root.crt", "root.crt"),
        ] {
            self.hand_over((GUEST, received), (AUDITOR, as_name))?;
        }
        self.hand_over((SIGNER, "user-data.record.json"), (AUDITOR, "user-data.record.json"))?;
        self.hand_over((ENV, "ciiso.iso"), (AUDITOR, "ciiso.iso"))?;
        self.run(AUDITOR, "contract-auditor open --passphrase-file passphrase")?;
        self.run(AUDITOR, "contract-auditor verify")?;
        self.run(AUDITOR, "contract-auditor compare --medium ciiso.iso --report report.html").map(drop)
    }

    /// Runs a command in the persona's folder; returns its standard output.
    fn run(&mut self, who: &'static str, command: &str) -> Result<String, Failure> {
        let mut printed = String::new();
        self.act(who, command, |this| {
            let words: Vec<_> = command.split_ascii_whitespace().collect();
            let Printed { stdout, outcome } =
                this.tools.run(&this.folders.folder(who), this.folders.user(who), &words)?;
            printed = stdout;
            Ok(outcome)
        })?;
        Ok(printed)
    }

    /// Gives a file to another persona, shown as the command that would copy it.
    fn hand_over(&mut self, from: (&str, &str), to: (&'static str, &str)) -> Result<(), Failure> {
        let command = format!("cp ../{}/{} {}", from.0, from.1, to.1);
        self.act(to.0, &command, |this| {
            let bytes = this.folders.read(&format!("{}/{}", from.0, from.1))?;
            this.folders.put(&format!("{}/{}", to.0, to.1), &bytes, Visibility::Public)?;
            Ok(format!("received `{}` from the {}", to.1, from.0.replace('-', " ")))
        })
    }

    fn ssh_key(&mut self, who: &'static str, name: &str) -> Result<(), Failure> {
        let command = format!("ssh-keygen -q -t ed25519 -N '' -C {name} -f id_ed25519");
        self.act(who, &command, |this| {
            tools::ssh_keygen(&this.folders.folder(who), name)?;
            for file in ["id_ed25519", "id_ed25519.pub"] {
                this.folders.owned(&format!("{who}/{file}"))?;
            }
            Ok("made `id_ed25519` and `id_ed25519.pub`, without a passphrase".to_owned())
        })
    }

    /// Edits `persona.yaml`, shown as a command.
    fn encrypt_to(&mut self, who: &'static str, recipient: &str) -> Result<(), Failure> {
        let (before, after) = ("recipients: []", format!("recipients: [{recipient}]"));
        let command = format!("sed -i 's/recipients: \\[\\]/{after}/' persona.yaml");
        self.act(who, &command, |this| {
            this.folders.edit(&format!("{who}/persona.yaml"), before, &after)?;
            Ok("handoffs are encrypted to the contract signer".to_owned())
        })
    }

    /// Makes a secret of 256 bits, as the command shown would.
    fn draw(&mut self, who: &'static str, file: &str) -> Result<(), Failure> {
        let command = format!("(umask 077 && openssl rand -hex 32 > {file})");
        self.act(who, &command, |this| {
            let mut bytes = Zeroizing::new([0; 32]);
            this.random.fill(&mut *bytes).map_err(|error| {
                Failure::new(ExitCode::CouldNot, format!("cannot make `{file}`: {error}"))
            })?;
            let line = Zeroizing::new([secret_hex(&*bytes).as_bytes(), b"\n"].concat());
            this.folders.put(&format!("{who}/{file}"), &line, Visibility::Secret)?;
            Ok(format!("made `{file}`: 256 random bits, readable by its owner only"))
        })
    }

    fn rsyslog(&mut self) -> Result<(), Failure> {
        self.act(ENV, "(the syslog server's administrator hands over rsyslog/)", |this| {
            let hostname = this.folders.syslog_hostname()?;
            let files = syslog_files(&hostname, this.now).map_err(|error| {
                Failure::new(ExitCode::CouldNot, format!("cannot make the syslog certificates: {error}"))
            })?;
            for file in files {
                this.folders.put(&format!("{ENV}/rsyslog/{}", file.name), &file.pem, file.visibility)?;
            }
            Ok(format!(
                "made an authority, a server certificate for {hostname}, a client certificate with a PKCS#1 key"
            ))
        })
    }

    /// Announces an act, does it, and reports its outcome.
    fn act(
        &mut self,
        who: &'static str,
        command: &str,
        does: impl FnOnce(&mut Self) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        (self.before)(who, command);
        let outcome = does(self)?;
        (self.after)(&Act { who, command: command.to_owned(), outcome });
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! The command line as typed.

use std::path::PathBuf;

use certificate_command::Certificate;
use clap::{ArgGroup, Args, Parser, Subcommand};
use cli_kit::age_keys::NewIdentity;
use cli_kit::clock::{parse_at, parse_within};
use cli_kit::expect::Expect;
use cli_kit::identity::IdentityArguments;
use cli_kit::private_key::KeygenArguments;
use cli_kit::prompt::{IdentityPassphrase, PassphraseSource};
use cli_kit::{Common, Force};
use contract_pki::signing_certificate::{Days, Name, NameError};
use jiff::{SignedDuration, Timestamp};

/// Combine the workload and env halves of an IBM Hyper Protect contract and sign them, without reading either.
#[derive(Parser)]
#[command(
    name = "contract-signer",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  contract-signer keygen                              # make the signing key, once
  contract-signer inspect paynow.workload.handoff.age # look at a handoff that you received
  contract-signer sign                                # combine both handoffs into user-data
  contract-signer verify user-data --signing-key signing-key.pub.pem

EXIT STATUS
  0 done; 1 could not (file, machine); 2 wrong usage; 3 input rejected;
  4 refused: a signature, a voucher, or halves that disagree; 5 no passphrase, or no identity"
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Init(Init),
    Identity(IdentityArguments),
    Keygen(KeygenArguments),
    PublicKey(PublicKey),
    Certify(Certify),
    Csr(Csr),
    Inspect(Inspect),
    Sign(Sign),
    Verify(Verify),
    Certificate(Certificate),
    /// Set and show who may vouch for which half of a contract, in OpenSSH's `allowed_signers` format
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "EXAMPLES
  contract-signer trust add alice@example.com alice.pub --workload
  contract-signer trust list"
    )]
    Trust(Trust),
}

#[derive(Subcommand)]
pub enum Trust {
    /// Allow the owner of an SSH key to vouch for one of the halves
    ///
    /// Compare the fingerprint with the key's owner before you sign what the key vouches for.
    #[command(after_help = "EXAMPLES
  contract-signer trust add alice@example.com alice.pub --workload
  contract-signer trust add bob@example.com bob.pub --env --valid-before 20371231Z")]
    Add(TrustAdd),
    /// Show who may vouch for what, and until when
    #[command(
        after_help = "EXAMPLES\n  contract-signer trust list\n  contract-signer trust list -C . --json"
    )]
    List(AllowedSignersFile),
}

#[derive(Args)]
pub struct AllowedSignersFile {
    /// The signer's folder
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub dir: PathBuf,
    /// The file of allowed signers [default: `allowed-signers` in persona.yaml, or `allowed_signers` in DIR]
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub allowed_signers: Option<PathBuf>,
}

#[derive(Args)]
#[command(group = ArgGroup::new("section").required(true))]
pub struct TrustAdd {
    /// The name of the key's owner: alice@example.com
    pub principal: String,
    /// The public key, as `ssh-keygen` writes it; `-` for standard input
    #[arg(value_name = "KEY.pub")]
    pub key: PathBuf,
    /// Allow the key to vouch for workload sections
    #[arg(long, group = "section", help_heading = "Trust")]
    pub workload: bool,
    /// Allow the key to vouch for env sections
    #[arg(long, group = "section", help_heading = "Trust")]
    pub env: bool,
    /// Allow it from this time on, in UTC
    #[arg(long, value_name = "YYYYMMDD[HHMM[SS]][Z]", value_parser = time, help_heading = "Trust")]
    pub valid_after: Option<Timestamp>,
    /// Allow it until this time, in UTC
    #[arg(long, value_name = "YYYYMMDD[HHMM[SS]][Z]", value_parser = time, help_heading = "Trust")]
    pub valid_before: Option<Timestamp>,
    /// Replace the key's own comment
    #[arg(long, value_name = "TEXT", help_heading = "Trust")]
    pub comment: Option<String>,
    #[command(flatten)]
    pub file: AllowedSignersFile,
}

/// Times as OpenSSH writes them; the line that is written always has a time zone.
fn time(text: &str) -> Result<Timestamp, String> {
    let read = ssh_signatures::allowed_signers::parse_time(text);
    read.map(|(at, _)| at).ok_or_else(|| "expected a time as in 20371231Z or 20371231235959Z".to_owned())
}

/// Make a folder to start from
#[derive(Args)]
#[command(after_help = "EXAMPLES\n  contract-signer init contract-signer")]
pub struct Init {
    /// The folder; made if it does not exist
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten, next_help_heading = "Keys")]
    pub identity: NewIdentity,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Write the public half of a signing key, for the env deployer
#[derive(Args)]
#[command(
    after_help = "EXAMPLES\n  contract-signer public-key signing-key.pem -o signing-key.pub.pem --force"
)]
pub struct PublicKey {
    /// The private key
    #[arg(value_name = "KEY", default_value = "signing-key.pem")]
    pub key: PathBuf,
    /// Write the public key to FILE
    #[arg(short, long, value_name = "FILE", default_value = "-", help_heading = "Output")]
    pub output: PathBuf,
    #[command(flatten, next_help_heading = "Keys")]
    pub passphrase: PassphraseSource,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Make a certificate of the signing key, so that a contract ends
///
/// Use the certificate as `signingKey`, in place of the bare public key: the guest boots the contract until the certificate
/// ends, and never after. Give it to the env deployer. It begins an hour ago, for guests whose clocks are behind, and ends
/// exactly N days from now.
///
/// Without `--ca-cert`, an authority is made for this certificate alone. Its private key is wiped, and its own certificate
/// is written next to the output, as signing-key.ca.crt. To use a company's authority, send it a request (`csr`), and check
/// its answer with `--certificate`.
#[derive(Args)]
#[command(
    group = ArgGroup::new("how").required(true).args(["days", "certificate"]),
    after_help = "\
EXAMPLES
  contract-signer certify --days 90
  contract-signer certify --days 90 --name \"paynow 2026\" --force
  contract-signer certify --days 30 --ca-cert ca.crt --ca-key ca-key.pem
  contract-signer certify --days 30 --ca-cert ca.crt --ca-key ca-key.pem --csr signing-key.csr
  contract-signer certify --certificate from-ca.pem

EXIT STATUS
  3 a file is rejected; 5 no passphrase
  4 files that should belong together do not, a signature does not verify, or a certificate is
    not valid today or would outlive its authority"
)]
pub struct Certify {
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]; with `--csr` or `--certificate`, its public half
    /// is enough
    #[arg(value_name = "KEY", conflicts_with = "key")]
    pub positional_key: Option<PathBuf>,
    /// The same as KEY
    #[arg(long, value_name = "KEY", help_heading = "Keys")]
    pub key: Option<PathBuf>,
    /// Let the contract live for N days, 1 to 3650
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Output")]
    pub days: Option<Days>,
    #[command(flatten, next_help_heading = "Output")]
    pub subject: Subject,
    /// The authority's certificate, PEM or DER
    #[arg(long, value_name = "PEM", requires = "ca_key", help_heading = "Trust")]
    pub ca_cert: Option<PathBuf>,
    /// The authority's private key
    #[arg(long, value_name = "PEM", requires = "ca_cert", help_heading = "Keys")]
    pub ca_key: Option<PathBuf>,
    /// Read the passphrase of the authority's key from the first line of FILE
    #[arg(
        long,
        value_name = "FILE",
        requires = "ca_key",
        conflicts_with = "ca_passphrase_fd",
        help_heading = "Keys"
    )]
    pub ca_passphrase_file: Option<PathBuf>,
    /// Read the passphrase of the authority's key from the first line of the open file descriptor N
    #[arg(long, value_name = "N", requires = "ca_key", help_heading = "Keys")]
    pub ca_passphrase_fd: Option<u32>,
    /// Certify the key of this request, with the request's subject; the private key is not needed
    #[arg(long, value_name = "CSR", help_heading = "Input")]
    pub csr: Option<PathBuf>,
    /// Check the answer of a company's authority: for this key, valid now, and not an authority; write that certificate alone
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["days", "ca_cert", "ca_key", "name", "subject"],
        help_heading = "Input"
    )]
    pub certificate: Option<PathBuf>,
    /// Write the certificate to FILE [default: KEY's name with .crt]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    pub passphrase: PassphraseSource,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Ask a company's authority for a certificate of the signing key
///
/// Writes a request (PKCS#10, signed with SHA-256) that names the key, and asks for a certificate that may sign and is not
/// an authority. To look at it: `openssl req -in signing-key.csr -noout -text -verify`. Check the authority's answer with
/// `certify --certificate`.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  contract-signer csr
  contract-signer csr signing-key.pem --subject \"C=DE,O=Example Inc.,CN=paynow signing key\" --force")]
pub struct Csr {
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]
    #[arg(value_name = "KEY")]
    pub key: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Output")]
    pub subject: Subject,
    /// Write the request to FILE [default: KEY's name with .csr]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    pub passphrase: PassphraseSource,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// The subject of the certificate.
#[derive(Args)]
pub struct Subject {
    /// The common name, any text of at most 64 characters [default: `name` in persona.yaml and `signing key`]
    #[arg(long, value_name = "CN", value_parser = Name::common, conflicts_with = "subject")]
    name: Option<Name>,
    /// The whole subject, as in O=Example,CN=signing key; made of C, ST, L, O, OU and CN; `\` before a comma in a value
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Name>,
}

impl Subject {
    /// Whether a subject was typed.
    pub fn is_typed(&self) -> bool {
        self.name.is_some() || self.subject.is_some()
    }

    /// The subject that was typed, or one with the persona's name.
    pub fn or_default(&self, persona: &str) -> Result<Name, NameError> {
        let typed = self.name.as_ref().or(self.subject.as_ref());
        typed.map_or_else(|| Name::common(&format!("{persona} signing key")), |name| Ok(name.clone()))
    }
}

/// Show everything about a handoff, token, user data or signing record that needs no key
///
/// Shows also what ends first, and when to act. For user data, only the signing record next to it states that.
#[derive(Args)]
#[command(after_help = "EXAMPLES
  contract-signer inspect paynow.workload.handoff.age
  contract-signer inspect user-data --json
  contract-signer inspect user-data --at 2027-01-31
  contract-signer inspect user-data --fail-within 30d

EXIT STATUS
  3 the file is rejected; 5 no identity
  4 a token is weak, a signature does not verify, or with `--fail-within` something ends")]
pub struct Inspect {
    /// A handoff, a token, a signing record, or user data in any form that tools leave: signed or not, plain, in base64, gzip,
    /// initdata, a boot medium or the resource of the Kubernetes operator; `-` for standard input
    pub file: PathBuf,
    /// The signing record of the user data [default: the name of the user data and `.record.json`, if it exists]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub lifetime: LifetimeArguments,
    /// An age identity that opens the handoff, may be repeated [default: `identity` in persona.yaml, or identity.age]
    #[arg(long = "identity", value_name = "FILE", help_heading = "Keys")]
    pub identities: Vec<PathBuf>,
    /// Who may vouch for which half [default: `allowed-signers` in persona.yaml, or `allowed_signers`]
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub allowed_signers: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    pub identity_passphrase: IdentityPassphrase,
    #[command(flatten, next_help_heading = "Keys")]
    pub passphrase: PassphraseSource,
}

/// Check that both handoffs belong together, sign them, and write the user data
#[derive(Args)]
#[command(after_help = "EXAMPLES
  contract-signer sign
  contract-signer sign --workload paynow.workload.handoff.age --env paynow.env.handoff.age --force
  contract-signer sign --auditor-key attestation-key.pub.pem --encrypt-auditor-key \\
    --expect expected.txt --force
  contract-signer sign --assembled contract.yaml --force
  contract-signer sign --previous paynow.workload.handoff.age --previous paynow.env.handoff.age \\
    --force

EXIT STATUS
  3 a handoff is rejected; 5 no passphrase for the key or the identity
  4 the halves disagree, nobody vouches for one, or the certificate has expired")]
#[expect(clippy::struct_excessive_bools, reason = "each danger has its own flag")]
pub struct Sign {
    /// An unsigned contract of another tool, with two tokens: signs it without handoffs. This flag alone accepts what
    /// `--danger-accept-unsigned-tokens` accepts; every other entry of the file is kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["workload", "env"], help_heading = "Input")]
    pub assembled: Option<PathBuf>,
    /// The workload provider's handoff [default: NAME.workload.handoff.age or NAME.workload.handoff; NAME is `name` in persona.yaml]
    #[arg(long, value_name = "HANDOFF", help_heading = "Input")]
    pub workload: Option<PathBuf>,
    /// The env deployer's handoff [default: NAME.env.handoff.age or NAME.env.handoff]
    #[arg(long, value_name = "HANDOFF", help_heading = "Input")]
    pub env: Option<PathBuf>,
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub key: Option<PathBuf>,
    /// The auditor's public key: the guest encrypts its attestation record to it [default: `auditor-key` in persona.yaml;
    /// no key, if neither names one]
    #[arg(long, alias = "attestation-key", value_name = "PEM", help_heading = "Keys")]
    pub auditor_key: Option<PathBuf>,
    /// Encrypt the auditor key for the guest, so that nobody else sees whose key it is [default: `encrypt-auditor-key` in
    /// persona.yaml]
    #[arg(long, alias = "encrypt-attestation-key", help_heading = "Keys")]
    pub encrypt_auditor_key: bool,
    /// The encryption certificate for the auditor key; it must be the one of both halves [default: `certificate` in
    /// persona.yaml]
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub certificate: Option<PathBuf>,
    /// Who may vouch for which half, in OpenSSH's format [default: `allowed-signers` in persona.yaml, or `allowed_signers`]
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub allowed_signers: Option<PathBuf>,
    /// An age identity that opens the handoffs, may be repeated [default: `identity` in persona.yaml, or identity.age]
    #[arg(long = "identity", value_name = "FILE", help_heading = "Keys")]
    pub identities: Vec<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    pub identity_passphrase: IdentityPassphrase,
    /// A handoff or signing record of an earlier contract, may be repeated: warns if the seeds of a volume went back, or
    /// further than its disk can follow
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub previous: Vec<PathBuf>,
    /// Write the user data to FILE
    #[arg(short, long, value_name = "FILE", default_value = "user-data", help_heading = "Output")]
    pub output: PathBuf,
    /// Write the signing record to FILE: what was checked, and what was accepted [default: the name of the user data and
    /// `.record.json`, if the user data goes to a file]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub record: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Output")]
    pub expect: Expect,
    #[command(flatten, next_help_heading = "Keys")]
    pub passphrase: PassphraseSource,
    /// Accept bare tokens and unsigned handoffs: nobody states who made them
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_unsigned_tokens: bool,
    /// Accept two halves from one person, who then knows both seeds of every volume: for labs
    #[arg(long, help_heading = "Dangerous")]
    pub danger_allow_one_person: bool,
    /// Accept an encryption certificate that has expired: for test guests only
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_expired_certificate: bool,
    /// Accept an encryption certificate that is not an image's: for your own guest
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_foreign_certificate: bool,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Verify the signature of user data, made by any tool
#[derive(Args)]
#[command(after_help = "EXAMPLES
  contract-signer verify user-data --signing-key signing-key.pub.pem
  contract-signer verify user-data --signing-key signing-key.pub.pem \\
    --record user-data.record.json --fail-within 30d")]
pub struct Verify {
    /// User data made by any tool, also in base64, gzip, initdata, a boot medium or the resource of the Kubernetes operator; `-`
    /// for standard input
    #[arg(value_name = "USER-DATA")]
    pub user_data: PathBuf,
    /// The signer's public key or certificate
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub signing_key: PathBuf,
    /// Compare the user data with the signing record that `sign` wrote
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub lifetime: LifetimeArguments,
}

/// The time that dates are compared with, and how long everything must live after it.
#[derive(Args)]
pub struct LifetimeArguments {
    /// Use another time than now: a day, 2027-01-31, or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    pub at: Option<Timestamp>,
    /// Exit with 4 if anything ends within this time (30d, 4w or 720h), has ended, has not begun, or has no stated end
    #[arg(long, value_name = "TIME", value_parser = parse_within)]
    pub fail_within: Option<SignedDuration>,
}

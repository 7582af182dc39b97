//! Hardware keys without hardware: what an authenticator does (OpenSSH's PROTOCOL.u2f), done by OpenSSL with a key in
//! software. `ssh-keygen -Y verify` can't tell the difference, and so judges both.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::{sha256, sha512};
use openssl::sign::Signer;
use ssh_signatures::sshsig::{Error, Namespace, Signature};

use super::armor;
use super::keygen::{Folder, MESSAGE};

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;

enum Authenticator {
    Ed25519(PKey<Private>),
    Ecdsa(EcKey<Private>),
}

impl Authenticator {
    fn both() -> [Self; 2] {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        [Self::Ed25519(PKey::generate_ed25519().unwrap()), Self::Ecdsa(EcKey::generate(&group).unwrap())]
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "sk-ssh-ed25519@openssh.com",
            Self::Ecdsa(_) => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn blob(&self, application: &str) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => {
                strings(&[self.name().as_bytes(), &key.raw_public_key().unwrap(), application.as_bytes()])
            }
            Self::Ecdsa(key) => {
                let mut context = BigNumContext::new().unwrap();
                let form = PointConversionForm::UNCOMPRESSED;
                let point = key.public_key().to_bytes(key.group(), form, &mut context).unwrap();
                strings(&[self.name().as_bytes(), b"nistp256", &point, application.as_bytes()])
            }
        }
    }

    fn sign(&self, application: &str, flags: u8, counter: u32) -> String {
        let hashed = sha512(MESSAGE);
        let fields: [&[u8]; 4] = [b"hpcr-workload", b"", b"sha512", &hashed];
        let signed = [&b"SSHSIG"[..], &strings(&fields)].concat();
        let tail = [&[flags][..], &counter.to_be_bytes()].concat();
        let over = [&sha256(application.as_bytes())[..], &tail, &sha256(&signed)].concat();
        let signature = match self {
            Self::Ed25519(key) => {
                Signer::new_without_digest(key).unwrap().sign_oneshot_to_vec(&over).unwrap()
            }
            Self::Ecdsa(key) => {
                let numbers = EcdsaSig::sign(&sha256(&over), key).unwrap();
                strings(
                    &[numbers.r(), numbers.s()]
                        .map(|number| {
                            let bytes = number.to_vec();
                            if bytes[0] & 0x80 == 0 { bytes } else { [&[0][..], &bytes].concat() }
                        })
                        .each_ref()
                        .map(Vec::as_slice),
                )
            }
        };
        let made = [strings(&[self.name().as_bytes(), &signature]), tail].concat();
        let rest: [&[u8]; 5] = [&self.blob(application), b"hpcr-workload", b"", b"sha512", &made];
        armor(&[&b"SSHSIG\0\0\0\x01"[..], &strings(&rest)].concat())
    }
}

fn strings(fields: &[&[u8]]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|field| [&u32::try_from(field.len()).unwrap().to_be_bytes()[..], field].concat())
        .collect()
}

fn ours(armored: &str) -> Result<(), Error> {
    Signature::parse(armored)?.verify(MESSAGE, Namespace::Workload).map(drop)
}

#[test]
fn hardware_keys_are_verified_as_ssh_keygen_does() {
    for key in Authenticator::both() {
        let folder = Folder::new();
        folder.write("message", MESSAGE);
        let line = format!("{} {}", key.name(), STANDARD.encode(key.blob("ssh:paynow")));
        folder.write("allowed", format!("alice {line}\n"));
        folder.write("k.pub", format!("{line} alice\n"));
        for (flags, counter) in [(PRESENT, 0), (PRESENT | VERIFIED, 7), (PRESENT, u32::MAX)] {
            let armored = key.sign("ssh:paynow", flags, counter);
            assert!(
                folder.verifies(&armored, "hpcr-workload"),
                "{}: the test's own signature is wrong",
                key.name()
            );
            assert_eq!(ours(&armored), Ok(()));
        }
        // the flags and the counter are signed: changed, both refuse
        let good = super::bytes_of(&key.sign("ssh:paynow", PRESENT, 7));
        for back in [1, 5] {
            let mut bytes = good.clone();
            let at = bytes.len() - back;
            bytes[at] ^= VERIFIED;
            assert_eq!(ours(&armor(&bytes)), Err(Error::Wrong));
            assert!(!folder.verifies(&armor(&bytes), "hpcr-workload"));
        }
        let listed = ssh_signatures::ssh_key::Line::parse_file(&folder.read("k.pub")).unwrap();
        assert_eq!(listed.key.listing("alice"), folder.sh("ssh-keygen -l -f k.pub").trim_end());
    }
}

/// `ssh-keygen -Y verify` leaves this to whoever made the key; a statement that nobody meant to sign is none.
#[test]
fn a_hardware_key_that_nobody_touched_vouches_for_nothing() {
    for key in Authenticator::both() {
        let folder = Folder::new();
        folder.write("message", MESSAGE);
        folder.write("allowed", format!("alice {} {}\n", key.name(), STANDARD.encode(key.blob("ssh:"))));
        for flags in [0, VERIFIED] {
            let armored = key.sign("ssh:", flags, 1);
            assert_eq!(ours(&armored), Err(Error::NobodyPresent));
            assert!(folder.verifies(&armored, "hpcr-workload"), "{}: ssh-keygen refuses it too", key.name());
        }
        // cut, or with more behind it
        let good = super::bytes_of(&key.sign("ssh:", PRESENT, 1));
        for end in 0..good.len() {
            ours(&armor(&good[..end])).unwrap_err();
        }
    }
}

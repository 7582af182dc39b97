//! Keys and certificates, all made by the `openssl` and `ssh-keygen` commands.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::binaries::target_folder;

/// A folder of keys that are the same for all tests: RSA-4096 takes seconds, so it outlives the test process, in the
/// target folder. Whoever changes the script below changes the folder's name, too.
pub(crate) fn keys() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let parent = target_folder().join("story-keys");
        let folder = parent.join("5");
        if folder.is_dir() {
            return folder;
        }
        fs::create_dir_all(&parent).unwrap();
        let fresh = tempfile::tempdir_in(&parent).unwrap();
        let made = Command::new("bash").args(["-euc", MAKE]).current_dir(fresh.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // two test processes may race: the loser's keys are as good, and go
        if fs::rename(fresh.path(), &folder).is_ok() {
            let _ = fresh.keep();
        }
        folder
    })
}

/// Alice is the workload provider, Bob the env deployer.
const MAKE: &str = r#"
mkdir guest signer rsyslog alice bob
openssl req -x509 -newkey rsa:2048 -nodes -keyout issuer-key.pem -out issuer.crt -days 3650 -subj "/CN=issuer of the story tests"
openssl req -newkey rsa:4096 -nodes -keyout guest/guest-key.pem -subj "/C=DE/O=Story tests/CN=guest of the story tests" |
    openssl x509 -req -CA issuer.crt -CAkey issuer-key.pem -set_serial 2 -days 3650 -out guest/guest-encrypt.crt
rm issuer-key.pem issuer.crt
openssl req -x509 -newkey rsa:4096 -nodes -keyout guest/guest-attestation-key.pem -out guest/guest-attestation.crt \
    -days 3650 -subj "/C=DE/O=Story tests/CN=attestation of the story tests"

printf 'correct horse battery staple' > signer/passphrase; chmod 600 signer/passphrase
openssl genrsa -aes128 -passout file:signer/passphrase -out signer/signing-key.pem 4096
openssl rsa -in signer/signing-key.pem -passin file:signer/passphrase -pubout -out signer/signing-key.pub.pem

openssl req -x509 -newkey rsa:2048 -nodes -keyout rsyslog/ca-key.pem -out rsyslog/ca.crt -days 3650 -subj "/CN=syslog CA"
openssl genrsa -traditional -out rsyslog/client-key.pem 2048 2>/dev/null || openssl genrsa -out rsyslog/client-key.pem 2048
openssl req -new -key rsyslog/client-key.pem -subj "/CN=syslog client" -out rsyslog/client.csr
openssl x509 -req -in rsyslog/client.csr -CA rsyslog/ca.crt -CAkey rsyslog/ca-key.pem -set_serial 2 -days 3650 \
    -out rsyslog/client.crt
rm rsyslog/ca-key.pem rsyslog/client.csr

for person in alice:workload bob:env; do
    name=${person%:*}
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$name/id_ed25519"
    echo "$name@example.com namespaces=\"hpcr-${person#*:}\" $(cat "$name/id_ed25519.pub")"
done > signer/allowed_signers
"#;

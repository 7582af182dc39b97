//! What the rehearsed guest attests, judged by `openssl` and `sha256sum`; and the auditor's whole way.

mod ceremony;
mod keys;
mod record;

/// Words of the scripts here. The auditor's key pair is `openssl`'s.
const WORDS: &str = r#"
attest() { boot --attest attested; }
auditor() { openssl genrsa -out auditor.pem 2> /dev/null; openssl pkey -in auditor.pem -pubout -out auditor.pub.pem; }
# asks VALUE: the contract names this attestation key; nothing signs it
asks() { printf 'attestationPublicKey: %s\n' "$1" >> user-data; }
# one_line FILE: as a YAML string
one_line() { awk 'BEGIN { printf "\"" } { printf "%s\\n", $0 } END { printf "\"" }' $1; }
# signed RECORD: by the attestation key of the guest
signed() {
    openssl x509 -pubkey -noout -in guest/guest-attestation.crt > tmp/attestation.pub
    openssl dgst -sha256 -verify tmp/attestation.pub -signature attested/se-signature.bin $1
}
# line NAME: its checksum in the record
line() { sed -n 's|^\([0-9a-f]*\) '$1'$|\1|p' ${RECORD-attested/se-checksums.txt}; }
# is NAME FILE…: the record's line is what sha256sum makes of the bytes
is() { local name=$1; shift; test $(line $name) = $(cat $@ | sha256sum | cut -d' ' -f1); }
"#;

//! With its certificate in the env section, a contract has an end, and everybody knows it: the env deployer, the contract
//! signer, the guest of the rehearsal.

use super::{MADE, does, refused, says};
use story_tests::Story;

/// Both halves, the env half with the certificate that persona.yaml names, signed.
const CONTRACT: &str = "cp contract-signer/signing-key.crt env-deployer/
echo 'signing-key: signing-key.crt' >> env-deployer/persona.yaml
workload-provider encrypt workload-provider -o workload.handoff --force
env-deployer encrypt env-deployer -o env.handoff --force 2>&1
sign -o user-data --force";

const ENCRYPT: &str = "env-deployer encrypt env-deployer -o env.handoff";

#[test]
fn a_contract_of_thirty_days_boots_today_and_not_a_day_after() {
    let story = Story::new();
    let said = does(&story, &format!("certify --days 30\n{CONTRACT}"));
    let end = does(
        &story,
        &format!("date -u -d \"$(openssl x509 -noout -enddate -in {MADE} | cut -d= -f2)\" +%FT%TZ"),
    );
    let end = end.trim();
    assert!(said.contains(&format!("the guest boots the contract until {end}")), "{said}");
    // the token holds the very certificate
    does(
        &story,
        &format!(
            "unpack env.handoff; open_token handoff/token | python3 -c '
import sys, yaml
print(yaml.safe_load(sys.stdin)[\"signingKey\"], end=\"\")' > inside; cmp inside {MADE}"
        ),
    );
    let verify = format!("contract-signer verify user-data --signing-key {MADE}");
    let later = format!("--at $(date -u -d '{end} 1 day' +%FT%TZ)");
    for command in
        ["boot".to_owned(), format!("boot --at {end}"), verify.clone(), format!("{verify} --at {end}")]
    {
        let (exit, said) = says(&story, &command);
        assert_eq!(exit, 0, "{command}: {said}");
    }
    for (command, words) in [
        (format!("boot {later}"), "HPL12007E"),
        (format!("{verify} {later}"), "the signing certificate expired on"),
        (
            format!("contract-signer inspect user-data {later} --fail-within 0d"),
            "the signing certificate expired on",
        ),
        (
            format!(
                "contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json {later}"
            ),
            "the signing certificate expired on",
        ),
    ] {
        let (exit, said) = says(&story, &command);
        assert!(exit == 4 && said.contains(words), "{command}: {said}");
    }
    let said = does(&story, "contract-signer inspect user-data");
    assert!(said.contains("ends first        signing certificate on "), "{said}");
    assert!(said.contains(", in 29 days; act now") || said.contains(", in 30 days; act now"), "{said}");
}

#[test]
fn persona_yaml_names_a_certificate_for_every_command() {
    let story = Story::new();
    does(
        &story,
        &format!(
            "authority ca prime256v1; certify --days 90 --ca-cert ca.crt --ca-key ca-key.pem\n{CONTRACT}"
        ),
    );
    let said = does(&story, "env-deployer check env-deployer 2>&1");
    assert!(said.contains("with its certificate: the guest boots the contract until "), "{said}");
    let said =
        does(&story, "env-deployer boot-media user-data -C env-deployer --hostname paynow -o ciiso.iso 2>&1");
    assert!(said.contains("verified `user-data`: signed with key sha256:"), "{said}");
    // somebody else's certificate
    does(&story, "dated_certificate env-deployer/signing-key.crt 20260101000000Z 20900101000000Z");
    let (exit, said) =
        says(&story, "env-deployer boot-media user-data -C env-deployer --hostname paynow -o other.iso");
    assert!(exit == 4 && said.contains("cannot verify `user-data`"), "{said}");
}

#[test]
fn certificates_that_give_no_contract_a_life_are_not_encrypted() {
    let story = Story::new();
    does(
        &story,
        "authority ca prime256v1; certify --days 90 --ca-cert ca.crt --ca-key ca-key.pem; request
         answer() { company ca \"$2\" -cert ca.crt -in contract-signer/signing-key.csr -out $1.crt \
             -startdate $(from_now \"$3\") -enddate $(from_now \"$4\"); }
         answer authority \"$AUTHORITY\" '-1 day' '90 days'
         answer old \"$LEAF\" '-9 days' '-1 day'
         answer young \"$LEAF\" '1 day' '90 days'
         answer encrypts $'basicConstraints=CA:FALSE\\nkeyUsage=critical,keyEncipherment' '-1 day' '90 days'
         MD=sha1 answer sha1 \"$LEAF\" '-1 day' '90 days'
         bare_key tmp/bare; openssl req -x509 -key tmp/bare -days 9 -subj /CN=self -addext basicConstraints=critical,CA:FALSE -out self.crt
         openssl req -x509 -md5 -key tmp/bare -days 9 -subj /CN=self -addext basicConstraints=critical,CA:FALSE -out md5.crt; rm tmp/bare
         openssl x509 -in $CERTIFICATE -noout -pubkey > guest.pub.pem; cp $CERTIFICATE guest.crt
         cp contract-signer/signing-key.crt good.crt; cat good.crt ca.crt > chain.crt
         base64 -w0 good.crt > once; base64 -w0 once > twice; base64 good.crt > folded
         certify --days 90 --force -o spot.crt",
    );
    for (file, exit, words) in [
        (
            "authority.crt",
            3,
            "is an authority's certificate (`CA:TRUE`), and the signing key's own is expected",
        ),
        ("spot.ca.crt", 3, "and not signing-key.ca.crt"),
        ("encrypts.crt", 3, "its KeyUsage has no `digitalSignature`"),
        ("sha1.crt", 3, "it is signed with SHA1, for which"),
        ("md5.crt", 3, "it is signed with MD5, for which"),
        ("guest.crt", 3, "it is the key of the encryption certificate, which exists only inside the guest"),
        (
            "guest.pub.pem",
            3,
            "it is the key of the encryption certificate, which exists only inside the guest",
        ),
        ("old.crt", 4, "the signing certificate expired on"),
        ("young.crt", 4, "the signing certificate is not valid before"),
        ("chain.crt", 3, "certify --certificate FILE` finds it"),
        ("twice", 3, "base64 of base64: it is encoded twice, and the guest decodes once"),
        ("ca.crt", 3, "a key of type EC"),
        ("$SIGNING_KEY", 3, "a private key"),
        ("absent.crt", 1, "no such file"),
    ] {
        refused(&story, &format!("{ENCRYPT} --signing-key {file}"), exit, &["`", words]);
    }
    for file in ["good.crt", "once", "folded", "spot.crt", "self.crt"] {
        does(
            &story,
            &format!(
                "{ENCRYPT} --signing-key {file} --force; env-deployer check env-deployer --signing-key {file}"
            ),
        );
    }
    // in the section itself
    for (file, exit, words) in [
        ("authority.crt", 3, "is an authority's certificate"),
        ("encrypts.crt", 3, "its KeyUsage has no `digitalSignature`"),
        ("sha1.crt", 3, "it is signed with SHA1, for which"),
        ("guest.crt", 3, "it is the key of the encryption certificate, which exists only inside the guest"),
        (
            "guest.pub.pem",
            3,
            "it is the key of the encryption certificate, which exists only inside the guest",
        ),
        ("old.crt", 3, "the signing certificate expired on"),
        ("young.crt", 4, "the signing certificate is not valid before"),
    ] {
        does(
            &story,
            &format!(
                "cp {file} env-deployer/it.crt; grep -q signingKey env-deployer/env.yaml || echo 'signingKey: !file it.crt' >> env-deployer/env.yaml"
            ),
        );
        refused(&story, &format!("{ENCRYPT} --force"), exit, &[words]);
        let (checked, said) = says(&story, "env-deployer check env-deployer 2>&1");
        assert!(checked == if exit == 3 { 3 } else { 0 } && said.contains(words), "{file}: {said}");
    }
}

/// As by other tools: a certificate signed with its own key says `CA:TRUE` where `openssl req -x509` made it, and no source
/// tells of a guest that minds.
#[test]
fn the_rehearsal_boots_what_an_authority_certificate_signs() {
    let story = Story::encrypted();
    does(
        &story,
        "bare_key tmp/bare; openssl req -x509 -key tmp/bare -days 9 -subj /CN=self -addext basicConstraints=critical,CA:TRUE -out self.crt; rm tmp/bare
         { printf 'type: env\\nlogging:\\n  logRouter:\\n    hostname: h.example.com\\n    port: 443\\n    iamApiKey: 0123456789abc\\n'
           printf 'volumes:\\n  data:\\n    seed: \"canary-of-the-env-seed\"\\nsigningKey: %s\\n' \"$(base64 -w0 self.crt)\"; } > tmp/section
         printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > tmp/password; documented_token tmp/section tmp/password > env.token
         documented_contract workload.token env.token > user-data; boot",
    );
}

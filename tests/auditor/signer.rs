//! Whose word the record of the signing is: `--signing-key`, `--user-data`, `--allowed-signers`.

use super::{does, played, refuses};

const S: &str = "../contract-signer";

#[test]
fn the_contract_signer_s_key_and_who_may_vouch_are_the_auditor_s_own_knowledge() {
    let known = format!("--signing-key {S}/signing-key.pub.pem --allowed-signers {S}/allowed_signers");
    let outcome = does("", &format!("contract-auditor compare --medium ciiso.iso {known}"), "");
    assert!(!outcome.stderr.contains("not checked"), "{outcome:?}");
    let json =
        does("", &format!("contract-auditor compare --user-data ../user-data {known} --json"), "").json();
    let signing = &json["signing"];
    assert_eq!((&signing["contractVerified"], &signing["env"]["nameChecked"]), (&true.into(), &true.into()));

    let outcome = does("", "contract-auditor compare --medium ciiso.iso", "");
    for says in ["not checked: who signed the contract", "not checked: whose keys vouch"] {
        assert!(outcome.stderr.contains(says), "{outcome:?}");
    }
    let key = format!("echo 'signing-key: {S}/signing-key.pub.pem' >> persona.yaml");
    let outcome = does(&key, "contract-auditor compare", "");
    assert!(outcome.stderr.contains("not checked: whether the contract is signed with"), "{outcome:?}");
    let json = played("", "contract-auditor compare --json", "").json();
    assert_eq!(json["signing"]["workload"]["nameChecked"], false);
}

#[test]
fn record_and_contract_exchanged_together_are_noticed() {
    // another contract, signed with another key: to the record, all is well
    let other = "openssl genrsa 4096 2> /dev/null | openssl pkey -pubout -out other.pem";
    let compare = "contract-auditor compare --medium ciiso.iso --signing-key other.pem";
    refuses(other, compare, 4, "cannot verify `ciiso.iso`: the signature does not verify with the key");
    refuses(other, "contract-auditor compare --signing-key other.pem", 4, "and `other.pem` is sha256:");
    // the record names the auditor's key; the contract is not signed with it
    let forged = format!(
        "{other}; key() {{ openssl pkey -pubin -in $1 -outform DER | sha256sum | cut -d' ' -f1; }}
         sed -i \"/^  .signingKey/s/$(key {S}/signing-key.pub.pem)/$(key other.pem)/\" user-data.record.json"
    );
    refuses(&forged, compare, 4, "does not verify with the key");
    let flipped = "sed 's/^envWorkloadSignature: ./envWorkloadSignature: =/' ../user-data > user-data";
    let compare =
        format!("contract-auditor compare --user-data user-data --signing-key {S}/signing-key.pub.pem");
    refuses(flipped, &compare, 4, "cannot verify `user-data`");
    let compare = "contract-auditor compare --user-data user-data";
    refuses(
        "{ cat ../user-data; echo; } > user-data",
        compare,
        4,
        "it is not the signing record of this user data",
    );
}

#[test]
fn only_who_may_vouch_does_and_the_name_is_not_the_record_s() {
    let compare = "contract-auditor compare --allowed-signers signers";
    let swapped = format!(
        "sed 's/hpcr-workload/x/; s/hpcr-env/hpcr-workload/; s/\"x\"/\"hpcr-env\"/' {S}/allowed_signers > signers"
    );
    refuses(&swapped, compare, 4, "its workload half, by `signers`");
    refuses(": > signers", compare, 4, "nobody is allowed to vouch");
    refuses("echo x > signers", compare, 3, "signers");
    let renamed = format!("cp {S}/allowed_signers signers; sed -i 's/alice@/ceo@/' user-data.record.json");
    let json = does(&renamed, &format!("{compare} --json"), "").json();
    assert_eq!(json["signing"]["workload"]["principals"], "alice@example.com");
}

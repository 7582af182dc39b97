//! `contract-auditor compare`.

use serde_json::Value;

use super::{PASSWORD, does, played, refuses};

const COMPARE: &str = "contract-auditor compare --medium ciiso.iso";

/// The record's lines: who foretells them, in this order, the record of the signing and the medium.
const LINES: [&str; 6] = [
    "/dev/disk/by-label/cidata",
    "cidata/meta-data",
    "cidata/user-data",
    "cidata/vendor-data",
    "contract:env",
    "contract:workload",
];

/// The lines of one status.
fn having(json: &Value, status: &str) -> Vec<String> {
    let lines = json["lines"].as_array().unwrap().iter();
    lines
        .filter(|line| line["status"] == status)
        .map(|line| line["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_guest_that_is_the_one_that_was_signed_is_all_equal() {
    let outcome = does("", COMPARE, "");
    assert!(outcome.stderr.contains("`se-checksums.txt` is as expected: 6 lines equal"), "{outcome:?}");
    assert!(!outcome.stderr.contains("warning"), "{outcome:?}");
    let json = does("", &format!("{COMPARE} --json"), "").json();
    assert_eq!(having(&json, "equal"), LINES);
    assert_eq!((&json["verified"], &json["asForetold"]), (&true.into(), &true.into()));
    assert_eq!(json["lines"][2]["foretoldBy"], serde_json::json!(["user-data.record.json", "ciiso.iso"]));
    // encrypted, and opened in memory
    does(&format!("seal {PASSWORD}; rm se-checksums.txt"), COMPARE, "test ! -e se-checksums.txt");
}

#[test]
fn one_changed_digit_names_its_line_and_no_other() {
    for name in LINES {
        let given = format!("change {name}; guest_signs");
        let outcome = refuses(&given, COMPARE, 4, &format!("is not as expected: `{name}` is different\n"));
        assert!(outcome.text().contains("  expected "), "{outcome:?}");
        let json = played(&given, &format!("{COMPARE} --json"), "").json();
        assert_eq!(having(&json, "different"), [name]);
        assert_eq!(having(&json, "equal").len(), 5);
    }
}

#[test]
fn a_missing_line_is_refused_and_an_unknown_one_is_told() {
    for name in LINES {
        let given = format!("grep -v ' {name}$' se-checksums.txt > x; mv x se-checksums.txt; guest_signs");
        refuses(&given, COMPARE, 4, &format!("is not as expected: `{name}` is missing\n"));
    }
    let more = "line persona.yaml baseimage >> se-checksums.txt; guest_signs";
    let outcome = does(more, COMPARE, "");
    assert!(outcome.stderr.contains("6 lines equal, 1 unknown"), "{outcome:?}");
    assert!(outcome.text().contains("unknown    baseimage"), "{outcome:?}");
    assert_eq!(having(&does("", "contract-auditor compare --json", "").json(), "unknown").len(), 3);
}

#[test]
fn a_record_that_nobody_signed_is_refused_and_one_that_another_signed_too() {
    let anybody = "`se-checksums.txt` is as expected, but anyone could have written it";
    refuses("rm se-signature.bin", COMPARE, 4, anybody);
    let danger = format!("{COMPARE} --danger-accept-unsigned-record");
    let outcome = does("rm se-signature.bin", &danger, "");
    let says = "warning: not verified: no signature shows that this record is the guest's";
    assert!(outcome.stderr.contains(says), "{outcome:?}");
    assert_eq!(does("rm se-signature.bin", &format!("{danger} --json"), "").json()["verified"], false);
    let other = "openssl genrsa -out attestation.key 2> /dev/null; guest_signs";
    refuses(other, COMPARE, 4, "it was not made with the attestation certificate's key");
    refuses("rm se-signature.bin", &format!("{COMPARE} --signature se-signature.bin"), 1, "se-signature.bin");
    // both at once
    let both = refuses(
        "change contract:env",
        COMPARE,
        4,
        "`contract:env` is different; cannot verify `se-checksums.txt` with `se-signature.bin`",
    );
    assert!(both.text().contains("different  contract:env"), "{both:?}");
}

#[test]
fn each_persona_can_foretell_its_own_lines() {
    let own = "grep contract:workload se-checksums.txt > own; rm user-data.record.json";
    let outcome = does(own, "contract-auditor compare --expect own", "");
    assert!(outcome.stderr.contains("1 line equal, 5 unknown"), "{outcome:?}");
    let two = "grep contract: se-checksums.txt > own; grep cidata se-checksums.txt > theirs";
    does(two, "contract-auditor compare --expect own --expect theirs", "");
    refuses("rm user-data.record.json", "contract-auditor compare", 1, "cannot read `user-data.record.json`");
    for (given, says) in [
        (": > own", "cannot read `own`: it has no line"),
        ("cp se-checksums.txt own; echo hello >> own", "not a line `<sha256> <name>`: hello"),
        ("cat se-checksums.txt se-checksums.txt > own", "line 7: a second line"),
    ] {
        refuses(given, "contract-auditor compare --expect own", 3, says);
    }
}

#[test]
fn who_contradicts_another_or_himself_is_refused() {
    let given = "line persona.yaml contract:env > own";
    refuses(given, "contract-auditor compare --expect own", 4, "`contract:env` is expected in two ways");
    // the medium of another contract
    let other = "isoinfo -R -i ciiso.iso -x /user-data > user-data; at=$(grep -abo -F \"$(head -c 40 user-data)\" ciiso.iso | head -1 | cut -d: -f1)
        rm user-data; printf W | dd of=ciiso.iso bs=1 seek=$at conv=notrunc 2> /dev/null";
    refuses(other, COMPARE, 4, "`cidata/user-data` is expected in two ways");
    for (edit, says) in [
        (r#"s/("contract:workload": ")./\1x/"#, "line `contract:workload`"),
        (r#"s/("contract:env": ")./\1x/"#, "line `contract:env`"),
        (r#"s/("cidata.user-data": ")./\1x/"#, "line `cidata/user-data`"),
        (r#"s/("key": "SHA256:)./\1x/"#, "who vouches for the workload half"),
    ] {
        let given = format!("sed -Ei '{edit}' user-data.record.json");
        refuses(
            &given,
            COMPARE,
            4,
            &format!("`user-data.record.json` contradicts itself: it was changed after the signing: {says}"),
        );
    }
    refuses("echo '{}' > user-data.record.json", COMPARE, 3, "it is no signing record");
    refuses("head -c 40000 /dev/zero > ciiso.iso", COMPARE, 3, "cannot read `ciiso.iso` as a boot medium");
}

#[test]
fn what_was_added_to_the_signed_contract_is_refused_though_the_record_was_edited_too() {
    // the middleman's key, which the contract's signature does not cover: the unsigned record is made to fit
    let given = r#"
        isoinfo -R -i ciiso.iso -x /user-data > u; rm ciiso.iso
        { cat u; echo "attestationPublicKey: $(base64 -w0 attestation-key.pub.pem)"; } > user-data
        old=$(sha256sum < u | cut -d' ' -f1); new=$(sha256sum < user-data | cut -d' ' -f1); rm u
        sed -i "s/$old/$new/" user-data.record.json se-checksums.txt; grep -q $new user-data.record.json
        base64 -w0 attestation-key.pub.pem > key; line key contract:attestationPublicKey >> se-checksums.txt; rm key
        guest_signs"#;
    let says = "is not as expected: `contract:attestationPublicKey` is unexpected";
    let outcome = refuses(given, "contract-auditor compare", 4, says);
    assert!(outcome.text().contains("the signed contract has no such line"), "{outcome:?}");
    let json = played(given, "contract-auditor compare --json", "").json();
    assert_eq!((having(&json, "unexpected").len(), &json["asForetold"]), (1, &false.into()));
    // the medium of the same middleman foretells it, and is no excuse
    let expected = format!("{given}; tail -1 se-checksums.txt > his");
    refuses(&expected, "contract-auditor compare --expect his", 4, says);
}

#[test]
fn names_that_could_be_taken_for_another_are_refused() {
    for name in [
        r"contract:workload\342\200\213",
        "Contract:workload",
        r"c\320\276ntract:workload",
        "cidata/ user-data",
    ] {
        let given = format!("line persona.yaml \"$(printf '{name}')\" >> se-checksums.txt; guest_signs");
        refuses(&given, COMPARE, 4, " is unexpected");
    }
}

#[test]
fn standard_input_is_one_input() {
    let says = "standard input can be read once: two inputs are named `-`";
    refuses("", "contract-auditor compare - - < se-checksums.txt", 2, says);
    refuses("", "contract-auditor compare - --expect - < se-checksums.txt", 2, says);
    does("", "contract-auditor compare - --signature se-signature.bin < se-checksums.txt", "");
}

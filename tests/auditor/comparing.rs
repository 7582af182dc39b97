//! `contract-auditor compare`.

use serde_json::Value;
use story_tests::repository;

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

/// User data on the medium that no guest can read.
const UNREADABLE: &str = "isoinfo -R -i ciiso.iso -x /user-data > user-data; at=$(grep -abo -F \"$(head -c 40 user-data)\" ciiso.iso | head -1 | cut -d: -f1)
    rm user-data; printf W | dd of=ciiso.iso bs=1 seek=$at conv=notrunc 2> /dev/null";

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

/// The contract is on the medium, so no signing record is needed for its lines.
#[test]
fn a_medium_alone_has_the_lines_of_its_contract() {
    let alone = "rm user-data.record.json";
    let outcome = does(alone, COMPARE, "");
    assert!(outcome.stderr.contains("`se-checksums.txt` is as expected: 6 lines equal"), "{outcome:?}");
    let json = does(alone, &format!("{COMPARE} --json"), "").json();
    assert_eq!(having(&json, "equal"), LINES);
    assert_eq!(json["lines"][5]["foretoldBy"], serde_json::json!(["ciiso.iso"]));
    for name in LINES {
        let given = format!("{alone}; change {name}; guest_signs");
        refuses(&given, COMPARE, 4, &format!("is not as expected: `{name}` is different\n"));
    }
    let more =
        format!("{alone}; line persona.yaml contract:attestationPublicKey >> se-checksums.txt; guest_signs");
    refuses(&more, COMPARE, 4, "`contract:attestationPublicKey` is unexpected");
    let damaged = format!("{alone}; {UNREADABLE}");
    let outcome = refuses(&damaged, COMPARE, 4, "`cidata/user-data` is different");
    assert!(outcome.stderr.contains("warning: cannot use the user data on `ciiso.iso`"), "{outcome:?}");
    assert!(outcome.text().contains("unknown    contract:env"), "{outcome:?}");
    // a guest may show the signature, which no medium promises
    let value =
        "isoinfo -R -i ciiso.iso -x /user-data | sed -n 's/^envWorkloadSignature: //p' | tr -d '\\n' > value";
    let shown = format!(
        "{alone}; {value}; line value contract:envWorkloadSignature >> se-checksums.txt; guest_signs"
    );
    let outcome = does(&shown, COMPARE, "");
    assert!(outcome.stderr.contains("is as expected: 7 lines equal"), "{outcome:?}");
}

/// The records of `tests/vectors`, with a medium that `env-deployer` makes of the contract beside them.
#[test]
fn records_of_every_layout_are_compared_and_their_text_is_shown() {
    let vectors = repository().join("tests/vectors").display().to_string();
    let given = format!(
        "cp -r {vectors}/attestation-record records; rm user-data.record.json
         env-deployer boot-media records/user-data --hostname paynow -o ciiso.iso --force \
             --signing-key {vectors}/user-data/signing-key.pub.pem"
    );
    let compare = |record: &str| format!("{COMPARE} records/{record}.txt --danger-accept-unsigned-record");
    for record in ["0.0.0", "24.3.3", "24.11.0", "25.11.0", "25.11.0-hkd-and-ap", "26.7.1"] {
        let outcome = does(&given, &compare(record), "");
        let equal = if record == "24.11.0" { 8 } else { 7 };
        assert!(outcome.stderr.contains(&format!("is as expected: {equal} lines equal")), "{outcome:?}");
        assert!(outcome.stderr.contains("not a checksum line: Machine Type/Plant/Serial: "), "{outcome:?}");
        assert!(outcome.text().contains("unknown    root.tar.gz"), "{outcome:?}");
    }
    let outcome = does(&given, &compare("1.0.0"), "");
    assert!(outcome.stderr.contains("is as expected: 5 lines equal, 2 absent, 2 unknown"), "{outcome:?}");
    assert!(outcome.text().contains("absent     contract:env"), "{outcome:?}");
    assert!(outcome.text().contains("not in this layout; expected by ciiso.iso"), "{outcome:?}");
    let json = does(&given, &format!("{} --json", compare("1.0.0")), "").json();
    assert_eq!((&json["absent"], &json["imageVersion"]), (&2.into(), &"1.0.0".into()));
    assert_eq!(having(&json, "absent"), ["contract:env", "contract:workload"]);
    let says = "line `contract:workload`: not in the layout of image version 1.0.0".into();
    assert!(json["unchecked"].as_array().unwrap().contains(&says), "{json}");

    // a line that the layout lacks is no proof for one who expects it alone
    let alone = format!("{given}; grep contract:workload records/26.7.1.txt > own");
    let own = "contract-auditor compare records/1.0.0.txt --expect own --danger-accept-unsigned-record";
    refuses(&alone, own, 4, "does not show `contract:workload`: not in this layout");
}

#[test]
fn who_contradicts_another_or_himself_is_refused() {
    let given = "line persona.yaml contract:env > own";
    refuses(given, "contract-auditor compare --expect own", 4, "`contract:env` is expected in two ways");
    // the medium of another contract
    refuses(UNREADABLE, COMPARE, 4, "`cidata/user-data` is expected in two ways");
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

//! Whose key it is: any text stands in a certificate as it was typed, and nothing in it is syntax.

use super::{MADE, does, refused};
use story_tests::Story;

/// A story with an authority whose key is quick to sign with.
fn story() -> Story {
    let story = Story::new();
    does(&story, "authority ca prime256v1");
    story
}

const ISSUE: &str = "certify --days 9 --ca-cert ca.crt --ca-key ca-key.pem --force";

/// The subject of a certificate or a request, each field on a line, without any escape.
fn subject(story: &Story, command: &str, file: &str) -> String {
    let shown = does(
        story,
        &format!("openssl {command} -noout -subject -nameopt multiline,-esc_msb,utf8,-esc_ctrl -in {file}"),
    );
    shown.lines().skip(1).map(str::trim_start).collect::<Vec<_>>().join("\n")
}

#[test]
fn hostile_characters_are_shown_by_openssl_as_they_were_typed() {
    let story = story();
    for name in [
        "a/CN=b",
        "a, O=b",
        "a=b+OU=c",
        "say \"hello\"",
        r"back\slash",
        "#hash first",
        "<>;",
        "trailing space ",
        " leading space",
        "*",
        "Schlüssel für 支払い",
        "-----BEGIN CERTIFICATE-----",
        "$(id)`id`%s",
    ] {
        story.write("name", name);
        does(&story, &format!("name=$(cat name; echo .); {ISSUE} --name=\"${{name%.}}\""));
        assert_eq!(subject(&story, "x509", MADE), format!("commonName                = {name}"));
        does(&story, "name=$(cat name; echo .); request --force --name=\"${name%.}\"");
        let request = subject(&story, "req", "contract-signer/signing-key.csr");
        assert_eq!(request, format!("commonName                = {name}"));
    }
}

#[test]
fn a_whole_subject_is_read_part_by_part() {
    let story = story();
    does(&story, &format!(r"{ISSUE} --subject 'C=DE, O=Example\, Inc.,OU=a=b,CN=back\\slash/x'"));
    assert_eq!(
        subject(&story, "x509", MADE),
        "countryName               = DE\norganizationName          = Example, Inc.\n\
         organizationalUnitName    = a=b\ncommonName                = back\\slash/x"
    );
    does(&story, &format!("{ISSUE} --name \"$(printf 'é%.0s' {{1..64}})\""));
    for (subject, words) in [
        ("--subject 'O=Example'", "it has no CN"),
        ("--subject '/O=Example/CN=x'", "separated by commas"),
        (r"--subject 'CN=x\'", "that nothing follows"),
        ("--subject 'C=Germany,CN=x'", "C has 7 characters, at most 2"),
        ("--subject 'C=de,CN=x'", "two capital letters"),
        ("--subject 'CN=x,DC=example'", "`DC` is none of"),
        ("--name x --subject CN=x", "cannot be used with"),
        ("--name ''", "CN is empty"),
        ("--name '  '", "CN is empty"),
        ("--name \"$(printf 'é%.0s' {1..65})\"", "CN has 65 characters, at most 64"),
        (r"--name $'a\nb'", "control character"),
        (r"--name $'\e[31mred'", "control character"),
        (r"--name $'a\u202eb'", "control character"),
    ] {
        refused(&story, &format!("{ISSUE} {subject}"), 2, &[words]);
        refused(&story, &format!("request {subject}"), 2, &[words]);
    }
    refused(
        &story,
        &format!("{ISSUE} --subject 'O=Example,CN=authority ca'"),
        3,
        &["the subject is the authority's own name", "--name"],
    );
}

#[test]
fn the_name_in_persona_yaml_is_the_default() {
    let story = story();
    does(&story, "printf 'persona: contract-signer\\nname: pay.now\\n' > contract-signer/persona.yaml
        cd contract-signer; contract-signer certify --days 3 --ca-cert ../ca.crt --ca-key ../ca-key.pem --passphrase-file passphrase");
    assert_eq!(subject(&story, "x509", MADE), "commonName                = pay.now signing key");
}

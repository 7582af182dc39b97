use proptest::prelude::*;

use crate::tests::authority::Pair;
use crate::tests::*;

const POD: &str = "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: \"a.io/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}\n";

#[test]
fn every_other_byte_stays() {
    let folder = folder(&[("play/p.yml", POD), ("a.txt", "é \"x\"\\\n\n"), ("b.txt", "two\r\nlines\r\n")]);
    let text = "# comment é\r\ntype:   workload   # kept\r\nplay: {  archive: !folder \"play\"  } # also\r\nenv:\r\n  A:  !file a.txt   # and this\r\n  B: !file |-\r\n    b.txt\r\n  C: 'plain'\r\n\r\n# end";
    let section = accepted::<Workload>(folder.path(), text);
    let expected = "# comment é\r\ntype:   workload   # kept\r\nplay: {  archive: @  } # also\r\nenv:\r\n  A:  \"é \\\"x\\\"\\\\\\n\"   # and this\r\n  B: \"two\\r\\nlines\"\n  C: 'plain'\r\n\r\n# end";
    assert_eq!(bytes(&section), expected);
    assert!(
        matches!(section.parts(), [Part::Text(_), Part::Folder(path), Part::Text(_)] if *path == folder.path().join("play"))
    );
    assert_eq!(section.model().env[0].1.expose(), "é \"x\"\\\n");
    let masked = section.masked();
    assert!(masked.contains("archive: <archive of play>  } # also"), "{masked}");
    assert!(masked.contains("  A:  <hidden, 7 characters>   # and this"), "{masked}");
    assert!(masked.contains("  C: <hidden, 5 characters>\r\n"), "{masked}");
}

#[test]
fn the_guest_opens_what_was_read() {
    let folder = folder(&[("ca.crt", &Pair::new("ca", 365, None).pem())]);
    let text = "type: env\nlogging: {syslog: {hostname: h, port: 6514, server: !file ca.crt}}\nenv: {A: b}\n";
    let section = accepted::<Env>(folder.path(), text);
    let (opened, findings) = Section::<Env>::open(Zeroizing::new(bytes(&section)), now(), &[Platform::Hpvs]);
    assert_eq!(opened.unwrap().facts(), section.facts());
    assert_eq!(findings.0, []);
    let (opened, findings) = Section::<Env>::open(Zeroizing::new(text.to_owned()), now(), &[Platform::Hpvs]);
    assert!(opened.is_none() && findings.0[0].message == "unknown tag", "{findings:?}");
    let (opened, _) = Section::<Workload>::open(Zeroizing::new(bytes(&section)), now(), &[Platform::Hpvs]);
    assert!(opened.is_none());
}

#[test]
fn the_signing_key_stands_before_logging() {
    let folder = folder(&[("ca.crt", &Pair::new("ca", 365, None).pem())]);
    let signer = Pair::rsa("signer", 365);
    let pem = signer.public();
    let quoted = strict_yaml::quote(&pem);
    let logging = "logging: {syslog: {hostname: h, port: 6514, server: !file ca.crt}}";
    for (text, before, behind) in [
        (format!("type: env\n{logging}\n"), "type: env\n", "\nlogging: {"),
        (format!("{logging}\ntype: env"), "", "\nlogging: {"),
        (format!("  type: env\n  {logging}\n"), "  type: env\n  ", "\n  logging: {"),
        (format!("{{ type: env, {logging} }}"), "{ type: env, ", ", logging: {"),
        (
            format!("---\ntype: env\n# about it\n\"logging\"{}\n", &logging[7..]),
            "# about it\n",
            "\n\"logging\": {",
        ),
    ] {
        let (section, findings) = read_with::<Env>(folder.path(), &text, Some(&pem), Err(""));
        let section = section.unwrap_or_else(|| panic!("{text}: {:?}", shown(&findings)));
        let written = bytes(&section);
        assert!(written.contains(&format!("{before}signingKey: {}{behind}", *quoted)), "{written}");
        assert!(section.facts().signing_key.is_some());
    }
    let there = format!("type: env\nsigningKey: {}\n{logging}\n", *quoted);
    let (section, _) = read_with::<Env>(folder.path(), &there, Some(&pem), Err(""));
    assert_eq!(bytes(&section.unwrap()).matches("signingKey").count(), 1);
    let (section, findings) =
        read_with::<Env>(folder.path(), &there, Some(&Pair::rsa("x", 9).public()), Err(""));
    assert!(
        section.is_none() && findings.0[0].message.contains("another key than the one given"),
        "{findings:?}"
    );
    let (section, findings) = read_with::<Env>(folder.path(), &there, Some(&signer.pkcs8()), Err(""));
    assert!(
        section.is_none() && findings.0[0].message.contains("the signing key is a private key"),
        "{findings:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a file holds, the guest reads it, and nothing else moves.
    #[test]
    fn contents_arrive(content in "[ -~é\\n\"'\\\\#:|>{}!&*-]{1,60}") {
        let folder = folder(&[("play/p.yml", POD), ("f", &content)]);
        let text = "type: workload\nplay: {archive: !folder play}\nenv: {A: !file f, B: \"b\"}\n";
        let (section, _) = read_in::<Workload>(folder.path(), text);
        let without = content.strip_suffix('\n').unwrap_or(&content);
        if without.is_empty() {
            prop_assert!(section.is_none());
        } else {
            let section = section.unwrap();
            prop_assert_eq!(section.model().env[0].1.expose(), without);
            let bytes = bytes(&section);
            prop_assert!(bytes.starts_with("type: workload\nplay: {archive: @}\nenv: {A: \""), "the beginning moved");
            prop_assert!(bytes.ends_with("\", B: \"b\"}\n"), "the end moved");
        }
    }
}

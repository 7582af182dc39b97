//! `network-config`: one case a finding; IBM's schema of the guest and netplan judge what we accept.
//!
//! The schema is not ours to pass on, and netplan (Debian's package `netplan.io`) comes with systemd: where one of them is
//! missing, its part is skipped, and says so.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes its own files, starts netplan, and says what it skipped"
)]

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use contract_section::network_config::{NetworkConfig, read};
use findings::Severity;
use serde_json::Value;
use strict_yaml::plain::{GoReader, GoScalar};
use strict_yaml::{Kind, Limits, Node, Style, Tags};

/// Everything that the guest's schema knows, and nothing to find fault with.
const FULL: &str = "\
# the guest's only network
network:
  version: 2
  ethernets:
    enc1:
      dhcp4: false
      addresses: [192.0.2.21/24, \"198.51.100.7/31\"]
      gateway4: 192.0.2.1
      mtu: 1500
      nameservers:
        addresses: [192.0.2.53, 203.0.113.53]
        search: [example.com]
      routes:
        - to: 10.0.0.0/8
          via: 198.51.100.6
        - {to: 172.16.0.9, via: 192.0.2.2}
";

/// A static interface with these lines below `addresses`.
fn with(lines: &str) -> String {
    let lines = lines.lines().fold(String::new(), |all, line| all + "      " + line + "\n");
    format!(
        "network:\n  version: 2\n  ethernets:\n    enc1:\n      dhcp4: false\n      addresses: [192.0.2.21/24]\n{lines}"
    )
}

const DNS: &str = "nameservers: {addresses: [192.0.2.53]}";

fn findings(text: &str) -> Vec<String> {
    let (config, findings) = read("network-config", text);
    assert_eq!(config.is_some(), findings.errors() == 0, "{text}");
    let line = |finding: &findings::Finding| {
        assert!(!finding.hint.is_empty() && finding.place.line.is_some(), "{finding:?}");
        let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
        format!("{severity}: {}: {}", finding.place.field, finding.message)
    };
    findings.0.iter().map(line).collect()
}

fn accepted(text: &str) -> NetworkConfig {
    assert_eq!(findings(text), [""; 0], "{text}");
    read("", text).0.unwrap()
}

#[test]
fn what_is_right_has_no_finding() {
    assert_eq!(accepted(FULL).to_string(), "enc1 192.0.2.21/24 198.51.100.7/31");
    assert_eq!(
        accepted("network: {version: 2, ethernets: {enc9: {dhcp4: true, mtu: 9000}}}").to_string(),
        "enc9 by DHCP"
    );
    for lines in [
        DNS,
        "gateway4: 192.0.2.1\nnameservers: {addresses: [9.9.9.9]}",
        "routes: [{to: default, via: 192.0.2.1}]\nnameservers: {addresses: [9.9.9.9]}",
        "routes: [{to: 0.0.0.0/0, via: 192.0.2.1}]\nnameservers: {addresses: [9.9.9.9]}",
    ] {
        accepted(&with(lines));
    }
    accepted(&with(&format!("routes: [{{to: default, via: 203.0.113.1, on-link: true}}]\n{DNS}")));
    let two = with(DNS) + "    enc2:\n      dhcp4: True\n";
    assert_eq!(accepted(&two).to_string(), "enc1 192.0.2.21/24, enc2 by DHCP");
    accepted(&with(DNS).replace('\n', "\r\n"));
}

/// No finding follows from another one.
#[test]
fn each_fault_is_one_finding() {
    let gateway = with("gateway4: 192.0.2.1");
    for text in
        [gateway.replace("[192.0.2.21/24]", "[]"), gateway.replace("/24", ""), gateway.replace("false", "no")]
    {
        assert_eq!(findings(&text).len(), 1, "{text}");
    }
}

/// The guest's schema refuses these.
#[test]
fn what_the_guest_refuses_is_refused() {
    let plain = with(DNS);
    let dhcp = |more: &str| format!("network: {{version: 2, ethernets: {{enc1: {{dhcp4: true, {more}}}}}}}");
    let name = |name: &str| plain.replace("enc1", name);
    #[rustfmt::skip]
    let table = [
        ("other: 1".to_owned(), "network: `network` is missing"),
        ("network:".to_owned(), "network: expected a mapping, found nothing"),
        ("network: {version: 2}".to_owned(), "network.ethernets: `ethernets` is missing"),
        ("network: {version: 2, ethernets: {}}".to_owned(), "network.ethernets: no interface"),
        (plain.replace("version: 2", "version: \"2\""), "network.version: expected a whole number, found a string"),
        (name("eth0"), "network.ethernets.eth0: not the name of a guest's interface"),
        (name("enc"), "network.ethernets.enc: not the name"),
        (name("enc0d"), "network.ethernets.enc0d: not the name"),
        (name("Enc1"), "network.ethernets.Enc1: not the name"),
        (plain.replace("      dhcp4: false\n", ""), "network.ethernets.enc1.dhcp4: `dhcp4` is missing"),
        (plain.replace("false", "no"), "network.ethernets.enc1.dhcp4: expected `true` or `false`, found a string"),
        (plain.replace("false", "\"false\""), "network.ethernets.enc1.dhcp4: expected `true` or `false`, found a string"),
        (plain.replace("false", "0"), "network.ethernets.enc1.dhcp4: expected `true` or `false`, found a number"),
        (plain.replace("      addresses: [192.0.2.21/24]\n", ""), "network.ethernets.enc1.addresses: `addresses` is missing"),
        (plain.replace("[192.0.2.21/24]", "[]"), "network.ethernets.enc1.addresses: no address"),
        (plain.replace("[192.0.2.21/24]", "192.0.2.21/24"), "network.ethernets.enc1.addresses: expected a list, found a string"),
        (plain.replace("/24", ""), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("/24", "/33"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("/24", "/024"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("/24", "/+24"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("/24", "/24/24"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("192.0.2.21/", "2001:db8::21/"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("192.0.2.21", "192.0.2.256"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("[192.0.2.21/24]", "[{192.0.2.21/24: {label: a}}]"), "network.ethernets.enc1.addresses[0]: expected a string, found a mapping"),
        (dhcp("addresses: [192.0.2.21/24]"), "network.ethernets.enc1.addresses: `addresses` and `dhcp4: true` exclude"),
        (dhcp("gateway4: 192.0.2.1"), "network.ethernets.enc1.gateway4: `gateway4` and `dhcp4: true` exclude"),
        (dhcp("routes: []"), "network.ethernets.enc1.routes: `routes` and `dhcp4: true` exclude"),
        (dhcp(DNS), "network.ethernets.enc1.nameservers: `nameservers` and `dhcp4: true` exclude"),
        (dhcp("mtu: \"9000\""), "network.ethernets.enc1.mtu: expected a whole number, found a string"),
        (with("gateway4: 1"), "network.ethernets.enc1.gateway4: expected a string, found a number"),
        (with("routes: {to: default}"), "network.ethernets.enc1.routes: expected a list, found a mapping"),
        (with("routes: [default]"), "network.ethernets.enc1.routes[0]: expected a mapping, found a string"),
        (with("nameservers: [192.0.2.53]"), "network.ethernets.enc1.nameservers: expected a mapping, found a list"),
        (with("nameservers: {search: [a]}"), "network.ethernets.enc1.nameservers.addresses: `addresses` is missing"),
        (with("nameservers: {addresses: [192.0.2.53], search: a}"), "network.ethernets.enc1.nameservers.search: expected a list"),
        (with("nameservers: {addresses: [192.0.2.53], search: [1]}"), "network.ethernets.enc1.nameservers.search[0]: expected a string"),
        // and what readers of YAML differ on
        (plain.replace("enc1:", "enc1: &a"), ": anchors are not allowed"),
        (format!("{plain}{plain}"), ": duplicate key"),
        (String::new(), ": the text is empty"),
        ("\t".to_owned(), ": "),
    ];
    for (text, expected) in &table {
        let found = findings(text);
        let expected = format!("error: {expected}");
        assert!(found.iter().any(|line| line.starts_with(&expected)), "{text}\n{expected}\n{found:#?}");
    }
    let Some(schema) = schema() else { return };
    let ours = table.len() - 4;
    for (text, _) in &table[..ours] {
        assert!(judge(&schema, text).is_err(), "the schema accepts it:\n{text}");
    }
}

/// The guest's schema accepts these, and no guest gets far with them.
#[test]
fn what_cannot_work_is_refused() {
    let plain = with(DNS);
    #[rustfmt::skip]
    let table = [
        (plain.replace("version: 2", "version: 1"), "network.version: netplan reads version 2 only"),
        (plain.replace("192.0.2.21", "192.000.2.21"), "network.ethernets.enc1.addresses[0]: not an IPv4 address"),
        (plain.replace("/24", "/0"), "network.ethernets.enc1.addresses[0]: a prefix of 0 bits"),
        (plain.replace("192.0.2.21", "127.0.0.1"), "network.ethernets.enc1.addresses[0]: 127.0.0.1 is no address of a host"),
        (plain.replace("192.0.2.21", "224.0.0.9"), "network.ethernets.enc1.addresses[0]: 224.0.0.9 is no address"),
        (plain.replace("192.0.2.21", "0.0.0.0"), "network.ethernets.enc1.addresses[0]: 0.0.0.0 is no address"),
        (with("gateway4: router"), "network.ethernets.enc1.gateway4: not an IPv4 address"),
        (with("gateway4: 192.0.2.1/24"), "network.ethernets.enc1.gateway4: not an IPv4 address"),
        (with("gateway4: \"\""), "network.ethernets.enc1.gateway4: not an IPv4 address"),
        (with("gateway4: \"fe80::1\""), "network.ethernets.enc1.gateway4: not an IPv4 address"),
        (with("gateway4: 192.0.3.1"), "network.ethernets.enc1.gateway4: 192.0.3.1 is outside of the interface's network, `192.0.2.0/24`"),
        (with("gateway4: 192.0.2.21"), "network.ethernets.enc1.gateway4: 192.0.2.21 is the guest's own address"),
        (with("gateway4: 192.0.3.1") + "    enc2:\n      dhcp4: false\n      addresses: [192.0.3.2/24]\n", "network.ethernets.enc1.gateway4: 192.0.3.1 is outside"),
        (with("routes: [{to: default, via: 192.0.3.1}]"), "network.ethernets.enc1.routes[0].via: 192.0.3.1 is outside"),
        (with("gateway4: 192.0.2.0"), "network.ethernets.enc1.gateway4: 192.0.2.0 is the network itself"),
        (with("gateway4: 192.0.2.255"), "network.ethernets.enc1.gateway4: 192.0.2.255 is the network itself"),
        (with("routes: [{to: default, via: x}]"), "network.ethernets.enc1.routes[0].via: not an IPv4 address"),
        (with("routes: [{to: x, via: 192.0.2.1}]"), "network.ethernets.enc1.routes[0].to: neither `default` nor an IPv4 network"),
        (with("routes: [{to: 10.0.0.0/40, via: 192.0.2.1}]"), "network.ethernets.enc1.routes[0].to: neither"),
        (with("routes: [{via: 192.0.2.1}]"), "network.ethernets.enc1.routes[0].to: `to` is missing"),
        (with("nameservers: {addresses: [dns.local]}"), "network.ethernets.enc1.nameservers.addresses[0]: not an IP address"),
        (with("mtu: 67"), "network.ethernets.enc1.mtu: not an MTU: from 68 to 65535"),
        (with("mtu: 65536"), "network.ethernets.enc1.mtu: not an MTU"),
        (with("mtu: -1"), "network.ethernets.enc1.mtu: expected a whole number"),
    ];
    let schema = schema();
    for (text, expected) in &table {
        let found = findings(text);
        let expected = format!("error: {expected}");
        assert!(found.iter().any(|line| line.starts_with(&expected)), "{text}\n{expected}\n{found:#?}");
        if let Some(schema) = &schema {
            judge(schema, text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        }
    }
}

#[test]
fn what_is_doubtful_is_a_warning() {
    let plain = with(DNS);
    #[rustfmt::skip]
    let table = [
        (plain.replace("  version: 2\n", ""), "network: `version` is missing"),
        (plain.clone() + "other: 1\n", "other: unknown field `other`"),
        (with(&format!("gateway: 192.0.2.1\n{DNS}")), "network.ethernets.enc1.gateway: unknown field `gateway`"),
        (with(&format!("dhcp6: false\n{DNS}")), "network.ethernets.enc1.dhcp6: unknown field `dhcp6`"),
        (plain.replace(".21/", ".0/"), "network.ethernets.enc1.addresses[0]: 192.0.2.0 is the network itself"),
        (plain.replace(".21/", ".255/"), "network.ethernets.enc1.addresses[0]: 192.0.2.255 is the network itself"),
        (with(""), "network.ethernets: no name server"),
        (with("nameservers: {addresses: []}"), "network.ethernets: no name server"),
        (with("nameservers: {addresses: [9.9.9.9]}"), "network.ethernets: no route leads to the name server 9.9.9.9"),
        (with("gateway4: 192.0.2.1\nnameservers: {addresses: [\"2001:db8::53\"]}"), "network.ethernets: no route leads to the name server 2001:db8::53"),
        (with(&format!("routes: [{{to: 10.0.0.0/8}}]\n{DNS}")), "network.ethernets.enc1.routes[0]: a route without `via`"),
        (with(&format!("routes: [{{to: 10.0.0.1/8, via: 192.0.2.1}}]\n{DNS}")), "network.ethernets.enc1.routes[0].to: `10.0.0.1/8` is an address inside"),
        (with(&format!("gateway4: 192.0.2.1\nroutes: [{{to: default, via: 192.0.2.1}}]\n{DNS}")), "network.ethernets: 2 default routes"),
        (plain.clone() + "    enc2:\n      dhcp4: false\n      addresses: [192.0.2.21/24]\n", "network.ethernets: 192.0.2.21 is there twice"),
    ];
    for (text, expected) in &table {
        let found = findings(text);
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("warning: {expected}")),
            "{text}\n{expected}\n{found:#?}"
        );
    }
}

const SCHEMA: &str = "shared/data/schema/hpse-network-schema.json";

fn schema() -> Option<jsonschema::Validator> {
    let shared = std::env::var_os("SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(SCHEMA),
        |data| Path::new(&data).join("schema/hpse-network-schema.json"),
    );
    let Ok(text) = fs::read(&shared) else {
        eprintln!("skipped: no {} to compare with", shared.display());
        return None;
    };
    Some(jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap())
}

fn judge(schema: &jsonschema::Validator, text: &str) -> Result<(), String> {
    let root = strict_yaml::parse(text, &Limits::default(), Tags::Refused).unwrap().root;
    schema.validate(&json(&root)).map_err(|error| format!("{error} at {}", error.instance_path()))
}

/// As Go's yaml.v3 reads it, to which `no` is a text.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Sequence(items) => items.iter().map(json).collect(),
        Kind::Mapping(entries) => {
            entries.iter().map(|(key, value)| (key.text.clone(), json(value))).collect()
        }
        Kind::Scalar { text, style: Style::Plain } => match GoReader::Compose.read(text) {
            GoScalar::Null => Value::Null,
            GoScalar::Boolean(value) => value.into(),
            GoScalar::Integer(value) => i64::try_from(value).unwrap().into(),
            GoScalar::Float(value) => value.into(),
            GoScalar::Text => text.as_str().into(),
        },
        Kind::Scalar { text, .. } => text.as_str().into(),
    }
}

/// Every value of a file, one after the other, replaced by something odd.
fn mutants() -> Vec<String> {
    let odd = [
        "\"\"",
        "x",
        "7",
        "2",
        "[]",
        "{}",
        "[x]",
        "{a: b}",
        "true",
        "false",
        "null",
        "192.0.2.1",
        "192.0.2.77/25",
        "[192.0.2.77/32]",
        "default",
        "\"1500\"",
        "[192.0.2.53]",
        "\"::1\"",
        "0.0.0.0/0",
        "[{to: 10.0.0.0/8, via: 192.0.2.9}]",
    ];
    let mut mutants = Vec::new();
    let dhcp = "network: {version: 2, ethernets: {enc1: {dhcp4: true, mtu: 1500}}}";
    for text in [FULL, dhcp, &with(DNS)] {
        let root = strict_yaml::parse(text, &Limits::default(), Tags::Refused).unwrap().root;
        let mut spans = Vec::new();
        collect(&root, &mut spans);
        for span in spans {
            for odd in odd {
                let end = if text[span.clone()].ends_with('\n') { "\n" } else { "" };
                mutants.push(format!(
                    "{} {odd}{end}{}",
                    text[..span.start].trim_end_matches(' '),
                    &text[span.end..]
                ));
            }
        }
    }
    mutants
}

fn collect(node: &Node, spans: &mut Vec<Range<usize>>) {
    let values = node.entries().unwrap_or_default().iter().map(|(_, value)| value);
    for child in node.items().unwrap_or_default().iter().chain(values) {
        spans.push(child.span.clone());
        collect(child, spans);
    }
}

#[test]
fn what_we_accept_the_schema_accepts_too() {
    let Some(schema) = schema() else { return };
    let (mut accepted, mut refused) = (0, 0);
    for mutant in mutants() {
        if read("", &mutant).0.is_none() {
            refused += 1;
            continue;
        }
        accepted += 1;
        judge(&schema, &mutant).unwrap_or_else(|error| panic!("{error}:\n{mutant}"));
    }
    println!("{accepted} mutants accepted by both, {refused} refused by us");
    assert!(accepted > 40 && refused > 300, "{accepted} {refused}");
}

/// What has no finding at all, netplan turns into a configuration; and it refuses some of what we refuse.
#[test]
fn what_we_accept_netplan_accepts() {
    if !Command::new("netplan")
        .arg("generate")
        .arg("--help")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return eprintln!("skipped: netplan (Debian's package netplan.io) is not installed");
    }
    let accepts = |text: &str| {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("etc/netplan/50.yaml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        Command::new("netplan").args(["generate", "--root-dir"]).arg(root.path()).output().unwrap()
    };
    let (mut accepted, mut refused) = (0, 0);
    for mutant in mutants() {
        let (config, findings) = read("", &mutant);
        match (config, findings.0.is_empty()) {
            (Some(_), true) => {
                accepted += 1;
                let output = accepts(&mutant);
                assert!(output.status.success(), "{}\n{mutant}", String::from_utf8_lossy(&output.stderr));
            }
            (None, _) if !accepts(&mutant).status.success() => refused += 1,
            _ => {}
        }
    }
    println!("{accepted} mutants accepted by both, {refused} refused by both");
    assert!(accepted > 20 && refused > 100, "{accepted} {refused}");
}

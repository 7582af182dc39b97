//! `allowed_signers` files, line by line, with `ssh-keygen -Y verify` and `-Y find-principals` as the judge.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test starts other people's tools")]

#[path = "ssh/keygen.rs"]
mod keygen;

use findings::Findings;
use findings::{Advice as _, Blame};
use jiff::Timestamp;
use keygen::{Folder, MESSAGE};
use ssh_signatures::allowed_signers::{AllowedSigners, NotAllowed};
use ssh_signatures::ssh_key::Line;
use ssh_signatures::sshsig::{Namespace, Signature};

const AT: &str = "2026-11-23T12:00:00Z";
const AT_AS_SSH_KEYGEN_TAKES_IT: &str = "20261123120000";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn parse(text: &str) -> (Option<AllowedSigners>, Findings) {
    let (read, findings) = AllowedSigners::parse(text, "allowed_signers");
    (read.ok(), findings)
}

/// A key `k`, another `o`, a CA's, and a signature of `k` over the message for the workload section.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.sh("for k in k o; do ssh-keygen -q -t ed25519 -N '' -C '' -f $k; done
        ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f r
        ssh-keygen -q -Y sign -n hpcr-workload -f k < message > signature");
    folder
}

/// `%K`, `%O` and `%R` stand for the keys. Whether the principal `alice` may vouch with `k` in `hpcr-workload` at [`AT`].
const LINES: [(&str, bool); 45] = [
    ("alice %K", true),
    ("alice %K a comment", true),
    ("alice\t%K", true),
    ("  alice   %K  ", true),
    ("# alice %K", false),
    ("", false),
    ("bob %K", false),
    ("alice %O", false),
    ("Alice %K", false),
    ("a*,bob %K", true),
    ("bob,alice %K", true),
    ("al?ce %K", true),
    ("?alice %K", false),
    ("* %K", true),
    ("*,!alice %K", false),
    ("!alice,* %K", false),
    ("!bob,* %K", true),
    ("alice namespaces=\"hpcr-workload\" %K", true),
    ("alice NameSpaces=\"hpcr-workload\" %K", true),
    ("alice namespaces=\"hpcr-env\" %K", false),
    ("alice namespaces=\"file,hpcr-*\" %K", true),
    ("alice namespaces=\"hpcr-*,!hpcr-workload\" %K", false),
    ("alice namespaces=\"hpcr-workloa?\" %K", true),
    ("alice namespaces=\"\" %K", false),
    ("alice namespaces=\" hpcr-workload\" %K", false),
    ("alice valid-after=\"20261123Z\" %K", true),
    ("alice valid-after=\"202611231200Z\" %K", true),
    ("alice valid-after=\"20261123120000Z\" %K", true),
    ("alice valid-after=\"20261123120001Z\" %K", false),
    ("alice valid-after=\"20261124\" %K", false),
    ("alice valid-before=\"20261124\" %K", true),
    ("alice valid-before=\"20261123120000Z\" %K", true),
    ("alice valid-before=\"20261123115959Z\" %K", false),
    ("alice valid-before=\"20261122Z\" %K", false),
    ("alice valid-after=\"20261101Z\",valid-before=\"20261201Z\" %K", true),
    ("alice namespaces=\"hpcr-workload\",valid-before=\"20261201Z\" %K", true),
    ("alice namespaces=\"hpcr-workload\",valid-before=\"20261101Z\" %K", false),
    ("alice cert-authority %K", false),
    ("alice cert-authority,namespaces=\"hpcr-workload\" %K", false),
    ("alice namespaces=\"hpcr-env\" %K\nalice namespaces=\"hpcr-workload\" %K", true),
    ("bob %K\nalice %O\nalice %K", true),
    ("bob %O\n\n# x\n\talice %K", true),
    ("alice %K\r\nbob %O\r", true),
    ("alice valid-before=\"20261101Z\" %K\nalice %K", true),
    ("alice %R", false),
];

#[test]
fn each_line_says_what_it_says_to_ssh_keygen() {
    let folder = folder();
    let key = Line::parse_file(&folder.read("k.pub")).unwrap().key;
    for (line, due) in LINES {
        let keys = ["k.pub", "o.pub", "r.pub"].map(|name| folder.read(name).trim_end().to_owned());
        let text = line.replace("%K", &keys[0]).replace("%O", &keys[1]).replace("%R", &keys[2]) + "\n";
        folder.write("allowed", &text);
        let theirs = folder
            .try_sh(&format!(
                "ssh-keygen -Y verify -O verify-time={AT_AS_SSH_KEYGEN_TAKES_IT} -f allowed -I alice \
                -n hpcr-workload -s signature < message"
            ))
            .status
            .success();
        assert_eq!(theirs, due, "ssh-keygen says otherwise of: {line}");
        let ours = parse(&text).0.unwrap();
        assert_eq!(ours.find_principal("alice", &key, Namespace::Workload, at()).is_ok(), due, "{line}");
        // nobody is named who may not
        let found = ours.find(&key, Namespace::Workload, at());
        let theirs = folder.try_sh(&format!(
            "ssh-keygen -Y find-principals -O verify-time={AT_AS_SSH_KEYGEN_TAKES_IT} \
            -f allowed -s signature"
        ));
        if let Ok(principals) = found {
            // it shows each pattern of the list on a line
            let theirs = String::from_utf8(theirs.stdout).unwrap();
            let shown = |pattern| theirs.lines().any(|line| line == pattern);
            assert!(principals.as_str().split(',').all(shown), "{line}: {theirs}");
        }
    }
}

/// What OpenSSH refuses, we refuse; and every bad line is told, with its number.
#[test]
fn bad_lines_are_refused_as_ssh_keygen_refuses_them() {
    let folder = folder();
    let key = folder.read("k.pub").trim_end().to_owned();
    let lines = [
        ("alice", "principals, options, type and key"),
        ("alice ssh-ed25519", "not an SSH public key"),
        ("alice ssh-ed25519 AAAA!", "base64"),
        ("alice ssh-ed25519 AAAA", "damaged"),
        ("alice namespaces=hpcr-workload K", "double quotes"),
        ("alice namespaces=\"hpcr-workload K", "double quote is missing"),
        ("alice namespaces K", "expected `=\"…\"` after"),
        ("alice namespaces=\"a\",namespaces=\"b\" K", "twice"),
        ("alice namespaces=\"a\", K", "unknown option ``"),
        ("alice namespaces=\"a\"x K", "comma or white space"),
        ("alice no-touch K", "unknown option `no-touch`"),
        ("alice valid-after=\"2026\" K", "no time: `2026`"),
        ("alice valid-after=\"20261301Z\" K", "no time"),
        ("alice valid-after=\"20261202Z\",valid-before=\"20261201Z\" K", "not later"),
        ("alice namespaces=\"hpcr-workload\"", "principals, options, type and key"),
    ];
    for (line, says) in lines {
        let text = line.replace('K', &key) + "\n";
        folder.write("allowed", &text);
        assert!(!folder.verifies(&folder.read("signature"), "hpcr-workload"), "ssh-keygen takes: {line}");
        let (read, findings) = parse(&text);
        assert!(read.is_none(), "{line}");
        assert!(findings.0[0].message.contains(says), "{line}: {findings:?}");
        assert!(!findings.0[0].hint.is_empty());
    }
    let all: String = lines.iter().map(|(line, _)| line.replace('K', &key) + "\n").collect();
    let numbers: Vec<_> = parse(&all).1.0.iter().map(|finding| finding.place.line.unwrap()).collect();
    assert_eq!(numbers, (1..=lines.len()).collect::<Vec<_>>());
    // stricter than OpenSSH, which takes the quotes off, makes 3 March of it, and takes the mark for a part of the name
    for line in ["\u{feff}alice K", "\"alice bob\" K", "alice valid-after=\"20260231Z\" K"] {
        assert!(parse(&line.replace('K', &key)).0.is_none(), "{line}");
    }
}

#[test]
fn the_reason_is_the_one_of_the_line_that_came_closest() {
    let folder = folder();
    let key = Line::parse_file(&folder.read("k.pub")).unwrap().key;
    let line = folder.read("k.pub").trim_end().to_owned();
    let why = |text: &str| {
        let allowed = parse(&text.replace('K', &line)).0.unwrap();
        let signature = Signature::parse(&folder.read("signature")).unwrap();
        allowed.vouch(signature.verify(MESSAGE, Namespace::Workload).unwrap(), at()).unwrap_err()
    };
    let fingerprint = key.fingerprint();
    let unknown = why("# nobody");
    assert_eq!(unknown, NotAllowed::Unknown { fingerprint: fingerprint.clone() });
    let other = why("alice namespaces=\"hpcr-env\" K");
    assert_eq!(
        other.to_string(),
        format!(
            "`alice` may not vouch for the workload section: the key {fingerprint} is not allowed in the namespace `hpcr-workload`"
        )
    );
    let expired =
        why("bob namespaces=\"hpcr-env\" K\nalice valid-before=\"20261101Z\" K\ncarol namespaces=\"file\" K");
    assert_eq!(
        expired.to_string(),
        format!("the key {fingerprint} of `alice` is no longer valid: it ended at 2026-11-01T00:00:00Z")
    );
    let early = why("alice valid-after=\"20261201Z\" K");
    assert_eq!(
        early.to_string(),
        format!("the key {fingerprint} of `alice` is not yet valid: it begins at 2026-12-01T00:00:00Z")
    );
    for reason in [unknown, other, expired, early] {
        assert_eq!(reason.blame(), Blame::Refusal);
        assert!(reason.hints()[0].contains("contract-signer trust") || reason.hints()[0].contains("ask"));
    }
}

#[test]
fn who_vouches_is_the_line_that_allows_it() {
    let folder = folder();
    let line = folder.read("k.pub").trim_end().to_owned();
    let vouched = |text: &str| {
        let allowed = parse(&text.replace('K', &line)).0.unwrap();
        let signature = Signature::parse(&folder.read("signature")).unwrap();
        allowed.vouch(signature.verify(MESSAGE, Namespace::Workload).unwrap(), at()).unwrap()
    };
    let alice = vouched("bob namespaces=\"hpcr-env\" K\nalice namespaces=\"hpcr-workload\" K\ncarol K");
    assert_eq!(
        (alice.principals().as_str(), alice.namespace(), alice.at()),
        ("alice", Namespace::Workload, at())
    );
    let everybody = vouched("*@example.com,a* K");
    let bob = vouched("bob@example.com K");
    assert!(
        alice.is_same_key(&bob)
            && everybody.may_be_same_principal(&bob)
            && everybody.may_be_same_principal(&alice)
    );
    assert!(!alice.may_be_same_principal(&bob));
}

#[test]
fn what_grants_nothing_is_passed_over_with_a_warning() {
    let folder = folder();
    let key = folder.read("k.pub").trim_end().to_owned();
    let dss = "ssh-dss AAAAB3NzaC1kc3MAAAAA";
    let (read, findings) =
        parse(&format!("a cert-authority {key}\nb {dss}\nc valid-after=\"20260101\" {key}\n"));
    assert_eq!(read.unwrap().entries().len(), 1);
    assert_eq!((findings.errors(), findings.warnings()), (0, 3));
    assert!(findings.0[0].message.contains("cert-authority"), "{findings:?}");
    assert!(findings.0[1].message.contains("ssh-dss"), "{findings:?}");
    assert!(findings.0[2].message.contains("UTC"), "{findings:?}");
}

/// OpenSSH takes such a line and matches nobody with it; here the key alone decides, so it would vouch for nobody knows whom.
#[test]
fn a_line_that_names_nobody_is_bad() {
    let folder = folder();
    let key = folder.read("k.pub");
    for principals in ["!bob", "!bob,!alice", "!*", ","] {
        assert!(parse(&format!("{principals} {key}")).0.is_none(), "{principals}");
    }
}

/// The work that a comparison costs grows with both lengths.
#[test]
fn principals_are_limited() {
    let folder = folder();
    let key = folder.read("k.pub");
    for (length, taken) in [(1024, true), (1025, false)] {
        let (read, _) = parse(&format!("{} {key}", "a".repeat(length)));
        assert_eq!(read.is_some(), taken, "{length}");
    }
}

//! `boot --report`: the page that an auditor files. Judged by Python's HTML parser, by `tidy` and by Chromium where they
//! are installed, and by whoever knows the secrets.

mod chromium;

use story_tests::Story;

const AT: &str = "--at 2027-03-01T12:00:00Z";

/// Fails unless standard input is HTML whose elements close in the order in which they were opened, without a script, an
/// event handler or anything that a browser would fetch.
const CHECK: &str = r"
import sys
from html.parser import HTMLParser
FETCH = {'src', 'href', 'srcset', 'data', 'action', 'poster', 'background', 'style', 'ping', 'manifest'}
KNOWN = set('html head meta title style body header main section h1 h2 h3 p span strong code dl dt dd ul li table caption thead tbody tr th td'.split())
class Page(HTMLParser):
    stack, levels, text = [], [], ''
    def handle_starttag(self, tag, attributes):
        assert tag in KNOWN, tag
        for name, value in attributes:
            assert name not in FETCH and not name.startswith('on'), (tag, name, value)
        if tag in ('h1', 'h2', 'h3'): self.levels.append(int(tag[1]))
        if tag == 'th': assert 'scope' in dict(attributes)
        if tag == 'html': assert dict(attributes)['lang'] == 'en'
        if tag != 'meta': self.stack.append(tag)
    def handle_endtag(self, tag): assert self.stack.pop() == tag, tag
    def handle_data(self, data):
        if self.stack[-1:] == ['style']: assert 'url(' not in data and '@import' not in data
        else: self.text += data
page = Page(convert_charrefs=True)
page.feed(sys.stdin.read())
page.close()
assert not page.stack, page.stack
assert page.levels[0] == 1 and page.levels.count(1) == 1
assert all(b - a <= 1 for a, b in zip(page.levels, page.levels[1:])), page.levels
# a line end between elements is the writer's own
assert all(c == '\n' or c.isprintable() for c in page.text), 'hidden characters'
print(page.text)
";

/// What a reader of the page sees, if it is a page.
fn read(story: &Story, page: &str) -> String {
    story.write("check.py", CHECK);
    story.does(&format!("if command -v tidy > /dev/null; then tidy -quiet -errors {page} >&2; fi"));
    story.does(&format!("python3 check.py < {page}"))
}

#[test]
fn the_ceremony_leaves_a_page_that_tells_all_and_no_secret() {
    let story = Story::played();
    let text = read(&story, "played/guest/report.html");
    assert!(text.contains("The guest would boot\n"), "{text}");
    let attested = story.does(
        "cd played/guest; for f in user-data ciiso.iso; do sha256sum $f | cut -d' ' -f1; done
         for k in workload env; do sed -n \"s/^$k: //p\" user-data | tr -d '\\n' | sha256sum | cut -d' ' -f1; done",
    );
    let fingerprints = story.does(
        "cd played
         for c in guest/guest-encrypt.crt env-deployer/rsyslog/ca.crt env-deployer/rsyslog/client.crt; do
             openssl x509 -in $c -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
         done
         openssl pkey -pubin -in contract-signer/signing-key.pub.pem -outform DER | sha256sum | cut -d' ' -f1
         for p in workload-provider env-deployer; do ssh-keygen -lf $p/id_ed25519.pub | cut -d' ' -f2; done",
    );
    for due in attested.lines().chain(fingerprints.lines()) {
        assert!(text.contains(due), "{due}\n{text}");
    }
    for due in [
        "workload-provider@paynow.example",
        "env-deployer@paynow.example",
        "the signature is valid",
        "generation 1, not rolling",
        "364 days",
        "that two persons vouch, with two keys",
        "CN=guest.paynow.example",
        "--record user-data.record.json --report report.html",
    ] {
        assert!(text.contains(due), "{due}\n{text}");
    }
    // every line of a private file that is long enough to be one's own
    let secrets = story.does(
        "cd played
         cat guest/guest-key.pem contract-signer/{signing-key.pem,passphrase,identity.age} env-deployer/rsyslog/*key*.pem
         for p in workload-provider env-deployer; do
             cat $p/id_ed25519 $p/identity.age
             age -d -i $p/identity.age $p/seeds.age | grep -oE '[A-Za-z0-9_-]{40,}'
         done",
    );
    let page = String::from_utf8(story.read("played/guest/report.html")).unwrap();
    let secrets: Vec<_> = secrets
        .lines()
        .map(|line| line.trim_start_matches("# public key: "))
        .filter(|line| line.len() >= 16 && !line.starts_with("-----") && !line.starts_with('#'))
        .collect();
    assert!(secrets.len() > 150, "{}", secrets.len());
    for secret in secrets {
        assert!(!page.contains(secret), "a secret of {} characters is on the page", secret.len());
    }
    chromium::judge(&story, "played/guest/report.html");
}

#[test]
fn what_the_sections_keep_to_themselves_is_not_on_the_page() {
    let story = signed();
    story.does("boot --report page.html");
    let page = read(&story, "page.html");
    assert!(!page.contains("canary-of"), "{page}");
    assert!(page.contains("given no signing record"), "{page}");
}

#[test]
fn the_same_rehearsal_gives_the_same_bytes() {
    let story = signed();
    story.does(&format!(
        "page() {{ boot {AT} --record user-data.record.json --report page.html \"$@\"; }}
         page --json --force; cp page.html first.html
         sleep 1
         page --json --force; cmp first.html page.html; test $(stat -c %a page.html) = 644
         ! page 2> refused > log; grep -q 'already exists' refused; ! test -s log"
    ));
}

#[test]
fn standard_output_takes_the_page_and_standard_error_the_log() {
    let story = signed();
    let outcome = story.sh("boot --report -");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.text().starts_with("<!DOCTYPE html>"));
    assert!(outcome.text().trim_end().ends_with("</html>"));
    assert!(
        outcome.stderr.contains("[   ok    ] signature") && outcome.stderr.contains("the guest would boot")
    );
    assert_eq!(story.sh("boot --report - --json").exit, 2);
    for kept in ["boot --report user-data --force", "boot --luks disk --report ./disk --force"] {
        assert_eq!(story.sh(kept).exit, 2, "{kept}: what is read is not replaced");
    }
    story.does("boot --report page.html | head -1; test -s page.html");
}

#[test]
fn a_refused_boot_leaves_its_page_and_its_exit_code() {
    let story = signed();
    let outcome = story
        .sh("sed 's/^envWorkloadSignature: .\\{9\\}/envWorkloadSignature: AAAAAAAAA/' user-data > tmp/forged
         guest-rehearsal boot tmp/forged --guest-key $GUEST_KEY --report page.html");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    let page = read(&story, "page.html");
    for due in [
        "The guest would not boot",
        "HPL12001E",
        "What to do: sign with",
        "✕ refused",
        "What the attestation record of a guest with this user data must show",
    ] {
        assert!(page.contains(due), "{due}\n{page}");
    }
    let outcome = story.sh("echo '[' > tmp/none; guest-rehearsal boot tmp/none --guest-key $GUEST_KEY --report none.html --record user-data.record.json");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    let page = read(&story, "none.html");
    assert!(page.contains("was not compared with it") && !page.contains("the signature is valid"), "{page}");
    // opened by nobody: the record is held against the file alone
    let outcome = story.sh("openssl genrsa -out tmp/other.pem 4096 2>/dev/null
         guest-rehearsal boot user-data --guest-key tmp/other.pem --report closed.html --record user-data.record.json");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    let page = read(&story, "closed.html");
    assert!(page.contains("not compared with the env section") && !page.contains("canary"), "{page}");
}

#[test]
fn a_record_of_other_user_data_is_refused_and_leaves_no_page() {
    let story = signed();
    let outcome = story.sh(
        "cp user-data other; openssl genrsa 2048 2> /dev/null | openssl pkey -pubout -out auditor.pub.pem; sign --danger-accept-unsigned-tokens -o user-data --force --attestation-key auditor.pub.pem
         guest-rehearsal boot other --guest-key $GUEST_KEY --record user-data.record.json --report page.html",
    );
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(
        outcome.stderr.contains("it is not the signing record of this user data: user data"),
        "{outcome:?}"
    );
    assert!(!story.path("page.html").exists());
    assert_eq!(story.sh("boot --record guest/guest-encrypt.crt --report page.html").exit, 3);
    assert_eq!(story.sh("boot --record user-data.record.json").exit, 2, "a record is for the page");
}

#[test]
fn a_record_is_believed_as_far_as_its_signatures_go_and_never_becomes_markup() {
    let story = Story::played();
    for spoil in [
        // the env deployer's key (the record's own reader sees one person in it), named as the workload provider's
        "r['workload']['vouchedBy']['key'] = r['env']['vouchedBy']['key']",
        "r['workload']['signature'] = r['env']['signature']",
        "del r['workload']['signature']",
        "r['workload']['vouchedBy']['namespace'] = 'hpcr-env'",
    ] {
        let outcome = story.sh(&format!("{RECORD}\nrecord \"{spoil}\" && report page.html"));
        assert_eq!(outcome.exit, 4, "{spoil}: {outcome:?}");
        assert!(outcome.stderr.contains("vouches for the workload half"), "{spoil}: {outcome:?}");
        assert!(!story.path("page.html").exists());
    }
    let hostile = "h = '<script>alert(1)</script><img src=x onerror=y>' + chr(34) + chr(39) + '&amp;' + chr(0x202e) + chr(27) + 'x' * 300
r['workload']['vouchedBy']['principals'] = h
r['checked'].append(h); r['unchecked'].append(h); r['accepted'].append(h); r['tool']['name'] = h";
    story.does(&format!("{RECORD}\nrecord \"{hostile}\" && report page.html"));
    let text = read(&story, "page.html");
    let shown = "<script>alert(1)</script><img src=x onerror=y>\"'&amp;\\u{202e}\\u{1b}xxx";
    assert_eq!(text.matches(shown).count(), 5, "{text}");
    chromium::judge(&story, "page.html");
}

/// User data of whose halves nobody vouches; with canaries in the sections.
fn signed() -> Story {
    let story = Story::encrypted();
    story.does("sign --danger-accept-unsigned-tokens -o user-data");
    story
}

/// `record PYTHON`: the ceremony's record, changed. `report PAGE ARGS…`: a page with it.
const RECORD: &str = r#"
    record() { python3 -c "import json; r = json.load(open('played/guest/user-data.record.json'))
$1
json.dump(r, open('record.json', 'w'))"; }
    report() {
        guest-rehearsal boot played/guest/ciiso.iso --guest-key played/guest/guest-key.pem --record record.json --report "$@"
    }
"#;

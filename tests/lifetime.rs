//! Until when a contract lives: what ends first, asked about any day, of handoffs, user data and records.

use story_tests::Story;

mod canary;
mod ends;
mod records;
mod signing;
mod statements;

/// Words for the scripts of these tests.
const WORDS: &str = r#"
# lives ENCRYPTION SIGNING CA CLIENT: a contract whose certificates end with these times, signed
lives() {
    openssl pkey -in $SIGNING_KEY -passin "file:$PASSPHRASE" -out tmp/signing-key 2> /dev/null
    dated_certificate $CERTIFICATE 20260101000000Z "$1"
    dated_certificate signing.crt 20260101000000Z "$2" tmp/signing-key
    dated_certificate env-deployer/rsyslog/ca.crt 20260101000000Z "$3"
    dated_certificate env-deployer/rsyslog/client.crt 20260101000000Z "$4" env-deployer/rsyslog/client-key.pem
    workload-provider encrypt workload-provider -o workload.handoff --force
    env-deployer encrypt env-deployer --signing-key signing.crt -o env.handoff --force
    sign -o user-data --force
}

# restate_as HANDOFF PYTHON: its author states `it`, changed by these lines
restate_as() {
    unpack "$1"
    python3 -c "
import json
it = json.load(open('handoff/statement.json'))
$2
json.dump(it, open('handoff/statement.json', 'w'), indent=2)"
    revouch "$1"
}
"#;

/// The end of the year 2090, when in these tests nothing else ends.
const LAST: &str = "20901231235959Z";

/// A signed contract whose certificates all live until [`LAST`], but for the one at this place.
fn living(place: usize, end: &str) -> Story {
    let mut ends = [LAST; 4];
    if let Some(one) = ends.get_mut(place) {
        *one = end;
    }
    let story = Story::new();
    does(&story, &format!("lives {}", ends.join(" ")));
    story
}

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}\n{script}"))
}

/// What a script says, and how it exits.
fn says(story: &Story, script: &str) -> (i32, String) {
    let outcome = story.sh(&format!("{WORDS}\n{script}"));
    (outcome.exit, format!("{}{}", outcome.text(), outcome.stderr))
}

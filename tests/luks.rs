//! Disks: what the rehearsal formats, opens and rolls, `cryptsetup` and `openssl` judge.
//!
//! No passphrase of these tests comes from our code: `openssl dgst` hashes the seeds in the order that
//! docs/contract-format.md calls likely.

use story_tests::{Outcome, Story};

/// Shell functions for disks.
const DISKS: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
WORKLOAD=canary-of-the-workload-seed
ENV=canary-of-the-env-seed
NEW_WORKLOAD='#{canary}:of,the-new"workload|seed'
NEW_ENV=canary-of-the-new-env-seed

# seeds workload|env CURRENT [PREVIOUS]: what the section says of its volume
seeds() {
    local file=workload-provider/workload.yaml
    [ "$1" = workload ] || file=env-deployer/env.yaml
    sed -i -e '/^    previousSeed:/d' -e '/^    seed:/d' "$file"
    printf '    seed: "%s"\n' "${2//\"/\\\"}" > tmp/line
    [ -z "${3-}" ] || printf '    previousSeed: "%s"\n' "${3//\"/\\\"}" >> tmp/line
    sed -i '/^  data:/r tmp/line' "$file"
}

# contract: both sections as they stand, signed
contract() {
    workload-provider encrypt workload-provider -o workload.handoff --force
    env-deployer encrypt env-deployer --signing-key "$PUBLIC_KEY" -o env.handoff --force
    sign -o user-data --force
} 2>tmp/contract.log

# passphrase FIRST-SEED SECOND-SEED
passphrase() { printf '%s%s' "$1" "$2" | openssl dgst -sha256 -r | cut -c1-64; }

# opens PASSPHRASE [DISK]
opens() { printf %s "$1" | cryptsetup open --test-passphrase --type luks2 --key-file - -- "${2-disk}" 2>/dev/null; }

# volume_key PASSPHRASE
volume_key() {
    printf %s "$1" | cryptsetup luksDump --dump-volume-key --batch-mode --key-file - disk | sed -n '/^MK dump/,$p'
}
"#;

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{DISKS}\n{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{DISKS}\n{script}"))
}

/// Boots with `arguments`, which must be refused with this message, and change nothing in the file `disk`.
fn refused(story: &Story, arguments: &str) -> String {
    does(story, "sha256sum disk > tmp/before");
    let outcome = sh(story, &format!("boot {arguments}"));
    does(story, "sha256sum --check --quiet tmp/before");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(outcome.text().contains("[ refused ] luks        HPL02003E: "), "{outcome:?}");
    outcome.stderr
}

#[test]
fn a_disk_is_formatted_and_reopened() {
    let story = Story::signed();
    let first = does(&story, "boot --luks disk");
    assert!(first.contains("`data`: `disk`: was not there: formatted as LUKS2, 64 MiB"), "{first}");
    assert!(first.contains("SHA-256 of the env seed, then the workload seed: the likely order"), "{first}");
    does(
        &story,
        r#"[ "$(stat -c '%a %s' disk)" = "600 67108864" ]
           cryptsetup luksDump disk | grep -q '^Version:.*2'
           opens "$(passphrase $ENV $WORKLOAD)"
           sha256sum disk > before"#,
    );
    let again = does(&story, "boot --luks data=disk; sha256sum --check --quiet before");
    assert!(again.contains("`data`: `disk`: the current seeds open it\n"), "{again}");
    let json = sh(&story, "boot --luks disk --json").json();
    let steps = json["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["name"], "luks");
    assert_eq!(json["booted"], true);
}

#[test]
fn an_empty_file_becomes_a_disk_of_its_size() {
    let story = Story::signed();
    let told = does(&story, ": > disk; boot --luks disk; cryptsetup isLuks --type luks2 disk; stat -c %s disk");
    assert!(told.contains("was empty: formatted as LUKS2, 64 MiB") && told.ends_with("67108864\n"), "{told}");
    let told = does(&story, "rm disk; truncate -s 40M disk; boot --luks disk; stat -c '%a %s' disk");
    assert!(told.contains("40 MiB") && told.ends_with("600 41943040\n"), "{told}");
}

/// Both sides roll, one after the other and at once; the disk and what is on it stay the same.
#[test]
fn a_rolled_seed_takes_over_and_the_volume_key_stays() {
    let story = Story::signed();
    does(&story, r#"boot --luks disk; volume_key "$(passphrase $ENV $WORKLOAD)" > key; [ -s key ]"#);
    let rolled = does(&story, r#"seeds workload "$NEW_WORKLOAD" $WORKLOAD; contract; boot --luks disk"#);
    assert!(rolled.contains("(rolling)"), "{rolled}");
    assert!(rolled.contains("the workload section's previous seed opens it; the current seeds take over"));
    does(
        &story,
        r#"! opens "$(passphrase $ENV $WORKLOAD)"
           volume_key "$(passphrase $ENV "$NEW_WORKLOAD")" | cmp - key"#,
    );
    let again = does(&story, "boot --luks disk");
    assert!(again.contains("the current seeds open it, the previous ones do not: `seed settle`"), "{again}");
    let settled = does(&story, r#"seeds workload "$NEW_WORKLOAD"; contract; boot --luks disk"#);
    assert!(settled.contains("the current seeds open it\n") && !settled.contains("rolling"), "{settled}");

    let both = does(
        &story,
        r#"seeds workload $WORKLOAD "$NEW_WORKLOAD"; seeds env $NEW_ENV $ENV; contract; boot --luks disk
           volume_key "$(passphrase $NEW_ENV $WORKLOAD)" | cmp - key
           ! opens "$(passphrase $ENV "$NEW_WORKLOAD")""#,
    );
    assert!(both.contains("the previous seeds of both sections opens it") || both.contains("open it;"), "{both}");
}

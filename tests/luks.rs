//! Disks: what the rehearsal formats, opens and rolls, `cryptsetup` and `openssl` judge.
//!
//! No passphrase of these tests comes from our code: `openssl dgst` hashes the seeds in the order that
//! docs/contract-format.md calls likely.

use story_tests::{Outcome, Story};

use super::separation::forms;

mod cut_short;
mod vaults;

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
    assert!(first.contains("`data`: `disk`: did not exist: formatted as LUKS2, 64 MiB"), "{first}");
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
    let of = |name: &str| steps.iter().position(|step| step["name"] == name).unwrap();
    assert!(
        of("seeds") < of("luks") && of("luks") < of("archive"),
        "the guest mounts before it starts anything"
    );
    assert_eq!(json["booted"], true);
}

#[test]
fn a_disk_opens_behind_a_link_and_with_one_of_its_two_headers() {
    let story = Story::signed();
    let output = does(
        &story,
        "boot --luks disk; ln -s disk link
         printf damage | dd of=disk bs=1 seek=100 conv=notrunc status=none; boot --luks link",
    );
    assert!(output.contains("`data`: `link`: the current seeds open it"), "{output}");
}

#[test]
fn an_empty_file_becomes_a_disk_of_its_size() {
    let story = Story::signed();
    let output =
        does(&story, ": > disk; boot --luks disk; cryptsetup isLuks --type luks2 disk; stat -c %s disk");
    assert!(
        output.contains("was empty: formatted as LUKS2, 64 MiB") && output.ends_with("67108864\n"),
        "{output}"
    );
    let output = does(&story, "rm disk; truncate -s 40M disk; boot --luks disk; stat -c '%a %s' disk");
    assert!(output.contains("40 MiB") && output.ends_with("600 41943040\n"), "{output}");
}

/// One side, then both at once; the disk and what is on it stay.
#[test]
fn a_rolled_seed_takes_over_and_the_volume_key_stays() {
    let story = Story::signed();
    does(&story, r#"boot --luks disk; volume_key "$(passphrase $ENV $WORKLOAD)" > key; [ -s key ]"#);
    let rolled = does(&story, r#"seeds workload "$NEW_WORKLOAD" $WORKLOAD; contract; boot --luks disk"#);
    assert!(
        rolled.contains("it opens with the workload section's previous seed; the current seeds replace them")
    );
    does(
        &story,
        r#"fails opens "$(passphrase $ENV $WORKLOAD)"
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
           fails opens "$(passphrase $ENV "$NEW_WORKLOAD")""#,
    );
    assert!(both.contains("it opens with the previous seeds of both sections; the current"), "{both}");
}

/// Both roll, but the disk was booted when only one of them had.
#[test]
fn a_disk_between_two_rolls_opens_with_a_warning() {
    for (between, output) in [
        (r#"$ENV "$NEW_WORKLOAD""#, "it opens with the env section's previous seed"),
        ("$NEW_ENV $WORKLOAD", "it opens with the workload section's previous seed"),
    ] {
        let story = Story::signed();
        let log = does(
            &story,
            &format!(
                r#"truncate -s 64M disk
                   passphrase {between} | tr -d '\n' | cryptsetup luksFormat --type luks2 --batch-mode --key-file - \
                       --pbkdf pbkdf2 --pbkdf-force-iterations 1000 disk
                   volume_key "$(passphrase {between})" > key
                   seeds workload "$NEW_WORKLOAD" $WORKLOAD; seeds env $NEW_ENV $ENV; contract; boot --luks disk
                   volume_key "$(passphrase $NEW_ENV "$NEW_WORKLOAD")" | cmp - key
                   fails opens "$(passphrase {between})""#
            ),
        );
        assert!(log.contains("[ warning ] luks") && log.contains(output), "{log}");
    }
}

#[test]
fn a_wrong_seed_opens_nothing_and_changes_nothing() {
    let story = Story::signed();
    does(&story, "boot --luks disk; seeds env $NEW_ENV; contract");
    let said = refused(&story, "--luks disk");
    assert!(
        said.contains("these seeds do not open it, in either order") && said.contains("seed list"),
        "{said}"
    );
    // settled before the disk had its new passphrase: what opens it is in neither section any more
    does(&story, r#"seeds env $NEW_ENV $ENV; seeds workload "$NEW_WORKLOAD"; contract"#);
    let said = refused(&story, "--luks disk");
    assert!(said.contains("neither the current seeds nor the previous ones open it"), "{said}");
}

#[test]
fn the_order_of_the_seeds_can_be_switched_and_the_wrong_one_is_told() {
    let story = Story::signed();
    let output = does(
        &story,
        r#"boot --luks disk --seed-order workload-first; opens "$(passphrase $WORKLOAD $ENV)"
           fails opens "$(passphrase $ENV $WORKLOAD)""#,
    );
    assert!(
        output.contains("the less likely order; the sources differ, `--seed-order env-first`"),
        "{output}"
    );
    let said = refused(&story, "--luks disk");
    assert!(said.contains("hint: boot it with `--seed-order workload-first`"), "{said}");
    // a rolled disk is recognised in the other order, too, and not changed
    does(&story, "seeds env $NEW_ENV $ENV; contract");
    let said = refused(&story, "--luks disk");
    assert!(said.contains("hint: boot it with `--seed-order workload-first`"), "{said}");
    does(&story, r#"boot --luks disk --seed-order workload-first; opens "$(passphrase $WORKLOAD $NEW_ENV)""#);
}

#[test]
fn each_of_several_volumes_has_its_own_disk() {
    let story = Story::new();
    does(
        &story,
        r#"printf '  logs:\n    seed: "second-seed-of-the-workload"\n    mount: /mnt/logs\n' >> workload-provider/workload.yaml
           printf '  logs:\n    seed: "second-seed-of-the-env"\n' >> env-deployer/env.yaml
           contract"#,
    );
    let outcome = sh(&story, "boot --luks disk");
    assert_eq!(outcome.exit, 2, "{outcome:?}");
    assert!(
        outcome.stderr.contains("hint: name them: `--luks data=data.luks --luks logs=logs.luks`"),
        "{outcome:?}"
    );
    let outcome = sh(&story, "boot --luks date=disk");
    assert!(outcome.exit == 2 && outcome.stderr.contains("no volume `date`"), "{outcome:?}");
    let output = does(
        &story,
        r#"[ ! -e disk ]; boot --luks logs=logs --luks data=disk
           opens "$(passphrase second-seed-of-the-env second-seed-of-the-workload)" logs
           opens "$(passphrase $ENV $WORKLOAD)" disk"#,
    );
    assert!(output.contains("`data`: `disk`:") && output.contains("`logs`: `logs`:"), "{output}");
    let output = does(&story, "boot --luks logs=logs");
    assert!(output.contains("[ skipped ] luks        `data`: no file was given"), "{output}");
}

#[test]
fn a_volume_with_a_key_service_is_left_alone() {
    let story = Story::new();
    does(
        &story,
        r#"{
               printf '    kms:\n    - apiKey: "0123456789"\n'
               printf '      crn: "crn:v1:bluemix:public:kms:eu-de:a/1:2:key:3"\n'
           } >> env-deployer/env.yaml
           contract"#,
    );
    let output = does(&story, "boot --luks disk; [ ! -e disk ]");
    assert!(
        output.contains("[ warning ] luks        HPL07013E: `data`: a part of its passphrase"),
        "{output}"
    );
}

/// Seeds and passphrases of a whole roll, in every form, are in nothing that others could see.
#[test]
fn no_secret_is_said_or_listed() {
    let story = Story::signed();
    let passphrases = does(
        &story,
        r"passphrase $ENV $WORKLOAD; passphrase $NEW_ENV $WORKLOAD; passphrase $WORKLOAD $ENV
           # the arguments and variables of every process that could know
           (while [ ! -e tmp/done ]; do
               for process in /proc/[0-9]*; do
                   name=; read -r name 2>/dev/null < $process/comm || true
                   case $name in
                   guest-rehearsa | cryptsetup) cat $process/cmdline $process/environ >> tmp/seen 2>/dev/null || true ;;
                   esac
               done
           done) &
           {
               boot --luks disk
               seeds env $NEW_ENV $ENV; contract
               boot --luks disk --json
               seeds env $WORKLOAD; contract
               boot --luks disk || true
               boot --luks disk --json || true
           } > tmp/said 2>&1
           touch tmp/done; wait
           grep -qa luksFormat tmp/seen; grep -qa luksAddKey tmp/seen; grep -q HPL02003E tmp/said",
    );
    let seeds = ["canary-of-the-workload-seed", "canary-of-the-env-seed", "canary-of-the-new-env-seed"];
    let secrets: Vec<_> = passphrases.lines().chain(seeds).collect();
    assert_eq!(secrets.len(), 6);
    let forms: Vec<_> = secrets.iter().flat_map(|secret| forms(secret.as_bytes())).collect();
    story.write("tmp/forms", forms.join(&b'\n'));
    let found = does(
        &story,
        "LC_ALL=C grep -qaFf tmp/forms env-deployer/env.yaml
         LC_ALL=C grep -laFf tmp/forms tmp/said tmp/seen disk || true",
    );
    assert_eq!(found, "");
}

#[test]
fn without_cryptsetup_the_package_is_named_and_nothing_done() {
    let story = Story::signed();
    // a machine without it, for this process alone: where that is not allowed, the unit test has to do
    let script = r#"rehearsal=$(command -v guest-rehearsal)
        unshare --mount true 2>/dev/null || { echo "skipped: no mount namespace of our own"; exit 99; }
        unshare --mount sh -c 'mount -t tmpfs none /usr/sbin && mount -t tmpfs none /sbin && PATH=/nowhere exec "$@"' \
            - "$rehearsal" boot user-data --guest-key "$GUEST_KEY" --luks disk"#;
    let outcome = sh(&story, script);
    if outcome.exit == 99 {
        println!("{}", outcome.text());
        return;
    }
    assert_eq!(outcome.exit, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("cannot find `cryptsetup`"), "{outcome:?}");
    assert!(outcome.stderr.contains("apt-get install cryptsetup-bin"), "{outcome:?}");
    assert!(!story.path("disk").exists());
}

/// Where the kernel can map the disk: what was written before the roll is read after it.
#[test]
fn a_file_on_the_disk_outlives_the_roll() {
    let story = Story::signed();
    let output = does(
        &story,
        r#"if [ "$(id -u)" != 0 ] || ! { : < /dev/mapper/control; } 2>/dev/null || ! command -v mkfs.ext4 >/dev/null; then
               echo "skipped: this takes root, a kernel with a device mapper, and mkfs.ext4"; exit 0
           fi
           mapped=story-$$
           unlock() { printf %s "$1" | cryptsetup open --type luks2 --key-file - disk $mapped; }
           trap 'umount tmp/mnt 2>/dev/null; cryptsetup close $mapped 2>/dev/null' EXIT
           boot --luks disk; mkdir tmp/mnt
           unlock "$(passphrase $ENV $WORKLOAD)"; mkfs.ext4 -q /dev/mapper/$mapped; mount /dev/mapper/$mapped tmp/mnt
           echo kept > tmp/mnt/file; umount tmp/mnt; cryptsetup close $mapped
           seeds workload "$NEW_WORKLOAD" $WORKLOAD; contract; boot --luks disk
           unlock "$(passphrase $ENV "$NEW_WORKLOAD")"; mount /dev/mapper/$mapped tmp/mnt; grep -qx kept tmp/mnt/file"#,
    );
    println!("{output}");
}

/// An ordinary user needs no help of root.
#[test]
fn an_ordinary_user_rolls_a_disk() {
    let story = Story::signed();
    does(
        &story,
        r#"seeds env $NEW_ENV $ENV
           chmod 755 . && chmod 644 guest/guest-key.pem && mkdir -m 777 shared
           as_nobody guest-rehearsal boot user-data --guest-key "$GUEST_KEY" --luks shared/disk
           contract; chmod 644 user-data
           as_nobody guest-rehearsal boot user-data --guest-key "$GUEST_KEY" --luks shared/disk
           opens "$(passphrase $NEW_ENV $WORKLOAD)" shared/disk"#,
    );
}

//! Who opens a vault.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use story_tests::Story;

use super::{opened, values, with_vault};

/// Shell functions: `opens IDENTITY` and `closed IDENTITY`, by the `age` command.
const JUDGE: &str = "opens() { age -d -i $1 workload-provider/seeds.age | grep -q '^    seed: '; }
closed() { ! age -d -i $1 workload-provider/seeds.age >out 2>err && grep -q 'no identity matched' err && [ ! -s out ]; }
";

#[test]
fn each_recipient_opens_and_one_that_was_removed_opens_no_new_version() {
    let story = with_vault();
    story.does(&format!(
        "{JUDGE}
        own=workload-provider/identity.age
        age-keygen -o escrow 2>/dev/null; age-keygen -o colleague 2>/dev/null; age-keygen -o stranger 2>/dev/null
        opens $own; closed escrow
        recipients $(recipient $own) $(recipient escrow) $(recipient colleague)
        seed rekey 2> said; grep -q \"now encrypted to .*$(recipient escrow)\" said
        opens $own; opens escrow; opens colleague; closed stranger
        cp workload-provider/seeds.age earlier
        recipients $(recipient escrow) $(recipient $own)
        fails seed roll data 2> said; grep -q \"would drop $(recipient colleague)\" said
        opens colleague
        seed rekey --json > said; grep -q \"\\\"dropped\\\":.\\\"$(recipient colleague)\\\".,\\\"added\\\":..\" said
        seed roll data
        opens $own; opens escrow; closed colleague
        age -d -i colleague earlier > /dev/null
        seed rekey 2> said; grep -q 'the same recipients as before' said
        seed rekey --json > said; grep -q '\"changed\":false' said
        [ $(stat -c %a workload-provider/seeds.age) = 600 ]
        recipients $(recipient escrow)
        seed rekey --danger-lock-me-out; opens escrow; closed $own"
    ));
}

/// A run that waited for its turn names those whom `persona.yaml` names by then.
#[test]
fn a_run_that_waited_brings_nobody_back() {
    let story = with_vault();
    story.does(&format!(
        "{JUDGE}
        own=workload-provider/identity.age
        age-keygen -o colleague 2>/dev/null
        recipients $(recipient $own) $(recipient colleague); seed rekey; opens colleague
        exec 9> workload-provider/.seeds.age.lock; flock 9
        seed roll data 9>&- & sleep 0.6
        edit '/^seeds:/d' workload-provider/persona.yaml
        flock -u 9; exec 9>&-
        fails wait $!
        seed rekey; closed colleague; seed list --json | grep -q '\"generation\":1'"
    ));
}

/// Whoever runs `sudo` in somebody's folder does not lock him out of it.
#[test]
fn root_leaves_a_vault_to_its_owner() {
    let story = Story::new();
    story.does(
        "[ $(id -u) = 0 ] || exit 0
        vault; chown -R 65534:65534 workload-provider; rm workload-provider/.seeds.age.lock
        seed roll data
        [ \"$(stat -c '%u:%g %a' workload-provider/seeds.age)\" = '65534:65534 600' ]
        [ \"$(stat -c %u:%g workload-provider/.seeds.age.lock)\" = 65534:65534 ]",
    );
}

/// Also where it is not there yet.
#[test]
fn a_vault_in_the_home_folder() {
    let story = Story::new();
    story.does(
        "export HOME=$PWD/home; mkdir -p home/keys
        printf 'identity: ~/keys/identity.age\nseeds: {vault: ~/keys/seeds.age}\n' > workload-provider/persona.yaml
        age-keygen -o home/keys/identity.age 2>/dev/null
        seed add dat 2> said; grep -q 'did you mean `data`' said
        age -d -i home/keys/identity.age home/keys/seeds.age | grep -q '^  dat:'
        echo canary-canary-canary > given
        seed import one --from given; seed import two --from given 2> said; grep -q 'the seed of the volume `one` too' said
        fails grep canary said",
    );
}

/// The escrow officer's way: out of the vault with `age`, back in with `age`.
#[test]
fn what_was_mended_by_hand_is_taken() {
    let story = with_vault();
    story.does(
        "cd workload-provider
        age -d -i identity.age seeds.age | sed 's/^    seed: .*/    seed: 0123456789abcdef/' |
            age -r $(recipient identity.age) > mended
        mv mended seeds.age
        workload-provider seed list; workload-provider seed roll data",
    );
    assert_eq!(values(&opened(&story), "previousSeed"), ["\"0123456789abcdef\""]);
}

#[test]
fn a_protected_identity_is_opened_by_age_and_the_other_way_round() {
    let story = Story::new();
    story.does(
        "echo 'two words' > passphrase
        workload-provider init new --platform hpvs --protect-identity --passphrase-file passphrase
        grep -q 'BEGIN AGE ENCRYPTED FILE' new/identity.age; [ $(stat -c %a new/identity.age) = 600 ]
        cd new; workload-provider seed add data --passphrase-fd 3 3< ../passphrase
        typed() { sleep 1; cat ../passphrase; sleep 1; }
        typed | script -qec 'age -d -i identity.age -o ../text seeds.age' /dev/null
        grep -q '^    seed: ' ../text
        # what `age -p` protects, we open
        age-keygen -o plain 2>/dev/null; recipient=$(age-keygen -y plain)
        typed() { for i in 1 2; do sleep 1; cat ../passphrase; done; sleep 1; }
        typed | script -qec 'age -p -o theirs plain' /dev/null; rm plain
        printf 'identity: theirs\\nseeds: {vault: other.age}\\n' > persona.yaml
        workload-provider seed add data --passphrase-file ../passphrase
        workload-provider seed list --json --passphrase-file ../passphrase | grep -q '\"generation\":1'
        typed() { sleep 1; cat ../passphrase; sleep 1; }
        typed | script -qec 'workload-provider seed list' /dev/null | grep -q '^data'",
    );
}

#[test]
fn a_vault_under_a_passphrase_alone() {
    let story = Story::new();
    story.does(
        "echo 'two words' > passphrase; recipients passphrase
        seed add data --passphrase-file passphrase; seed roll data --passphrase-file passphrase
        typed() { sleep 1; cat passphrase; sleep 2; }
        typed | script -qec 'age -d -o text workload-provider/seeds.age' /dev/null
        grep -q '^    previousSeed: ' text",
    );
    let outcome = story.sh("echo wrong > wrong; seed list --passphrase-file wrong");
    assert_eq!(outcome.exit, 5, "{outcome:?}");
    assert!(outcome.stderr.contains("the passphrase is wrong"), "{outcome:?}");
}

/// A plugin that speaks age's protocol and is no more than that: no real one works without its hardware.
#[test]
fn a_plugin_keeps_and_opens_a_vault() {
    let story = Story::new();
    let plugin = story.path("tmp/age-plugin-story");
    story.write("tmp/age-plugin-story", include_str!("age-plugin-story"));
    std::fs::set_permissions(plugin, Permissions::from_mode(0o700)).unwrap();
    story.does(&format!(
        "{JUDGE}
        PATH=$PWD/tmp:$PATH; age-plugin-story --identity > workload-provider/identity.age
        chmod 600 workload-provider/identity.age
        fails seed add data 2> said; grep -q 'does not contain its recipient' said
        age-keygen -o escrow 2>/dev/null
        recipients $(age-plugin-story --recipient) $(recipient escrow)
        seed add data 2> said; grep -q 'a word from the plugin' said
        seed roll data; seed list --json | grep -q '\"rolling\":true'
        opens escrow; opens workload-provider/identity.age
        recipients $(recipient escrow)
        fails seed rekey 2> said; grep -q 'you could not open it again' said"
    ));
}

#[test]
fn an_identity_that_others_can_read_is_told_about() {
    let story = with_vault();
    let outcome = story.sh("chmod 640 workload-provider/identity.age; seed list");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("hint: keep it to yourself: `chmod 600"), "{outcome:?}");
}

/// Beginning again replaces files, and never the only key to a vault.
#[test]
fn init_keeps_an_identity() {
    let story = Story::new();
    story.does(
        "workload-provider init new --platform hpvs; workload-provider seed add data -C new; cp new/identity.age before
        fails workload-provider init new --platform hpvs 2> said; grep -q 'identity.age. already exist' said
        workload-provider init new --platform hpvs --force; cmp new/identity.age before
        grep -q $(recipient before) new/persona.yaml; workload-provider seed roll data -C new
        git init -q new 2>/dev/null || exit 0
        cd new; git add -A; git ls-files | grep -qx seeds.age; fails eval \"git ls-files | grep -E 'identity|lock'\"",
    );
}

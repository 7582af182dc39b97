//! The whole life of seeds over one disk, with the commands that people type: `seed add`, `roll`, `settle` on both sides,
//! handoffs that are vouched for, records that tell the signer what was before. `cryptsetup` judges.

use story_tests::Story;

use super::does;

/// `contract NAME [PREVIOUS…]`: both sections as they stand, signed, into NAME, which `boot` then takes.
const VAULTS: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
contract() {
    local name=$1 previous=
    shift
    for it in "$@"; do previous="$previous --previous $it.record.json"; done
    workload-provider encrypt workload-provider -o workload.handoff --force
    env-deployer encrypt env-deployer --signing-key "$PUBLIC_KEY" -o env.handoff --force
    sign -o "$name" $previous
    cp "$name" user-data
} 2>>tmp/contract.log
workload() { workload-provider seed "$1" "${2-data}" -C workload-provider; }
env() { env-deployer seed "$1" "${2-data}" -C env-deployer; }
# current AUTHOR [VOLUME]: the seed in force, as `age` shows it to its owner
current() {
    age -d -i "$1/identity.age" "$1/seeds.age" |
        awk -v volume="${2-data}:" '/^  [^ ]/ { here = $1 == volume } here && $1 == "seed:" { gsub("\"", "", $2); printf "%s", $2 }'
}
now_opens() { printf '%s%s' "$(current env-deployer "$@")" "$(current workload-provider "$@")" | openssl dgst -sha256 -r | cut -c1-64; }
same_key() { volume_key "$(now_opens)" | cmp - key; }
"#;

const BEGIN: &str = r#"
for author in workload-provider env-deployer; do
    age-keygen -o $author/identity.age 2>/dev/null; $author seed add data -C $author
done
sed -i '/^    seed:/d' workload-provider/workload.yaml
sed -i -e '/^    seed:/d' -e 's/^  data:$/  data: {}/' env-deployer/env.yaml
contract one; boot --luks disk; volume_key "$(now_opens)" > key; [ -s key ]
"#;

fn steps(story: &Story, script: &str) -> String {
    does(story, &format!("{VAULTS}\n{script}"))
}

/// One side, the other, and both at once; each settles before the next.
#[test]
fn seeds_of_both_vaults_roll_over_one_disk() {
    let story = Story::new();
    steps(&story, BEGIN);
    let workload = steps(
        &story,
        "workload roll; contract two one; boot --luks disk; same_key
         workload settle; contract three two; boot --luks disk; same_key",
    );
    assert!(
        workload.contains("opens with the workload section's previous seed; the current seeds replace them"),
        "{workload}"
    );
    let env = steps(
        &story,
        "old=$(now_opens); env roll; contract four three; boot --luks disk; same_key; fails opens $old
         env settle; contract five four; boot --luks disk; same_key",
    );
    assert!(
        env.contains("opens with the env section's previous seed; the current seeds replace them"),
        "{env}"
    );
    let both = steps(
        &story,
        "workload roll; env roll; contract six five; boot --luks disk; same_key
         workload settle; env settle; contract seven six; boot --luks disk; same_key",
    );
    assert!(both.contains("opens with the previous seeds of both sections; the current"), "{both}");
    assert!(both.contains("the current seeds open it\n"), "{both}");
    let log = String::from_utf8(story.read("tmp/contract.log")).unwrap();
    // the story's Pod mounts nothing, and its handoffs have no recipients
    let expected = |line: &str| line.contains("nothing mounts") || line.contains("no recipient");
    let unexpected: Vec<_> = log.lines().filter(|line| line.contains("warning") && !expected(line)).collect();
    assert!(unexpected.is_empty(), "a roll by the book gives no warning: {unexpected:?}");
}

/// A volume comes with seeds of its own and a disk of its own; when it goes, the other one stays as it was.
#[test]
fn a_volume_is_added_and_one_is_retired() {
    let story = Story::new();
    steps(&story, BEGIN);
    let output = steps(
        &story,
        r"printf '  logs:\n    mount: /mnt/logs\n' >> workload-provider/workload.yaml; workload add logs
          printf '  logs: {}\n' >> env-deployer/env.yaml; env add logs
          contract two one; boot --luks data=disk --luks logs=logs; same_key; opens $(now_opens logs) logs
          fails opens $(now_opens logs)
          sed -i '/^  data:/,/mount:/d' workload-provider/workload.yaml; sed -i '/^  data:/d' env-deployer/env.yaml
          contract three two; sha256sum disk > before; boot --luks logs=logs; sha256sum --check --quiet before",
    );
    assert!(output.contains("`logs`: `logs`: did not exist: formatted as LUKS2"), "{output}");
    assert!(output.contains("`logs`: `logs`: the current seeds open it"), "{output}");
}

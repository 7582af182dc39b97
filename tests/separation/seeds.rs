//! The canary over the whole story: seeds that `seed add` and `seed roll` made are, in no form, in any file, log or
//! process listing, while handoffs are signed and encrypted, the contract is signed and a disk is booted.

use std::collections::BTreeSet;

use story_tests::Story;

use super::forms;

/// Both authors keep their seeds in vaults, and encrypt to the contract signer.
const PERSONAS: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
age-keygen -o contract-signer/identity.age 2>/dev/null
for author in workload-provider env-deployer; do
    age-keygen -o $author/identity.age 2>/dev/null
    sed -i "s/^handoff:.*/handoff: {vouch-with: id_ed25519, recipients: [$(age-keygen -y contract-signer/identity.age)]}/" $author/persona.yaml
done
sed -i '/^    seed:/d' workload-provider/workload.yaml
sed -i -e '/^    seed:/d' -e 's/^  data:$/  data: {}/' env-deployer/env.yaml
"#;

/// Once around, with everything said going to one log, and a look at all our processes as often as can be.
const ROUND: &str = r"
{
    (while [ ! -e tmp/done ]; do
        for process in /proc/[0-9]*; do
            name=; read -r name 2>/dev/null < $process/comm || true
            case $name in
            workload-provid* | env-deployer | contract-signe* | guest-rehearsa* | cryptsetup | ssh-keygen)
                cat $process/cmdline $process/environ >> tmp/seen 2>/dev/null || true ;;
            esac
        done
    done) &
    for verb in ${verbs}; do
        for author in workload-provider env-deployer; do $author seed $verb data -C $author; done
        for author in workload-provider env-deployer; do $author seed list -C $author; $author seed list -C $author --json; done
    done
    for json in '' --json; do
        workload-provider check workload-provider $json
        workload-provider encrypt workload-provider -o workload.handoff --token workload.token --force $json
        env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --token env.token --force $json
        contract-signer inspect workload.handoff --identity contract-signer/identity.age $TRUST $json
        sign --identity contract-signer/identity.age -o user-data --force $json
        contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json $json
    done
    boot --luks disk
    boot --luks disk --json
    touch tmp/done; wait; rm tmp/done
} >> tmp/said 2>&1
grep -qa luksFormat tmp/seen
";

/// The seeds that an author's vault holds, as `age` shows them to its owner.
fn seeds(story: &Story, author: &str) -> BTreeSet<String> {
    let opened = story.does(&format!("age -d -i {author}/identity.age {author}/seeds.age"));
    let seed = |line: &str| {
        let (field, value) = line.trim().split_once(": ")?;
        ["seed", "previousSeed"].contains(&field).then(|| value.trim_matches(['"', '\'']).to_owned())
    };
    opened.lines().filter_map(seed).collect()
}

/// The files of the story in which a form of a secret stands.
fn found(story: &Story, secret: &str) -> Vec<String> {
    let forms = forms(secret.as_bytes()).join(&b'\n');
    story.write("forms", forms);
    let found = story.does("LC_ALL=C grep -rlaFf forms . --exclude=forms || true");
    std::fs::remove_file(story.path("forms")).unwrap();
    found.lines().map(str::to_owned).collect()
}

#[test]
fn a_vaults_seeds_are_nowhere_else() {
    let story = Story::new();
    story.does(&format!("{PERSONAS}\nverbs=add\n{ROUND}"));
    let authors = ["workload-provider", "env-deployer"];
    let mut secrets: BTreeSet<String> = authors.iter().flat_map(|author| seeds(&story, author)).collect();
    story.does(&format!("PATH=$PATH:/usr/sbin:/sbin\nverbs=roll\n{ROUND}\ngrep -qa luksAddKey tmp/seen"));
    secrets.extend(authors.iter().flat_map(|author| seeds(&story, author)));
    assert_eq!(secrets.len(), 4, "a current and a previous seed of each side");
    for seed in &secrets {
        assert!(seed.len() > 32, "256 bits");
        assert_eq!(found(&story, seed), Vec::<String>::new());
    }

    // keys and passphrases stand in their owners' files alone
    for (file, line) in [
        ("workload-provider/identity.age", "/^AGE-SECRET-KEY-1/p"),
        ("env-deployer/identity.age", "/^AGE-SECRET-KEY-1/p"),
        ("contract-signer/identity.age", "/^AGE-SECRET-KEY-1/p"),
        ("workload-provider/id_ed25519", "4p"),
        ("env-deployer/id_ed25519", "4p"),
        ("contract-signer/signing-key.pem", "9p"),
        ("guest/guest-key.pem", "9p"),
        ("contract-signer/passphrase", "1p"),
    ] {
        let secret = story.does(&format!("sed -n '{line}' {file} | tr -d '\\n'"));
        assert!(secret.len() > 20, "{file}");
        assert_eq!(found(&story, &secret), [format!("./{file}")], "{file}");
    }

    // the search finds each form where one is
    for seed in &secrets {
        for form in forms(seed.as_bytes()) {
            story.write("env-deployer/planted", [b"\x00log: ", &form[..], b"."].concat());
            assert_eq!(found(&story, seed), ["./env-deployer/planted"]);
        }
    }
}

//! Separation of duties: what one persona must not know appears in nothing that another receives.

mod binaries;
mod seeds;

use std::fs;
use std::path::Path;

use story_tests::{Story, listing};

/// The secrets of a story: who holds each, and in which of its files it stands.
const CANARIES: [(&str, &str); 4] = [
    ("workload-provider", "canary-of-the-workload-seed"),
    ("workload-provider", "canary-of-the-workload-registry"),
    ("env-deployer", "canary-of-the-env-seed"),
    ("env-deployer", "canary-of-the-env-variable"),
];

/// Every form in which a secret may lie in a file: plain, hex, base64 at each of the three alignments.
pub(crate) fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex = secret.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for skip in 0..3 {
        // whole groups of three bytes only: the characters at both ends depend on the neighbours
        let inner = &secret[skip..skip + (secret.len() - skip) / 3 * 3];
        forms.push(base64(inner));
    }
    forms
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| ALPHABET[bits >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// The paths in `place`, a file or a folder, in which a form of the secret stands.
fn found(secret: &str, place: &Path) -> Vec<String> {
    let forms = forms(secret.as_bytes());
    let files = if place.is_dir() { listing(place).into_keys().collect() } else { vec![place.to_owned()] };
    files
        .into_iter()
        .filter(|file| file.is_file())
        .filter(|file| {
            let content = fs::read(file).unwrap();
            forms.iter().any(|form| content.windows(form.len()).any(|window| window == form))
        })
        .map(|file| file.display().to_string())
        .collect()
}

/// A search that finds nothing proves nothing unless it finds what is there.
#[test]
fn the_search_finds_what_is_there() {
    let story = Story::new();
    for (persona, canary) in CANARIES {
        assert_eq!(found(canary, &story.path(persona)).len(), 1, "{canary}");
        for lead in ["", "x", "xy"] {
            story.does(&format!("printf '{lead}%s and more' '{canary}' | base64 -w0 > base64; printf %s '{canary}' | od -An -v -tx1 | tr -d ' \\n' > hex"));
            assert_eq!(found(canary, &story.path("base64")).len(), 1, "{lead} {canary}");
            assert_eq!(found(canary, &story.path("hex")).len(), 1, "{canary}");
        }
    }
}

#[test]
fn no_secret_is_in_what_is_handed_over() {
    let story = Story::signed();
    story.does(
        "mkdir handed; cp workload.handoff env.handoff workload.token env.token user-data $PUBLIC_KEY handed
         for f in workload env; do mkdir handed/$f; tar xf $f.handoff -C handed/$f; done
         env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o handed/ciiso.iso
         for f in workload.handoff env.handoff user-data; do contract-signer inspect $f --json > handed/$f.json; done",
    );
    for (_, canary) in CANARIES {
        assert_eq!(found(canary, &story.path("handed")), Vec::<String>::new(), "{canary}");
    }
    let passphrase = String::from_utf8(story.read("contract-signer/passphrase")).unwrap();
    assert_eq!(found(&passphrase, &story.path("handed")), Vec::<String>::new());
}

/// Also not on the terminal, where others look over the shoulder and logs are kept.
#[test]
fn no_secret_is_shown() {
    let story = Story::new();
    story.does(
        "exec > shown 2>&1
         workload-provider check workload-provider; workload-provider check workload-provider --json
         workload-provider encrypt workload-provider -o workload.handoff
         env-deployer check env-deployer; env-deployer check env-deployer --json
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --json
         sign -o user-data; boot",
    );
    for (_, canary) in CANARIES {
        assert_eq!(found(canary, &story.path("shown")), Vec::<String>::new(), "{canary}");
    }
}

/// What the ceremony leaves in one persona's folder holds no other persona's secret.
#[test]
fn the_ceremony_keeps_the_folders_apart() {
    let story = Story::new();
    let sample = story_tests::repository().join("personas");
    story.does(&format!("guest-rehearsal ceremony '{}' -o ceremony", sample.display()));
    let secrets = story.does(
        "cd ceremony
         for persona in workload-provider env-deployer; do
             age -d -i $persona/identity.age $persona/seeds.age | grep -q '^    seed: '
             echo $persona $(sed -n 3p $persona/id_ed25519)
         done
         for persona in workload-provider env-deployer contract-signer; do
             echo $persona $(grep ^AGE-SECRET-KEY-1 $persona/identity.age)
         done
         for persona in contract-signer contract-auditor; do echo $persona $(cat $persona/passphrase); done
         for f in env-deployer/rsyslog/*key*.pem; do echo env-deployer $(sed -n 3p $f); done
         for f in guest/*-key.pem; do echo guest $(sed -n 3p $f); done
         echo contract-signer $(sed -n 3p contract-signer/signing-key.pem)
         echo contract-auditor $(sed -n 3p contract-auditor/attestation-key.pem)",
    );
    let seeds = story.does(
        "cd ceremony; for persona in workload-provider env-deployer; do
             age -d -i $persona/identity.age $persona/seeds.age | sed -nE \"s/^    seed: \\\"(.*)\\\"/\\1/p\"
         done",
    );
    assert_eq!(seeds.lines().count(), 2, "each has one");
    for seed in seeds.lines() {
        // encrypted in its owner's vault, and nowhere in plain
        assert!(seed.len() >= 43);
        assert_eq!(found(seed, &story.path("ceremony")), Vec::<String>::new());
    }
    assert!(secrets.lines().count() >= 14, "{secrets}");
    for line in secrets.lines() {
        let (owner, secret) = line.split_once(' ').unwrap();
        assert!(secret.len() >= 43, "{line}");
        for persona in ["workload-provider", "env-deployer", "contract-signer", "contract-auditor", "guest"] {
            let places = found(secret, &story.path("ceremony").join(persona));
            assert_eq!(
                places.is_empty(),
                persona != owner,
                "{owner}'s secret in {persona}'s folder: {places:?}"
            );
        }
    }
}

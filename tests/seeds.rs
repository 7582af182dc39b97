//! The seed vault at its edges: who opens it, what a kill leaves, what two runs at once leave. The judge is `age`.

mod at_once;
mod import;
mod recipients;

use std::process::Command;

use story_tests::Story;

/// A workload provider with an identity and a vault, `data` in it.
fn with_vault() -> Story {
    let story = Story::new();
    story.does("vault");
    story
}

/// What `age` finds in the vault.
fn opened(story: &Story) -> String {
    let output = Command::new("age")
        .args(["-d", "-i", "workload-provider/identity.age", "workload-provider/seeds.age"])
        .current_dir(story.folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The value of each line with a field: `seed`, `generation`.
fn values<'t>(text: &'t str, field: &str) -> Vec<&'t str> {
    let value = |line: &'t str| line.trim().strip_prefix(field)?.strip_prefix(": ");
    text.lines().filter_map(value).collect()
}

/// A pipe gives its passphrase once, and the identity may have another one than the SSH key.
#[test]
fn several_keys_open_with_passphrases_from_pipes() {
    let story = Story::new();
    story.does(
        "workload-provider init other --platform hpvs --protect-identity --passphrase-file <(echo of-identity)
         cp other/identity.age workload-provider
         workload-provider seed add other -C workload-provider --passphrase-file <(echo of-identity)
         printf '  other:\\n    mount: /mnt/other\\n' >> workload-provider/workload.yaml
         ssh-keygen -q -p -f workload-provider/id_ed25519 -P '' -N one-one
         workload-provider encrypt workload-provider -o two \\
            --passphrase-file <(echo one-one) --identity-passphrase-fd 3 3< <(echo of-identity)
         workload-provider seed list -C workload-provider --passphrase-fd 3 3< <(echo of-identity)",
    );
}

//! A signal at any moment: what was not finished is removed, the terminal echoes again, and the process ends by that signal.

use std::path::Path;

use story_tests::{Outcome, Story};

use crate::auditor;
use crate::certificates;

/// Bash that ends each of the commands a few times; `SIGNAL_ROUNDS=20` for more. Two lines of a round are one with
/// SIGTERM, and one with SIGINT.
fn at_random(commands: &str) -> String {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("signals/at_random.py");
    let rounds = std::env::var("SIGNAL_ROUNDS").unwrap_or_else(|_| "3".into());
    format!("python3 '{}' {rounds} << 'END'\n{commands}\nEND\n", driver.display())
}

/// The figures are worth a look: `cargo test --test story signals -- --nocapture`.
fn assert_nothing_left(outcome: &Outcome) {
    println!("{}", outcome.text());
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.text().contains("nothing left"), "{outcome:?}");
}

/// An RSA key takes seconds, so each command has a script, and a time limit, of its own.
#[test]
fn keygen_and_certify() {
    let story = Story::signed();
    for command in [
        "contract-signer keygen -o k.pem --passphrase-file contract-signer/passphrase --force",
        "contract-auditor keygen -o a.pem --passphrase-file contract-signer/passphrase --force",
        "guest-rehearsal keygen -o new-guest --force",
        "contract-signer certify contract-signer/signing-key.pem --passphrase-file contract-signer/passphrase --days 9 -o s.crt --force",
    ] {
        assert_nothing_left(&story.sh(&at_random(command)));
    }
}

#[test]
fn init_and_identity() {
    let story = Story::signed();
    assert_nothing_left(&story.sh(&at_random(
        "rm -rf i1 :: workload-provider init i1 --platform hpvs
         rm -rf i2 :: env-deployer init i2 --platform hpvs
         rm -rf i3 :: contract-signer init i3
         rm -rf i4 :: contract-auditor init i4
         rm -f workload-provider/identity.age :: workload-provider identity -C workload-provider",
    )));
}

#[test]
fn both_authors() {
    let story = Story::signed();
    story.does("head -c 3000000 /dev/urandom > workload-provider/play/noise");
    assert_nothing_left(&story.sh(&at_random(
        "workload-provider encrypt workload-provider -o w --token w.token --expect w.expect --force
         env-deployer encrypt env-deployer --signing-key contract-signer/signing-key.pub.pem -o e --token e.token --force
         workload-provider pack workload-provider/play -o play.tgz --force",
    )));
    story.does(
        "vault; cp workload-provider/seeds.age added; seed roll data; cp workload-provider/seeds.age rolled",
    );
    assert_nothing_left(&story.sh(&at_random(
        "cp added workload-provider/seeds.age :: workload-provider seed add more -C workload-provider
         cp added workload-provider/seeds.age :: workload-provider seed rekey -C workload-provider",
    )));
    story.does("cp rolled workload-provider/seeds.age");
    assert_nothing_left(&story.sh(&at_random(
        "cp rolled workload-provider/seeds.age :: workload-provider seed settle data -C workload-provider",
    )));
    story.does("cp added workload-provider/seeds.age");
    assert_nothing_left(&story.sh(&at_random(
        "cp added workload-provider/seeds.age :: workload-provider seed roll data -C workload-provider",
    )));
}

#[test]
fn signing_deploying_and_booting() {
    let story = Story::signed();
    story.does("cp contract-signer/allowed_signers list; ssh-keygen -q -t ed25519 -N '' -C new -f new_key");
    assert_nothing_left(&story.sh(&at_random(
        "contract-signer sign --workload workload.handoff --env env.handoff --key contract-signer/signing-key.pem --passphrase-file contract-signer/passphrase --allowed-signers contract-signer/allowed_signers -o user-data --expect expected --force
         env-deployer boot-media user-data --hostname paynow --signing-key contract-signer/signing-key.pub.pem -o ciiso.iso --expect medium.expect --force
         guest-rehearsal boot user-data --guest-key guest/guest-key.pem --attest attested --report page.html --force
         cp list contract-signer/allowed_signers :: contract-signer trust add --workload carol@example.com new_key.pub --allowed-signers contract-signer/allowed_signers",
    )));
    story.does("contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json");
}

#[test]
fn auditing() {
    let outcome = auditor::played(
        "",
        &at_random("contract-auditor compare --medium ciiso.iso --report audit.html --force"),
        "",
    );
    assert_nothing_left(&outcome);
}

#[test]
fn fetching() {
    let fetch = "workload-provider certificate fetch --version 29 --ca-file root.crt --url https://localhost:$PORT/files/encrypt.crt -o new.crt --force";
    let run =
        format!("server; export PORT; {}\nexit=$?; rm -f server.log new.crt; exit $exit", at_random(fetch));
    assert_nothing_left(&certificates::played("", &run));
}

/// The passphrase of our own key, asked by us, and of a key that `ssh-keygen` alone can use, asked by that.
#[test]
fn the_terminal_echoes_after_a_signal_at_a_prompt() {
    let story = Story::signed();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("signals/at_a_prompt.py");
    story.does(
        "ssh-keygen -q -t ed25519 -N secret -C a -f workload-provider/id_locked
         ssh-keygen -q -t rsa -b 3072 -N secret -C a -f workload-provider/id_rsa",
    );
    let encrypt =
        "workload-provider encrypt workload-provider -o new --token new.token --vouch-with workload-provider";
    let sign =
        "contract-signer sign --workload workload.handoff --env env.handoff --key $SIGNING_KEY $TRUST -o new";
    for (prompt, command) in [
        ("passphrase of the key", format!("{encrypt}/id_locked")),
        ("Enter passphrase", format!("{encrypt}/id_rsa")),
        ("passphrase of the key", sign.to_owned()),
        ("new passphrase", "contract-signer keygen -o new.pem".to_owned()),
    ] {
        for (signal, number) in [("SIGTERM", 15), ("SIGINT", 2), ("SIGHUP", 1), ("SIGQUIT", 3)] {
            let run =
                format!("python3 '{}' '{prompt}' {signal} {command}; ls -A | grep new", driver.display());
            let outcome = story.sh(&run);
            assert_eq!(outcome.text(), format!("-{number} False True\n"), "{run}: {outcome:?}");
            assert!(
                outcome.stderr.contains(&format!("ended by {signal}; what was not finished")),
                "{outcome:?}"
            );
        }
    }
}

/// `nohup`, and `&` in a script.
#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    let story = Story::signed();
    story.does(
        "(trap '' HUP INT; exec contract-signer keygen -o k.pem --passphrase-file $PASSPHRASE) &
         sleep 0.2; kill -HUP $!; kill -INT $!; wait $!; ls k.pem k.pub.pem",
    );
}

/// No handler, no report: but the write fails, and that is one.
#[test]
fn a_limit_on_file_sizes_is_a_failed_write() {
    let story = Story::signed();
    let outcome = story.sh("ulimit -f 1; sign -o new; exit=$?; ls -A | grep -i new; exit $exit");
    assert_eq!((outcome.exit, outcome.text().as_str()), (1, ""), "{outcome:?}");
    assert!(outcome.stderr.contains("file too large"), "{outcome:?}");
}

//! Kills, and two runs at once.

use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use story_tests::{Story, binaries};

use super::{opened, values, with_vault};

fn start(story: &Story, arguments: &[&str]) -> Child {
    Command::new(binaries().join("workload-provider"))
        .arg("seed")
        .args(arguments)
        .args(["-C", "workload-provider"])
        .current_dir(story.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The generation of `data`, and whether it is rolling.
fn state(story: &Story) -> (u64, bool) {
    let text = opened(story);
    let data = text.split("  data:\n").nth(1).unwrap();
    let generation = values(data, "generation")[0].parse().unwrap();
    (
        generation,
        data.lines()
            .skip(1)
            .take_while(|line| line.starts_with("    "))
            .any(|line| line.contains("previousSeed")),
    )
}

/// Numbers that differ from run to run: xorshift, for want of anything better.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos()) | 1;
        println!("dice: {seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn a_kill_leaves_the_old_vault_or_the_new_one() {
    let story = with_vault();
    let begun = Instant::now();
    assert!(start(&story, &["roll", "data"]).wait().unwrap().success());
    // half as long again as a run takes: some are killed at every moment, some get through
    let longest = u64::try_from(begun.elapsed().as_micros()).unwrap() * 3 / 2;
    let (mut dice, mut killed, mut done) = (Dice::new(), 0, 0);
    for run in 0..200 {
        let before = state(&story);
        let (verb, after) =
            if before.1 { ("settle", (before.0, false)) } else { ("roll", (before.0 + 1, true)) };
        let mut child = start(&story, &[verb, "data"]);
        sleep(Duration::from_micros(dice.below(longest)));
        let _ = child.kill();
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        let reported = said.contains("ed the volume `data`");
        let now = state(&story);
        assert!(
            now == after || (now == before && !reported && !status.success()),
            "run {run}: {before:?} {verb} {now:?}: {said}"
        );
        if status.success() { done += 1 } else { killed += 1 }
    }
    assert!(killed > 20 && done > 5, "{killed} killed, {done} done: this proves little");
    let outcome = story.sh("seed list");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
}

#[test]
fn of_two_at_once_no_change_is_lost() {
    let story = with_vault();
    for pair in 0..25 {
        let volumes = [format!("a{pair}"), format!("b{pair}")];
        let both = volumes.each_ref().map(|volume| start(&story, &["add", volume]));
        for child in both {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        let text = opened(&story);
        assert!(volumes.iter().all(|volume| text.contains(&format!("\n  {volume}:\n"))), "{text}");
    }
    for pair in 1..=25 {
        let both = [(); 2].map(|()| start(&story, &["roll", "data"]));
        let outputs = both.map(|child| child.wait_with_output().unwrap());
        let mut exits = outputs.each_ref().map(|output| output.status.code().unwrap());
        exits.sort_unstable();
        assert_eq!(exits, [0, 3], "{outputs:?}");
        assert!(
            outputs.iter().any(|output| String::from_utf8_lossy(&output.stderr).contains("is rolling since"))
        );
        assert_eq!(state(&story), (pair + 1, true));
        assert!(start(&story, &["settle", "data"]).wait().unwrap().success());
    }
    assert_eq!(values(&opened(&story), "generation").len(), 51);
}

/// A command waits for another one's lock, and reports that it waits.
#[test]
fn a_run_waits_for_its_turn() {
    let story = with_vault();
    let outcome = story.sh("flock workload-provider/.seeds.age.lock sleep 2 & sleep 0.3
         seed roll data; exit=$?; wait; exit $exit");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("waiting for another run that changes"), "{outcome:?}");
    assert_eq!(state(&story), (2, true));
}

/// `rm`, `git clean`: whoever waited on the old file waits on the new one, and whoever changes the vault meanwhile wins.
#[test]
fn a_lock_that_was_removed_loses_nothing() {
    let story = with_vault();
    story.does(
        "cd workload-provider
        exec 8> .seeds.age.lock; flock 8
        workload-provider seed add one 8>&- 2> said & sleep 0.5
        rm .seeds.age.lock; exec 9> .seeds.age.lock; flock 9
        flock -u 8; sleep 0.5
        age -d -i identity.age seeds.age > text; fails grep -q '^  one:' text
        flock -u 9; wait $!
        age -d -i identity.age seeds.age | grep -q '^  one:'",
    );
    for round in 0..20 {
        let volumes = [format!("a{round}"), format!("b{round}")];
        let both = volumes.each_ref().map(|volume| {
            let child = start(&story, &["add", volume]);
            sleep(Duration::from_millis(3));
            let _ = std::fs::remove_file(story.path("workload-provider/.seeds.age.lock"));
            child
        });
        let outputs = both.map(|child| child.wait_with_output().unwrap());
        let text = opened(&story);
        for (volume, output) in volumes.iter().zip(outputs) {
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                text.contains(&format!("\n  {volume}:\n")),
                output.status.success(),
                "{volume}: {said}"
            );
            assert!(output.status.success() || said.contains("by something else meanwhile"), "{said}");
        }
    }
}

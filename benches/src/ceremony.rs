//! From two plain sections to signed user data: three binaries against the documented shell procedure.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::floor::{Floor, Keys};
use crate::options::Options;
use crate::run::{Times, ours, shell, timed};

/// Target: at most this share of the time of the shell procedure.
const TARGET: f64 = 0.40;

const STEPS: [&str; 3] = [
    "workload-provider encrypt workload-provider -o workload.handoff",
    "env-deployer encrypt env-deployer --signing-key public.pem -o env.handoff",
    "contract-signer sign --workload workload.handoff --env env.handoff --key private.pem \
     --passphrase-file passphrase -o user-data",
];

pub fn measure(options: &Options) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    timed(&mut shell(folder.path(), "setup"));
    let (theirs, ours) = (folder.path().join("shell"), folder.path().join("ours"));
    let sealed = folder.path().join("sealed");
    let keys = Keys::read(&theirs);

    let (mut shell_times, mut our_times, mut floor) = (Times::default(), Times::default(), Floor::default());
    let mut step_times = [(); 3].map(|()| Times::default());
    let (mut sealed_times, mut sealed_step_times) = (Times::default(), step_times.clone());
    // one round without measuring, to warm the caches; then alternate, so that neither always comes second
    round(&ours, &mut [(); 3].map(|()| Times::default()));
    round(&sealed, &mut [(); 3].map(|()| Times::default()));
    timed(&mut shell(&theirs, "ceremony"));
    for turn in 0..options.rounds {
        if turn % 2 == 0 {
            shell_times.push(timed(&mut shell(&theirs, "ceremony")));
        }
        our_times.push(round(&ours, &mut step_times));
        sealed_times.push(round(&sealed, &mut sealed_step_times));
        if turn % 2 == 1 {
            shell_times.push(timed(&mut shell(&theirs, "ceremony")));
        }
        floor.measure(&keys, &ours);
    }

    let ratio = our_times.median() / shell_times.median();
    println!(
        "ceremony: two sections to signed user data, key generation apart; {} rounds, medians",
        options.rounds
    );
    println!("  shell procedure          {}", shell_times.shown());
    println!("  three binaries           {}", our_times.shown());
    for (step, times) in STEPS.iter().zip(&step_times) {
        let name = step.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        println!("    {name:27} {:5.1} ms", times.median());
    }
    println!("  ratio                    {ratio:9.2}     (target: {TARGET:.2} at most)");
    println!("  with vaults, encrypted   {}", sealed_times.shown());
    let sealed_ratio = sealed_times.median() / shell_times.median();
    println!("  ratio                    {sealed_ratio:9.2}     (the shell procedure does neither)");
    println!("the floor, measured between the rounds");
    floor.print();
    println!("  floor                    {:9.1} ms", floor.total());
    println!(
        "  three binaries           {:9.2} times the floor: {:.1} ms above it, {:.1} ms of them spent on loading",
        our_times.median() / floor.total(),
        our_times.median() - floor.total(),
        floor.loading()
    );
    println!();
}

/// One ceremony with our binaries. Earlier output is removed outside the measured time.
fn round(folder: &Path, steps: &mut [Times; 3]) -> Duration {
    for output in ["workload.handoff", "env.handoff", "user-data", "user-data.record.json"] {
        let _ = fs::remove_file(folder.join(output));
    }
    let mut total = Duration::ZERO;
    for (line, times) in STEPS.iter().zip(steps) {
        let time = timed(&mut ours(folder, line));
        times.push(time);
        total += time;
    }
    total
}

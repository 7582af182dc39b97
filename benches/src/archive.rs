//! From a folder to a token: `workload-provider encrypt` against `tar | gzip | base64 | openssl enc | base64`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::folder;
use crate::options::Options;
use crate::run::{Times, ours, peak_megabytes, shell, timed};

/// Target: at least this many times as fast as the pipe.
const FASTER: f64 = 2.5;
/// Target in MB: less than this, for any size of folder.
const MEMORY: f64 = 64.0;

const ENCRYPT: &str = "workload-provider encrypt workload-provider -o workload.handoff";

pub fn measure(options: &Options) {
    let material = tempfile::tempdir_in(crate::run::binaries()).expect("a folder in the target folder");
    let folder = material.path();
    timed(&mut shell(folder, "setup"));
    let ours_folder = folder.join("ours");
    let play = ours_folder.join("workload-provider/play");
    folder::fill(&play, options.megabytes).expect("room for the folder");

    let mut contestants = vec![("tar | gzip | base64 | openssl | base64", "gzip", Times::default())];
    if Command::new("pigz").arg("--version").output().is_ok() {
        contestants.push(("the same with pigz", "pigz", Times::default()));
    }
    let mut our_times = Times::default();
    let (mut our_size, mut their_size) = (0.0, 0.0);
    for turn in 0..=options.passes {
        let mut times = vec![encrypt(&ours_folder)];
        our_size = size(&ours_folder.join("workload.handoff"));
        for (_, gzip, _) in &contestants {
            let token = folder.join("token");
            times.push(timed(pipe(folder, &play).arg(&token).arg(gzip)));
            their_size = size(&token);
        }
        // the first turn fills the page cache
        if turn > 0 {
            our_times.push(times[0]);
            for (contestant, time) in contestants.iter_mut().zip(&times[1..]) {
                contestant.2.push(*time);
            }
        }
    }

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "archive: a folder of {} MB to a token; {} rounds, medians, {cores} cores",
        options.megabytes, options.passes
    );
    println!("  {:38} {}", ENCRYPT.split(" -o").next().unwrap_or(ENCRYPT), our_times.shown());
    for (index, (name, _, times)) in contestants.iter().enumerate() {
        let target = if index == 0 { format!("(target: {FASTER} at least)") } else { String::new() };
        let ratio = times.median() / our_times.median();
        println!("  {name:38} {}", times.shown());
        println!("    ours is faster by                  {ratio:9.2}     {target}");
    }
    println!("  size, ours {our_size:.1} MB, theirs {their_size:.1} MB");

    print_memory(&ours_folder, options.megabytes);
    if options.large > 0 {
        fs::remove_dir_all(&play).expect("our own folder");
        fs::create_dir_all(&play).expect("our own folder");
        fs::copy(folder.join("shell/workload/play/pod.yml"), play.join("pod.yml")).expect("setup made it");
        folder::fill(&play, options.large).expect("room for the folder");
        print_memory(&ours_folder, options.large);
    }
}

fn encrypt(folder: &Path) -> std::time::Duration {
    let _ = fs::remove_file(folder.join("workload.handoff"));
    timed(&mut ours(folder, ENCRYPT))
}

fn pipe(folder: &Path, play: &Path) -> Command {
    let mut command = shell(folder, "archive");
    command.arg(play).arg(folder.join("ours/passphrase"));
    command
}

fn print_memory(folder: &Path, megabytes: u64) {
    let _ = fs::remove_file(folder.join("workload.handoff"));
    let peak = peak_megabytes(&ours(folder, ENCRYPT));
    println!("  peak memory at {megabytes:5} MB              {peak:9.1} MB    (target: under {MEMORY:.0})");
}

#[expect(clippy::cast_precision_loss, reason = "megabytes to one place")]
fn size(file: &Path) -> f64 {
    fs::metadata(file).map_or(f64::NAN, |metadata| metadata.len() as f64 / 1e6)
}

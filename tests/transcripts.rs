//! What the documents show is what happens: every `console` block of `transcripts/*.md`, of README.md, of docs and of
//! the personas' pages is run, and every example of every `--help`.
//!
//! A block holds commands after `$ ` (continued after `> `), each followed by `? 3` where it exits with 3, and by what
//! it prints. `…` stands for anything within a line, a line of `...` for any lines. The commands of a document run
//! in one shell, one after the other. `SNAPSHOTS=overwrite cargo test -p story-tests transcripts` writes what happened
//! into the documents, to be read with `git diff`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use snapbox::data::DataFormat;
use snapbox::{Assert, Data};
use story_tests::{Story, repository};

use crate::certificates::{lay_pki, words};

/// Stands between the outputs of two commands.
const SEPARATOR: char = '\u{1e}';

/// A piece of a document: text to keep, or a command with what the document says of it.
enum Piece<'a> {
    Text(&'a str),
    Command { lines: Vec<&'a str>, exit: &'a str },
}

/// Drops what the document says that commands print, since it is to be replaced by what they do print.
fn pieces(document: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if line.starts_with("```") {
            inside = !inside && line == "```console";
            pieces.push(Piece::Text(line));
        } else if !inside {
            pieces.push(Piece::Text(line));
        } else if line.starts_with("$ ") {
            pieces.push(Piece::Command { lines: vec![line], exit: "0" });
        } else if let Some(Piece::Command { lines, exit }) = pieces.last_mut() {
            match line.split_at_checked(2) {
                Some(("> ", _)) => lines.push(line),
                Some(("? ", code)) => *exit = code,
                _ => {}
            }
        }
    }
    pieces
}

/// The document with what its commands really printed.
fn performed(story: &Story, start: &str, document: &str) -> String {
    let pieces = pieces(document);
    let mut script = vec![format!("cd '{start}'")];
    for piece in &pieces {
        if let Piece::Command { lines, .. } = piece {
            let command: Vec<_> = lines.iter().map(|line| line[2..].trim_end_matches('\\')).collect();
            script.push(format!("{{ {}\n}} 2>&1; printf '{SEPARATOR}%d{SEPARATOR}' $?", command.join(" ")));
        }
    }
    let printed = story.sh(&script.join("\n")).text();
    let mut printed = printed.split(SEPARATOR);
    let mut performed = Vec::new();
    for piece in &pieces {
        match piece {
            Piece::Text(line) => performed.push((*line).to_owned()),
            Piece::Command { lines, exit: expected } => {
                performed.extend(lines.iter().map(|line| (*line).to_owned()));
                let output = printed.next().expect("the shell ended early");
                let exit = printed.next().expect("the shell ended early");
                // `...` may stand for any output, but not for another exit code
                let overwrite = env::var_os("SNAPSHOTS").is_some();
                assert!(
                    overwrite || exit == *expected,
                    "exit code {exit} of `{}`:\n{output}",
                    lines.join("\n")
                );
                if exit != "0" {
                    performed.push(format!("? {exit}"));
                }
                performed.extend(output.lines().map(|line| line.trim_end().to_owned()));
            }
        }
    }
    performed.join("\n") + "\n"
}

fn check(story: &Story, start: &str, document: &Path) {
    let expected =
        fs::read_to_string(document).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
    let performed = performed(story, start, &expected);
    // a line continued with a backslash is no path
    let assert = Assert::new().action_env("SNAPSHOTS").normalize_paths(false);
    if env::var_os("SNAPSHOTS").is_some() {
        assert.eq(performed.as_str(), Data::read_from(document, Some(DataFormat::Text)));
    } else {
        assert.eq(performed.as_str(), Data::text(expected.replace('…', "[..]")));
    }
    // `...` stands for anything that is printed, but for no failure
    assert_eq!(exits(&performed), exits(&expected), "{}", document.display());
}

/// The commands of a document, and with what each exits if not with 0.
fn exits(document: &str) -> Vec<&str> {
    document.lines().filter(|line| line.starts_with("$ ") || line.starts_with("? ")).collect()
}

/// What the ceremony leaves, under `target/ceremony` as for whoever types the README's commands.
fn after_the_ceremony() -> Story {
    let story = Story::new();
    story.write(
        "personas/ceremony",
        format!(
            "#!/bin/sh\nexec guest-rehearsal ceremony '{}/personas' -o target/ceremony \"$@\"\n",
            repository().display()
        ),
    );
    story.does("chmod +x personas/ceremony; mkdir target");
    story
}

fn documents(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}

#[test]
fn transcripts_hold() {
    let transcripts = documents("tests/transcripts", "md");
    assert!(!transcripts.is_empty());
    for transcript in transcripts {
        check(&Story::new(), ".", &transcript);
    }
}

/// Each page where its commands are typed: in the folders that the ceremony leaves, or beside the test vector.
#[test]
fn the_pages_of_docs_hold() {
    let story = after_the_ceremony();
    story.does("personas/ceremony");
    story.does(&format!("cp -r '{}/tests/vectors/token' vector", repository().display()));
    for (page, start) in [
        ("contract-signer.md", "target/ceremony/contract-signer"),
        ("env-deployer.md", "target/ceremony/env-deployer"),
        ("guest-rehearsal.md", "target/ceremony"),
        ("format/3-token.md", "vector"),
        ("format/4-handoff.md", "target/ceremony/contract-signer"),
        ("format/6-user-data.md", "target/ceremony/contract-signer"),
        ("format/statement-signature.md", "tmp"),
        ("format/signing-certificate.md", "target/ceremony/contract-signer"),
        ("format/7-boot-media.md", "target/ceremony/env-deployer"),
        ("format/7-initdata.md", "target/ceremony/env-deployer"),
        // last, since they write anew what the others look at
        ("seeds.md", "target/ceremony"),
        ("from-the-lab.md", "target/ceremony"),
    ] {
        check(&story, start, &repository().join("docs").join(page));
    }
}

#[test]
fn the_readme_holds() {
    let story = after_the_ceremony();
    // the folders as they are once keys and trust are set up, before anything was encrypted
    story.does(
        "personas/ceremony; rm -r workload-provider env-deployer contract-signer guest; mv target/ceremony/* .
         rm */*.handoff.age contract-signer/user-data* env-deployer/user-data env-deployer/*.iso",
    );
    check(&story, ".", &repository().join("README.md"));
}

/// What a page shows in a `sh` block is run as well, each command alone, without a look at what it prints.
#[test]
fn the_personas_pages_hold() {
    let story = after_the_ceremony();
    story.does("personas/ceremony");
    for persona in ["", "workload-provider", "env-deployer", "contract-signer", "contract-auditor"] {
        let page = fs::read_to_string(repository().join("personas").join(persona).join("README.md")).unwrap();
        let blocks = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
        let commands: Vec<_> = blocks.flat_map(str::lines).filter(|line| !line.is_empty()).collect();
        assert!(!commands.is_empty(), "the page of `{persona}` shows no command");
        for command in commands {
            try_out(&story, persona, command, "the page");
        }
    }
}

/// Commands of ours that a page names in passing, on indented lines.
#[test]
fn the_commands_that_docs_name_work() {
    let story = after_the_ceremony();
    story.does("personas/ceremony");
    for page in documents("docs", "md").into_iter().chain(documents("docs/format", "md")) {
        let text = fs::read_to_string(&page).unwrap();
        for command in text.lines().filter_map(|line| line.strip_prefix("    ")) {
            if let Some(folder) = program(command) {
                try_out(&story, folder, command, &page.display().to_string());
            }
        }
    }
}

const BINARIES: [&str; 5] =
    ["workload-provider", "env-deployer", "contract-signer", "contract-auditor", "guest-rehearsal"];

/// The commands of a binary, as its own help lists them, one level deep: `seed` and `seed roll` alike.
fn commands(story: &Story, line: &str) -> Vec<String> {
    let help = story.does(&format!("{line} --help"));
    let mut found = vec![line.to_owned()];
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in listed.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = name.split_whitespace().next().unwrap();
        if name != "help" {
            found.extend(commands(story, &format!("{line} {name}")));
        }
    }
    found
}

/// The examples at the end of a help text, with what the help wrapped joined again. What follows two spaces is a word
/// to the reader.
fn examples(help: &str) -> Vec<String> {
    let lines =
        help.lines().skip_while(|line| !["EXAMPLE", "EXAMPLES"].contains(&line.trim_end_matches(':')));
    let mut examples: Vec<String> = Vec::new();
    for line in lines.skip(1).take_while(|line| !line.is_empty()).map(str::trim) {
        match examples.last_mut() {
            Some(last) if program(line).is_none() => {
                *last = format!("{} {line}", last.trim_end_matches([' ', '\\']));
            }
            _ => examples.push(line.to_owned()),
        }
    }
    examples.iter().map(|line| line.split("  ").next().unwrap_or(line).to_owned()).collect()
}

/// Which of our binaries a command line starts first.
fn program(line: &str) -> Option<&'static str> {
    let mut words = line.split_whitespace();
    let first = words.next().filter(|word| *word != "cd").or_else(|| words.nth(2))?;
    BINARIES.into_iter().find(|binary| *binary == first)
}

#[test]
fn the_examples_of_every_help_work() {
    let story = after_the_ceremony();
    story.does("personas/ceremony");
    for command in BINARIES.into_iter().flat_map(|binary| commands(&story, binary)) {
        let help = story.does(&format!("{command} --help"));
        let examples = examples(&help);
        assert!(!examples.is_empty(), "`{command} --help` has no examples:\n{help}");
        for example in examples {
            let folder = program(&example).unwrap_or_else(|| panic!("`{example}` starts no binary of ours"));
            let folder = if folder == "guest-rehearsal" { "" } else { folder };
            try_out(&story, folder, &example, &format!("`{command} --help`"));
        }
    }
}

/// Runs a command as it stands, in a fresh copy of what the ceremony left; only what it would have to overwrite is
/// taken away first. Folders that examples make up (`paynow`, `guest`, `/tmp/…`) lead to what they stand for.
fn try_out(story: &Story, folder: &str, command: &str, source: &str) {
    let mut command = command.replace("/tmp/", "");
    if command.contains("--probe-logging") {
        // the address that the example gives the contract's log server, with a log server on it
        let started = "log_server \"$PWD/env-deployer/rsyslog\"";
        command = format!("{started}; {}", command.replace("192.0.2.7", "$(loopback)"));
    }
    let mut given = String::new();
    if BINARIES.iter().any(|binary| command.contains(&format!("{binary} certificate "))) {
        // what a publisher publishes, and a publisher
        given = format!(
            "{}; cp encrypt.crt hpcr-encrypt.crt; cp encrypt.crt image.crt; mkdir published; for k in encrypt intermediate; do cp $k.crt published/29-$k.crt; done; cp encrypt.crt published/29-attestation.crt",
            lay_pki()
        );
        let published = " fetch --ca-file root.crt --url \"https://localhost:$PORT/files/published/{version}-{kind}.crt\" ";
        let served = command.replace(" fetch ", published);
        if served != command {
            command = format!("{}; server; {served}", words());
        }
    }
    if command.contains(" certify ") {
        // an authority, what it was asked and what it answered
        given = "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -subj /CN=CA -days 900 -out ca.crt
            contract-signer csr --passphrase-file passphrase
            openssl x509 -req -in signing-key.csr -CA ca.crt -CAkey ca-key.pem -set_serial 7 -days 30 -out from-ca.pem"
            .into();
    }
    let repository = repository().display();
    story.does(&format!(
        "rm -rf copy; cp -r target/ceremony copy; cd copy
         ln -s . workload-provider/paynow; ln -s ../guest workload-provider/guest; ln -s . env-deployer/paynow-env
         for k in alice bob; do ssh-keygen -q -t ed25519 -N '' -C $k -f $k; mv $k.pub contract-signer/; rm $k; done
         cp contract-signer/user-data* guest/ciiso.iso .; printf IBMSecEx > env-deployer/se-hdr.bin; cp -r '{repository}/personas' personas
         cp '{repository}/crates/env-deployer/starter/network-config' env-deployer/
         for k in workload env; do sed -n \"s/^$k: //p\" user-data > $k.token; done
         grep -E '^(workload|env):' user-data > contract-signer/contract.yaml
         {}
         cd './{folder}'; {}; {given}",
        if folder == "contract-auditor" { LAY_AUDIT } else { "" },
        make_room(&command)
    ));
    let jq = "command -v jq >/dev/null || jq() { cat; }";
    let mut outcome = story.sh(&format!("set -o pipefail; {jq}; cd 'copy/{folder}'; {command}"));
    if outcome.exit == 5 {
        outcome = story.sh(&at_a_terminal(folder, &command));
    }
    assert_eq!(outcome.exit, 0, "`{command}`, shown by {source}: {outcome:?}");
}

/// What the auditor's examples name, and a ceremony does not leave.
const LAY_AUDIT: &str = "grep contract: contract-auditor/se-checksums.txt > contract-auditor/own-lines.txt
    cp contract-signer/signing-key.pub.pem contract-signer/allowed_signers contract-auditor/";

/// A terminal at which somebody types the passphrase twice, for what asks for it.
fn at_a_terminal(folder: &str, command: &str) -> String {
    let whose = if folder == "contract-auditor" { folder } else { "contract-signer" };
    let command = command.replace('\'', r"'\''");
    format!(
        "typed() {{ for i in 1 2; do sleep 1; cat target/ceremony/{whose}/passphrase; done; sleep 1; }}
         typed | (cd 'copy/{folder}'; script --quiet --return --command '{command}' /dev/null)"
    )
}

/// What a verb of `seed` finds in a persona's folder: an identity, and the vault that is due.
fn lay_seeds(binary: &str, words: &[&str]) -> String {
    let add = format!("{binary} seed add data");
    let vault = match words {
        ["import", options @ ..] if options.contains(&"--previous") => {
            format!("rm -f seeds.age; {add}; echo old > old.seed")
        }
        ["add" | "import", ..] => {
            "rm -f seeds.age; [ -e data.seed ] || openssl rand -hex 32 > data.seed".to_owned()
        }
        ["settle", ..] => format!("rm -f seeds.age; {add}; {binary} seed roll data"),
        _ => format!("[ -e seeds.age ] || {add}"),
    };
    format!("[ -e identity.age ] || age-keygen -o identity.age; {vault}")
}

/// Removes what a command writes: the files after `-o` and `--token`, and what it writes when nothing is named.
fn make_room(command: &str) -> String {
    let words: Vec<_> = command.split_whitespace().collect();
    if let [binary, "seed", verb @ ..] = &*words {
        return lay_seeds(binary, verb);
    }
    let mut given = "";
    if let [_, "sealed-secret", "seal", ..] = &*words {
        given = "printf hidden > db.password; chmod 600 db.password; $BINARY sealed-secret keygen; ";
    }
    let named = words
        .windows(2)
        .filter(|pair| ["-o", "--output", "--token", "--attest", "--report"].contains(&pair[0]))
        .map(|pair| pair[1]);
    let mut gone: Vec<_> = named.filter(|file| ![".", "-"].contains(file)).map(str::to_owned).collect();
    match words[1] {
        "encrypt" => gone.push("*.handoff*".to_owned()),
        "certify" => gone.push("signing-key*.crt".to_owned()),
        "keygen" => gone.extend(["signing-key*.pem", "attestation-key*.pem"].map(str::to_owned)),
        "open" if gone.is_empty() => gone.push("se-checksums.txt".to_owned()),
        "trust" if words[2] == "add" => gone.push("allowed_signers".to_owned()),
        "sign" if !command.contains("--previous") => gone.push("user-data*".to_owned()),
        "boot-media" => gone.push("ciiso.iso".to_owned()),
        "initdata" => gone.push("initdata.txt".to_owned()),
        "init" => gone.extend(words.get(2).map(|folder| (*folder).to_owned())),
        _ => {}
    }
    format!("{}rm -rf {}", given.replace("$BINARY", words[0]), gone.join(" "))
}

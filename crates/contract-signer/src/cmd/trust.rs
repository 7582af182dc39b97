//! `contract-signer trust`: who may vouch for which half, in OpenSSH's own file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli_kit::evidence::parse_allowed_signers;
use cli_kit::failure::DoingIo as _;
use cli_kit::lock::lock;
use cli_kit::output::{Output, Visibility};
use cli_kit::persona::SignerFolder;
use cli_kit::{Doing as _, ExitCode, Failure, Report, clock, input};
use contract_pki::validity::Standing;
use jiff::Timestamp;
use serde_json::{Value, json};
use ssh_signatures::allowed_signers::{AllowedSigners, Entry, LIMIT, new_line};
use ssh_signatures::ssh_key::Line;
use ssh_signatures::sshsig::Namespace;

use crate::cli::{AllowedSignersFile, TrustAdd};

impl AllowedSignersFile {
    /// The flag's file, or the folder's.
    fn path(&self) -> Result<PathBuf, Failure> {
        let in_folder = || Ok(SignerFolder::read(&self.dir)?.allowed_signers);
        self.allowed_signers.clone().map_or_else(in_folder, Ok)
    }
}

/// For `sign` and `inspect`: a missing file allows nobody.
pub fn allowed_signers(path: &Path, report: &Report) -> Result<AllowedSigners, Failure> {
    parse_allowed_signers(&read_or_begin(path)?, &input::name(path), report)
}

/// The text of the file, empty if it does not exist; a folder or an unreadable file is an error.
fn read_or_begin(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        return Err(Failure::new(
            ExitCode::Usage,
            "allowed signers are read from a file, not from standard input",
        )
        .hint("name it: `--allowed-signers allowed_signers`"));
    }
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        _ => input::read_text(path, LIMIT),
    }
}

/// `trust add`: one more line; all others stay as they were.
pub fn add(arguments: &TrustAdd, report: &Report) -> Result<(), Failure> {
    let path = arguments.file.path()?;
    let file = input::name(&path);
    let cannot = || format!("cannot trust `{}`", input::name(&arguments.key));
    // a private key that is named by mistake must not stay in memory
    let mut key =
        Line::parse_file(&input::read_secret_text(&arguments.key, input::LARGEST_KEY_FILE)?).doing(cannot)?;
    if let Some(comment) = &arguments.comment {
        key.comment.clone_from(comment);
    }
    let mut before = read_or_begin(&path)?;
    let mut line = line_to_add(arguments, &key, &before, &file, report)?;
    let mut output = Output::create_unprotected(&path, true, Visibility::Public)?;
    // locked until the file is replaced: if two add a line at once, neither is lost
    let _lock = lock(&path, report)?;
    let now = read_or_begin(&path)?;
    if now != before {
        line = line_to_add(arguments, &key, &now, &file, report)?;
        before = now;
    }
    output.copy_ownership()?;
    let line_end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    writeln!(output, "{before}{line_end}{line}").doing_io("write", &path)?;
    output.commit()?;

    let (principal, section) = (&arguments.principal, arguments.namespaces().0.section());
    let fingerprint = key.key.fingerprint();
    let result = json!({ "file": file, "principal": principal, "section": section, "fingerprint": fingerprint, "line": line });
    report.result(&result, |_| vec![key.key.listing(&key.comment)])?;
    report.success(&format!("`{principal}` may vouch for the {section} section, by `{file}`"));
    report.note(&format!("next: compare the fingerprint with `{principal}`, by telephone for instance"));
    Ok(())
}

impl TrustAdd {
    /// The key's namespace, then the other one.
    fn namespaces(&self) -> (Namespace, Namespace) {
        if self.workload {
            (Namespace::Workload, Namespace::Env)
        } else {
            (Namespace::Env, Namespace::Workload)
        }
    }
}

/// The line to add to the text of the file, unless an existing line contradicts it.
fn line_to_add(
    arguments: &TrustAdd,
    key: &Line,
    text: &str,
    file: &str,
    report: &Report,
) -> Result<String, Failure> {
    let cannot = || format!("cannot trust `{}`", input::name(&arguments.key));
    let refused = |exit, why: String| Failure::new(exit, format!("{}: {why}", cannot()));
    let (principal, (namespace, other)) = (&arguments.principal, arguments.namespaces());
    let allowed = parse_allowed_signers(text, file, report)?;
    let same_key: Vec<_> =
        allowed.entries().iter().filter(|entry| entry.key.is_same_pair(&key.key)).collect();
    let place = |entry: &Entry| format!("as `{}` on line {} of `{file}`", entry.principals, entry.line);
    if let Some(entry) = same_key.iter().find(|entry| entry.is_for(other)) {
        let why = format!("the key may already vouch for the {} section, {}", other.section(), place(entry));
        return Err(refused(ExitCode::Refused, why).hint(
            "one key must not vouch for both halves: ask for another, `ssh-keygen -t ed25519` makes one",
        ));
    }
    if let Some(entry) = same_key.first() {
        return Err(refused(ExitCode::Rejected, format!("the key is already there, {}", place(entry)))
            .hint(format!("to change what it may vouch for, edit line {} of `{file}`", entry.line)));
    }
    let (after, until) = (arguments.valid_after, arguments.valid_before);
    let line = new_line(principal, key, namespace, after, until).doing(cannot)?;
    if let Some((entry, name)) = allowed.similar(principal) {
        let why = format!("`{principal}` could be mistaken for `{name}`, on line {} of `{file}`", entry.line);
        return Err(refused(ExitCode::Rejected, why).hint(format!(
            "for the same person, write `{name}`; for another, choose a name that differs more"
        )));
    }
    // a warning only, since only people know who is meant by a name; `sign` refuses both halves from one principal
    let for_other = |entry: &&Entry| entry.is_for(other) && entry.principals.names(principal);
    if let Some(Entry { line, .. }) = allowed.entries().iter().find(for_other) {
        let section = other.section();
        report.warning(
            &format!("`{principal}` may already vouch for the {section} section, by line {line}: one person must not vouch for both halves of a contract"),
            &["let another person vouch for one of them".to_owned()],
        );
    }
    Ok(line)
}

/// `trust list`: who may vouch for what, and until when.
pub fn list(arguments: &AllowedSignersFile, report: &Report) -> Result<(), Failure> {
    let path = arguments.path()?;
    let text = input::read_text(&path, LIMIT).map_err(|failure| {
        failure.hint("make one: `contract-signer trust add PRINCIPAL KEY.pub --workload` or `--env`")
    })?;
    let allowed = parse_allowed_signers(&text, &input::name(&path), report)?;
    let now = clock::now();
    for entry in allowed.entries() {
        // reported once, at the key's first line
        let same = |other: &&Entry| other.key.is_same_pair(&entry.key);
        let first = allowed.entries().iter().find(same).is_some_and(|first| first.line == entry.line);
        let both =
            Namespace::ALL.into_iter().all(|it| allowed.entries().iter().filter(same).any(|e| e.is_for(it)));
        if first && both {
            report.warning(
                &format!("the key {} of `{}` may vouch for both halves", entry.key.fingerprint(), entry.principals),
                &[format!("restrict line {}: write `namespaces=\"hpcr-workload\"` or `namespaces=\"hpcr-env\"` before its key", entry.line)],
            );
        }
    }
    let signers: Vec<_> = allowed.entries().iter().map(|entry| signer_json(entry, now)).collect();
    report.result(&json!({ "file": input::name(&path), "signers": signers }), |_| {
        allowed.entries().iter().map(|entry| signer_line(entry, now)).collect::<Vec<_>>()
    })
}

fn sections(entry: &Entry) -> Vec<&'static str> {
    Namespace::ALL.into_iter().filter(|it| entry.is_for(*it)).map(Namespace::section).collect()
}

fn is_valid(entry: &Entry, at: Timestamp) -> bool {
    entry.validity().at(at) == Standing::Valid
}

fn signer_json(entry: &Entry, now: Timestamp) -> Value {
    json!({
        "line": entry.line,
        "principals": entry.principals.as_str(),
        "sections": sections(entry),
        "validAfter": entry.valid_after,
        "validBefore": entry.valid_before,
        "validNow": is_valid(entry, now),
        "type": entry.key.kind().label(),
        "bits": entry.key.bits(),
        "fingerprint": entry.key.fingerprint(),
        "comment": entry.comment,
    })
}

/// One line: who, for what, when, and the key as `ssh-keygen -l` shows it.
fn signer_line(entry: &Entry, now: Timestamp) -> String {
    let (key, sections) = (&entry.key, sections(entry));
    let sections = if sections.is_empty() { "neither".to_owned() } else { sections.join("+") };
    let from = entry.valid_after.map(|at| format!("from {at}"));
    let until = entry.valid_before.map(|at| format!("until {at}"));
    let always = (from.is_none() && until.is_none()).then(|| "always".to_owned());
    let not_now = (!is_valid(entry, now)).then(|| "NOT VALID NOW".to_owned());
    let validity: Vec<_> = [from, until, always, not_now].into_iter().flatten().collect();
    let comment = if entry.comment.is_empty() { "no comment" } else { &entry.comment };
    format!(
        "{:<28} {sections:<9} {:<30} {} {} {comment} ({})",
        entry.principals.as_str(),
        validity.join(" "),
        key.bits(),
        key.fingerprint(),
        key.kind().label()
    )
}

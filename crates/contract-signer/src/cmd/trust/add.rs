//! `contract-signer trust add`: one more line, in front of which all others stay as they were.

use std::io::Write as _;
use std::path::Path;

use cli_kit::failure::DoingIo as _;
use cli_kit::lock::lock;
use cli_kit::output::{Output, Visibility};
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::allowed_signers::{AllowedSigners, Entry, new_line};
use contract_core::ssh_key::Line;
use contract_core::sshsig::Namespace;
use serde_json::json;

use crate::cli::TrustAdd;
use crate::cmd::KEY_LIMIT;

pub fn run(arguments: &TrustAdd, report: &Report) -> Result<(), Failure> {
    let path = arguments.file.path()?;
    let file = input::name(&path);
    let cannot = || format!("cannot trust `{}`", input::name(&arguments.key));
    // whoever names the private key by mistake must not find it in a core or a page of ours
    let mut key = Line::parse_file(&input::read_secret_text(&arguments.key, KEY_LIMIT)?).doing(cannot)?;
    if let Some(comment) = &arguments.comment {
        key.comment.clone_from(comment);
    }
    let adding = Adding { arguments, path: &path, key: &key, report };
    let mut before = super::read_or_begin(&path)?;
    let mut line = adding.line(&before)?;
    let mut output = Output::rewrite(&path, true, Visibility::Public)?;
    // held until the file is replaced: of two who add at once, neither loses a line
    let _lock = lock(&path, report)?;
    let now = super::read_or_begin(&path)?;
    if now != before {
        line = adding.line(&now)?;
        before = now;
    }
    output.like_what_it_replaces()?;
    let line_end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    writeln!(output, "{before}{line_end}{line}").doing_io("write", &path)?;
    output.commit()?;

    let (principal, section) = (&arguments.principal, adding.namespaces().0.section());
    let listing = key.key.listing(&key.comment);
    let result = json!({
        "file": file, "principal": principal, "section": section,
        "fingerprint": key.key.fingerprint(), "line": line,
    });
    report.result(&result, |_| vec![listing])?;
    report.success(&format!("`{principal}` may vouch for the {section} section, by `{file}`"));
    report.note(&format!("next: compare the fingerprint with `{principal}`, by telephone for instance"));
    Ok(())
}

/// A key that is to be trusted.
struct Adding<'a> {
    arguments: &'a TrustAdd,
    path: &'a Path,
    key: &'a Line,
    report: &'a Report,
}

impl Adding<'_> {
    /// Of the section that it is for, then of the other one.
    fn namespaces(&self) -> (Namespace, Namespace) {
        if self.arguments.workload {
            (Namespace::Workload, Namespace::Env)
        } else {
            (Namespace::Env, Namespace::Workload)
        }
    }

    /// The line to add to those that stand there, unless one of them speaks against it.
    fn line(&self, before: &str) -> Result<String, Failure> {
        let Self { arguments, path, key, report } = self;
        let file = input::name(path);
        let cannot = || format!("cannot trust `{}`", input::name(&arguments.key));
        let (namespace, other) = self.namespaces();
        let allowed = super::parse(before, path, report)?;
        let there = |wanted: &dyn Fn(&&Entry) -> bool| {
            allowed.entries().iter().filter(|entry| entry.key.is_same_pair(&key.key)).find(wanted)
        };
        let as_told = |entry: &Entry| format!("as `{}` on line {} of `{file}`", entry.principals, entry.line);
        if let Some(entry) = there(&|entry| entry.is_for(other)) {
            let (section, line) = (other.section(), as_told(entry));
            let message =
                format!("{}: the key may already vouch for the {section} section, {line}", cannot());
            return Err(Failure::new(ExitCode::Refused, message).hint(
                "one key must not vouch for both halves: ask for another, `ssh-keygen -t ed25519` makes one",
            ));
        }
        if let Some(entry) = there(&|_| true) {
            let message = format!("{}: the key is already there, {}", cannot(), as_told(entry));
            return Err(Failure::new(ExitCode::Rejected, message)
                .hint(format!("to change what it may, edit line {} of `{file}`", entry.line)));
        }
        let (principal, after, until) = (&arguments.principal, arguments.valid_after, arguments.valid_before);
        let line = new_line(principal, key, namespace, after, until).doing(cannot)?;
        if let Some((entry, name)) = allowed.similar(principal) {
            let message = format!(
                "{}: `{principal}` could be taken for `{name}`, on line {} of `{file}`",
                cannot(),
                entry.line
            );
            return Err(Failure::new(ExitCode::Rejected, message).hint(format!(
                "for the same person, write `{name}`; for another, a name that differs in more"
            )));
        }
        warn_of_one_person(&allowed, principal, other, report);
        Ok(line)
    }
}

/// Not refused here: who is meant by a name only people know. `sign` refuses both halves from one principal.
fn warn_of_one_person(allowed: &AllowedSigners, principal: &str, other: Namespace, report: &Report) {
    let both =
        allowed.entries().iter().find(|entry| entry.is_for(other) && entry.principals.names(principal));
    if let Some(entry) = both {
        report.warning(
            &format!(
                "`{principal}` may already vouch for the {} section, by line {}: one person must not vouch for both halves of a contract",
                other.section(),
                entry.line
            ),
            &["let somebody else vouch for one of them".to_owned()],
        );
    }
}

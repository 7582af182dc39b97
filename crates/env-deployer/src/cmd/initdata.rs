//! `env-deployer initdata`: user data verified, then written as the annotation of a CCCO pod.

use std::io::{Read as _, Write as _};
use std::path::Path;

use cli_kit::failure::DoingIo as _;
use cli_kit::input::{self, Input};
use cli_kit::names::is_stdout;
use cli_kit::output::{Output, Visibility};
use cli_kit::{Doing as _, ExitCode, Failure, Report};
use contract_core::initdata::{
    self, BARE_METAL_ANNOTATION, LARGEST, LARGEST_ANNOTATIONS, PEER_POD_ANNOTATION,
};
use contract_core::user_data::{Form, SeHeader, UserDataFacts, with_header};
use contract_pki::platform::Platform;
use serde::Serialize;
use zeroize::Zeroizing;

use super::signed_contract::SignedContract;
use crate::cli::Initdata;

/// What was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done<'a> {
    initdata: String,
    bytes: usize,
    /// Of the key that verified the user data.
    key_fingerprint: Option<String>,
    /// The Secure Execution header, from the file or from the user data.
    se_header: Option<Header>,
    annotations: Annotations<'a>,
}

#[derive(Serialize)]
struct Header {
    bytes: usize,
    sha256: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotations<'a> {
    peer_pod: Annotation<'a>,
    bare_metal: Annotation<'a>,
}

#[derive(Serialize)]
struct Annotation<'a> {
    name: &'static str,
    value: &'a str,
}

pub fn run(arguments: &Initdata, report: &Report) -> Result<(), Failure> {
    report.shares_stdout_with(&arguments.output)?;
    input::refuse_two_from_stdin([&arguments.contract.user_data].into_iter().chain(&arguments.se_header))?;
    let header = arguments.se_header.as_deref().map(se_header).transpose()?;
    let SignedContract { user_data, name, facts, key_fingerprint, mut protected } =
        SignedContract::open(&arguments.contract, &arguments.output, report)?;
    refuse_other_products(&facts, &name)?;
    protected.add_inputs(&arguments.se_header);

    let mut text = read(user_data, &arguments.contract.user_data, &facts)?;
    if let Some(header) = &header {
        text = with_header(&text, header).doing(|| format!("cannot add a header to `{name}`"))?;
    }
    let annotation = initdata::Initdata::new(text).to_annotation();
    let annotation =
        annotation.map_err(|error| Failure::from_io(&format!("cannot compress `{name}`"), &error))?;
    let visibility = if facts.is_plain() { Visibility::Secret } else { Visibility::Public };
    let mut output = Output::create(&arguments.output, arguments.force.force, visibility, &protected)?;
    output.write_all(annotation.as_bytes()).doing_io("write", &arguments.output)?;
    let (initdata, quoted) = (output.name(), output.quoted());
    output.commit()?;

    let header = header.or_else(|| facts.boot.and_then(|boot| boot.header.ok()));
    report.success(&format!("wrote {quoted}, {} bytes", annotation.len()));
    if header.is_none() {
        report.note("it has no Secure Execution header: peer pods need none; for bare metal, add `--se-header se-hdr.bin`");
    }
    if BARE_METAL_ANNOTATION.len() + annotation.len() > LARGEST_ANNOTATIONS {
        let message = format!(
            "the annotation has {} bytes, and Kubernetes accepts {LARGEST_ANNOTATIONS} for all annotations of a pod",
            annotation.len()
        );
        report.warning(
            &message,
            &["make the workload section smaller: `workload-provider check` shows its size".into()],
        );
    }
    let named = |name| Annotation { name, value: annotation.as_str() };
    let done = Done {
        initdata,
        bytes: annotation.len(),
        key_fingerprint,
        se_header: header.map(|header| Header { bytes: header.bytes(), sha256: header.sha256() }),
        annotations: Annotations {
            peer_pod: named(PEER_POD_ANNOTATION),
            bare_metal: named(BARE_METAL_ANNOTATION),
        },
    };
    let to_file = !is_stdout(&arguments.output);
    report.result(&done, |done| if to_file { done.annotations.lines() } else { Vec::new() })
}

impl Annotations<'_> {
    /// As they are pasted below `annotations:` of a pod.
    fn lines(&self) -> Vec<String> {
        let line = |annotation: &Annotation<'_>| format!("{}: \"{}\"", annotation.name, annotation.value);
        vec!["# peer pod".to_owned(), line(&self.peer_pod), "# bare metal".to_owned(), line(&self.bare_metal)]
    }
}

fn se_header(path: &Path) -> Result<SeHeader, Failure> {
    let bytes = input::read_bytes(path, input::LARGEST_KEY_FILE)?;
    SeHeader::parse(bytes).doing(|| format!("`{}` is no Secure Execution header", input::name(path)))
}

/// Only CCCO pods have initdata. Tokens for hpvs have the same prefix.
fn refuse_other_products(facts: &UserDataFacts, name: &str) -> Result<(), Failure> {
    for (key, value) in [("workload", &facts.workload), ("env", &facts.env)] {
        if let Form::Token(token) = &value.form
            && token.prefix != Platform::Ccco.prefix()
        {
            let prefix = token.prefix.as_str();
            let message = format!(
                "`{name}`: the `{key}` token begins with `{prefix}`, so it is for another product: only CCCO pods have initdata"
            );
            return Err(Failure::new(ExitCode::Rejected, message)
                .hint("for CCCO, encrypt both sections with `platform: ccco` in `persona.yaml`")
                .hint("for other products, make a boot medium: `env-deployer boot-media`"));
        }
    }
    Ok(())
}

fn read(mut user_data: Input, path: &Path, facts: &UserDataFacts) -> Result<Zeroizing<String>, Failure> {
    let name = user_data.name();
    if facts.bytes > LARGEST as u64 {
        let message =
            format!("`{name}` has {} bytes: initdata has {} MiB at most", facts.bytes, LARGEST >> 20);
        return Err(Failure::new(ExitCode::Rejected, message)
            .hint("check what makes it large: `contract-signer inspect user-data`"));
    }
    let size = usize::try_from(facts.bytes).unwrap_or(LARGEST);
    let mut text = Zeroizing::new(String::with_capacity(size + 1));
    user_data
        .by_ref()
        .take(facts.bytes.saturating_add(1))
        .read_to_string(&mut text)
        .doing_io("read", path)?;
    if !facts.is_of(text.as_bytes()) {
        let message = format!("`{name}` changed while it was being read");
        return Err(Failure::new(ExitCode::CouldNot, message)
            .hint("stop what writes to the user data, and run it again"));
    }
    Ok(text)
}

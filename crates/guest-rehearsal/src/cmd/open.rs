//! `guest-rehearsal open`: opens any token with one's own key.

use std::io::Write as _;
use std::path::Path;

use cli_kit::failure::{Doing as _, DoingIo as _};
use cli_kit::output::{Output, Visibility};
use cli_kit::protected::Protected;
use cli_kit::{ExitCode, Failure, Report, input, private_key};
use contract_core::received::FileKind;
use contract_core::token::Token;
use contract_pki::private_key::Opening;
use open_token::PASSWORD_LENGTH;
use serde_json::json;

use crate::cli::Open;

/// Bytes of a token with a section of the largest size.
const LARGEST_TOKEN: usize = 1 << 30;

/// Nobody knows which section is inside, if it is one.
enum Anything {}

pub fn run(arguments: &Open, report: &Report) -> Result<(), Failure> {
    let target = arguments.output.as_deref().unwrap_or(Path::new("-"));
    report.shares_stdout_with(target)?;
    if arguments.output.is_none() && rustix::termios::isatty(rustix::stdio::stdout()) {
        return Err(Failure::usage("the content may be a secret, and standard output is a terminal")
            .hint("name a file: `-o section.yaml`, or show it with `-o -`"));
    }
    let name = input::name(&arguments.token);
    let mut protected = Protected::default();
    protected.add_inputs([&arguments.token, &arguments.key]).add_inputs(arguments.passphrase.file());
    let mut output = Output::create(target, arguments.force.force, Visibility::Secret, &protected)?;

    let text = input::read_text(&arguments.token, LARGEST_TOKEN)?;
    let kind = FileKind::from_beginning(text.as_bytes());
    if kind != FileKind::Token {
        return Err(Failure::new(ExitCode::Rejected, format!("`{name}` is not a token: it is {kind}"))
            .hint("name a file with one token, as `encrypt --token FILE` writes it"));
    }
    let token = Token::<Anything>::parse(text.trim_end_matches(['\r', '\n']))
        .doing(|| format!("`{name}` is not a token"))?;
    let key = private_key::read::<Opening>(&arguments.key, &arguments.passphrase)?;
    let rsa = key.rsa().doing(|| format!("cannot use `{}`", input::name(&arguments.key)))?;
    let fingerprint = key.public().fingerprint();
    let opened = open_token::open(&rsa, &token).map_err(|error| {
        Failure::new(ExitCode::NoSecret, format!("`{name}` {error}"))
            .hint(format!("name the key that belongs to the certificate it was encrypted with: `--key PEM`; this one is {fingerprint}"))
    })?;
    if opened.password_length < PASSWORD_LENGTH {
        report.warning(
            &format!(
                "`{name}` opens with a password of {} bytes instead of {PASSWORD_LENGTH}",
                opened.password_length
            ),
            &["encrypt it again with `workload-provider encrypt` or `env-deployer encrypt`".to_owned()],
        );
    }
    output.write_all(opened.text.as_bytes()).doing_io("write", target)?;
    let (is_file, written) = (output.is_file(), output.quoted());
    output.commit()?;
    if is_file {
        report.success(&format!("wrote {written}, {} bytes", opened.text.len()));
    }
    let result = json!({
        "token": name,
        "output": input::name(target),
        "prefix": token.parts().0.as_str(),
        "keyFingerprint": fingerprint,
        "bytes": opened.text.len(),
        "passwordLength": opened.password_length,
        "passwordCut": opened.password_cut,
    });
    report.result(&result, |_| Vec::<String>::new())
}

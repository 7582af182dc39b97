//! Inserts content: `!file`, `!folder`, and the signing key of `--signing-key`.

use std::path::{Path, PathBuf};

use contract_pki::{pem, verifying_key::VerifyingKey};
use findings::join;
use serde::Serialize;
use strict_yaml::{Key, Kind, Node, Style, Tag, quote};
use zeroize::Zeroizing;

use crate::{
    Passphrases,
    fields::{Check, Field},
    file, seeds,
    splice::{Edit, Part},
};

/// The only field whose key is converted: the guest's syslog takes PKCS#8 alone.
const SYSLOG_KEY: &str = "logging.syslog.key";

/// The only field whose file is encoded: users write the policy as text, and the guest reads base64.
const POLICY: &str = "confidential-containers.regoValidator.policy";

/// The fields that hold PEM and nothing else: text around the blocks, which the schema refuses, is cut.
const PEM_FIELDS: [&str; 4] = ["signingKey", "logging.syslog.server", "logging.syslog.cert", SYSLOG_KEY];

/// A file whose content goes into a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IncludedFile {
    /// Where it appears: `logging.syslog.server`.
    pub field: String,
    /// The file, with the folder that its name is relative to.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// Replaces tags by contents in the tree, and collects the edits of the text.
pub struct Resolver<'r, 'a> {
    /// Where findings go.
    pub check: &'r mut Check<'a>,
    /// What paths are relative to.
    pub folder: &'a Path,
    /// Asks for passphrases.
    pub passphrases: &'r mut dyn Passphrases,
    /// The edits so far.
    pub edits: Vec<Edit>,
    /// The files read so far.
    pub files: Vec<IncludedFile>,
}

impl Resolver<'_, '_> {
    /// Resolves a value and all below it.
    pub fn resolve(&mut self, path: &str, line: usize, node: &mut Node) {
        match node.tag {
            Some(Tag::File) => self.file(path, line, node),
            Some(Tag::Folder) => self.folder(path, line, node),
            None => {}
        }
        match &mut node.kind {
            Kind::Scalar { .. } => {}
            Kind::Sequence(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.resolve(&format!("{path}[{at}]"), item.line, item);
                }
            }
            Kind::Mapping(entries) => {
                for (key, node) in entries {
                    self.resolve(&join(path, &key.text), key.line, node);
                }
            }
        }
    }

    fn file(&mut self, path: &str, line: usize, node: &mut Node) {
        let Some(named) = node.text().map(str::to_owned) else { return };
        let whole = self.folder.join(&named);
        let cut = |text: Zeroizing<String>| {
            let blocks = PEM_FIELDS.contains(&path).then(|| pem::without_text(&text)).flatten();
            blocks.unwrap_or(text)
        };
        let read = match path {
            SYSLOG_KEY => file::read(&whole).and_then(|(text, bytes)| {
                let text = cut(text);
                file::pkcs8(text, &mut || self.passphrases.passphrase(&named)).map(|text| (text, bytes))
            }),
            POLICY => file::read_base64(&whole),
            _ => file::read(&whole).map(|(text, bytes)| (cut(text), bytes)),
        };
        match read {
            Ok((text, bytes)) => {
                self.warn_outside(path, line, node, &whole);
                let shown = whole.strip_prefix(".").unwrap_or(&whole).to_owned();
                self.files.push(IncludedFile { field: path.to_owned(), path: shown, bytes });
                self.edit(node, Part::Text(quote(&text)));
                node.kind = Kind::Scalar { text, style: Style::Quoted };
                node.tag = None;
            }
            Err(error) => {
                if matches!(error, file::FileError::WrongPassphrase) {
                    self.passphrases.wrong(&named);
                }
                let field = Field { path: path.to_owned(), line, node };
                self.check.error(&field, format!("the file `{named}` {error}"), error.hint());
            }
        }
    }

    /// The tag stays: the reader of the field needs the folder.
    fn folder(&mut self, path: &str, line: usize, node: &Node) {
        let Some(named) = node.text() else { return };
        self.warn_outside(path, line, node, &self.folder.join(named));
        self.check.hidden.push((node.span.clone(), format!("<archive of {named}>")));
        self.edit(node, Part::Folder(self.folder.join(named)));
    }

    /// A path or a link may lead out of the folder, and the section's author need not own the machine.
    fn warn_outside(&mut self, path: &str, line: usize, node: &Node, whole: &Path) {
        let (Ok(real), Ok(folder)) = (whole.canonicalize(), self.folder.canonicalize()) else { return };
        if !real.starts_with(folder) {
            let field = Field { path: path.to_owned(), line, node };
            self.check.warning(
                &field,
                format!("leads out of this folder: `{}` goes into the section", real.display()),
                format!(
                    "look at it before you encrypt; to have it in this folder: `cp -r {} {}`",
                    real.display(),
                    self.folder.display()
                ),
            );
        }
    }

    fn edit(&mut self, node: &Node, mut replacement: Part) {
        if let (Kind::Scalar { style: Style::Block, .. }, Part::Text(text)) = (&node.kind, &mut replacement) {
            // a block scalar's span includes its last line end
            text.push('\n');
        }
        self.edits.push(Edit { span: node.span.clone(), replacement });
    }
}

/// Inserts `signingKey` before `logging`, if it is missing.
pub fn insert_signing_key(check: &mut Check<'_>, text: &str, root: &mut Node, pem: &str) -> Option<Edit> {
    let key = match VerifyingKey::parse(pem) {
        Ok(key) => key,
        Err(error) => {
            let hint = "name the file that `contract-signer public-key` wrote: `--signing-key PUBLIC.pem`";
            check.error(&Field::root(root), format!("the signing key is {error}"), hint);
            return None;
        }
    };
    if let Some(there) = root.entry("signingKey") {
        let same = there.text().and_then(|text| VerifyingKey::parse(text).ok());
        // a damaged one has another finding
        if same.is_some_and(|same| same.fingerprint() != key.fingerprint()) {
            let field = Field { path: "signingKey".to_owned(), line: there.line, node: there };
            check.error(
                &field,
                format!("another key than the one given with `--signing-key` ({})", key.fingerprint()),
                "remove the field or the flag, whichever is the wrong one",
            );
        }
        return None;
    }
    let Kind::Mapping(entries) = &mut root.kind else { return None };
    let at = entries.iter().position(|(key, _)| key.text == "logging").unwrap_or(0);
    let (before, _) = entries.get(at)?;
    let place = before.span.start;
    // in a block, a separate line; in `{…}`, one more entry
    let end = if text.get(root.span.start..)?.starts_with('{') {
        ", ".to_owned()
    } else {
        seeds::new_line(text, place)?
    };
    let quoted = quote(pem);
    let line = Zeroizing::new(format!("signingKey: {}{end}", *quoted));
    let key = Key {
        text: "signingKey".to_owned(),
        span: place..place,
        line: before.line,
        column: before.column,
        style: Style::Plain,
    };
    let kind = Kind::Scalar { text: Zeroizing::new(pem.to_owned()), style: Style::Quoted };
    let node = Node { span: place..place, line: key.line, column: key.column, tag: None, kind };
    entries.insert(at, (key, node));
    Some(Edit { span: place..place, replacement: Part::Text(line) })
}

//! Edits a text in place: all other bytes stay as the user wrote them (contract-format, section 3).

use std::{fmt, ops::Range, path::PathBuf};

use zeroize::Zeroizing;

/// A piece of the section as it will be encrypted; all pieces, one after the other, are the section.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// Bytes of the section.
    Text(Zeroizing<String>),
    /// The base64 of this folder's archive, on one line. It is packed while the section is encrypted.
    Folder(PathBuf),
}

/// Shows no text: it holds the section's secrets.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text(<{} bytes>)", text.len()),
            Self::Folder(folder) => write!(f, "Folder({})", folder.display()),
        }
    }
}

/// Replaces some bytes of a text; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub span: Range<usize>,
    /// What comes in their place.
    pub replacement: Part,
}

/// Edits that overlap, or that cut a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two edits want the same bytes")]
pub struct SpliceError;

/// Applies edits, given in any order, and keeps every other byte as it is.
pub fn splice(text: &str, mut edits: Vec<Edit>) -> Result<Vec<Part>, SpliceError> {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut parts = Parts(Vec::with_capacity(1 + 2 * edits.len()), text.len());
    let mut copied = 0;
    for edit in edits {
        parts.push(text.get(copied..edit.span.start).ok_or(SpliceError)?);
        match edit.replacement {
            Part::Text(text) => parts.push(&text),
            folder @ Part::Folder(_) => parts.0.push(folder),
        }
        copied = edit.span.end;
    }
    parts.push(text.get(copied..).ok_or(SpliceError)?);
    Ok(parts.0)
}

/// Pieces, and the room to make for a text.
struct Parts(Vec<Part>, usize);

impl Parts {
    /// Neighbouring texts are one piece.
    fn push(&mut self, text: &str) {
        if let Some(Part::Text(last)) = self.0.last_mut() {
            return append(last, text);
        }
        let mut first = Zeroizing::new(String::with_capacity(self.1 + text.len()));
        append(&mut first, text);
        self.0.push(Part::Text(first));
    }
}

/// A buffer that grows leaves a copy behind: copy it to a larger one, and wipe.
fn append(buffer: &mut Zeroizing<String>, text: &str) {
    if buffer.capacity() - buffer.len() < text.len() {
        let mut larger = Zeroizing::new(String::with_capacity(2 * (buffer.len() + text.len())));
        larger.push_str(buffer);
        *buffer = larger;
    }
    buffer.push_str(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Part {
        Part::Text(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn everything_else_stays() {
        let edits = vec![
            Edit { span: 8..8, replacement: text("é") },
            Edit { span: 2..4, replacement: Part::Folder("play".into()) },
            Edit { span: 6..7, replacement: text("") },
        ];
        let parts = splice("01234567", edits).unwrap();
        assert_eq!(parts, [text("01"), Part::Folder("play".into()), text("457é")]);
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let edit = |span| Edit { span, replacement: text("x") };
        assert_eq!(splice("01234567", vec![edit(2..4), edit(3..5)]), Err(SpliceError));
        assert_eq!(splice("01234567", vec![edit(7..9)]), Err(SpliceError));
        assert_eq!(splice("é", vec![edit(1..2)]), Err(SpliceError));
    }

    proptest! {
        #[test]
        fn what_is_cut_out_and_put_back_was_never_gone(source in "\\PC{0,40}", a in 0_usize..40, b in 0_usize..40) {
            let boundary = |at: usize| source.char_indices().map(|(byte, _)| byte).nth(at).unwrap_or(source.len());
            let span = boundary(a.min(b))..boundary(a.max(b));
            let replacement = text(&source[span.clone()]);
            prop_assert_eq!(splice(&source, vec![Edit { span, replacement }]).unwrap(), [text(&source)]);
        }
    }
}

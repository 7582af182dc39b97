//! Refuses what readers of the libyaml family (libyaml, `PyYAML`, Go's yaml.v3 and yaml.v2) read in different ways.
//!
//! The parser follows YAML 1.2, that family its own form of YAML 1.1. If both read a text differently, the guest reads
//! another document than was checked. docs/format/strict-yaml.md lists the rules; tests compare with the readers.

use std::{ops::Range, slice::SliceIndex};

use serde_saphyr::granit_parser::ScalarStyle;

use crate::{Error, Fault};

/// Most characters of a key. YAML's own limit is 1,024, and readers count differently.
pub const LONGEST_KEY: usize = 1000;

/// Refuses characters that are not allowed anywhere in a file, not even in comments.
pub fn characters(text: &str) -> Result<(), Error> {
    if text.starts_with('\u{feff}') {
        return Err(Error::ByteOrderMark);
    }
    // bytes first: archives are megabytes of ASCII
    let suspicious = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n')) || *byte >= 0x7f;
    if !text.as_bytes().iter().any(suspicious) {
        return Ok(());
    }
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let fault = match c {
            '\r' if rest.peek().is_some_and(|(_, next)| *next == '\n') => continue,
            '\r' => Fault::CarriageReturn,
            '\u{85}' | '\u{2028}' | '\u{2029}' => Fault::LineBreak(u32::from(c)),
            '\t' | '\n' => continue,
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                Fault::ControlCharacter(u32::from(c))
            }
            _ => continue,
        };
        return Err(error_at(text, at, fault));
    }
    Ok(())
}

/// Checks what is between two values: white space, comments, indicators, tags and anchors. `json` is whether a quoted key
/// in brackets comes before: as in JSON, its colon needs no space after it.
pub fn gap(text: &str, gap: Range<usize>, json: bool) -> Result<(), Error> {
    let bytes = text.as_bytes();
    let mut at = gap.start;
    while at < gap.end {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let length = match bytes.get(at) {
            Some(b'#') if !is_blank(before) => return Err(error_at(text, at, Fault::Comment)),
            Some(b'#') => {
                let rest = slice(text, at..)?;
                rest.find('\n').unwrap_or(rest.len())
            }
            Some(b'\t') => return Err(error_at(text, at, Fault::Tab)),
            Some(b'?') => return Err(error_at(text, at, Fault::Key)),
            Some(b':') if json => 1,
            Some(b':') if !is_blank(bytes.get(at + 1)) => return Err(error_at(text, at, Fault::Colon)),
            Some(mark @ (b'!' | b'&')) => {
                let rest = slice(text, at..)?;
                let word = rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                let name = slice(rest, 1..word)?;
                let name = if *mark == b'!' { name.trim_start_matches('!') } else { name };
                if !is_name(name) {
                    let fault = if *mark == b'!' { Fault::Tag } else { Fault::Name };
                    return Err(error_at(text, at, fault));
                }
                word
            }
            _ => 1,
        };
        at += length;
    }
    Ok(())
}

/// Refuses an alias with a name that readers end at different characters.
pub fn alias(text: &str, span: Range<usize>) -> Result<(), Error> {
    let name = text.get(span.clone()).and_then(|alias| alias.strip_prefix('*'));
    if name.is_some_and(is_name) { Ok(()) } else { Err(error_at(text, span.start, Fault::Name)) }
}

/// Refuses a key that is not on one line with its colon.
pub fn key(text: &str, span: Range<usize>) -> Result<(), Error> {
    let mut rest = slice(text, span.end..)?;
    let mut lines = slice(text, span.clone())?.contains('\n');
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        match rest.chars().next() {
            Some('\r' | '\n') => {
                lines = true;
                rest = rest.trim_start_matches(['\r', '\n']);
            }
            Some('#') => rest = rest.trim_start_matches(|c| c != '\n'),
            // a key in brackets may have no value, and then the line does not matter
            Some(':') if lines => return Err(error_at(text, span.start, Fault::KeyLines)),
            _ => return Ok(()),
        }
    }
}

/// Refuses a scalar that not every reader reads as the same text.
pub fn scalar(text: &str, span: Range<usize>, style: ScalarStyle, flow: bool) -> Result<(), Error> {
    let source = slice(text, span.clone())?;
    let found = match style {
        ScalarStyle::Plain => plain(source, flow),
        ScalarStyle::DoubleQuoted => escapes(source).map(|at| (at, Fault::Escape)),
        ScalarStyle::SingleQuoted => None,
        // given with its header
        ScalarStyle::Literal | ScalarStyle::Folded => block(source),
    };
    found.map_or(Ok(()), |(at, fault)| Err(error_at(text, span.start + at, fault)))
}

fn plain(source: &str, flow: bool) -> Option<(usize, Fault)> {
    if let Some(at) = source.find('\t') {
        return Some((at, Fault::Tab));
    }
    let ambiguous = flow && (source.contains('?') || source.starts_with(':') || source.ends_with(':'));
    ambiguous.then_some((0, Fault::FlowScalar))
}

/// The place of an escape that some reader does not know, or reads as something else.
fn escapes(source: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += source.get(at..)?.find('\\')?;
        let behind = source.get(at + 1..)?;
        let hex = |digits| u32::from_str_radix(behind.get(1..=digits)?, 16).ok().and_then(char::from_u32);
        match behind.chars().next()? {
            '0' | 'a' | 'b' | 't' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '\\' | 'N' | '_' | 'L'
            | 'P' | 'x' | '\r' | '\n' => {}
            'u' if hex(4).is_some() => {}
            'U' if hex(8).is_some() => {}
            _ => return Some(at),
        }
        at += 2;
    }
}

/// The place where a block scalar, given with its header, begins in a way that some reader refuses.
fn block(source: &str) -> Option<(usize, Fault)> {
    let header = source.find(['#', '\n']).unwrap_or(source.len());
    if let Some(at) = source.find('\t').filter(|at| *at < header) {
        return Some((at, Fault::Tab));
    }
    let mut at = source.find('\n')? + 1;
    for line in source.get(at..)?.split('\n') {
        let content = line.trim_start_matches(' ');
        match content.chars().next() {
            None | Some('\r') => at += line.len() + 1,
            Some('\t') => return Some((at + line.len() - content.len(), Fault::Tab)),
            Some(_) => return (content.len() == line.len()).then_some((at, Fault::BlockIndent)),
        }
    }
    None
}

/// A fault at a byte of the text.
pub fn error_at(text: &str, at: usize, fault: Fault) -> Error {
    let Some(before) = text.get(..at) else { return Error::Internal };
    let column = 1 + before.chars().rev().take_while(|c| *c != '\n').count();
    Error::At { line: 1 + before.matches('\n').count(), column, fault }
}

/// A part of the text; where there is none, the reader has miscounted, and nothing may be passed over.
pub fn slice<R: SliceIndex<str, Output = str>>(text: &str, part: R) -> Result<&str, Error> {
    text.get(part).ok_or(Error::Internal)
}

fn is_blank(byte: Option<&u8>) -> bool {
    byte.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

//! From events to the tree: every rule beside the check that enforces it.

use std::{collections::HashMap, ops::Range};

use serde_saphyr::granit_parser::{
    self, ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput,
};
use zeroize::Zeroizing;

use super::{Document, Error, Fault, Key, Kind, Limits, Node, Style, Tag, Tags};

/// Reads one document.
pub fn parse(text: &str, limits: &Limits, tags: Tags) -> Result<Document, Error> {
    if text.len() > limits.bytes {
        return Err(Error::TooLarge { limit: limits.bytes });
    }
    refuse_control_characters(text)?;
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_comments: false,
        // a block scalar at the very end of the file: as the guest's reader (Go, after libyaml) has it
        block_scalar_eof_without_line_feed: true,
        flow_nesting_limit: limits.nesting,
        block_nesting_limit: limits.nesting,
    };
    let events = Parser::new_from_str_with_options(text, options);
    Reader { events, text, tags, nesting: limits.nesting, end: 0 }.document()
}

/// YAML's own rule about what a file may hold, apart from the byte order mark, which it allows and Go does not.
fn refuse_control_characters(text: &str) -> Result<(), Error> {
    if text.starts_with('\u{feff}') {
        return Err(Error::ByteOrderMark);
    }
    let control = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    // by bytes first: archives are megabytes of ASCII
    let suspicious = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte >= 0x7f;
    if !text.as_bytes().iter().any(suspicious) {
        return Ok(());
    }
    match text.char_indices().find(|(_, c)| control(*c)) {
        None => Ok(()),
        Some((at, found)) => {
            let before = text.get(..at).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            Err(Error::ControlCharacter {
                line: 1 + before.matches('\n').count(),
                column: 1 + before.get(line_start..).unwrap_or_default().chars().count(),
                code: u32::from(found),
            })
        }
    }
}

/// The first mistake of any YAML, read as loosely as the event parser reads it.
pub fn first_mistake(text: &str) -> Option<Error> {
    let options = granit_parser::options! { emit_comments: false };
    Parser::new_from_str_with_options(text, options).find_map(Result::err).map(|error| syntax(&error))
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    text: &'t str,
    tags: Tags,
    nesting: usize,
    /// Where the last event ended, in bytes.
    end: usize,
}

impl<'t> Reader<'t> {
    fn document(mut self) -> Result<Document, Error> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, span) => return Err(at(&span.start, Fault::Empty)),
                (event, span) => {
                    let root = self.node(event, &span, 0)?;
                    return self.finish(root);
                }
            }
        }
    }

    /// Nothing but the end may follow the first document.
    fn finish(mut self, root: Node) -> Result<Document, Error> {
        loop {
            match self.next()? {
                (Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(Document { root }),
                (_, span) => return Err(at(&span.start, Fault::SecondDocument)),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Error> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                self.refuse_tab(self.end..range(&span).start)?;
                Ok((event, span))
            }
            Some(Err(error)) => Err(syntax(&error)),
            None => Err(Error::At { line: 1, column: 1, fault: Fault::Empty }),
        }
    }

    /// Builds the value which begins with an event; nothing of an anchored, aliased or foreignly tagged one is kept.
    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node, Error> {
        if event.anchor_id().is_some() {
            return Err(at(&span.start, Fault::Anchor));
        }
        let tag = match event.tag() {
            None => None,
            Some(tag) => Some(self.tag(&event, span, (tag.handle(), tag.suffix()))?),
        };
        if depth > self.nesting {
            return Err(at(&span.start, Fault::TooDeep));
        }
        let gap = self.end;
        self.end = range(span).end;
        let (start, kind) = match event {
            Event::Scalar(text, style, ..) => {
                let (start, text, style) = match style {
                    // the parser's word for an absent value
                    ScalarStyle::Plain if range(span).is_empty() => {
                        (range(span).start, String::new(), Style::Plain)
                    }
                    ScalarStyle::Plain => (range(span).start, text.into_owned(), Style::Plain),
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        (range(span).start, text.into_owned(), Style::Quoted)
                    }
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        self.end = self.block_end(span);
                        (self.block_header(gap, span), text.into_owned(), Style::Block)
                    }
                };
                (start, Kind::Scalar { text: Zeroizing::new(text), style })
            }
            Event::SequenceStart(..) => (range(span).start, self.sequence(depth)?),
            Event::MappingStart(..) => (range(span).start, self.mapping(depth)?),
            _ => return Err(at(&span.start, Fault::Alias)),
        };
        let first = span.tag_span().filter(|_| tag.is_some()).map_or(span.start, |tag| tag.start);
        let start = first.byte_offset().map_or(start, |first| first.min(start));
        Ok(Node { span: start..self.end, line: first.line(), column: first.col() + 1, tag, kind })
    }

    fn tag(&self, event: &Event<'t>, span: &Span, name: (&str, &str)) -> Result<Tag, Error> {
        let place = span.tag_span().map_or(span.start, |tag| tag.start);
        let tag = match name {
            _ if self.tags == Tags::Refused => return Err(at(&place, Fault::Tag)),
            ("!", "file") => Tag::File,
            ("!", "folder") => Tag::Folder,
            _ => return Err(at(&place, Fault::Tag)),
        };
        match event.scalar() {
            Some((path, _)) if !path.is_empty() => Ok(tag),
            _ => Err(at(&place, Fault::TagWithoutPath)),
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Kind, Error> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, span) => {
                    self.close(&span);
                    return Ok(Kind::Sequence(items));
                }
                (event, span) => items.push(self.node(event, &span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Kind, Error> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                self.close(&span);
                refuse_duplicates(&entries)?;
                return Ok(Kind::Mapping(entries));
            }
            let key = self.key(event, &span)?;
            let (event, span) = self.next()?;
            entries.push((key, self.node(event, &span, depth + 1)?));
        }
    }

    fn key(&mut self, event: Event<'t>, span: &Span) -> Result<Key, Error> {
        let fault = match &event {
            event if event.anchor_id().is_some() => Some(Fault::Anchor),
            event if event.is_alias() => Some(Fault::Alias),
            event if event.tag().is_some() => Some(Fault::Tag),
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => Some(Fault::MergeKey),
            Event::Scalar(_, ScalarStyle::Plain, ..) if range(span).is_empty() => Some(Fault::Key),
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => Some(Fault::Key),
            Event::Scalar(..)
                if self.outside_comments(self.end..range(span).start).any(|(_, c)| c == '?') =>
            {
                Some(Fault::Key)
            }
            Event::Scalar(..) => None,
            _ => Some(Fault::Key),
        };
        let Event::Scalar(text, style, ..) = event else {
            return Err(at(&span.start, fault.unwrap_or(Fault::Key)));
        };
        if let Some(fault) = fault {
            return Err(at(&span.start, fault));
        }
        self.end = range(span).end;
        let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
        Ok(Key {
            text: text.into_owned(),
            span: range(span),
            line: span.start.line(),
            column: span.start.col() + 1,
            style,
        })
    }

    /// The event parser takes a tab for indentation here and there; libyaml and its children never do.
    fn refuse_tab(&self, gap: Range<usize>) -> Result<(), Error> {
        let mut line_start = None;
        for (at, c) in self.outside_comments(gap) {
            match (c, line_start) {
                ('\n', _) => line_start = Some(at + 1),
                ('\t', _) if at == 0 || line_start.is_some() => {
                    let before = self.text.get(..at).unwrap_or_default();
                    let column = 1 + at - line_start.unwrap_or_default();
                    let line = 1 + before.matches('\n').count();
                    return Err(Error::At { line, column, fault: Fault::Tab });
                }
                (' ', _) => {}
                _ => line_start = None,
            }
        }
        Ok(())
    }

    /// A flow collection ends with its bracket; a block one with its last value, whatever white space follows.
    fn close(&mut self, end: &Span) {
        if !range(end).is_empty() {
            self.end = range(end).end;
        }
    }

    /// The parser's span of a block scalar begins with its content: go back to `|` or `>`.
    fn block_header(&self, gap: usize, span: &Span) -> usize {
        let from = span.tag_span().map_or(gap, |tag| range(&tag).end);
        let header = self.outside_comments(from..range(span).start).find(|(_, c)| matches!(c, '|' | '>'));
        header.map_or(range(span).start, |(at, _)| at)
    }

    /// The parser's span of a block scalar reaches into the indentation of the line behind it.
    fn block_end(&self, span: &Span) -> usize {
        let content = self.text.get(range(span)).unwrap_or_default().trim_end_matches(' ');
        if content.ends_with('\n') { range(span).start + content.len() } else { range(span).end }
    }

    /// The characters between two values, without those of comments.
    fn outside_comments(&self, gap: Range<usize>) -> impl Iterator<Item = (usize, char)> {
        let mut comment = false;
        let start = gap.start;
        self.text.get(gap).unwrap_or_default().char_indices().filter_map(move |(at, c)| {
            comment = (comment && c != '\n') || c == '#';
            (!comment).then_some((start + at, c))
        })
    }
}

fn refuse_duplicates(entries: &[(Key, Node)]) -> Result<(), Error> {
    let mut seen = HashMap::with_capacity(entries.len());
    for (key, _) in entries {
        if let Some(first) = seen.insert(&*key.text, key.line) {
            return Err(Error::At {
                line: key.line,
                column: key.column,
                fault: Fault::DuplicateKey { first },
            });
        }
    }
    Ok(())
}

fn range(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}

fn at(place: &Marker, fault: Fault) -> Error {
    Error::At { line: place.line(), column: place.col() + 1, fault }
}

fn syntax(error: &ScanError) -> Error {
    let fault = match error.kind() {
        ErrorKind::DirectiveDisallowed => Fault::Directive,
        ErrorKind::UnknownAnchor => Fault::Alias,
        ErrorKind::UndeclaredTagHandle => Fault::Tag,
        ErrorKind::RecursionLimitExceeded => Fault::TooDeep,
        // the only ones which repeat a part of the text
        ErrorKind::UnexpectedCharacter { .. } | ErrorKind::Custom(_) => {
            Fault::Syntax("unexpected character".to_owned())
        }
        kind => Fault::Syntax(kind.to_string()),
    };
    at(error.marker(), fault)
}

#[cfg(test)]
mod tests;

//! Builds the tree from the parser's events, and checks the rules.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use serde_saphyr::granit_parser::{
    self, ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput,
};
use zeroize::Zeroizing;

use crate::{Document, Error, Fault, Key, Kind, Limits, Node, Style, Tag, Tags, plain, rules};

/// Reads one document.
pub fn parse(text: &str, limits: &Limits, tags: Tags) -> Result<Document, Error> {
    let mut reader = Reader::new(text, *limits, Language::Strict(tags))?;
    let Some(root) = reader.document()? else { return Err(rules::error_at(text, text.len(), Fault::Empty)) };
    match reader.next_document()? {
        None => Ok(Document { root }),
        Some(place) => Err(error_at(&place, Fault::SecondDocument)),
    }
}

/// Reads the documents of a compose file or of descriptors: with anchors, aliases, merge keys and YAML's own tags.
pub fn parse_descriptors(text: &str, limits: &Limits) -> Result<Vec<Node>, Error> {
    let mut reader = Reader::new(text, *limits, Language::Descriptors)?;
    let mut documents = Vec::new();
    while let Some(root) = reader.document()? {
        documents.push(root);
    }
    Ok(documents)
}

/// Which YAML is accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// What a section may hold.
    Strict(Tags),
    /// What compose files and descriptors hold.
    Descriptors,
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    text: &'t str,
    language: Language,
    limits: Limits,
    /// Where the last event ended, in bytes.
    end: usize,
    /// For each mapping and sequence that is open: whether it is in brackets.
    flow: Vec<bool>,
    /// Whether the last event was a quoted key in brackets.
    json: bool,
    /// How many values there are so far.
    nodes: usize,
    /// Bytes of text that aliases repeat.
    repeated: usize,
    /// The anchors of this document, by the parser's numbers.
    anchors: HashMap<usize, Node>,
    /// Where the next document begins, if its start was read.
    announced: Option<Marker>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, limits: Limits, language: Language) -> Result<Self, Error> {
        if text.len() > limits.bytes {
            return Err(Error::TooLarge { limit: limits.bytes });
        }
        rules::characters(text)?;
        let options = granit_parser::options! {
            disallow_directives: true,
            emit_comments: false,
            // a block scalar at the end of the file, as the guest's reader (Go, after libyaml) reads it
            block_scalar_eof_without_line_feed: true,
            simple_key_max_lookahead: rules::LONGEST_KEY,
            flow_nesting_limit: limits.nesting,
            block_nesting_limit: limits.nesting,
        };
        Ok(Self {
            events: Parser::new_from_str_with_options(text, options),
            text,
            language,
            limits,
            end: 0,
            flow: Vec::new(),
            json: false,
            nodes: 0,
            repeated: 0,
            anchors: HashMap::new(),
            announced: None,
        })
    }

    /// The next document, if there is one.
    fn document(&mut self) -> Result<Option<Node>, Error> {
        if self.announced.is_none() && self.next_document()?.is_none() {
            return Ok(None);
        }
        self.announced = None;
        self.anchors.clear();
        let (event, span) = self.next()?;
        self.node(event, &span, 0).map(Some)
    }

    /// Where the next document begins, if there is one.
    fn next_document(&mut self) -> Result<Option<Marker>, Error> {
        loop {
            let first = self.nodes == 0;
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd, _) => {}
                (Event::DocumentStart(false, _), span) if !first => {
                    return Err(error_at(&span.start, Fault::DocumentStart));
                }
                (Event::StreamEnd, _) => return Ok(None),
                (_, span) => {
                    self.announced = Some(span.start);
                    return Ok(self.announced);
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Error> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let start = span.byte_range().ok_or(Error::Internal)?.start;
                self.check_gap(start)?;
                // an absent value may come before its colon
                self.json &= start <= self.end;
                Ok((event, span))
            }
            Some(Err(error)) => Err(syntax(&error)),
            None => Err(Error::At { line: 1, column: 1, fault: Fault::Empty }),
        }
    }

    fn check_gap(&self, to: usize) -> Result<(), Error> {
        let gap = self.end..to.max(self.end);
        if self.nodes == 0 {
            let before = rules::slice(self.text, gap.clone())?;
            let marker =
                if before.starts_with("...") { Some(0) } else { before.find("\n...").map(|at| at + 1) };
            if let Some(at) = marker {
                return Err(rules::error_at(self.text, gap.start + at, Fault::DocumentEnd));
            }
        }
        rules::gap(self.text, gap, self.json)
    }

    fn in_brackets(&self) -> bool {
        self.flow.last().copied().unwrap_or(false)
    }

    /// Counts a value before it is built.
    fn count(&mut self, place: &Marker, nodes: usize) -> Result<(), Error> {
        self.nodes += nodes;
        let limit = self.limits.nodes;
        if self.nodes > limit { Err(error_at(place, Fault::TooMany(limit))) } else { Ok(()) }
    }

    /// Builds the value that begins with an event.
    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node, Error> {
        self.count(&span.start, 1)?;
        if depth > self.limits.nesting {
            return Err(error_at(&span.start, Fault::TooDeep));
        }
        let anchor = event.anchor_id();
        if anchor.is_some() && self.language != Language::Descriptors {
            return Err(error_at(&span.start, Fault::Anchor));
        }
        let tag = event.tag().map(|tag| self.tag(&event, span, (tag.handle(), tag.suffix()))).transpose()?;
        let gap = self.end;
        self.end = range(span).end;
        let (start, mut kind) = match event {
            Event::Scalar(text, style, ..) => self.scalar(text.into_owned(), style, span, gap)?,
            Event::SequenceStart(..) => {
                self.open(span);
                (range(span).start, self.sequence(depth)?)
            }
            Event::MappingStart(..) => {
                self.open(span);
                (range(span).start, self.mapping(depth)?)
            }
            Event::Alias(id) if self.language == Language::Descriptors => {
                return self.alias(id, span, depth);
            }
            _ => return Err(error_at(&span.start, Fault::Alias)),
        };
        let tag = match (tag, &mut kind) {
            (Some(Meaning::Style(meant)), Kind::Scalar { style, .. }) => {
                *style = meant;
                None
            }
            (Some(Meaning::Ours(tag)), _) => Some(tag),
            _ => None,
        };
        let first = span.tag_span().filter(|_| tag.is_some()).map_or(span.start, |tag| tag.start);
        let start = first.byte_offset().map_or(start, |first| first.min(start));
        let node = Node { span: start..self.end, line: first.line(), column: first.col() + 1, tag, kind };
        if let Some(id) = anchor {
            self.repeat(&Size::measure(&node), &span.start, depth)?;
            self.anchors.insert(id, node.clone());
        }
        Ok(node)
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        span: &Span,
        gap: usize,
    ) -> Result<(usize, Kind), Error> {
        let text = Zeroizing::new(text);
        let mut start = range(span).start;
        let written = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => {
                self.end = self.block_end(span)?;
                start = self.block_header(gap, span)?;
                Style::Block
            }
        };
        rules::scalar(self.text, start..self.end, style, self.in_brackets())?;
        // the parser gives `~` for a missing value
        let absent = style == ScalarStyle::Plain && range(span).is_empty();
        let text = if absent { Zeroizing::default() } else { text };
        Ok((start, Kind::Scalar { text, style: written }))
    }

    /// The value of an anchor, copied.
    fn alias(&mut self, id: usize, span: &Span, depth: usize) -> Result<Node, Error> {
        rules::alias(self.text, range(span))?;
        // an anchor that is still open has no value yet
        let unknown = || error_at(&span.start, Fault::Alias);
        let size = self.anchors.get(&id).map(Size::measure).ok_or_else(unknown)?;
        self.repeat(&size, &span.start, depth)?;
        let node = self.anchors.get(&id).cloned().ok_or_else(unknown)?;
        self.end = range(span).end;
        Ok(Node { span: range(span), line: span.start.line(), column: span.start.col() + 1, ..node })
    }

    /// Counts a value that is copied.
    fn repeat(&mut self, size: &Size, place: &Marker, depth: usize) -> Result<(), Error> {
        if depth + size.depth > self.limits.nesting {
            return Err(error_at(place, Fault::TooDeep));
        }
        self.repeated = self.repeated.saturating_add(size.bytes);
        if self.repeated > self.limits.bytes {
            return Err(error_at(place, Fault::TooMuch(self.limits.bytes)));
        }
        self.count(place, size.nodes)
    }

    fn tag(&self, event: &Event<'t>, span: &Span, name: (&str, &str)) -> Result<Meaning, Error> {
        let place = span.tag_span().map_or(span.start, |tag| tag.start);
        let unknown = Err(error_at(&place, Fault::Tag));
        match (self.language, name) {
            (Language::Descriptors, ("tag:yaml.org,2002:", name)) => match (name, event) {
                ("str", Event::Scalar(..)) => Ok(Meaning::Style(Style::Quoted)),
                ("int" | "float" | "bool" | "null", Event::Scalar(..)) => Ok(Meaning::Style(Style::Plain)),
                ("map", Event::MappingStart(..)) | ("seq", Event::SequenceStart(..)) => Ok(Meaning::Nothing),
                _ => unknown,
            },
            (Language::Strict(Tags::FileAndFolder), ("!", name @ ("file" | "folder"))) => {
                match event.scalar() {
                    Some((path, _)) if !path.is_empty() => {
                        Ok(Meaning::Ours(if name == "file" { Tag::File } else { Tag::Folder }))
                    }
                    _ => Err(error_at(&place, Fault::TagWithoutPath)),
                }
            }
            _ => unknown,
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
        let mut from_merge_key = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                self.close(&span);
                refuse_duplicates(&entries)?;
                merge(&mut entries, from_merge_key);
                return Ok(Kind::Mapping(entries));
            }
            let is_merge_key = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let place = span.start;
            let key = self.key(event, &span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, &span, depth + 1)?;
            if !is_merge_key {
                entries.push((key, value));
            } else if self.language != Language::Descriptors || !from_merge_key.is_empty() {
                return Err(error_at(&place, Fault::MergeKey));
            } else {
                from_merge_key = mappings(value).ok_or_else(|| error_at(&place, Fault::MergeKey))?;
            }
        }
    }

    fn key(&mut self, event: Event<'t>, span: &Span) -> Result<Key, Error> {
        let fault = match &event {
            event if event.anchor_id().is_some() => Some(Fault::Anchor),
            event if event.is_alias() => Some(Fault::Alias),
            event if event.tag().is_some() => Some(Fault::Tag),
            Event::Scalar(text, ScalarStyle::Plain, ..)
                if text == "<<" && self.language != Language::Descriptors =>
            {
                Some(Fault::MergeKey)
            }
            Event::Scalar(_, ScalarStyle::Plain, ..) if range(span).is_empty() => Some(Fault::Key),
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => Some(Fault::Key),
            Event::Scalar(text, ScalarStyle::Plain, ..) if plain::is_null(text) => Some(Fault::NullKey),
            Event::Scalar(..) => None,
            _ => Some(Fault::Key),
        };
        let Event::Scalar(text, style, ..) = event else {
            return Err(error_at(&span.start, fault.unwrap_or(Fault::Key)));
        };
        if let Some(fault) = fault {
            return Err(error_at(&span.start, fault));
        }
        rules::scalar(self.text, range(span), style, self.in_brackets())?;
        rules::key(self.text, range(span))?;
        self.end = range(span).end;
        let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
        self.json = self.in_brackets() && style == Style::Quoted;
        Ok(Key {
            text: text.into_owned(),
            span: range(span),
            line: span.start.line(),
            column: span.start.col() + 1,
            style,
        })
    }

    /// Only brackets have a span; everything within brackets is in brackets.
    fn open(&mut self, span: &Span) {
        self.flow.push(self.in_brackets() || !range(span).is_empty());
    }

    /// A flow collection ends with its bracket, a block collection with its last value.
    fn close(&mut self, end: &Span) {
        self.flow.pop();
        if !range(end).is_empty() {
            self.end = range(end).end;
        }
    }

    /// The parser's span of a block scalar begins with its content: finds `|` or `>` before it, outside of comments.
    fn block_header(&self, gap: usize, span: &Span) -> Result<usize, Error> {
        let content = range(span).start;
        let from = span.tag_span().map_or(gap, |tag| range(&tag).end).min(content);
        let mut comment = false;
        let header = rules::slice(self.text, from..content)?.find(|c| {
            comment = (comment && c != '\n') || c == '#';
            !comment && matches!(c, '|' | '>')
        });
        Ok(header.map_or(content, |at| from + at))
    }

    /// The parser's span of a block scalar includes the indentation of the next line.
    fn block_end(&self, span: &Span) -> Result<usize, Error> {
        let content = rules::slice(self.text, range(span))?.trim_end_matches(' ');
        Ok(if content.ends_with('\n') { range(span).start + content.len() } else { range(span).end })
    }
}

/// What a tag means.
enum Meaning {
    /// One of ours.
    Ours(Tag),
    /// Text, or what the text looks like.
    Style(Style),
    /// The type that the value has without it.
    Nothing,
}

/// The size of a value.
#[derive(Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Size {
    fn measure(node: &Node) -> Self {
        let add = |size: Self, (key, node): (usize, &Node)| {
            let Self { nodes, bytes, depth } = Self::measure(node);
            Self {
                nodes: size.nodes + nodes,
                bytes: size.bytes + bytes + key,
                depth: size.depth.max(depth + 1),
            }
        };
        let size = Self { nodes: 1, ..Self::default() };
        match &node.kind {
            Kind::Scalar { text, .. } => Self { bytes: text.len(), ..size },
            Kind::Sequence(items) => items.iter().map(|item| (0, item)).fold(size, add),
            Kind::Mapping(entries) => {
                entries.iter().map(|(key, node)| (key.text.len(), node)).fold(size, add)
            }
        }
    }
}

/// The mappings of a merge key: one, or a list of them.
fn mappings(value: Node) -> Option<Vec<Vec<(Key, Node)>>> {
    match value.kind {
        Kind::Mapping(entries) => Some(vec![entries]),
        Kind::Sequence(items) => items
            .into_iter()
            .map(|item| if let Kind::Mapping(entries) = item.kind { Some(entries) } else { None })
            .collect(),
        Kind::Scalar { .. } => None,
    }
}

/// Adds what is merged: an existing key wins, then the earlier mapping.
fn merge(entries: &mut Vec<(Key, Node)>, merged: Vec<Vec<(Key, Node)>>) {
    if merged.is_empty() {
        return;
    }
    let mut known: HashSet<_> = entries.iter().map(|(key, _)| key.text.clone()).collect();
    entries.extend(merged.into_iter().flatten().filter(|(key, _)| known.insert(key.text.clone())));
}

fn refuse_duplicates(entries: &[(Key, Node)]) -> Result<(), Error> {
    let mut seen = HashMap::with_capacity(entries.len());
    for (key, _) in entries {
        if let Some(first) = seen.insert(&*key.text, key.line) {
            let fault = Fault::DuplicateKey { first };
            return Err(Error::At { line: key.line, column: key.column, fault });
        }
    }
    Ok(())
}

/// The bytes of an event: `next` refuses one without them.
fn range(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}

fn error_at(place: &Marker, fault: Fault) -> Error {
    Error::At { line: place.line(), column: place.col() + 1, fault }
}

fn syntax(error: &ScanError) -> Error {
    let fault = match error.kind() {
        ErrorKind::DirectiveDisallowed => Fault::Directive,
        ErrorKind::UnknownAnchor => Fault::Alias,
        ErrorKind::UndeclaredTagHandle => Fault::Tag,
        ErrorKind::RecursionLimitExceeded => Fault::TooDeep,
        // only these repeat a part of the text
        ErrorKind::UnexpectedCharacter { .. } | ErrorKind::Custom(_) => {
            Fault::Syntax("unexpected character".to_owned())
        }
        kind => Fault::Syntax(kind.to_string()),
    };
    error_at(error.marker(), fault)
}

#[cfg(test)]
mod tests;

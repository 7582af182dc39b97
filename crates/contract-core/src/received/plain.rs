//! Sections in plain text: one alone in a file, and mappings in a contract.

use std::fmt;

use strict_yaml::{Limits, Node, Tags};
use zeroize::Zeroizing;

use crate::kind::SectionName;
use crate::user_data::{Form, LARGEST_YAML, fields, token_facts};

/// One section without the other.
#[derive(Clone, Debug)]
pub struct LoneSection {
    /// Which one.
    pub section: SectionName,
    /// Whether it is below its key of a contract, `workload: |`, as the documentation prints it.
    pub has_key: bool,
    /// A token, or plain text.
    pub form: Form,
}

impl LoneSection {
    /// A section, with or without its key.
    pub(super) fn find(root: &Node) -> Option<Self> {
        let is = |node: &Node, section: SectionName| {
            node.entry("type").and_then(Node::text) == Some(section.as_str())
        };
        let sections = [SectionName::Workload, SectionName::Env];
        let has_workload = root.entry("workload").is_some();
        if let Some(section) = sections.into_iter().find(|section| is(root, *section) && !has_workload) {
            return Some(Self { section, has_key: false, form: Form::Plain(fields(root)) });
        }
        let [workload, env] = sections.map(|section| root.entry(section.as_str()).map(|it| (section, it)));
        // more keys are those of user data, whose reader states what is missing
        let (section, value) =
            workload.xor(env).filter(|_| root.entries().is_some_and(|it| it.len() == 1))?;
        let parsed = value.text().map(|text| (text, root_of(text)));
        let form = match &parsed {
            None => is(value, section).then(|| Form::Plain(fields(value)))?,
            Some((_, Some(inner))) if is(inner, section) => Form::Plain(fields(inner)),
            Some((text, _)) => Form::Token(token_facts(text.trim_end_matches(['\r', '\n'])).ok()??),
        };
        Some(Self { section, has_key: true, form })
    }

    /// What to do with it.
    pub fn next(&self) -> String {
        let (section, author) = (self.section, self.section.author());
        match &self.form {
            Form::Plain(_) if self.has_key => format!(
                "take what is below `{section}:`, without its indentation, as `{section}.yaml`, and encrypt it: `{author} encrypt`"
            ),
            Form::Plain(_) => format!("encrypt it: `{author} encrypt`"),
            Form::Token(_) => {
                "put both tokens into one file, and sign it: `contract-signer sign --assembled FILE`".into()
            }
        }
    }
}

/// `it is …`
impl fmt::Display for LoneSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = self.section;
        match &self.form {
            Form::Plain(_) => write!(f, "the {section} section in plain text")?,
            Form::Token(_) => write!(f, "the {section} token")?,
        }
        if self.has_key { write!(f, ", below the key `{section}` of a contract") } else { Ok(()) }
    }
}

/// The root of a mapping, with the tags of a persona's folder.
pub(super) fn root_of(text: &str) -> Option<Node> {
    let root = parse(text, Tags::FileAndFolder)?;
    root.entries().is_some().then_some(root)
}

fn parse(text: &str, tags: Tags) -> Option<Node> {
    let limits = Limits { bytes: LARGEST_YAML, ..Limits::default() };
    strict_yaml::parse(text, &limits, tags).ok().map(|document| document.root)
}

/// A contract with the text of each section that is a mapping; `None` if there is none. The rest stays as it is.
pub(super) fn with_text_sections(text: &str, root: &Node) -> Option<Zeroizing<String>> {
    let mut mappings = Vec::new();
    for section in [SectionName::Workload, SectionName::Env] {
        let value = root.entry(section.as_str())?;
        if value.entries().is_some() {
            mappings.push((value, strict_yaml::quote(&document(text, value)?)));
        }
    }
    if mappings.is_empty() {
        return None;
    }
    mappings.sort_by_key(|(value, _)| value.span.start);
    let longest = text.len() + mappings.iter().map(|(_, quoted)| quoted.len()).sum::<usize>();
    let (mut rewritten, mut at) = (Zeroizing::new(String::with_capacity(longest)), 0);
    for (value, quoted) in &mappings {
        rewritten.push_str(text.get(at..value.span.start)?);
        rewritten.push_str(quoted);
        at = value.span.end;
    }
    rewritten.push_str(text.get(at..)?);
    Some(rewritten)
}

/// A mapping's own bytes as a YAML document: without the indentation that it has in the contract. `None` if it would be read
/// in another way.
fn document(text: &str, mapping: &Node) -> Option<Zeroizing<String>> {
    let source = text.get(mapping.span.clone())?;
    let indentation = mapping.column.saturating_sub(1);
    let mut document = Zeroizing::new(String::with_capacity(source.len() + 1));
    for line in source.split_inclusive('\n') {
        let spaces = line.bytes().take(indentation).take_while(|byte| *byte == b' ').count();
        document.push_str(line.get(spaces..)?);
    }
    if !document.ends_with('\n') {
        document.push('\n');
    }
    parse(&document, Tags::Refused).is_some_and(|root| root.same(mapping)).then_some(document)
}

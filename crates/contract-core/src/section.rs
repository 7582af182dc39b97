//! State 1 of 7: the section.

mod write;

pub use write::{Measured, WriteError};

/// Kind.
pub trait Kind {
    /// Name.
    const NAME: &'static str;
}
/// Workload.
pub enum Workload {}
/// Env.
pub enum Env {}
impl Kind for Workload {
    const NAME: &'static str = "workload";
}
impl Kind for Env {
    const NAME: &'static str = "env";
}
/// Part.
pub enum Part {
    /// Text.
    Text(zeroize::Zeroizing<String>),
    /// Folder.
    Folder(std::path::PathBuf),
}
/// Section.
pub struct Section<K> {
    parts: Vec<Part>,
    facts: Facts,
    _k: std::marker::PhantomData<K>,
}
impl<K> Section<K> {
    /// Parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
    /// x.
    pub fn of(parts: Vec<Part>) -> Self {
        Self {
            parts,
            facts: Facts { signing_key: Some("sha256:0".into()), ..Facts::default() },
            _k: std::marker::PhantomData,
        }
    }
}

/// Facts.
#[derive(Default)]
pub struct Facts {
    /// v
    pub volumes: Vec<VolumeFacts>,
    /// r
    pub required_variables: std::collections::BTreeSet<String>,
    /// p
    pub provided_variables: std::collections::BTreeSet<String>,
    /// s
    pub signing_key: Option<String>,
    /// i
    pub images: Vec<String>,
}
/// v
pub struct VolumeFacts {
    /// n
    pub name: String,
    /// r
    pub rolling: bool,
}

/// Stand-in.
pub struct Source<'a> {
    /// f
    pub file: &'a str,
    /// t
    pub text: &'a str,
    /// f
    pub folder: &'a std::path::Path,
    /// a
    pub at: jiff::Timestamp,
    /// s
    pub signing_key: Option<&'a str>,
}
/// Stand-in.
pub trait Passphrases {
    /// p
    fn passphrase(&mut self, file: &str) -> Result<zeroize::Zeroizing<String>, String>;
}
impl<K: Kind> Section<K> {
    /// Stand-in.
    pub fn read(source: &Source<'_>, _: &mut dyn Passphrases) -> (Option<Self>, crate::finding::Findings) {
        let mut parts = Vec::new();
        let mut text = String::new();
        for line in source.text.lines() {
            if let Some((before, folder)) = line.split_once("!folder ") {
                text += before;
                parts.push(Part::Text(std::mem::take(&mut text).into()));
                parts.push(Part::Folder(source.folder.join(folder.split(' ').next().unwrap_or_default())));
            } else {
                text += line;
            }
            text += "\n";
        }
        if let Some(key) = source.signing_key {
            text += &format!("signingKey: {key:?}\n");
        }
        parts.push(Part::Text(text.into()));
        (Some(Self::of(parts)), crate::finding::Findings::default())
    }
    /// Stand-in.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
    /// Stand-in.
    pub fn masked(&self) -> String {
        "masked\n".into()
    }
}

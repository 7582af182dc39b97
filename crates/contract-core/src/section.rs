//! State 1 of 7: the section.
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
    _k: std::marker::PhantomData<K>,
}
impl<K> Section<K> {
    /// Parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
    /// x.
    pub fn of(parts: Vec<Part>) -> Self {
        Self { parts, _k: std::marker::PhantomData }
    }
}

/// Facts.
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

//! The public facts of an archive.

/// A packed archive.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Packed {
    /// Lower-case hex SHA-256 of the tar.gz.
    pub sha256: String,
    /// Lower-case hex SHA-256 of the tar inside, which does not depend on the deflate library.
    pub tar_sha256: String,
    /// Bytes of the tar.gz.
    pub bytes: u64,
    /// The files inside, in the archive's order.
    pub files: Vec<PackedFile>,
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PackedFile {
    /// Its name in the archive.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

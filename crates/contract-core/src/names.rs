//! Names that a section's author chooses.

/// Bytes of a name of a variable or a volume: YAML has no longer key on one line (YAML 1.2.2, 7.4.2).
pub const LONGEST: usize = 1024;

/// `^[a-z_][a-z0-9-_]*$`, of at most [`LONGEST`] bytes
pub fn is_volume_name(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

/// `^[A-Za-z_][A-Za-z0-9_]*$`, of at most [`LONGEST`] bytes
pub fn is_variable_name(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

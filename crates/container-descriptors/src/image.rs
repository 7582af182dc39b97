//! Images of containers, and their names.

use std::collections::BTreeSet;

use findings::Place;

use crate::variables::has_variable;

/// An image to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where it is named.
    pub place: Place,
    /// Its name, with the variables that are known.
    pub name: String,
    /// The variables in it that another section may provide.
    pub open: BTreeSet<String>,
}

impl Image {
    /// Whether nobody but another section can complete the name.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty() && has_variable(&self.name)
    }
}

/// Whether the name ends in a digest: what it names can't change any more.
pub fn is_pinned(image: &str) -> bool {
    image.rsplit_once('@').is_some_and(|(_, digest)| is_digest(digest))
}

/// `sha256:` and 64 lower-case hex digits.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// `[REGISTRY[:PORT]/]NAME[:TAG][@DIGEST]`, in the characters that registries take.
pub fn is_reference(image: &str) -> bool {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (name, tag) = rest
        .rsplit_once(':')
        .filter(|(_, tag)| !tag.contains('/'))
        .map_or((rest, None), |(name, tag)| (name, Some(tag)));
    let path = match name.split_once('/') {
        Some((registry, path)) if registry.contains(['.', ':']) || registry == "localhost" => path,
        _ => name,
    };
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && word.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
    };
    path.split('/').all(word)
        && tag.is_none_or(|tag| {
            !tag.is_empty()
                && tag.len() <= 128
                && !tag.starts_with(['.', '-'])
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        })
        && digest.is_none_or(|digest| {
            digest
                .split_once(':')
                .is_some_and(|(_, hex)| hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        })
}

/// The name without tag and digest, with the registry that is meant where none is named.
pub fn name_of(image: &str) -> String {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    // behind a registry, a colon is its port
    let name = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name);
    match name.split_once('/') {
        None => format!("docker.io/library/{name}"),
        Some((registry, _)) if registry.contains(['.', ':']) || registry == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_tag_and_digest() {
        for (image, name) in [
            ("nginx", "docker.io/library/nginx"),
            ("nginx:1.27", "docker.io/library/nginx"),
            ("library/nginx", "docker.io/library/nginx"),
            ("docker.io/library/nginx@sha256:00", "docker.io/library/nginx"),
            ("us.icr.io:5000/ns/app:1@sha256:00", "us.icr.io:5000/ns/app"),
            ("localhost/app", "localhost/app"),
        ] {
            assert_eq!(name_of(image), name, "{image}");
        }
    }

    #[test]
    fn references() {
        let digest = "0123456789abcdef".repeat(4);
        for image in
            ["a", "a/b:1", "x.io:5000/a/b-c", "localhost/a_b:V1.0", &format!("q.io/a@sha256:{digest}")]
        {
            assert!(is_reference(image), "{image}");
        }
        for image in
            ["", "A", "x.io/", "a b", "a:", "a:b:c", "a/", "/a", "a@sha256:0", "a@", "-a", "https://x.io/a"]
        {
            assert!(!is_reference(image), "{image}");
        }
    }

    #[test]
    fn only_a_whole_digest_pins() {
        let digest = "0123456789abcdef".repeat(4);
        assert!(is_pinned(&format!("a/b:1@sha256:{digest}")));
        for image in ["a/b", "a/b:1", "a@sha256:00", "a@sha512:0"] {
            assert!(!is_pinned(image), "{image}");
        }
        assert!(!is_pinned(&format!("a@sha256:{}", digest.to_uppercase())));
        assert!(!is_pinned(&format!("a@sha256:{digest}0")));
    }
}

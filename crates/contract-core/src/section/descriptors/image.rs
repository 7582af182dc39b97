//! Names of container images.

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

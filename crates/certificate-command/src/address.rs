//! Where certificates are published: IBM's documented address, or the user's pattern.

use cli_kit::Failure;
use contract_pki::platform::Platform;

/// Documented for this platform alone (contract-format, section 9).
const HPVS: &str = "https://hpvsvpcubuntu.s3.us.cloud-object-storage.appdomain.cloud/s390x-{version}/ibm-hyper-protect-container-runtime-1-0-s390x-{version}-{kind}.crt";

/// The pattern to use: the given one, else the documented one of the platform.
pub fn pattern(given: Option<&str>, platform: Platform) -> Result<&str, Failure> {
    match (given, platform) {
        (Some(pattern), _) => Ok(pattern),
        (None, Platform::Hpvs) => Ok(HPVS),
        (None, other) => Err(Failure::usage(format!("no address is documented for the platform {other}"))
            .hint("take the certificate out of the image's package, or from IBM's page of that product")
            .hint("name an address: `--url 'https://…/{version}-{kind}.crt'`, or `certificate-url` in persona.yaml")),
    }
}

/// Fills the pattern in.
pub fn fill(pattern: &str, platform: Platform, version: Option<&str>, kind: &str) -> Result<String, Failure> {
    let mut address = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').ok_or_else(|| wrong(pattern, "a `{` without its `}`"))?;
        address.push_str(before);
        address.push_str(match name {
            "kind" => kind,
            "platform" => platform.name(),
            "version" => checked(version)?,
            _ => return Err(wrong(pattern, &format!("`{{{name}}}` is not known"))),
        });
        rest = after;
    }
    address.push_str(rest);
    let host = address.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
    match host {
        None | Some("") => Err(wrong(pattern, "not an HTTPS address")),
        Some(host) if host.contains('@') => {
            Err(wrong(pattern, "user names and passwords do not belong there"))
        }
        Some(_) => Ok(address),
    }
}

/// A version becomes part of a path, and must not lead to another one.
fn checked(version: Option<&str>) -> Result<&str, Failure> {
    let version = version.ok_or_else(|| {
        Failure::usage("no image version is named")
            .hint("pass it: `--version 29`, the number behind `s390x-`")
    })?;
    let plain = version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if plain && !version.is_empty() && !version.contains("..") {
        return Ok(version);
    }
    Err(Failure::usage(format!("`{version}` is no version")).hint("write it as in `--version 29`"))
}

fn wrong(pattern: &str, why: &str) -> Failure {
    Failure::usage(format!("cannot fetch from `{pattern}`: {why}")).hint(
        "write it as in `https://host/s390x-{version}/name-{version}-{kind}.crt`; {platform} is known too",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_addresses_are_filled_in() {
        let pattern = pattern(None, Platform::Hpvs).unwrap();
        assert_eq!(
            fill(pattern, Platform::Hpvs, Some("29"), "intermediate").unwrap(),
            "https://hpvsvpcubuntu.s3.us.cloud-object-storage.appdomain.cloud/s390x-29/ibm-hyper-protect-container-runtime-1-0-s390x-29-intermediate.crt"
        );
    }

    #[test]
    fn a_wrong_pattern_is_wrong_usage() {
        for (pattern, version) in [
            ("http://host/{version}", "29"),
            ("https:///{version}", "29"),
            ("https://user:password@host/{version}", "29"),
            ("https://host/{verison}", "29"),
            ("https://host/{version", "29"),
            ("https://host/{version}", "../x"),
            ("https://host/{version}", "2/9"),
            ("https://host/{version}", ""),
        ] {
            let failure = fill(pattern, Platform::Hpvs, Some(version), "encrypt").unwrap_err();
            assert_eq!(failure.exit, cli_kit::ExitCode::Usage, "{pattern} {version}");
        }
        assert!(fill("https://host/fixed.crt", Platform::Ccrt, None, "encrypt").is_ok());
        assert!(pattern(None, Platform::Ccrt).is_err());
    }
}

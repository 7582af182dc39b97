//! Certificates as lines of text.

use contract_pki::certificate::chain::VerifiedChain;
use contract_pki::certificate::revocation::Revocation;
use contract_pki::certificate::{CertificateFacts, Description, Role};
use contract_pki::validity::{Standing, Validity};
use contract_pki::x509::{day, is_endless};
use jiff::Timestamp;

use crate::images::images;

/// An encryption certificate: its subject, then what distinguishes it from others of the same subject, then its images.
pub fn encryption_lines(facts: &CertificateFacts) -> Vec<String> {
    let mut lines = vec![
        format!("encryption certificate: {}", facts.subject),
        format!(
            "  valid until {}, serial {}, key {}",
            day(facts.not_after),
            facts.serial,
            facts.key_fingerprint
        ),
    ];
    lines.extend(images(facts).iter().map(|images| format!("  image: {images}")));
    lines
}

/// A certificate's description; nothing that distinguishes certificates is left out.
pub(crate) fn description_lines(description: &Description, now: Timestamp) -> Vec<String> {
    let facts = &description.facts;
    let mut lines = Vec::new();
    let mut line = |label: &str, text: &str| lines.push(format!("{label:<18}{text}"));
    line("subject", &facts.subject);
    line(
        "issuer",
        if description.self_signed { "itself: no authority signed it" } else { &description.issuer },
    );
    line("serial", &facts.serial);
    line("key", &format!("{} {}, {}", description.key_type, description.key_bits, facts.key_fingerprint));
    line("signed with", &description.signature_algorithm);
    line("valid from", &day(facts.not_before).to_string());
    line("valid until", &until(facts.validity(), now));
    for (label, addresses, file) in [
        ("issuer's own", &description.ca_issuers, "intermediate.crt"),
        ("revocation list", &description.crl_distribution_points, "intermediate.crl"),
    ] {
        for address in addresses {
            line(label, address);
        }
        if let Some(command) = download_command(addresses, file) {
            line("  get it with", &command);
        }
    }
    let images = images(facts);
    for (place, images) in images.iter().enumerate() {
        line(if place == 0 { "image" } else { "" }, images);
    }
    lines
}

/// What was checked about each certificate, and what was not.
pub fn chain_lines<R: Role>(chain: &VerifiedChain<R>) -> Vec<String> {
    let last = chain.links().len().saturating_sub(1);
    let mut lines = Vec::new();
    for (place, link) in chain.links().iter().enumerate() {
        let what = match place {
            0 => "certificate",
            1 => "issued by",
            _ if place == last => "root",
            _ => "authority",
        };
        let mut line = |label: &str, text: String| lines.push(format!("{label:<18}{text}"));
        line(what, link.facts.subject.clone());
        line("  serial", link.facts.serial.clone());
        line("  key", link.facts.key_fingerprint.clone());
        line("  signed with", link.signature_algorithm.clone());
        line("  valid until", until(link.facts.validity(), chain.at()));
        match &link.revocation {
            Revocation::Root => {}
            Revocation::NotChecked => {
                line("  revoked", "NOT CHECKED: no `--crl` is about it".to_owned());
                let file = format!("{}.crl", place + 1);
                if let Some(command) = download_command(&link.crl_distribution_points, &file) {
                    line("  its list", command);
                }
            }
            Revocation::NotListed { file, until, partial } => {
                let part =
                    if *partial { "; the list covers a part of its issuer's certificates" } else { "" };
                line("  revoked", format!("no, by `{file}`, which is valid until {}{part}", day(*until)));
            }
        }
    }
    lines
}

/// Whole days until a certificate's end.
pub(crate) fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    end.duration_since(now).as_secs().div_euclid(86_400)
}

/// A command for the user that gets what an authority publishes, which is signed and often over plain HTTP. The address is
/// from the certificate, so nothing in it may have a meaning in a shell.
fn download_command(addresses: &[String], file: &str) -> Option<String> {
    let harmless = |address: &&String| {
        (address.starts_with("https://") || address.starts_with("http://"))
            && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?&=%+,".contains(&byte))
    };
    addresses.iter().find(harmless).map(|address| format!("curl -fL -o {file} '{address}'"))
}

/// The last day, and how long that is.
pub(crate) fn until(validity: Validity, now: Timestamp) -> String {
    let end = validity.not_after;
    let left = match (validity.at(now), days_left(end, now)) {
        (Standing::NotYet, _) => "NOT YET VALID".to_owned(),
        (Standing::Ended, _) => "EXPIRED".to_owned(),
        _ if is_endless(end) => return "no end".to_owned(),
        (_, 1) => "1 day left".to_owned(),
        (_, days) => format!("{days} days left"),
    };
    format!("{}, {left}", day(end))
}

//! The boot medium, on which the guest finds its user data (contract-format, section 10).

use std::io::Cursor;

use contract_core::boot_media::{Extent, Medium, VENDOR_DATA, VOLUME_ID};
use findings::Advice as _;
use strict_yaml::{Limits, Tags};

use crate::hpl::HPL11001E;
use crate::report::{Halt, Log, RecordLine};

const STEP: &str = "medium";

/// What a guest reads from a medium.
pub struct MediumContents<'a> {
    pub user_data: &'a [u8],
    pub network_config: Option<&'a [u8]>,
    /// The lines that the medium adds to the attestation record.
    pub record_lines: Vec<RecordLine>,
}

/// Finds the files on a medium.
pub fn read<'a>(log: &mut Log, input: &'a [u8]) -> Result<MediumContents<'a>, Halt> {
    let read = Medium::read(Cursor::new(input))
        .and_then(|medium| Ok((medium.attestation_lines(Cursor::new(input))?, medium)));
    let (lines, medium) = read.map_err(|error| {
        let hints = error.hints();
        log.refused(STEP, HPL11001E, error.to_string(), hints.first().map_or("", String::as_str))
    })?;
    let sha256 = lines.last().map_or("", |(_, sha256)| sha256);
    describe(log, input, &medium, sha256);
    Ok(MediumContents {
        user_data: file(input, medium.user_data),
        record_lines: lines.into_iter().map(|(name, sha256)| RecordLine { name, sha256 }).collect(),
        network_config: medium.network_config.map(|extent| file(input, extent)),
    })
}

/// Describes the medium, with a warning if the files next to the user data are unusual.
fn describe(log: &mut Log, bytes: &[u8], medium: &Medium, sha256: &str) {
    let joliet = if medium.joliet { "with" } else { "without" };
    let name = hostname(file(bytes, medium.meta_data));
    let host =
        name.as_ref().map_or("no name for the guest".to_owned(), |name| format!("a guest named `{name}`"));
    let detail =
        format!("volume `{VOLUME_ID}`, {}, {joliet} a Joliet tree; {host}; sha256 {sha256}", medium.names);
    let mut unusual = Vec::new();
    if name.is_none() {
        unusual.push("`meta-data` has no `local-hostname: NAME`".to_owned());
    }
    if strict_yaml::text(file(bytes, medium.vendor_data)).ok().and_then(usual_vendor_data).is_none() {
        unusual.push(
            "`vendor-data` is not the `#cloud-config` with `users: [default]` that is usual".to_owned(),
        );
    }
    if !medium.others.is_empty() {
        unusual.push(format!("there is also `{}`, which cloud-init may read", medium.others.join("`, `")));
    }
    if unusual.is_empty() {
        log.ok(STEP, detail);
    } else {
        log.warning(STEP, None, format!("{detail}; {}", unusual.join("; ")));
    }
}

/// A file of a medium.
fn file(bytes: &[u8], extent: Extent) -> &[u8] {
    let (start, end) = extent.range();
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let file = range.and_then(|(start, end)| bytes.get(start..end));
    file.unwrap_or_else(|| unreachable!("`Medium::read` refuses a file that is outside of the medium"))
}

fn hostname(meta_data: &[u8]) -> Option<String> {
    let document =
        strict_yaml::parse(strict_yaml::text(meta_data).ok()?, &Limits::default(), Tags::Refused).ok()?;
    document.root.entry("local-hostname")?.text().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// The same YAML as ours, with the first line of cloud-init.
fn usual_vendor_data(text: &str) -> Option<()> {
    let parse = |text| strict_yaml::parse(text, &Limits::default(), Tags::Refused).ok();
    let same = text.starts_with("#cloud-config") && parse(text)?.root.same(&parse(VENDOR_DATA)?.root);
    same.then_some(())
}

#[cfg(test)]
mod tests {
    use contract_core::boot_media::{BootMedia, Hostname};
    use contract_core::user_data::survey;

    use super::*;
    use crate::boot::luks::Disks;
    use crate::boot::{Guest, boot};
    use crate::report::{BootReport, Verdict};
    use crate::testing::{Case, guest_key};

    fn medium() -> Vec<u8> {
        let user_data = Case::sound().user_data();
        let facts = survey(Cursor::new(&user_data)).unwrap();
        let mut bytes = Vec::new();
        let name = Hostname::parse("paynow").unwrap();
        BootMedia::new(user_data.as_bytes(), &facts, &name).unwrap().write_to(&mut bytes, &|_| ()).unwrap();
        bytes
    }

    fn try_boot(bytes: &[u8]) -> BootReport {
        let disks = &Disks::default();
        let guest = Guest::new(guest_key(), jiff::Timestamp::now(), disks);
        let (report, result) = boot(bytes, &guest);
        result.unwrap();
        report
    }

    #[test]
    fn a_medium_boots_and_determines_six_lines_of_the_record() {
        let bytes = medium();
        let report = try_boot(&bytes);
        assert!(report.booted, "{report:#?}");
        let first = &report.steps[0];
        assert_eq!((first.name, first.verdict), ("medium", Verdict::Ok));
        let sha256 = &report.attestation.last().unwrap().sha256;
        assert_eq!(
            first.detail,
            format!(
                "volume `cidata`, Rock Ridge names, with a Joliet tree; a guest named `paynow`; sha256 {sha256}"
            )
        );
        let names: Vec<_> = report.attestation.iter().map(|digest| digest.name).collect();
        assert_eq!(
            names,
            [
                "contract:workload",
                "contract:env",
                "cidata/user-data",
                "cidata/meta-data",
                "cidata/vendor-data",
                "/dev/disk/by-label/cidata"
            ]
        );
    }

    #[test]
    fn a_damaged_medium_does_not_boot() {
        let mut bytes = medium();
        bytes.truncate(40_000);
        let report = try_boot(&bytes);
        assert!(!report.booted);
        let refusal = report.refusal().unwrap();
        assert_eq!((refusal.name, refusal.code), ("medium", Some(HPL11001E)));
        assert!(refusal.hint.is_some());
        assert!(report.attestation.is_empty());
    }

    #[test]
    fn unusual_files_next_to_the_user_data_are_a_warning() {
        let mut bytes = medium();
        let at = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|it| it == text).unwrap();
        let place = at(&bytes, b"local-hostname");
        bytes[place] = b'x';
        let place = at(&bytes, b"default");
        bytes[place] = b'x';
        let report = try_boot(&bytes);
        assert!(report.booted);
        let first = &report.steps[0];
        assert_eq!(first.verdict, Verdict::Warning);
        assert!(first.detail.contains("no `local-hostname"), "{}", first.detail);
        assert!(first.detail.contains("`vendor-data` is not"), "{}", first.detail);
    }
}

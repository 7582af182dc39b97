//! `certificate list`: the published certificates that this version knows.

use cli_kit::{Failure, Report, clock};
use contract_pki::certificate::known::KnownCertificate;
use contract_pki::platform::Platform;
use contract_pki::validity::{Standing, Validity};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::arguments::List;
use crate::images::unverified;
use crate::lines::{days_left, until};

/// How long before its end a row is marked: a new image has to be planned, not only a new contract.
const NOTICE: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    at: Timestamp,
    certificates: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(flatten)]
    known: &'static KnownCertificate,
    #[serde(skip)]
    validity: Validity,
    /// Negative: it has ended.
    days_left: i64,
    ended: bool,
    ends_soon: bool,
}

/// The command.
pub fn list(arguments: &List, report: &Report) -> Result<(), Failure> {
    let at = arguments.at.unwrap_or_else(clock::now);
    let wanted = |known: &&KnownCertificate| arguments.platform.is_none_or(|it| known.versions(it).is_some());
    let mut certificates: Vec<_> =
        KnownCertificate::all().iter().filter(wanted).map(|known| Row::new(known, at)).collect();
    certificates.sort_by_key(|row| std::cmp::Reverse(row.validity.not_before));
    let listed = Listed { at, certificates };
    report.result(&listed, |listed| lines(listed, arguments.platform))
}

impl Row {
    fn new(known: &'static KnownCertificate, at: Timestamp) -> Self {
        let validity = known.validity().expect("a test reads the dates of all rows");
        let ended = validity.at(at) == Standing::Ended;
        let ends_soon = !ended && validity.not_after.duration_since(at) <= NOTICE;
        Self { known, validity, days_left: days_left(validity.not_after, at), ended, ends_soon }
    }

    /// `ccrt 26.9.1          valid until 2027-08-18, 262 days left`, then what identifies it.
    fn lines(&self, name: &str, at: Timestamp) -> [String; 2] {
        let soon = if self.ends_soon { ": ENDS SOON" } else { "" };
        let until = until(self.validity, at);
        [
            format!("{name:<28}until {until}{soon}{}", unverified(self.known)),
            format!("{:<6}key {}, serial {}", "", self.known.key_fingerprint, self.known.serial),
        ]
    }
}

/// The certificates of each platform, newest first, then those of the test images.
fn lines(listed: &Listed, platform: Option<Platform>) -> Vec<String> {
    let rows = |platform: Platform| {
        listed.certificates.iter().filter_map(move |row| {
            let versions = row.known.versions(platform)?;
            Some(row.lines(&format!("{:<6}{}", platform.name(), versions.join(", ")), listed.at))
        })
    };
    let platforms = platform.map_or(Platform::ALL.to_vec(), |only| vec![only]);
    let tests = listed.certificates.iter().filter(|row| row.known.is_for_tests());
    let tests = tests.map(|row| row.lines("a test image, no product", listed.at));
    platforms.into_iter().flat_map(rows).chain(tests).flatten().collect()
}

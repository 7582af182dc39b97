//! An archive that somebody else packed: a gzip file, or a tar that is packed here with its checksums repaired. The author's
//! check and the rehearsal of the guest read it or refuse it; neither panics.
#![cfg_attr(fuzzing, no_main)]

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use container_descriptors::TopLevel;
use contract_fuzz::{GUEST, at, with_checksums};
use flate2::{Compression, write::GzEncoder};
use guest_rehearsal::boot::{Guest, boot, luks::Disks};

contract_fuzz::target!(archive);

fn archive(data: &[u8]) {
    let packed = if data.starts_with(&[0x1f, 0x8b]) { data.to_vec() } else { gzip(&with_checksums(data)) };
    let _ = TopLevel::of_tgz(&*packed, "archive");
    let user_data = format!(
        "workload: |\n  type: workload\n  play:\n    archive: {}\nenv: |\n  type: env\n  logging:\n    logRouter:\n      \
         hostname: log.example.com\n      iamApiKey: test-material\n",
        STANDARD.encode(packed)
    );
    let disks = Disks::default();
    let guest = Guest::new(&GUEST, at(), &disks);
    let (report, ended) = boot(user_data.as_bytes(), &guest);
    assert!(ended.is_ok(), "the rehearsal itself failed: {ended:?}");
    assert!(report.steps.iter().any(|step| step.name == "archive"), "the boot did not reach the archive");
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(tar).and_then(|()| encoder.finish()).expect("memory takes it")
}

//! The rehearsal of a boot, from user data, or from a workload and an env section with NUL between them. The guest boots or
//! refuses; the rehearsal itself never fails.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::{GUEST, at};
use guest_rehearsal::boot::{Guest, boot as rehearse, luks::Disks};

contract_fuzz::target!(boot);

fn boot(data: &[u8]) {
    let sections = data.iter().position(|byte| *byte == 0).map(|nul| {
        let (workload, env) = (&data[..nul], &data[nul + 1..]);
        [&b"workload: |\n"[..], &indented(workload), b"env: |\n", &indented(env)].concat()
    });
    let disks = Disks::default();
    let guest = Guest::new(&GUEST, at(), &disks);
    let (_, ended) = rehearse(sections.as_deref().unwrap_or(data), &guest);
    assert!(ended.is_ok(), "the rehearsal itself failed: {ended:?}");
}

fn indented(section: &[u8]) -> Vec<u8> {
    section
        .split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| [b"  ", line].concat())
        .chain(*b"\n")
        .collect()
}

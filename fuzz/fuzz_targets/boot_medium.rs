//! A boot medium, without the 32 KiB of nothing at its beginning. It is refused, or its files lie within it and all of
//! their bytes can be read.
#![cfg_attr(fuzzing, no_main)]

use std::io::{Cursor, Read as _};

use contract_core::boot_media::Medium;

contract_fuzz::target!(boot_medium);

const SYSTEM_AREA: usize = 32 << 10;
/// At least so large: what ends in zeros needs no more bytes to change.
const SMALLEST: usize = 128 << 10;

fn boot_medium(data: &[u8]) {
    let mut image = vec![0; SYSTEM_AREA];
    image.extend_from_slice(data);
    image.resize(image.len().max(SMALLEST), 0);
    let Ok(medium) = Medium::read(Cursor::new(&image)) else { return };
    medium.attestation_lines(Cursor::new(&image)).expect("memory reads");
    for file in
        [medium.user_data, medium.meta_data, medium.vendor_data].into_iter().chain(medium.network_config)
    {
        let (from, to) = file.range();
        let mut content = Vec::new();
        let opened = file.open(Cursor::new(&image));
        opened.and_then(|mut file| file.read_to_end(&mut content)).expect("memory reads");
        assert_eq!(content.len() as u64, to - from, "a file that reaches beyond the medium");
    }
}

//! The boot medium: written twice it is the same, read again it is what was written, and hostile media are refused.
//! What other people's tools say of it is tested in `tests/boot_media.rs` of the workspace.

use std::io::{self, Cursor, Read};

use contract_core::boot_media::{BootMedia, Error, Hostname, Medium, Names, ReadError, Written, is_medium};
use contract_core::user_data::{UserDataFacts, survey};
use findings::Advice as _;
use openssl::sha::sha256;
use proptest::prelude::*;

fn user_data() -> String {
    let token = include_str!("../../../tests/vectors/token/token");
    format!("workload: {token}\nenv: {token}\nenvWorkloadSignature: AAAA\n")
}

fn facts() -> UserDataFacts {
    survey(Cursor::new(user_data())).unwrap()
}

fn write(hostname: &str) -> (Vec<u8>, Written) {
    let mut bytes = Vec::new();
    let name = Hostname::parse(hostname).unwrap();
    let user_data = user_data();
    let medium = BootMedia::new(user_data.as_bytes(), &facts(), &name).unwrap();
    let written = medium.write_to(&mut bytes, &|_| ()).unwrap();
    (bytes, written)
}

const NETWORK_CONFIG: &[u8] = b"network: {version: 2, ethernets: {enc1: {dhcp4: true}}}\n";

fn write_with_network_config() -> (Vec<u8>, Written) {
    let mut bytes = Vec::new();
    let (user_data, name) = (user_data(), Hostname::parse("paynow").unwrap());
    let medium = BootMedia::new(user_data.as_bytes(), &facts(), &name).unwrap();
    let medium = medium.with_network_config(NETWORK_CONFIG.to_vec()).unwrap();
    let size = medium.size();
    let written = medium.write_to(&mut bytes, &|_| ()).unwrap();
    assert_eq!(bytes.len() as u64, size);
    (bytes, written)
}

fn hex(digest: [u8; 32]) -> String {
    digest.map(|byte| format!("{byte:02x}")).concat()
}

fn content(bytes: &[u8], range: (u64, u64)) -> &[u8] {
    &bytes[usize::try_from(range.0).unwrap()..usize::try_from(range.1).unwrap()]
}

/// Puts a number in both orders of bytes.
fn put_both(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    bytes[at + 4..at + 8].copy_from_slice(&number.to_be_bytes());
}

const SECTOR: usize = 2048;
/// Root directory, and that of Joliet.
const ROOT: usize = 23 * SECTOR;
const JOLIET_ROOT: usize = 24 * SECTOR;

/// Where the record of a file begins.
fn record(bytes: &[u8], root: usize, name: &[u8]) -> usize {
    let mut at = root;
    loop {
        let length = usize::from(bytes[at]);
        assert_ne!(length, 0, "no record of {name:?}");
        if &bytes[at + 33..at + 33 + usize::from(bytes[at + 32])] == name {
            return at;
        }
        at += length;
    }
}

fn refusal(bytes: &[u8]) -> String {
    let error = Medium::read(Cursor::new(bytes)).unwrap_err();
    assert!(!error.hints().is_empty(), "{error}");
    error.to_string()
}

#[test]
fn what_is_written_is_read_again() {
    let (bytes, written) = write("paynow");
    assert!(is_medium(Cursor::new(&bytes)).unwrap());
    let medium = Medium::read(Cursor::new(&bytes)).unwrap();
    assert_eq!((medium.names, medium.joliet), (Names::RockRidge, true));
    assert_eq!(content(&bytes, medium.user_data.range()), user_data().as_bytes());
    assert_eq!(content(&bytes, medium.meta_data.range()), b"local-hostname: paynow\n");
    assert_eq!(content(&bytes, medium.vendor_data.range()), b"#cloud-config\nusers:\n- default\n");
    assert_eq!(medium.others, Vec::<String>::new());
    assert_eq!(medium.attestation_lines(Cursor::new(&bytes)).unwrap(), written.attestation_lines());
}

#[test]
fn a_network_config_is_a_fourth_file_and_no_line_of_the_record() {
    let (bytes, written) = write_with_network_config();
    let medium = Medium::read(Cursor::new(&bytes)).unwrap();
    assert_eq!(content(&bytes, medium.network_config.unwrap().range()), NETWORK_CONFIG);
    assert_eq!(content(&bytes, medium.user_data.range()), user_data().as_bytes());
    assert_eq!(medium.others, Vec::<String>::new());
    let lines = medium.attestation_lines(Cursor::new(&bytes)).unwrap();
    assert_eq!(lines, written.attestation_lines());
    let without = write("paynow").1.attestation_lines();
    assert_eq!(lines[..3], without[..3]);
    assert_ne!(lines[3], without[3], "the digest of the whole medium covers the file");
    assert!(Medium::read(Cursor::new(write("paynow").0)).unwrap().network_config.is_none());
}

/// One reader would show it, and another not.
#[test]
fn a_network_config_in_one_tree_is_refused() {
    let joliet: Vec<u8> = "network-config".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (root, name, tree) in [(ROOT, b"NETWORK_.;1".to_vec(), "Rock Ridge"), (JOLIET_ROOT, joliet, "Joliet")]
    {
        let mut bytes = write_with_network_config().0;
        let at = record(&bytes, root, &name);
        // an associated file, which no reader lists
        bytes[at + 25] |= 4;
        assert_eq!(refusal(&bytes), format!("it has no `network-config` under {tree} names"));
    }
}

#[test]
fn a_network_config_has_a_few_lines() {
    let (user_data, name) = (user_data(), Hostname::parse("paynow").unwrap());
    let with = |bytes| {
        BootMedia::new(user_data.as_bytes(), &facts(), &name).unwrap().with_network_config(vec![b'#'; bytes])
    };
    with(1 << 20).unwrap();
    let error = with((1 << 20) + 1).unwrap_err();
    assert!(error.to_string().contains("`network-config` has 1048577 bytes"), "{error}");
}

#[test]
fn the_digests_are_those_of_the_bytes() {
    let (bytes, written) = write("paynow");
    assert_eq!(
        written.attestation_lines(),
        [
            ("cidata/user-data", hex(sha256(user_data().as_bytes()))),
            ("cidata/meta-data", hex(sha256(b"local-hostname: paynow\n"))),
            ("cidata/vendor-data", hex(sha256(b"#cloud-config\nusers:\n- default\n"))),
            ("/dev/disk/by-label/cidata", hex(sha256(&bytes))),
        ]
    );
    assert_eq!(written.bytes, bytes.len() as u64);
    assert_eq!(bytes.len() % (64 << 10), 0);
}

#[test]
fn one_user_data_and_one_name_give_one_medium() {
    assert_eq!(write("paynow").0, write("paynow").0);
    assert_ne!(write("paynow").0, write("other").0);
    // golden: whoever changes a byte of the layout changes the digests that people have written down
    let head = &write("paynow").0[..27 * SECTOR];
    assert_eq!(user_data().len(), 1926, "the vector changed, and the digest below with it");
    assert_eq!(hex(sha256(head)), "389e88fcf8c24509cd00796055660300731feac6d2755e6b3d2e8fd15b277fa0");
}

#[test]
fn user_data_that_change_meanwhile_are_no_medium() {
    let name = Hostname::parse("paynow").unwrap();
    let mut other = user_data();
    other.replace_range(40..41, "~");
    for changed in [&user_data()[1..], &(user_data() + "\n"), &other, ""] {
        let medium = BootMedia::new(changed.as_bytes(), &facts(), &name).unwrap();
        let error = medium.write_to(&mut io::sink(), &|_| ()).unwrap_err();
        assert!(matches!(error, Error::Changed), "{error}");
    }
}

#[test]
fn four_gibibytes_are_too_many_and_one_byte_less_is_not() {
    let name = Hostname::parse("paynow").unwrap();
    let sized = |bytes| BootMedia::new(io::empty(), &UserDataFacts { bytes, ..facts() }, &name);
    assert_eq!(sized((4 << 30) - 1).unwrap().size(), (4 << 30) + (64 << 10));
    let error = sized(4 << 30).unwrap_err();
    assert!(error.to_string().contains("4294967296 bytes does not fit"), "{error}");
}

/// Sizes around the ends of sectors: always whole, never short, always read again.
#[test]
fn every_size_fits_its_sectors() {
    let name = Hostname::parse("paynow").unwrap();
    for length in (0..2).chain(2047..2050).chain(4095..4098).chain(10239..10242) {
        let data = vec![b'x'; length];
        let facts = UserDataFacts { bytes: length as u64, sha256: hex(sha256(&data)), ..facts() };
        let mut bytes = Vec::new();
        let medium = BootMedia::new(data.as_slice(), &facts, &name).unwrap();
        let size = medium.size();
        medium.write_to(&mut bytes, &|_| ()).unwrap();
        assert_eq!(bytes.len() as u64, size);
        let medium = Medium::read(Cursor::new(&bytes)).unwrap();
        let mut found = Vec::new();
        medium.user_data.open(Cursor::new(&bytes)).unwrap().read_to_end(&mut found).unwrap();
        assert_eq!(found, data);
    }
}

#[test]
fn host_names_are_those_of_rfc_1123() {
    let longest = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
    for name in ["a", "paynow", "3com", "paynow.example.com", "a-b.c-d", "1.2.3.4a", "PayNow", &longest] {
        assert_eq!(Hostname::parse(name).unwrap().as_str(), name);
    }
    for (name, says) in [
        ("", "not empty"),
        ("pay_now", "`_` is not allowed"),
        ("pay now", "` ` is not allowed"),
        ("paynow\n", "is not allowed"),
        ("päynow", "`ä` is not allowed"),
        ("-paynow", "the part `-paynow` begins or ends with a hyphen"),
        ("a.b-.c", "the part `b-` begins or ends with a hyphen"),
        ("paynow.", "a dot too many"),
        ("a..b", "a dot too many"),
        ("10.0.0.1", "its last part `1` is a number"),
        ("12", "is a number"),
        (&"a".repeat(64), "has 64 characters, and at most 63"),
        (&format!("{longest}x"), "it has 254 characters"),
    ] {
        let error = Hostname::parse(name).unwrap_err();
        assert!(error.to_string().contains(says), "{name}: {error}");
    }
}

#[test]
fn a_host_name_is_a_text_to_every_reader() {
    let meta_data = |name| Hostname::parse(name).unwrap().meta_data();
    assert_eq!(meta_data("paynow"), "local-hostname: paynow\n");
    for name in ["null", "no", "Yes", "0x10", "1e3", "true"] {
        assert_eq!(meta_data(name), format!("local-hostname: \"{name}\"\n"));
    }
}

/// One byte or number of a sound medium changed, and what is said.
#[test]
fn each_way_to_be_no_medium_has_its_message() {
    type Spoil = fn(&mut Vec<u8>);
    #[rustfmt::skip]
    let table: [(&str, Spoil); 25] = [
        ("it is no ISO 9660 medium", |it| it.truncate(100)),
        ("it is no ISO 9660 medium", Vec::clear),
        ("it is no ISO 9660 medium", |it| it[0x8001] = b'X'),
        ("its volume descriptors do not end", |it| it[18 * SECTOR + 1] = b'X'),
        ("its volume descriptors do not end", |it| it.truncate(18 * SECTOR)),
        ("too many volume descriptors", |it| {
            let sector = it[17 * SECTOR..18 * SECTOR].to_vec();
            (18..60).for_each(|at| { it.splice(at * SECTOR..at * SECTOR, sector.clone()); });
        }),
        ("no primary volume descriptor", |it| it[16 * SECTOR] = 3),
        ("its volume id is `CIDATA`", |it| it[16 * SECTOR + 40..][..6].copy_from_slice(b"CIDATA")),
        ("its volume id is ``", |it| it[16 * SECTOR + 40..][..32].fill(b' ')),
        ("its volume id is `xidata`", |it| it[17 * SECTOR + 41] = b'x'),
        ("its blocks have not 2,048 bytes", |it| it[16 * SECTOR + 128..][..4].copy_from_slice(&[0, 2, 2, 0])),
        ("the size of the volume is stored twice, and differs", |it| it[16 * SECTOR + 80] ^= 1),
        ("it is cut: the volume has 65536 bytes and the file 55296", |it| it.truncate(27 * SECTOR)),
        ("the root directory is outside", |it| put_both(it, 16 * SECTOR + 158, u32::MAX)),
        ("the root directory is outside", |it| put_both(it, 16 * SECTOR + 166, 0)),
        ("larger than a mebibyte", |it| put_both(it, 16 * SECTOR + 166, u32::MAX)),
        ("does not begin with itself", |it| it[ROOT + 33] = b'A'),
        ("a directory record is too short", |it| it[ROOT + 32] = 0),
        ("a directory record is too short", |it| it[ROOT] = 20),
        ("`user-data` is outside", |it| {
            let at = record(it, ROOT, b"USER_DAT.;1");
            put_both(it, at + 10, u32::MAX);
        }),
        ("`user-data` is in several pieces", |it| {
            let at = record(it, ROOT, b"USER_DAT.;1");
            it[at + 25] |= 0x80;
        }),
        ("`meta-data` is a folder", |it| {
            let at = record(it, ROOT, b"META_DAT.;1");
            it[at + 25] |= 2;
        }),
        ("it has no `vendor-data` under Rock Ridge names", |it| {
            let at = record(it, ROOT, b"VENDOR_D.;1");
            let length = usize::from(it[at]);
            it[at..at + length].fill(0);
        }),
        ("`user-data` is not the same file for Rock Ridge and for Joliet", |it| {
            let name: Vec<u8> = "user-data".encode_utf16().flat_map(u16::to_be_bytes).collect();
            let at = record(it, JOLIET_ROOT, &name);
            put_both(it, at + 2, 25);
        }),
        ("it has no `user-data` under plain ISO 9660 names", |it| {
            // neither Rock Ridge nor Joliet
            it[ROOT + 34] = b'X';
            it[17 * SECTOR] = 3;
        }),
    ];
    for (says, spoil) in table {
        let mut bytes = write("paynow").0;
        spoil(&mut bytes);
        let said = refusal(&bytes);
        assert!(said.contains(says), "`{said}` instead of `{says}`");
    }
}

#[test]
fn joliet_is_read_where_there_is_no_rock_ridge() {
    let mut bytes = write("paynow").0;
    bytes[ROOT + 34] = b'X';
    let medium = Medium::read(Cursor::new(&bytes)).unwrap();
    assert_eq!(medium.names, Names::Joliet);
    assert_eq!(content(&bytes, medium.user_data.range()), user_data().as_bytes());
}

/// A continuation area that leads to itself.
#[test]
fn a_loop_of_continuations_ends() {
    let mut bytes = write("paynow").0;
    let at = ROOT + 34 + 7;
    // over ER and a part of PX
    let mut entry = b"CE\x1c\x01".to_vec();
    for number in [23_u32, 34 + 7, 32] {
        entry.extend(number.to_le_bytes());
        entry.extend(number.to_be_bytes());
    }
    entry.extend(b"ST\x04\x01");
    bytes[at..at + 32].copy_from_slice(&entry);
    assert!(refusal(&bytes).contains("continuations do not end"), "{}", refusal(&bytes));
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let mut bytes = write("paynow").0;
    let from = record(&bytes, ROOT, b"USER_DAT.;1");
    let length = usize::from(bytes[from]);
    let at = record(&bytes, ROOT, b"VENDOR_D.;1");
    let again = bytes[from..from + length].to_vec();
    let end = at + usize::from(bytes[at]);
    bytes[end..end + length].copy_from_slice(&again);
    assert_eq!(refusal(&bytes), "it has `user-data` twice");
}

/// A file that is read up to its end on the way to a verdict costs no more than its size.
#[test]
fn a_sparse_giant_is_refused_at_once() {
    let file = tempfile::tempfile().unwrap();
    io::copy(&mut write("paynow").0.as_slice(), &mut &file).unwrap();
    file.set_len(1 << 40).unwrap();
    let error = Medium::read(&file).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge(_)), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    /// Descriptors and directories lie in the sectors 16 to 24.
    #[test]
    fn mutated_media_are_read_or_refused(edits in prop::collection::vec((16 * SECTOR..25 * SECTOR, any::<u8>()), 1..12)) {
        let mut bytes = write("paynow").0;
        for (at, byte) in edits {
            bytes[at] = byte;
        }
        check(&bytes);
    }

    /// Where most bytes mean something.
    #[test]
    fn mutated_directories_are_read_or_refused(
        edits in prop::collection::vec((0..700_usize, any::<u8>()), 1..8),
        joliet in any::<bool>(),
        numbers in prop::collection::vec((0..90_usize, 0..40_u32), 0..3),
    ) {
        let mut bytes = write("paynow").0;
        let root = if joliet { JOLIET_ROOT } else { ROOT };
        for (at, byte) in edits {
            bytes[root + at] = byte;
        }
        for (at, number) in numbers {
            put_both(&mut bytes, root + 8 * at, number);
        }
        check(&bytes);
    }

    #[test]
    fn any_bytes_after_the_magic_are_read_or_refused(tail in prop::collection::vec(any::<u8>(), 0..9000)) {
        let mut bytes = vec![0; 16 * SECTOR];
        bytes.extend(b"\x01CD001");
        bytes.extend(tail);
        check(&bytes);
    }
}

/// What is found lies within the medium.
fn check(bytes: &[u8]) {
    if let Ok(medium) = Medium::read(Cursor::new(bytes)) {
        for extent in [medium.user_data, medium.meta_data, medium.vendor_data] {
            let (start, end) = extent.range();
            assert!(start == end || end <= bytes.len() as u64);
        }
        medium.attestation_lines(Cursor::new(bytes)).unwrap();
    }
}

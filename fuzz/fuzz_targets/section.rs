//! A section, as its author writes it, with the sample workload's folder beside it. It is refused for a reason that its
//! author can act on, or what is made of it is a section that the guest reads without an error.
#![cfg_attr(fuzzing, no_main)]

use std::path::Path;

use contract_core::kind::{Env, Workload};
use contract_fuzz::{CERTIFICATE, at, no_passphrase};
use contract_pki::platform::Platform;
use contract_section::seed::{NoSeed, Seed, Seeds, VolumeSeeds};
use contract_section::{Part, Passphrases, Readable, Section, Source};
use findings::Findings;
use zeroize::Zeroizing;

contract_fuzz::target!(section);

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../personas/workload-provider");

fn section(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check::<Workload>(text, None);
    check::<Env>(text, Some(CERTIFICATE));
}

fn check<K: Readable>(text: &str, signing_key: Option<&str>) {
    let source = Source {
        file: "section.yaml",
        text,
        folder: Path::new(FOLDER),
        at: at(),
        platform: Platform::Hpvs,
        signing_key,
    };
    let (section, findings) = Section::<K>::read(&source, &mut Nobody, &mut Vault);
    has_no_internal_error(&findings);
    let Some(section) = section else { return };
    let _ = section.masked();
    let Some(text) = section.parts().iter().map(text_of).collect::<Option<String>>() else { return };
    let (opened, findings) = Section::<K>::open(Zeroizing::new(text), at(), &Platform::ALL);
    has_no_internal_error(&findings);
    assert!(opened.is_some(), "what we write the guest refuses: {findings:?}");
}

fn has_no_internal_error(findings: &Findings) {
    assert!(findings.0.iter().all(|finding| !finding.message.contains("internal error")), "{findings:?}");
}

fn text_of(part: &Part) -> Option<&str> {
    if let Part::Text(text) = part { Some(text) } else { None }
}

/// Knows no passphrase.
struct Nobody;

impl Passphrases for Nobody {
    fn passphrase(&mut self, _: &str) -> Result<Zeroizing<String>, String> {
        no_passphrase()
    }
}

/// Has seeds for volumes by the length of their names: none, one, or two.
struct Vault;

impl Seeds for Vault {
    fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
        let seed = Seed::parse("test-material\"seed").expect("a legal seed");
        let previous = Some(Seed::parse_previous("old\"").expect("a legal seed"));
        match volume.len() % 3 {
            0 => Ok(VolumeSeeds { seed, previous, generation: 2 }),
            1 => Ok(VolumeSeeds { seed, previous: None, generation: 1 }),
            _ => Err(NoSeed { message: "none is kept".to_owned(), hint: "add one".to_owned() }),
        }
    }
}

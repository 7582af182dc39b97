//! `seed import`: a seed that somebody has made takes its place in the vault.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use contract_section::seed::{LONGEST, Seed, SeedError};
use seed_vault::Entry;
use zeroize::Zeroizing;

use super::arguments::SeedImport;
use super::change::{Fits, change_volume, with_vault};
use crate::Authored;
use cli_kit::clock;
use cli_kit::exit::ExitCode;
use cli_kit::failure::{DoingIo as _, Failure};
use cli_kit::input;
use cli_kit::prompt::{self, Wanted};
use cli_kit::report::Report;

const SEED: Wanted = Wanted {
    what: "the seed",
    otherwise: "name a file with `--from FILE`, or an open descriptor with `--fd N`",
};

/// Takes a seed in.
pub fn import<K: Authored>(arguments: &SeedImport, report: &Report) -> Result<(), Failure> {
    let seed = read(arguments)?;
    if seed.is_short() {
        report.warning(
            "a previous seed of less than 15 characters: legal before March 2026, and the contract's schema asks for 15",
            &["keep it until the disk has its new seed, then settle".into()],
        );
    }
    with_vault::<K, _>(&arguments.change.folder, report, |file| {
        let wanted = if arguments.previous { (false, Fits::All) } else { (true, Fits::WithoutSeed) };
        change_volume(
            file,
            &arguments.change,
            wanted,
            |vault, volume| {
                let at = clock::now();
                let holds = |entry: &Entry| entry.seeds.seed == seed;
                if let Some((other, _)) =
                    vault.volumes().find(|(name, entry)| *name != volume && holds(entry))
                {
                    report.warning(
                        &format!("it is the seed of the volume `{other}` too: whoever learns one opens both"),
                        &["see that each volume gets the seed of its own disk; roll one of them later"
                            .into()],
                    );
                }
                if arguments.previous {
                    vault.import_previous(volume, seed, at).cloned()
                } else {
                    vault.import(volume, seed, at).cloned()
                }
            },
            |volume, _| {
                let vault = file.path().display();
                if arguments.previous {
                    vec![
                        format!(
                            "wrote `{vault}`: the volume `{volume}` is rolling from the imported seed to its own"
                        ),
                        format!(
                            "next: encrypt, hand over and boot; only after that {}",
                            file.command("settle", volume)
                        ),
                    ]
                } else {
                    vec![
                        format!("wrote `{vault}`: the imported seed of the volume `{volume}`"),
                        format!(
                            "next: take `seed` of `{volume}` out of {}.yaml, and wipe where you had it",
                            K::NAME
                        ),
                    ]
                }
            },
        )
    })
}

fn read(arguments: &SeedImport) -> Result<Seed, Failure> {
    let path = match (&arguments.from, arguments.fd) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(number)) => Some(PathBuf::from(format!("/dev/fd/{number}"))),
        (None, None) => None,
    };
    let (bytes, from) = match &path {
        Some(path) => (from_file(path)?, format!(" from `{}`", input::name(path))),
        None => (typed()?, String::new()),
    };
    let parse = if arguments.previous { Seed::parse_previous } else { Seed::parse };
    let not_utf8 = |error: std::str::Utf8Error| SeedError::NotUtf8 { position: error.valid_up_to() + 1 };
    let too_long = bytes.len() > LONGEST;
    let seed = if too_long {
        Err(SeedError::TooLong)
    } else {
        std::str::from_utf8(&bytes).map_err(not_utf8).and_then(parse)
    };
    seed.map_err(|error| {
        let failure = Failure::new(ExitCode::Rejected, format!("cannot import the seed{from}: {error}"))
            .hint(error.hint());
        match error {
            SeedError::TooShort { .. } if !arguments.previous => {
                failure.hint("if a disk has it, `seed add` a new one, then import this one with `--previous`")
            }
            _ => failure,
        }
    })
}

/// The content less one line end. Reads no further than a seed can reach.
fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // room for a line end, and for one byte more that proves the excess: the buffer does not move
    let most = LONGEST + 3;
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    input::open(path)?.take(most as u64).read_to_end(&mut bytes).doing_io("read", path)?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(bytes)
}

/// Twice, since nothing but the disk could tell a seed from a mistyped one.
fn typed() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let first = prompt::hidden(SEED, "seed: ")?;
    if *first != *prompt::hidden(SEED, "the same again: ")? {
        return Err(Failure::new(ExitCode::NoSecret, "the two seeds differ")
            .hint("run it again and type the same one twice"));
    }
    Ok(first)
}

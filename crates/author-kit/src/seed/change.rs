//! `seed add`, `roll`, `settle`, `import` and `rekey`.

use std::io::Read as _;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo as _;
use cli_kit::persona::AuthorFolder;
use cli_kit::prompt::{self, Wanted};
use cli_kit::{ExitCode, Failure, Report, clock, input};
use contract_pki::random::SystemRandomness;
use contract_section::seed::{LONGEST, Seed, SeedError};
use seed_vault::{Entry, Refused, Vault};
use serde::Serialize;
use zeroize::Zeroizing;

use super::arguments::{SeedChange, SeedFolder, SeedImport, SeedRekey};
use super::vault_file::{Change, Changed, RecipientList, Turnover, VaultFile};
use super::volume;
use crate::Authored;

/// The result of a change; never a seed.
#[derive(Serialize)]
struct Done {
    vault: String,
    volume: String,
    generation: u64,
    rolling: bool,
    /// Whether there was no vault before.
    made: bool,
    recipients: Vec<String>,
}

/// Runs with the vault of a folder.
pub fn with_vault<K: Authored, T>(
    arguments: &SeedFolder,
    report: &Report,
    run: impl FnOnce(&VaultFile<K>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let persona = AuthorFolder::read(&arguments.folder, K::PERSONA)?;
    run(&VaultFile {
        folder: &arguments.folder,
        persona: &persona,
        passphrases: &arguments.passphrases,
        report,
        kind: PhantomData,
    })
}

/// How a volume changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It gets its first seed, which may make the vault.
    New,
    /// It has a seed.
    Existing,
}

/// Changes one volume, then reports what was done and what to do next.
fn change_volume<K: Authored>(
    arguments: &SeedChange,
    kind: Kind,
    report: &Report,
    act: impl FnOnce(&mut Vault<K>, &str) -> Result<Entry, Refused>,
    lines: impl FnOnce(&VaultFile<K>, &str, &Entry) -> Vec<String>,
) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        let is_new = kind == Kind::New;
        let how = Change { makes: is_new, rekeys: false, danger: arguments.danger };
        let changed = file.change(&how, |vault| {
            let fits = |name: &str| !is_new || vault.volume(name).is_none();
            let volume = volume::chosen::<K>(arguments.volume.as_deref(), file.folder, fits)?;
            let entry = act(vault, &volume).map_err(|refused| file.refused(&refused))?;
            if is_new {
                volume::warn_if_unknown::<K>(&volume, file.folder, report);
            }
            Ok((volume, entry))
        })?;
        let vault = file.path().display().to_string();
        let Changed { value: (volume, entry), made, recipients, turnover } = changed;
        if made {
            report.note(&format!("there was no vault `{vault}`: made a new one"));
            report.note("  if you had one before, restore it instead: a new seed does not open an old disk");
        }
        if turnover.is_any() {
            report.note(&format!("`{vault}` is now encrypted to {}", RecipientList(&recipients)));
        }
        for line in lines(file, &volume, &entry) {
            report.note(&line);
        }
        let (generation, rolling) = (entry.seeds.generation, entry.is_rolling());
        let done = Done { vault, volume, generation, rolling, made, recipients };
        report.result(&done, |_| Vec::<String>::new())
    })
}

/// Makes the first seed of a volume.
pub fn add<K: Authored>(arguments: &SeedChange, report: &Report) -> Result<(), Failure> {
    change_volume::<K>(
        arguments,
        Kind::New,
        report,
        |vault, volume| vault.add(volume, clock::now(), &mut SystemRandomness).cloned(),
        |file, volume, _| {
            let vault = file.path().display();
            vec![
                format!("wrote `{vault}`: a new seed for the volume `{volume}`"),
                format!("next: keep a copy of `{vault}` elsewhere: without it, the disk is lost"),
            ]
        },
    )
}

/// Makes a new seed, and keeps the previous one.
pub fn roll<K: Authored>(arguments: &SeedChange, report: &Report) -> Result<(), Failure> {
    change_volume::<K>(
        arguments,
        Kind::Existing,
        report,
        |vault, volume| vault.roll(volume, clock::now(), &mut SystemRandomness).cloned(),
        |file, volume, entry| {
            vec![
                format!("rolled the volume `{volume}`: generation {}, the previous seed is kept", entry.seeds.generation),
                "next: encrypt, hand over and boot: the guest opens the disk with the previous seed and closes it with the new one".into(),
                format!("  only after that: {}, which throws the previous seed away", file.command("settle", volume)),
            ]
        },
    )
}

/// Throws the previous seed away.
pub fn settle<K: Authored>(arguments: &SeedChange, report: &Report) -> Result<(), Failure> {
    change_volume::<K>(
        arguments,
        Kind::Existing,
        report,
        |vault, volume| vault.settle(volume, clock::now()).cloned(),
        |file, volume, entry| {
            let (generation, vault) = (entry.seeds.generation, file.path().display());
            vec![
                format!("settled the volume `{volume}` at generation {generation}: the previous seed is gone from `{vault}`"),
                "next: encrypt and hand over, so that the section holds the new seed alone".into(),
                "  if a guest has not booted with the new seed yet, restore the vault's last copy: nothing else opens the disk".into(),
            ]
        },
    )
}

const SEED: Wanted = Wanted {
    what: "the seed",
    otherwise: "name a file with `--from FILE`, or an open descriptor with `--fd N`",
};

/// Takes an existing seed into the vault.
pub fn import<K: Authored>(arguments: &SeedImport, report: &Report) -> Result<(), Failure> {
    let seed = read_seed(arguments)?;
    if seed.is_short() {
        report.warning(
            "a previous seed of less than 15 characters: legal before March 2026, and the contract's schema asks for 15",
            &["keep it until the disk has its new seed, then settle".into()],
        );
    }
    let previous = arguments.previous;
    let kind = if previous { Kind::Existing } else { Kind::New };
    change_volume::<K>(
        &arguments.change,
        kind,
        report,
        |vault, volume| {
            warn_if_shared(vault, volume, &seed, report);
            let imported = if previous {
                vault.import_previous(volume, seed, clock::now())
            } else {
                vault.import(volume, seed, clock::now())
            };
            imported.cloned()
        },
        |file, volume, _| {
            let vault = file.path().display();
            if previous {
                let settle = file.command("settle", volume);
                vec![
                    format!(
                        "wrote `{vault}`: the volume `{volume}` is rolling from the imported seed to its own"
                    ),
                    format!("next: encrypt, hand over and boot; only after that {settle}"),
                ]
            } else {
                let section = K::NAME;
                vec![
                    format!("wrote `{vault}`: the imported seed of the volume `{volume}`"),
                    format!(
                        "next: remove `seed` of `{volume}` from {section}.yaml, and delete your other copies of it"
                    ),
                ]
            }
        },
    )
}

fn warn_if_shared<K: Authored>(vault: &Vault<K>, volume: &str, seed: &Seed, report: &Report) {
    let other = vault.volumes().find(|(name, entry)| *name != volume && entry.seeds.seed == *seed);
    if let Some((other, _)) = other {
        report.warning(
            &format!("it is the seed of the volume `{other}` too: anyone who learns it opens both"),
            &["check that each volume gets the seed of its own disk; roll one of them later".into()],
        );
    }
}

fn read_seed(arguments: &SeedImport) -> Result<Seed, Failure> {
    let descriptor = || arguments.fd.map(|number| PathBuf::from(format!("/dev/fd/{number}")));
    let path = arguments.from.clone().or_else(descriptor);
    let (bytes, from) = match &path {
        Some(path) => (seed_from_file(path)?, format!(" from `{}`", input::name(path))),
        None => (typed_seed()?, String::new()),
    };
    let parse = if arguments.previous { Seed::parse_previous } else { Seed::parse };
    let not_utf8 = |error: std::str::Utf8Error| SeedError::NotUtf8 { position: error.valid_up_to() + 1 };
    let seed = if bytes.len() > LONGEST {
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

/// The content without one line end. Reads no further than a seed can reach.
fn seed_from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // room for a line end and one excess byte, so that the buffer does not move
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

/// Asks twice: only the disk itself could show that a seed is mistyped.
fn typed_seed() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let first = prompt::hidden(SEED, "seed: ")?;
    if *first != *prompt::hidden(SEED, "the same again: ")? {
        return Err(Failure::new(ExitCode::NoSecret, "the two seeds differ")
            .hint("run it again and type the same one twice"));
    }
    Ok(first)
}

#[derive(Serialize)]
struct Rekeyed {
    vault: String,
    recipients: Vec<String>,
    /// Whether the recipients have changed.
    changed: bool,
    /// Those who cannot open it any more.
    dropped: Vec<String>,
    /// Those who can open it from now on.
    added: Vec<String>,
}

/// Encrypts the same seeds to the recipients that are named now.
pub fn rekey<K: Authored>(arguments: &SeedRekey, report: &Report) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        let how = Change { makes: false, rekeys: true, danger: arguments.danger };
        let Changed { recipients, turnover, .. } = file.change(&how, |_| Ok(()))?;
        let (vault, to) = (file.path().display().to_string(), RecipientList(&recipients));
        let changed = turnover.is_any();
        if changed {
            report.success(&format!("wrote `{vault}`, now encrypted to {to}"));
            if !turnover.dropped.is_empty() {
                report.note(&format!("  no longer to {}", RecipientList(&turnover.dropped)));
            }
            report.note("  its former recipients can still open earlier copies: roll the seeds that they must not know");
        } else {
            report.success(&format!("wrote `{vault}`, encrypted to the same recipients as before: {to}"));
        }
        let Turnover { dropped, added } = turnover;
        report.result(&Rekeyed { vault, recipients, changed, dropped, added }, |_| Vec::<String>::new())
    })
}

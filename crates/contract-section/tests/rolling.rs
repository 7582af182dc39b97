//! Seeds that roll over two sides and several volumes, from the sections to the contract: what the guest reads, and
//! what the signer is warned of.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test reads its vectors")]

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use contract_core::contract::{Accept, Change, Contract, Earlier, Event, Half};
use contract_core::handoff::{self, Unsorted};
use contract_core::kind::{Env, Workload};
use contract_core::statement::{Statement, Tool};
use contract_pki::certificate::{EncryptionCertificate, Expiry, Foreign};
use contract_pki::platform::Platform;
use contract_pki::private_key::SigningKey;
use contract_pki::random::SystemRandomness;
use contract_section::seed::{NoSeed, Seed, Seeds, VolumeSeeds};
use contract_section::{EnvSeed, Part, Passphrases, Readable, Section, Source};
use jiff::Timestamp;
use ssh_signatures::allowed_signers::AllowedSigners;
use zeroize::Zeroizing;

struct NoPassphrase;

impl Passphrases for NoPassphrase {
    fn passphrase(&mut self, file: &str) -> Result<Zeroizing<String>, String> {
        panic!("asked for {file}")
    }
}

/// One side's seeds, by volume.
#[derive(Clone, Default)]
struct Kept(BTreeMap<String, VolumeSeeds>);

impl Seeds for Kept {
    fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
        self.0.get(volume).cloned().ok_or(NoSeed { message: "no seed".into(), hint: "seed add".into() })
    }
}

impl Kept {
    fn add(&mut self, volume: &str) {
        let seed = Seed::generate(&mut SystemRandomness).unwrap();
        self.0.insert(volume.into(), VolumeSeeds { seed, previous: None, generation: 1 });
    }

    fn roll(&mut self, volume: &str) {
        let seeds = self.0.get_mut(volume).unwrap();
        let new = Seed::generate(&mut SystemRandomness).unwrap();
        seeds.previous = Some(std::mem::replace(&mut seeds.seed, new));
        seeds.generation += 1;
    }

    fn settle(&mut self, volume: &str) {
        self.0.get_mut(volume).unwrap().previous = None;
    }

    fn retire(&mut self, volume: &str) {
        self.0.remove(volume);
    }

    /// `volumes` of a section, each in another shape.
    fn volumes(&self) -> String {
        let shapes = ["{}", "", "# c\n"];
        let volume = |(name, shape): (&String, &&str)| format!("  {name}: {shape}\n");
        let volumes: String = self.0.keys().zip(shapes.iter().cycle()).map(volume).collect();
        if volumes.is_empty() { String::new() } else { format!("volumes:\n{volumes}") }
    }
}

/// What one contract hands to the guest and to the signer.
struct Booted {
    /// The pairs of seeds that each volume may open with, the current pair first.
    pairs: BTreeMap<String, Vec<(String, String)>>,
    statements: [Earlier; 2],
}

impl Booted {
    /// Of both sides the previous seed, or the only one.
    fn previous_pair(&self, volume: &str) -> (String, String) {
        self.pairs[volume].last().unwrap().clone()
    }
}

struct Story {
    workload: Kept,
    env: Kept,
    key: SigningKey,
    day: i64,
}

impl Story {
    fn new() -> Self {
        let (mut workload, mut env) = (Kept::default(), Kept::default());
        workload.add("data");
        env.add("data");
        Self { workload, env, key: SigningKey::generate().unwrap(), day: 0 }
    }

    /// Encrypts, hands over, combines; the changes are those since `earlier`.
    fn contract(&mut self, earlier: &[&Booted]) -> Result<(Booted, Vec<Change>), String> {
        self.day += 1;
        let at = Timestamp::from_second(1_800_000_000 + 86_400 * self.day).unwrap();
        let head = "type: workload\nconfidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}\n";
        let workload =
            read::<Workload>(&format!("{head}{}", self.workload.volumes()), None, &mut self.workload, at);
        let head = "type: env\nlogging: {logRouter: {hostname: h, iamApiKey: test-material}}\n";
        let pem = self.key.public().to_pem().unwrap();
        let env = read::<Env>(&format!("{head}{}", self.env.volumes()), Some(&pem), &mut self.env, at);
        let pairs = pairs(&opened(&workload, at), &opened(&env, at));
        let (workload, env) = (handed(&workload, at), handed(&env, at));
        let statement =
            |half: &Statement| Earlier { source: format!("day {}", self.day), statement: half.clone() };
        let statements = [statement(workload.statement()), statement(env.statement())];
        let nobody = AllowedSigners::default();
        let workload = Half::new(workload.of_section().unwrap(), &nobody, at);
        let env = Half::new(env.of_section().unwrap(), &nobody, at);
        let accept = Accept {
            expiry: Expiry::DangerAccept,
            foreign: Foreign::DangerAccept,
            unvouched: true,
            one_person: false,
        };
        let contract =
            Contract::combine(workload, env, &self.key, at, accept).map_err(|error| error.to_string())?;
        let earlier: Vec<_> = earlier.iter().flat_map(|it| it.statements.iter().cloned()).collect();
        let changes = contract.changes_since(&earlier);
        Ok((Booted { pairs, statements }, changes))
    }
}

fn read<K: Readable>(text: &str, signing_key: Option<&str>, seeds: &mut Kept, at: Timestamp) -> Section<K> {
    let source =
        Source { file: K::NAME, text, folder: Path::new(""), at, platform: Platform::Ccco, signing_key };
    let (section, findings) = Section::read(&source, &mut NoPassphrase, seeds);
    assert_eq!(findings.0, [], "{text}");
    section.unwrap()
}

/// The same section as the guest reads it.
fn opened<K: Readable>(section: &Section<K>, at: Timestamp) -> Section<K> {
    let [Part::Text(text)] = section.parts() else { panic!("one text") };
    Section::open(text.clone(), at, &[Platform::Ccco]).0.unwrap()
}

fn pairs(workload: &Section<Workload>, env: &Section<Env>) -> BTreeMap<String, Vec<(String, String)>> {
    let both = |seed: &Seed, previous: Option<&Seed>| {
        [Some(seed), previous].into_iter().flatten().map(|seed| seed.expose().to_owned()).collect::<Vec<_>>()
    };
    let mut pairs = BTreeMap::new();
    for (workload, env) in workload.model().volumes.iter().zip(&env.model().volumes) {
        let EnvSeed::Seed(seed) = &env.seed else { panic!("a seed") };
        let env = both(seed, env.previous_seed.as_ref());
        let workload_seeds = both(&workload.seed, workload.previous_seed.as_ref());
        let all = workload_seeds.iter().flat_map(|w| env.iter().map(|e| (w.clone(), e.clone()))).collect();
        pairs.insert(workload.name.clone(), all);
    }
    pairs
}

fn handed<K: Readable>(section: &Section<K>, at: Timestamp) -> Unsorted<Cursor<Vec<u8>>> {
    let pem = std::fs::read_to_string("../../tests/vectors/token/guest-encrypt.crt").unwrap();
    let certificate = EncryptionCertificate::parse(&pem)
        .unwrap()
        .verify(at, Expiry::DangerAccept, Foreign::DangerAccept)
        .unwrap();
    let mut out = Cursor::new(Vec::new());
    let encrypt = |out: &mut dyn Write| {
        let (randomness, workers) = (&mut SystemRandomness, NonZeroUsize::MIN);
        section.encrypt(&certificate, Platform::Ccco, randomness, workers, out, &|_| ())
    };
    let tool = Tool { name: K::AUTHOR.into(), version: "test".into() };
    let mut writer = handoff::Writer::new(&mut out, at);
    let encrypted = writer.token(encrypt).unwrap();
    writer
        .statement(&Statement::new::<K>(section.facts(), &encrypted, Platform::Ccco, &certificate, at, tool))
        .unwrap();
    writer.finish().unwrap();
    Unsorted::read(out).unwrap()
}

/// Whether a disk that the one contract closed opens with the other.
fn opens(volume: &str, closed: &Booted, with: &Booted) -> bool {
    with.pairs[volume].contains(&closed.pairs[volume][0])
}

fn events(changes: &[Change]) -> Vec<Event> {
    changes.iter().map(|change| change.event).collect()
}

#[test]
fn volumes_roll_come_and_go_and_the_disk_follows() {
    let mut story = Story::new();
    let (first, changes) = story.contract(&[]).unwrap();
    assert_eq!(events(&changes), []);

    // one side rolls, the other does not
    story.workload.roll("data");
    let (second, changes) = story.contract(&[&first]).unwrap();
    assert_eq!(events(&changes), []);
    assert!(opens("data", &first, &second) && !opens("data", &second, &first));

    // the other one rolls too soon: the disk opens only if the guest tries new seeds with old ones
    story.env.roll("data");
    let (early, changes) = story.contract(&[&first, &second]).unwrap();
    assert_eq!(events(&changes), [Event::Overlapping]);
    assert!(opens("data", &second, &early) && early.previous_pair("data") != second.pairs["data"][0]);

    // it settles before the other one rolls
    let before_settling = story.workload.clone();
    story.workload.settle("data");
    let (third, changes) = story.contract(&[&first, &second]).unwrap();
    assert_eq!(events(&changes), []);
    assert!(opens("data", &second, &third) && !opens("data", &first, &third));

    // without the second contract nobody bridged it, and the signer reports it
    let (unbridged, changes) = story.contract(&[&first]).unwrap();
    assert_eq!(events(&changes), [Event::SettledUnseen]);
    assert!(!opens("data", &first, &unbridged));

    // both roll at once
    story.env.settle("data");
    story.workload.roll("data");
    story.env.roll("data");
    let (fourth, changes) = story.contract(&[&third]).unwrap();
    assert_eq!(events(&changes), []);
    assert!(opens("data", &third, &fourth));
    assert_eq!(fourth.previous_pair("data"), third.pairs["data"][0]);

    // an old vault comes back
    let current = std::mem::replace(&mut story.workload, before_settling);
    let (old, changes) = story.contract(&[&third, &fourth]).unwrap();
    assert_eq!(events(&changes), [Event::WentBack]);
    assert!(!opens("data", &fourth, &old));
    story.workload = current;

    // a volume is added by one side, then by both
    story.workload.add("logs");
    let refused = story.contract(&[&fourth]).map(|_| ()).unwrap_err();
    assert!(refused.contains("volumes (workload: data logs; env: data)"), "{refused}");
    story.env.add("logs");
    let (fifth, changes) = story.contract(&[&fourth]).unwrap();
    assert_eq!(events(&changes), [Event::Added, Event::Added]);
    assert!(opens("data", &fourth, &fifth));

    // the first one is retired
    story.workload.retire("data");
    story.env.retire("data");
    story.env.roll("logs");
    let (sixth, changes) = story.contract(&[&fifth]).unwrap();
    assert_eq!(events(&changes), [Event::Retired, Event::Retired]);
    assert!(opens("logs", &fifth, &sixth));
}

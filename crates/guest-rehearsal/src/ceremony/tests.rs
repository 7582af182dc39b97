//! A ceremony with shell scripts in place of the binaries. Each checks its input and makes its output.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cli_kit::persona::{Persona, SharedSettings};
use contract_core::kind::{Env, Workload};
use contract_pki::platform::Platform;
use contract_pki::random::SystemRandomness;
use contract_section::seed::{NoSeed, Seed, Seeds, VolumeSeeds};
use contract_section::{Passphrases, Section, Source};
use findings::Findings;
use zeroize::Zeroizing;

use super::*;
use crate::ceremony::folders::names;

const SIGNER_SCRIPT: &str = r#"
case $1 in
  keygen) test "$(stat -c %a passphrase)" = 600 && touch signing-key.pem signing-key.pub.pem ;;
  certify) touch signing-key.crt ;;
  identity) echo age1signer ;;
  trust) grep -q "^ssh-ed25519 " "$4" && echo "$5" >> allowed_signers ;;
  sign) test -s paynow.workload.handoff.age && test -s paynow.env.handoff.age && test -e attestation-key.pub.pem && test -e hpcr-encrypt.crt && echo made > user-data && echo made > user-data.record.json ;;
esac"#;
const WORKLOAD_SCRIPT: &str = r#"
test -e hpcr-encrypt.crt && test -e id_ed25519 || exit 1
case $1 in
  seed) grep -q 'recipients: .age1signer.' persona.yaml && echo "of workload-provider" > seeds.age ;;
  encrypt) test -s seeds.age && echo made > paynow.workload.handoff.age; echo "workload-provider: wrote it" >&2 ;;
esac"#;
const ENV_SCRIPT: &str = r"
case $1 in
  seed) echo of env-deployer > seeds.age ;;
  check|encrypt)
    test -e hpcr-encrypt.crt && test -e signing-key.crt && test -e signing-key.pub.pem && test -s seeds.age && test -e id_ed25519 || exit 1
    grep -q 'BEGIN RSA PRIVATE KEY' rsyslog/client-key.pem && openssl verify -CAfile rsyslog/ca.crt rsyslog/server.crt || exit 1 ;;
esac
case $1 in
  encrypt) echo made > paynow.env.handoff.age ;;
  boot-media) test -s user-data && echo made > ciiso.iso ;;
esac";
const GUEST_SCRIPT: &str = r#"
case $1 in
  keygen) touch guest-key.pem guest-encrypt.crt guest-attestation.crt guest-intermediate.crt guest-root.crt ;;
  boot) test -s "$2" && test -s user-data.record.json && mkdir attestation && echo made > attestation/se-checksums.txt.enc &&
    echo made > attestation/se-signature.bin && echo "the guest would boot" ;;
esac"#;
const AUDITOR_SCRIPT: &str = r"
case $1 in
  keygen) touch attestation-key.pem attestation-key.pub.pem ;;
  open) test -s se-checksums.txt.enc && cp se-checksums.txt.enc se-checksums.txt ;;
  verify) test -s se-signature.bin && test -e hpcr-attestation.crt && test -e hpcr-intermediate.crt && test -e root.crt ;;
  compare) test -s se-checksums.txt && test -s user-data.record.json && test -s ciiso.iso ;;
esac";

/// Written by another process: a descriptor of ours, inherited by what another test starts at this moment, would keep
/// the script from being run ("text file busy").
fn script(folder: &Path, name: &str, text: &str) {
    let mut install = Command::new("install")
        .args(["-m", "755", "/dev/stdin"])
        .arg(folder.join(name))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    install.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{text}\n").as_bytes()).unwrap();
    assert!(install.wait().unwrap().success());
}

fn play(root: &Path, signer: &str) -> (Result<String, Failure>, Vec<Act>) {
    let tools = root.join("bin");
    fs_err::create_dir(&tools).unwrap();
    script(&tools, "contract-signer", signer);
    script(&tools, "contract-auditor", AUDITOR_SCRIPT);
    script(&tools, "workload-provider", WORKLOAD_SCRIPT);
    script(&tools, "env-deployer", ENV_SCRIPT);
    script(&tools, "guest-rehearsal", GUEST_SCRIPT);
    let personas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../personas");
    let folders = Folders::make(&personas, &root.join("story"), false).unwrap();
    let mut acts = Vec::new();
    let ended = Ceremony {
        folders: &folders,
        tools: &Tools::beside(&tools.join("guest-rehearsal")).unwrap(),
        now: Timestamp::now(),
        random: &mut SystemRandomness,
        before: &mut |_, _| {},
        after: &mut |act| acts.push(act.clone()),
    }
    .play();
    (ended, acts)
}

#[test]
fn everybody_gets_what_they_need_before_they_need_it() {
    let root = tempfile::tempdir().unwrap();
    let (ended, acts) = play(root.path(), SIGNER_SCRIPT);
    assert_eq!(ended.unwrap(), "the guest would boot\n");
    for name in names() {
        assert!(acts.iter().any(|act| act.who == name), "{name} has a part");
    }
    let outcome = |command: &str| &acts.iter().find(|act| act.command == command).unwrap().outcome;
    assert_eq!(outcome("workload-provider encrypt ."), "wrote it");
    let story = root.path().join("story");
    let public = |who: &str| fs_err::read_to_string(story.join(who).join("id_ed25519.pub")).unwrap();
    assert_ne!(public(WORKLOAD), public(ENV));
    assert_eq!(
        fs_err::read_to_string(story.join(SIGNER).join("allowed_signers")).unwrap(),
        "--workload\n--env\n"
    );
    let passphrase = fs_err::read_to_string(story.join(SIGNER).join("passphrase")).unwrap();
    assert_eq!(passphrase.trim_end().len(), 64);
    let shown = format!("{acts:?}");
    assert!(!shown.contains(passphrase.trim_end()), "no secret is shown");
}

#[test]
fn a_command_that_fails_ends_the_ceremony_with_its_exit_code() {
    let root = tempfile::tempdir().unwrap();
    let signer = r#"case $1 in
        sign) echo "contract-signer: error: no" >&2; exit 4 ;;
        identity) echo age1signer ;;
        *) touch signing-key.pub.pem signing-key.crt ;;
    esac"#;
    let (ended, acts) = play(root.path(), signer);
    let failure = ended.unwrap_err();
    assert_eq!(failure.exit, ExitCode::Refused);
    assert!(failure.message.starts_with("`contract-signer sign "), "{failure:?}");
    assert!(failure.message.ends_with("failed: no"), "{failure:?}");
    assert!(failure.hints[0].contains("contract-signer && contract-signer sign"), "{failure:?}");
    assert!(
        acts.iter().all(|act| !act.command.contains("user-data")),
        "nobody gets user data that were not made"
    );
}

/// Nothing that the samples ask for is protected.
struct NoPassphrase;

impl Passphrases for NoPassphrase {
    fn passphrase(&mut self, file: &str) -> Result<Zeroizing<String>, String> {
        panic!("asked for the passphrase of {file}")
    }
}

#[test]
fn every_sample_says_who_it_is() {
    let personas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../personas");
    for (folder, persona) in [
        (WORKLOAD, Persona::WorkloadProvider),
        (ENV, Persona::EnvDeployer),
        (SIGNER, Persona::ContractSigner),
    ] {
        let file = std::fs::read_to_string(personas.join(folder).join("persona.yaml")).unwrap();
        assert!(file.contains("\nname: paynow"));
        SharedSettings::read(&personas.join(folder), persona).unwrap();
    }
}

/// A seed for whatever is asked.
struct Made;

impl Seeds for Made {
    fn seeds_for(&mut self, _: &str) -> Result<VolumeSeeds, NoSeed> {
        let seed = Seed::generate(&mut SystemRandomness).unwrap();
        Ok(VolumeSeeds { seed, previous: None, generation: 1 })
    }
}

#[test]
fn the_samples_hold_nothing_to_complain_about() {
    fn findings<K: contract_section::Readable>(folder: &Path, file: &str) -> (Section<K>, Findings) {
        let text = fs_err::read_to_string(folder.join(file)).unwrap();
        let source = Source {
            file,
            text: &text,
            folder,
            at: Timestamp::now(),
            platform: Platform::Hpvs,
            signing_key: None,
        };
        let (section, findings) = Section::read(&source, &mut NoPassphrase, &mut Made);
        (section.unwrap_or_else(|| panic!("{findings:#?}")), findings)
    }
    let root = tempfile::tempdir().unwrap();
    play(root.path(), SIGNER_SCRIPT).0.unwrap();
    let story = root.path().join("story");
    let (workload, of_workload) = findings::<Workload>(&story.join(WORKLOAD), "workload.yaml");
    let (env, of_env) = findings::<Env>(&story.join(ENV), "env.yaml");
    assert_eq!((of_workload, of_env), (Findings::default(), Findings::default()));
    assert_eq!(workload.facts().volumes, env.facts().volumes);
    assert!(workload.facts().required_variables.is_subset(&env.facts().provided_variables));
    assert!(!workload.facts().required_variables.is_empty(), "the env deployer has something to provide");
}

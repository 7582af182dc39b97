use super::*;
use crate::exit::ExitCode;
use tempfile::TempDir;

fn folder(text: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix("shop").tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), text).unwrap();
    folder
}

fn env_deployer(folder: &Path) -> Result<AuthorFolder, Failure> {
    AuthorFolder::read(folder, Persona::EnvDeployer)
}

fn refused(text: &str) -> Failure {
    let folder = folder(text);
    let mut failure = env_deployer(folder.path()).unwrap_err();
    failure.message = failure.message.rsplit("persona.yaml`: ").next().unwrap().to_owned();
    failure
}

#[test]
fn paths_are_relative_to_the_file_and_flags_win() {
    let folder =
        folder("persona: env-deployer\nname: paynow\nplatform: ccrt\ncertificate: a.crt\nsigning-key: /k\n");
    let file = env_deployer(folder.path()).unwrap();
    assert_eq!((file.name.as_str(), file.platform), ("paynow", Platform::Ccrt));
    assert_eq!(file.encryption_certificate(None).unwrap(), folder.path().join("a.crt"));
    assert_eq!(file.encryption_certificate(Some(Path::new("b.crt"))).unwrap(), Path::new("b.crt"));
    assert_eq!(file.signing_key.unwrap(), Path::new("/k"));
}

#[test]
fn a_folder_without_the_file_has_defaults_and_a_missing_folder_is_an_error() {
    let folder = tempfile::Builder::new().prefix("shop").tempdir().unwrap();
    let file = SignerFolder::read(folder.path()).unwrap();
    assert!(file.name.starts_with("shop"));
    assert_eq!(file.key, folder.path().join("signing-key.pem"));
    let failure = file.encryption_certificate(None).unwrap_err();
    assert_eq!(failure.exit, ExitCode::Usage);
    let gone = SignerFolder::read(&folder.path().join("none")).unwrap_err();
    assert_eq!(gone.exit, ExitCode::CouldNot);
}

#[test]
fn the_vault_and_who_opens_it_are_named_or_have_defaults() {
    let at = |text: &str| {
        let folder = folder(text);
        let file = env_deployer(folder.path()).unwrap();
        let inside = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
        (inside(&file.identity), inside(&file.seeds.vault), file.seeds.recipients)
    };
    let none = || ("identity.age".to_owned(), "seeds.age".to_owned(), Vec::<String>::new());
    for text in ["", "name: x\n", "seeds:\n", "seeds: {recipients: []}\n"] {
        assert_eq!(at(text), none(), "{text}");
    }
    let named = at("identity: me\nseeds: {vault: v, recipients: [age1a, age1b]}\n");
    assert_eq!(named, ("me".into(), "v".into(), vec!["age1a".into(), "age1b".into()]));
    assert_eq!(at("seeds: {recipients: passphrase}\n").2, ["passphrase"]);
}

#[test]
fn the_old_names_of_the_auditor_key_keep_working() {
    for prefix in ["auditor", "attestation"] {
        let both = folder(&format!("{prefix}-key: a.pem\nencrypt-{prefix}-key: true\n"));
        let signer = SignerFolder::read(both.path()).unwrap();
        assert!(signer.auditor_key.unwrap().ends_with("a.pem") && signer.encrypt_auditor_key);
        let auditor = AuditorFolder::read(folder(&format!("{prefix}-key: a.pem\n")).path()).unwrap();
        assert!(auditor.key.ends_with("a.pem"));
    }
    let both = folder("auditor-key: a.pem\nattestation-key: b.pem\n");
    let refused = SignerFolder::read(both.path()).unwrap_err();
    assert!(
        refused.message.ends_with("line 2: attestation-key: the old name of `auditor-key`, which is set too")
    );
    assert_eq!(
        (refused.exit, refused.hints),
        (ExitCode::Rejected, vec!["remove `attestation-key`".to_owned()])
    );
}

#[test]
fn another_personas_folder_names_its_binary() {
    let failure = refused("name: x\npersona: contract-signer\nkey: k.pem\n");
    assert_eq!(failure.message, "line 2: persona: this folder belongs to the contract-signer");
    assert_eq!(failure.hints, ["run `contract-signer` here, or name a folder of the env-deployer"]);
}

#[test]
fn every_wrong_line_is_named_with_its_field_and_a_hint() {
    for (text, message, hint) in [
        ("platfrom: hpvs\n", "line 1: platfrom: unknown field", "did you mean `platform`?"),
        ("key: x\n", "line 1: key: unknown field", "remove it"),
        ("name: x\nname: y\n", "line 2, column 1: duplicate key: first on line 1", "keep one"),
        ("platform: zvm\n", "line 1: platform: `zvm` is no platform; expected", "write `platform: hpvs`"),
        ("name: ../x\n", "line 1: name: `../x` cannot begin a file's name", "use letters"),
        ("name: [x]\n", "line 1: name: expected a text", "write `name: …`"),
        ("certificate:\n", "line 1: certificate: expected a text", "write"),
        ("handoff: x\n", "line 1: handoff: only `vouch-with`", "write them below"),
        (
            "handoff: {recipient: []}\n",
            "line 1: handoff.recipient: unknown field",
            "did you mean `recipients`?",
        ),
        ("seeds: x\n", "line 1: seeds: only `vault` and `recipients`", "write them below"),
        ("seeds:\n  vaults: x\n", "line 2: seeds.vaults: unknown field", "did you mean `vault`?"),
        ("seeds: {vault: []}\n", "line 1: seeds.vault: expected a text", "write `seeds.vault"),
        ("seeds:\n  recipients:\n  - a\n  -\n", "line 4: seeds.recipients: expected a text", "write"),
        ("seeds: {recipients: }\n", "line 1: seeds.recipients: expected a text", "write"),
        ("identity: [x]\n", "line 1: identity: expected a text", "write `identity: …`"),
        (
            "identity: AGE-SECRET-KEY-1CANARY\n",
            "line 1: identity: expected a file, found an identity",
            "write it",
        ),
        (
            "seeds: {vault: x/age-secret-key-1CANARY}\n",
            "line 1: seeds.vault: expected a file, found an",
            "write it",
        ),
        ("AGE-SECRET-KEY-1CANARY: x\n", "line 1: an identity, which is secret: unknown", "remove it"),
        ("- x\n", "line 1: not a mapping", "write `field: value`"),
        ("persona: signer\n", "line 1: persona: `signer` is no persona", "write `persona: env-deployer`"),
    ] {
        let failure = refused(text);
        assert!(failure.message.starts_with(message), "{failure:?}");
        assert!(failure.hints[0].starts_with(hint), "{failure:?}");
        assert!(!format!("{failure:?}").contains("CANARY"), "{failure:?}");
        assert_eq!(failure.exit, ExitCode::Rejected);
    }
}

#[test]
fn who_vouches_and_who_opens_a_handoff_are_named_or_nobody_is() {
    let at = |text: &str| {
        let folder = folder(text);
        let file = env_deployer(folder.path()).unwrap();
        (folder, file.handoff)
    };
    let (folder, named) = at("handoff:\n  vouch-with: keys/id\n  recipients: age1x\n");
    assert_eq!(
        (named.vouch_with, named.recipients),
        (Some(folder.path().join("keys/id")), vec!["age1x".into()])
    );
    let (_, at_home) = at("handoff: {vouch-with: ~/.ssh/id_ed25519}\n");
    assert_eq!(at_home.vouch_with.unwrap(), Path::new("~/.ssh/id_ed25519"));
    for blank in ["", "# name: x\n\n", "handoff:\n", "handoff:\n  recipients: []\n"] {
        assert_eq!(at(blank).1, HandoffSettings::default(), "{blank}");
    }
}

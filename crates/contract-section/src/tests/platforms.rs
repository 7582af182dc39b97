//! What differs among the products, and places where a guest's schema accepts any field.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::tests::*;

const LOGGING: &str = "logging: {logRouter: {hostname: h, port: 443, iamApiKey: canary}}\n";

fn read_on<K: Readable>(folder: &Path, text: &str, platform: Platform) -> Vec<String> {
    let source = Source { file: "section.yaml", text, folder, at: now(), platform, signing_key: None };
    let (section, findings) = Section::<K>::read(&source, &mut Asked(Err("")), &mut Kept::default());
    assert_eq!(section.is_some(), findings.errors() == 0, "{findings:?}");
    assert!(!format!("{findings:?}").contains("canary"), "{findings:?}");
    shown(&findings)
}

/// One finding on some products, none on the others.
fn only_on<K: Readable>(text: &str, platforms: &[Platform], expected: &str) {
    let pod = "{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {containers: [{name: c, image: \"i@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}}";
    let folder = folder(&[
        ("play/pod.yml", pod),
        (
            "compose/docker-compose.yaml",
            "services: {c: {image: \"docker.io/library/i@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}\n",
        ),
    ]);
    for platform in Platform::ALL {
        let mut found = read_on::<K>(folder.path(), text, platform);
        found.retain(|finding| !finding.contains("in plain text"));
        if platforms.contains(&platform) {
            let expected = expected.replace("PLATFORM", platform.name());
            assert!(found.len() == 1 && found[0].contains(&expected), "{platform}: {expected}\n{found:#?}");
        } else {
            assert_eq!(found, Vec::<String>::new(), "{platform}: {text}");
        }
    }
}

use Platform::{Ccco, Ccrt, Ccrv, Hpvs};

#[test]
fn each_product_runs_its_kinds_of_workload() {
    let of = |application: &str| format!("type: workload\n{application}\n");
    let compose = of("compose: {archive: !folder compose}");
    only_on::<Workload>(&compose, &[Ccrv, Ccco], "Error section.yaml:2 compose: `compose` is not ");
    only_on::<Workload>(&of("play: {archive: !folder play}"), &[Ccco], "play: `play` is not run on ccco");
    only_on::<Workload>(
        &of("confidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}"),
        &[Hpvs, Ccrt, Ccrv],
        "confidential-containers: `confidential-containers` is not run on PLATFORM (write ",
    );
}

#[test]
fn an_env_section_follows_its_product() {
    let of = |rest: &str| format!("type: env\n{LOGGING}{rest}\n");
    only_on::<Env>("type: env\n", &[Hpvs, Ccrt, Ccrv], "`logging` is missing, and required on PLATFORM");
    only_on::<Env>(
        "type: env\nlogging: {logRouter: {hostname: h, port: 443, iamApiKey: canary, tags: [a]}}\n",
        &[Hpvs, Ccrt, Ccrv],
        "Error section.yaml:2 logging.logRouter.tags: unknown field `tags` on PLATFORM",
    );
    for field in ["uv-secret-id: index-1", "seed: canary-canary-canary, kmsTimeout: 5"] {
        let name = field.rsplit(", ").next().unwrap().split(':').next().unwrap();
        let text = of(&format!("volumes: {{data: {{{field}}}}}"));
        only_on::<Env>(&text, &[Ccco], &format!("volumes.data.{name}: "));
    }
    only_on::<Env>(
        &of("confidential-containers: {secret: {verificationKey: k}}"),
        &[Ccco],
        "confidential-containers.secret.decryptionKey: `decryptionKey` is missing",
    );
    let machine = "host-attestation: {HKD-1: {description: lab, host-key-doc: \"%\"}}";
    for platform in Platform::ALL {
        let found = read_on::<Env>(Path::new(""), &of(machine), platform);
        assert!(
            found[0].starts_with("Error section.yaml:3 host-attestation.HKD-1.host-key-doc: expected base64")
        );
    }
}

#[test]
fn a_guest_of_several_products_is_refused_only_by_all() {
    let open = |text: &str, platforms: &[Platform]| {
        let (section, findings) = Section::<Env>::open(Zeroizing::new(text.to_owned()), now(), platforms);
        (section.map(|section| section.platforms().to_vec()), findings)
    };
    let (left, findings) = open("type: env\n", &Platform::ALL);
    assert_eq!(left, Some(vec![Ccco]));
    let expected = "Warning env:1 logging: `logging` is missing, and required on hpvs, ccrt, ccrv";
    assert!(shown(&findings)[0].starts_with(expected), "{findings:?}");
    assert_eq!(findings.0[0].rule, Rule::SomePlatforms);
    assert_eq!(open("type: env\n", &[Hpvs, Ccrt]).0, None);
    // what is left after the first rule does not pass the second
    let text = "type: env\nvolumes: {data: {uv-secret-id: index-1}}\n";
    assert_eq!(open(text, &Platform::ALL).0, None);
}

#[test]
fn crypto_cards_of_the_machine() {
    const MKVP: &str = "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b00000000";
    let entry = format!("type: secret, domain-id: \"03.0011\", secret: c2VjcmV0, mkvp: \"{MKVP}\"");
    let found = |fields: &str| {
        let text = format!("type: env\n{LOGGING}crypto-pt: {{{fields}}}\n");
        let found = read_on::<Env>(Path::new(""), &text, Ccrt);
        let (opened, findings) = Section::<Env>::open(Zeroizing::new(text), now(), &[Ccrt]);
        // no schema describes the field, so a guest's own reader does not refuse it
        assert!(opened.is_some(), "{findings:?}");
        found
    };
    assert_eq!(found(&format!("lock: false, index-1: {{{entry}}}, index-6: {{{entry}}}")), [""; 0]);
    for (fields, expected) in [
        ("lock: \"no\"".to_owned(), "Error section.yaml:3 crypto-pt.lock: expected `true` or `false`"),
        (
            format!("index-7: {{{entry}}}"),
            "Warning section.yaml:3 crypto-pt.index-7: unknown field `index-7`",
        ),
        (
            format!("index-1: {{{}}}", entry.replace("type: secret", "type: secret3")),
            "Warning section.yaml:3",
        ),
        (
            format!("index-1: {{{}}}", entry.replace("03.0011", "3.11")),
            "`3.11` is no domain of a crypto adapter",
        ),
        (
            format!("index-1: {{{}}}", entry.replace("c2VjcmV0", "\"c2V jc\"")),
            "index-1.secret: expected base64",
        ),
        (format!("index-1: {{{}}}", entry.replace("0x00", "0x0")), "mkvp: not a verification pattern"),
        (format!("index-1: {{{}}}", entry.replace("mkvp", "mkpv")), "crypto-pt.index-1.mkpv: unknown field"),
    ] {
        let found = found(&fields);
        assert!(found[0].contains(expected), "{expected}\n{found:#?}");
    }
    assert!(found("index-1: {type: secret}")[2].contains("crypto-pt.index-1.mkvp: `mkvp` is missing"));
}

#[test]
fn host_key_documents() {
    let certificate = authority::Pair::new("hkd", 365, None);
    let of = |document: &str, description: &str| {
        let text = format!(
            "type: env\n{LOGGING}host-attestation:\n  HKD-1:\n    {description}: lab\n    host-key-doc: {document}\n"
        );
        read_on::<Env>(Path::new(""), &text, Ccrt)
    };
    let pem = STANDARD.encode(certificate.pem());
    let der = STANDARD.encode(certificate.certificate.to_der().unwrap());
    assert_eq!(of(&pem, "description"), [""; 0]);
    assert_eq!(of(&der, "description"), [""; 0]);
    assert!(
        of("AAAA", "description")[0]
            .starts_with("Warning section.yaml:6 host-attestation.HKD-1.host-key-doc: holds no")
    );
    let misspelt = of(&pem, "descripion");
    assert!(misspelt[0].contains(
        "descripion: unknown field `descripion`: a guest may ignore it (did you mean `description`?)"
    ));
    assert!(misspelt[1].contains("HKD-1.description: `description` is missing"));
}

#[test]
fn log_analysis_is_gone() {
    for name in ["logDNA", "logdna"] {
        let text = format!("type: env\nlogging:\n  {name}:\n    hostname: h\n    ingestionKey: \"canary\"\n");
        let found = read_on::<Env>(Path::new(""), &text, Hpvs);
        assert!(
            found.len() == 1 && found[0].contains("is IBM Log Analysis, which is gone: `logRouter`"),
            "{found:?}"
        );
        let beside = read_on::<Env>(
            Path::new(""),
            &format!("{text}  logRouter: {{hostname: h, port: 443, iamApiKey: canary}}\n"),
            Hpvs,
        );
        assert!(beside.len() == 1 && beside[0].starts_with("Warning"), "{beside:?}");
    }
}

#[test]
fn a_section_in_its_wrapper() {
    fn one<K: Readable>(text: &str, expected: &str) {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let found = read_on::<K>(Path::new(""), &text, Hpvs);
            assert!(found.len() == 1 && found[0].contains(expected), "{expected}\n{found:#?}");
            assert!(found[0].starts_with("Error section.yaml:1 :"), "{found:#?}");
            let (opened, findings) = Section::<K>::open(Zeroizing::new(text), now(), &Platform::ALL);
            assert!(opened.is_none() && shown(&findings)[0].contains(expected), "{findings:#?}");
        }
    }
    let workload = "workload: |\n  type: workload\n  play: {}\n";
    one::<Workload>(
        workload,
        "inside `workload:`, as in a contract: expected the section alone (remove the line `workload:`",
    );
    one::<Workload>(&workload.replace(" |", ""), "remove the line `workload:`, and the indentation");
    let both = format!("{workload}env: |\n  type: env\n  {LOGGING}");
    one::<Workload>(&both, "inside `workload:` and `env:`");
    one::<Env>(&both, "keep what is under `env:` in `env.yaml`");
    one::<Env>("env:\n  type: env\n", "inside `env:`");
    one::<Env>(workload, "this is the workload section: keep it in `workload.yaml`");
    one::<Workload>("workload: hyper-protect-basic.AAAA.BBBB\n", "it is encrypted already");
    // variables, in a workload section without its type
    let text = "play: {resources: []}\nenv: {A: b}\n";
    let found = read_on::<Workload>(Path::new(""), text, Hpvs);
    assert!(found[0].contains("`type` is missing"), "{found:?}");
}

#[test]
fn a_policy_is_encoded_on_the_way() {
    let policy = "package agent_policy\n\ndefault ExecProcessRequest := false\n";
    let encoded = STANDARD.encode(policy);
    let folder = folder(&[("policy.rego", policy), ("policy.b64", &format!("{encoded}\n"))]);
    for file in ["policy.rego", "policy.b64"] {
        let text =
            format!("type: workload\nconfidential-containers: {{regoValidator: {{policy: !file {file}}}}}\n");
        let source = Source {
            file: "section.yaml",
            text: &text,
            folder: folder.path(),
            at: now(),
            platform: Ccco,
            signing_key: None,
        };
        let (section, findings) =
            Section::<Workload>::read(&source, &mut Asked(Err("")), &mut Kept::default());
        assert_eq!(findings.0, []);
        let model = section.unwrap().model().confidential_containers.clone().unwrap();
        assert_eq!(model.policy.as_deref(), Some(&*encoded), "{file}");
    }
}

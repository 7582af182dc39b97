//! Broken contracts, each with the message that IBM's list has for it ([`crate::hpl`]).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use super::{COMPOSE, refusal, with_signing_key, without};
use crate::boot::luks::Disks;
use crate::boot::luks::passphrase::SeedOrder;
use crate::boot::{Guest, boot};
use crate::hpl::{self, Hpl};
use crate::testing::{self, Case, POD, archive, guest_key, quoted, signing_certificate};

/// A contract, and the hours until the guest boots from it.
struct Broken {
    case: Case,
    hours: i64,
}

impl Broken {
    fn play(&mut self, pod: &str) {
        self.case = Case::with_archive("play", &archive(&[("pod.yml", pod)]));
    }

    fn compose(&mut self, file: &str) {
        self.case = Case::with_archive("compose", &archive(&[("docker-compose.yml", file)]));
    }

    fn packed(&mut self, kind: &str, packed: &[u8]) {
        self.case = Case::with_archive(kind, &STANDARD.encode(packed));
    }

    fn certified(&mut self, days: i64) {
        self.case.env = with_signing_key(&self.case.env, &quoted(signing_certificate(days)));
    }

    fn report(&self) -> crate::report::BootReport {
        let at = Timestamp::now() + SignedDuration::from_hours(self.hours);
        super::boot(self.case.user_data().as_bytes(), guest_key(), at)
    }
}

type Spoil = fn(&mut Broken);

#[rustfmt::skip]
const REFUSED: &[(&str, &str, Hpl, Spoil)] = &[
    ("the user data is not YAML", "user data", hpl::HPL11001E, |it| it.case.attestation_public_key = Some("[".into())),
    ("the token is damaged", "workload", hpl::HPL11001E, |it| {
        it.case.encrypted = false;
        it.case.workload = "hyper-protect-basic.QUJD.QUJD".into();
    }),
    ("the sections are swapped", "schema", hpl::HPL05001E, |it| std::mem::swap(&mut it.case.workload, &mut it.case.env)),
    ("a field is spelled wrongly", "logging", hpl::HPL01001E, |it| it.case.env = it.case.env.replace("iamApiKey", "iamApikey")),
    ("logging is of a kind that is gone", "logging", hpl::HPL01001E, |it| it.case.env = it.case.env.replace("logRouter", "logDNA")),
    ("a volume has no workload seed", "schema", hpl::HPL05001E, |it| it.case.workload = without(&it.case.workload, "seed")),
    ("a seed is too short", "schema", hpl::HPL05001E, |it| it.case.env = it.case.env.replace(testing::ENV_SEED, "short")),
    ("a seed has a space", "schema", hpl::HPL05001E, |it| it.case.env = it.case.env.replace(testing::ENV_SEED, "a seed with many spaces")),
    ("two applications", "schema", hpl::HPL05001E, |it| it.case.workload += "compose:\n  archive: \"AAAA\"\n"),
    ("a key twice", "logging", hpl::HPL01000E, |it| it.case.workload += "type: workload\n"),
    ("a file system that no guest has", "schema", hpl::HPL05001E, |it| it.case.workload = it.case.workload.replace("ext4", "ntfs")),
    ("not signed, with a key", "signature", hpl::HPL12004E, |it| it.case.signer = None),
    ("signed, without a key", "signature", hpl::HPL12004E, |it| it.case.env = without(&it.case.env, "signingKey")),
    ("signed with another key", "signature", hpl::HPL12001E, |it| {
        it.case.signer = Some(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
    }),
    ("the signing certificate expired", "expiry", hpl::HPL12007E, |it| {
        it.certified(3);
        it.hours = 24 * 4;
    }),
    ("compose: no gzip", "archive", hpl::HPL06006E, |it| it.packed("compose", b"no gzip at all")),
    ("compose: no tar", "archive", hpl::HPL06007E, |it| it.packed("compose", &testing::gzip(b"no tar at all"))),
    ("compose: another name", "archive", hpl::HPL06008E, |it| it.case = Case::with_archive("compose", &archive(&[("compose.yaml", COMPOSE)]))),
    ("compose: in a folder", "archive", hpl::HPL06008E, |it| it.case = Case::with_archive("compose", &archive(&[("app/docker-compose.yaml", COMPOSE)]))),
    ("compose: no YAML", "containers", hpl::HPL06009E, |it| it.compose("services: [")),
    ("compose: an image to be built", "containers", hpl::HPL06009E, |it| it.compose("services: {a: {build: .}}")),
    ("compose: a volume that nobody declares", "containers", hpl::HPL06009E, |it| it.compose(&COMPOSE.replace("/mnt/data:", "data:"))),
    ("compose: a duration without a unit", "containers", hpl::HPL06009E, |it| it.compose(&(COMPOSE.to_owned() + "    stop_grace_period: \"90\"\n"))),
    ("compose: a variable that is insisted on", "variables", hpl::HPL10000E, |it| it.compose(&COMPOSE.replace("${HOST}", "${HOTS:?set it}"))),
    ("compose: an image by tag", "images", hpl::HPL06010E, |it| it.compose(&COMPOSE.replace("@sha256:", ":latest"))),
    ("compose: a port wanted twice", "ports", hpl::HPL10000E, |it| it.compose(&COMPOSE.replace("- 8443:8443", "- 8443:8443\n      - 127.0.0.1:8443:9000"))),
    ("play: no gzip", "archive", hpl::HPL15002E, |it| it.packed("play", b"no gzip at all")),
    ("play: a link", "archive", hpl::HPL15002E, |it| it.packed("play", &testing::tar_gz(|tar| {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_entry_type(tar::EntryType::Symlink);
        tar.append_link(&mut header, "pod.yml", "/etc/pod.yml").unwrap();
    }))),
    ("play: no YAML", "containers", hpl::HPL15002E, |it| it.play("kind: [")),
    ("play: a kind that podman does not play", "containers", hpl::HPL15002E, |it| it.play(&POD.replace("kind: Pod", "kind: Service"))),
    ("play: a port in quotes", "containers", hpl::HPL15002E, |it| it.play(&POD.replace("hostPort: 8443", "hostPort: \"8443\""))),
    ("play: a template that is not closed", "containers", hpl::HPL15002E, |it| {
        let template = "templates: [{kind: ConfigMap, metadata: {name: m}, data: {a: \"x{{ .Env.A\"}}]\n  archive:";
        it.case.workload = it.case.workload.replace("archive:", template);
    }),
    ("play: nothing to run", "containers", hpl::HPL15006I, |it| it.case = Case::with_archive("play", &archive(&[("README.txt", "no pod")]))),
    ("play: an image by tag", "images", hpl::HPL15005E, |it| it.play(&POD.replace("@sha256:", ":latest"))),
    ("play: a mount of no volume", "containers", hpl::HPL15005E, |it| it.play(&POD.replace("    - name: data\n      hostPath", "    - name: date\n      hostPath"))),
    ("play: a config map that nobody describes", "containers", hpl::HPL15005E, |it| it.play(&POD.replace("contract.config.map", "contract-config-map"))),
    ("play: a port wanted twice", "ports", hpl::HPL15005E, |it| it.play(&POD.replace("      env:\n", "        - {containerPort: 9000, hostPort: 8443}\n      env:\n"))),
    ("play: a variable that nobody provides", "variables", hpl::HPL15005E, |it| it.case.env = it.case.env.replace("HOST:", "HOTS:")),
    ("other names of volumes", "volumes", hpl::HPL07015E, |it| it.case.env = it.case.env.replace("  data:", "  date:")),
    ("a volume on one side", "volumes", hpl::HPL07015E, |it| it.case.env = without(&without(&without(&it.case.env, "volumes"), "data:"), "seed")),
];

#[test]
fn each_is_refused_with_the_message_of_the_guest() {
    for (name, step, code, spoil) in REFUSED {
        let mut broken = Broken { case: Case::sound(), hours: 0 };
        spoil(&mut broken);
        let report = broken.report();
        let (where_, shown, detail) = refusal(&report);
        assert_eq!((where_, shown), (*step, *code), "{name}: {detail}");
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("canary"), "{name}: {json}");
    }
}

/// The guest may or may not boot from these; the step has the message that it might show.
#[test]
fn undecided_steps_have_a_message_too() {
    let table: [(&str, Hpl, Spoil); 3] = [
        ("the signing certificate is about to expire", hpl::HPL12006E, |it| it.certified(3)),
        ("a part of the seed is a key service's", hpl::HPL07013E, |it| {
            let crn = "crn:v1:bluemix:public:kms:us-south:a/0123456789abcdef0123456789abcdef:01234567-89ab-cdef-0123-456789abcdef:key:01234567-89ab-cdef-0123-456789abcdef";
            let kms = format!(
                "    kms:\n      - apiKey: \"0123456789abcdef0123456789abcdef\"\n        crn: \"{crn}\"\n        type: public\n"
            );
            it.case.env = it.case.env.replace("env:\n  HOST", &format!("{kms}env:\n  HOST"));
        }),
        ("a seed that the ultravisor keeps", hpl::HPL07013E, |it| {
            let seed = format!("seed: \"{}\"", testing::ENV_SEED);
            it.case.env = it.case.env.replace(&seed, "uv-secret-id: index-1");
        }),
    ];
    for (name, code, spoil) in table {
        let mut broken = Broken { case: Case::sound(), hours: 0 };
        spoil(&mut broken);
        let report = broken.report();
        assert!(report.booted, "{name}: {report:#?}");
        assert!(report.steps.iter().any(|step| step.code == Some(code)), "{name}: {report:#?}");
    }
}

#[test]
fn a_disk_of_other_seeds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("disk");
    let disks = || Disks::new(vec![file.clone().into_os_string().into()], SeedOrder::EnvFirst).unwrap();
    let report = |case: &Case| {
        let disks = disks();
        let guest = Guest::new(guest_key(), Timestamp::now(), &disks);
        let (report, result) = boot(case.user_data().as_bytes(), &guest);
        result.unwrap();
        report
    };
    let mut case = Case::sound();
    assert!(report(&case).booted);
    case.env = case.env.replace(testing::ENV_SEED, "canary-another-seed-0123456789");
    assert_eq!(refusal(&report(&case)).1, hpl::HPL02003E);
}

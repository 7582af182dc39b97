//! Every reason to refuse, with its message. The tests make user data only with the `openssl` crate: no code that makes
//! contracts can share a fault with the code that opens them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

mod broken;
mod judged;
mod keys;
mod platforms;

use super::Guest;
use super::luks::Disks;
use crate::boot::logging::{LoggingProbe, Timeouts};
use crate::hpl::{self, Hpl};
use crate::keys::GuestKey;
use crate::report::{BootReport, Forecast, Verdict};
use crate::testing::{self, Case, POD, archive, guest_key, quoted, signing_certificate, signing_key};

fn boot(user_data: &[u8], key: &GuestKey, at: Timestamp) -> BootReport {
    let (report, result) = super::boot(user_data, &Guest::new(key, at, &Disks::default()));
    result.unwrap();
    report
}

fn try_boot(case: &Case) -> BootReport {
    boot(case.user_data().as_bytes(), guest_key(), Timestamp::now())
}

/// The refusal: step, message of the guest, detail.
fn refusal(report: &BootReport) -> (&'static str, Hpl, &str) {
    assert!(!report.booted);
    let step = report.refusal().unwrap_or_else(|| panic!("not refused: {report:#?}"));
    assert_eq!(report.steps.last(), Some(step), "the boot ends where it is refused");
    assert!(step.hint.is_some(), "a refusal says what to do");
    (step.name, step.code.unwrap(), &step.detail)
}

fn warnings(report: &BootReport) -> Vec<&str> {
    assert!(report.booted, "{report:#?}");
    let warnings = report.steps.iter().filter(|step| step.verdict == Verdict::Warning);
    warnings.map(|step| step.detail.as_str()).collect()
}

#[test]
fn a_sound_contract_boots_without_a_word_of_warning() {
    assert_eq!(warnings(&try_boot(&Case::sound())), Vec::<&str>::new());
}

#[test]
fn plain_sections_boot_with_a_warning_for_each() {
    let report = try_boot(&Case { encrypted: false, ..Case::sound() });
    assert_eq!(warnings(&report).len(), 2);
    assert!(warnings(&report)[0].contains("a plain section"));
}

#[test]
fn an_unsigned_contract_boots_with_a_warning() {
    let mut case = Case { signer: None, ..Case::sound() };
    case.env = without(&case.env, "signingKey");
    assert!(warnings(&try_boot(&case))[0].contains("not signed"));
}

#[test]
fn a_cut_password_boots_with_a_warning_that_says_how_short() {
    let mut case = Case::sound();
    case.password[3] = b'\n';
    let report = try_boot(&case);
    assert!(warnings(&report)[0].contains("a password of 3 bytes instead of 32, cut"), "{report:#?}");
    case.password[0] = 0;
    assert!(warnings(&try_boot(&case))[0].contains("anybody can read it"));
}

/// `text` without the line that begins with this field.
fn without(text: &str, field: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.trim_start().starts_with(field)).collect()
}

fn with_signing_key(env: &str, key: &str) -> String {
    format!("{}signingKey: {key}\n", without(env, "signingKey"))
}

#[test]
fn what_is_not_user_data_is_refused() {
    for bytes in
        [&b""[..], b"\xff\xfe", b"workload: a\n", b"- workload\n", b"workload: a\nworkload: b\nenv: c\n"]
    {
        let report = boot(bytes, guest_key(), Timestamp::now());
        assert_eq!(refusal(&report).1, hpl::HPL11001E);
    }
}

#[test]
fn a_token_for_another_guest_is_refused() {
    let other = GuestKey::generate().unwrap();
    let report = boot(Case::sound().user_data().as_bytes(), &other, Timestamp::now());
    let (step, code, detail) = refusal(&report);
    assert_eq!((step, code), ("workload", hpl::HPL11001E));
    assert!(detail.contains("made for another one"), "{detail}");
}

#[test]
fn a_contract_lives_as_long_as_its_signing_certificate() {
    let mut case = Case::sound();
    case.env = with_signing_key(&case.env, &quoted(signing_certificate(100)));
    assert_eq!(warnings(&try_boot(&case)), Vec::<&str>::new());
    let on_day = |day: i64| {
        boot(
            case.user_data().as_bytes(),
            guest_key(),
            Timestamp::now() + SignedDuration::from_hours(24 * day),
        )
    };
    let soon = on_day(90);
    assert!(warnings(&soon)[0].contains("the contract expires at"), "{soon:#?}");
    let report = on_day(101);
    let (step, code, detail) = refusal(&report);
    assert_eq!((step, code), ("expiry", hpl::HPL12007E));
    assert!(detail.contains("the contract expired at"), "{detail}");
    // no source names a message for it
    let report = on_day(-1);
    assert_eq!(report.forecast, Forecast::Unknown);
    let step = report.first(Verdict::Unknown).unwrap();
    assert_eq!((step.name, step.code), ("expiry", None));
    assert!(step.detail.contains("the signing certificate is not valid before"), "{}", step.detail);
}

/// No source has a message for it: the schema checks no dates.
#[test]
fn an_expired_log_certificate_is_a_warning_without_a_message_id() {
    let mut case = Case::sound();
    let server = quoted(signing_certificate(100));
    let syslog = format!("  syslog:\n    hostname: log.example\n    port: 6514\n    server: {server}\n");
    let router = case.env.find("  logRouter:").unwrap()..case.env.find("volumes:").unwrap();
    case.env.replace_range(router, &syslog);
    assert_eq!(warnings(&try_boot(&case)), Vec::<&str>::new());
    let soon = boot(
        case.user_data().as_bytes(),
        guest_key(),
        Timestamp::now() + SignedDuration::from_hours(24 * 80),
    );
    assert!(warnings(&soon)[0].contains("logging.syslog.server: the certificate"), "{soon:#?}");
    let later = Timestamp::now() + SignedDuration::from_hours(24 * 101);
    let report = boot(case.user_data().as_bytes(), guest_key(), later);
    assert!(warnings(&report)[0].contains("logging.syslog.server"), "{report:#?}");
    assert!(report.booted && report.steps.iter().all(|step| step.code.is_none()), "{report:#?}");
}

#[test]
fn a_signing_key_may_be_base64_of_a_pem() {
    let mut case = Case::sound();
    let key = STANDARD.encode(signing_key().public_key_to_pem().unwrap());
    case.env = with_signing_key(&case.env, &key);
    assert_eq!(warnings(&try_boot(&case)), Vec::<&str>::new());
}

#[test]
fn a_compose_file_boots() {
    let case = Case::with_archive("compose", &archive(&[("docker-compose.yml", COMPOSE)]));
    assert_eq!(warnings(&try_boot(&case)), Vec::<&str>::new());
}

#[test]
fn a_variable_that_compose_leaves_empty_is_a_warning() {
    let mut case = Case::with_archive("compose", &archive(&[("docker-compose.yml", COMPOSE)]));
    case.env = case.env.replace("HOST:", "HOTS:");
    assert!(warnings(&try_boot(&case))[0].contains("nobody provides `HOST`"));
}

#[test]
fn the_attestation_digests_are_of_the_values_in_the_user_data() {
    let case = Case { attestation_public_key: Some("QUJD".into()), ..Case::sound() };
    let text = case.user_data();
    let report = boot(text.as_bytes(), guest_key(), Timestamp::now());
    let of =
        |name: &str| report.attestation.iter().find(|digest| digest.name == name).unwrap().sha256.clone();
    let judge = |bytes: &str| {
        let output = testing::openssl(&["dgst", "-sha256", "-r"], bytes.as_bytes());
        String::from_utf8(output).unwrap().split(' ').next().unwrap().to_owned()
    };
    let value = |name: &str| {
        let rest = text.split_once(&format!("{name}: ")).unwrap().1;
        rest.split('\n').next().unwrap()
    };
    assert_eq!(of("contract:workload"), judge(value("workload")));
    assert_eq!(of("contract:env"), judge(value("env")));
    assert_eq!(of("contract:attestationPublicKey"), judge("QUJD"));
    assert_eq!(of("cidata/user-data"), judge(&text));
}

#[test]
fn no_report_holds_a_secret() {
    let mut reports = vec![try_boot(&Case::sound()), try_boot(&Case { encrypted: false, ..Case::sound() })];
    for (from, to) in [("seed: \"", "seed: \" "), ("iamApiKey: \"", "iamApiKey: \"\\q"), ("seed:", "sead:")] {
        let mut case = Case::sound();
        case.workload = case.workload.replace(from, to);
        case.env = case.env.replace(from, to);
        reports.push(try_boot(&case));
    }
    for report in reports {
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("canary"), "{json}");
    }
}

const COMPOSE: &str = "services:
  paynow:
    image: quay.io/paynow-demo/paynow@sha256:6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd
    ports:
      - 8443:8443
    environment:
      HOST: ${HOST}
    volumes:
      - /mnt/data:/var/lib/paynow
";

#[test]
fn a_link_in_an_archive_is_refused() {
    let bytes = testing::tar_gz(|tar| {
        let mut header = tar::Header::new_gnu();
        header.set_size(POD.len() as u64);
        tar.append_data(&mut header, "pod.yml", POD.as_bytes()).unwrap();
        header.set_size(0);
        header.set_entry_type(tar::EntryType::Symlink);
        tar.append_link(&mut header, "etc", "/etc").unwrap();
    });
    let report = try_boot(&Case::with_archive("play", &STANDARD.encode(bytes)));
    let (step, code, detail) = refusal(&report);
    assert_eq!((step, code), ("archive", hpl::HPL15002E));
    assert!(detail.contains("`etc`, which is a link"), "{detail}");
}

/// No source has a message for it.
#[test]
fn what_a_guest_does_without_its_log_server_is_unknown() {
    let probe = LoggingProbe {
        now: Timestamp::now(),
        origin: "desk".into(),
        resolve: ["log.example:443:127.77.66.55", "log.example:6514:127.77.66.55"]
            .map(|it| it.parse().unwrap())
            .to_vec(),
        timeouts: Timeouts::default(),
    };
    let disks = &Disks::default();
    let guest = Guest { probe_logging: Some(&probe), ..Guest::new(guest_key(), Timestamp::now(), disks) };
    let (report, result) = super::boot(Case::sound().user_data().as_bytes(), &guest);
    result.unwrap();
    let steps: Vec<_> = report.steps.iter().filter(|step| step.name == "logging").collect();
    assert!(steps[0].verdict == Verdict::Warning && steps[0].detail.contains("is not used"), "{report:#?}");
    assert_eq!((report.forecast, steps[1].verdict), (Forecast::Unknown, Verdict::Unknown));
    assert!(steps[1].code.is_none() && steps[1].hint.is_some() && !report.booted);
    assert!(
        steps[1].detail.contains("`logging.logRouter.port`: no connection: 127.77.66.55:443"),
        "{report:#?}"
    );
}

/// The steps of this name.
fn steps<'r>(report: &'r BootReport, name: &str) -> Vec<(Verdict, &'r str)> {
    let steps = report.steps.iter().filter(|step| step.name == name);
    steps.map(|step| (step.verdict, step.detail.as_str())).collect()
}

#[test]
fn images_ports_and_mounts_are_listed() {
    let report = try_boot(&Case::sound());
    assert_eq!(steps(&report, "ports"), [(Verdict::Ok, "8443/tcp to 8443 of `paynow`")]);
    assert_eq!(steps(&report, "mounts"), [(Verdict::Ok, "`data`, /mnt/data: `paynow` at /var/lib/paynow")]);
    let images = steps(&report, "images");
    assert!(images.len() == 1 && images[0].1.ends_with("ffeedd`: pinned by its digest"), "{images:?}");
}

#[test]
fn what_is_kept_on_no_volume_is_a_warning() {
    let pod = POD.replace("path: /mnt/data", "path: /mnt/data2");
    let report = try_boot(&Case::with_archive("play", &archive(&[("pod.yml", &pod)])));
    let found = warnings(&report);
    assert!(found[0].contains("`data`: nothing mounts /mnt/data"), "{found:?}");
    assert!(found[1].contains("/mnt/data2 is on no volume of the contract"), "{found:?}");
    let compose = COMPOSE.replace("/mnt/data:", "kept:") + "volumes: {kept: }\n";
    let report = try_boot(&Case::with_archive("compose", &archive(&[("docker-compose.yml", &compose)])));
    assert!(
        warnings(&report)[1].contains("the volume `kept` is on no volume of the contract"),
        "{report:#?}"
    );
    let bound = COMPOSE.replace("/mnt/data:", "kept:")
        + "volumes: {kept: {driver_opts: {type: none, o: bind, device: /mnt/data/kept}}}\n";
    let report = try_boot(&Case::with_archive("compose", &archive(&[("docker-compose.yml", &bound)])));
    assert_eq!(warnings(&report), Vec::<&str>::new());
}

#[test]
fn a_short_previous_seed_is_a_warning() {
    let mut case = Case::sound();
    case.workload = case.workload.replace("    mount:", "    previousSeed: \"oldseed123\"\n    mount:");
    let report = try_boot(&case);
    let found = warnings(&report);
    assert!(found.len() == 1 && found[0].contains("a previous seed of 10 characters"), "{report:#?}");
}

#[test]
fn an_archive_in_lines_is_refused_by_the_schema() {
    let packed = archive(&[("docker-compose.yml", COMPOSE)]);
    let lines: Vec<_> = packed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let report = try_boot(&Case::with_archive("compose", &format!("|\n    {}", lines.join("\n    "))));
    let (step, code, detail) = refusal(&report);
    assert_eq!((step, code), ("schema", hpl::HPL05001E));
    assert!(detail.contains("compose.archive: not base64 on one line"), "{detail}");
    let hint = report.refusal().unwrap().hint.as_deref().unwrap();
    assert!(hint.contains("base64 -w0") && !hint.contains("!folder"), "{hint}");
}

#[test]
fn volumes_with_one_mount_point_hide_each_other() {
    let mut case = Case::sound();
    let other = "  logs:\n    seed: \"canary-other-seed-0123456789\"\n";
    case.workload += other;
    case.env = case.env.replace("volumes:\n", &format!("volumes:\n{other}"));
    let report = try_boot(&case);
    let says = "`logs` and `data` have one mount point, /mnt/data";
    assert!(warnings(&report).iter().any(|it| it.contains(says)), "{report:#?}");
}

#[test]
fn templates_are_rendered_with_the_merged_environment() {
    let template = "kind: Pod, metadata: {name: \"{{ .Env.THEME }}\"}, spec: {containers: [{name: c, image: \
                    \"{{ .Env.HOST }}/a/b@sha256:6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd\", \
                    ports: [{containerPort: 80, hostPort: \"{{ .Env.PORT }}\"}]}]}";
    let mut case = Case::sound();
    let end = case.workload.find("env:").unwrap();
    case.workload = format!(
        "type: workload\nplay:\n  templates: [{{{template}}}]\n{}",
        case.workload[end..].replace("env:\n", "env:\n  HOST: \"won.example\"\n  PORT: \"8443\"\n")
    );
    let report = try_boot(&case);
    assert!(steps(&report, "images")[0].1.contains("`won.example/a/b@"), "the workload wins: {report:#?}");
    assert_eq!(steps(&report, "ports")[0].1, "8443/tcp to 80 of `c`");
    case.workload = case.workload.replace("\"8443\"", "\"canary\"");
    let report = try_boot(&case);
    let (step, code, detail) = refusal(&report);
    assert_eq!((step, code), ("containers", hpl::HPL15002E));
    assert!(detail.contains("hostPort: expected a whole number, found a text"), "{detail}");
}

#[test]
fn a_dot_env_file_gives_what_nobody_else_does() {
    let file = COMPOSE.replace("${HOST}", "${ONLY_HERE:?set it} ${HOST:?}");
    let files = [("docker-compose.yml", &*file), (".env", "# note\nONLY_HERE=x\n")];
    assert!(try_boot(&Case::with_archive("compose", &archive(&files))).booted);
    let report = try_boot(&Case::with_archive("compose", &archive(&files[..1])));
    assert_eq!(refusal(&report).2, "nobody provides `ONLY_HERE`");
}

/// The author does not know what the env section sets; the guest does.
#[test]
fn an_image_of_the_env_section_is_judged_in_the_guest() {
    let digest = "6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd";
    for (image, value, refused) in [
        ("q.io/a/b@${HOST}", format!("sha256:{digest}"), None),
        ("${HOST:-q.io/a/b:1}", format!("q.io/a/b@sha256:{digest}"), None),
        ("q.io/a/b:${HOST}", "1.0".to_owned(), Some("`q.io/a/b:1.0` is neither pinned by digest")),
        ("${HOST}", String::new(), Some("a service without an image")),
    ] {
        let file = format!("services: {{a: {{image: \"{image}\"}}}}\n");
        let mut case = Case::with_archive("compose", &archive(&[("docker-compose.yml", &*file)]));
        let line = case.env.lines().find(|line| line.trim_start().starts_with("HOST:")).unwrap().to_owned();
        case.env = case.env.replace(&line, &format!("  HOST: \"{value}\""));
        let report = try_boot(&case);
        match refused {
            None => assert!(report.booted, "{image}: {report:#?}"),
            Some(expected) => assert!(refusal(&report).2.contains(expected), "{image}: {report:#?}"),
        }
    }
}

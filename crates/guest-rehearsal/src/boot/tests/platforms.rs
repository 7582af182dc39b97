//! What depends on the product, stated or derived.

use contract_pki::platform::Platform::{self, Ccco, Ccrt, Ccrv, Hpvs};

use super::*;

fn boot_on(case: &Case, platform: Option<Platform>) -> BootReport {
    boot_user_data(&case.user_data(), platform)
}

fn boot_user_data(user_data: &str, platform: Option<Platform>) -> BootReport {
    let disks = &Disks::default();
    let guest = Guest { platform, ..Guest::new(guest_key(), Timestamp::now(), disks) };
    let (report, result) = super::super::boot(user_data.as_bytes(), &guest);
    result.unwrap();
    report
}

/// The last line of a step.
fn step<'r>(report: &'r BootReport, name: &str) -> &'r str {
    &report.steps.iter().rfind(|step| step.name == name).unwrap_or_else(|| panic!("{report:#?}")).detail
}

fn without_logging() -> Case {
    let mut case = Case::sound();
    let logging = case.env.find("logging:").unwrap()..case.env.find("volumes:").unwrap();
    case.env.replace_range(logging, "");
    case
}

#[test]
fn a_contract_is_refused_if_every_possible_product_refuses_it() {
    let confidential = |case: Case| Case {
        workload: "type: workload\nconfidential-containers: {regoValidator: {policy: cGFja2FnZQ==}}\n".into(),
        env: case.env.split_once("volumes:").unwrap().0.to_owned()
            + "signingKey:"
            + case.env.split_once("signingKey:").unwrap().1,
        ..case
    };
    let report = boot_on(&confidential(without_logging()), None);
    assert!(report.booted, "{report:#?}");
    assert!(step(&report, "schema").starts_with("the env section fits the schema of ccco"), "{report:#?}");

    // a Pod, which only the others run; they need `logging`
    let report = boot_on(&without_logging(), None);
    assert!(
        refusal(&report).2.contains("`logging` is missing, and required on hpvs, ccrt, ccrv"),
        "{report:#?}"
    );
    let report = boot_on(&Case::sound(), None);
    let fits = "the workload section fits the schema of hpvs, ccrt, ccrv";
    assert!(report.steps.iter().any(|step| step.detail == fits), "{report:#?}");
}

/// The other products ignore a key that they do not know.
#[test]
fn a_boot_section_rules_out_no_product() {
    let with_header = Case::sound().user_data() + "boot: |\n  sehdr: SUJNU2VjRXg=\n";
    let report = boot_user_data(&with_header, None);
    assert!(report.booted, "{report:#?}");
}

#[test]
fn a_stated_product_decides_alone() {
    for platform in [Hpvs, Ccrt, Ccrv] {
        let report = boot_on(&Case::sound(), Some(platform));
        assert!(report.booted, "{platform}: {report:#?}");
    }
    let report = boot_on(&Case::sound(), Some(Ccco));
    // the schema accepts it, and no source states what such a guest does
    let unknown = report.first(Verdict::Unknown).unwrap();
    assert_eq!((report.forecast, unknown.name, unknown.code), (Forecast::Unknown, "schema", None));
    assert!(unknown.detail.contains("`play` is not run on ccco"), "{report:#?}");
    let compose = Case::with_archive("compose", &archive(&[("docker-compose.yaml", "services: {}\n")]));
    assert!(refusal(&boot_on(&compose, Some(Ccrv))).2.contains("`compose` is not known on ccrv"));
}

#[test]
fn a_field_that_no_schema_refuses_is_a_warning() {
    let mut case = Case::sound();
    case.env += "crypto-pt: {index-1: {type: secret}}\nfuture: 1\n";
    let report = try_boot(&case);
    let warnings = warnings(&report);
    assert!(warnings.iter().any(|it| it.contains("future: unknown field `future`")), "{warnings:?}");
    assert!(
        warnings.iter().any(|it| it.contains("crypto-pt.index-1.mkvp: `mkvp` is missing")),
        "{warnings:?}"
    );
}

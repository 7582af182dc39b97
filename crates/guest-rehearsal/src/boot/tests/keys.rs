//! Every form of a key that guests and tools write, made by the `openssl` command from the signer's key.

use std::process::Command;

use contract_core::kind::Env;
use contract_pki::platform::Platform;
use contract_section::Section;
use findings::Severity;
use jiff::Timestamp;
use openssl::x509::X509;

use super::{boot, guest_key, quoted, refusal, try_boot, with_signing_key};
use crate::hpl::{HPL05001E, HPL11002E, HPL12001E, HPL12004E, Hpl, Shown};
use crate::report::{Forecast, Verdict};
use crate::testing::{Case, signing_certificate, signing_key};

/// A shell command that prints the form; `$KEY` is the signer's public key, `$CRT` its certificate.
type Form = &'static str;

fn made(form: Form) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), signing_key().public_key_to_pem().unwrap()).unwrap();
    let certificate = signing_certificate(100);
    assert!(X509::from_pem(&certificate).is_ok());
    std::fs::write(folder.path().join("crt.pem"), certificate).unwrap();
    let script = format!("set -eo pipefail; KEY=key.pem CRT=crt.pem; {form}");
    let output = Command::new("bash").args(["-c", &script]).current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{form}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn yaml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r"))
}

const EC: &str = "openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout";

/// The form, what `check` makes of it, and how the boot ends.
const SIGNING_KEYS: &[(Form, Option<Severity>, Result<Forecast, Hpl>)] = &[
    ("cat $KEY", None, Ok(Forecast::Boots)),
    ("printf %s \"$(cat $KEY)\"", None, Ok(Forecast::Boots)),
    ("sed 's/$/\\r/' $KEY", None, Ok(Forecast::Boots)),
    ("base64 -w0 $KEY", None, Ok(Forecast::Boots)),
    ("cat $CRT", None, Ok(Forecast::Boots)),
    ("base64 -w0 $CRT", None, Ok(Forecast::Boots)),
    // documented, or written by IBM's tool, and not known to work
    ("sed ':a;N;$!ba;s/\\n/\\\\n/g' $KEY | base64 -w0", Some(Severity::Warning), Ok(Forecast::Unknown)),
    ("base64 -w0 $CRT | base64 -w0", Some(Severity::Warning), Ok(Forecast::Unknown)),
    // the schema looks into no base64
    ("openssl pkey -pubin -in $KEY -outform DER | base64 -w0", Some(Severity::Error), Ok(Forecast::Unknown)),
    (
        "openssl rsa -pubin -in $KEY -RSAPublicKey_out 2>/dev/null | base64 -w0",
        Some(Severity::Error),
        Ok(Forecast::Unknown),
    ),
    ("tr '\\n' ' ' < $KEY", Some(Severity::Error), Ok(Forecast::Unknown)),
    (EC, Some(Severity::Error), Err(HPL12001E)),
    (
        "openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout | base64 -w0",
        Some(Severity::Error),
        Err(HPL12001E),
    ),
    (":", Some(Severity::Error), Err(HPL12004E)),
    // the schema's patterns
    ("sed '$s/-----$/----/' $KEY", Some(Severity::Error), Err(HPL05001E)),
    ("openssl rsa -pubin -in $KEY -RSAPublicKey_out 2>/dev/null", Some(Severity::Error), Err(HPL05001E)),
    ("openssl x509 -in $CRT -text", Some(Severity::Error), Err(HPL05001E)),
    ("echo; cat $KEY", Some(Severity::Error), Err(HPL05001E)),
    ("cat $CRT $CRT", Some(Severity::Error), Err(HPL05001E)),
    ("sed ':a;N;$!ba;s/\\n/\\\\n/g' $KEY | tr -d '\\n'", Some(Severity::Error), Err(HPL05001E)),
    ("printf '_-%s' \"$(base64 -w0 $KEY)\"", Some(Severity::Error), Err(HPL05001E)),
    // base64 with line breaks
    ("printf %s \"$(base64 -w76 $KEY)\"", Some(Severity::Warning), Ok(Forecast::Unknown)),
    ("printf %s \"$(base64 -w64 $KEY)\"", Some(Severity::Warning), Ok(Forecast::Unknown)),
    ("printf %s \"$(base64 -w70 $KEY)\"", Some(Severity::Error), Err(HPL05001E)),
    (
        "until base64 -w64 $KEY | tail -1 | grep -q '=$'; do echo >> $KEY; done; base64 -w64 $KEY",
        Some(Severity::Error),
        Err(HPL05001E),
    ),
    (
        "while base64 -w64 $KEY | tail -1 | grep -q '=$'; do echo >> $KEY; done; base64 -w64 $KEY",
        Some(Severity::Warning),
        Ok(Forecast::Unknown),
    ),
];

#[test]
fn each_form_of_a_signing_key_ends_the_boot_as_it_should() {
    for (form, checked, expected) in SIGNING_KEYS {
        let mut case = Case::sound();
        case.env = with_signing_key(&case.env, &yaml(&made(form)));
        let (_, findings) = Section::<Env>::open(case.env.clone().into(), Timestamp::now(), &Platform::ALL);
        let worst = findings.0.iter().filter(|it| it.place.field == "signingKey").map(|it| it.severity).max();
        assert_eq!(worst, *checked, "{form}: {findings:?}");
        let report = try_boot(&case);
        match expected {
            Ok(forecast) => assert_eq!(report.forecast, *forecast, "{form}: {report:#?}"),
            Err(code) => assert_eq!(refusal(&report).1, *code, "{form}: {report:#?}"),
        }
        assert!(report.attested, "{form}: the record is made before the contract is validated");
        let steps = serde_json::to_string(&report.steps).unwrap();
        assert!(!steps.contains("MIIB"), "{form}: quotes a key: {steps}");
    }
}

/// The bootloader reads it before the schema is asked.
#[test]
fn each_form_of_an_auditor_key_ends_the_boot_as_it_should() {
    let block = |pem: &str, mark: &str| format!("{mark}\n  {}", pem.trim_end().replace('\n', "\n  "));
    let pem = made("cat $KEY");
    for (value, expected) in [
        (block(&pem, "|"), Ok(Forecast::Boots)),
        (quoted(pem.clone().into_bytes()), Ok(Forecast::Boots)),
        (made("base64 -w0 $KEY"), Ok(Forecast::Boots)),
        (quoted(made("cat $CRT").into_bytes()), Ok(Forecast::Unknown)),
        (block(&pem, ""), Err("its line breaks are gone")),
        (block(&pem, ">"), Err("its line breaks are gone")),
        (yaml(&made(EC)), Err("a key of type EC")),
        ("QUJD".to_owned(), Err("neither PEM nor base64 of a PEM")),
    ] {
        let report = try_boot(&Case { attestation_public_key: Some(value.clone()), ..Case::sound() });
        match expected {
            Ok(forecast) => assert_eq!(report.forecast, forecast, "{value}: {report:#?}"),
            Err(says) => {
                let (step, code, detail) = refusal(&report);
                assert_eq!((step, code), ("attestation", HPL11002E), "{value}");
                assert!(detail.contains(says) && detail.len() < 200, "{value}: {detail}");
                let hint = report.refusal().unwrap().hint.as_ref().unwrap();
                assert_eq!(
                    hint.contains("`attestationPublicKey: |`"),
                    says.contains("line breaks"),
                    "{hint}"
                );
                assert!(!report.attested);
            }
        }
    }
}

/// The same pattern; the guest's message for a broken signature is known.
#[test]
fn a_signature_is_base64_as_the_schema_has_it() {
    let user_data = Case::sound().user_data();
    let (before, rest) = user_data.split_once("envWorkloadSignature: ").unwrap();
    let value = rest.trim_end();
    let folded = |columns: usize| {
        let lines: Vec<_> =
            value.as_bytes().chunks(columns).map(|it| std::str::from_utf8(it).unwrap()).collect();
        lines.join("\n  ")
    };
    for (written, expected) in [
        (value.to_owned(), Ok(Forecast::Boots)),
        (format!("|-\n  {}", folded(64)), Ok(Forecast::Unknown)),
        (format!("|-\n  {}", folded(70)), Err(HPL05001E)),
        // 256 bytes end in padding, and the block in a line feed
        (format!("|\n  {value}"), Err(HPL05001E)),
        ("no base64".to_owned(), Err(HPL05001E)),
    ] {
        let text = format!("{before}envWorkloadSignature: {written}\n");
        let report = boot(text.as_bytes(), guest_key(), Timestamp::now());
        match expected {
            Ok(forecast) => assert_eq!(report.forecast, forecast, "{written}: {report:#?}"),
            Err(code) => {
                assert_eq!(refusal(&report).1, code, "{written}: {report:#?}");
                assert_eq!(report.refusal().unwrap().shown, Some(Shown::LogServer));
            }
        }
    }
}

/// A damaged certificate or key of syslog passes the schema, and no complete log shows what follows.
#[test]
fn a_log_certificate_that_does_not_decode_is_unknown() {
    let case = |server: &str| {
        let mut case = Case::sound();
        let router = case.env.find("  logRouter:").unwrap()..case.env.find("volumes:").unwrap();
        let syslog = format!("  syslog:\n    hostname: log.example\n    port: 6514\n    server: {server}\n");
        case.env.replace_range(router, &syslog);
        case
    };
    let server = quoted(signing_certificate(100));
    let report = try_boot(&case(&server.replace("MIIC", "MIID")));
    assert_eq!(report.forecast, Forecast::Unknown, "{report:#?}");
    let step = report.first(Verdict::Unknown).unwrap();
    assert_eq!(step.name, "logging");
    let report = try_boot(&case(&server.replace("BEGIN", "BEGUN")));
    assert_eq!((refusal(&report).0, report.refusal().unwrap().shown), ("logging", Some(Shown::Console)));
}

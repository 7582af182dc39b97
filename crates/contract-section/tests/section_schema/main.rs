//! IBM's published schema as the judge of our own rules: what we accept, it accepts.
//!
//! The corpus is `tests/vectors/section`, read whole; [`generated`] adds contracts for each product.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes its own files and says what it skipped"
)]

mod generated;
mod judge;

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_core::kind::{Env, Workload};
use contract_pki::platform::Platform;
use contract_section::seed::{NoSeed, Seeds, VolumeSeeds};
use contract_section::{Edit, Part, Passphrases, Readable, Section, Source, splice};
use findings::{Finding, Rule, Severity};
use jiff::Timestamp;
use openssl::{
    asn1::Asn1Time,
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509, X509Builder, X509Name},
};
use serde_json::{Value, json};
use strict_yaml::{Limits, Node, Tags};
use zeroize::Zeroizing;

use judge::Judge;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

struct Nobody;

impl Passphrases for Nobody {
    fn passphrase(&mut self, _file: &str) -> Result<Zeroizing<String>, String> {
        Err("nobody is there".to_owned())
    }
}

impl Seeds for Nobody {
    fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
        Err(NoSeed {
            message: format!("`seed` is missing, and nobody keeps one for `{volume}`"),
            hint: String::new(),
        })
    }
}

/// A certificate for two years around now.
fn certificate(key: &PKey<Private>, issuer: Option<(&X509, &PKey<Private>)>) -> X509 {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "test material").unwrap();
    let name = name.build();
    let year = 365 * 24 * 3600;
    let mut builder = X509Builder::new().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(issuer.map_or(&name, |(issuer, _)| issuer.subject_name())).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(now().as_second() - year).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(now().as_second() + year).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.sign(issuer.map_or(key, |(_, key)| key), MessageDigest::sha256()).unwrap();
    builder.build()
}

/// What the corpus names by tags, made afresh.
fn folder() -> tempfile::TempDir {
    let image = "us.icr.io/ns/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let rsa = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let (authority_key, client_key, signer_key) = (rsa(), rsa(), rsa());
    let authority = certificate(&authority_key, None);
    let client = certificate(&client_key, Some((&authority, &authority_key)));
    let signer = certificate(&signer_key, None);
    let base64 = |bytes: Vec<u8>| format!("{}\n", STANDARD.encode(bytes)).into_bytes();
    // a volume that nothing mounts is a warning
    let points = ["/mnt/data", "/mnt/app", "/var/lib/more"];
    let list = |item: fn(&str) -> Value| Value::from_iter(points.map(item));
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {
            "containers": [{
                "name": "c",
                "image": image,
                "volumeMounts": list(|point| json!({"name": &point[1..].replace('/', "-"), "mountPath": point})),
            }],
            "volumes": list(|point| json!({"name": &point[1..].replace('/', "-"), "hostPath": {"path": point}})),
        },
    });
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("ca.crt", authority.to_pem().unwrap()),
        ("ca.b64", base64(authority.to_pem().unwrap())),
        ("client.crt", client.to_pem().unwrap()),
        ("client.b64", base64(client.to_pem().unwrap())),
        // PKCS#1: the section holds PKCS#8
        ("client.key", client_key.rsa().unwrap().private_key_to_pem().unwrap()),
        ("key.b64", base64(client_key.private_key_to_pem_pkcs8().unwrap())),
        ("signer.pub.pem", signer_key.public_key_to_pem().unwrap()),
        ("signer.crt", signer.to_pem().unwrap()),
        ("signer.b64", base64(signer.to_pem().unwrap())),
        ("public-key.b64", base64(signer_key.public_key_to_der().unwrap())),
        ("password", b"test material\n".to_vec()),
        ("api-key", b"test-material-api-key\n".to_vec()),
        ("data.seed", b"test-material-seed-3\n".to_vec()),
        ("play/pod.yml", pod.to_string().into_bytes()),
        ("compose/docker-compose.yaml", format!("services: {{c: {{image: {image:?}}}}}\n").into_bytes()),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn corpus(folder: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(root().join("tests/vectors/section").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    assert!(
        files.iter().all(|(_, text)| text.starts_with("# Test material")),
        "say that it is test material"
    );
    files
}

fn read<K: Readable>(file: &str, text: &str, folder: &Path) -> Result<String, String> {
    let platform = platform_of(file);
    let source = Source { file, text, folder, at: now(), platform, signing_key: None };
    let (section, mut findings) = Section::<K>::read(&source, &mut Nobody, &mut Nobody);
    let Some(section) = section else { return Err(format!("{:#?}", findings.0)) };
    // the corpus needs no vault
    findings.0.retain(|finding| !finding.hint.contains("move it into the vault"));
    assert_eq!(findings.0, [], "{file}");
    let text = |part: &Part| match part {
        Part::Text(text) => text.to_string(),
        Part::Folder(folder) => STANDARD.encode(tgz(folder)),
    };
    Ok(section.parts().iter().map(text).collect())
}

/// Only one product runs `confidential-containers`.
fn platform_of(file: &str) -> Platform {
    if file.contains("confidential") { Platform::Ccco } else { Platform::Hpvs }
}

fn tgz(folder: &Path) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    tar.append_dir_all(".", folder).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

fn read_either(file: &str, text: &str, folder: &Path) -> Result<String, String> {
    if file.starts_with("workload") {
        read::<Workload>(file, text, folder)
    } else {
        read::<Env>(file, text, folder)
    }
}

fn opens(file: &str, text: &str) -> bool {
    let text = Zeroizing::new(text.to_owned());
    if file.starts_with("workload") {
        Section::<Workload>::open(text, now(), &[platform_of(file)]).0.is_some()
    } else {
        Section::<Env>::open(text, now(), &[platform_of(file)]).0.is_some()
    }
}

/// The schema judges contracts: the section under test, and the least of the other one.
fn judge(judge: &mut Judge, file: &str, text: &str) -> Result<(), String> {
    let section: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let contract = if file.starts_with("workload") {
        let logging = json!({"logRouter": {"hostname": "h", "iamApiKey": "x"}});
        json!({"workload": section, "env": {"type": "env", "logging": logging}})
    } else {
        json!({"workload": {"type": "workload", "play": {}}, "env": section})
    };
    judge.judge(&contract)
}

/// Both schemas that the corpus needs.
struct Judges {
    hpvs: Judge,
    ccco: Judge,
}

impl Judges {
    fn start() -> Option<Self> {
        Some(Self { hpvs: Judge::start(Platform::Hpvs)?, ccco: Judge::start(Platform::Ccco)? })
    }

    fn judge(&mut self, file: &str, text: &str) -> Result<(), String> {
        judge(if platform_of(file) == Platform::Ccco { &mut self.ccco } else { &mut self.hpvs }, file, text)
    }
}

#[test]
fn accepted_sections_pass_the_schema() {
    let folder = folder();
    let mut judges = Judges::start();
    for (file, text) in corpus("") {
        let section =
            read_either(&file, &text, folder.path()).unwrap_or_else(|findings| panic!("{file}: {findings}"));
        assert!(opens(&file, &section), "{file}: the guest's reader refuses it");
        if let Some(Err(error)) = judges.as_mut().map(|judges| judges.judge(&file, &section)) {
            panic!("{file}: {error}");
        }
    }
}

/// As `contract-signer certify` issues it.
#[test]
fn the_schema_takes_a_certificate_of_ours() {
    use contract_pki::random::SystemRandomness;
    use contract_pki::signing_certificate::{CertificateAuthority, Name};
    use contract_pki::verifying_key::VerifyingKey;

    let folder = folder();
    let key =
        VerifyingKey::parse(&fs::read_to_string(folder.path().join("signer.pub.pem")).unwrap()).unwrap();
    let days = "90".parse().unwrap();
    let authority = CertificateAuthority::for_once(days, now(), &mut SystemRandomness).unwrap();
    let name = Name::common("signing key").unwrap();
    let issued = authority.issue(&key, &name, days, now(), &mut SystemRandomness).unwrap();
    fs::write(folder.path().join("signer.crt"), issued.to_pem().unwrap()).unwrap();
    let (file, text) = corpus("").into_iter().find(|(_, text)| text.contains("!file signer.crt")).unwrap();
    let section = read_either(&file, &text, folder.path()).unwrap();
    assert!(opens(&file, &section));
    if let Some(Err(error)) = Judges::start().map(|mut judges| judges.judge(&file, &section)) {
        panic!("{error}");
    }
}

#[test]
fn refused_sections_are_refused_for_their_reason() {
    let folder = folder();
    for (file, text) in corpus("refused") {
        let reason = text.lines().next().unwrap().split_once("refused: ").unwrap().1;
        let findings = read_either(&file, &text, folder.path()).expect_err(&file);
        assert!(findings.contains(reason), "{file}: {findings}");
    }
}

/// Every value of the corpus, one after the other, replaced by something odd: what we still accept, the schema accepts.
#[test]
fn what_we_accept_the_schema_accepts() {
    let Some(mut judges) = Judges::start() else { return };
    let folder = folder();
    let odd = [
        "\"\"",
        "\"ab\"",
        "\"a b/c=\"",
        "x",
        "7",
        "99999",
        "[]",
        "{}",
        "[x]",
        "{a: b}",
        "{a: \"AAAA\"}",
        "true",
        "\"1.2.3.4\"",
        "/a/b",
        "\"AAAA\"",
        "\"AAAA \"",
        "\"fifteen-or-more\"",
        "a.b:1",
        "\"***\"",
    ];
    let (mut accepted, mut refused) = (0, 0);
    for (file, text) in corpus("") {
        let section = read_either(&file, &text, folder.path()).unwrap();
        let root = strict_yaml::parse(&section, &Limits::default(), Tags::Refused).unwrap().root;
        let mut nodes = Vec::new();
        collect(&root, "", &mut nodes);
        for (path, span) in nodes {
            for replacement in odd {
                // flow text in the place of a block scalar needs the line's end back
                let end = if section[span.clone()].ends_with('\n') { "\n" } else { "" };
                let replacement = Part::Text(Zeroizing::new(format!("{replacement}{end}")));
                let parts = splice(&section, vec![Edit { span: span.clone(), replacement }]).unwrap();
                let [Part::Text(mutant)] = &*parts else { panic!("one text") };
                if !opens(&file, mutant) {
                    refused += 1;
                    continue;
                }
                accepted += 1;
                // pods are judged by what the guest needs of them, not by all of Kubernetes' schema; short previous
                // seeds are accepted with a warning, against the schema (contract-format, section 6)
                let ours = ["play.resources", "play.templates"].iter().any(|prefix| path.starts_with(prefix))
                    || path.ends_with("previousSeed");
                if !ours {
                    judges.judge(&file, mutant).unwrap_or_else(|error| panic!("{file}, {path}: {error}"));
                }
            }
        }
    }
    println!("{accepted} mutants accepted by both, {refused} refused by us");
    assert!(accepted > 50 && refused > 500, "{accepted} {refused}");
}

/// Every form of a key or certificate that was tried with IBM's tool, made by the `openssl` command: its name, what makes it,
/// and whether the schema takes it.
const FORMS: &str = r#"
  set -e
  openssl genrsa -out key.pem 2048 2>/dev/null
  openssl pkey -in key.pem -pubout -out pub.pem
  openssl req -x509 -key key.pem -subj /CN=x -days 90 -out crt.pem 2>/dev/null
  openssl ecparam -name prime256v1 -genkey -noout -out ec.pem
  openssl pkey -in ec.pem -pubout -out ec.pub
  openssl rsa -in key.pem -RSAPublicKey_out -out pkcs1.pub 2>/dev/null
  openssl rsa -in key.pem -traditional -out pkcs1.pem 2>/dev/null
  openssl pkey -pubin -in pub.pem -outform DER -out pub.der
  openssl x509 -in crt.pem -outform DER -out crt.der
  openssl x509 -in crt.pem -text -out text.pem
  for it in pub crt key; do
    cp $it.pem $it.block; printf %s "$(cat $it.pem)" > $it.no-final-line-feed
    sed 's/$/\r/' $it.pem > $it.crlf
    base64 -w0 $it.pem > $it.base64; base64 -w76 $it.pem > $it.base64-76; base64 -w70 $it.pem > $it.base64-70
    printf %s "$(base64 -w64 $it.pem)" > $it.base64-64-cut
    { cat $it.pem; echo; echo; } | base64 -w64 > $it.base64-64-other
    base64 -w0 $it.pem | base64 -w0 > $it.base64-twice
    sed ':a;N;$!ba;s/\n/\\n/g' $it.pem | tr -d '\n' > $it.written
    base64 -w0 $it.written > $it.base64-written
    sed 's/-----$/----/; 1s/----$/-----/' $it.pem > $it.four-dashes
    { echo; cat $it.pem; } > $it.blank-line; { echo text; cat $it.pem; } > $it.text
    cat $it.pem $it.pem > $it.chain
    base64 -w0 $it.pem | tr '+/' '-_' | sed 's/^/-_/' > $it.base64url
    tr '\n' ' ' < $it.pem > $it.one-line
  done
  base64 -w0 pub.der > pub.base64-der; base64 -w0 crt.der > crt.base64-der
  base64 -w0 pkcs1.pub > pub.base64-pkcs1; cp pkcs1.pub pub.pkcs1; cp pkcs1.pem key.pkcs1; cp ec.pem key.sec1
  cp ec.pub pub.ec; base64 -w0 ec.pub > pub.base64-ec; : > pub.empty; cp text.pem crt.openssl-text
  rm *.pem *.der ec.pub pkcs1.pub
"#;

/// What we call an error by the schema is one, and what we call another error or a warning is none.
#[test]
fn the_schema_judges_every_form_of_keys_and_certificates_as_we_do() {
    let Some(mut schema) = Judge::start(Platform::Hpvs) else { return };
    let folder = tempfile::tempdir().unwrap();
    let made =
        std::process::Command::new("bash").args(["-c", FORMS]).current_dir(folder.path()).status().unwrap();
    assert!(made.success());
    let good = fs::read_to_string(folder.path().join("crt.block")).unwrap();
    let mut verdicts = Vec::new();
    for path in fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let form = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let fields = match form.split_once('.').unwrap().0 {
            "pub" => &["signingKey"][..],
            "crt" => &["signingKey", "server", "cert"],
            _ => &["key"],
        };
        for field in fields {
            let mut env = json!({"type": "env", "logging": {"syslog": {"hostname": "h", "port": 6514, "server": good}}});
            match *field {
                "signingKey" => env["signingKey"] = json!(text),
                field => env["logging"]["syslog"][field] = json!(text),
            }
            let (_, findings) =
                Section::<Env>::open(Zeroizing::new(env.to_string()), now(), &[Platform::Hpvs]);
            let of_field = |it: &&Finding| it.place.field.ends_with(field);
            let worst = findings.0.iter().filter(of_field).max_by_key(|it| it.severity);
            let ours =
                worst.is_none_or(|it| it.severity == Severity::Warning || it.rule == Rule::NotInSchema);
            let theirs = judge(&mut schema, "env", &env.to_string());
            assert_eq!(ours, theirs.is_ok(), "{field}: {form}: {worst:?}: {theirs:?}");
            verdicts.push(theirs.is_ok());
        }
    }
    let refused = verdicts.iter().filter(|it| !**it).count();
    assert!(verdicts.len() > 60 && refused > 20, "{} forms, {refused} refused", verdicts.len());
}

fn collect(node: &Node, path: &str, nodes: &mut Vec<(String, Range<usize>)>) {
    if !path.is_empty() {
        nodes.push((path.trim_start_matches('.').to_owned(), node.span.clone()));
    }
    for (at, item) in node.items().unwrap_or_default().iter().enumerate() {
        collect(item, &format!("{path}[{at}]"), nodes);
    }
    for (key, value) in node.entries().unwrap_or_default() {
        collect(value, &format!("{path}.{}", key.text), nodes);
    }
}

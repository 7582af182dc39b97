//! Initdata of another tool, of ours, and what is no initdata.

use std::io::Write as _;
use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_core::initdata::{Algorithm, Error, Initdata, LARGEST};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zeroize::Zeroizing;

/// Made by contract-cli 1.32.2 from [`CONTRACT`].
const OF_CONTRACT_CLI: &str = "H4sIAAAAAAAA/2zMwaqCQBSA4f15imE2s3Lwcu+FENwVgRCUZi2ixWkcnEGdkePJ8O1DaNn25+MH7NtInt0gciEnh7+bPwmzpcnHsKZU/+hUAtwaZLyDNDEwoWG94NBLkQul1CtS10dsMuGW0VIyUmRrOHng5I0+1cVWl7vLHmyYv5MydYWuOj6s5Pq5Vb4NyE+ymTjX/0dQSsF7AFzFZO2vAAAA";

const CONTRACT: &str = "workload: hyper-protect-basic.QUJD.REVG
env: hyper-protect-basic.R0hJ.SktM
envWorkloadSignature: TU5P
";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn initdata(text: &str) -> Initdata {
    Initdata::new(Zeroizing::new(text.to_owned()))
}

fn error(bytes: &[u8]) -> Error {
    Initdata::parse(bytes).err().expect("it is refused")
}

#[test]
fn initdata_of_contract_cli_is_read() {
    let gzip = STANDARD.decode(OF_CONTRACT_CLI).unwrap();
    let with_line_end = format!("{OF_CONTRACT_CLI}\n");
    for form in [OF_CONTRACT_CLI.as_bytes(), with_line_end.as_bytes(), &gzip] {
        assert!(Initdata::is_likely(form));
        let read = Initdata::parse(form).unwrap();
        assert_eq!(*read.user_data, CONTRACT);
        assert_eq!((read.algorithm, read.version.as_str()), (Algorithm::Sha384, "0.1.0"));
        assert_eq!(read.doubts(), Vec::<String>::new());
    }
}

/// What contract-cli wrote and what we write mean the same to another reader.
#[test]
#[expect(clippy::disallowed_methods, reason = "an independent judge")]
fn python_reads_the_same_in_both() {
    let script = r"import base64, gzip, sys, tomllib
theirs, ours = (tomllib.loads(gzip.decompress(base64.b64decode(a, validate=True)).decode()) for a in sys.argv[1:])
assert theirs == ours, ours";
    let ours = initdata(CONTRACT).to_annotation().unwrap();
    let python = Command::new("python3").args(["-c", script, OF_CONTRACT_CLI, &ours]).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
}

#[test]
fn the_toml_is_for_people_too() {
    let toml = initdata(CONTRACT).to_toml();
    let expected = format!(
        "algorithm = \"sha384\"\nversion = \"0.1.0\"\n\n[data]\n\"contract.yaml\" = '''\n{CONTRACT}'''\n"
    );
    assert_eq!(*toml, expected);
    assert!(Initdata::is_likely(toml.as_bytes()));
    assert_eq!(*Initdata::parse(toml.as_bytes()).unwrap().user_data, CONTRACT);
}

#[test]
fn equal_user_data_gives_equal_initdata_without_a_time() {
    let annotation = initdata(CONTRACT).to_annotation().unwrap();
    assert_eq!(*annotation, *initdata(CONTRACT).to_annotation().unwrap());
    let gzip = STANDARD.decode(annotation.as_bytes()).unwrap();
    assert_eq!(gzip[3..8], [0; 5], "no name, no time");
}

#[test]
fn what_no_pod_should_get_is_refused() {
    let toml = initdata(CONTRACT).to_toml();
    let members = [gzip(toml.as_bytes()), gzip(b"")].concat();
    let longer = [&gzip(toml.as_bytes())[..], b"x"].concat();
    let bomb = gzip(&vec![b'\n'; LARGEST + 1]);
    let whole = STANDARD.encode(gzip(toml.as_bytes()));
    let wrapped = format!("{}\n{}", &whole[..76], &whole[76..]);
    let wrong = format!("{}!{}", &whole[..76], &whole[77..]);
    let no_padding = format!("{OF_CONTRACT_CLI}=");
    let toml = |from: &str, to: &str| toml.replace(from, to).into_bytes();
    for (bytes, expected) in [
        (members, Error::Members),
        (longer, Error::BehindGzip),
        (gzip(b"x")[..15].to_vec(), Error::Gzip),
        (bomb.clone(), Error::TooLarge { form: "TOML in it" }),
        (STANDARD.encode(bomb).into_bytes(), Error::TooLarge { form: "TOML in it" }),
        (vec![b' '; LARGEST + 1], Error::TooLarge { form: "text" }),
        (wrapped.into_bytes(), Error::Wrapped),
        (wrong.into_bytes(), Error::NotBase64 { at: 76 }),
        (OF_CONTRACT_CLI.as_bytes()[..218].to_vec(), Error::Padding),
        (no_padding.into_bytes(), Error::Padding),
        (toml("env:", "\0"), Error::NotToml { line: 7 }),
        (toml("'''\n", "'''\n'''"), Error::NotToml { line: 6 }),
        ([&b"a\n"[..], &[0xff]].concat(), Error::NotUtf8 { line: 2 }),
        (toml("sha384", "sha1"), Error::Algorithm),
        (toml("\"sha384\"", "384"), Error::NotText("algorithm")),
        (toml("version = \"0.1.0\"", ""), Error::Missing("version")),
        (toml("contract.yaml", "contract.yml"), Error::Missing("contract.yaml")),
        (b"algorithm = 'sha256'\nversion = ''\ndata = 1\n".to_vec(), Error::NoTable),
        (b"algorithm = 'sha256'\nversion = ''\n".to_vec(), Error::Missing("data")),
        (
            b"algorithm = 'sha256'\nversion = ''\n[data]\n'contract.yaml' = 1".to_vec(),
            Error::NotText("contract.yaml"),
        ),
    ] {
        assert_eq!(error(&bytes), expected);
    }
}

#[test]
fn other_algorithms_are_read_and_other_keys_are_named() {
    let toml = initdata(CONTRACT).to_toml().replace("sha384", "sha512").replace("0.1.0", "0.2.0");
    let read = Initdata::parse(format!("x = 1\n{toml}\"aa.toml\" = 'x'\n").as_bytes()).unwrap();
    assert_eq!(read.algorithm, Algorithm::Sha512);
    assert_eq!(
        read.doubts(),
        ["its `version` is not `0.1.0`", "`x`, `data.aa.toml` does not belong to the initdata of a contract"]
    );
}

#[test]
fn user_data_is_not_taken_for_initdata() {
    for text in [
        CONTRACT,
        "{workload: x}",
        "workload:\n  a = b",
        "# x = 1\nenv: |\n",
        "[x]",
        "version",
        "version: =",
        "hyper-protect-basic.QUJD==.x",
        "",
    ] {
        assert!(!Initdata::is_likely(text.as_bytes()), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_reads_back(text in "[ -~'\"\\\\\n\r\té\u{7f}\u{0}-\u{1f}]{0,40}('''|''|\n)?") {
        let made = initdata(&text);
        prop_assert_eq!(&*Initdata::parse(made.to_toml().as_bytes()).unwrap().user_data, &text);
        let annotation = made.to_annotation().unwrap();
        prop_assert_eq!(&*Initdata::parse(annotation.as_bytes()).unwrap().user_data, &text);
    }
}

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::tests::authority::Pair;
use crate::tests::*;

const HEAD: &str = "type: env\nlogging:\n  syslog:\n    hostname: log.example.com\n    port: 6514\n    server: !file ca.crt\n";

fn authority() -> (Pair, Pair) {
    let ca = Pair::new("ca", 365, None);
    let client = Pair::new("client", 365, Some(&ca));
    (ca, client)
}

#[test]
fn logging_needs_one_backend() {
    let (ca, _) = authority();
    let folder = folder(&[("ca.crt", &ca.pem())]);
    let router = "logRouter: {hostname: r.example.com, iamApiKey: canary}";
    for (text, expected) in [
        ("type: env\n".to_owned(), "logging: `logging` is missing, and required on hpvs"),
        ("type: env\nlogging: {}\n".to_owned(), "logging: names no backend"),
        (format!("{HEAD}  {router}\n"), "logging: names two backends"),
        (
            format!("type: env\nlogging: {{{}}}\n", router.replace("logR", "logr")),
            "unknown field `logrouter`: a guest may ignore it (write `logRouter`",
        ),
        (HEAD.replace("    port: 6514\n", ""), "Warning section.yaml:3 logging.syslog: `port` is missing"),
        (HEAD.replace("6514", "\"6514\""), "logging.syslog.port: expected a whole number, found a string"),
        (HEAD.replace("6514", "0514"), "logging.syslog.port: expected a whole number"),
        (HEAD.replace("6514", "65536"), "65536 is not a port"),
        (HEAD.replace("log.example.com", "https://log"), "`https://log` is not a host name"),
        (HEAD.replace("    server: !file ca.crt\n", ""), "logging.syslog.server: `server` is missing"),
        ("type: env\nlogging: {logRouter: {hostname: r.example.com}}\n".to_owned(), "`iamApiKey` is missing"),
    ] {
        if text.contains("logrouter") {
            let (_, findings) = read_in::<Env>(folder.path(), &text);
            assert!(shown(&findings)[0].contains(expected), "{findings:?}");
        } else {
            only::<Env>(folder.path(), &text, expected);
        }
    }
    let section = accepted::<Env>(folder.path(), &format!("type: env\nlogging: {{{router}}}\n"));
    assert!(!format!("{:?}{}", section.model(), section.masked()).contains("canary"));
}

#[test]
fn certificates_and_keys() {
    let (ca, client) = authority();
    let other = Pair::new("other", 365, None);
    let files = |ca: &str, cert: &str, key: &str| folder(&[("ca.crt", ca), ("c.crt", cert), ("c.key", key)]);
    let text = format!("{HEAD}    cert: !file c.crt\n    key: !file c.key\n");
    let good = files(&ca.pem(), &client.pem(), &client.pkcs8());
    accepted::<Env>(good.path(), &text);
    accepted::<Env>(
        files(&format!("{}{}", other.pem(), ca.pem()), &client.pem(), &client.pkcs8()).path(),
        &text,
    );
    let base64 = |pem: String| STANDARD.encode(pem);
    accepted::<Env>(files(&base64(ca.pem()), &base64(client.pem()), &base64(client.pkcs8())).path(), &text);
    let soon = Pair::new("soon", 29, None);
    let late = Pair::new("late", -1, None);
    let encrypted = client
        .key
        .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"canary")
        .unwrap();
    for (ca_text, cert, key, expected) in [
        (late.pem(), late.pem(), late.pkcs8(), ""),
        (
            ca.pem(),
            client.pem(),
            other.pkcs8(),
            "Error section.yaml:7 logging.syslog.cert: `cert` and `key` do not belong together",
        ),
        (
            other.pem(),
            client.pem(),
            client.pkcs8(),
            "Warning section.yaml:7 logging.syslog.cert: not signed by the CA",
        ),
        (ca.pem(), client.pem() + &ca.pem(), client.pkcs8(), "2 certificates, expected one"),
        (
            ca.pem(),
            client.pkcs8(),
            client.pkcs8(),
            "cert: holds a `PRIVATE KEY` where a certificate is required",
        ),
        (ca.pem(), client.pem(), client.pem(), "key: something other than a private key"),
        (
            ca.pem(),
            client.pem(),
            String::from_utf8(encrypted.clone()).unwrap(),
            "the file `c.key` is protected by a passphrase, which is not available: nobody is there",
        ),
        (
            ca.pem().replace("END CERT", "END CRT"),
            client.pem(),
            client.pkcs8(),
            "server: has a damaged footer line",
        ),
        (
            ca.pem().replace("-----BEGIN", "----BEGIN"),
            client.pem(),
            client.pkcs8(),
            "server: has a damaged header line",
        ),
        (ca.pem().replacen("MII", "MI", 1), client.pem(), client.pkcs8(), "server: has a damaged body"),
        (ca.pem().replacen("MII", "", 1), client.pem(), client.pkcs8(), "server: has a damaged body"),
    ] {
        let folder = files(&ca_text, &cert, &key);
        if expected.is_empty() {
            let (_, findings) = read_in::<Env>(folder.path(), &text);
            let shown = shown(&findings);
            assert!(
                shown.iter().all(|line| line.contains("the certificate `CN=late` expired on 2026-11-22")),
                "{shown:?}"
            );
            assert_eq!(findings.errors(), 2);
        } else {
            only::<Env>(folder.path(), &text, expected);
        }
    }
    let (_, findings) = read_in::<Env>(files(&soon.pem(), &soon.pem(), &soon.pkcs8()).path(), &text);
    assert!(
        findings.warnings() == 2 && findings.0[0].message.contains("expires on 2026-12-22, within 30 days")
    );
    only::<Env>(
        good.path(),
        &format!("{HEAD}    cert: !file c.crt\n"),
        "Warning section.yaml:7 logging.syslog.cert: `key` is missing",
    );
    only::<Env>(
        good.path(),
        &format!("{HEAD}    key: !file c.key\n"),
        "Warning section.yaml:7 logging.syslog.key: `cert` is missing",
    );
}

#[test]
fn damage_that_only_a_literal_has() {
    let (ca, client) = authority();
    let folder = folder(&[]);
    let with = |server: String| HEAD.replace("!file ca.crt", &server);
    let indented = |pem: &str| format!("|\n      {}", pem.trim_end().replace('\n', "\n      "));
    accepted::<Env>(folder.path(), &with(indented(&ca.pem())));
    accepted::<Env>(folder.path(), &with(format!("\"{}\"", ca.pem().replace('\n', "\\n"))));
    only::<Env>(
        folder.path(),
        &with(format!("'{}'", ca.pem().replace('\n', "\\n"))),
        "holds the two characters `\\n`",
    );
    only::<Env>(folder.path(), &with(indented(&ca.pem()).replace('|', ">")), "has lost its line ends");
    only::<Env>(
        folder.path(),
        &with(format!("\"{}\"", ca.pem().replace('\n', "\\r\\n"))),
        "Warning section.yaml:6 logging.syslog.server: has CRLF",
    );
    let key = |pem: &str| {
        format!(
            "{}    cert: {}\n    key: {}\n",
            with(indented(&ca.pem())),
            indented(&client.pem()),
            indented(pem)
        )
    };
    only::<Env>(
        folder.path(),
        &key(&client.sec1()),
        "a SEC 1 key, and the guest wants PKCS#8 (name the file, `key: !file",
    );
}

#[test]
fn text_around_a_pem_is_cut_where_a_file_is_named() {
    let (ca, client) = authority();
    let signer = Pair::rsa("signer", 365);
    let around =
        |pem: &str| format!("Bag Attributes\n    friendlyName: x\nsubject=CN = x\n\n{pem}\nbehind\n");
    let folder = folder(&[
        ("ca.crt", &around(&format!("{}Certificate:\n{}", ca.pem(), client.pem()))),
        ("c.crt", &around(&client.pem())),
        ("c.key", &around(&client.sec1())),
        ("signer.pem", &around(&signer.public())),
    ]);
    let text = format!("{HEAD}    cert: !file c.crt\n    key: !file c.key\nsigningKey: !file signer.pem\n");
    let section = accepted::<Env>(folder.path(), &text);
    let Some(Logging::Syslog(syslog)) = &section.model().logging else { panic!("no syslog") };
    assert_eq!(syslog.server, ca.pem() + &client.pem());
    assert_eq!(syslog.cert.as_deref(), Some(&*client.pem()));
    assert_eq!(syslog.key.as_ref().unwrap().expose(), client.pkcs8());
    let indented = |pem: &str| format!("|\n  {}\n", around(pem).trim_end().replace('\n', "\n  "));
    only::<Env>(
        folder.path(),
        &format!("{HEAD}signingKey: {}", indented(&signer.pem())),
        "signingKey: has text around its PEM block, which the schema refuses (keep the block alone, `openssl x509 -in FILE`",
    );
}

#[test]
fn keys_are_converted_on_the_way() {
    let ca = Pair::rsa("ca", 365);
    let pkcs1 = String::from_utf8(ca.key.rsa().unwrap().private_key_to_pem().unwrap()).unwrap();
    let traditional = ca
        .key
        .rsa()
        .unwrap()
        .private_key_to_pem_passphrase(openssl::symm::Cipher::aes_128_cbc(), b"canary")
        .unwrap();
    let text = format!("{HEAD}    cert: !file ca.crt\n    key: !file c.key\n");
    for key in [pkcs1.clone(), pkcs1.replace('\n', "\r\n"), String::from_utf8(traditional).unwrap()] {
        let folder = folder(&[("ca.crt", &ca.pem().replace('\n', "\r\n")), ("c.key", &key)]);
        let (section, findings) = read_with::<Env>(folder.path(), &text, None, Ok("canary"));
        let section = section.unwrap_or_else(|| panic!("{:?}", shown(&findings)));
        let Some(Logging::Syslog(syslog)) = &section.model().logging else { panic!("no syslog") };
        assert_eq!(syslog.key.as_ref().unwrap().expose(), ca.pkcs8());
        assert_eq!(syslog.server, ca.pem());
        let shown = format!("{:?}{}", section.model(), section.masked());
        assert!(!shown.contains("PRIVATE KEY") && shown.contains("<hidden, 17"), "{shown}");
    }
    let folder = folder(&[
        ("ca.crt", &ca.pem()),
        ("c.key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
    ]);
    only::<Env>(
        folder.path(),
        &text,
        "logging.syslog.key: the file `c.key` holds a private key that does not open",
    );
}

#[test]
fn volumes_and_key_management() {
    let (ca, _) = authority();
    let folder = folder(&[("ca.crt", &ca.pem())]);
    let kms = "kms: [{apiKey: canarycanary, crn: \"crn:v1:bluemix:public:kms:eu:a/1:2:key:3\"}]";
    let grep11 = "grep11: {address: \"g.io:9876\", clientCert: AAAA, clientKey: AAAA, caCert: AAAA, metadata: {aesKeyBlob: \"***\"}}";
    for (volume, expected) in [
        (String::new(), "volumes.data: no seed is kept"),
        ("seed: canarycanarycanary, uv-secret-id: index-1".to_owned(), "both `seed` and `uv-secret-id`"),
        ("uv-secret-id: index-9".to_owned(), "uv-secret-id: not the id of an ultravisor secret"),
        ("seed: canarycanarycanary, uv-previous-secret-id: index-1".to_owned(), "`uv-secret-id` is missing"),
        ("uv-secret-id: index-1, volumeName: \"\"".to_owned(), "volumeName: 0 characters, at least 1"),
        ("uv-secret-id: index-1, volumeID: ab".to_owned(), "volumeID: 2 characters, at least 3"),
        ("uv-secret-id: index-1, apiKey: canary".to_owned(), "apiKey: 6 characters, at least 10"),
        (
            "uv-secret-id: index-1, kmsTimeout: 21".to_owned(),
            "21 minutes: the schema allows 0 to 20, the documentation 0 to 1000",
        ),
        ("uv-secret-id: index-1, kmsTimeout: \"5\"".to_owned(), "expected a whole number, found a string"),
        ("uv-secret-id: index-1, kms: []".to_owned(), "kms: 0 entries, 1 to 5"),
        (
            format!("uv-secret-id: index-1, {}", kms.replace("bluemix", "aws")),
            "kms[0].crn: not the CRN of a root key",
        ),
        (
            format!("uv-secret-id: index-1, {}", kms.replace("}]", ", type: secret}]")),
            "kms[0].type: not one of the values",
        ),
        (
            format!("uv-secret-id: index-1, {}", kms.replace("canarycanary", "canary")),
            "kms[0].apiKey: 6 characters",
        ),
        (
            format!("uv-secret-id: index-1, {}", grep11.replace(":9876", "")),
            "`g.io` is no address of a GREP11 server",
        ),
        (
            format!("uv-secret-id: index-1, {}", grep11.replace("clientKey: AAAA", "clientKey: \"can ary\"")),
            "clientKey: expected base64 on one line",
        ),
        (
            format!("uv-secret-id: index-1, {}", grep11.replace("caCert: AAAA", "caCert: !file ca.crt")),
            "caCert: expected base64 on one line, found PEM",
        ),
        (
            format!("uv-secret-id: index-1, {}", grep11.replace(", caCert: AAAA", "")),
            "grep11.caCert: `caCert` is missing",
        ),
        (
            format!("uv-secret-id: index-1, {}", grep11.replace("aesKeyBlob", "previousaesKeyBlob")),
            "metadata.aesKeyBlob: `aesKeyBlob` is missing",
        ),
    ] {
        only::<Env>(folder.path(), &format!("{HEAD}volumes:\n  data: {{{volume}}}\n"), expected);
    }
    let all = format!(
        "{HEAD}volumes:\n  data: {{uv-secret-id: index-1, uv-previous-secret-id: index-2, kmsTimeout: 20, {kms}, {grep11}}}\n"
    );
    let section = accepted::<Env>(folder.path(), &all);
    assert!(section.facts().volumes[0].rolling);
    assert!(!format!("{:?}{}", section.model(), section.masked()).contains("canary"));
}

#[test]
fn signing_keys_and_authorities() {
    let (ca, _) = authority();
    let signer = Pair::rsa("signer", 10);
    let late = Pair::new("late", -1, None);
    let folder = folder(&[
        ("ca.crt", &ca.pem()),
        ("public.pem", &signer.public()),
        ("signer.crt", &signer.pem()),
        ("private.pem", &signer.pkcs8()),
        ("ec.pem", &ca.public()),
        ("ca.b64", &format!("{}\n", STANDARD.encode(ca.pem()))),
        ("late.b64", &STANDARD.encode(late.pem())),
    ]);
    let with = |rest: &str| format!("{HEAD}{rest}\n");
    let section = accepted::<Env>(folder.path(), &with("signingKey: !file public.pem"));
    assert!(section.facts().signing_key.as_ref().unwrap().starts_with("sha256:"));
    accepted::<Env>(folder.path(), &with("cacerts:\n- mine: !file ca.b64\n  too: !file ca.b64"));
    for (rest, expected) in [
        (
            "signingKey: !file signer.crt",
            "Warning section.yaml:7 signingKey: the certificate ends on 2026-12-03",
        ),
        ("signingKey: !file private.pem", "Error section.yaml:7 signingKey: a private key"),
        ("signingKey: !file ec.pem", "signingKey: a key of type EC"),
        ("signingKey: something", "signingKey: neither PEM nor base64"),
        (
            "signingkey: !file public.pem",
            "unknown field `signingkey`: a guest may ignore it (write `signingKey`",
        ),
        ("cacerts: {}", "cacerts: expected a list, found a mapping"),
        ("cacerts: [{}, {}]", "cacerts: 2 entries, at most one"),
        ("cacerts: [{a: !file ca.crt}]", "cacerts[0].a: expected base64 on one line"),
        ("cacerts: [{a: !file late.b64}]", "cacerts[0].a: the certificate `CN=late` expired on 2026-11-22"),
        ("cacerts: [{a: AAAA}]", "cacerts[0].a: the certificate does not decode"),
        ("host-attestation: x", "host-attestation: expected a mapping"),
        ("host-attestation: {a: [1, b]}", "host-attestation.a: expected a mapping"),
        ("images: {}", "unknown field `images`"),
    ] {
        only::<Env>(folder.path(), &with(rest), expected);
    }
    accepted::<Env>(folder.path(), &with("confidential-containers: {c: d}"));
}

//! 2,000 sections for each product, sound ones with up to three changes: our reader and the product's schema decide alike, or
//! the difference is in [`DIFFERENCES`], and so in docs/platforms.md.

use std::collections::BTreeMap;

use contract_pki::platform::{Application, Platform};
use findings::{Finding, Findings, Rule, Severity};
use serde_json::Map;

use super::*;

/// A difference between our reader and the schemas, as docs/platforms.md lists it.
struct Difference {
    /// The first column there.
    name: &'static str,
    applies: Applies,
}

enum Applies {
    /// We refuse what the schema accepts: our finding.
    Stricter(fn(&Finding) -> bool),
    /// We accept what the schema refuses: its place and rule.
    Laxer(fn(&str) -> bool),
}
use Applies::{Laxer, Stricter};

const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "a workload that the product does not run",
        applies: Stricter(|it| it.rule == Rule::WrongApplication),
    },
    Difference {
        name: "content that no schema looks at",
        applies: Stricter(|it| it.rule == Rule::NotInSchema),
    },
    Difference {
        name: "archives, Pods and ConfigMaps",
        applies: Stricter(|it| {
            ["play", "compose.archive"].iter().any(|place| it.place.field.starts_with(place))
        }),
    },
    Difference {
        name: "`previousSeed` of 3 to 14 characters",
        applies: Laxer(|place| {
            ["previousSeed minLength", "previousSeed pattern"].iter().any(|it| place.ends_with(it))
        }),
    },
];

const SECTIONS: usize = 2_000;

#[test]
fn our_reader_decides_as_the_schemas_do() {
    let material = Material::new();
    let mut used = BTreeMap::<&str, usize>::new();
    let mut unexplained = Vec::new();
    for platform in Platform::ALL {
        let Some(mut judge) = Judge::start(platform) else { return };
        let (mut accepted, mut refused) = (0, 0);
        for number in 0..SECTIONS {
            let mut draw = Draw(number as u64);
            let is_workload = draw.one_in(2);
            let mut section = if is_workload {
                material.workload(platform, &mut draw)
            } else {
                material.env(platform, &mut draw)
            };
            for _ in 0..draw.below(4) {
                change(&mut section, &mut draw, &material);
            }
            let contract = if is_workload {
                json!({"workload": section, "env": {"type": "env", "logging": {"logRouter": {"hostname": "h", "iamApiKey": "x"}}}})
            } else {
                json!({"workload": {"type": "workload", "play": {}}, "env": section})
            };
            let theirs = judge.judge(&contract);
            let text = serde_json::to_string_pretty(&section).unwrap();
            let findings = read(is_workload, &text, platform);
            match compare(&theirs, &findings) {
                Ok(differences) => differences.iter().for_each(|name| *used.entry(name).or_default() += 1),
                Err(difference) => unexplained.push(format!("{difference}\n{platform} {number}:\n{text}")),
            }
            if theirs.is_ok() {
                accepted += 1;
            } else {
                refused += 1;
            }
        }
        println!("{platform}: the schema accepts {accepted}, refuses {refused}");
        assert!(accepted > SECTIONS / 5 && refused > SECTIONS / 5, "{platform}: {accepted} {refused}");
    }
    println!("{used:?}");
    assert!(unexplained.is_empty(), "{} differences: {}", unexplained.len(), unexplained.join("\n"));
    let stale: Vec<_> =
        DIFFERENCES.iter().filter(|it| !used.contains_key(it.name)).map(|it| it.name).collect();
    assert_eq!(stale, [""; 0], "no section shows these differences");
}

#[test]
fn the_documentation_lists_the_differences() {
    let page = fs::read_to_string(root().join("docs/platforms.md")).unwrap();
    for difference in DIFFERENCES {
        assert!(page.contains(&format!("| {} |", difference.name)), "{}", difference.name);
    }
}

/// The known differences between both verdicts; an error if there is another one.
fn compare(theirs: &Result<(), String>, ours: &Findings) -> Result<Vec<&'static str>, String> {
    let find = |applies: &dyn Fn(&Applies) -> bool| {
        DIFFERENCES.iter().find(|it| applies(&it.applies)).map(|it| it.name)
    };
    let errors: Vec<_> = ours.0.iter().filter(|it| it.severity == Severity::Error).collect();
    match theirs {
        Ok(()) => errors
            .into_iter()
            .map(|error| {
                find(&|applies| matches!(applies, Stricter(applies) if applies(error)))
                    .ok_or_else(|| format!("we alone refuse {}: {}", error.place.field, error.message))
            })
            .collect(),
        Err(place) if errors.is_empty() => {
            find(&|applies| matches!(applies, Laxer(applies) if applies(place)))
                .map(|name| vec![name])
                .ok_or_else(|| format!("the schema alone refuses {place}"))
        }
        Err(_) => Ok(Vec::new()),
    }
}

fn read(is_workload: bool, text: &str, platform: Platform) -> Findings {
    let text = Zeroizing::new(text.to_owned());
    if is_workload {
        Section::<Workload>::open(text, now(), &[platform]).1
    } else {
        Section::<Env>::open(text, now(), &[platform]).1
    }
}

/// Numbers that are the same in every run (the generator `SplitMix64`).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % end as u64).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Some of these fields.
    fn some(&mut self, fields: Value) -> Map<String, Value> {
        let Value::Object(fields) = fields else { panic!("fields") };
        fields.into_iter().filter(|_| !self.one_in(3)).collect()
    }
}

/// Removes, renames, adds or replaces one value anywhere.
fn change(section: &mut Value, draw: &mut Draw, material: &Material) {
    let mut paths = Vec::new();
    pointers(section, String::new(), &mut paths);
    let path = draw.of(&paths).clone();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    let inside = draw.one_in(3);
    let parent = section.pointer_mut(if inside { &path } else { parent }).unwrap();
    match parent {
        Value::Object(fields) if inside => {
            fields.insert((*draw.of(&material.names)).to_owned(), draw.of(&material.values).clone());
        }
        Value::Array(items) if inside => items.push(draw.of(&material.values).clone()),
        _ if inside => {}
        Value::Object(fields) => match draw.below(4) {
            0 => {
                fields.remove(&name);
            }
            1 => {
                let value = fields.remove(&name).unwrap();
                let renamed = if draw.one_in(2) { name.to_uppercase() } else { format!("{name}x") };
                fields.insert(renamed, value);
            }
            _ => {
                fields.insert(name, draw.of(&material.values).clone());
            }
        },
        Value::Array(items) => {
            let at: usize = name.parse().unwrap();
            items[at] = draw.of(&material.values).clone();
        }
        _ => panic!("a parent"),
    }
}

fn pointers(node: &Value, path: String, paths: &mut Vec<String>) {
    match node {
        Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), paths);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                pointers(value, format!("{path}/{at}"), paths);
            }
        }
        _ => {}
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

/// What sections are made of.
struct Material {
    certificate: String,
    key: String,
    public_key: String,
    archives: [String; 2],
    names: Vec<&'static str>,
    values: Vec<Value>,
}

impl Material {
    fn new() -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let certificate = certificate(&key, None);
        let folder = folder();
        let archive = |name| STANDARD.encode(tgz(&folder.path().join(name)));
        let names = [
            "type",
            "compose",
            "play",
            "confidential-containers",
            "logging",
            "syslog",
            "logRouter",
            "logDNA",
            "tags",
            "port",
            "seed",
            "previousSeed",
            "uv-secret-id",
            "uv-previous-secret-id",
            "kms",
            "kmsTimeout",
            "grep11",
            "apiKey",
            "volumeName",
            "secret",
            "verificationKey",
            "crypto-pt",
            "host-attestation",
            "future",
            "a b",
            "archive",
            "images",
            "cacerts",
            "signingKey",
            "cert",
            "description",
            "publicKey",
        ];
        let values = json!([
            true, 7, -1, 99999, "", "x", "ab", "abcdefghij", "a-seed-of-test-material", "index-1", "index-9", "/a/b", "/",
            "AAAA", "AAA", "a b", [], {}, ["x"], [7], {"a": "b"}, {"a": {}}, "h.example.com", "a_b", "workload", "env", "xfs",
            "crn:v1:bluemix:public:kms:eu-de:a/1:i:key:k", "a.b:1", "***", "https://h",
        ]);
        let Value::Array(values) = values else { panic!("a list") };
        Self {
            certificate: String::from_utf8(certificate.to_pem().unwrap()).unwrap(),
            key: String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap(),
            public_key: String::from_utf8(key.public_key_to_pem().unwrap()).unwrap(),
            archives: [archive("compose"), archive("play")],
            names: names.to_vec(),
            values,
        }
    }

    fn workload(&self, platform: Platform, draw: &mut Draw) -> Value {
        let application = if draw.one_in(8) {
            *draw.of(&Application::ALL)
        } else {
            *draw.of(platform.product().applications)
        };
        let content = match application {
            Application::Compose => json!({"archive": self.archives[0]}),
            Application::Play if draw.one_in(2) => json!({"archive": self.archives[1]}),
            Application::Play => {
                json!({"resources": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
                    {"name": "c", "image": "us.icr.io/ns/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
                ]}}]})
            }
            Application::ConfidentialContainers => {
                let mut content = draw.some(json!({
                    "config": {"cosign": {"app": {"publicKey": "AAAA"}}},
                    "allowedContainers": {"app": {"allowedImages": {"imageNames": ["us.icr.io/ns/app"], "imagePatterns": ["us.*"]}}},
                    "secret": {"verificationKey": self.public_key, "decryptionKey": self.key},
                }));
                content.insert("regoValidator".to_owned(), json!({"policy": "cGFja2FnZQ=="}));
                content.into()
            }
        };
        let previous_seed = if draw.one_in(6) { "old-seed" } else { "an-old-seed-of-test" };
        let mut volume =
            draw.some(json!({"previousSeed": previous_seed, "mount": "/mnt/data", "filesystem": "ext4"}));
        volume.insert("seed".to_owned(), "a-seed-of-test-material".into());
        let mut section = draw.some(json!({
            "auths": {"us.icr.io": {"username": "user", "password": "test material"}},
            "env": {"LOG_LEVEL": "debug"},
            "images": {
                "dct": {"docker.io/library/nginx": {"notary": "https://notary.docker.io", "publicKey": "AAAA"}},
                "rhs": {"registry.access.redhat.com/ubi9": {"publicKey": "AAAA"}},
            },
            "volumes": {"data": volume},
        }));
        section.insert("type".to_owned(), "workload".into());
        section.insert(application.field().to_owned(), content);
        section.into()
    }

    fn env(&self, platform: Platform, draw: &mut Draw) -> Value {
        let base64 = STANDARD.encode(&self.certificate);
        let volume = Self::env_volume(platform, draw);
        let signing_key = match draw.below(6) {
            0 => "AAAA".to_owned(),
            1 | 2 => self.public_key.clone(),
            3 | 4 => STANDARD.encode(&self.public_key),
            _ => self.certificate.clone(),
        };
        let mut section = draw.some(json!({
            "signingKey": signing_key,
            "env": {"LOG_LEVEL": "debug"},
            "auths": {"us.icr.io": {"username": "user", "password": "test material"}},
            "cacerts": [{"own": base64}],
            "volumes": {"data": volume},
            "crypto-pt": {"lock": false, "index-1": {"type": "secret", "domain-id": "03.0011", "secret": "AAAA", "mkvp": format!("0x{}", "0a".repeat(32))}},
            "host-attestation": {"HKD-1": {"description": "lab", "host-key-doc": base64}},
            "confidential-containers": {"secret": {"verificationKey": self.public_key, "decryptionKey": self.key}},
        }));
        section.insert("type".to_owned(), "env".into());
        if !draw.one_in(8) {
            section.insert("logging".to_owned(), self.logging(platform, draw));
        }
        section.into()
    }

    fn logging(&self, platform: Platform, draw: &mut Draw) -> Value {
        if draw.one_in(2) {
            let mut syslog = draw.some(json!({"port": 6514, "cert": self.certificate, "key": self.key}));
            syslog.insert("hostname".to_owned(), "log.example.com".into());
            syslog.insert("server".to_owned(), self.certificate.clone().into());
            return json!({"syslog": syslog});
        }
        let mut router = draw.some(json!({"port": 443, "tags": ["a"]}));
        if !platform.product().log_router_tags && !draw.one_in(4) {
            router.remove("tags");
        }
        router.insert("hostname".to_owned(), "log.example.com".into());
        router.insert("iamApiKey".to_owned(), "test material".into());
        json!({"logRouter": router})
    }

    fn env_volume(platform: Platform, draw: &mut Draw) -> Value {
        let services = platform.product().volume_key_services || draw.one_in(4);
        let grep11 = json!({
            "address": "grep11.example.com:9876", "clientCert": "AAAA", "clientKey": "AAAA", "caCert": "AAAA",
            "metadata": {"aesKeyBlob": "AAAA", "previousaesKeyBlob": "****"},
        });
        let mut volume = draw.some(json!({
            "previousSeed": "an-old-seed-of-test", "volumeName": "data", "volumeID": "r006-1", "apiKey": "test material",
            "kms": [{"apiKey": "test material", "crn": "crn:v1:bluemix:public:kms:eu-de:a/1:i:key:k", "type": "public"}],
            "kmsTimeout": 10, "grep11": grep11,
        }));
        if !services {
            volume.remove("grep11");
        }
        if !services && !volume.contains_key("kms") {
            volume.remove("kmsTimeout");
        }
        if services && draw.one_in(3) {
            volume.insert("uv-secret-id".to_owned(), "index-1".into());
            volume.insert("uv-previous-secret-id".to_owned(), "index-2".into());
        } else {
            volume.insert("seed".to_owned(), "a-seed-of-test-material".into());
        }
        volume.into()
    }
}

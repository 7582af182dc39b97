use crate::tests::*;
use std::collections::BTreeSet;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn pod() -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: main\n    image: us.icr.io/ns/app@{DIGEST}\n"
    )
}

/// The same, with the data of `main` on `/mnt/data`.
fn pod_with_data() -> String {
    pod()
        + "    volumeMounts: [{name: d, mountPath: /d}]\n  volumes: [{name: d, hostPath: {path: /mnt/data}}]\n"
}

fn compose() -> String {
    format!("services:\n  app:\n    image: us.icr.io/ns/app@{DIGEST}\n")
}

const PLAY: &str = "type: workload\nplay:\n  archive: !folder play\n";

#[test]
fn fields_are_known_and_typed() {
    let folder = folder(&[("play/pod.yml", &pod())]);
    for (rest, expected) in [
        (
            "Volumes: {}\n",
            "Warning section.yaml:4 Volumes: unknown field `Volumes`: a guest may ignore it (write `volumes`",
        ),
        ("volume: {}\n", "unknown field `volume`: a guest may ignore it (did you mean `volumes`?)"),
        (
            "logging: {}\n",
            "unknown field `logging`: a guest may ignore it (remove it, or take one of `type`, `compose`",
        ),
        ("volumes: []\n", "section.yaml:4 volumes: expected a mapping, found a list"),
        ("volumes:\n", "volumes: expected a mapping, found nothing"),
        ("env: x\n", "env: expected a mapping, found a string"),
        ("env:\n  PORT: 8443\n", "section.yaml:5 env.PORT: expected a string, found a number"),
        ("env:\n  A: true\n", "env.A: expected a string, found a boolean"),
        ("env:\n  A: yes\n", "env.A: a boolean to some YAML readers"),
        ("env:\n  A: 12:30:45\n", "env.A: a number to some YAML readers"),
        ("env:\n  A: 2024-01-01\n", "env.A: a date to some YAML readers"),
        ("env:\n  A:\n", "env.A: the value is missing"),
        ("env:\n  A: [canary]\n", "env.A: expected a string, found a list"),
        ("env:\n  A: !folder play\n", "env.A: `!folder` is only for archives"),
        ("env:\n  A: !file nowhere\n", "env.A: the file `nowhere` cannot be read: there is no such file"),
        ("env:\n  A: !file play\n", "env.A: the file `play` is not a regular file"),
        ("env:\n  1A: x\n", "env.\"1A\": `1A` is no name for a variable"),
        ("env:\n  A-B: x\n", "`A-B` is no name for a variable"),
        ("env:\n  no: x\n", "env.no: the name `no` is a boolean to YAML readers"),
    ] {
        let rest = rest.replace("\"1A\"", "1A");
        only::<Workload>(folder.path(), &format!("{PLAY}{rest}"), &expected.replace("env.\"1A\"", "env.1A"));
    }
}

#[test]
fn the_type_is_the_sections_own() {
    let folder = folder(&[("play/pod.yml", &pod())]);
    let of = |head: &str| PLAY.replace("type: workload\n", head);
    only::<Workload>(folder.path(), &of(""), "type: `type` is missing (write `type: workload`");
    only::<Workload>(
        folder.path(),
        &of("type: env\n"),
        "this is the env section, expected the workload section",
    );
    only::<Workload>(
        folder.path(),
        &of("type: worklod\n"),
        "not the type of a section: did you mean `workload`?",
    );
    only::<Workload>(folder.path(), "- a\n", "Error section.yaml:1 : expected a mapping, found a list");
    only::<Workload>(folder.path(), "a: [\n", "Error section.yaml:1 : ");
    only::<Workload>(folder.path(), "a: b\na: c\n", "Error section.yaml:2 : duplicate key");
}

#[test]
fn exactly_one_application() {
    let folder = folder(&[("play/pod.yml", &pod()), ("compose/docker-compose.yaml", &compose())]);
    only::<Workload>(folder.path(), "type: workload\n", "neither `compose` nor `play`");
    only::<Workload>(
        folder.path(),
        &format!("{PLAY}compose: {{archive: !folder compose}}\n"),
        "section.yaml:2 play: `play` and `compose` are both given: exactly one",
    );
    only::<Workload>(folder.path(), "type: workload\nplay: {}\n", "play: no pod is described");
    only::<Workload>(folder.path(), "type: workload\ncompose: {}\n", "compose.archive: `archive` is missing");
    only::<Workload>(folder.path(), &PLAY.replace("play\n", "nowhere\n"), "`nowhere` is not a folder");
}

#[test]
fn volumes() {
    let folder = folder(&[("play/pod.yml", &pod_with_data()), ("data.seed", "canary-canary-canary\n")]);
    for (volume, expected) in [
        ("{}", "Error section.yaml:5 volumes.data: no seed is kept (make one: `seed add data`"),
        ("{seed: canary1}", "volumes.data.seed: a seed of 7 characters, at least 15 are required"),
        ("{seed: 123456789012345}", "volumes.data.seed: an unquoted seed that does not begin with a letter"),
        ("{seed: \"canary canary canary\"}", "character 7 of 20 is not allowed in a seed"),
        ("{seed: \"canarycanarycanary=\"}", "character 19 of 19 is not allowed in a seed"),
        ("{seed: canarycanarycanary, previousSeed: ab}", "previousSeed: a seed of 2 characters, at least 3"),
        (
            "{seed: canarycanarycanary, previousSeed: canary}",
            "Warning section.yaml:5 volumes.data.previousSeed: a previous seed of 6",
        ),
        ("{seed: canarycanarycanary, mount: data}", "`data` is not a mount point"),
        ("{seed: canarycanarycanary, mount: /data/}", "`/data/` is not a mount point"),
        (
            "{seed: canarycanarycanary, filesystem: zfs}",
            "not one of the values that are allowed here (write one of `ext4`, `xfs`, `btrfs`)",
        ),
        ("{seed: canarycanarycanary, kms: []}", "unknown field `kms`"),
        (
            "{seed: canarycanarycanary, previousseed: canarycanarycanary}",
            "unknown field `previousseed` (write `previousSeed`",
        ),
    ] {
        only::<Workload>(folder.path(), &format!("{PLAY}volumes:\n  data: {volume}\n"), expected);
    }
    only::<Workload>(
        folder.path(),
        &format!("{PLAY}volumes:\n  Data: {{seed: canarycanarycanary}}\n"),
        "`Data` is no name for a volume",
    );
    let text = format!(
        "{PLAY}volumes:\n  b: {{seed: !file data.seed}}\n  a: {{seed: canarycanarycanary, previousSeed: \"oldoldoldoldold\"}}\n"
    );
    let section = accepted::<Workload>(folder.path(), &text);
    let rolling: Vec<_> =
        section.facts().volumes.iter().map(|volume| (&*volume.name, volume.rolling)).collect();
    assert_eq!(rolling, [("b", false), ("a", true)]);
    assert_eq!(section.model().volumes[0].seed.expose(), "canary-canary-canary");
    assert!(!format!("{section:?}{:?}{}", section.model(), section.masked()).contains("canary"));
}

#[test]
fn registries_and_images() {
    let folder = folder(&[("play/pod.yml", &pod())]);
    for (rest, expected) in [
        ("auths: {us.icr.io: {username: abc}}", "auths.\"us.icr.io\".password: `password` is missing"),
        ("auths: {us.icr.io: {username: ab, password: canary}}", "username: 2 characters, at least 3"),
        ("auths: {us.icr.io: {username: abc, password: ca}}", "password: 2 characters, at least 3"),
        (
            "auths: {\"me:canary@us.icr.io\": {username: abc, password: canary}}",
            "auths: a name with `@` is not a registry",
        ),
        (
            "auths: {\"https://us.icr.io\": {username: abc, password: canary}}",
            "`https://us.icr.io` is not a registry",
        ),
        (
            "images: {dct: {nginx: {notary: \"https://n.io\", publicKey: AAAA}}}",
            "`nginx` is not an image for `dct`",
        ),
        ("images: {dct: {a.io/abc/ab: {notary: n.io, publicKey: AAAA}}}", "no address of a notary server"),
        ("images: {dct: {a.io/abc/ab: {notary: \"https://n.io\"}}}", "`publicKey` is missing"),
        ("images: {rhs: {a.io/abc: {publicKey: \"not base64\"}}}", "publicKey: not base64"),
        ("images: {rhs: {abc: {publicKey: AAAA}}}", "`abc` is not an image for `rhs`"),
        (
            "images: {rhs: {\"a.io/ns/app:1\": {publicKey: AAAA}}}",
            "`a.io/ns/app:1`: IBM's schema demands a tag of 3 to 128 characters, not of 1 (pin the image",
        ),
        (
            "images: {dct: {a.io/ns/app: {notary: \"https://n.io\", publicKey: AAAA}}}",
            "`a.io/ns/app`: IBM's schema demands a namespace of 3 to 30 characters, not of 2",
        ),
        ("images: {dcs: {}}", "unknown field `dcs` (did you mean `dct`?)"),
    ] {
        only::<Workload>(folder.path(), &format!("{PLAY}{rest}\n"), expected);
    }
    for registry in
        ["us.icr.io", "docker.io:443", "10.0.0.1:5000", "https://index.docker.io/v1/", "localhost"]
    {
        let rest = format!("auths:\n  {registry:?}: {{username: abc, password: \"canary\"}}\n");
        accepted::<Workload>(folder.path(), &format!("{PLAY}{rest}"));
    }
}

#[test]
fn images_are_pinned_or_covered() {
    let folder = folder(&[("play/pod.yml", &pod().replace(&format!("@{DIGEST}"), ":latest"))]);
    only::<Workload>(
        folder.path(),
        PLAY,
        "Error play/pod.yml spec.containers[0].image: the image `us.icr.io/ns/app:latest` is neither pinned by digest nor covered",
    );
    accepted::<Workload>(
        folder.path(),
        &format!("{PLAY}images: {{rhs: {{us.icr.io/ns/app: {{publicKey: AAAA}}}}}}\n"),
    );
    let section = accepted::<Workload>(
        folder.path(),
        &format!("{PLAY}images: {{rhs: {{\"us.icr.io/ns/app:1.0\": {{publicKey: AAAA}}}}}}\n"),
    );
    assert_eq!(section.facts().images, ["us.icr.io/ns/app:latest"]);
}

#[test]
fn an_image_may_depend_on_the_other_section() {
    let depends = "which the env section may provide (set it under `env` of this section, which wins";
    let of = |image: &str| {
        folder(&[("c/docker-compose.yml", &format!("services: {{a: {{image: \"{image}\"}}}}\n"))])
    };
    let section = "type: workload\ncompose: {archive: !folder c}\nenv: {OWN: us.icr.io/ns/app}\n";
    accepted::<Workload>(of(&format!("${{OWN}}@{DIGEST}")).path(), section);
    // whatever the name, the digest counts
    accepted::<Workload>(of(&format!("${{OTHER:-x}}@{DIGEST}")).path(), section);
    for (image, expected) in [
        ("${OWN}@${HASH:?}".to_owned(), depends),
        (format!("${{IMAGE:-us.icr.io/ns/app@{DIGEST}}}"), depends),
        ("${OWN}:1".to_owned(), "the image `us.icr.io/ns/app:1` is neither pinned by digest"),
        ("${IMAGE:-app:1}".to_owned(), "the image `app:1` is neither pinned by digest"),
    ] {
        only::<Workload>(of(&image).path(), section, expected);
    }
}

#[test]
fn a_number_is_no_text_in_the_section_itself() {
    let folder = folder(&[("play/pod.yml", &pod())]);
    let resource = format!(
        "  resources:\n  - kind: Pod\n    metadata: {{name: q}}\n    spec:\n      containers:\n      - {{name: c, image: \"us.icr.io/ns/app@{DIGEST}\", env: [{{name: A, value: 8080}}]}}\n"
    );
    only::<Workload>(
        folder.path(),
        &format!("{PLAY}{resource}"),
        "env[0].value: expected a text, found a number (put the value in double quotes",
    );
}

#[test]
fn variables_are_collected() {
    let pod = pod()
        + "    env:\n    - name: X\n      valueFrom: {configMapKeyRef: {name: contract.config.map, key: FROM_MAP}}\n    - name: W\n      valueFrom: {configMapKeyRef: {name: contract.config.map, key: MAYBE, optional: true}}\n    - name: Z\n      valueFrom: {configMapKeyRef: {name: other, key: OTHER}}\n"
        + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {OTHER: x}\n";
    let folder = folder(&[("play/pod.yml", &pod)]);
    let template = format!(
        "  templates:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {{name: \"{{{{ .Env.NAME }}}}\"}}\n    spec:\n      containers:\n      - {{name: c, image: \"{{{{ .Env.REGISTRY }}}}/app@{DIGEST}\"}}\nenv:\n  NAME: mine\n  EXTRA: x\n"
    );
    let section = accepted::<Workload>(folder.path(), &format!("{PLAY}{template}"));
    let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&section.facts().required_variables), "FROM_MAP REGISTRY");
    assert_eq!(names(&section.facts().provided_variables), "EXTRA NAME");
    let resources = template.replace("templates", "resources");
    let (section, findings) = read_in::<Workload>(folder.path(), &format!("{PLAY}{resources}"));
    assert_eq!(section.unwrap().facts().required_variables.len(), 1);
    let shown = shown(&findings);
    assert!(
        shown.len() == 2 && shown[0].contains("play.resources[0].metadata.name: a template expression"),
        "{shown:#?}"
    );
}

#[test]
fn data_that_would_be_lost_is_a_warning() {
    const DATA: &str = "volumes: {data: {seed: canarycanarycanary}}\n";
    const LOGS: &str = "volumes: {logs: {seed: canarycanarycanary, mount: /logs}}\n";
    let compose_with = |volumes: &str| {
        format!(
            "{}    volumes: {volumes}\nvolumes: {{redis: , there: {{driver_opts: {{type: nfs, device: \":/x\"}}}}, bound: {{driver_opts: {{o: bind, device: /mnt/data/b}}}}}}\n",
            compose()
        )
    };
    let pod_with = |volume: &str| {
        let mounted = "    volumeMounts: [{name: d, mountPath: /d}]\n";
        format!("{}{mounted}  volumes: [{{name: d, {volume}}}]\n", pod())
    };
    let own_disk = "is on no volume of the contract, but on the guest's own disk, which is new at every boot";
    // one column for each: volumes of the contract, the descriptor, what `check` reports
    for (volumes, mounts, expected) in [
        (DATA, "[\"/mnt/data/redis:/data\"]", &[][..]),
        (DATA, "[\"/mnt:/data\"]", &[]),
        (DATA, "[\"bound:/data\", \"/etc/localtime:/etc/localtime:ro\", \"/var/hyperprotect:/h\"]", &[]),
        (DATA, "[\"there:/t\", \"/mnt/data:/d\", \"/dev/x:/dev/x\", {type: tmpfs, target: /tmp}]", &[]),
        (DATA, "[\"./conf:/conf\", \"./missing:/c:ro\", \"/mnt/data:/d\"]", &[]),
        // a variable may be a path of the volume
        (DATA, "[\"${DIR}/x:/data\"]", &["`DIR` is left empty if the env section does not provide it"]),
        (DATA, "[{type: bind, source: \"${DIR:?}\", target: /data}]", &[]),
        (
            DATA,
            "[\"redis:/data\"]",
            &[
                "Warning section.yaml:4 volumes.data: `data`: nothing mounts /mnt/data or a path below it, so nothing is kept on this volume (write `/mnt/data:/var/lib/app` under `volumes:` of the service, or remove the volume)",
                "Warning compose/docker-compose.yaml services.app.volumes[0]: `app` at /data: the volume `redis` OWN (write `/mnt/data/redis:/data` under `volumes:` of the service)",
            ],
        ),
        (
            "",
            "[{type: volume, source: redis, target: /data}]",
            &[
                "Warning compose/docker-compose.yaml services.app.volumes[0]: `app` at /data: the volume `redis` OWN (add a volume to both sections, `volumes: {data: {}}`, then write `/mnt/data/redis:/data` under `volumes:` of the service)",
            ],
        ),
        (
            LOGS,
            "[\"/logs:/logs\", \"/mnt/data/x:/a\", \"/mnt/data/x:/b\", \"./new:/c\", \"../up:/d\"]",
            &[
                "`app` at /a, `app` at /b: /mnt/data/x OWN (write `/logs/x:/a` under",
                "`app` at /c: `./new`, which is not in the archive, OWN (write `/logs/new:/c` under",
                "`app` at /d: `../up`, which is not in the archive, OWN",
            ],
        ),
    ] {
        let text = compose_with(mounts);
        let folder = folder(&[("compose/docker-compose.yaml", &text), ("compose/conf/a", "")]);
        let section = format!("type: workload\ncompose:\n  archive: !folder compose\n{volumes}");
        expect_warnings(folder.path(), &section, expected, own_disk);
    }
    for (volumes, volume, expected) in [
        (DATA, "hostPath: {path: /mnt/data/x, type: DirectoryOrCreate}", &[][..]),
        ("", "hostPath: {path: /dev/z90crypt, type: CharDevice}", &[]),
        ("", "emptyDir: {}", &[]),
        ("", "hostPath: {path: ./pod.yml, type: File}", &[]),
        (
            DATA,
            "persistentVolumeClaim: {claimName: db}",
            &[
                "Warning section.yaml:4 volumes.data: `data`: nothing mounts /mnt/data",
                "Warning play/pod.yml spec.containers[0].volumeMounts[0]: `main` at /d: the volume `db` OWN (write `hostPath: {path: /mnt/data/db, type: DirectoryOrCreate}` under `spec.volumes`)",
            ],
        ),
        (
            "",
            "hostPath: {path: ./new, type: DirectoryOrCreate}",
            &["`main` at /d: `./new`, which is not in the archive, OWN (add a volume"],
        ),
    ] {
        let folder = folder(&[("play/pod.yml", &pod_with(volume))]);
        expect_warnings(folder.path(), &format!("{PLAY}{volumes}"), expected, own_disk);
    }
    // what cannot be read shows no mounts
    let folder = folder(&[("play/pod.yml", &pod())]);
    only::<Workload>(folder.path(), &format!("{PLAY}volumes: {{data: {{}}}}\n"), "no seed is kept");
}

/// Exactly these warnings, with `own_disk` in the place of `OWN`; the seed's own advice is left out.
fn expect_warnings(folder: &Path, text: &str, expected: &[&str], own_disk: &str) {
    let (section, mut findings) = read_in::<Workload>(folder, text);
    findings.0.retain(|finding| !finding.hint.contains("move it into the vault"));
    let shown = shown(&findings);
    assert!(section.is_some(), "{shown:#?}");
    assert_eq!(shown.len(), expected.len(), "{text}{shown:#?}");
    for (shown, expected) in shown.iter().zip(expected) {
        let expected = expected.replace("OWN", own_disk);
        assert!(shown.contains(&expected), "expected: {expected}\nfound: {shown}");
    }
}

#[test]
fn nothing_in_a_literal_archive_escapes() {
    use std::io::Write as _;
    let pack = |name: &str, content: &str, kind: tar::EntryType| {
        let mut tar =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_entry_type(kind);
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
        let mut gzip = tar.into_inner().unwrap();
        gzip.flush().unwrap();
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, gzip.finish().unwrap())
    };
    let folder = folder(&[]);
    let section = |archive: &str| PLAY.replace("!folder play", archive);
    let file = tar::EntryType::Regular;
    for name in ["pod.yml", "./pod.yml", "././pod.yaml"] {
        accepted::<Workload>(folder.path(), &section(&pack(name, &pod(), file)));
    }
    for (archive, expected) in [
        ("not base64!".to_owned(), "play.archive: not base64 on one line"),
        ("AAAA".to_owned(), "section.yaml:3 play.archive: not a gzip tar, or a damaged one"),
        (pack("../pod.yml", &pod(), file), "the name `../pod.yml` leads out of the archive"),
        (pack("/pod.yml", &pod(), file), "the name `/pod.yml` leads out of the archive"),
        (pack("pod.yml", "", tar::EntryType::Symlink), "`pod.yml` is neither a file nor a directory"),
        (pack("pod.yml", "", tar::EntryType::Fifo), "`pod.yml` is neither a file nor a directory"),
        (pack("README", "", file), "no pod is described"),
        (pack("pod.yml", "kind: Deployment\n", file), "play.archive/pod.yml kind: `Deployment` is neither"),
    ] {
        only::<Workload>(folder.path(), &section(&archive), expected);
    }
    let whole = pack("pod.yml", &pod(), file);
    let cut = &whole[..whole.len() / 8 * 4];
    only::<Workload>(folder.path(), &section(cut), "not a gzip tar, or a damaged one");
}

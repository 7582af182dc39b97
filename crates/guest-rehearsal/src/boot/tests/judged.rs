//! Descriptors and compose files, good and bad, read by us and by the tools that the guest starts: Debian's `podman`
//! (with `catatonit`), `podman kube play --start=false`, and `docker-compose config`. Neither needs a daemon or the
//! network. Where a tool is missing, its verdicts are skipped, and that is said.
//!
//! Where we differ from a judge, the row says why.

use std::path::Path;
use std::process::Command;

use super::try_boot;
use crate::report::Verdict;
use crate::testing::{Case, archive};

const IMAGE: &str = "q.io/a/b@sha256:6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd";

/// What it is about, the text, whether we refuse it, and why a judge would not agree.
type Row = (&'static str, String, bool, Option<&'static str>);

/// Whether a tool refuses a text, and with which words.
type Judge<'a> = dyn Fn(&str) -> (bool, String) + 'a;

/// Whether we refuse, and where; mounts that keep nothing are warnings of another step.
fn ours(case: &Case) -> (bool, String) {
    let report = try_boot(case);
    let refused = report.steps.iter().find(|step| step.verdict == Verdict::Refused);
    (refused.is_some(), format!("{:?}", refused.map(|step| (step.name, &step.detail))))
}

fn agree(rows: &[Row], kind: &str, file: &str, judge: Option<&Judge<'_>>) {
    let mut wrong = Vec::new();
    for (name, text, refused, differs) in rows {
        let archive = archive(&[(file, &text.replace("IMAGE", IMAGE))]);
        // plain sections: this is not about keys
        let case = Case { encrypted: false, ..Case::with_archive(kind, &archive) };
        let (we, why) = ours(&case);
        if we != *refused {
            wrong.push(format!("{name}: ours: refused {we}: {why}"));
        }
        let Some(judge) = judge else { continue };
        let (judged, why) = judge(text);
        if judged != (*refused ^ differs.is_some()) {
            wrong.push(format!("{name}: the judge: refused {judged}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[expect(clippy::disallowed_macros, reason = "a test says what it skips")]
fn skipped(what: &str) {
    eprintln!("skipped: {what}");
}

fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    (!output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn pod(container: &str, rest: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: c, image: \"IMAGE\"{container}}}\n{rest}"
    )
}

fn map(data: &str) -> String {
    format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{{data}}}\n")
}

const MAPPED: &str = ", env: [{name: A, valueFrom: {configMapKeyRef: {name: m, key: k}}}]";
const MOUNTED: &str = ", volumeMounts: [{name: d, mountPath: /x}]";
const KUBERNETES: Option<&str> = Some("podman is laxer than Kubernetes, and IBM's page names Kubernetes");
const LATER: Option<&str> = Some("podman finds it when it starts the pod");

#[rustfmt::skip]
fn pods() -> Vec<Row> {
    let volume = |volume: &str| format!("  volumes: [{{name: d{volume}}}]\n");
    vec![
        ("a plain pod", pod("", ""), false, None),
        ("an unknown field", pod(", colour: red", ""), false, None),
        ("no name of the pod", pod("", "").replace("metadata: {name: p}\n", ""), true, None),
        ("a name with a space", pod("", "").replace("name: p}", "name: \"p q\"}"), true, None),
        ("two pods of one name", pod("", "") + "---\n" + &pod("", ""), true, None),
        ("no name of the container", pod("", "").replace("name: c, ", ""), true, KUBERNETES),
        ("two containers of one name", pod("", "  - {name: c, image: \"IMAGE\"}\n"), true, None),
        ("no containers", pod("", "").replace("  containers:\n  - {name: c, image: \"IMAGE\"}\n", "  restartPolicy: Always\n"), true, KUBERNETES),
        ("a Service", pod("", "").replace("kind: Pod", "kind: Service"), true, None),
        ("a Deployment", pod("", "").replace("kind: Pod", "kind: Deployment"), true, Some("podman plays it; IBM's page names Pods and ConfigMaps only")),
        ("another version", pod("", "").replace("v1", "v2"), true, KUBERNETES),
        ("upper case in an image", pod("", "").replace("IMAGE", "q.io/A/b@sha256:6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd"), true, None),
        ("a port", pod(", ports: [{containerPort: 80, hostPort: 8080, protocol: UDP}]", ""), false, None),
        ("a port in quotes", pod(", ports: [{containerPort: \"80\"}]", ""), true, None),
        ("a port beyond all ports", pod(", ports: [{containerPort: 80, hostPort: 70000}]", ""), true, LATER),
        ("a port wanted twice", pod(", ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 81, hostPort: 8080}]", ""), true, LATER),
        ("a protocol that is none", pod(", ports: [{containerPort: 80, hostPort: 8080, protocol: foo}]", ""), true, None),
        ("an address that is none", pod(", ports: [{containerPort: 80, hostPort: 8080, hostIP: foo}]", ""), true, None),
        ("a mount of no volume", pod(MOUNTED, ""), true, None),
        ("an empty directory", pod(MOUNTED, &volume(", emptyDir: {}")), false, None),
        ("a volume of nothing", pod("", &volume("")), true, None),
        ("a path of another kind", pod(MOUNTED, &volume(", hostPath: {path: /tmp, type: Foo}")), true, None),
        ("a path that is not in the archive", pod(MOUNTED, &volume(", hostPath: {path: ./nope, type: Directory}")), true, None),
        ("a file of the archive", pod(MOUNTED, &volume(", hostPath: {path: ./pod.yml, type: File}")), false, None),
        ("a mount at a relative path", pod(", volumeMounts: [{name: d, mountPath: x}]", &volume(", hostPath: {path: /tmp}")), true, None),
        ("a config map", pod(MAPPED, "") + &map("k: \"1\""), false, None),
        ("a config map that is not there", pod(MAPPED, ""), true, None),
        ("a key that is not there", pod(MAPPED, "") + &map("z: \"1\""), true, None),
        ("the contract's variables", pod(", envFrom: [{configMapRef: {name: contract.config.map}}]", ""), false, None),
        ("all of a config map that is not there", pod(", envFrom: [{configMapRef: {name: m}}]", ""), true, None),
        ("the same, optional", pod(", envFrom: [{configMapRef: {name: m, optional: true}}]", ""), false, None),
        ("a secret", pod(", env: [{name: A, valueFrom: {secretKeyRef: {name: m, key: k}}}]", ""), true, None),
        ("a field that podman has not", pod(", env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]", ""), true, None),
        ("a number for a text", pod(", env: [{name: A, value: 1}]", "") + &map("k: 1"), false, None),
        ("a boolean for a label", pod("", "").replace("{name: p}", "{name: p, labels: {a: true, b: 1}}"), false, None),
        ("a path without a slash", pod(MOUNTED, &volume(", hostPath: {path: conf, type: Directory}")), false, Some("podman 4.3 looks for the path, later versions take a volume")),
        ("a projected volume", pod(MOUNTED, &volume(", projected: {sources: []}")), true, None),
        ("a text for a list", pod(", command: \"/x\"", ""), true, None),
        ("a text for a switch", pod(", securityContext: {privileged: \"true\"}", ""), true, None),
        ("a quantity that is none", pod(", resources: {limits: {memory: lots}}", ""), true, None),
        ("a pull policy that is none", pod(", imagePullPolicy: Foo", ""), true, None),
        ("an indentation that slipped", pod("", "").replace("  containers:\n  -", "  containers:\n    spec:\n    -"), true, None),
    ]
}

#[test]
fn pods_as_podman_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let podman = Podman { folder: path };
    match podman.ready() {
        Ok(()) => agree(&pods(), "play", "pod.yml", Some(&|text| podman.refuses(text))),
        Err(why) => {
            skipped(&format!("podman's own verdicts: {why}"));
            agree(&pods(), "play", "pod.yml", None);
        }
    }
}

struct Podman<'a> {
    folder: &'a Path,
}

impl Podman<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("podman");
        for (option, name) in [("--root", "root"), ("--runroot", "run"), ("--tmpdir", "tmp")] {
            command.arg(option).arg(self.folder.join(name));
        }
        command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]).args(arguments);
        command.current_dir(self.folder);
        command
    }

    /// An image of our own, and one pod that is accepted.
    fn ready(&self) -> Result<(), String> {
        let packed = crate::testing::tar_gz(|tar| {
            tar.append_data(&mut tar::Header::new_gnu(), "x", &b""[..]).unwrap();
        });
        fs_err::write(self.folder.join("image.tgz"), packed).unwrap();
        let variables = map("HOST: a, THEME: b").replace("name: m", "name: contract.config.map");
        fs_err::write(self.folder.join("variables.yml"), variables).unwrap();
        let import = ["import", "-q", "-c", "CMD [\"/x\"]", "image.tgz", "localhost/app:1"];
        let output = self.command(&import).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        match self.refuses(&pod("", "")) {
            (false, _) => Ok(()),
            (true, why) => Err(why),
        }
    }

    fn refuses(&self, text: &str) -> (bool, String) {
        let text = text.replace("IMAGE", "localhost/app:1");
        fs_err::write(self.folder.join("pod.yml"), text).unwrap();
        let play = ["kube", "play", "--start=false", "--configmap", "variables.yml", "pod.yml"];
        let verdict = run(&mut self.command(&play));
        run(&mut self.command(&["pod", "rm", "-fa"]));
        verdict
    }
}

fn service(rest: &str) -> String {
    format!("services:\n  a:\n    image: IMAGE\n{rest}")
}

const SWARM: Option<&str> =
    Some("docker-compose 1.29 leaves configs and secrets to a swarm, docker compose 2 does not");
const STARTED: Option<&str> = Some("docker-compose 1.29 finds it when it starts the service");
const NEWER: Option<&str> = Some("docker-compose 1.29 does not know it, docker compose 2 does");

#[rustfmt::skip]
fn files() -> Vec<Row> {
    let with = |line: &str| service(&format!("    {line}\n"));
    let top = |line: &str, rest: &str| service(&format!("    {line}\n{rest}\n"));
    vec![
        ("a plain service", service(""), false, None),
        ("a version", "version: '3'\n".to_owned() + &service(""), false, None),
        ("an extension", "x-a: b\n".to_owned() + &with("x-b: c"), false, None),
        ("an unknown field at the top", "colour: red\n".to_owned() + &service(""), true, None),
        ("an unknown field", with("colour: red"), true, None),
        ("a field of a newer compose", with("annotations: {a: b}"), false, NEWER),
        ("no image", "services: {a: {command: x}}\n".to_owned(), true, None),
        ("no services", "services: {}\n".to_owned(), true, None),
        ("an image to be built", "services: {a: {build: .}}\n".to_owned(), true, Some("the guest builds nothing (IBM's page)")),
        ("a list of services", "services: [a]\n".to_owned(), true, None),
        ("ports", with("ports: [\"8443:8443\", \"127.0.0.1:9000-9001:9000-9001/udp\", 80]"), false, None),
        ("ports, the long way", with("ports: [{target: 80, published: 8080, protocol: tcp}]"), false, None),
        ("a port that is none", with("ports: [\"http:80\"]"), true, None),
        ("a port beyond all ports", with("ports: [\"80:70000\"]"), true, Some("docker-compose 1.29 leaves it to the daemon")),
        ("a text for a list of ports", with("ports: \"80:80\""), true, None),
        ("a bind", with("volumes: [\"/mnt/data:/x:ro\"]"), false, None),
        ("a bind, the long way", with("volumes: [{type: bind, source: /mnt/data, target: /x}]"), false, None),
        ("a declared volume", top("volumes: [\"d:/x\"]", "volumes: {d: }"), false, None),
        ("a volume that nobody declares", with("volumes: [\"d:/x\"]"), true, None),
        ("a mount of too many parts", with("volumes: [\"/a:/b:ro:x\"]"), true, None),
        ("a network that nobody declares", with("networks: [net]"), true, STARTED),
        ("a declared network", top("networks: [net]", "networks: {net: }"), false, None),
        ("a service that is not there", with("depends_on: [b]"), true, None),
        ("services that wait for each other", service("    depends_on: [b]\n  b: {image: IMAGE, depends_on: [a]}\n"), true, None),
        ("a config that nobody declares", with("configs: [c]"), true, SWARM),
        ("a secret that nobody declares", with("secrets: [s]"), true, SWARM),
        ("a network mode of no service", with("network_mode: \"service:b\""), true, None),
        ("a duration", with("stop_grace_period: 1m30s"), false, None),
        ("a duration without a unit", with("stop_grace_period: \"90\""), true, STARTED),
        ("a health check without a unit", with("healthcheck: {test: [CMD, x], interval: \"10\"}"), true, STARTED),
        ("a variable", with("command: \"${HOST} $HOST $$HOST ${N:-x}\""), false, None),
        ("a variable that is insisted on", with("command: \"${N:?no}\""), true, None),
        ("a dollar sign", with("command: \"costs $ 5\""), false, NEWER),
        ("an open brace", with("command: \"${HOST\""), true, None),
        ("a list in the environment", with("environment: {A: [b]}"), true, None),
        ("a file of variables that is not there", with("env_file: [a.env]"), true, None),
        ("a file of variables", with("env_file: [docker-compose.yml]"), false, None),
        ("a restart policy that is none", with("restart: sometimes"), true, STARTED),
        ("profiles", with("profiles: [p]"), false, None),
        ("a text for profiles", with("profiles: p"), true, None),
        ("a name with a space", service("").replace("  a:", "  \"a b\":"), true, None),
    ]
}

/// `docker-compose config` on one folder after the other: a new process for each would take most of the time.
const DOCKER_COMPOSE: &str = "
import os, sys
from compose.cli.main import main
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.argv = ['docker-compose', 'config', '-q']
    code = 0
    try:
        main()
    except SystemExit as exit:
        code = exit.code or 0
    print(code, flush=True)
";

/// Each text's verdict; none where the package is missing, or version 2, which is no Python.
fn docker_compose(texts: &[&str]) -> Result<Vec<bool>, String> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", DOCKER_COMPOSE]).env("HOST", "a").env("THEME", "b");
    for (at, text) in texts.iter().enumerate() {
        let path = folder.path().join(at.to_string());
        fs_err::create_dir(&path).unwrap();
        fs_err::write(path.join("docker-compose.yml"), text.replace("IMAGE", IMAGE)).unwrap();
        command.arg(path);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let verdicts: Vec<_> = String::from_utf8_lossy(&output.stdout).lines().map(|line| line != "0").collect();
    let why = || String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
    (verdicts.len() == texts.len()).then_some(verdicts).ok_or_else(why)
}

#[test]
fn compose_files_as_docker_compose_reads_them() {
    let rows = files();
    let texts: Vec<_> = rows.iter().map(|(_, text, ..)| &**text).collect();
    match docker_compose(&texts) {
        Ok(verdicts) => {
            let verdict = |text: &str| texts.iter().position(|it| *it == text).map(|at| verdicts[at]);
            let judge = |text: &str| (verdict(text).unwrap(), String::new());
            agree(&rows, "compose", "docker-compose.yml", Some(&judge));
        }
        Err(why) => {
            skipped(&format!("docker-compose's own verdicts: {why}"));
            agree(&rows, "compose", "docker-compose.yml", None);
        }
    }
}

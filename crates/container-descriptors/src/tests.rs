use crate::*;

const IMAGE: &str = "image: a.io/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn top(files: &[(&str, &str)]) -> TopLevel {
    let mut top = TopLevel::new("x");
    for (name, text) in files {
        top.add_file(name, || Ok(text.as_bytes())).unwrap();
    }
    top
}

/// As an author reads it who does not know the other section.
fn compose(top: &TopLevel) -> Descriptors {
    crate::compose(top, &Environment::default())
}

fn play(top: &TopLevel, resources: &[Resource]) -> Descriptors {
    crate::play(top, resources, &Environment::default())
}

fn shown(found: &Descriptors) -> Vec<String> {
    let show = |f: &Finding| {
        let line = f.place.line.map_or(String::new(), |line| format!(":{line}"));
        format!("{:?} {}{line} {}: {}", f.severity, f.place.file, f.place.field, f.message)
    };
    found.findings.0.iter().map(show).collect()
}

#[test]
fn compose_findings() {
    let name = "docker-compose.yml";
    for (files, expected) in [
        (
            vec![("compose.yml", "services: {}")],
            "Error x : no `docker-compose.yaml` or `docker-compose.yml` at the top level (HPL06008E)",
        ),
        (vec![(name, "services: {}")], "Error x/docker-compose.yml services: no services"),
        (vec![(name, "x-a: b")], "services: no services"),
        (vec![(name, "")], "0 documents, expected one"),
        (vec![(name, "services: {a: {build: .}}")], "services.a.build: the guest builds no images"),
        (vec![(name, "services: {a: {ports: []}}")], "services.a.image: a service without an image"),
        (vec![(name, "services:\n  a: [\n")], "x/docker-compose.yml:2 : not YAML: unclosed bracket"),
        (vec![(name, "a: 1\na: canary\n")], "x/docker-compose.yml:2 : duplicate key: first on line 1"),
        (vec![(name, "a: b # c\u{85}d: e\n")], "x/docker-compose.yml:1 : the character U+0085"),
        (vec![(name, "a: \"\\/\"\n")], "x/docker-compose.yml:1 : an escape that not every reader knows"),
        (vec![(name, "a:\tb\n")], "x/docker-compose.yml:1 : a tab where readers expect spaces"),
        (
            vec![(name, "services: {a: {image: b}}"), ("docker-compose.yaml", "services: {a: {image: b}}")],
            "Warning x : there are `docker-compose.yml` and `docker-compose.yaml`: docker compose takes `docker-compose.yml`",
        ),
    ] {
        let found = compose(&top(&files));
        let shown = shown(&found);
        assert!(shown.len() == 1 && shown[0].contains(expected), "{expected}: {shown:?}");
        assert!(!shown[0].contains("canary"));
    }
    assert_eq!(
        shown(&compose(&top(&[("app/docker-compose.yml", "")]))),
        ["Error x/app/docker-compose.yml : the compose file is not at the top level (HPL06008E)"]
    );
}

#[test]
fn compose_variables_and_anchors() {
    let text = format!(
        "x-base: &base\n  {IMAGE}\n  environment:\n  - LIST\n  - GIVEN=$DOLLAR\nservices:\n  a:\n    <<: *base\n  b:\n    image: \"a/${{TAG:?}}\"\n    environment: {{MAP: null, SET: \"${{D:-x}}\"}}\n"
    );
    let found = compose(&top(&[("docker-compose.yaml", &text)]));
    assert_eq!(shown(&found), [""; 0]);
    let names = |provider| found.not_provided(provider).map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(Provider::Nobody), ["DOLLAR", "LIST", "MAP"]);
    assert_eq!(names(Provider::Required), ["TAG"]);
    assert_eq!(found.images.len(), 2);
}

#[test]
fn aliases_that_explode_are_refused() {
    let level = |n: i32| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    let levels: Vec<_> = (1..12).map(level).collect();
    let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned() + &levels.concat();
    let found = compose(&top(&[("docker-compose.yaml", &bomb)]));
    assert!(shown(&found)[0].contains("more than 200000 values, aliases counted as what they repeat"));
}

#[test]
fn values_that_podman_changes() {
    let pod = |value: &str| {
        format!(
            "kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    {IMAGE}\n    env:\n    - name: A\n      value: {value}\n"
        )
    };
    let field = "Warning x/p.yml:9 spec.containers[0].env[0].value: ";
    for (value, read) in [("no", "false"), ("0644", "420"), ("1_000", "1000"), ("1.10", "1.1"), ("Y", "true")]
    {
        let found = play(&top(&[("p.yml", &pod(value))]), &[]);
        assert_eq!(shown(&found), [format!("{field}podman makes `{read}` of `{value}`")]);
        assert_eq!(found.findings.0[0].hint, format!("write `\"{value}\"`"));
    }
    for value in ["8080", "true", "1.5"] {
        let found = play(&top(&[("p.yml", &pod(value))]), &[]);
        let field = field.replace(":9", "");
        assert_eq!(shown(&found), [format!("{field}not a text: podman reads it as one")], "{value}");
    }
    for value in ["\"no\"", "'0644'", "12:30", "2024-01-01", "yEs", "~", "|-\n        0644"] {
        assert_eq!(shown(&play(&top(&[("p.yml", &pod(value))]), &[])), [""; 0], "{value}");
    }
    // digits enough for a secret
    let found = play(&top(&[("p.yml", &pod("0123456701234567"))]), &[]);
    assert!(shown(&found)[0].contains("another text") && !shown(&found)[0].contains("0123"));
    let map = "kind: ConfigMap\nmetadata: {name: m, labels: {l: on}}\ndata: {A: no, B: \"no\", C: 1}\n";
    let found = play(&top(&[("p.yml", &format!("{}---\n{map}", pod("a")))]), &[]);
    let start = "Warning x/p.yml";
    assert_eq!(
        shown(&found),
        [
            format!("{start}:12 metadata.labels.l: podman makes `true` of `on`"),
            format!("{start}:13 data.A: podman makes `false` of `no`"),
            format!("{start} data.C: not a text: podman reads it as one"),
        ]
    );
}

#[test]
fn modes_in_octal() {
    let pod = format!(
        "kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: c, {IMAGE}}}\n  volumes:\n  - name: v\n    configMap: {{name: contract.config.map, defaultMode: 0644, items: [{{key: a, path: a, mode: 0400}}]}}\n"
    );
    assert_eq!(shown(&play(&top(&[("p.yml", &pod)]), &[])), [""; 0]);
    let compose_file = format!(
        "services:\n  a:\n    {IMAGE}\n    configs:\n    - {{source: s, target: /s, mode: 0440, uid: \"1\"}}\nconfigs: {{s: {{content: x}}}}\n"
    );
    assert_eq!(shown(&compose(&top(&[("docker-compose.yml", &compose_file)]))), [""; 0]);
}

#[test]
fn values_that_compose_changes() {
    let text =
        format!("services:\n  a:\n    {IMAGE}\n    environment: {{A: no, B: 1_000, C: 0644, D: 80}}\n");
    let start = "Warning x/docker-compose.yml:4 services.a.environment";
    assert_eq!(
        shown(&compose(&top(&[("docker-compose.yml", &text)]))),
        [
            format!("{start}.B: docker compose makes `1000` of `1_000`"),
            format!("{start}.C: docker compose makes `420` of `0644`"),
        ]
    );
}

#[test]
fn play_findings() {
    let pod = |container: &str| {
        format!("kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {container}\n")
    };
    let good = pod(&format!("{{name: c, {IMAGE}}}"));
    for (text, expected) in [
        (
            "kind: Deployment\n".to_owned(),
            "Error x/p.yml kind: `Deployment` is neither `Pod` nor `ConfigMap`",
        ),
        ("a: b\n".to_owned(), "kind: not a descriptor: `kind` is missing"),
        ("kind: Pod\nmetadata: {name: p}\n".to_owned(), "spec.containers: a pod without containers"),
        (pod(&format!("{{{IMAGE}}}")), "spec.containers[0].name: a container without a name"),
        (pod("{name: c}"), "spec.containers[0].image: a container without an image"),
        (
            format!("{good}  initContainers:\n  - {{name: i}}\n"),
            "spec.initContainers[0].image: a container without",
        ),
        (format!("apiVersion: v2\n{good}"), "apiVersion: \"v2\" is not the version"),
        (
            pod(&format!("{{name: c, {IMAGE}, ports: [{{containerPort: 80}}]}}")),
            "Warning x/p.yml spec.containers[0].ports[0]: containerPort 80 has no hostPort",
        ),
        (
            format!("{good}---\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{A: 1}}\n"),
            "Warning x/p.yml data.A: not a text",
        ),
        (
            format!("{good}---\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{A: \"{{{{ .Env.A }}}}\"}}\n"),
            "Warning x/p.yml data.A: a template expression",
        ),
        (format!("{good}---\n- [\n"), "x/p.yml:7 : not YAML: "),
    ] {
        let shown = shown(&play(&top(&[("p.yml", &text)]), &[]));
        assert!(shown.len() == 1 && shown[0].contains(expected), "{expected}: {shown:?}");
    }
    let two = play(&top(&[("p.yml", &format!("{good}---\n{good}")), ("q.yaml", &good)]), &[]);
    assert_eq!((two.pods, two.images.len(), two.findings.0.len()), (3, 3, 0));
}

#[test]
fn folders_hold_files_at_the_top() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::create_dir(path.join("sub")).unwrap();
    for name in ["a.yml", "b.yaml", "c.txt", "ignored.yml", "sub/d.yml"] {
        std::fs::write(path.join(name), "kind: Pod\n").unwrap();
    }
    std::fs::write(path.join(".contractignore"), "ignored.yml\n").unwrap();
    let (top, findings) = TopLevel::of_folder(path, "play/");
    assert_eq!(findings.0, []);
    assert_eq!(top.descriptors().map(|(name, _)| name).collect::<Vec<_>>(), ["a.yml", "b.yaml"]);
    assert_eq!((top.deeper().collect::<Vec<_>>(), &*top.shown), (vec!["sub/d.yml"], "play"));
    std::os::unix::fs::symlink("a.yml", path.join("link.yml")).unwrap();
    let (_, findings) = TopLevel::of_folder(path, "play");
    assert!(findings.errors() == 1 && findings.0[0].message.contains("symbolic link"), "{findings:?}");
}

/// A hundred services that extend one of ten thousand values.
#[test]
fn extends_that_explode_are_refused() {
    let lines = |count: i32, line: fn(i32) -> String| (0..count).map(line).collect::<Vec<_>>().concat();
    let labels = lines(10_000, |n| format!("      l{n}: x\n"));
    let others = lines(100, |n| format!("  s{n}: {{extends: {{service: base}}}}\n"));
    let file = format!("services:\n  base:\n    {IMAGE}\n    labels:\n{labels}{others}");
    let found = compose(&top(&[("docker-compose.yaml", &file)]));
    assert!(
        shown(&found)[0].contains("more than 200000 values, with all that `include` and `extends` add"),
        "{:?}",
        shown(&found)
    );
    let chain = lines(40, |n| format!("  s{n}: {{extends: {{service: s{}}}}}\n", n + 1));
    let file = format!("services:\n{chain}  s40: {{{IMAGE}}}\n");
    let found = compose(&top(&[("docker-compose.yaml", &file)]));
    assert!(shown(&found)[0].contains("16 services one after the other"), "{:?}", shown(&found));
}

/// Files that are named are read from the archive alone, and only small ones.
#[test]
fn no_file_outside_of_the_archive_is_read() {
    let large = format!("A={}\n", "x".repeat(2 << 20));
    for (named, expected) in [
        (
            "/etc/passwd",
            "Warning x/docker-compose.yaml services.a.env_file: `/etc/passwd` is not in the archive",
        ),
        ("../other.env", "`../other.env` is not in the archive"),
        ("a/../../x.env", "`a/../../x.env` is not in the archive"),
        ("large.env", "is too large to be read here"),
    ] {
        let file = format!("services: {{a: {{{IMAGE}, env_file: {named}}}}}\n");
        let found = compose(&top(&[("docker-compose.yaml", &file), ("large.env", &large)]));
        let shown = shown(&found);
        assert!(shown.len() == 1 && shown[0].contains(expected), "{shown:?}");
    }
}

#[test]
fn one_file_of_variables_for_many_services() {
    let large = format!("A={}\n", "x".repeat(900_000));
    let services: Vec<_> = (0..40).map(|n| format!("  s{n}: {{{IMAGE}, env_file: a.env}}\n")).collect();
    let file = format!("services:\n{}", services.concat());
    let found = compose(&top(&[("docker-compose.yaml", &file), ("a.env", &large)]));
    assert!(shown(&found)[0].contains("more than 16 MiB of variables"), "{:?}", shown(&found));
}

//! A folder that somebody else made: its section and its archive may take more than the person who encrypts has looked
//! at. Nothing is refused, since a path may lead out for a reason; all of it is named.

use story_tests::Story;

/// Alice's folder, and a secret of hers that is next to it.
const SECRET: &str =
    "mkdir -p home/.ssh; printf 'PRIVATE-THING-OF-THE-USER\n' > home/.ssh/secret; cd workload-provider";

/// `check` and `encrypt`, and what both say.
fn both(story: &Story, given: &str) -> [String; 2] {
    ["check", "encrypt -o ../new --force"]
        .map(|command| story.does(&format!("{SECRET}\n{given}\nworkload-provider {command} 2>&1")))
}

#[test]
fn what_leads_out_of_the_folder_is_named_with_its_real_path() {
    for (given, value, field) in [
        ("", "!file $OLDPWD/home/.ssh/secret", "env.A"),
        ("", "!file ../home/.ssh/secret", "env.A"),
        ("", "!file play/../../home/.ssh/../.ssh/secret", "env.A"),
        ("ln -sf ../home/.ssh/secret notes.txt", "!file notes.txt", "env.A"),
        ("ln -sfn ../home/.ssh notes", "!file notes/secret", "env.A"),
        ("ln -sf ../home/.ssh/secret one; ln -sf one two", "!file two", "env.A"),
        ("cp ../home/.ssh/secret inside; ln -sf inside link", "!file link", ""),
        ("cp ../home/.ssh/secret inside", "!file $PWD/inside", ""),
    ] {
        let story = Story::encrypted();
        let write = format!("{given}\nsed -i \"/^  A: /d; s#^env:#&\\n  A: {value}#\" workload.yaml");
        for said in both(&story, &write) {
            let real = story.folder().canonicalize().unwrap().join("home/.ssh/secret");
            let warning =
                format!(": env.A: leads out of this folder: `{}` goes into the section", real.display());
            assert_eq!(said.contains(&warning), !field.is_empty(), "{value}: {said}");
            assert_eq!(said.contains("leads out"), !field.is_empty(), "{value}: {said}");
            assert!(said.contains(", 26 bytes, in env.A"), "{value}: {said}");
            assert!(!said.contains("PRIVATE-THING"), "{said}");
        }
    }
}

#[test]
fn a_folder_that_is_elsewhere_is_named_too() {
    for (given, folder) in [("", "../elsewhere"), ("ln -sfn ../elsewhere play2", "play2")] {
        let story = Story::encrypted();
        let given = format!(
            "cp -r play ../elsewhere\n{given}\nsed -i 's#!folder .*#!folder {folder}#' workload.yaml"
        );
        for said in both(&story, &given) {
            let real = story.folder().canonicalize().unwrap().join("elsewhere");
            let warning = format!("play.archive: leads out of this folder: `{}`", real.display());
            assert!(said.contains(&warning), "{said}");
        }
    }
}

#[test]
fn every_file_of_the_section_is_listed() {
    let story = Story::encrypted();
    story.does("mkdir workload-provider/play/deep; printf 12345 > workload-provider/play/deep/file");
    let said = story.does("cd workload-provider; workload-provider check --verbose; workload-provider pack play -o ../a.tgz -v 2>&1");
    let names = story.does("tar tzf a.tgz | grep -v '/$'");
    for name in names.lines() {
        assert_eq!(said.matches(&format!("\n  {name}, ")).count(), 2, "{name}: {said}");
    }
    assert!(said.contains("  deep/file, 5 bytes"), "{said}");
    assert!(said.contains(&format!("archive: {} files, ", names.lines().count())), "{said}");
    let json = story.sh("cd workload-provider; workload-provider check --json").json();
    let listed: Vec<_> = json["section"]["archive"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(listed, names.lines().collect::<Vec<_>>());
    let json = story.sh("env-deployer check env-deployer --json").json();
    let files = json["files"].as_array().unwrap();
    assert!(
        files
            .iter()
            .any(|file| file["field"] == "logging.syslog.server" && file["bytes"].as_u64() > Some(500)),
        "{json}"
    );
}

const STRAYS: &str = "cd workload-provider/play; rm -f .contractignore; git init -q . ; printf 'A=b\n' > .env
    openssl genpkey -algorithm ed25519 -out tls.pem 2>/dev/null; cp tls.pem tls.key; cp tls.pem id_rsa; cp tls.pem id_x.bak
    cp ../id_ed25519.pub id_ed25519.pub; cp ../../guest/guest-encrypt.crt ca.pem; printf 'x: y\n' > id_map.json; cd ..";

#[test]
fn what_is_seldom_meant_to_be_packed_is_a_warning_for_each_kind() {
    let story = Story::encrypted();
    for command in ["check", "encrypt -o ../new --force", "pack play -o ../new.tgz --force"] {
        let said = story.does(&format!("{STRAYS}\nworkload-provider {command} 2>&1"));
        for expected in [
            "play: goes into the archive: `.git`: the history of a repository",
            "play: goes into the archive: `.env`: variables that no compose file uses",
            "play: goes into the archive: `tls.key`: named like a private key",
            "play: goes into the archive: `id_rsa`, `id_x.bak`: named like an SSH key",
            "play: goes into the archive: `tls.pem`: a private key",
            "hint: if the guest does not need it, write `*.key` into `play/.contractignore`",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
        assert_eq!(said.matches("goes into the archive").count(), 5, "{said}");
    }
    // the starter's file leaves them out, and a compose file takes the `.env` next to it
    story.does(
        "workload-provider init fresh --platform hpvs; cp fresh/play/.contractignore workload-provider/play/",
    );
    let said = story
        .does("cd workload-provider; workload-provider check; tar tzf <(workload-provider pack play -o -)");
    assert!(!said.contains("goes into") && !said.contains(".env") && !said.contains("tls"), "{said}");
    let said = story.does(
        "cd workload-provider; mkdir compose; cd compose; printf 'A=b\n' > .env; mkdir sub; cp .env sub; mkdir x; cp .env x
         image=$(sed -n 's/.*image: //p' ../play/pod.yml)
         printf 'services:\n  a:\n    image: %s\n    env_file: [./sub/.env]\n' $image > docker-compose.yaml; cd ..
         workload-provider pack compose -o ../compose.tgz 2>&1",
    );
    assert!(said.contains("goes into the archive: `x/.env`: variables"), "{said}");
    assert_eq!(said.matches("goes into the archive").count(), 1, "{said}");
}

#[test]
fn a_handoff_without_recipients_is_a_warning() {
    let story = Story::encrypted();
    let warning = "persona.yaml: handoff.recipients: no recipient: the handoff is not encrypted";
    for command in ["check", "encrypt -o ../new"] {
        let said = story.does(&format!("cd workload-provider; workload-provider {command} 2>&1"));
        assert!(said.contains(warning), "{said}");
        assert!(said.contains("hint: write the contract signer's"), "{said}");
    }
    let said = story.does(
        "cd workload-provider; recipient=$(workload-provider identity); workload-provider encrypt -r $recipient -o ../new.age 2>&1
         printf 'handoff: {recipients: [%s]}\n' $recipient > persona.yaml; workload-provider check 2>&1",
    );
    assert!(!said.contains("no recipient"), "{said}");
}

#[test]
fn of_two_handoffs_the_other_one_is_named() {
    let story = Story::encrypted();
    let said = story.does(
        "cd workload-provider; workload-provider encrypt -o p.workload.handoff 2>&1
         workload-provider encrypt -r $(workload-provider identity) -o p.workload.handoff.age 2>&1
         workload-provider encrypt -o p.workload.handoff --force 2>&1",
    );
    let named = |name: &str| {
        format!(
            "warning: an older handoff is next to it: `{name}`\n  hint: remove it, so that nobody signs it by mistake: `rm {name}`"
        )
    };
    assert_eq!(said.matches("an older handoff").count(), 2, "{said}");
    assert!(
        said.contains(&named("p.workload.handoff")) && said.contains(&named("p.workload.handoff.age")),
        "{said}"
    );
    let said = story.does(
        "cd contract-signer; contract-signer identity
         printf 'name: p\nkey: signing-key.pem\n' > persona.yaml; cp ../workload.handoff p.workload.handoff; cp ../env.handoff p.env.handoff
         age -r $(contract-signer identity) -o p.workload.handoff.age p.workload.handoff
         contract-signer sign --passphrase-file passphrase -o ../new 2>&1",
    );
    assert!(
        said.contains("warning: `p.workload.handoff` is ignored: `p.workload.handoff.age` is next to it\n  hint: remove the older one, or name the one that you mean: `--workload FILE`"),
        "{said}"
    );
    assert!(!said.contains("`p.env.handoff`"), "{said}");
}

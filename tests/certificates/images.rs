//! Which image a certificate belongs to: by its key, never by its subject.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use story_tests::{Story, repository};

use super::played;

const PLATFORMS: [&str; 4] = ["hpvs", "ccrt", "ccrv", "ccco"];

/// Subjects of IBM's certificates prove nothing: whatever the subject, an unknown key is unknown, on every platform.
#[test]
fn an_unknown_key_is_unknown_whatever_its_subject() {
    for subject in [
        "Hyper Protect Container Runtime Contract Encryption",
        "Contract Encryption for Confidential Container Runtime",
        "Contract Encryption for Confidential Containers",
    ] {
        for platform in PLATFORMS {
            let given = format!("issue encrypt intermediate encryption '{subject}'");
            let show = format!("workload-provider certificate show encrypt.crt --platform {platform}");
            let outcome = played(&given, &show);
            assert!(outcome.exit == 0 && !outcome.stderr.contains("warning"), "{outcome:?}");
            assert!(outcome.text().contains("\nimage             unknown: "), "{outcome:?}");
            let json = played(&given, &format!("{show} --json")).json();
            assert_eq!(json["known"], serde_json::json!([]));
            assert!(json["contradiction"].is_null());
        }
    }
}

/// Each line of the facts about one certificate: product and version.
fn facts() -> Option<(Vec<Vec<String>>, PathBuf)> {
    let folder =
        std::env::var_os("SHARED_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    let Ok(table) = fs::read_to_string(folder.join("known-certificates.tsv")) else {
        println!("skipped: no known-certificates.tsv in {}", folder.display());
        return None;
    };
    let rows = table.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect());
    Some((rows.collect(), folder.join("certificates")))
}

/// Each is named with all its products and versions, fits those platforms, and no other.
#[test]
fn the_certificates_of_ibm_are_named_and_fit_their_platforms_alone() {
    let Some((facts, folder)) = facts() else { return };
    let story = Story::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let file = path.display();
        let key = story.does(&format!(
            "openssl x509 -in '{file}' -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1"
        ));
        let of_this: Vec<_> = facts.iter().filter(|row| row[8] == key.trim()).collect();
        assert!(!of_this.is_empty(), "{file}: {key}");
        let products: BTreeSet<_> = of_this.iter().map(|row| row[0].as_str()).collect();
        for platform in PLATFORMS {
            let show = format!("contract-signer certificate show '{file}' --platform {platform}");
            let outcome = story.sh(&show);
            let text = outcome.text();
            assert_eq!(outcome.exit, 0, "{outcome:?}");
            let image = text.lines().find(|line| line.starts_with("image ")).unwrap();
            for row in &of_this {
                assert!(image.contains(&row[0]) && image.contains(&row[1]), "{file}: {image}");
            }
            assert_eq!(image.contains("unverified"), of_this[0][14].contains("text copied"), "{image}");
            let curls = text.matches("  get it with     curl -fL -o intermediate.c").count();
            assert_eq!(curls, 2, "{text}");

            let json = story.sh(&format!("{show} --json")).json();
            assert_eq!(json["contradiction"].is_null(), products.contains(platform), "{file}: {platform}");
            assert_eq!(outcome.stderr.contains("warning: "), !products.contains(platform), "{outcome:?}");
            assert_eq!(json["caIssuers"][0].as_str(), Some(of_this[0][13].as_str()));
            assert_eq!(json["crlDistributionPoints"][0].as_str(), Some(of_this[0][12].as_str()));

            // both authors and the signer compare the key with the platform as well
            let sed = format!(
                "sed -i 's/^platform: .*/platform: {platform}/; s|^certificate: .*|certificate: {file}|' workload-provider/persona.yaml"
            );
            let check = story.sh(&format!("{sed}; workload-provider check workload-provider 2>&1"));
            let text = check.text();
            assert!(text.contains(image.trim_start_matches("image").trim()), "{text}");
            let belongs = format!("the platform is {platform}, and the key belongs to ");
            assert_eq!(text.contains(&belongs), !products.contains(platform), "{file}: {text}");
        }
    }
}

/// The signer sees the statements alone.
#[test]
fn a_key_of_another_product_is_a_warning_for_the_signer() {
    let Some((facts, _)) = facts() else { return };
    let row = facts.iter().find(|row| row[0] == "ccco" && row[1] == "26.4.0").unwrap();
    let key = format!("sha256:{}", row[8]);
    let story = Story::encrypted();
    story.does(&format!(
        r#"for it in workload env; do restate 's/("keyFingerprint": ")[^"]*/\1{key}/' $it.handoff; done"#
    ));
    for run in ["sign -o new", "contract-signer inspect env.handoff"] {
        let outcome = story.sh(run);
        assert_eq!(outcome.exit, 0, "{outcome:?}");
        let says = "and the key belongs to ccco 26.4.0";
        assert_eq!(outcome.stderr.matches(says).count(), 1, "{outcome:?}");
    }
}

#[test]
fn the_list_marks_what_has_ended_and_what_ends_soon() {
    let list = |arguments: &str| played("", &format!("env-deployer certificate list {arguments}"));
    let text = list("--platform ccrt --at 2027-03-23").text();
    let rows: Vec<_> = text.lines().filter(|line| !line.starts_with("  ")).collect();
    let newest_first = ["26.9.1", "26.7.2", "26.5.0", "26.2.0", "25.8.1, 25.11.0"];
    for (row, version) in rows.iter().zip(newest_first) {
        assert!(row.starts_with(&format!("ccrt  {version} ")), "{text}");
    }
    assert_eq!(rows.len(), newest_first.len(), "{text}");
    assert!(
        rows[0].ends_with("until 2027-08-18, 148 days left (unverified: from the text of an index)"),
        "{text}"
    );
    assert!(rows[1].ends_with("until 2027-06-20, 89 days left: ENDS SOON"), "{text}");
    assert!(rows[2].ends_with("until 2027-03-23, 0 days left: ENDS SOON"), "{text}");
    assert!(rows[3].ends_with("until 2027-02-24, EXPIRED"), "{text}");

    let json = list("--json --at 2027-03-23").json();
    let rows = json["certificates"].as_array().unwrap();
    assert_eq!(rows.len(), 29);
    assert_eq!(rows.iter().filter(|row| row["endsSoon"] == true).count(), 2, "{json}");
    let shared = rows.iter().find(|row| row["serial"] == "948103CF62AB04B58A59EFCC4C011798").unwrap();
    let images = serde_json::json!({"hpvs": ["27"], "ccrt": ["26.5.0"], "ccrv": ["26.5.0"]});
    assert_eq!((&shared["images"], &shared["verified"]), (&images, &true.into()));
    assert_eq!(rows.iter().filter(|row| row["verified"] == false).count(), 2);
    assert_eq!(list("").text().lines().filter(|line| line.starts_with("a test image")).count(), 4);
    assert_eq!(list("--platform hpcr").exit, 2);
}

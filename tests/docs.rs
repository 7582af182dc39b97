//! The documents lead somewhere: links to files and headings that exist, a page for every binary with all its commands.

use std::fs;
use std::path::{Path, PathBuf};

use story_tests::{Story, repository};

/// Every Markdown file of the repository.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repository().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// The targets of `[text](target)`, outside of code.
fn links(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2).flat_map(|prose| prose.split('`').step_by(2));
    prose.flat_map(|prose| prose.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect()
}

/// A heading as the anchor that forges make of it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn fault(page: &Path, link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Some("leads nowhere".to_owned());
    }
    let found = heading.is_empty()
        || fs::read_to_string(target)
            .unwrap()
            .lines()
            .any(|line| line.starts_with('#') && anchor(line) == heading);
    (!found).then(|| "names no heading".to_owned())
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let mut followed = 0;
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for link in links(&text) {
            followed += 1;
            if let Some(fault) = fault(page, link) {
                panic!("{}: the link `{link}` {fault}", page.display());
            }
        }
    }
    assert!(pages.len() > 15 && followed > 40, "{} pages, {followed} links", pages.len());
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = repository().join("README.md");
    assert_eq!(links("[a](b.md), ```[c](d)```, `[c](d)` [`e`](f#g)"), ["b.md", "f#g"]);
    assert!(fault(&page, "docs/absent.md").is_some());
    assert!(fault(&page, "docs/contract-format.md#absent").is_some());
    assert!(fault(&page, "docs/contract-format.md#2-token").is_none());
}

/// Code says "contract-format, section N": these are the sections.
#[test]
fn the_sections_that_comments_mean_are_numbered() {
    let page = fs::read_to_string(repository().join("docs/contract-format.md")).unwrap();
    let numbers: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("## ")?.split_once(". ")).map(|it| it.0).collect();
    assert_eq!(numbers.join(" "), "1 2 3 4 5 6 7 8 9 10 11");
}

#[test]
fn every_command_has_its_place_on_its_page() {
    let story = Story::new();
    for binary in
        ["workload-provider", "env-deployer", "contract-signer", "contract-auditor", "guest-rehearsal"]
    {
        let page = fs::read_to_string(repository().join(format!("docs/{binary}.md"))).unwrap();
        let help = story.does(&format!("{binary} --help"));
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let commands: Vec<_> = listed
            .take_while(|line| !line.is_empty())
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        assert!(commands.len() > 2, "{help}");
        for command in commands {
            let headed = page.lines().any(|line| {
                line.strip_prefix("### `").is_some_and(|rest| rest.split([' ', '`']).next() == Some(command))
            });
            assert!(headed, "docs/{binary}.md has no heading for `{command}`");
        }
    }
}

/// A first screen that has to be scrolled is none; and a fact that stands in two places stands in both.
#[test]
fn the_readme_is_short_and_names_the_oldest_rust() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).unwrap();
    let readme = read("README.md");
    assert!(readme.lines().count() < 130);
    let manifest = read("Cargo.toml");
    let oldest = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap();
    assert!(readme.contains(&format!("Rust {} or later", oldest.trim_end_matches('"'))), "{oldest}");
}

/// The bytes of the gzip depend on it.
#[test]
fn the_page_of_the_archive_names_the_deflate_library() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).unwrap();
    let (lock, page) = (read("Cargo.lock"), read("docs/format/2-archive.md"));
    let version = lock.split_once("name = \"zlib-rs\"\nversion = \"").unwrap().1.split('"').next().unwrap();
    assert!(page.contains(&format!("zlib-rs {version}.")), "{version}");
}

/// A claim without a test is worth nothing.
#[test]
fn every_test_that_a_page_names_exists() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).unwrap();
    let pages = read("docs/threat-model.md") + &read("docs/decisions.md");
    let mut sources = String::new();
    let mut folders = vec![repository().join("tests"), repository().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let is_test = |word: &str| {
        word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '0'..='9'))
    };
    let named: Vec<_> = pages
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| is_test(word) && !["allowed_signers", "env_file"].contains(word))
        .collect();
    assert!(named.len() > 150, "{named:?}");
    let gone: Vec<_> = named
        .into_iter()
        .filter(|name| {
            !sources.contains(&format!("fn {name}()")) && !sources.contains(&format!("    {name} {{"))
        })
        .collect();
    assert!(gone.is_empty(), "no such tests: {gone:#?}");
}

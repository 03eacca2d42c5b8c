//! What a reader of the pages relies on: each is found from the README, and links lead somewhere.

use super::nothing;
use super::workspace::{files, root};
use serde_json::Value;
use std::path::{Component, Path, PathBuf};

/// The targets of the links in a page of Markdown, without those to other hosts.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#'))
}

/// `docs/client/../generated` is `docs/generated`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn the_readme_links_every_page_of_the_documentation() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let linked: Vec<&str> = links(&readme).filter_map(|target| target.split('#').next()).collect();
    let pages = files().into_iter().map(|file| file.path).filter(|path| {
        let is_listed = path.starts_with("docs/adr/") || path.contains("node_modules");
        path.starts_with("docs/") && path.ends_with(".md") && !is_listed
    });
    let missing = pages.filter(|page| !linked.contains(&page.as_str()));
    nothing(&missing.map(|page| format!("README.md does not link {page}")).collect::<Vec<_>>());
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut violations = Vec::new();
    for page in files().iter().filter(|file| file.path.ends_with(".md") && !file.path.contains("node_modules")) {
        let folder = Path::new(&page.path).parent().unwrap();
        for target in links(&page.text) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let there = root().join(plain(&folder.join(file)));
            let is_heading = || {
                let text = std::fs::read_to_string(&there).unwrap_or_default();
                text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
            };
            if !there.exists() || (!heading.is_empty() && !is_heading()) {
                violations.push(format!("{} links {target}, which is not there", page.path));
            }
        }
    }
    nothing(&violations);
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn the_client_uses_the_tools_that_the_contract_chore_uses() {
    let read =
        |path: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap() };
    let (client, chore) = (read("docs/client/package.json"), read("crates/xtask/contract/package.json"));
    assert_eq!(client["type"], chore["type"]);
    for kind in ["dependencies", "devDependencies"] {
        for (name, version) in client[kind].as_object().unwrap() {
            assert_eq!(chore[kind][name], *version, "{name}");
        }
    }
}

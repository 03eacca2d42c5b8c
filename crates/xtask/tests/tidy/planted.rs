//! Planted bugs are in the list, in the code, and not in the product.

use super::nothing;
use super::workspace::{File, files, metadata, rust_files, text};
use std::collections::BTreeSet;

#[path = "../../src/mutants/bugs.rs"]
#[expect(dead_code, reason = "only the names are read")]
mod bugs;

/// Where SQL is replaced.
const SQL: &str = "crates/store/src/planted.rs";

/// The names in the calls `planted("…")` of a file, or in the rows `("…", "…", …)` of the table of SQL.
fn names(file: &File) -> Vec<String> {
    let text: String = file.product_lines().flat_map(|(_, line)| [line, "\n"]).collect();
    let mark = if file.path == SQL { "(" } else { "planted(" };
    let after = text.split(mark).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    after.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn the_list_of_planted_bugs_matches_the_code() {
    let listed: BTreeSet<String> = bugs::BUGS.iter().map(|bug| bug.name.to_owned()).collect();
    assert_eq!(listed.len(), bugs::BUGS.len(), "each name is there once");
    let files = rust_files();
    let product = files.iter().filter(|file| file.path.contains("/src/") && !file.path.starts_with("crates/xtask/"));
    let planted: BTreeSet<String> = product.flat_map(names).collect();
    let missing = planted.difference(&listed).map(|name| format!("{name} is planted and not in the list"));
    let gone = listed.difference(&planted).map(|name| format!("{name} is in the list and not planted"));
    nothing(&missing.chain(gone).collect::<Vec<_>>());
}

#[test]
fn each_planted_bug_has_a_test_that_catches_it() {
    let alone = bugs::BUGS.iter().filter(|bug| bug.caught_by.is_empty());
    nothing(&alone.map(|bug| format!("{} has no catcher", bug.name)).collect::<Vec<_>>());
}

#[test]
fn no_product_contains_planted_bugs() {
    let metadata = metadata(&["--no-deps"]);
    let mut violations = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = text(package, "name");
        for (feature, turns_on) in package["features"].as_object().unwrap() {
            let turns_on = turns_on.as_array().unwrap().iter().filter_map(|on| on.as_str());
            if feature != "planted" && turns_on.into_iter().any(|on| on.contains("planted")) {
                violations.push(format!("{name}: the feature {feature} turns planted bugs on"));
            }
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["features"].as_array().unwrap().iter().any(|feature| feature == "planted") {
                violations.push(format!("{name} depends on {} with planted bugs", text(dependency, "name")));
            }
        }
    }
    let told = files().into_iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let features = told.filter(|file| file.text.contains("planted = ["));
    nothing(&violations);
    assert_eq!(features.count(), 2, "core has the switches, store has SQL to replace");
}

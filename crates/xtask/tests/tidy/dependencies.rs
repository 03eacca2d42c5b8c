//! Licences, sources and bans of everything that is built in, as `deny.toml` says them.

use super::licence::permits;
use super::nothing;
use super::workspace::{metadata, root, text};
use serde_json::Value;
use std::process::Command;

/// The name that cargo gives to crates.io.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn rules() -> toml::Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

/// Every package that is built for this machine.
fn packages() -> Vec<Value> {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let Value::Array(packages) = metadata(&["--filter-platform", host])["packages"].take() else {
        panic!("cargo tells the packages")
    };
    packages
}

#[test]
fn licences_are_permitted() {
    let rules = rules();
    let allowed: Vec<&str> = rules["licenses"]["allow"].as_array().unwrap().iter().filter_map(|l| l.as_str()).collect();
    let violations: Vec<String> = packages()
        .iter()
        .filter(|package| !permits(text(package, "license"), &allowed))
        .map(|package| format!("{} stands under {:?}", text(package, "name"), text(package, "license")))
        .collect();
    nothing(&violations);
}

#[test]
fn everything_comes_from_crates_io() {
    let violations: Vec<String> = packages()
        .iter()
        .filter(|package| !matches!(package["source"].as_str(), None | Some(CRATES_IO)))
        .map(|package| format!("{} comes from {}", text(package, "name"), text(package, "source")))
        .collect();
    nothing(&violations);
}

#[test]
fn nothing_that_is_banned_is_built_in() {
    let rules = rules();
    let bans = rules["bans"]["deny"].as_array().unwrap();
    let banned: Vec<&str> = bans.iter().filter_map(|ban| ban["name"].as_str()).collect();
    assert!(!banned.is_empty(), "deny.toml bans crates");
    let violations: Vec<String> = packages()
        .iter()
        .filter(|package| banned.contains(&text(package, "name")))
        .map(|package| format!("{} is banned", text(package, "name")))
        .collect();
    nothing(&violations);
}

//! The files of the workspace and what cargo knows of it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file.
pub struct File {
    /// From the root, with `/` between its parts.
    pub path: String,
    pub text: String,
}

impl File {
    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/") || name == "tests.rs" || name.ends_with("_tests.rs")
    }

    /// The lines that are not test code, with their numbers; a test module stands at the end of its file.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let tested = self.is_test();
        let lines = (1..).zip(self.text.lines());
        lines.take_while(move |(_, line)| !tested && line.trim() != "#[cfg(test)]")
    }
}

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Every text file of the workspace but what is built.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let (name, path) = (entry.file_name(), entry.path());
            if name == ".git" || name == "target" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                files.push(File { path: from_root(path), text });
            }
        }
    }
    assert!(files.iter().any(|file| file.path == "Cargo.toml"), "the root is the root");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Every file of Rust.
pub fn rust_files() -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(".rs")).collect()
}

fn from_root(path: PathBuf) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

/// What `cargo metadata` answers to these arguments.
pub fn metadata(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version=1", "--locked"]).args(arguments).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The text under a key.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

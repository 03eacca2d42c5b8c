//! Lays the file, the environment and the command line over each other.

use super::problem::{Origin, Problem};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Value;

/// Variables of the environment that belong to the configuration begin so.
const PREFIX: &str = "POSTRIDER__";

/// A section or a value with its origin.
#[derive(Debug)]
pub(super) enum Node {
    Section(BTreeMap<String, Node>),
    Leaf { value: Value, origin: Origin },
}

/// The values as given, before anybody knows what they should be.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub nodes: BTreeMap<String, Node>,
    pub problems: Vec<Problem>,
}

impl Sources {
    /// Reads the file, if there is one.
    pub fn file(&mut self, file: &Path) {
        let name = file.display().to_string();
        let mut trouble = |what: String, remedy: &str| {
            self.problems.push(Problem { path: name.clone(), origin: None, what, remedy: remedy.to_owned() });
        };
        match std::fs::read_to_string(file) {
            Err(error) => trouble(format!("cannot be read ({error})"), "name a file that can be read"),
            Ok(text) => match text.parse::<toml::Table>() {
                Ok(table) => self.nodes = from_file(table),
                Err(error) => {
                    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
                    let line = before.matches('\n').count() + 1;
                    let message = error.message().replace('\n', ", ");
                    trouble(format!("line {line} is not TOML ({message})"), "mend the line; see https://toml.io");
                }
            },
        }
    }

    /// Lays one variable of the environment over what is there; others' variables are passed over.
    pub fn variable(&mut self, name: &str, text: String) {
        let Some(keys) = name.strip_prefix(PREFIX) else { return };
        let path: Vec<String> = keys.split("__").map(str::to_lowercase).collect();
        if path.iter().any(String::is_empty) {
            self.problems.push(Problem {
                path: name.to_owned(),
                origin: None,
                what: "does not name a key".to_owned(),
                remedy: "write POSTRIDER__SECTION__KEY, such as POSTRIDER__SERVER__LISTEN".to_owned(),
            });
            return;
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        self.put(&path, text, Origin::Variable(name.to_owned()));
    }

    /// Lays one option of the command line over everything else.
    pub fn option(&mut self, option: &'static str, path: &[&str], text: String) {
        self.put(path, text, Origin::Option(option));
    }

    fn put(&mut self, path: &[&str], text: String, origin: Origin) {
        let Some((key, sections)) = path.split_last() else { return };
        let mut nodes = &mut self.nodes;
        for section in sections {
            let node = nodes.entry((*section).to_owned()).or_insert_with(|| Node::Section(BTreeMap::new()));
            match node {
                Node::Section(inner) => nodes = inner,
                // The value is reported where the section is read.
                Node::Leaf { .. } => return,
            }
        }
        if let Some(Node::Section(_)) = nodes.get(*key) {
            self.problems.push(Problem {
                path: path.join("."),
                origin: Some(origin),
                what: "is a section, not a key".to_owned(),
                remedy: "add __ and the name of a key in it".to_owned(),
            });
            return;
        }
        nodes.insert((*key).to_owned(), Node::Leaf { value: Value::String(text), origin });
    }
}

fn from_file(table: toml::Table) -> BTreeMap<String, Node> {
    let node = |value| match value {
        Value::Table(inner) => Node::Section(from_file(inner)),
        value => Node::Leaf { value, origin: Origin::File },
    };
    table.into_iter().map(|(key, value)| (key, node(value))).collect()
}

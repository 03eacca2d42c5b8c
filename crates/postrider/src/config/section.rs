//! Reads one section key by key, collecting every problem instead of stopping at the first.
//!
//! Not here: which keys there are. Invariant: a key that nobody asked for is reported by [`Section::finish`].

use super::problem::{Origin, Problem};
use super::secret::Secret;
use super::sources::Node;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use toml::Value;

/// A value that was given, and where, so that it can be refused by name.
#[derive(Debug, Clone)]
pub(super) struct Given<T> {
    pub value: T,
    pub path: String,
    pub origin: Origin,
}

/// A section while it is read.
pub(super) struct Section<'a> {
    path: String,
    nodes: BTreeMap<String, Node>,
    known: Vec<&'static str>,
    problems: &'a RefCell<Vec<Problem>>,
}

impl<'a> Section<'a> {
    /// The whole configuration.
    pub fn root(nodes: BTreeMap<String, Node>, problems: &'a RefCell<Vec<Problem>>) -> Self {
        Self { path: String::new(), nodes, known: Vec::new(), problems }
    }

    /// A section in this one, empty if it was not given.
    pub fn section(&mut self, key: &'static str) -> Section<'a> {
        let path = self.path_of(key);
        let nodes = match self.take(key) {
            Some(Node::Section(nodes)) => nodes,
            Some(Node::Leaf { origin, .. }) => {
                let remedy = format!("write its keys under [{path}]");
                self.report(&path, Some(origin), "is a section, not a value", &remedy);
                BTreeMap::new()
            }
            None => BTreeMap::new(),
        };
        Section { path, nodes, known: Vec::new(), problems: self.problems }
    }

    /// Text that is not empty.
    pub fn text(&mut self, key: &'static str) -> Option<Given<String>> {
        let given = self.leaf(key, "text in quotation marks")?;
        match given.value {
            Value::String(ref text) if text.trim().is_empty() => {
                self.refuse(&given, "is empty", "write a value or leave the key out");
                None
            }
            Value::String(text) => Some(Given { value: text, path: given.path, origin: given.origin }),
            ref other => {
                let what = format!("is of type {}", other.type_str());
                self.refuse(&given, &what, "write text in quotation marks");
                None
            }
        }
    }

    /// A whole number in the range; the default if it is absent or wrong.
    pub fn integer(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        self.optional_integer(key, range).unwrap_or(default)
    }

    /// A whole number in the range, if it was given.
    pub fn optional_integer(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let given = self.leaf(key, "a whole number")?;
        let (number, what) = match (&given.value, &given.origin) {
            (Value::Integer(number), _) => (u64::try_from(*number).ok(), format!("is {number}")),
            // The environment and the command line know only text.
            (Value::String(text), Origin::Variable(_) | Origin::Option(_)) => {
                (text.trim().parse().ok(), format!("is {text:?}"))
            }
            (other, _) => (None, format!("is of type {}", other.type_str())),
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let remedy = format!("write a whole number from {} to {}", range.start(), range.end());
            self.refuse(&given, &what, &remedy);
        }
        number
    }

    /// Yes or no; the default if it is absent or wrong.
    pub fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let Some(given) = self.leaf(key, "true or false") else { return default };
        let (flag, what) = match (&given.value, &given.origin) {
            (Value::Boolean(flag), _) => (Some(*flag), String::new()),
            // The environment and the command line know only text.
            (Value::String(text), Origin::Variable(_) | Origin::Option(_)) => {
                (text.trim().parse().ok(), format!("is {text:?}"))
            }
            (other, _) => (None, format!("is of type {}", other.type_str())),
        };
        if flag.is_none() {
            self.refuse(&given, &what, "write true or false");
        }
        flag.unwrap_or(default)
    }

    /// One of a few words, if it was given.
    pub fn word<T>(
        &mut self,
        key: &'static str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Given<T>> {
        let given = self.text(key)?;
        if let Some(value) = parse(&given.value) {
            return Some(Given { value, path: given.path, origin: given.origin });
        }
        self.refuse(&given, &format!("is {:?}", given.value), &format!("write one of {}", words.join(", ")));
        None
    }

    /// A secret, given as `key` or as the file that `key_file` names. Of the two the one that overrides the other
    /// counts; both at once in the same place are a problem.
    pub fn secret(&mut self, key: &'static str, key_file: &'static str) -> Option<Given<Secret<String>>> {
        let (direct, file) = (self.text(key), self.text(key_file));
        if let (Some(direct), Some(file)) = (&direct, &file)
            && direct.origin.rank() == file.origin.rank()
        {
            self.refuse(file, &format!("is given beside {}", direct.path), "give one of the two");
            return None;
        }
        let from_file = match (&direct, &file) {
            (Some(direct), Some(file)) => file.origin.rank() > direct.origin.rank(),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if !from_file {
            return direct.map(|given| Given {
                value: Secret::new(given.value),
                path: given.path,
                origin: given.origin,
            });
        }
        let file = file?;
        match std::fs::read_to_string(&file.value) {
            Ok(text) if !text.trim().is_empty() => {
                Some(Given { value: Secret::new(text.trim().to_owned()), path: file.path, origin: file.origin })
            }
            Ok(_) => {
                self.refuse(&file, &format!("names {:?}, which is empty", file.value), "write the secret into it");
                None
            }
            Err(error) => {
                let what = format!("names {:?}, which cannot be read ({error})", file.value);
                self.refuse(&file, &what, "name a file that can be read");
                None
            }
        }
    }

    /// Reports a value that was given.
    pub fn refuse<T>(&self, given: &Given<T>, what: &str, remedy: &str) {
        self.report(&given.path, Some(given.origin.clone()), what, remedy);
    }

    /// Reports a key that should have been given.
    pub fn miss(&self, key: &str, what: &str, remedy: &str) {
        self.report(&self.path_of(key), None, what, remedy);
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        let place = if self.path.is_empty() { "the configuration".to_owned() } else { format!("[{}]", self.path) };
        for (key, node) in &self.nodes {
            let remedy = format!("take one of {} or remove it", self.known.join(", "));
            self.report(&self.path_of(key), origin_of(node), &format!("is not known in {place}"), &remedy);
        }
    }

    fn report(&self, path: &str, origin: Option<Origin>, what: &str, remedy: &str) {
        let problem = Problem { path: path.to_owned(), origin, what: what.to_owned(), remedy: remedy.to_owned() };
        self.problems.borrow_mut().push(problem);
    }

    fn take(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        self.nodes.remove(key)
    }

    fn leaf(&mut self, key: &'static str, wanted: &str) -> Option<Given<Value>> {
        let path = self.path_of(key);
        match self.take(key)? {
            Node::Leaf { value, origin } => Some(Given { value, path, origin }),
            node @ Node::Section(_) => {
                self.report(&path, origin_of(&node), "is a value, not a section", &format!("write {wanted}"));
                None
            }
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The origin of a value, or of the first value in a section.
fn origin_of(node: &Node) -> Option<Origin> {
    match node {
        Node::Leaf { origin, .. } => Some(origin.clone()),
        Node::Section(nodes) => nodes.values().find_map(origin_of),
    }
}

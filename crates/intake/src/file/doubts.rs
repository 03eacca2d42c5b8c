//! What a person must say before a file is imported, because consent is never guessed.

use super::columns::{Columns, Origin, Target};
use super::smells::{Smell, channel, is_negative, smell};
use super::survey::Seen;

/// A column about which a person must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Its header, or the name of the field.
    pub column: String,
    /// Cells that raise the question.
    pub values: Vec<String>,
    /// What it would be without an answer.
    field: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The header or the cells look like consent.
    Unknown,
    /// The column is about consent, and some cells are neither yes nor no.
    Words,
}

impl Columns {
    /// For each column, whether a person must decide; `seen` is what stands in the whole file.
    pub fn doubts(&self, seen: &[Seen]) -> Vec<Option<Doubt>> {
        let nothing = Seen::default();
        let doubt = |place: usize| {
            let seen = seen.get(place).unwrap_or(&nothing);
            doubt(&self.headers[place], &self.targets[place], self.origins[place], seen, self)
        };
        (0..self.headers.len()).map(doubt).collect()
    }
}

fn doubt(header: &str, target: &Target, origin: Origin, seen: &Seen, columns: &Columns) -> Option<Doubt> {
    if origin == Origin::Caller || seen.is_empty() {
        return None;
    }
    let new = |kind, values| Some(Doubt { column: header.to_owned(), values, field: target.name(), kind });
    if let Some((question, _)) = target.question() {
        let values = seen.unanswered(question, &columns.own_words);
        return if values.is_empty() { None } else { new(Kind::Words, values) };
    }
    if !matches!(target, Target::Attribute(_)) || matches!(origin, Origin::Preset | Origin::Export) {
        return None;
    }
    let refusals = seen.refusals();
    if !refusals.is_empty() {
        return new(Kind::Unknown, refusals);
    }
    match smell(header)? {
        Smell::Weak if !seen.is_answers() => None,
        Smell::Weak | Smell::Strong => new(Kind::Unknown, seen.samples()),
    }
}

impl Doubt {
    fn values(&self) -> String {
        let quoted: Vec<String> = self.values.iter().map(|value| format!("\"{value}\"")).collect();
        quoted.join(", ")
    }

    /// The consent field that it probably is.
    fn consent(&self) -> String {
        let not = if self.kind == Kind::Unknown && is_negative(&self.column) { "!" } else { "" };
        match self.kind {
            Kind::Words if self.field.contains("consent.") || self.field.starts_with("opt_out") => self.field.clone(),
            Kind::Words | Kind::Unknown => format!("{not}consent.{}", channel(&self.column)),
        }
    }

    /// The attribute that keeps it as data.
    fn attribute(&self) -> String {
        let name = super::headers::snake_case(&self.column);
        if name.is_empty() || name.starts_with("consent") { format!("{name}_column") } else { name }
    }

    /// What a person must say, in one sentence, with the flags of the command line.
    pub fn sentence(&self) -> String {
        let (column, values, consent) = (&self.column, self.values(), self.consent());
        let map = |field: &str| format!("--map \"{column}={field}\"");
        let as_data = format!("{} to keep it as data only, or {} to leave it out", map(&self.attribute()), map("-"));
        if self.kind == Kind::Words {
            let word = self.values.first().map_or("", String::as_str);
            let refuse = map(&consent);
            return format!(
                "the column \"{column}\" is about consent, but {values} is neither yes nor no: explain the word in the \
                mapping, or with --yes \"{word}\" or --no \"{word}\", or take {refuse} to refuse these rows, {as_data}"
            );
        }
        let ways = match consent.strip_prefix('!') {
            Some(plain) => format!("{} if yes means no mail, {} if yes is consent", map(&consent), map(plain)),
            None => {
                format!("{} if yes is consent, {} if yes means no mail", map(&consent), map(&format!("!{consent}")))
            }
        };
        format!(
            "the column \"{column}\" looks as if it were about consent (it holds {values}): say what it is in the \
            mapping, or with {ways}, {as_data}"
        )
    }
}

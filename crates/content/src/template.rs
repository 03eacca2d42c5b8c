//! A template, compiled once and rendered any number of times, by any number of threads.
//!
//! Not here: the language (`language`), the values (`scope`), what becomes of the parts (`render`).

use crate::foreign::{self, ForeignTag};
use crate::language::{self, Budget, Fault, Names, Program, Setting, Uses, Value};
use crate::source::TemplateSource;
use crate::{limits, scope};
use postrider_core::channel::ChannelKind;
use postrider_core::error::{Code, Refusal};
use std::collections::BTreeSet;
use std::ops::Range;

/// Path of a subject that a campaign gave instead of the template.
const SUBJECT_OVERRIDE_PATH: &str = "subjectLine";

/// Why a template does not compile, or did not render for someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Which part, such as `content.html`, or `subjectLine` when the campaign gave the subject.
    pub path: String,
    /// Line in that part, from 1.
    pub line: Option<usize>,
    /// Column in that line, in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong there.
    pub message: String,
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: {}", self.message),
            (Some(line), None) => write!(f, "line {line}: {}", self.message),
            _ => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

impl TemplateError {
    /// An error that has no place in a part.
    pub(crate) fn of_all(message: String) -> Self {
        Self { path: "content".to_owned(), line: None, column: None, message }
    }
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        let problem = error.to_string();
        Self::field(Code::TemplateInvalid, error.path, None, problem)
    }
}

/// A template ready to be rendered.
pub struct CompiledTemplate {
    pub(crate) shape: Shape,
    pub(crate) names: Names,
    parts: Vec<Part>,
    uses: Uses,
    foreign: Vec<ForeignTag>,
    shows_way_out: bool,
}

/// A compiled part.
struct Part {
    /// Named like its field in the content.
    name: String,
    source: Box<str>,
    program: Program,
}

/// Which parts there are; each is named like its field in the content.
pub(crate) enum Shape {
    Email { subject: &'static str, text: bool, preheader: bool },
    Sms,
    Push { url: bool, data: Vec<String> },
    DirectMail { format: String, part: &'static str },
}

impl CompiledTemplate {
    /// Compiles all parts of a template. `subject_override` takes the place of an email's own subject.
    ///
    /// # Errors
    /// What is no template, and what would fail for every recipient, whatever their fields hold.
    pub fn compile(source: &TemplateSource, subject_override: Option<&str>) -> Result<Self, TemplateError> {
        let mut compiled = Self {
            shape: Shape::Sms,
            names: Names::default(),
            parts: Vec::new(),
            uses: Uses::default(),
            foreign: Vec::new(),
            shows_way_out: false,
        };
        compiled.shape = match source {
            TemplateSource::Email(email) => {
                let subject = if let Some(text) = subject_override {
                    compiled.add(SUBJECT_OVERRIDE_PATH, text)?;
                    SUBJECT_OVERRIDE_PATH
                } else {
                    compiled.add("subject", &email.subject)?;
                    "subject"
                };
                compiled.add("html", &email.html)?;
                let text = compiled.add_optional("text", email.text.as_deref())?;
                let preheader = compiled.add_optional("preheader", email.preheader.as_deref())?;
                Shape::Email { subject, text, preheader }
            }
            TemplateSource::Sms(sms) => {
                compiled.add("text", &sms.text)?;
                Shape::Sms
            }
            TemplateSource::Push(push) => {
                compiled.add("title", &push.title)?;
                compiled.add("body", &push.body)?;
                let url = compiled.add_optional("url", push.url.as_deref())?;
                for (key, value) in &push.data {
                    compiled.add(&format!("data.{key}"), value)?;
                }
                Shape::Push { url, data: push.data.keys().cloned().collect() }
            }
            TemplateSource::DirectMail(piece) => {
                let part = if piece.source.trim_start().starts_with('<') { "source.html" } else { "source" };
                compiled.add(part, &piece.source)?;
                Shape::DirectMail { format: piece.format.clone(), part }
            }
        };
        compiled.check()?;
        Ok(compiled)
    }

    /// The channel it is for.
    #[must_use]
    pub const fn channel(&self) -> ChannelKind {
        match self.shape {
            Shape::Email { .. } => ChannelKind::Email,
            Shape::Sms => ChannelKind::Sms,
            Shape::Push { .. } => ChannelKind::Push,
            Shape::DirectMail { .. } => ChannelKind::DirectMail,
        }
    }

    /// Every field it names, such as `first_name` or `address.city`, in order. What a template has set is not a field.
    #[must_use]
    pub const fn fields(&self) -> &BTreeSet<String> {
        &self.uses.fields
    }

    /// The fields it names that are neither well-known nor, says the caller, an attribute of the tenant.
    #[must_use]
    pub fn unknown_fields(&self, is_attribute: impl Fn(&str) -> bool) -> Vec<String> {
        scope::unknown_fields(&self.uses.fields, is_attribute)
    }

    /// Whether a recipient can read the link to unsubscribe somewhere in the message.
    #[must_use]
    pub const fn uses_unsubscribe_url(&self) -> bool {
        self.shows_way_out
    }

    /// The merge tags of other systems in it, which recipients would read as they are written.
    #[must_use]
    pub fn foreign_tags(&self) -> &[ForeignTag] {
        &self.foreign
    }

    /// The fields that are written out somewhere with neither a `default` nor a condition around them: who lacks one
    /// reads nothing in its place.
    #[must_use]
    pub const fn fields_without_default(&self) -> &BTreeSet<String> {
        &self.uses.bare
    }

    /// The fields that are compared or calculated with a number: where one is text that is no number, rendering fails
    /// or the comparison does not hold.
    #[must_use]
    pub const fn compared_with_numbers(&self) -> &BTreeSet<String> {
        &self.uses.numbers
    }

    fn add_optional(&mut self, part: &str, source: Option<&str>) -> Result<bool, TemplateError> {
        // A blank part is one that the author did not give.
        let Some(source) = source.filter(|source| !source.trim().is_empty()) else { return Ok(false) };
        self.add(part, source)?;
        Ok(true)
    }

    fn add(&mut self, name: &str, source: &str) -> Result<(), TemplateError> {
        let failed = |fault: Fault| error_at(name, source, &fault);
        let (program, own) = language::parse(source, is_html(name), &mut self.names).map_err(failed)?;
        self.uses.links.clear();
        self.uses.learn(&program);
        language::check_damage(source, &own, &self.uses.links).map_err(failed)?;
        let is_body = !matches!(name, SUBJECT_OVERRIDE_PATH | "subject" | "preheader" | "title");
        let hidden = if is_html(name) && !self.uses.links.is_empty() { comments(source) } else { Vec::new() };
        self.shows_way_out |= is_body && self.uses.links.iter().any(|at| !is_in(&hidden, *at));
        for found in foreign::find(source, &own) {
            let (line, column) = place(source, found.start);
            self.foreign.push(ForeignTag { path: path(name), line, column, tag: source[found].to_owned() });
        }
        self.parts.push(Part { name: name.to_owned(), source: source.into(), program });
        Ok(())
    }

    /// Renders what does not depend on a recipient: where that fails, it fails for everybody.
    fn check(&self) -> Result<(), TemplateError> {
        let mut budget = Budget::new();
        self.parts.iter().try_for_each(|part| self.render_part(part, None, &mut budget).map(drop))
    }

    /// Most bytes that a part may render to.
    fn output_limit(&self, part: &str) -> usize {
        match (&self.shape, part) {
            (Shape::Email { .. }, "html" | "text") | (Shape::DirectMail { .. }, _) => limits::OUTPUT_MAX_BYTES,
            _ => limits::SHORT_OUTPUT_MAX_BYTES,
        }
    }

    /// Renders one part with the values of its fields; without them, what does not depend on them.
    pub(crate) fn part<'a>(
        &'a self,
        name: &str,
        fields: Option<&[Value<'a>]>,
        budget: &mut Budget,
    ) -> Result<String, TemplateError> {
        let part = self.parts.iter().find(|part| part.name == name);
        let part = part.ok_or_else(|| TemplateError::of_all(format!("there is no part {name}")))?;
        self.render_part(part, fields, budget)
    }

    fn render_part<'a>(
        &'a self,
        part: &'a Part,
        fields: Option<&[Value<'a>]>,
        budget: &mut Budget,
    ) -> Result<String, TemplateError> {
        let (is_html, limit) = (is_html(&part.name), self.output_limit(&part.name));
        let setting = Setting { source: &part.source, fields, is_html, limit };
        language::render(&part.program, &setting, budget).map_err(|fault| error_at(&part.name, &part.source, &fault))
    }
}

impl std::fmt::Debug for CompiledTemplate {
    /// Shows the channel only: contents do not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CompiledTemplate({})", self.channel().as_str())
    }
}

/// Whether a part is HTML.
fn is_html(part: &str) -> bool {
    matches!(part, "html" | "source.html")
}

/// Where the comments of HTML are, which no reader sees, in order. `<!-->` is a whole one (HTML Living Standard §13.2.5).
fn comments(html: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find("<!--").map(|open| at + open) {
        at = html[open + 2..].find("-->").map_or(html.len(), |close| open + 2 + close);
        found.push(open..at);
    }
    found
}

/// Whether a place is in one of these ranges, which are in order.
fn is_in(ranges: &[Range<usize>], at: usize) -> bool {
    ranges.get(ranges.partition_point(|range| range.end <= at)).is_some_and(|range| range.start <= at)
}

/// The path of a part in a request.
fn path(part: &str) -> String {
    match part {
        SUBJECT_OVERRIDE_PATH => part.to_owned(),
        "source.html" => "content.source".to_owned(),
        part => format!("content.{part}"),
    }
}

/// Line and column of a byte, both from 1.
fn place(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..source.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn error_at(part: &str, source: &str, fault: &Fault) -> TemplateError {
    let (line, column) = place(source, fault.at);
    TemplateError { path: path(part), line: Some(line), column: Some(column), message: fault.message.clone() }
}

//! A template, compiled once and rendered any number of times, by any number of threads.
//!
//! The engine underneath has no loader and no include, a budget of work, a depth, and a limit on what it writes.
//! Not here: the values (`scope`), what becomes of the parts (`render`).

use crate::foreign::{self, ForeignTag};
use crate::html;
use crate::limits;
use crate::scope::{self, Words};
use crate::source::TemplateSource;
use crate::tags;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value};
use postrider_core::channel::ChannelKind;
use postrider_core::error::{Code, Refusal};
use std::collections::BTreeSet;

/// Path of a subject that a campaign gave instead of the template.
const SUBJECT_OVERRIDE_PATH: &str = "subjectLine";
/// Functions of the engine that templates may call; they are not fields.
const FUNCTIONS: [&str; 2] = ["range", "dict"];

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

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        let problem = error.to_string();
        Self::field(Code::TemplateInvalid, error.path, None, problem)
    }
}

/// A template ready to be rendered.
pub struct CompiledTemplate {
    pub(crate) shape: Shape,
    pub(crate) words: Words,
    environment: Environment<'static>,
    fields: BTreeSet<String>,
    bare: BTreeSet<String>,
    foreign: Vec<ForeignTag>,
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
    pub fn compile(source: &TemplateSource, subject_override: Option<&str>) -> Result<Self, TemplateError> {
        let mut compiled = Self {
            shape: Shape::Sms,
            words: Words::default(),
            environment: environment(),
            fields: BTreeSet::new(),
            bare: BTreeSet::new(),
            foreign: Vec::new(),
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

    /// Every field it names, such as `first_name` or `address.city`, in order. A name that is only ever used to set
    /// itself anew (`{% set x = x|upper %}`) counts as the template's own.
    #[must_use]
    pub const fn fields(&self) -> &BTreeSet<String> {
        &self.fields
    }

    /// The fields it names that are neither well-known nor, says the caller, an attribute of the tenant.
    #[must_use]
    pub fn unknown_fields(&self, is_attribute: impl Fn(&str) -> bool) -> Vec<String> {
        scope::unknown_fields(&self.fields, is_attribute)
    }

    /// Whether it shows the recipient the way out.
    #[must_use]
    pub fn uses_unsubscribe_url(&self) -> bool {
        self.fields.contains("unsubscribe_url")
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
        &self.bare
    }

    /// The fields that are compared or calculated with a number: where one is text that is no number, rendering fails.
    #[must_use]
    pub fn compared_with_numbers(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }

    fn add_optional(&mut self, part: &str, source: Option<&str>) -> Result<bool, TemplateError> {
        // A blank part is one that the author did not give.
        let Some(source) = source.filter(|source| !source.trim().is_empty()) else { return Ok(false) };
        self.add(part, source)?;
        Ok(true)
    }

    fn add(&mut self, part: &str, source: &str) -> Result<(), TemplateError> {
        tags::check(source).map_err(|(at, message)| error_at(part, source, None, Some(at), message))?;
        self.environment
            .add_template_owned(part.to_owned(), source.to_owned())
            .map_err(|error| error_of(part, source, &error))?;
        self.words.learn(source);
        let tags = tags::find(source);
        self.bare.extend(tags.iter().filter_map(|tag| tag.field(source)));
        let own: Vec<_> = tags.into_iter().map(|tag| tag.range).collect();
        for found in foreign::find(source, &own) {
            let place = error_at(part, source, None, Some(found.start), String::new());
            self.foreign.push(ForeignTag {
                path: place.path,
                line: place.line.unwrap_or(1),
                column: place.column.unwrap_or(1),
                tag: source[found].to_owned(),
            });
        }
        let template = self.environment.get_template(part).map_err(|error| error_of(part, source, &error))?;
        self.fields
            .extend(template.undeclared_variables(true).into_iter().filter(|f| !FUNCTIONS.contains(&f.as_str())));
        // A filter, test or function that does not exist shows itself only when it is met.
        match template.render(()) {
            Err(error) if is_author_error(error.kind()) => Err(error_of(part, source, &error)),
            _ => Ok(()),
        }
    }

    /// Most bytes that a part may render to.
    fn output_limit(&self, part: &str) -> usize {
        match (&self.shape, part) {
            (Shape::Email { .. }, "html" | "text") | (Shape::DirectMail { .. }, _) => limits::OUTPUT_MAX_BYTES,
            _ => limits::SHORT_OUTPUT_MAX_BYTES,
        }
    }

    /// Renders one part.
    pub(crate) fn part(&self, part: &str, scope: &Value) -> Result<String, TemplateError> {
        let failed = |error: &minijinja::Error| match self.environment.get_template(part) {
            Ok(template) => error_of(part, template.source(), error),
            Err(_) => error_of(part, "", error),
        };
        let template = self.environment.get_template(part).map_err(|error| failed(&error))?;
        let mut output = BoundedOutput::new(template.source().len() + 256, self.output_limit(part));
        let rendered = template.render_captured_to(scope.clone(), &mut output).map(drop);
        if output.is_full {
            let message = format!("renders to more than {} bytes", output.limit);
            return Err(error_at(part, template.source(), None, None, message));
        }
        rendered.map_err(|error| failed(&error))?;
        String::from_utf8(output.bytes)
            .map_err(|_| error_at(part, "", None, None, "does not render to text".to_owned()))
    }
}

impl std::fmt::Debug for CompiledTemplate {
    /// Shows the channel only: contents do not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CompiledTemplate({})", self.channel().as_str())
    }
}

/// The sandbox.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(false);
    // It would print all of a recipient's data.
    environment.remove_global("debug");
    // It would let a loop wrap a value in itself until dropping it exhausts the stack.
    environment.remove_global("namespace");
    environment.set_fuel(Some(limits::RENDER_FUEL));
    environment.set_recursion_limit(limits::RENDER_DEPTH);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|part| if is_html(part) { AutoEscape::Html } else { AutoEscape::None });
    environment.set_formatter(write_value);
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

/// Writes a value as people expect it: nothing for none, truth in small letters as in JSON, text escaped in HTML.
fn write_value(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match (value.kind(), value.as_str()) {
        (ValueKind::None, _) => Ok(()),
        (ValueKind::Bool, _) => Ok(output.write_str(if value.is_true() { "true" } else { "false" })?),
        (_, Some(text)) if matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe() => {
            for piece in html::escaped(text) {
                output.write_str(piece)?;
            }
            Ok(())
        }
        _ => minijinja::escape_formatter(output, state, value),
    }
}

/// Whether a part is HTML.
fn is_html(part: &str) -> bool {
    matches!(part, "html" | "source.html")
}

/// Whether an error is the author's for every recipient, whatever their fields hold.
fn is_author_error(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod
    )
}

/// Our words for the engine's error.
fn error_of(part: &str, source: &str, error: &minijinja::Error) -> TemplateError {
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "does too much work for one message".to_owned(),
        (ErrorKind::SyntaxError | ErrorKind::UnknownFilter | ErrorKind::UnknownTest, Some(detail)) => detail.to_owned(),
        (ErrorKind::UnknownFunction, Some(detail)) => format!("function {detail}"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    error_at(part, source, error.line(), error.range().map(|range| range.start), message)
}

fn error_at(part: &str, source: &str, line: Option<usize>, at: Option<usize>, message: String) -> TemplateError {
    let before = at.and_then(|at| source.get(..at));
    let path = match part {
        SUBJECT_OVERRIDE_PATH => part.to_owned(),
        "source.html" => "content.source".to_owned(),
        part => format!("content.{part}"),
    };
    TemplateError {
        path,
        line: before.map(|before| before.matches('\n').count() + 1).or(line),
        column: before.map(|before| before.rsplit('\n').next().unwrap_or(before).chars().count() + 1),
        message,
    }
}

/// A writer that stops when it is full.
struct BoundedOutput {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl BoundedOutput {
    fn new(expected: usize, limit: usize) -> Self {
        Self { bytes: Vec::with_capacity(expected.min(limit)), limit, is_full: false }
    }
}

impl std::io::Write for BoundedOutput {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        if more.len() > self.limit - self.bytes.len() {
            self.is_full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! Values as text: for people, and as JSON.

use super::budget::{Budget, Builder, Made, Stop};
use super::value::{Text, Value};

/// Where text goes.
pub(crate) trait Sink {
    /// Adds text, if there is room for it.
    fn put(&mut self, text: &str) -> Made<()>;
    /// Charges a step.
    fn step(&mut self) -> Made<()>;
}

impl Sink for Builder<'_> {
    fn put(&mut self, text: &str) -> Made<()> {
        self.push(text)
    }

    fn step(&mut self) -> Made<()> {
        self.budget().steps(1)
    }
}

/// Writes a value as people expect it: nothing for what is absent, lists and maps as JSON.
pub(crate) fn show(value: &Value<'_>, sink: &mut impl Sink) -> Made<()> {
    match value {
        Value::Unset | Value::Unknown | Value::Undefined | Value::None => Ok(()),
        Value::Text(text) | Value::Safe(text) => sink.put(text),
        value => json(value, sink, None, 0),
    }
}

/// The text of a value.
pub(crate) fn text_of<'a>(value: &Value<'a>, budget: &mut Budget) -> Made<Text<'a>> {
    if let Some(text) = value.as_text() {
        return Ok(text.clone());
    }
    if value.is_absent() {
        return Ok(Text::Borrowed(""));
    }
    let mut builder = Builder::new(budget)?;
    show(value, &mut builder)?;
    Ok(builder.done())
}

/// Writes a value as JSON, on several lines if `indent` says by how much.
pub(crate) fn json(value: &Value<'_>, sink: &mut impl Sink, indent: Option<usize>, depth: usize) -> Made<()> {
    sink.step()?;
    match value {
        Value::Unset | Value::Unknown | Value::Undefined | Value::None => sink.put("null"),
        Value::Bool(truth) => sink.put(if *truth { "true" } else { "false" }),
        Value::Int(int) => sink.put(&int.to_string()),
        Value::Float(float) => sink.put(&float_text(*float)),
        Value::Text(text) | Value::Safe(text) => quoted(text, sink),
        Value::List(list) => {
            sink.put("[")?;
            for (at, item) in list.items.iter().enumerate() {
                separate(sink, at, indent, depth + 1)?;
                json(item, sink, indent, depth + 1)?;
            }
            end(sink, list.items.is_empty(), indent, depth)?;
            sink.put("]")
        }
        Value::Map(map) => {
            sink.put("{")?;
            for (at, (name, item)) in map.entries.iter().enumerate() {
                separate(sink, at, indent, depth + 1)?;
                quoted(name, sink)?;
                sink.put(": ")?;
                json(item, sink, indent, depth + 1)?;
            }
            end(sink, map.entries.is_empty(), indent, depth)?;
            sink.put("}")
        }
    }
}

/// What stands before an item.
fn separate(sink: &mut impl Sink, at: usize, indent: Option<usize>, depth: usize) -> Made<()> {
    match (at, indent) {
        (0, None) => Ok(()),
        (_, None) => sink.put(", "),
        (at, Some(indent)) => {
            sink.put(if at == 0 { "\n" } else { ",\n" })?;
            pad(sink, indent * depth)
        }
    }
}

/// What stands before the closing bracket.
fn end(sink: &mut impl Sink, is_empty: bool, indent: Option<usize>, depth: usize) -> Made<()> {
    match indent {
        Some(indent) if !is_empty => {
            sink.put("\n")?;
            pad(sink, indent * depth)
        }
        _ => Ok(()),
    }
}

fn pad(sink: &mut impl Sink, spaces: usize) -> Made<()> {
    (0..spaces).try_for_each(|_| sink.put(" "))
}

/// A text in quotation marks, as JSON spells it.
fn quoted(text: &str, sink: &mut impl Sink) -> Made<()> {
    sink.put("\"")?;
    for piece in text.split_inclusive(|c: char| matches!(c, '"' | '\\') || c.is_ascii_control()) {
        let last = piece.chars().next_back().filter(|c| matches!(c, '"' | '\\') || c.is_ascii_control());
        sink.put(&piece[..piece.len() - last.map_or(0, char::len_utf8)])?;
        match last {
            None => {}
            Some('"') => sink.put("\\\"")?,
            Some('\\') => sink.put("\\\\")?,
            Some('\n') => sink.put("\\n")?,
            Some('\r') => sink.put("\\r")?,
            Some('\t') => sink.put("\\t")?,
            Some(control) => sink.put(&format!("\\u{:04x}", u32::from(control)))?,
        }
    }
    sink.put("\"")
}

/// A number with a fraction; one that is very large or small has an exponent.
pub(crate) fn float_text(float: f64) -> String {
    format!("{float:?}")
}

/// A whole number that a limit applies to, such as a width.
pub(crate) fn bounded(value: &Value<'_>, max: usize, what: &str) -> Made<usize> {
    match value.as_number().map(super::value::Number::whole) {
        Some(number) if (0..=max as i128).contains(&number) => Ok(usize::try_from(number).unwrap_or(max)),
        _ => Stop::wrong(format!("takes {what} from 0 to {max}")),
    }
}

//! Filters of text.

use super::super::budget::{Budget, Builder, Made, Stop};
use super::super::show::{bounded, json, text_of};
use super::super::value::{Number, Text, Value};
use super::{Filter, argument};
use crate::{html, text};

/// Widest column and indentation, in characters.
const WIDTH_MAX: usize = 100;
/// Longest text that `truncate` leaves, in characters.
const LENGTH_MAX: usize = 100_000;
/// Where `truncate` cuts if it is not told.
const TRUNCATE_LENGTH: usize = 255;
/// By how much `indent` indents if it is not told.
const INDENT_WIDTH: usize = 4;
/// Deepest indentation of JSON.
const JSON_INDENT_MAX: usize = 8;

pub(super) fn apply<'a>(
    filter: Filter,
    input: &Value<'a>,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Made<Value<'a>> {
    match (filter, input) {
        (Filter::ToJson, input) => return to_json(input, arguments, budget),
        (Filter::Safe, input) => return text_of(input, budget).map(Value::Safe),
        (Filter::Escape, Value::Safe(_)) => return Ok(input.clone()),
        _ => {}
    }
    let text = text_of(input, budget)?;
    // Each character is looked at.
    budget.reads(text.len().saturating_mul(4))?;
    match filter {
        Filter::Upper => cased(&text, budget, |_, c, builder| c.to_uppercase().try_for_each(|c| builder.push_char(c))),
        Filter::Lower => cased(&text, budget, |_, c, builder| c.to_lowercase().try_for_each(|c| builder.push_char(c))),
        Filter::Capitalize => cased(&text, budget, |before, c, builder| case(c, before.is_none(), builder)),
        Filter::Title => cased(&text, budget, |before, c, builder| {
            case(c, before.is_none_or(|before| !before.is_alphanumeric() && before != '\''), builder)
        }),
        Filter::Escape => {
            let mut builder = Builder::new(budget)?;
            html::escaped(&text).try_for_each(|piece| builder.push(piece))?;
            Ok(Value::Safe(builder.done()))
        }
        Filter::String => Ok(if matches!(input, Value::Safe(_)) { input.clone() } else { Value::Text(text) }),
        Filter::Trim => trim(&text, argument(arguments, 0), budget),
        Filter::Replace => replace(&text, arguments, budget),
        Filter::Truncate => truncate(&text, arguments, budget),
        Filter::Indent => indent(&text, arguments, budget),
        Filter::Split => split(&text, arguments, budget),
        Filter::Lines => pieces(text.lines(), budget),
        Filter::WordCount => Ok(Value::Int(text.split_whitespace().count() as i128)),
        Filter::UrlEncode => url_encode(&text, budget),
        Filter::StripTags => {
            // The longest token is decoded on the way. What is written takes twice its room while it grows, and is
            // copied once.
            budget.holds(text.len())?;
            let plain = text::to_text_while(&text, |written| budget.holds(written.saturating_mul(3)))?;
            Ok(Value::Text(Text::Shared(plain.into())))
        }
        _ => format(&text, arguments, budget),
    }
}

/// Goes through a text and writes each character anew; the one before it is told too.
fn cased<'a>(
    text: &str,
    budget: &mut Budget,
    write: impl Fn(Option<char>, char, &mut Builder<'_>) -> Made<()>,
) -> Made<Value<'a>> {
    let mut builder = Builder::new(budget)?;
    let mut before = None;
    for c in text.chars() {
        write(before, c, &mut builder)?;
        before = Some(c);
    }
    Ok(builder.value())
}

fn case(c: char, upper: bool, builder: &mut Builder<'_>) -> Made<()> {
    if upper {
        c.to_uppercase().try_for_each(|c| builder.push_char(c))
    } else {
        c.to_lowercase().try_for_each(|c| builder.push_char(c))
    }
}

/// A part of a text as a value.
fn copied<'a>(text: &str, budget: &mut Budget) -> Made<Value<'a>> {
    let mut builder = Builder::new(budget)?;
    builder.push(text)?;
    Ok(builder.value())
}

/// Parts of a text as a list.
fn pieces<'a, 't>(parts: impl Iterator<Item = &'t str>, budget: &mut Budget) -> Made<Value<'a>> {
    let mut items = Vec::new();
    for part in parts {
        budget.item()?;
        items.push(copied(part, budget)?);
    }
    Value::list(items)
}

fn trim<'a>(text: &str, chars: &Value<'a>, budget: &mut Budget) -> Made<Value<'a>> {
    if matches!(chars, Value::Unset) {
        return copied(text.trim(), budget);
    }
    let chars = text_of(chars, budget)?;
    budget.steps(text.len().saturating_mul(chars.len()) / 32)?;
    copied(text.trim_matches(|c| chars.contains(c)), budget)
}

fn replace<'a>(text: &str, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let (old, new) = (text_of(argument(arguments, 0), budget)?, text_of(argument(arguments, 1), budget)?);
    let count = match argument(arguments, 2) {
        Value::Unset => usize::MAX,
        count => bounded(count, LENGTH_MAX, "a count")?,
    };
    if old.is_empty() {
        return copied(text, budget);
    }
    budget.searches(0, old.len())?;
    let mut builder = Builder::new(budget)?;
    let mut end = 0;
    for (at, found) in text.match_indices(&*old).take(count) {
        builder.push(&text[end..at])?;
        builder.push(&new)?;
        end = at + found.len();
    }
    builder.push(&text[end..])?;
    Ok(builder.value())
}

fn truncate<'a>(text: &str, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let number = |position, otherwise| match argument(arguments, position) {
        Value::Unset => Ok(otherwise),
        value => bounded(value, LENGTH_MAX, "a length"),
    };
    let (length, leeway) = (number(0, TRUNCATE_LENGTH)?, number(3, 0)?);
    let end = match argument(arguments, 2) {
        Value::Unset => Text::Borrowed("..."),
        value => text_of(value, budget)?,
    };
    let chars = text.chars().count();
    if chars <= length + leeway {
        return copied(text, budget);
    }
    let kept = length.saturating_sub(end.chars().count());
    let cut = text.char_indices().nth(kept).map_or(text.len(), |(at, _)| at);
    let mut start = &text[..cut];
    if !argument(arguments, 1).is_true()
        && let Some((words, _)) = start.rsplit_once(' ')
    {
        start = words;
    }
    let mut builder = Builder::new(budget)?;
    builder.push(start)?;
    builder.push(&end)?;
    Ok(builder.value())
}

fn indent<'a>(text: &str, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let width = match argument(arguments, 0) {
        Value::Unset => INDENT_WIDTH,
        value => bounded(value, WIDTH_MAX, "a width")?,
    };
    let (first, blank) = (argument(arguments, 1).is_true(), argument(arguments, 2).is_true());
    let mut builder = Builder::new(budget)?;
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            builder.push("\n")?;
        }
        if (at > 0 || first) && (blank || !line.trim().is_empty()) {
            builder.repeat(" ", width)?;
        }
        builder.push(line)?;
    }
    Ok(builder.value())
}

fn split<'a>(text: &str, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let count = match argument(arguments, 1) {
        Value::Unset => usize::MAX,
        count => bounded(count, LENGTH_MAX, "a count")?.saturating_add(1),
    };
    let separator = argument(arguments, 0);
    if separator.is_absent() {
        return pieces(text.split_whitespace().take(count), budget);
    }
    let separator = text_of(separator, budget)?;
    if separator.is_empty() {
        return Stop::wrong("needs a separator that is not empty");
    }
    budget.searches(0, separator.len())?;
    pieces(text.splitn(count, &*separator), budget)
}

/// Percent-encodes all but the unreserved characters of a URL (RFC 3986 §2.3) and `/`.
fn url_encode<'a>(text: &str, budget: &mut Budget) -> Made<Value<'a>> {
    let mut builder = Builder::new(budget)?;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            builder.push_char(char::from(byte))?;
        } else {
            builder.push(&format!("%{byte:02X}"))?;
        }
    }
    Ok(builder.value())
}

/// JSON that is harmless in HTML, in scripts and in attributes.
fn to_json<'a>(value: &Value<'a>, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let indent = match argument(arguments, 0) {
        Value::Unset | Value::None | Value::Bool(false) => None,
        Value::Bool(true) => Some(2),
        value => Some(bounded(value, JSON_INDENT_MAX, "an indent")?),
    };
    let mut builder = Builder::new(budget)?;
    json(value, &mut builder, indent, 0)?;
    let plain = builder.done();
    let mut builder = Builder::new(budget)?;
    for piece in plain.split_inclusive(['<', '>', '&', '\'']) {
        match piece.chars().next_back().filter(|c| matches!(c, '<' | '>' | '&' | '\'')) {
            Some(c) => {
                builder.push(&piece[..piece.len() - 1])?;
                builder.push(&format!("\\u{:04x}", u32::from(c)))?;
            }
            None => builder.push(piece)?,
        }
    }
    Ok(Value::Safe(builder.done()))
}

/// `"%.2f"|format(price)`: `%s`, `%d`, `%f`, `%x` and `%%` with flags `-`, `0`, `+`, a width and a precision.
fn format<'a>(pattern: &str, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let mut arguments = arguments.iter();
    let mut builder = Builder::new(budget)?;
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        builder.push(&rest[..at])?;
        rest = &rest[at + 1..];
        let flags = rest.len() - rest.trim_start_matches(['-', '0', '+', ' ']).len();
        let (flags, after) = rest.split_at(flags);
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (width, after) = after.split_at(digits(after));
        let (precision, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("6", after),
        };
        let number = |text: &str, max: usize| match text.parse::<usize>() {
            Err(_) if text.is_empty() => Ok(0),
            Ok(number) if number <= max => Ok(number),
            _ => Stop::wrong(format!("takes a width of at most {WIDTH_MAX} and at most 20 decimals")),
        };
        let (width, precision) = (number(width, WIDTH_MAX)?, number(precision, 20)?);
        let Some(kind) = after.chars().next() else { return Stop::wrong("has a % without a letter after it") };
        rest = &after[kind.len_utf8()..];
        if kind == '%' {
            builder.push("%")?;
            continue;
        }
        let Some(value) = arguments.next() else { return Stop::wrong("has fewer values than its pattern asks for") };
        let shown = match (kind, value.as_number()) {
            ('s', _) => text_of(value, builder.budget())?,
            ('d' | 'i', Some(number)) => Text::Shared(number.whole().to_string().into()),
            ('x', Some(number)) => Text::Shared(format!("{:x}", number.whole()).into()),
            ('f' | 'F', Some(number)) if number.float().abs() < 1e30 => {
                Text::Shared(format!("{:.precision$}", number.float()).into())
            }
            ('d' | 'i' | 'x' | 'f' | 'F', _) => {
                return Stop::wrong(format!("needs a number for %{kind}, not {}", value.kind()));
            }
            _ => return Stop::wrong(format!("does not know %{kind}: there are %s, %d, %f, %x and %%")),
        };
        padded(&shown, flags, width, value.as_number().filter(|_| kind != 's'), &mut builder)?;
    }
    builder.push(rest)?;
    Ok(builder.value())
}

fn padded(shown: &str, flags: &str, width: usize, number: Option<Number>, builder: &mut Builder<'_>) -> Made<()> {
    let is_signed = number.is_some() && flags.contains('+') && !shown.starts_with('-');
    let missing = width.saturating_sub(shown.chars().count() + usize::from(is_signed));
    let (is_left, is_zero) = (flags.contains('-'), flags.contains('0') && number.is_some());
    let (sign, digits) = shown.split_at(usize::from(number.is_some() && shown.starts_with('-')));
    if !is_left && !is_zero {
        builder.repeat(" ", missing)?;
    }
    builder.push(if is_signed { "+" } else { sign })?;
    if !is_left && is_zero {
        builder.repeat("0", missing)?;
    }
    builder.push(digits)?;
    if is_left { builder.repeat(" ", missing) } else { Ok(()) }
}

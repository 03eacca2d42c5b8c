//! The filters: their names, their parameters and which function each one is.
//!
//! A filter charges the budget before it makes anything. `docs/templates.md` lists them for authors.

mod lists;
mod numbers;
mod order;
mod text;

use super::budget::{Budget, Made};
use super::checks;
use super::habits;
use super::syntax::{Expr, Kind};
use super::value::Value;

pub(crate) use numbers::calculate;

/// A filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Abs,
    Attr,
    Batch,
    Bool,
    Capitalize,
    Default,
    DictSort,
    Escape,
    First,
    Float,
    Format,
    GroupBy,
    Indent,
    Int,
    Items,
    Join,
    Last,
    Length,
    Lines,
    List,
    Lower,
    Map,
    Max,
    Min,
    Number,
    Reject,
    RejectAttr,
    Replace,
    Reverse,
    Round,
    Safe,
    Select,
    SelectAttr,
    Slice,
    Sort,
    Split,
    String,
    StripTags,
    Sum,
    Title,
    ToJson,
    Trim,
    Truncate,
    Unique,
    Upper,
    UrlEncode,
    Values,
    WordCount,
}

/// Name, filter, names of its parameters, and how many of them it needs.
type Entry = (&'static str, Filter, &'static [&'static str], usize);

const FILTERS: &[Entry] = &[
    ("abs", Filter::Abs, &[], 0),
    ("attr", Filter::Attr, &["name"], 1),
    ("batch", Filter::Batch, &["linecount", "fill_with"], 1),
    ("bool", Filter::Bool, &[], 0),
    ("capitalize", Filter::Capitalize, &[], 0),
    ("count", Filter::Length, &[], 0),
    ("d", Filter::Default, &["default_value", "boolean"], 0),
    ("default", Filter::Default, &["default_value", "boolean"], 0),
    ("dictsort", Filter::DictSort, &["case_sensitive", "by", "reverse"], 0),
    ("e", Filter::Escape, &[], 0),
    ("escape", Filter::Escape, &[], 0),
    ("first", Filter::First, &[], 0),
    ("float", Filter::Float, &["default"], 0),
    ("format", Filter::Format, &[], 0),
    ("groupby", Filter::GroupBy, &["attribute"], 1),
    ("indent", Filter::Indent, &["width", "first", "blank"], 0),
    ("int", Filter::Int, &["default"], 0),
    ("items", Filter::Items, &[], 0),
    ("join", Filter::Join, &["d", "attribute"], 0),
    ("last", Filter::Last, &[], 0),
    ("length", Filter::Length, &[], 0),
    ("lines", Filter::Lines, &[], 0),
    ("list", Filter::List, &[], 0),
    ("lower", Filter::Lower, &[], 0),
    ("map", Filter::Map, &["filter", "argument", "attribute", "default"], 0),
    ("max", Filter::Max, &["attribute"], 0),
    ("min", Filter::Min, &["attribute"], 0),
    ("number", Filter::Number, &["decimals", "point", "group"], 0),
    ("reject", Filter::Reject, &["test", "argument"], 0),
    ("rejectattr", Filter::RejectAttr, &["attribute", "test", "argument"], 1),
    ("replace", Filter::Replace, &["old", "new", "count"], 2),
    ("reverse", Filter::Reverse, &[], 0),
    ("round", Filter::Round, &["precision", "method"], 0),
    ("safe", Filter::Safe, &[], 0),
    ("select", Filter::Select, &["test", "argument"], 0),
    ("selectattr", Filter::SelectAttr, &["attribute", "test", "argument"], 1),
    ("slice", Filter::Slice, &["slices", "fill_with"], 1),
    ("sort", Filter::Sort, &["reverse", "case_sensitive", "attribute"], 0),
    ("split", Filter::Split, &["separator", "maxsplit"], 0),
    ("string", Filter::String, &[], 0),
    ("striptags", Filter::StripTags, &[], 0),
    ("sum", Filter::Sum, &["attribute", "start"], 0),
    ("title", Filter::Title, &[], 0),
    ("tojson", Filter::ToJson, &["indent"], 0),
    ("trim", Filter::Trim, &["chars"], 0),
    ("truncate", Filter::Truncate, &["length", "killwords", "end", "leeway"], 0),
    ("unique", Filter::Unique, &["case_sensitive", "attribute"], 0),
    ("upper", Filter::Upper, &[], 0),
    ("urlencode", Filter::UrlEncode, &[], 0),
    ("values", Filter::Values, &[], 0),
    ("wordcount", Filter::WordCount, &[], 0),
];

/// The filter of a name.
pub(crate) fn find(name: &str) -> Option<Filter> {
    entry(name).map(|entry| entry.1)
}

/// The first name of a filter.
pub(crate) fn name_of(filter: Filter) -> &'static str {
    FILTERS.iter().rev().find(|entry| entry.1 == filter).map_or("filter", |entry| entry.0)
}

/// What is said of a name that no filter has.
pub(crate) fn unknown(name: &str) -> String {
    match habits::filter(name) {
        Some(ours) => format!("filter {name} is unknown: write {ours}"),
        None => format!("filter {name} is unknown"),
    }
}

fn entry(name: &str) -> Option<&'static Entry> {
    FILTERS.iter().find(|entry| entry.0 == name)
}

/// Puts arguments in the places of the parameters; tells what does not fit.
pub(crate) fn arrange(filter: Filter, given: Vec<(Option<String>, Expr)>) -> Result<Vec<Option<Expr>>, String> {
    let (name, _, parameters, required) = FILTERS.iter().find(|entry| entry.1 == filter).ok_or_else(String::new)?;
    if filter == Filter::Format {
        return Ok(given.into_iter().map(|(_, value)| Some(value)).collect());
    }
    let takes = match parameters {
        [] => format!("filter {name} takes no arguments"),
        parameters => format!("filter {name} takes {}", parameters.join(", ")),
    };
    let mut arguments: Vec<Option<Expr>> = parameters.iter().map(|_| None).collect();
    for (position, (argument, value)) in given.into_iter().enumerate() {
        let place = match argument {
            Some(argument) => parameters.iter().position(|parameter| *parameter == argument),
            None => Some(position),
        };
        match place.and_then(|place| arguments.get_mut(place)) {
            Some(free @ None) => *free = Some(value),
            _ => return Err(takes),
        }
    }
    if arguments.iter().take(*required).any(Option::is_none) {
        return Err(takes);
    }
    check_callee(filter, &arguments)?;
    Ok(arguments)
}

/// Refuses the name of a filter or a test that does not exist, where one is an argument.
fn check_callee(filter: Filter, arguments: &[Option<Expr>]) -> Result<(), String> {
    let (position, is_filter) = match filter {
        Filter::Map => (0, true),
        Filter::Select | Filter::Reject => (0, false),
        Filter::SelectAttr | Filter::RejectAttr => (1, false),
        _ => return Ok(()),
    };
    match arguments.get(position).and_then(Option::as_ref).map(|argument| &argument.kind) {
        None if filter == Filter::Map && arguments[2].is_none() => {
            Err("filter map takes the name of a filter, or attribute=\"…\"".to_owned())
        }
        None => Ok(()),
        Some(Kind::Text(name)) if is_filter && find(name).is_none() => Err(unknown(name)),
        Some(Kind::Text(name)) if !is_filter && checks::find(name).is_none() => Err(checks::unknown(name)),
        Some(Kind::Text(_)) => Ok(()),
        Some(_) => Err("the name of a filter or a test is written in quotation marks".to_owned()),
    }
}

/// The argument at a position; [`Value::Unset`] if it was not given.
fn argument<'v, 'a>(arguments: &'v [Value<'a>], position: usize) -> &'v Value<'a> {
    const { &Value::Unset };
    arguments.get(position).unwrap_or(&Value::Unset)
}

/// Applies a filter.
pub(crate) fn apply<'a>(
    filter: Filter,
    input: Value<'a>,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Made<Value<'a>> {
    budget.steps(2)?;
    match filter {
        Filter::Default => {
            let wants_truth = argument(arguments, 1).is_true();
            if input.is_absent() || (wants_truth && !input.is_true()) {
                let other = argument(arguments, 0);
                return Ok(if matches!(other, Value::Unset) { Value::borrowed("") } else { other.clone() });
            }
            Ok(input)
        }
        Filter::Abs | Filter::Float | Filter::Int | Filter::Round | Filter::Number | Filter::Bool => {
            numbers::apply(filter, &input, arguments, budget)
        }
        Filter::Capitalize
        | Filter::Escape
        | Filter::Format
        | Filter::Indent
        | Filter::Lines
        | Filter::Lower
        | Filter::Replace
        | Filter::Safe
        | Filter::Split
        | Filter::String
        | Filter::StripTags
        | Filter::Title
        | Filter::ToJson
        | Filter::Trim
        | Filter::Truncate
        | Filter::Upper
        | Filter::UrlEncode
        | Filter::WordCount => text::apply(filter, &input, arguments, budget),
        Filter::DictSort | Filter::GroupBy | Filter::Max | Filter::Min | Filter::Sort | Filter::Unique => {
            order::apply(filter, &input, arguments, budget)
        }
        _ => lists::apply(filter, &input, arguments, budget),
    }
}

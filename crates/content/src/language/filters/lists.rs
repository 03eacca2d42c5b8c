//! Filters of lists and maps. A text is a list of one, not of its letters.

use super::super::budget::{Budget, Builder, Made, Stop};
use super::super::checks::{self, Test};
use super::super::show::{bounded, text_of};
use super::super::syntax::Operator;
use super::super::value::{Text, Value};
use super::{Filter, apply as apply_filter, argument, calculate, find};

/// Most lists that `slice` makes, and longest that `batch` makes.
const PARTS_MAX: usize = 100_000;

pub(super) fn apply<'a>(
    filter: Filter,
    input: &Value<'a>,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Made<Value<'a>> {
    match (filter, input) {
        (Filter::Length, Value::Text(text) | Value::Safe(text)) => {
            budget.reads(text.len())?;
            return Ok(Value::Int(text.chars().count() as i128));
        }
        (Filter::Length, Value::Bool(_) | Value::Int(_) | Value::Float(_)) => {
            return Stop::wrong(format!("needs text or a list, not {}", input.kind()));
        }
        (Filter::First | Filter::Last, Value::Text(text) | Value::Safe(text)) => {
            let c = if filter == Filter::First { text.chars().next() } else { text.chars().next_back() };
            let Some(c) = c else { return Ok(Value::Undefined) };
            let mut builder = Builder::new(budget)?;
            builder.push_char(c)?;
            return Ok(builder.value());
        }
        (Filter::Reverse, Value::Text(text) | Value::Safe(text)) => {
            let mut builder = Builder::new(budget)?;
            text.chars().rev().try_for_each(|c| builder.push_char(c))?;
            return Ok(builder.value());
        }
        (Filter::Attr, input) => {
            let path = text_of(argument(arguments, 0), budget)?;
            return attribute(input, &path, budget);
        }
        (Filter::Items | Filter::Values, Value::Map(map)) => {
            let mut items = budget.list(map.entries.len())?;
            for (name, value) in &map.entries {
                items.push(if filter == Filter::Values {
                    value.clone()
                } else {
                    pair(Value::Text(name.clone()), value.clone(), budget)?
                });
            }
            return Value::list(items);
        }
        (Filter::Items | Filter::Values, input) if !input.is_absent() => {
            return Stop::wrong(format!("needs a map, not {}", input.kind()));
        }
        _ => {}
    }
    let list = input.items(budget)?;
    let items = &list.items;
    budget.steps(items.len())?;
    match filter {
        Filter::Length => Ok(Value::Int(items.len() as i128)),
        Filter::First => Ok(items.first().cloned().unwrap_or(Value::Undefined)),
        Filter::Last => Ok(items.last().cloned().unwrap_or(Value::Undefined)),
        Filter::Join => join(items, arguments, budget),
        Filter::Reverse => {
            let mut reversed = budget.list(items.len())?;
            reversed.extend(items.iter().rev().cloned());
            Value::list(reversed)
        }
        Filter::Batch => batch(items, arguments, budget),
        Filter::Slice => slice(items, arguments, budget),
        Filter::Sum => sum(items, arguments, budget),
        Filter::Map => map(items, arguments, budget),
        Filter::Select | Filter::Reject | Filter::SelectAttr | Filter::RejectAttr => {
            select(filter, items, arguments, budget)
        }
        _ => Ok(Value::List(list)),
    }
}

/// A list of two.
pub(super) fn pair<'a>(one: Value<'a>, two: Value<'a>, budget: &mut Budget) -> Made<Value<'a>> {
    let mut pair = budget.list(2)?;
    pair.extend([one, two]);
    Value::list(pair)
}

/// What a path such as `address.city` leads to.
pub(super) fn attribute<'a>(value: &Value<'a>, path: &str, budget: &mut Budget) -> Made<Value<'a>> {
    budget.reads(path.len())?;
    let mut value = value.clone();
    for name in path.split('.') {
        budget.steps(1)?;
        value = match (&value, name.parse::<usize>()) {
            (Value::List(list), Ok(index)) => list.items.get(index).cloned().unwrap_or(Value::Undefined),
            (value, _) => value.member(name, budget)?,
        };
    }
    Ok(value)
}

fn join<'a>(items: &[Value<'a>], arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let separator = text_of(argument(arguments, 0), budget)?;
    let path = match argument(arguments, 1) {
        Value::Unset => None,
        path => Some(text_of(path, budget)?),
    };
    let mut builder = Builder::new(budget)?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            builder.push(&separator)?;
        }
        let item = match &path {
            Some(path) => attribute(item, path, builder.budget())?,
            None => item.clone(),
        };
        let text = text_of(&item, builder.budget())?;
        builder.push(&text)?;
    }
    Ok(builder.value())
}

/// Lists of so many items each.
fn batch<'a>(items: &[Value<'a>], arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let size = bounded(argument(arguments, 0), PARTS_MAX, "a size")?;
    if size == 0 {
        return Stop::wrong("takes a size of at least 1");
    }
    let fill = argument(arguments, 1);
    let mut batches = budget.list(items.len().div_ceil(size))?;
    for part in items.chunks(size) {
        batches.push(filled(part, if fill.is_absent() { part.len() } else { size }, fill, budget)?);
    }
    Value::list(batches)
}

/// So many lists, as even as can be.
fn slice<'a>(items: &[Value<'a>], arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let count = bounded(argument(arguments, 0), PARTS_MAX, "a number of slices")?;
    if count == 0 {
        return Stop::wrong("takes at least 1 slice");
    }
    let fill = argument(arguments, 1);
    let (size, longer) = (items.len() / count, items.len() % count);
    let mut slices = budget.list(count)?;
    let mut rest = items;
    for at in 0..count {
        let (part, after) = rest.split_at(size + usize::from(at < longer));
        rest = after;
        let is_short = longer > 0 && at >= longer && !fill.is_absent();
        slices.push(filled(part, part.len() + usize::from(is_short), fill, budget)?);
    }
    Value::list(slices)
}

fn filled<'a>(part: &[Value<'a>], size: usize, fill: &Value<'a>, budget: &mut Budget) -> Made<Value<'a>> {
    let mut filled = budget.list(size)?;
    filled.extend(part.iter().cloned());
    filled.resize(size, fill.clone());
    Value::list(filled)
}

fn sum<'a>(items: &[Value<'a>], arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let path = match argument(arguments, 0) {
        Value::Unset => None,
        path => Some(text_of(path, budget)?),
    };
    let mut sum = match argument(arguments, 1) {
        Value::Unset => Value::Int(0),
        start => start.clone(),
    };
    for item in items {
        let item = match &path {
            Some(path) => attribute(item, path, budget)?,
            None => item.clone(),
        };
        if item.as_number().is_none() && !item.is_absent() {
            return Stop::wrong(format!("needs numbers, and an item is {}", item.kind()));
        }
        if !item.is_absent() {
            sum = calculate(Operator::Add, &sum, &item, false, budget)?;
        }
    }
    Ok(sum)
}

fn map<'a>(items: &[Value<'a>], arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let mut mapped = budget.list(items.len())?;
    let path = match argument(arguments, 2) {
        Value::Unset => None,
        path => Some(text_of(path, budget)?),
    };
    let filter = argument(arguments, 0).as_text().and_then(|name| find(name));
    let more: &[Value<'a>] = match argument(arguments, 1) {
        Value::Unset => &[],
        more => std::slice::from_ref(more),
    };
    for item in items {
        mapped.push(match (&path, filter) {
            (Some(path), _) => match attribute(item, path, budget)? {
                value if value.is_absent() && !matches!(argument(arguments, 3), Value::Unset) => {
                    argument(arguments, 3).clone()
                }
                value => value,
            },
            // A filter within itself would nest without end.
            (None, Some(Filter::Map)) | (None, None) => return Stop::wrong("takes the name of a filter"),
            (None, Some(filter)) => apply_filter(filter, item.clone(), more, budget)?,
        });
    }
    Value::list(mapped)
}

fn select<'a>(filter: Filter, items: &[Value<'a>], arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let of_attribute = matches!(filter, Filter::SelectAttr | Filter::RejectAttr);
    let keeps = matches!(filter, Filter::Select | Filter::SelectAttr);
    let first = usize::from(of_attribute);
    let path = if of_attribute { text_of(argument(arguments, 0), budget)? } else { Text::Borrowed("") };
    let test: Option<Test> = argument(arguments, first).as_text().and_then(|name| checks::find(name));
    let other = argument(arguments, first + 1);
    let mut kept = Vec::new();
    for item in items {
        let value = if of_attribute { attribute(item, &path, budget)? } else { item.clone() };
        let holds = match test {
            Some(test) => checks::holds(test, &value, other, budget)?,
            None => value.is_true(),
        };
        if holds == keeps {
            budget.item()?;
            kept.push(item.clone());
        }
    }
    Value::list(kept)
}

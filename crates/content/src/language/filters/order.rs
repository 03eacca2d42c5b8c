//! Filters that put things in order. Sorting is our own, because a comparison may end it.

use super::super::budget::{Budget, Made};
use super::super::show::text_of;
use super::super::value::{Value, order, same};
use super::lists::{attribute, pair};
use super::{Filter, argument};
use std::cmp::Ordering;

/// What items are compared by.
struct By<'v, 'a> {
    path: &'v Value<'a>,
    is_case_sensitive: bool,
}

impl<'a> By<'_, 'a> {
    /// What an item is compared by.
    fn key(&self, item: &Value<'a>, budget: &mut Budget) -> Made<Value<'a>> {
        match self.path {
            Value::Unset => Ok(item.clone()),
            path => {
                let path = text_of(path, budget)?;
                attribute(item, &path, budget)
            }
        }
    }

    /// The order of any two values: of different kinds, the kind decides.
    fn order(&self, one: &Value<'a>, two: &Value<'a>, budget: &mut Budget) -> Made<Ordering> {
        if let (Some(one), Some(two), false) = (one.as_text(), two.as_text(), self.is_case_sensitive) {
            // Each character of both is looked at.
            budget.reads(one.len().min(two.len()).saturating_mul(4))?;
            return Ok(one.chars().flat_map(char::to_lowercase).cmp(two.chars().flat_map(char::to_lowercase)));
        }
        budget.steps(1)?;
        match rank(one).cmp(&rank(two)) {
            Ordering::Equal if rank(one) > RANK_TEXT => Ok(Ordering::Equal),
            Ordering::Equal => Ok(order(one, two, budget)?.unwrap_or(Ordering::Equal)),
            order => Ok(order),
        }
    }
}

/// The rank of a text among the kinds.
const RANK_TEXT: u8 = 2;

const fn rank(value: &Value<'_>) -> u8 {
    match value {
        Value::Unset | Value::Unknown | Value::Undefined | Value::None => 0,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => 1,
        Value::Text(_) | Value::Safe(_) => RANK_TEXT,
        Value::List(_) => 3,
        Value::Map(_) => 4,
    }
}

pub(super) fn apply<'a>(
    filter: Filter,
    input: &Value<'a>,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Made<Value<'a>> {
    let (path, is_case_sensitive, is_reverse) = match filter {
        Filter::Sort => (2, argument(arguments, 1).is_true(), argument(arguments, 0).is_true()),
        Filter::DictSort => (usize::MAX, argument(arguments, 0).is_true(), argument(arguments, 2).is_true()),
        Filter::Unique => (1, argument(arguments, 0).is_true(), false),
        _ => (0, false, false),
    };
    let by = By { path: argument(arguments, path), is_case_sensitive };
    let mut keyed = Vec::new();
    if let (Filter::DictSort, Value::Map(map)) = (filter, input) {
        let by_value = argument(arguments, 1).as_text().is_some_and(|by| **by == *"value");
        for (name, value) in &map.entries {
            budget.item()?;
            budget.item()?;
            let name = Value::Text(name.clone());
            let key = if by_value { value.clone() } else { name.clone() };
            keyed.push((key, pair(name, value.clone(), budget)?));
        }
    } else {
        for item in &input.items(budget)?.items {
            budget.item()?;
            budget.item()?;
            keyed.push((by.key(item, budget)?, item.clone()));
        }
    }
    match filter {
        Filter::Unique => unique(keyed, &by, budget),
        Filter::Min | Filter::Max => {
            let wanted = if filter == Filter::Min { Ordering::Less } else { Ordering::Greater };
            let mut items = keyed.into_iter();
            let Some(mut best) = items.next() else { return Ok(Value::Undefined) };
            for item in items {
                if by.order(&item.0, &best.0, budget)? == wanted {
                    best = item;
                }
            }
            Ok(best.1)
        }
        Filter::GroupBy => groups(sorted(keyed, &by, false, budget)?, budget),
        _ => {
            let sorted = sorted(keyed, &by, is_reverse, budget)?;
            let mut items = budget.list(sorted.len())?;
            items.extend(sorted.into_iter().map(|(_, item)| item));
            Value::list(items)
        }
    }
}

/// An item behind what it is compared by.
type Keyed<'a> = (Value<'a>, Value<'a>);

/// Merges ever longer runs; equal items keep their order, backwards too.
fn sorted<'a>(
    mut items: Vec<Keyed<'a>>,
    by: &By<'_, 'a>,
    is_reverse: bool,
    budget: &mut Budget,
) -> Made<Vec<Keyed<'a>>> {
    budget.holds(items.len().saturating_mul(size_of::<Keyed<'_>>()))?;
    let mut run = 1;
    while run < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        let mut rest = items.into_iter();
        loop {
            let left: Vec<_> = rest.by_ref().take(run).collect();
            if left.is_empty() {
                break;
            }
            let right: Vec<_> = rest.by_ref().take(run).collect();
            let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
            while let (Some(one), Some(two)) = (left.peek(), right.peek()) {
                let order = by.order(&one.0, &two.0, budget)?;
                let order = if is_reverse { order.reverse() } else { order };
                merged.extend(if order.is_gt() { right.next() } else { left.next() });
            }
            merged.extend(left);
            merged.extend(right);
        }
        items = merged;
        run *= 2;
    }
    Ok(items)
}

fn unique<'a>(items: Vec<Keyed<'a>>, by: &By<'_, 'a>, budget: &mut Budget) -> Made<Value<'a>> {
    let (mut keys, mut kept): (Vec<Value<'a>>, Vec<Value<'a>>) = (Vec::new(), Vec::new());
    for (key, item) in items {
        let mut is_known = false;
        for known in &keys {
            is_known = match (known.as_text(), key.as_text()) {
                (Some(_), Some(_)) => by.order(known, &key, budget)?.is_eq(),
                _ => same(known, &key, budget)?,
            };
            if is_known {
                break;
            }
        }
        if !is_known {
            budget.item()?;
            budget.item()?;
            keys.push(key);
            kept.push(item);
        }
    }
    Value::list(kept)
}

/// Pairs of what the items have in common and the items.
fn groups<'a>(items: Vec<Keyed<'a>>, budget: &mut Budget) -> Made<Value<'a>> {
    let mut groups: Vec<(Value<'a>, Vec<Value<'a>>)> = Vec::new();
    for (key, item) in items {
        budget.item()?;
        budget.item()?;
        match groups.last_mut() {
            Some((last, members)) if same(last, &key, budget)? => members.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    let mut pairs = budget.list(groups.len())?;
    for (key, members) in groups {
        pairs.push(pair(key, Value::list(members)?, budget)?);
    }
    Value::list(pairs)
}

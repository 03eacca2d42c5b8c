//! Filters of numbers, and the operators.

use super::super::budget::{Budget, Builder, Made, Stop};
use super::super::show::{bounded, text_of};
use super::super::syntax::Operator;
use super::super::value::{Number, Value};
use super::{Filter, argument};

/// Most decimals that a number is rounded to or written with.
const DECIMALS_MAX: usize = 10;
/// Largest number that is written with decimals: beyond it a fraction has no digit left.
const WRITTEN_MAX: f64 = 1e15;

pub(super) fn apply<'a>(
    filter: Filter,
    input: &Value<'a>,
    arguments: &[Value<'a>],
    budget: &mut Budget,
) -> Made<Value<'a>> {
    match filter {
        Filter::Bool => Ok(Value::Bool(input.is_true())),
        Filter::Int => match input.as_number() {
            Some(number) => Ok(Value::Int(number.whole())),
            None => Ok(or(argument(arguments, 0), Value::Int(0))),
        },
        Filter::Float => match input.as_number() {
            Some(number) => Ok(Value::Float(number.float())),
            None => Ok(or(argument(arguments, 0), Value::Float(0.0))),
        },
        _ if input.is_absent() => Ok(Value::Undefined),
        Filter::Abs => match number(input)? {
            Number::Int(int) => Ok(Value::Int(int.saturating_abs())),
            Number::Float(float) => Ok(Value::Float(float.abs())),
        },
        Filter::Round => round(number(input)?, arguments, budget),
        _ => written(number(input)?, arguments, budget),
    }
}

fn or<'a>(given: &Value<'a>, otherwise: Value<'a>) -> Value<'a> {
    if matches!(given, Value::Unset) { otherwise } else { given.clone() }
}

fn number(value: &Value<'_>) -> Made<Number> {
    match value.as_number() {
        Some(number) => Ok(number),
        None => Stop::wrong(format!("needs a number, not {}", value.kind())),
    }
}

fn round<'a>(number: Number, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let precision = match argument(arguments, 0) {
        Value::Unset => 0,
        value => bounded(value, DECIMALS_MAX, "a precision")?,
    };
    let Number::Float(float) = number else { return number.value() };
    let scale = 10_f64.powi(i32::try_from(precision).unwrap_or(0));
    let scaled = float * scale;
    let rounded = match argument(arguments, 1) {
        Value::Unset => scaled.round(),
        method => match &*text_of(method, budget)? {
            "common" => scaled.round(),
            "ceil" => scaled.ceil(),
            "floor" => scaled.floor(),
            _ => return Stop::wrong("takes the method common, ceil or floor"),
        },
    };
    // What is so large that it has no fraction stays as it is.
    Number::Float(if scaled.is_finite() { rounded / scale } else { float }).value()
}

/// `1234.5` as `1,234.50`: decimals, the mark before them and the mark between thousands.
fn written<'a>(number: Number, arguments: &[Value<'a>], budget: &mut Budget) -> Made<Value<'a>> {
    let decimals = match argument(arguments, 0) {
        Value::Unset => 0,
        value => bounded(value, DECIMALS_MAX, "a number of decimals")?,
    };
    let mark = |position, otherwise: &'static str, budget: &mut Budget| match argument(arguments, position) {
        Value::Unset => Ok(Value::borrowed(otherwise)),
        value => text_of(value, budget).map(Value::Text),
    };
    let (point, group) = (mark(1, ".", budget)?, mark(2, "", budget)?);
    if number.float().abs() > WRITTEN_MAX {
        return Stop::wrong("needs a number of at most fifteen digits");
    }
    let digits = match number {
        Number::Int(int) if decimals == 0 => int.to_string(),
        number => format!("{:.decimals$}", number.float()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut builder = Builder::new(budget)?;
    builder.push(sign)?;
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            builder.push(group.as_text().map_or("", |text| text))?;
        }
        builder.push_char(digit)?;
    }
    if !fraction.is_empty() {
        builder.push(point.as_text().map_or("", |text| text))?;
        builder.push(fraction)?;
    }
    Ok(builder.value())
}

/// Calculates. `joins` says that `+` of two texts joins them, even if both are numbers.
pub(crate) fn calculate<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    joins: bool,
    budget: &mut Budget,
) -> Made<Value<'a>> {
    budget.steps(1)?;
    if operator == Operator::Add {
        match (left, right) {
            (Value::List(one), Value::List(two)) => {
                let mut items = budget.list(one.items.len() + two.items.len())?;
                items.extend(one.items.iter().chain(&two.items).cloned());
                return Value::list(items);
            }
            (Value::Text(one) | Value::Safe(one), Value::Text(two) | Value::Safe(two))
                if joins || left.as_number().is_none() || right.as_number().is_none() =>
            {
                let mut builder = Builder::new(budget)?;
                builder.push(one)?;
                builder.push(two)?;
                return Ok(builder.value());
            }
            _ => {}
        }
    }
    let (Some(one), Some(two)) = (left.as_number(), right.as_number()) else {
        let wrong = if left.as_number().is_none() { left } else { right };
        let hint = if operator == Operator::Add { ": write ~ to join text" } else { "" };
        return Stop::wrong(format!("cannot calculate with {}{hint}", wrong.kind()));
    };
    match (operator, one, two) {
        (Operator::Divide | Operator::DivideWhole | Operator::Remainder, _, two) if two.float() == 0.0 => {
            Stop::wrong("divides by zero")
        }
        (Operator::Divide, one, two) => Number::Float(one.float() / two.float()).value(),
        (Operator::Power, one, two) => power(one, two),
        (operator, Number::Int(one), Number::Int(two)) => {
            let result = match operator {
                Operator::Add => one.checked_add(two),
                Operator::Subtract => one.checked_sub(two),
                Operator::Multiply => one.checked_mul(two),
                Operator::DivideWhole => one.checked_div_euclid(two),
                _ => one.checked_rem_euclid(two),
            };
            result.map_or_else(|| Stop::wrong("the number is too large"), |int| Ok(Value::Int(int)))
        }
        (operator, one, two) => {
            let (one, two) = (one.float(), two.float());
            let result = match operator {
                Operator::Add => one + two,
                Operator::Subtract => one - two,
                Operator::Multiply => one * two,
                Operator::DivideWhole => one.div_euclid(two),
                _ => one.rem_euclid(two),
            };
            Number::Float(result).value()
        }
    }
}

fn power<'a>(base: Number, exponent: Number) -> Made<Value<'a>> {
    match (base, exponent) {
        (Number::Int(base), Number::Int(exponent)) if exponent >= 0 => {
            let result = u32::try_from(exponent).ok().and_then(|exponent| base.checked_pow(exponent));
            result.map_or_else(|| Stop::wrong("the number is too large"), |int| Ok(Value::Int(int)))
        }
        (base, exponent) => Number::Float(base.float().powf(exponent.float())).value(),
    }
}

//! Evaluates expressions. Each costs a step, and nothing is made before it is charged.

use super::budget::{Builder, Stop};
use super::checks;
use super::filters::{self, calculate};
use super::run::Machine;
use super::show::text_of;
use super::syntax::{Call, Comparison, Expr, Fault, Kind, LoopPart, Name, Operator};
use super::value::{Value, order, same};
use crate::limits;

impl<'a> Machine<'a, '_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Result<Value<'a>, Fault> {
        Self::at(expr.at, self.budget.steps(1))?;
        match &expr.kind {
            Kind::Text(text) => Ok(Value::borrowed(text)),
            Kind::Int(int) => Ok(Value::Int(*int)),
            Kind::Float(float) => Ok(Value::Float(*float)),
            Kind::Bool(truth) => Ok(Value::Bool(*truth)),
            Kind::None => Ok(Value::None),
            Kind::Name(name) => Ok(self.named(name)),
            Kind::Captured => Ok(self.captured.clone()),
            Kind::Loop(part) => Ok(self.loop_part(*part)),
            Kind::Cycle(items) => {
                let at = self.rounds.last().map_or(0, |round| round.at);
                self.eval(&items[at % items.len()])
            }
            Kind::Member(of, name) => match self.eval(of)? {
                Value::Unknown => Ok(Value::Unknown),
                of => Self::at(expr.at, of.member(name, self.budget)),
            },
            Kind::Index(two) => self.index(&two.0, &two.1),
            Kind::Slice(parts) => self.slice(expr.at, &parts.0, parts.1.as_ref(), parts.2.as_ref()),
            Kind::List(items) => self.list(expr.at, items),
            Kind::Map(entries) => self.map(expr.at, entries),
            Kind::Not(of) => Ok(match self.eval(of)? {
                Value::Unknown => Value::Unknown,
                value => Value::Bool(!value.is_true()),
            }),
            Kind::Negate(of) => self.calculate(expr.at, Operator::Subtract, None, of),
            Kind::And(two) => match self.eval(&two.0)? {
                Value::Unknown => Ok(Value::Unknown),
                value if value.is_true() => self.eval(&two.1),
                value => Ok(value),
            },
            Kind::Or(two) => match self.eval(&two.0)? {
                Value::Unknown => Ok(Value::Unknown),
                value if value.is_true() => Ok(value),
                _ => self.eval(&two.1),
            },
            Kind::Calculate(operator, two) => self.calculate(expr.at, *operator, Some(&two.0), &two.1),
            Kind::Compare(comparison, two) => self.compare(expr.at, *comparison, &two.0, &two.1),
            Kind::Join(items) => self.join(expr.at, items),
            Kind::Choice(parts) => match (self.eval(&parts.0)?, &parts.2) {
                (Value::Unknown, _) => Ok(Value::Unknown),
                (condition, _) if condition.is_true() => self.eval(&parts.1),
                (_, Some(otherwise)) => self.eval(otherwise),
                (_, None) => Ok(Value::Undefined),
            },
            Kind::Filter(call) => self.filter(expr.at, call),
            Kind::Test(call) => {
                let value = self.eval(&call.input)?;
                let other = match call.arguments.first() {
                    Some(Some(argument)) => self.eval(argument)?,
                    _ => Value::Unset,
                };
                if matches!((&value, &other), (Value::Unknown, _) | (_, Value::Unknown)) {
                    return Ok(Value::Unknown);
                }
                let holds = checks::holds(call.callee, &value, &other, self.budget);
                holds.map(Value::Bool).map_err(|stop| self.wrong_operand(expr.at, stop, &call.input, &value))
            }
            Kind::Range(arguments) => self.range(expr.at, arguments),
        }
    }

    fn named(&self, name: &Name) -> Value<'a> {
        for slot in &name.slots {
            if !matches!(self.slots[*slot], Value::Unset) {
                return self.slots[*slot].clone();
            }
        }
        self.field(name.field)
    }

    fn loop_part(&self, part: LoopPart) -> Value<'a> {
        let Some(round) = self.rounds.last() else { return Value::Undefined };
        let (at, length) = (round.at, round.list.items.len());
        let int = |number: usize| Value::Int(number as i128);
        let item = |at: Option<usize>| at.and_then(|at| round.list.items.get(at)).cloned().unwrap_or(Value::Undefined);
        match part {
            LoopPart::Index => int(at + 1),
            LoopPart::Index0 => int(at),
            LoopPart::Revindex => int(length - at),
            LoopPart::Revindex0 => int(length - at - 1),
            LoopPart::First => Value::Bool(at == 0),
            LoopPart::Last => Value::Bool(at + 1 == length),
            LoopPart::Length => int(length),
            LoopPart::Previous => item(at.checked_sub(1)),
            LoopPart::Next => item(Some(at + 1)),
        }
    }

    fn index(&mut self, of: &'a Expr, index: &'a Expr) -> Result<Value<'a>, Fault> {
        let (value, index_value) = (self.eval(of)?, self.eval(index)?);
        if matches!((&value, &index_value), (Value::Unknown, _) | (_, Value::Unknown)) {
            return Ok(Value::Unknown);
        }
        let position = |length: usize| {
            let position = index_value.as_number()?.whole();
            let position = if position < 0 { position.checked_add(length as i128)? } else { position };
            usize::try_from(position).ok()
        };
        match &value {
            Value::List(list) => {
                let found = position(list.items.len()).and_then(|at| list.items.get(at));
                Ok(found.cloned().unwrap_or(Value::Undefined))
            }
            Value::Text(text) | Value::Safe(text) => {
                Self::at(of.at, self.budget.reads(text.len()))?;
                let found = position(text.chars().count()).and_then(|at| text.chars().nth(at));
                let Some(c) = found else { return Ok(Value::Undefined) };
                let mut builder = Self::at(of.at, Builder::new(self.budget))?;
                Self::at(of.at, builder.push_char(c))?;
                Ok(builder.value())
            }
            value => {
                let name = Self::at(index.at, text_of(&index_value, self.budget))?;
                Self::at(of.at, value.member(&name, self.budget))
            }
        }
    }

    fn slice(
        &mut self,
        at: usize,
        of: &'a Expr,
        from: Option<&'a Expr>,
        to: Option<&'a Expr>,
    ) -> Result<Value<'a>, Fault> {
        let value = self.eval(of)?;
        let mut bound = |expr: Option<&'a Expr>| expr.map(|expr| self.eval(expr)).transpose();
        let (from, to) = (bound(from)?, bound(to)?);
        let is_unknown = |value: &Option<Value<'a>>| matches!(value, Some(Value::Unknown));
        if matches!(value, Value::Unknown) || is_unknown(&from) || is_unknown(&to) {
            return Ok(Value::Unknown);
        }
        let cut = |length: usize, bound: &Option<Value<'a>>, otherwise: usize| {
            let Some(number) = bound.as_ref().and_then(Value::as_number) else { return otherwise };
            let number = number.whole();
            let number = if number < 0 { number.saturating_add(length as i128).max(0) } else { number };
            usize::try_from(number).map_or(length, |number| number.min(length))
        };
        match &value {
            Value::Text(text) | Value::Safe(text) => {
                Self::at(at, self.budget.reads(text.len()))?;
                let length = text.chars().count();
                let (from, to) = (cut(length, &from, 0), cut(length, &to, length));
                let byte = |char: usize| text.char_indices().nth(char).map_or(text.len(), |(at, _)| at);
                let mut builder = Self::at(at, Builder::new(self.budget))?;
                Self::at(at, builder.push(text.get(byte(from)..byte(to)).unwrap_or("")))?;
                Ok(builder.value())
            }
            Value::List(list) => {
                let length = list.items.len();
                let (from, to) = (cut(length, &from, 0), cut(length, &to, length));
                let part = list.items.get(from..to).unwrap_or(&[]);
                let mut items = Self::at(at, self.budget.list(part.len()))?;
                items.extend(part.iter().cloned());
                Self::at(at, Value::list(items))
            }
            _ => Ok(Value::Undefined),
        }
    }

    fn list(&mut self, at: usize, exprs: &'a [Expr]) -> Result<Value<'a>, Fault> {
        let mut items = Self::at(at, self.budget.list(exprs.len()))?;
        for expr in exprs {
            items.push(self.eval(expr)?);
        }
        if items.iter().any(|item| matches!(item, Value::Unknown)) {
            return Ok(Value::Unknown);
        }
        Self::at(at, Value::list(items))
    }

    fn map(&mut self, at: usize, exprs: &'a [(Expr, Expr)]) -> Result<Value<'a>, Fault> {
        // An entry takes the room of two values.
        Self::at(at, self.budget.list(exprs.len().saturating_mul(2)).map(drop))?;
        let mut entries = Vec::with_capacity(exprs.len());
        let mut is_unknown = false;
        for (name, value) in exprs {
            let (name_value, value) = (self.eval(name)?, self.eval(value)?);
            is_unknown |= matches!((&name_value, &value), (Value::Unknown, _) | (_, Value::Unknown));
            entries.push((Self::at(name.at, text_of(&name_value, self.budget))?, value));
        }
        if is_unknown { Ok(Value::Unknown) } else { Self::at(at, Value::map(entries)) }
    }

    /// Calculates; without a left side, the number is subtracted from nothing.
    fn calculate(
        &mut self,
        at: usize,
        operator: Operator,
        left: Option<&'a Expr>,
        right: &'a Expr,
    ) -> Result<Value<'a>, Fault> {
        let one = left.map_or(Ok(Value::Int(0)), |left| self.eval(left))?;
        let two = self.eval(right)?;
        if matches!((&one, &two), (Value::Unknown, _) | (_, Value::Unknown)) {
            let is_wrong = |value: &Value<'a>| !matches!(value, Value::Unknown) && value.as_number().is_none();
            return match [&one, &two].into_iter().find(|value| is_wrong(value)) {
                // Whatever the other side is.
                Some(wrong) if operator != Operator::Add => {
                    Err(Fault::new(at, format!("cannot calculate with {}", wrong.kind())))
                }
                _ => Ok(Value::Unknown),
            };
        }
        let is_text = |expr: &Expr| matches!(expr.kind, Kind::Text(_) | Kind::Join(_));
        let joins = left.is_some_and(is_text) || is_text(right);
        let made = calculate(operator, &one, &two, joins, self.budget);
        let (wrong, value) = match left {
            Some(left) if one.as_number().is_none() => (left, &one),
            _ => (right, &two),
        };
        let at = if value.as_number().is_none() { wrong.at } else { left.map_or(at, |left| left.at) };
        made.map_err(|stop| self.wrong_operand(at, stop, wrong, value))
    }

    fn compare(
        &mut self,
        at: usize,
        comparison: Comparison,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Result<Value<'a>, Fault> {
        let (one, two) = (self.eval(left)?, self.eval(right)?);
        if matches!((&one, &two), (Value::Unknown, _) | (_, Value::Unknown)) {
            return Ok(Value::Unknown);
        }
        let budget = &mut *self.budget;
        let holds = match comparison {
            Comparison::Equal => same(&one, &two, budget),
            Comparison::Unequal => same(&one, &two, budget).map(|same| !same),
            Comparison::In => checks::contains(&two, &one, budget),
            Comparison::NotIn => checks::contains(&two, &one, budget).map(|contains| !contains),
            // What is absent is neither more nor less than anything.
            Comparison::Less => order(&one, &two, budget).map(|order| order.is_some_and(|order| order.is_lt())),
            Comparison::LessOrEqual => order(&one, &two, budget).map(|order| order.is_some_and(|order| order.is_le())),
            Comparison::Greater => order(&one, &two, budget).map(|order| order.is_some_and(|order| order.is_gt())),
            Comparison::GreaterOrEqual => {
                order(&one, &two, budget).map(|order| order.is_some_and(|order| order.is_ge()))
            }
        };
        let (wrong, value) = if one.as_number().is_none() { (left, &one) } else { (right, &two) };
        holds.map(Value::Bool).map_err(|stop| self.wrong_operand(at, stop, wrong, value))
    }

    /// The fault of an operation: names the field that is to blame, never its value.
    fn wrong_operand(&self, at: usize, stop: Stop, wrong: &Expr, value: &Value<'_>) -> Fault {
        match (stop, wrong.path()) {
            (Stop::Wrong(message), Some(path)) if value.as_number().is_none() => {
                Fault::new(at, format!("{path} is {}: {message}", value.kind()))
            }
            (stop, _) => Fault::new(at, stop.message()),
        }
    }

    fn join(&mut self, at: usize, exprs: &'a [Expr]) -> Result<Value<'a>, Fault> {
        let mut items = Self::at(at, self.budget.list(exprs.len()))?;
        for expr in exprs {
            items.push(self.eval(expr)?);
        }
        if items.iter().any(|item| matches!(item, Value::Unknown)) {
            return Ok(Value::Unknown);
        }
        let is_safe = items.iter().all(|item| matches!(item, Value::Safe(_)));
        let mut builder = Self::at(at, Builder::new(self.budget))?;
        for item in &items {
            let text = Self::at(at, text_of(item, builder.budget()))?;
            Self::at(at, builder.push(&text))?;
        }
        Ok(if is_safe { Value::Safe(builder.done()) } else { builder.value() })
    }

    fn filter(&mut self, at: usize, call: &'a Call<filters::Filter>) -> Result<Value<'a>, Fault> {
        let input = self.eval(&call.input)?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let value = argument.as_ref().map_or(Ok(Value::Unset), |argument| self.eval(argument))?;
            // An argument that is absent is one that was not given.
            arguments.push(if value.is_absent() { Value::Unset } else { value });
        }
        if std::iter::once(&input).chain(&arguments).any(|value| matches!(value, Value::Unknown)) {
            return Ok(Value::Unknown);
        }
        filters::apply(call.callee, input, &arguments, self.budget).map_err(|stop| match stop {
            Stop::Wrong(message) => {
                let of = call.input.path().map_or_else(String::new, |path| format!(" of {path}"));
                Fault::new(at, format!("filter {}{of}: {message}", filters::name_of(call.callee)))
            }
            stop => Fault::new(at, stop.message()),
        })
    }

    fn range(&mut self, at: usize, exprs: &'a [Expr]) -> Result<Value<'a>, Fault> {
        let mut bounds = [0, 0, 1];
        for (position, expr) in exprs.iter().enumerate() {
            bounds[position] = match self.eval(expr)? {
                Value::Unknown => return Ok(Value::Unknown),
                // What is absent counts nothing.
                value if value.is_absent() => return Self::at(at, Value::list(Vec::new())),
                value => match value.as_number() {
                    Some(number) => number.whole(),
                    None => return Err(Fault::new(expr.at, format!("range needs numbers, not {}", value.kind()))),
                },
            };
        }
        let [from, to, step] = if exprs.len() == 1 { [0, bounds[0], 1] } else { bounds };
        if step == 0 {
            return Err(Fault::new(at, "range needs a step that is not 0"));
        }
        let far = to.saturating_sub(from);
        let count = if (far > 0) == (step > 0) { far.unsigned_abs().div_ceil(step.unsigned_abs()) } else { 0 };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > limits::RANGE_MAX {
            return Err(Fault::new(at, format!("range makes at most {} numbers", limits::RANGE_MAX)));
        }
        let mut items = Self::at(at, self.budget.list(count))?;
        let mut number = from;
        for _ in 0..count {
            items.push(Value::Int(number));
            number = number.saturating_add(step);
        }
        Self::at(at, Value::list(items))
    }
}

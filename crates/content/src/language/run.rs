//! Renders a part: goes through its nodes once, under a budget.
//!
//! While a template is checked, every field is [`Value::Unknown`]: what depends on one is passed over, so that a fault
//! that is found is one for every recipient.

use super::budget::{Budget, Made};
use super::output::Output;
use super::syntax::{Expr, Fault, For, Node, Program};
use super::value::{List, Value};
use crate::limits;
use std::rc::Rc;

/// A part that is being rendered.
pub(crate) struct Machine<'a, 'b> {
    source: &'a str,
    /// The values of the fields, by the number of their name.
    fields: &'b [Value<'a>],
    pub(super) slots: Vec<Value<'a>>,
    pub(super) rounds: Vec<Round<'a>>,
    pub(super) captured: Value<'a>,
    pub(super) budget: &'b mut Budget,
    is_html: bool,
    /// Whether the template is checked, not rendered.
    is_check: bool,
}

/// The round of a loop.
pub(super) struct Round<'a> {
    pub(super) list: Rc<List<'a>>,
    pub(super) at: usize,
}

/// What a part is rendered with.
pub(crate) struct Setting<'a, 'b> {
    pub(crate) source: &'a str,
    /// The values of the fields, by the number of their name; none while the template is checked.
    pub(crate) fields: Option<&'b [Value<'a>]>,
    pub(crate) is_html: bool,
    pub(crate) limit: usize,
}

/// Renders a part.
pub(crate) fn render<'a>(
    program: &'a Program,
    setting: &Setting<'a, '_>,
    budget: &mut Budget,
) -> Result<String, Fault> {
    let slots = budget.list(program.slots).map(|mut slots| {
        slots.resize(program.slots, Value::Unset);
        slots
    });
    let mut machine = Machine {
        source: setting.source,
        fields: setting.fields.unwrap_or(&[]),
        slots: slots.map_err(|stop| Fault::new(0, stop.message()))?,
        rounds: Vec::new(),
        captured: Value::Unset,
        budget,
        is_html: setting.is_html,
        is_check: setting.fields.is_none(),
    };
    let mut output = Output::new(setting.limit);
    if !machine.is_check {
        output.reserve(setting.source.len() + 256);
    }
    machine.nodes(&program.nodes, &mut output)?;
    Ok(output.done())
}

impl<'a> Machine<'a, '_> {
    /// What became of something at a place.
    pub(super) fn at<T>(at: usize, made: Made<T>) -> Result<T, Fault> {
        made.map_err(|stop| Fault::new(at, stop.message()))
    }

    /// The value of a field.
    pub(super) fn field(&self, number: usize) -> Value<'a> {
        if self.is_check {
            return Value::Unknown;
        }
        self.fields.get(number).cloned().unwrap_or(Value::Undefined)
    }

    fn nodes(&mut self, nodes: &'a [Node], output: &mut Output) -> Result<(), Fault> {
        for node in nodes {
            match node {
                Node::Text(range) => {
                    Self::at(range.start, output.put(&self.source[range.clone()], self.budget))?;
                }
                Node::Write(value) => {
                    let shown = self.eval(value)?;
                    Self::at(value.at, output.write(&shown, self.is_html, self.budget))?;
                }
                Node::If { arms, otherwise } => self.branch(arms, otherwise, output)?,
                Node::For(each) => self.each(each, output)?,
                Node::Set { slots, value } => {
                    let set = self.eval(value)?;
                    self.assign(slots, set, value.at)?;
                }
                Node::Capture { slot, value, body } => self.capture(*slot, value, body, output)?,
            }
        }
        Ok(())
    }

    fn branch(
        &mut self,
        arms: &'a [(Expr, Vec<Node>)],
        otherwise: &'a [Node],
        output: &mut Output,
    ) -> Result<(), Fault> {
        for (position, (condition, body)) in arms.iter().enumerate() {
            match self.eval(condition)? {
                Value::Unknown => {
                    arms[position..].iter().try_for_each(|(_, body)| self.forget(body, condition.at))?;
                    return self.forget(otherwise, condition.at);
                }
                value if value.is_true() => return self.nodes(body, output),
                _ => {}
            }
        }
        self.nodes(otherwise, output)
    }

    /// Nobody knows what these nodes set.
    fn forget(&mut self, nodes: &'a [Node], at: usize) -> Result<(), Fault> {
        Self::at(at, self.budget.steps(1 + nodes.len()))?;
        for node in nodes {
            match node {
                Node::Set { slots, .. } => slots.iter().for_each(|slot| self.slots[*slot] = Value::Unknown),
                Node::Capture { slot, body, .. } => {
                    if let Some(slot) = slot {
                        self.slots[*slot] = Value::Unknown;
                    }
                    self.forget(body, at)?;
                }
                Node::If { arms, otherwise } => {
                    arms.iter().try_for_each(|(_, body)| self.forget(body, at))?;
                    self.forget(otherwise, at)?;
                }
                // What a loop sets is its own.
                Node::For(_) | Node::Text(_) | Node::Write(_) => {}
            }
        }
        Ok(())
    }

    fn assign(&mut self, slots: &[usize], value: Value<'a>, at: usize) -> Result<(), Fault> {
        if let [slot] = slots {
            self.slots[*slot] = value;
            return Ok(());
        }
        match &value {
            Value::Unknown => slots.iter().for_each(|slot| self.slots[*slot] = Value::Unknown),
            Value::List(list) if list.items.len() == slots.len() => {
                slots.iter().zip(&list.items).for_each(|(slot, item)| self.slots[*slot] = item.clone());
            }
            value => {
                let message = format!("{} names need a list of as many, and this is {}", slots.len(), value.kind());
                return Err(Fault::new(at, message));
            }
        }
        Ok(())
    }

    fn each(&mut self, each: &'a For, output: &mut Output) -> Result<(), Fault> {
        let over = self.eval(&each.over)?;
        let at = each.over.at;
        let list = match &over {
            Value::Unknown => return Ok(()),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                let name = each.over.path().unwrap_or_else(|| "this".to_owned());
                return Err(Fault::new(at, format!("{name} is {}: a loop needs a list", over.kind())));
            }
            Value::Map(_) if each.slots.len() == 2 => {
                let items = super::filters::apply(super::filters::Filter::Items, over, &[], self.budget);
                Self::at(at, Self::at(at, items)?.items(self.budget))?
            }
            over => Self::at(at, over.items(self.budget))?,
        };
        let list = match &each.only_if {
            None => list,
            Some(condition) => match self.chosen(each, &list, condition)? {
                Some(list) => list,
                None => return Ok(()),
            },
        };
        if list.items.is_empty() {
            return self.nodes(&each.otherwise, output);
        }
        for position in 0..list.items.len() {
            Self::at(at, self.budget.steps(1 + each.inner.len() / 4))?;
            self.slots[each.inner.clone()].fill(Value::Unset);
            self.assign(&each.slots, list.items[position].clone(), at)?;
            self.rounds.push(Round { list: Rc::clone(&list), at: position });
            let round = self.nodes(&each.body, output);
            self.rounds.pop();
            round?;
        }
        Ok(())
    }

    /// The items for which a loop's own condition holds; none if nobody knows.
    fn chosen(
        &mut self,
        each: &'a For,
        list: &Rc<List<'a>>,
        condition: &'a Expr,
    ) -> Result<Option<Rc<List<'a>>>, Fault> {
        let at = condition.at;
        let mut chosen = Vec::new();
        for item in &list.items {
            self.slots[each.inner.clone()].fill(Value::Unset);
            Self::at(at, self.budget.steps(1 + each.inner.len() / 4))?;
            self.assign(&each.slots, item.clone(), at)?;
            match self.eval(condition)? {
                Value::Unknown => return Ok(None),
                value if value.is_true() => {
                    Self::at(at, self.budget.item())?;
                    chosen.push(item.clone());
                }
                _ => {}
            }
        }
        let chosen = Self::at(at, Value::list(chosen))?;
        Self::at(at, chosen.items(self.budget)).map(Some)
    }

    fn capture(
        &mut self,
        slot: Option<usize>,
        value: &'a Expr,
        body: &'a [Node],
        output: &mut Output,
    ) -> Result<(), Fault> {
        let mut block = Output::captured(limits::OUTPUT_MAX_BYTES);
        self.nodes(body, &mut block)?;
        let text = super::value::Text::Shared(block.done().into());
        self.captured = match (self.is_check, self.is_html) {
            (true, _) => Value::Unknown,
            // What was written is HTML already.
            (false, true) => Value::Safe(text),
            (false, false) => Value::Text(text),
        };
        let value_of_block = self.eval(value)?;
        match slot {
            Some(slot) => self.slots[slot] = value_of_block,
            None => Self::at(value.at, output.write(&value_of_block, self.is_html, self.budget))?,
        }
        Ok(())
    }
}

//! The language of templates: what people know from Jinja, read once into a plan and rendered under a budget.
//!
//! Every byte and every step is charged before it is taken (`budget`), so a template or a recipient from a stranger
//! costs bounded time, memory and stack whatever it says. Not here: which parts a message has (`template`), the
//! values of the fields (`scope`). `docs/templates.md` describes the language for authors.

mod analysis;
mod budget;
mod checks;
mod damage;
mod eval;
mod expressions;
mod filters;
mod habits;
mod output;
mod parse;
mod pieces;
mod run;
mod show;
mod stream;
mod suffixes;
mod syntax;
mod tokens;
mod value;

pub(crate) use analysis::Uses;
pub(crate) use budget::Budget;
pub(crate) use damage::check as check_damage;
pub(crate) use parse::parse;
pub(crate) use run::{Setting, render};
pub(crate) use syntax::{Fault, Names, Program};
pub(crate) use value::{Text, Value, number_of};

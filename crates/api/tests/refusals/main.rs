//! Every refusal there is, really met, and which of two comes first.

#![cfg(test)]

mod catalogue;
mod order;
mod page;
mod provoke;
mod scenes;
#[path = "../support/mod.rs"]
mod support;

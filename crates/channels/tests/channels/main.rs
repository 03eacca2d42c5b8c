//! The adapters against real servers on this machine.

#![cfg(test)]

#![expect(clippy::unwrap_used, reason = "a test whose setting cannot be made must fail")]

mod contract;
mod opening;
mod pipeline;
mod sandbox;
mod support;
mod text;
mod truth;

//! The mouths of Postrider: adapters that hand messages to providers.
//!
//! Every adapter implements [`postrider_core::channel::Channel`]. Not here: when, to whom and how often something
//! is sent; the engine decides that. Invariant: `send` answers one outcome for each message, in order, and never
//! claims a hand-off that no provider confirmed.

pub mod proxy;
pub mod sandbox;
pub mod sink;
pub mod smtp;
pub mod webhook;

mod refusal;
mod trust;
mod wire;

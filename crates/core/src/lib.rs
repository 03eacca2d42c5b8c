//! The rules of Postrider.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no chance, no async runtime.
//! The world is reached only through the ports in [`env`] and [`channel`], which others implement.
//! Invariant: nothing in this crate can fail for a reason outside its arguments.

pub mod address;
pub mod attribute;
pub mod audience;
pub mod campaign;
pub mod channel;
pub mod content;
pub mod delivery;
pub mod env;
pub mod error;
pub mod event;
pub mod formula;
pub mod hold;
pub mod id;
pub mod import;
pub mod instance;
pub mod invariant;
pub mod pacing;
pub mod person_name;
pub mod person_search;
pub mod planted;
pub mod preflight;
pub mod punycode;
pub mod push;
pub mod rate_limit;
pub mod schedule;
pub mod scope;
pub mod sender_domain;
pub mod time;
pub mod timeline;
pub mod visible;
pub mod webhook;
pub mod wording;

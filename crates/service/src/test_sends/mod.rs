//! Test sends: a campaign's message to a few named addresses, by the way that its real messages take.
//!
//! A test is a job of its own with its own ledger. Invariant: nothing of it shows in the campaign's state, accounts,
//! deliveries or jobs, and nobody is sent to who must not be.

mod addressees;
mod create;
mod view;

pub use create::{ADDRESSES_MAX, TestSendCommand};
pub use view::{TestSend, TestSendRecipient};

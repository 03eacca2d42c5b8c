//! Statements of the senders.

use crate::statements;

statements! { "senders": }

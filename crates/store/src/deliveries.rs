//! Statements of the deliveries.

use crate::statements;

statements! { "deliveries": }

//! Statements of the idempotency.

use crate::statements;

statements! { "idempotency": }

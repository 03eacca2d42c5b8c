//! Statements of the suppressions.

use crate::statements;

statements! { "suppressions": }

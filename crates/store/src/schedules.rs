//! Statements of the schedules.

use crate::statements;

statements! { "schedules": }

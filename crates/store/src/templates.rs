//! Statements of the templates.

use crate::statements;

statements! { "templates": }

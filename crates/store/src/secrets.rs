//! Statements of the secrets.

use crate::statements;

statements! { "secrets": }

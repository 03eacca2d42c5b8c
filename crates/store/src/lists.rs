//! Statements of the lists.

use crate::statements;

statements! { "lists": }

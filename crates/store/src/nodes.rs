//! Statements of the nodes.

use crate::statements;

statements! { "nodes": }

//! Statements of the clients.

use crate::statements;

statements! { "clients": }

//! Statements of the profiles.

use crate::statements;

statements! { "profiles": }

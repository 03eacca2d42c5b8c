//! Statements of the campaigns.

use crate::statements;

statements! { "campaigns": }

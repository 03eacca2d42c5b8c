//! Statements of the tenants.

use crate::statements;

statements! { "tenants": }

//! Statements of the manifests.

use crate::statements;

statements! { "manifests": }

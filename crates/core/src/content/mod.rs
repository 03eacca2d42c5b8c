//! The states of a template. Rendering is not here: it needs a template engine and lives in its own crate.

use crate::campaign::words;

/// Where a template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateStatus {
    /// Never published.
    Draft,
    /// Has a published version; campaigns may be bound to it.
    Published,
    /// Put away; jobs already committed still use the version they have.
    Archived,
}

words!(TemplateStatus { Draft => "draft", Published => "published", Archived => "archived" });

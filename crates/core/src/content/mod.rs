//! The states of a template, and names. Rendering is not here: it needs a template engine and lives in its own crate.

use crate::campaign::words;
use crate::error::Refusal;
use crate::visible;

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

/// Whose fields the message of a test send shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestFields {
    /// Those of a profile that the request names.
    Profile,
    /// Those of the person who has the address.
    Recipient,
    /// Those of the first recipient of the campaign, since nobody has the address.
    Sample,
    /// None: nobody has the address, and there is no sample or the caller may not read people.
    None,
}

words!(TestFields { Profile => "profile", Recipient => "recipient", Sample => "sample", None => "none" });

/// Longest name of a template, a sender profile or a campaign, in characters.
pub const NAME_MAX_CHARS: usize = 255;

/// Checks the name of something that people keep: 1 to [`NAME_MAX_CHARS`] characters, not blank, nothing hidden in it.
///
/// # Errors
/// `REQUEST_INVALID` at `name`.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > NAME_MAX_CHARS {
        return Err(Refusal::invalid("name", Some(name), format!("must have 1 to {NAME_MAX_CHARS} characters")));
    }
    visible::check(name).map_err(|problem| Refusal::invalid("name", Some(name), problem))
}

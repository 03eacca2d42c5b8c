//! Static lists: named sets of profiles that somebody put together by hand.

mod create;
mod delete;
mod get;
mod members;
mod update;

pub use create::CreateList;
pub use get::{PAGE_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, PageOf};
pub use members::{CONTACT_KEYS_MAX, InvalidKey, MembersChange, MembersChanged};
pub use postrider_store::lists::{ListRow, MemberRow};
pub use update::UpdateList;

use postrider_core::error::Refusal;
use postrider_core::visible;

/// Longest name, in characters (the seed API).
pub const NAME_CHARS_MAX: usize = 200;
/// Longest description, in characters (the seed API).
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;

/// The name without blanks around it.
///
/// # Errors
/// `REQUEST_INVALID` if it is empty, too long or something is hidden in it.
pub(crate) fn check_name(given: &str) -> Result<String, Refusal> {
    let name = given.trim();
    if name.is_empty() || given.chars().count() > NAME_CHARS_MAX {
        return Err(Refusal::invalid("name", Some(name), format!("must have 1 to {NAME_CHARS_MAX} characters")));
    }
    visible::check(given).map_err(|problem| Refusal::invalid("name", None, problem))?;
    Ok(name.to_owned())
}

/// The description, absent if it is blank.
pub(crate) fn check_description(description: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = description.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > DESCRIPTION_CHARS_MAX {
        let problem = format!("is longer than {DESCRIPTION_CHARS_MAX} characters");
        return Err(Refusal::invalid("description", None, problem));
    }
    if text.contains('\0') {
        return Err(Refusal::invalid("description", None, "contains a control character"));
    }
    Ok(Some(text.to_owned()))
}

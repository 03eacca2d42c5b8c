//! What a campaign is called and filed under.

use postrider_core::campaign::category;
use postrider_core::error::Refusal;
use postrider_core::visible;

/// Longest name, in characters.
pub(super) const NAME_CHARS_MAX: usize = 255;
/// Longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Most tags that a caller may give; the category is added to them.
const TAGS_MAX: usize = 25;
/// Longest tag, in characters.
const TAG_CHARS_MAX: usize = 100;
/// Longest external id, in characters.
const EXTERNAL_ID_CHARS_MAX: usize = 255;
/// Largest metadata as compact JSON, in bytes: 16 KB.
const METADATA_BYTES_MAX: usize = 16 * 1024;

/// What a campaign is called and filed under, as given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Its name, 1 to 255 characters.
    pub name: String,
    /// What it is for, at most 2,000 characters.
    pub description: Option<String>,
    /// One of [`postrider_core::campaign::CATEGORIES`]; anything else becomes `general`.
    pub category: Option<String>,
    /// At most 25 of at most 100 characters.
    pub tags: Vec<String>,
    /// The client's own id, at most 255 characters.
    pub external_id: Option<String>,
    /// The client's own data: a JSON object of at most 16 KB, as compact text.
    pub metadata: Option<String>,
}

impl Details {
    /// Checks everything and puts it into the form that is stored: the category is a known one and among the tags,
    /// each tag once.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path of the first field that is wrong.
    pub fn checked(self) -> Result<Self, Refusal> {
        name_fits(&self.name)?;
        if let Some(description) = &self.description {
            no_nul("description", description)?;
            at_most("description", description, DESCRIPTION_CHARS_MAX)?;
        }
        if self.tags.len() > TAGS_MAX {
            return Err(Refusal::invalid("tags", None, format!("must have at most {TAGS_MAX} entries")));
        }
        for (index, tag) in self.tags.iter().enumerate() {
            text(&format!("tags[{index}]"), tag, TAG_CHARS_MAX)?;
        }
        if let Some(external_id) = &self.external_id {
            text("externalId", external_id, EXTERNAL_ID_CHARS_MAX)?;
        }
        if let Some(metadata) = &self.metadata {
            no_nul("metadata", metadata)?;
            if metadata.len() > METADATA_BYTES_MAX {
                return Err(Refusal::invalid("metadata", None, "must have at most 16 KB as JSON"));
            }
        }
        let category = category(self.category.as_deref());
        let mut tags: Vec<String> = Vec::with_capacity(self.tags.len() + 1);
        for tag in self.tags.into_iter().chain([category.to_owned()]) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(Self { tags, category: Some(category.to_owned()), ..self })
    }
}

/// Refuses a name that no campaign can have.
pub(super) fn name_fits(name: &str) -> Result<(), Refusal> {
    text("name", name, NAME_CHARS_MAX)
}

/// Text of one line that is neither blank nor too long.
fn text(path: &str, value: &str, chars_max: usize) -> Result<(), Refusal> {
    if value.trim().is_empty() {
        return Err(Refusal::invalid(path, Some(value), "must not be empty"));
    }
    visible::check(value).map_err(|problem| Refusal::invalid(path, Some(value), problem))?;
    at_most(path, value, chars_max)
}

fn at_most(path: &str, value: &str, chars_max: usize) -> Result<(), Refusal> {
    if value.chars().count() > chars_max {
        return Err(Refusal::invalid(path, Some(value), format!("must have at most {chars_max} characters")));
    }
    Ok(())
}

/// No database's text column holds NUL; in JSON text it stands as an escape.
fn no_nul(path: &str, value: &str) -> Result<(), Refusal> {
    if value.contains('\0') {
        return Err(Refusal::invalid(path, None, "must not contain the character NUL"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::error::Detail;

    fn refused_at(details: Details) -> String {
        match details.checked().unwrap_err().detail {
            Detail::Field { path, .. } => path,
            other => panic!("a field is refused, not {other:?}"),
        }
    }

    #[test]
    fn an_unknown_or_absent_category_is_general_and_every_category_is_a_tag() {
        let cases = [(None, "general"), (Some("nonsense"), "general"), (Some("Promotional"), "promotional")];
        for (given, stored) in cases {
            let details = Details {
                name: "A".into(),
                category: given.map(str::to_owned),
                tags: vec!["x".into(), "x".into()],
                ..Default::default()
            };
            let checked = details.checked().unwrap();
            assert_eq!(checked.category.as_deref(), Some(stored));
            assert_eq!(checked.tags, ["x", stored]);
        }
    }

    #[test]
    fn limits_are_kept_to_the_character() {
        let fits = Details {
            name: "é".repeat(255),
            description: Some("d".repeat(2_000)),
            category: None,
            tags: (0..25).map(|number| format!("{number:0>100}")).collect(),
            external_id: Some("x".repeat(255)),
            metadata: Some("x".repeat(16 * 1024)),
        };
        let checked = fits.clone().checked().unwrap();
        assert_eq!(checked.tags.len(), 26);
        let cases = [
            (Details { name: String::new(), ..fits.clone() }, "name"),
            (Details { name: " \u{a0}".into(), ..fits.clone() }, "name"),
            (Details { name: "é".repeat(256), ..fits.clone() }, "name"),
            (Details { name: "a\0b".into(), ..fits.clone() }, "name"),
            (Details { description: Some("d".repeat(2_001)), ..fits.clone() }, "description"),
            (Details { tags: vec!["t".into(); 26], ..fits.clone() }, "tags"),
            (Details { tags: vec!["t".into(), "t".repeat(101)], ..fits.clone() }, "tags[1]"),
            (Details { tags: vec![String::new()], ..fits.clone() }, "tags[0]"),
            (Details { external_id: Some("x".repeat(256)), ..fits.clone() }, "externalId"),
            (Details { metadata: Some("x".repeat(16 * 1024 + 1)), ..fits }, "metadata"),
        ];
        for (details, path) in cases {
            assert_eq!(refused_at(details), path);
        }
    }
}

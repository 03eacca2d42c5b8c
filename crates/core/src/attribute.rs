//! Kinds of attributes: what a field of the tenant's own holds.
//!
//! An attribute keeps the kind of its first value until somebody changes it. A date is stored as text in the form of
//! ISO 8601, so a value of the kind text can look like a date; [`looks_like_date`] says when it does.

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeKind {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A day or an instant, as text in the form of ISO 8601.
    Date,
    /// True or false.
    Boolean,
    /// A list of texts.
    List,
}

impl AttributeKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Date, Self::Boolean, Self::List];

    /// The word used in JSON, on the command line and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Boolean => "boolean",
            Self::List => "list",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind in a sentence: "it is a number".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Boolean => "true or false",
            Self::List => "a list",
        }
    }
}

/// Whether a text has the form of a day (`2026-05-01`), or of a day with a time after `T` or a blank. The database
/// counts people by the same form, so this looks at the form alone: whether the day exists is another question.
#[must_use]
pub fn looks_like_date(text: &str) -> bool {
    let fits = |bytes: &[u8], form: &[u8]| {
        bytes.iter().zip(form).all(|(byte, wanted)| match wanted {
            b'9' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b' '),
            wanted => byte == wanted,
        })
    };
    match text.as_bytes() {
        day if day.len() == 10 => fits(day, b"9999-99-99"),
        instant if instant.len() >= 16 => fits(instant, b"9999-99-99T99:99"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_date_is_a_day_with_or_without_a_time() {
        for text in
            ["2026-05-01", "2026-05-01T09:00", "2026-05-01 09:00:00Z", "2026-13-99", "2026-05-01T09:00:00+02:00"]
        {
            assert!(looks_like_date(text), "{text}");
        }
        for text in
            ["", "2026-5-1", "01.05.2026", "2026-05-01T", "2026-05-01T9", "2026-05-01x09:00", "20260501", "２026-05-01"]
        {
            assert!(!looks_like_date(text), "{text}");
        }
    }
}

//! What a caller says of a file, as far as its headers and first rows do not say it.

use serde::{Deserialize, Serialize};

/// What a caller says of a file. Stored with its job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// `(column, field)`; `-` leaves the column out. The others are taken by their headers.
    pub columns: Vec<(String, String)>,
    /// Cells of columns of consent that mean yes, beside those that are known.
    pub yes: Vec<String>,
    /// Cells of columns of consent that mean no.
    pub no: Vec<String>,
}

impl Mapping {
    /// Reads what is stored. Releases before this form stored the columns alone.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        if text.starts_with('[') {
            return Ok(Self { columns: serde_json::from_str(text)?, ..Self::default() });
        }
        serde_json::from_str(text)
    }
}

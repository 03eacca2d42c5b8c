//! What a caller says of a file, as far as its headers and first rows do not say it.

use super::encoding;
use encoding_rs::Encoding;
use postrider_core::error::{Code, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// The export of another system that the file is; `none` if it is none. Recognized if absent.
    pub preset: Option<String>,
    /// Whether the file may set the consent of somebody who denied it before.
    pub revive_consent: bool,
    /// The encoding of the file. Recognized if absent.
    pub encoding: Option<String>,
    /// What the file is called; it is stored elsewhere.
    #[serde(skip)]
    pub file_name: Option<String>,
    /// The kind of a column, by the attribute that it becomes or by its header: `number`, `date:dmy`, `list:;`. The
    /// kinds of the others are recognized from their cells.
    pub types: BTreeMap<String, String>,
}

impl Mapping {
    /// The encoding that the caller names.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID` for one that is not known.
    pub fn asked_encoding(&self) -> Result<Option<&'static Encoding>, Refusal> {
        let Some(name) = self.encoding.as_deref() else { return Ok(None) };
        let problem = "is not an encoding that is known; windows-1251, iso-8859-2, macroman and shift_jis are some";
        let found = encoding::named(name);
        found.map(Some).ok_or_else(|| Refusal::field(Code::ImportMappingInvalid, "encoding", Some(name), problem))
    }

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

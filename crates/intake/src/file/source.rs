//! A file of either format as rows with their records.

use super::columns::Columns;
use super::encoding::Decoding;
use super::forms::Forms;
use super::lines::Lines;
use super::mapping::Mapping;
use super::object::{self, Fields};
use super::report::ImportError;
use super::row;
use super::rows::{Next, Place, Row, Rows, Shape};
use super::types::Types;
use crate::people::{MatchKey, Typing};
use crate::write::Entry;
use postrider_core::import::ImportFormat;
use std::io::Read;
use std::sync::Arc;

/// Most bytes of rows in one set.
const SET_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of the file after which a set ends, blank rows included.
pub const SET_FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The header above whole lines of JSON.
pub const RECORD_HEADER: &str = "record";

/// Rows that are being read.
pub struct Source {
    kind: Kind,
    typing: Arc<Typing>,
    /// By what the rows find their profiles.
    pub key: MatchKey,
    is_at_end: bool,
}

enum Kind {
    Table(Box<Rows>, Columns),
    Lines(Lines, Fields),
}

/// How to read on in the middle of a file.
#[derive(Debug, Clone)]
pub enum Middle {
    /// A table of this shape under these headers, with what was seen in its columns.
    Table(Shape, Vec<String>, Vec<Forms>),
    /// Lines of JSON.
    Lines,
}

impl Source {
    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID`, `IMPORTS.MAPPING_INVALID`; the input's own errors.
    pub fn open(
        input: Box<dyn Read + Send>,
        format: ImportFormat,
        mapping: &Mapping,
        key: Option<MatchKey>,
    ) -> Result<Self, ImportError> {
        match format {
            ImportFormat::Csv => {
                let (rows, header) = Rows::open(input, Decoding::default())?;
                let columns = Columns::new(&header.cells, mapping)?;
                let key = columns.match_key(key)?;
                Self::table(rows, columns, &[], mapping, key)
            }
            ImportFormat::Jsonl => {
                let fields = Fields::new(mapping)?;
                Ok(Self::lines(Lines::open(input)?, fields, key.unwrap_or_default()))
            }
        }
    }

    /// Reads on from a place; `before` is the byte before it.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID`, which was looked at before.
    pub fn resume(
        input: Box<dyn Read + Send>,
        middle: &Middle,
        mapping: &Mapping,
        key: MatchKey,
        (place, before): (Place, u8),
    ) -> Result<Self, ImportError> {
        match middle {
            Middle::Table(shape, headers, seen) => {
                let columns = Columns::new(headers, mapping)?;
                Self::table(Rows::at(input, *shape, place, before), columns, seen, mapping, key)
            }
            Middle::Lines => Ok(Self::lines(Lines::at(input, place), Fields::new(mapping)?, key)),
        }
    }

    fn table(
        rows: Rows,
        mut columns: Columns,
        seen: &[Forms],
        mapping: &Mapping,
        key: MatchKey,
    ) -> Result<Self, ImportError> {
        let types = Types::of_table(&columns, seen, mapping)?;
        columns.readings = types.readings();
        Ok(Self { kind: Kind::Table(Box::new(rows), columns), typing: Arc::new(types.typing), key, is_at_end: false })
    }

    fn lines(lines: Lines, fields: Fields, key: MatchKey) -> Self {
        let typing = Arc::new(fields.typing());
        Self { kind: Kind::Lines(lines, fields), typing, key, is_at_end: false }
    }

    /// What the rows say of the kinds of attributes.
    pub fn typing(&self) -> Arc<Typing> {
        Arc::clone(&self.typing)
    }

    /// What the cells stand under.
    pub fn headers(&self) -> Vec<String> {
        match &self.kind {
            Kind::Table(_, columns) => columns.headers.clone(),
            Kind::Lines(..) => vec![RECORD_HEADER.to_owned()],
        }
    }

    /// Columns and what becomes of each; none of lines.
    pub fn columns(&self) -> Vec<(String, String)> {
        match &self.kind {
            Kind::Table(_, columns) => columns.named(),
            Kind::Lines(..) => Vec::new(),
        }
    }

    /// What parts the cells of a table.
    pub const fn delimiter(&self) -> Option<u8> {
        match &self.kind {
            Kind::Table(rows, _) => Some(rows.shape().delimiter),
            Kind::Lines(..) => None,
        }
    }

    /// Behind what was read last.
    pub fn place(&self) -> Place {
        match &self.kind {
            Kind::Table(rows, _) => rows.place(),
            Kind::Lines(lines, _) => lines.place(),
        }
    }

    /// How much of the file has been taken, in bytes.
    pub fn bytes(&self) -> u64 {
        match &self.kind {
            Kind::Table(rows, _) => rows.bytes(),
            Kind::Lines(lines, _) => lines.place().byte,
        }
    }

    /// The next row that is not blank; none at the end, and none if there are only blank rows before that byte.
    fn next(&mut self, until: u64) -> Result<Option<Entry>, ImportError> {
        let row = loop {
            let next = match &mut self.kind {
                Kind::Table(rows, _) => rows.step()?,
                Kind::Lines(lines, _) => lines.step()?,
            };
            match next {
                Next::Row(row) => break row,
                Next::Blank if self.bytes() < until => {}
                Next::Blank => return Ok(None),
                Next::End => {
                    self.is_at_end = true;
                    return Ok(None);
                }
            }
        };
        let parsed = match (row.refusal(), &self.kind) {
            (Some(refusal), _) => Err(refusal),
            (None, Kind::Table(_, columns)) => row::parse(columns, &row.cells, self.key),
            (None, Kind::Lines(_, fields)) => object::parse(fields, text(&row), self.key),
        };
        Ok(Some(Entry { row, parsed }))
    }

    /// Whether nothing but the end follows.
    pub const fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// The next set of at most so many rows, which may be empty where many rows are blank; see [`Source::is_at_end`].
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID` for a place behind which nothing can be read; the input's own errors.
    pub fn next_set(&mut self, rows: usize) -> Result<Vec<Entry>, ImportError> {
        let until = self.bytes() + SET_FILE_BYTES_MAX as u64;
        let mut set = Vec::new();
        let mut size = 0;
        while set.len() < rows && size < SET_BYTES_MAX && self.bytes() < until {
            let Some(entry) = self.next(until)? else { break };
            size += entry.row.size();
            set.push(entry);
        }
        Ok(set)
    }
}

fn text(row: &Row) -> &str {
    row.cells.first().map_or("", String::as_str)
}

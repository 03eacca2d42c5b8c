//! Rows of a table, one at a time, whatever their bytes.
//!
//! Invariant: no file, however broken, makes this panic or hold more than one row of [`ROW_BYTES_MAX`].

use super::encoding::{Decoding, decoded};
use super::quotes::Quotes;
use super::report::ImportError;
use super::sniff::{SAMPLE_BYTES, sniff};
use postrider_core::error::Refusal;
use std::collections::VecDeque;
use std::io::{self, Cursor, Read};

/// Longest row, in bytes. A quotation mark that is never closed makes the rest of a file one row.
pub const ROW_BYTES_MAX: usize = 256 * 1024;
/// Most columns.
pub const COLUMNS_MAX: usize = 500;

/// The path of a refusal that is about a row as a whole.
pub const ROW: &str = "row";

/// What is wrong with a row in which text follows a closing quotation mark.
const STRAY: &str = "has text behind a closing quotation mark: a quotation mark inside a cell is written twice";
/// What is wrong with a row one of whose cells looks like several.
const SEVERAL_ROWS: &str =
    "is perhaps several rows: a cell in quotation marks has several lines, and one of them looks like a row";
/// What is wrong with a row whose cell ends with the file.
pub const NEVER_CLOSED: &str = "the quotation mark is never closed";

/// Between two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How much of the file lies before it, in bytes.
    pub byte: u64,
    /// The line of the next byte, from 1.
    pub line: u64,
}

/// How a table is to be read from a place in its middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What parts the cells.
    pub delimiter: u8,
    /// Columns of the header.
    pub columns: usize,
    /// How its rows are decoded.
    pub decoding: Decoding,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// How many rows are lost if it is refused: more than one if its quotation marks are wrong.
    pub rows: u64,
    /// Its cells as text.
    pub cells: Vec<String>,
    /// What is wrong with it as a row.
    pub problem: Option<String>,
}

impl Row {
    /// How much it takes, in bytes. A cell takes room even if nothing is in it.
    pub fn size(&self) -> usize {
        self.cells.iter().map(|cell| size_of::<String>() + cell.len()).sum()
    }

    /// What is wrong with it as a row, as a refusal.
    pub fn refusal(&self) -> Option<Refusal> {
        self.problem.as_ref().map(|problem| Refusal::invalid(ROW, None, problem))
    }

    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// What comes next in a file.
pub enum Next {
    /// A row with something in it.
    Row(Row),
    /// A row without anything in it.
    Blank,
    /// The end.
    End,
}

/// A table that is being read.
pub struct Rows {
    csv: csv::Reader<Watched>,
    record: csv::ByteRecord,
    shape: Shape,
    bytes_before: u64,
    /// Lines above the header that belong to no table.
    title_lines: u64,
}

impl Rows {
    /// Looks at the beginning and reads the header, the first row that is not blank.
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID` with what the file is instead; the input's own errors.
    pub fn open(mut input: Box<dyn Read + Send>, decoding: Decoding) -> Result<(Self, Row), ImportError> {
        let mut sample = Vec::new();
        input.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut sample).map_err(ImportError::Read)?;
        let dialect = sniff(&sample, sample.len() < SAMPLE_BYTES).map_err(ImportError::file)?;
        let mut sample = Cursor::new(sample);
        sample.set_position(dialect.skip as u64);
        let start = Place { byte: dialect.skip as u64, line: dialect.lines + 1 };
        let shape = Shape { delimiter: dialect.delimiter, columns: 0, decoding };
        let mut rows = Self::at(Box::new(sample.chain(input)), shape, start, b'\n');
        let header = rows.next_row()?.ok_or_else(|| ImportError::file("is empty"))?;
        if header.cells.len() > COLUMNS_MAX {
            return Err(ImportError::file(format!("has more than {COLUMNS_MAX} columns")));
        }
        rows.shape.columns = header.cells.len();
        rows.title_lines = dialect.titles;
        Ok((rows, header))
    }

    /// Reads on from a place that [`Rows::place`] told; `before` is the byte before it.
    pub fn at(input: Box<dyn Read + Send>, shape: Shape, place: Place, before: u8) -> Self {
        let input = Watched::new(input, shape.delimiter, place.line, before);
        let csv =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(shape.delimiter).from_reader(input);
        Self { csv, record: csv::ByteRecord::new(), shape, bytes_before: place.byte, title_lines: 0 }
    }

    /// Lines above the header that belong to no table.
    pub const fn title_lines(&self) -> u64 {
        self.title_lines
    }

    /// How the table is written.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Behind the row that was read last, where reading can go on: no row begins between that row and this place.
    pub fn place(&self) -> Place {
        let behind = self.csv.position().byte();
        let watched = self.csv.get_ref();
        let mut starts = watched.starts.iter().filter(|&&(byte, _)| byte >= behind);
        let (byte, line) = starts.next().copied().unwrap_or((watched.offset, watched.line));
        Place { byte: self.bytes_before + byte, line }
    }

    /// How much of the file has been taken, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes_before + self.csv.position().byte()
    }

    /// The next row that is not blank.
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID` if a row is too long; the input's own errors.
    pub fn next_row(&mut self) -> Result<Option<Row>, ImportError> {
        loop {
            match self.step()? {
                Next::Row(row) => return Ok(Some(row)),
                Next::Blank => {}
                Next::End => return Ok(None),
            }
        }
    }

    /// The next row, blank or not.
    ///
    /// # Errors
    /// As [`Rows::next_row`].
    pub fn step(&mut self) -> Result<Next, ImportError> {
        let start = self.csv.position().byte();
        self.csv.get_mut().begin_row(start);
        match self.csv.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(Next::End),
            Err(error) if self.csv.get_ref().budget > 0 => return Err(ImportError::Read(error.into())),
            Err(_) => {
                let (line, most) = (self.csv.get_ref().line_at(start), ROW_BYTES_MAX / 1024);
                return Err(ImportError::file(format!(
                    "has a row longer than {most} KiB at line {line}: a quotation mark there is probably never closed"
                )));
            }
        }
        let row = self.row();
        Ok(if row.is_blank() { Next::Blank } else { Next::Row(row) })
    }

    fn row(&mut self) -> Row {
        let start = self.record.position().map_or(0, csv::Position::byte);
        let quoting = self.quoting(start);
        let line = self.csv.get_ref().line_at(start);
        let Decoding { encoding, is_certain } = self.shape.decoding;
        let utf8 = !is_certain && self.record.iter().all(|cell| std::str::from_utf8(cell).is_ok());
        let mut problem = quoting.map(str::to_owned);
        let mut cells = Vec::with_capacity(self.record.len());
        for cell in &self.record {
            if utf8 {
                cells.push(String::from_utf8_lossy(cell).into_owned());
            } else {
                let (text, whole) = decoded(cell, encoding);
                cells.push(text);
                if !whole && problem.is_none() {
                    problem = Some(format!("is written neither in UTF-8 nor in {}", encoding.name()));
                }
            }
        }
        if self.shape.columns > 0 && problem.is_none() && has_several_rows(&cells, self.shape) {
            problem = Some(SEVERAL_ROWS.to_owned());
        }
        // Whoever is on the lines of a row with wrong quotation marks is refused with it.
        let rows = if problem.is_some() { self.lines_of(start) } else { 1 };
        if self.shape.columns > 0 && problem.is_none() {
            problem = ragged(&mut cells, self.shape.columns);
        }
        Row { line, rows, cells, problem }
    }

    /// What is wrong with the quotation marks of the row that begins there and was read last (RFC 4180 section 2,
    /// rules 5 to 7).
    fn quoting(&mut self, start: u64) -> Option<&'static str> {
        let end = self.csv.position().byte();
        let watched = self.csv.get_mut();
        if watched.quotes.has_stray(start, end) {
            return Some(STRAY);
        }
        let is_open = watched.is_at_end && end == watched.offset && watched.quotes.is_open();
        is_open.then_some(NEVER_CLOSED)
    }

    /// Lines with anything on them, of the row that begins there and was read last.
    fn lines_of(&self, start: u64) -> u64 {
        let end = self.csv.position().byte();
        let starts = self.csv.get_ref().starts.iter();
        starts.filter(|&&(place, _)| (start..end).contains(&place)).count().max(1) as u64
    }
}

/// Brings a row to the width of the header. Cells that are missing at the end are empty, empty ones too many are
/// dropped; anything else is a problem, because cells would come under the wrong column.
fn ragged(cells: &mut Vec<String>, columns: usize) -> Option<String> {
    let found = cells.len();
    if found > columns {
        if cells[columns..].iter().all(|cell| cell.trim().is_empty()) {
            cells.truncate(columns);
            cells.shrink_to_fit();
            return None;
        }
        return Some(format!("has {found} cells under {columns} columns"));
    }
    // A quotation mark that is closed too late takes the rows after it into one cell.
    if found < columns && cells.iter().any(|cell| cell.contains('\n')) {
        return Some(format!(
            "has {found} of {columns} cells and a line break in one: a quotation mark is probably not closed"
        ));
    }
    cells.resize(columns, String::new());
    None
}

/// Whether a cell holds what looks like further rows: a line with as many delimiters as the header, or with an email
/// address. A mark that is closed too late hides the people of those rows.
fn has_several_rows(cells: &[String], shape: Shape) -> bool {
    let is_row = |line: &str| {
        let cells = line.bytes().filter(|&byte| byte == shape.delimiter).count() + 1;
        cells == shape.columns.max(2) || has_address(line)
    };
    cells.iter().any(|cell| cell.contains(['\n', '\r']) && cell.split(['\n', '\r']).any(is_row))
}

/// Whether a line holds something like an email address.
fn has_address(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '<' | '>' | '|')).any(|word| {
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.trim_matches('.').contains('.'))
    })
}

/// Input that ends with an error when one row has used up its budget, and that knows where its lines begin: the
/// parser counts a line break of two characters now on this side of a row, now on that one.
struct Watched {
    input: Box<dyn Read + Send>,
    /// Bytes that the row at hand may still take.
    budget: usize,
    /// Bytes that were read.
    offset: u64,
    /// The line of the next byte.
    line: u64,
    before: u8,
    /// Where lines with anything on them begin, and which they are, from the row at hand on.
    starts: VecDeque<(u64, u64)>,
    quotes: Quotes,
    is_at_end: bool,
}

impl Watched {
    fn new(input: Box<dyn Read + Send>, delimiter: u8, line: u64, before: u8) -> Self {
        // What stands at the beginning of the input begins a row, whatever stood before it.
        let before = if before == b'\r' { before } else { b'\n' };
        let quotes = Quotes::new(delimiter);
        let starts = VecDeque::new();
        Self { input, budget: ROW_BYTES_MAX, offset: 0, line, before, starts, quotes, is_at_end: false }
    }

    /// The next row begins at or after a place.
    fn begin_row(&mut self, start: u64) {
        self.budget = ROW_BYTES_MAX;
        while self.starts.front().is_some_and(|&(place, _)| place < start) {
            self.starts.pop_front();
        }
    }

    /// The line of the first row at or after a place.
    fn line_at(&self, start: u64) -> u64 {
        let mut later = self.starts.iter().filter(|&&(place, _)| place >= start);
        later.next().map_or(self.line, |&(_, line)| line)
    }

    fn watch(&mut self, bytes: &[u8]) {
        self.is_at_end = bytes.is_empty();
        for &byte in bytes {
            self.quotes.read(byte, self.offset);
            match byte {
                b'\n' if self.before == b'\r' => {}
                b'\n' | b'\r' => self.line += 1,
                _ if matches!(self.before, b'\n' | b'\r') => self.starts.push_back((self.offset, self.line)),
                _ => {}
            }
            self.before = byte;
            self.offset += 1;
        }
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget == 0 {
            return Err(io::Error::other("the row is too long"));
        }
        let length = buffer.len().min(self.budget);
        let read = self.input.read(&mut buffer[..length])?;
        self.budget -= read;
        self.watch(&buffer[..read]);
        Ok(read)
    }
}

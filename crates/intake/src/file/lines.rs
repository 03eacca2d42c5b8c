//! Lines of JSON, one at a time: one object a line, each a record as `POST /profiles/upsert` takes it.
//!
//! Invariant: no file, however broken, makes this panic or hold more than one line of [`LINE_BYTES_MAX`]; a line that
//! is longer or no object is refused by itself, and reading goes on behind it.

use super::report::ImportError;
use super::rows::{Next, Place, Row};
use super::sniff::{SAMPLE_BYTES, not_text};
use std::io::{BufRead, BufReader, Cursor, Read};

/// Longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 256 * 1024;
/// Longest line that is passed over, in bytes; a longer one ends the file, which has no lines then.
const LINE_SKIPPED_MAX: usize = 768 * 1024;
/// Bytes of a line too long that are kept to show which it was.
const SHOWN_BYTES: usize = 200;

/// Lines that are being read.
pub struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    place: Place,
}

impl Lines {
    /// Looks at the beginning.
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID` with what the file is instead; the input's own errors.
    pub fn open(mut input: Box<dyn Read + Send>) -> Result<Self, ImportError> {
        let mut sample = Vec::new();
        input.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut sample).map_err(ImportError::Read)?;
        if let Some(problem) = not_text(&sample) {
            return Err(ImportError::file(problem));
        }
        let mark = if sample.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        match sample[mark..].trim_ascii().first() {
            None => return Err(ImportError::file("is empty")),
            Some(b'[') => return Err(ImportError::file("is a JSON array: write one object a line instead")),
            Some(_) => {}
        }
        let mut sample = Cursor::new(sample);
        sample.set_position(mark as u64);
        Ok(Self::at(Box::new(sample.chain(input)), Place { byte: mark as u64, line: 1 }))
    }

    /// Reads on from a place that [`Lines::place`] told.
    pub fn at(input: Box<dyn Read + Send>, place: Place) -> Self {
        Self { input: BufReader::new(input), place }
    }

    /// Behind the line that was read last.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// The next line that is not blank: a row whose only cell is its text.
    ///
    /// # Errors
    /// The input's own errors.
    pub fn next_row(&mut self) -> Result<Option<Row>, ImportError> {
        loop {
            match self.step()? {
                Next::Row(row) => return Ok(Some(row)),
                Next::Blank => {}
                Next::End => return Ok(None),
            }
        }
    }

    /// The next line, blank or not.
    ///
    /// # Errors
    /// The input's own errors.
    pub fn step(&mut self) -> Result<Next, ImportError> {
        let line = self.place.line;
        let mut bytes = Vec::new();
        let mut limited = self.input.by_ref().take(LINE_BYTES_MAX as u64 + 1);
        let read = limited.read_until(b'\n', &mut bytes).map_err(ImportError::Read)?;
        if read == 0 {
            return Ok(Next::End);
        }
        self.place.byte += read as u64;
        let is_too_long = read > LINE_BYTES_MAX && bytes.last() != Some(&b'\n');
        if is_too_long {
            self.skip_line()?;
        }
        self.place.line += 1;
        if is_too_long {
            bytes.truncate(SHOWN_BYTES);
            let problem = format!("is longer than {} KiB", LINE_BYTES_MAX / 1024);
            return Ok(Next::Row(row(line, &bytes, Some(problem))));
        }
        let text = bytes.trim_ascii();
        if text.is_empty() {
            return Ok(Next::Blank);
        }
        let problem = std::str::from_utf8(text).is_err().then(|| "is not written in UTF-8".to_owned());
        Ok(Next::Row(row(line, text, problem)))
    }

    /// Goes behind the end of the line.
    fn skip_line(&mut self) -> Result<(), ImportError> {
        let begun = self.place.byte;
        loop {
            let buffer = self.input.fill_buf().map_err(ImportError::Read)?;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            let is_over = end.is_some() || buffer.is_empty();
            self.input.consume(length);
            self.place.byte += length as u64;
            if is_over {
                return Ok(());
            }
            if self.place.byte - begun > (LINE_SKIPPED_MAX - LINE_BYTES_MAX) as u64 {
                let (most, line) = (LINE_SKIPPED_MAX / 1024, self.place.line);
                return Err(ImportError::file(format!("has a line longer than {most} KiB at line {line}")));
            }
        }
    }
}

fn row(line: u64, text: &[u8], problem: Option<String>) -> Row {
    Row { line, rows: 1, cells: vec![String::from_utf8_lossy(text).into_owned()], problem }
}

//! Follows the quotation marks of a table, byte by byte, as the parser reads them (RFC 4180 section 2).
//!
//! The parser itself never refuses: it takes text behind a closing mark as part of the cell, and the rest of the file
//! as one cell if a mark is never closed. People would disappear without a word.

use std::collections::VecDeque;

/// Where the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Cell,
    /// In a cell without quotation marks, where a mark is a character like any other.
    Bare,
    /// Between quotation marks.
    Quoted,
    /// Behind a mark that closes the cell, unless the next byte is a mark as well.
    Closing,
}

/// The quotation marks that were read so far.
#[derive(Debug)]
pub(super) struct Quotes {
    delimiter: u8,
    state: State,
    /// Where text follows a closing mark, from the row at hand on.
    strays: VecDeque<u64>,
}

impl Quotes {
    /// Begins where a row begins.
    pub(super) const fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::Cell, strays: VecDeque::new() }
    }

    /// Reads the byte at an offset.
    pub(super) fn read(&mut self, byte: u8, offset: u64) {
        let ends = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Closing,
            (State::Quoted, _) | (State::Closing, b'"') => State::Quoted,
            (_, _) if ends => State::Cell,
            (State::Cell, b'"') => State::Quoted,
            (State::Closing, _) => {
                self.strays.push_back(offset);
                State::Bare
            }
            (State::Cell | State::Bare, _) => State::Bare,
        };
    }

    /// Whether text follows a closing mark between two offsets. Forgets what lies before the second.
    pub(super) fn has_stray(&mut self, start: u64, end: u64) -> bool {
        let mut found = false;
        while let Some(&stray) = self.strays.front().filter(|&&stray| stray < end) {
            self.strays.pop_front();
            found |= stray >= start;
        }
        found
    }

    /// Whether a cell is open.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Quoted
    }
}

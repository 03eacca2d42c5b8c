//! The file of a running job, fetched ahead of whoever parses it: one side awaits the store, the other side never waits.
//!
//! Invariant: after [`Ahead::fill`] there are [`AHEAD_BYTES`] to read, or the rest of the file. One set never needs more.

use crate::file::source::SET_FILE_BYTES_MAX;
use postrider_core::id::ImportJobId;
use postrider_store::import_files::PART_BYTES;
use postrider_store::{Store, StoreError};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// How far a file is fetched ahead, in bytes: what one set takes, the row on which it ends, and what readers buffer.
const AHEAD_BYTES: usize = SET_FILE_BYTES_MAX + 4 * PART_BYTES;

/// Fetches parts.
pub(super) struct Ahead {
    store: Store,
    upload: (ImportJobId, i64),
    /// How many parts the file has.
    parts: i64,
    /// The next part to be fetched.
    next: i64,
    queue: Queue,
}

/// Parts that are fetched and not yet read.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<VecDeque<Vec<u8>>>>);

/// Reads the parts that are fetched.
pub(super) struct Fetched {
    queue: Queue,
    /// How much of the first part is read.
    offset: usize,
    /// How much of the file is left.
    left: u64,
}

impl Ahead {
    /// An upload of that length from a place on.
    pub(super) fn new(store: Store, upload: (ImportJobId, i64), length: u64, from: u64) -> (Self, Fetched) {
        let size = PART_BYTES as u64;
        let (parts, next) = (length.div_ceil(size).cast_signed(), (from / size).cast_signed());
        let queue = Queue::default();
        let offset = usize::try_from(from % size).unwrap_or(0);
        let fetched = Fetched { queue: queue.clone(), offset, left: length.saturating_sub(from) };
        (Self { store, upload, parts, next, queue }, fetched)
    }

    /// Fetches what the next set may need.
    pub(super) async fn fill(&mut self) -> Result<(), StoreError> {
        let room = AHEAD_BYTES.saturating_sub(self.queue.bytes()).div_ceil(PART_BYTES);
        let (upload, first) = (self.upload, self.next);
        let end = first.saturating_add(i64::try_from(room).unwrap_or(0)).min(self.parts);
        if first >= end {
            return Ok(());
        }
        let fetch = self.store.read("imports.parts", move |tx| {
            (first..end).map(|part| tx.import_part(upload, part)).collect::<Result<Vec<_>, StoreError>>()
        });
        for part in fetch.await? {
            let part =
                part.ok_or_else(|| StoreError::Failed("a part of the file of an import job is missing".into()))?;
            self.queue.with(|parts| parts.push_back(part));
        }
        self.next = end;
        Ok(())
    }
}

impl Queue {
    fn with<R>(&self, act: impl FnOnce(&mut VecDeque<Vec<u8>>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn bytes(&self) -> usize {
        // The first part may be half read, which the room for buffers covers.
        self.with(|parts| parts.iter().skip(1).map(Vec::len).sum())
    }
}

impl Read for Fetched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let offset = self.offset;
        let copied = self.queue.with(|parts| {
            let part = parts.front()?;
            let length = part.len().saturating_sub(offset).min(buffer.len());
            buffer[..length].copy_from_slice(&part[offset..offset + length]);
            let is_read = offset + length >= part.len();
            if is_read {
                parts.pop_front();
            }
            Some((length, is_read))
        });
        let Some((length, is_read)) = copied.filter(|(length, _)| *length > 0) else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a part of the file is missing or too short"));
        };
        self.offset = if is_read { 0 } else { offset + length };
        self.left = self.left.saturating_sub(length as u64);
        Ok(length)
    }
}

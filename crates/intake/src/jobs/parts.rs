//! The file of a job as a stream of bytes, one part in memory at a time.

use postrider_core::id::ImportJobId;
use postrider_store::import_files::PART_BYTES;
use postrider_store::{Store, StoreError};
use std::io::{self, Read};
use tokio::runtime::Handle;

/// A file that is being read. Only on threads that may wait.
pub struct PartsReader {
    store: Store,
    runtime: Handle,
    upload: (ImportJobId, i64),
    /// Length of the file.
    length: u64,
    /// Place of the next byte.
    at: u64,
    /// The part in which that is, if it was fetched.
    part: Option<(u64, Vec<u8>)>,
}

impl PartsReader {
    /// Reads an upload of that length from a place on.
    pub const fn new(store: Store, runtime: Handle, upload: (ImportJobId, i64), length: u64, at: u64) -> Self {
        Self { store, runtime, upload, length, at, part: None }
    }

    fn fetch(&self, number: u64) -> io::Result<Vec<u8>> {
        let (upload, part) = (self.upload, i64::try_from(number).unwrap_or(i64::MAX));
        let bytes = self.store.read("imports.part", move |tx| tx.import_part(upload, part));
        let bytes: Result<Option<Vec<u8>>, StoreError> = self.runtime.block_on(bytes);
        let missing = || io::Error::new(io::ErrorKind::UnexpectedEof, "a part of the file is missing");
        bytes.map_err(io::Error::other)?.ok_or_else(missing)
    }
}

impl Read for PartsReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let (number, offset) = (self.at / PART_BYTES as u64, self.at % PART_BYTES as u64);
        if self.part.as_ref().is_none_or(|(at_hand, _)| *at_hand != number) {
            self.part = Some((number, self.fetch(number)?));
        }
        let bytes = self.part.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        if rest.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a part of the file is too short"));
        }
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

//! Which kind of table a file is, told from its beginning.

/// How much of a file is looked at, in bytes.
pub const SAMPLE_BYTES: usize = 64 * 1024;
/// Records of the sample that are compared.
const SAMPLE_RECORDS: usize = 50;
/// What parts the cells, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// What parts the cells.
    pub delimiter: u8,
    /// Bytes before the table: a byte order mark, a `sep=` line.
    pub skip: usize,
    /// Lines in those bytes.
    pub lines: u64,
}

/// Looks at the beginning of a file. `whole` says that there is no more of it.
///
/// # Errors
/// What the file is instead of a table, with what to do.
pub fn sniff(sample: &[u8], whole: bool) -> Result<Dialect, &'static str> {
    if let Some(problem) = not_text(sample) {
        return Err(problem);
    }
    let mark = if sample.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let table = &sample[mark..];
    if table.trim_ascii().is_empty() {
        return Err("is empty");
    }
    if let Some((delimiter, length)) = separator_line(table) {
        return Ok(Dialect { delimiter, skip: mark + length, lines: 1 });
    }
    let scored = DELIMITERS.map(|delimiter| (score(table, whole, delimiter), delimiter));
    let mut best = scored[0];
    for candidate in scored {
        if candidate.0 > best.0 {
            best = candidate;
        }
    }
    Ok(Dialect { delimiter: best.1, skip: mark, lines: 0 })
}

/// What a file is instead of text, with what to do.
pub fn not_text(sample: &[u8]) -> Option<&'static str> {
    let begins = |marks: &[&[u8]]| marks.iter().any(|mark| sample.starts_with(mark));
    if begins(&[b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]) {
        return Some("is a spreadsheet or an archive: save it as CSV (UTF-8) and import that");
    }
    if begins(&[b"\x1f\x8b"]) {
        return Some("is compressed: unpack it and import what is in it");
    }
    if begins(&[b"\xff\xfe", b"\xfe\xff"]) {
        return Some("is written in UTF-16: save it as CSV UTF-8 and import that");
    }
    if sample.contains(&0) {
        return Some("holds zero bytes, so it is no text file: save it as CSV UTF-8 and import that");
    }
    None
}

/// The line with which spreadsheets tell each other the delimiter: `sep=;`.
fn separator_line(table: &[u8]) -> Option<(u8, usize)> {
    let end = table.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let length = end + if table[end..].starts_with(b"\r\n") { 2 } else { 1 };
    // The delimiter may be a tab, so that only blanks are trimmed.
    let line = table[..end].trim_ascii_start();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let line = if line.len() > 5 { line.trim_ascii_end() } else { line };
    let [a, b, c, b'=', delimiter] = *line else { return None };
    let separator = [a, b, c].eq_ignore_ascii_case(b"sep") && (delimiter.is_ascii_punctuation() || delimiter == b'\t');
    separator.then_some((delimiter, length))
}

/// How well a delimiter explains the sample: records with as many cells as the first, then cells.
fn score(table: &[u8], whole: bool, delimiter: u8) -> (usize, usize) {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(table);
    let mut record = csv::ByteRecord::new();
    let mut cells = Vec::new();
    while cells.len() <= SAMPLE_RECORDS && matches!(reader.read_byte_record(&mut record), Ok(true)) {
        cells.push(record.len());
    }
    // The sample may end in the middle of its last record.
    if !whole && cells.len() > 1 {
        cells.pop();
    }
    let first = cells.first().copied().unwrap_or(0);
    if first < 2 { (0, 0) } else { (cells.iter().filter(|&&count| count == first).count(), first) }
}

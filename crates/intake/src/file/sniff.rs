//! Which kind of table a file is, told from its beginning.

/// How much of a file is looked at, in bytes.
pub const SAMPLE_BYTES: usize = 64 * 1024;
/// Lines that may be above the header of a table.
const TITLE_LINES_MAX: usize = 10;
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
    /// Those of them that are titles above the table.
    pub titles: u64,
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
        return Ok(Dialect { delimiter, skip: mark + length, lines: 1, titles: 0 });
    }
    let best_of = |score: &dyn Fn(u8) -> (usize, usize)| {
        DELIMITERS.into_iter().rev().map(|delimiter| (score(delimiter), delimiter)).max_by_key(|(score, _)| *score)
    };
    let first = best_of(&|delimiter| score(table, whole, delimiter)).filter(|(score, _)| score.1 > 0);
    if let Some((_, delimiter)) = first {
        return Ok(Dialect { delimiter, skip: mark, lines: 0, titles: 0 });
    }
    // The first line has one cell: a list of addresses, or a title above the table.
    let titled = DELIMITERS.into_iter().find_map(|delimiter| Some((below_titles(table, delimiter)?, delimiter)));
    let ((length, lines), delimiter) = titled.unwrap_or(((0, 0), DELIMITERS[0]));
    Ok(Dialect { delimiter, skip: mark + length, lines, titles: lines })
}

/// Bytes and lines above the header of a table that has titles above it: at most ten lines with fewer cells than the
/// header, which has as many as at least two records below it and most of them.
fn below_titles(table: &[u8], delimiter: u8) -> Option<(usize, u64)> {
    let lines = table.split_inclusive(|&byte| byte == b'\n').take(TITLE_LINES_MAX + 1);
    let (mut length, mut above) = (0, 0);
    for line in lines {
        let cells = score(&table[length..], true, delimiter);
        let is_blank = line.trim_ascii().is_empty();
        if above > 0 && !is_blank && cells.1 >= 2.max(cells_of(line, delimiter)) && cells.0 >= 3 {
            return Some((length, above));
        }
        length += line.len();
        above += 1;
    }
    None
}

fn cells_of(line: &[u8], delimiter: u8) -> usize {
    line.iter().filter(|&&byte| byte == delimiter).count() + 1
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

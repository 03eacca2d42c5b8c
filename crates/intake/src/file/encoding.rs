//! In which encoding a file is written: UTF-8, or what the bytes that are not UTF-8 look like.
//!
//! Spreadsheets of older systems write in the encoding of their country. A row that is UTF-8 is read as such; the other
//! rows are read in the one encoding that is asked for or, if none is, that the whole file looks like. A reading that
//! is not sure is a question: wrong letters are printed, and nobody sees it before.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// Bytes that are read at a time.
const BLOCK_BYTES: usize = 64 * 1024;
/// Rows that are shown.
const SAMPLES_MAX: usize = 3;
/// Longest sample, in characters.
const SAMPLE_CHARS_MAX: usize = 60;
/// Bytes of a line that are looked at, at most.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// So many bytes above ASCII must speak for another encoding than that of Western Europe.
const SURE_FROM_BYTES: u64 = 6;

/// How the rows of a table are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoding {
    /// What rows are written in that are not UTF-8.
    pub encoding: &'static Encoding,
    /// Whether rows that could be UTF-8 are written in it too.
    pub is_certain: bool,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { encoding: WINDOWS_1252, is_certain: false }
    }
}

/// What was found out about a file that is not UTF-8 as a whole. Stored with its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The name of the encoding.
    pub encoding: String,
    /// Whether somebody named it.
    pub is_asked: bool,
    /// Whether the bytes leave no doubt.
    pub is_sure: bool,
    /// Lines that are not UTF-8.
    pub lines: u64,
    /// Some of them as they are read.
    pub samples: Vec<String>,
}

impl Reading {
    /// How to decode the rows.
    pub fn decoding(&self) -> Decoding {
        let encoding = Encoding::for_label(self.encoding.as_bytes()).unwrap_or(WINDOWS_1252);
        Decoding { encoding, is_certain: self.is_asked }
    }

    /// Whether a person must name the encoding first.
    pub const fn is_doubtful(&self) -> bool {
        !self.is_asked && !self.is_sure
    }

    /// How the file is read, as a sentence without its full stop.
    pub fn note(&self) -> String {
        let Self { encoding, lines, samples, .. } = self;
        let samples: Vec<String> = samples.iter().map(|sample| format!("\"{sample}\"")).collect();
        let rows = if *lines == 1 { "1 line is".to_owned() } else { format!("{lines} lines are") };
        format!("{rows} not UTF-8 and read as {encoding}, such as {}", samples.join(", "))
    }

    /// What a person must say.
    pub fn question(&self) -> String {
        format!(
            "{}: this is not sure; name the encoding, for example --encoding {} or \"encoding\" in the mapping",
            self.note(),
            self.encoding
        )
    }
}

/// The encoding of that name (WHATWG Encoding Standard, and `macroman`).
pub fn named(name: &str) -> Option<&'static Encoding> {
    let name = name.trim();
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    match plain.as_str() {
        "macroman" | "macosroman" | "xmacroman" => Some(MACINTOSH),
        "cp1250" | "cp1251" | "cp1252" | "cp1253" | "cp1254" | "cp1255" | "cp1256" | "cp1257" | "cp1258" => {
            Encoding::for_label(plain.replace("cp", "windows-").as_bytes())
        }
        _ => Encoding::for_label(name.as_bytes()),
    }
    .filter(|encoding| encoding.is_ascii_compatible())
}

/// Looks at all bytes of a file; none if it is UTF-8 and nothing else is asked for.
///
/// # Errors
/// The input's own errors.
pub fn read(mut input: impl Read, asked: Option<&'static Encoding>) -> io::Result<Option<Reading>> {
    let mut found = Found { detector: EncodingDetector::new(Iso2022JpDetection::Deny), ..Found::new() };
    let mut block = vec![0; BLOCK_BYTES];
    let mut line = Vec::new();
    loop {
        let length = match input.read(&mut block) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for piece in block[..length].split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let room = LINE_BYTES_MAX.saturating_sub(line.len()).min(piece.len());
            line.extend_from_slice(&piece[..room]);
            if piece.ends_with(b"\n") || piece.ends_with(b"\r") {
                found.line(&line);
                line.clear();
            }
        }
    }
    found.line(&line);
    Ok(found.end(asked))
}

struct Found {
    detector: EncodingDetector,
    lines: u64,
    /// Some lines that are not UTF-8.
    samples: Vec<Vec<u8>>,
    /// Bytes next to an ASCII letter: from 0x80 to 0x9F, where Mac OS has letters and Windows mostly punctuation.
    low: u64,
    /// The same from 0xC0, where Windows has its letters.
    high: u64,
    /// All bytes above ASCII.
    above: u64,
}

impl Found {
    fn new() -> Self {
        let detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        Self { detector, lines: 0, samples: Vec::new(), low: 0, high: 0, above: 0 }
    }

    fn line(&mut self, line: &[u8]) {
        // A line that was cut may end in the middle of a character.
        let is_utf8 = match std::str::from_utf8(line) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && line.len() >= LINE_BYTES_MAX,
        };
        if is_utf8 {
            return;
        }
        self.lines += 1;
        self.detector.feed(line, false);
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(line.to_vec());
        }
        for (place, &byte) in line.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
            self.above += 1;
            let is_letter = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(u8::is_ascii_alphabetic);
            if is_letter(place.checked_sub(1)) || is_letter(Some(place + 1)) {
                self.low += u64::from((0x80..=0x9f).contains(&byte));
                self.high += u64::from(byte >= 0xc0);
            }
        }
    }

    fn end(mut self, asked: Option<&'static Encoding>) -> Option<Reading> {
        let asked = asked.filter(|asked| *asked != UTF_8 || self.lines > 0);
        if self.lines == 0 && asked.is_none() {
            return None;
        }
        self.detector.feed(b"", true);
        let guess = self.detector.guess(None, Utf8Detection::Deny);
        let is_western = guess == WINDOWS_1252 || guess.name() == "windows-1254" || guess.name() == "windows-1258";
        let is_mac = is_western && self.low > self.high;
        let encoding = asked.unwrap_or(if is_mac { MACINTOSH } else { guess });
        let texts: Vec<(String, bool)> = self.samples.iter().map(|line| decoded(line, encoding)).collect();
        let is_whole = texts.iter().all(|(_, whole)| *whole);
        let is_plain = texts.iter().all(|(text, _)| !mixes_scripts(text));
        let is_plausible = if encoding == WINDOWS_1252 {
            texts.iter().all(|(text, _)| !has_foreign_run(text))
        } else {
            self.above >= SURE_FROM_BYTES
        };
        let is_sure = is_whole && is_plain && is_plausible;
        Some(Reading {
            encoding: encoding.name().to_owned(),
            is_asked: asked.is_some(),
            is_sure,
            lines: self.lines,
            samples: texts.into_iter().map(|(text, _)| shown(&text)).collect(),
        })
    }
}

/// Bytes as text, and whether all of them are characters of the encoding.
pub fn decoded(bytes: &[u8], encoding: &'static Encoding) -> (String, bool) {
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    // Where Windows-1252 has no character, the web reads a control character.
    let is_whole = !has_errors && !text.contains(|c: char| ('\u{80}'..='\u{9f}').contains(&c));
    (text.into_owned(), is_whole)
}

/// Whether a word of a text has letters of two scripts, or a mark in its middle that no word has.
fn mixes_scripts(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation()).any(|word| {
        let is_latin = |c: char| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}');
        let is_other = |c: char| c.is_alphabetic() && !is_latin(c) && !matches!(c, '\u{aa}' | '\u{ba}');
        let is_mark = |c: char| !c.is_alphanumeric() && !c.is_ascii() && !matches!(c, '\u{2018}' | '\u{2019}');
        let inner: Vec<char> = word.chars().collect();
        let has_mark =
            inner.windows(3).any(|three| three[0].is_alphabetic() && is_mark(three[1]) && three[2].is_alphabetic());
        has_mark || (word.chars().any(is_latin) && word.chars().any(is_other))
    })
}

/// Whether three letters in a row are not ASCII, as no word of a western language has them.
fn has_foreign_run(text: &str) -> bool {
    let letters: Vec<bool> = text.chars().map(|c| c.is_alphabetic() && !c.is_ascii()).collect();
    letters.windows(3).any(|three| three == [true; 3])
}

/// The cells around what is not ASCII, cut to length.
fn shown(text: &str) -> String {
    let text = text.trim();
    let first = text.find(|c: char| !c.is_ascii()).unwrap_or(0);
    let start = text[..first].rfind([',', ';', '\t', '|']).map_or(0, |place| place + 1);
    text[start..].trim_matches('"').chars().filter(|c| !c.is_control()).take(SAMPLE_CHARS_MAX).collect()
}

/// Turns a file in UTF-16 into UTF-8 while it comes in, so that all that follows reads one form.
pub struct Utf16(Decoder);

impl Utf16 {
    /// Looks at the first four bytes or all that there are: a byte order mark, or two ASCII characters.
    pub fn detect(beginning: &[u8]) -> Option<Self> {
        let encoding = match *beginning {
            [0xff, 0xfe, ..] => UTF_16LE,
            [0xfe, 0xff, ..] => UTF_16BE,
            [a, 0, b, 0, ..] if a != 0 && b != 0 => UTF_16LE,
            [0, a, 0, b, ..] if a != 0 && b != 0 => UTF_16BE,
            _ => return None,
        };
        Some(Self(encoding.new_decoder_with_bom_removal()))
    }

    /// The text of the next bytes; `is_last` if there are no more.
    pub fn text(&mut self, bytes: &[u8], is_last: bool) -> String {
        let room = self.0.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
        let mut text = String::with_capacity(room);
        let _ = self.0.decode_to_string(bytes, &mut text, is_last);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(text: &str, label: &str) -> Reading {
        let (bytes, _, _) = named(label).unwrap().encode(text);
        read(&*bytes, None).unwrap().unwrap()
    }

    #[test]
    fn the_encoding_of_a_file_is_found() {
        for (label, names) in [
            ("windows-1251", "Имя;Фамилия\nИван;Петров\nОльга;Смирнова\n"),
            // It is koi8-r as well: they differ in four letters of Ukrainian.
            ("koi8-u", "Имя;Фамилия\nИван;Петров\nОльга;Смирнова\n"),
            ("windows-1250", "Imię;Nazwisko\nŁukasz;Żak\nEwa;Ćma\nStanisław;Wiśniewski\n"),
            ("windows-1252", "Vorname;Nachname\nJürgen;Groß\n"),
            ("macroman", "Vorname;Nachname\nJürgen;Groß\nZoë;Müller\nAndré;Béraud\n"),
            ("windows-1253", "Όνομα;Επώνυμο\nΕλένη;Παππά\n"),
            ("shift_jis", "名前,メール\n山田太郎,a@example.com\n鈴木花子,b@example.com\n"),
            ("gbk", "姓名,邮箱\n王小明,a@example.com\n张伟,b@example.com\n李娜,c@example.com\n"),
            ("big5", "姓名,信箱\n王小明,a@example.com\n陳怡君,b@example.com\n"),
            ("euc-kr", "이름,메일\n김철수,a@example.com\n이영희,b@example.com\n"),
        ] {
            let reading = read_as(names, label);
            assert_eq!(reading.decoding().encoding, named(label).unwrap(), "{label}: {reading:?}");
            assert!(reading.is_sure, "{label}: {reading:?}");
        }
        assert_eq!(read("Zoë\n".as_bytes(), None).unwrap(), None);
    }

    #[test]
    fn a_few_letters_of_another_alphabet_are_not_sure() {
        let reading = read_as("email,name\na@example.com,Иван\n", "windows-1251");
        assert!(reading.is_doubtful(), "{reading:?}");
        let asked = read(&b"email,name\na@example.com,\xc8\xe2\xe0\xed\n"[..], named("cp1251")).unwrap().unwrap();
        assert_eq!((asked.samples.as_slice(), asked.is_doubtful()), (&["Иван".to_owned()][..], false));
    }

    #[test]
    fn utf_16_becomes_utf_8_whatever_its_pieces() {
        let text = "Email\tName\na@example.com\tŁucja 🎉\n";
        for (mark, little) in [(true, true), (true, false), (false, true), (false, false)] {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
            for size in [1, 3, 1000] {
                let mut utf16 = Utf16::detect(&bytes[..4]).unwrap();
                let mut out: String = bytes.chunks(size).map(|piece| utf16.text(piece, false)).collect();
                out.push_str(&utf16.text(b"", true));
                assert_eq!(out, text, "{mark} {little} {size}");
            }
        }
        assert!(Utf16::detect(b"emai").is_none() && Utf16::detect(b"a").is_none());
    }
}

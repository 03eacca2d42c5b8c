//! Text without what people write now so, now so: case, accents, blanks, hyphens.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The letters and digits of a text in lower case, without accents: `Wyrażam zgodę` is `wyrazamzgode`.
pub fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        out.extend(text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        return out;
    }
    for c in text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            c if c.is_alphanumeric() => out.push(c),
            _ => {}
        }
    }
    out
}

/// The letters of a word in the ways in which people type it: `Größe` as `grosse` and as `groesse`.
pub fn spellings(word: &str) -> Vec<String> {
    let plain = letters(word);
    let mut written_out = String::with_capacity(word.len());
    for c in word.nfc().flat_map(char::to_lowercase) {
        match c {
            'ä' => written_out.push_str("ae"),
            'ö' | 'ø' => written_out.push_str("oe"),
            'ü' => written_out.push_str("ue"),
            'å' => written_out.push_str("aa"),
            c => written_out.push(c),
        }
    }
    let written_out = letters(&written_out);
    if written_out == plain { vec![plain] } else { vec![plain, written_out] }
}

/// The words of a header: `emailOptIn`, `EMAIL_OPT_IN` and `E-Mail Opt in` all have `opt` and `in`.
pub fn tokens(header: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before: Option<char> = None;
    for c in header.nfc() {
        let begins = c.is_uppercase() && before.is_some_and(|before| before.is_lowercase() || before.is_numeric());
        if begins || !c.is_alphanumeric() {
            parts.push(String::new());
        }
        if let (true, Some(part)) = (c.is_alphanumeric(), parts.last_mut()) {
            part.push(c);
        }
        before = Some(c);
    }
    parts.iter().map(|part| letters(part)).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_compared_by_its_letters() {
        for (text, expected) in [
            ("E-Mail-Adresse", "emailadresse"),
            ("Wyrażam zgodę", "wyrazamzgode"),
            ("GRÖSSE", "grosse"),
            ("Größe", "grosse"),
            ("Gro\u{308}ße", "grosse"),
            ("Hayır", "hayir"),
            ("HAYIR", "hayir"),
            ("İzin", "izin"),
            ("Łódź", "lodz"),
            ("ΌΧΙ", "οχι"),
            ("όνομα", "ονομα"),
            ("Ёлка", "елка"),
            ("Ім'я", "ім'я".replace('\'', "").as_str()),
        ] {
            assert_eq!(letters(text), letters(expected), "{text}");
        }
        assert_eq!(spellings("Größe"), ["grosse", "groesse"]);
        assert_eq!(spellings("påmeldt"), ["pameldt", "paameldt"]);
    }

    #[test]
    fn a_header_has_its_words() {
        for header in ["emailOptIn", "EMAIL_OPT_IN", "E-Mail Opt in", "email.opt-in"] {
            let tokens = tokens(header);
            assert!(tokens.ends_with(&["opt".to_owned(), "in".to_owned()]), "{header}: {tokens:?}");
        }
    }
}

//! How many SMS a text takes: the GSM 7-bit alphabet (3GPP TS 23.038) or UCS-2, and their segment sizes.

/// The alphabet a text travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsEncoding {
    /// GSM 7-bit default alphabet with its extension table.
    Gsm7,
    /// UCS-2, for any character outside it.
    Ucs2,
}

/// The length of a text as an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsLength {
    /// Its alphabet.
    pub encoding: SmsEncoding,
    /// Units: septets (GSM 7-bit) or 16-bit code units (UCS-2).
    pub units: usize,
    /// Segments; 1 for an empty text.
    pub segments: usize,
}

/// GSM 7-bit default alphabet, without the escape character.
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take an escape and a second septet.
const GSM7_EXTENSION: &str = "\u{c}^{}\\[~]|€";
/// Septets of a single message, and of each segment of a longer one.
const GSM7_SINGLE: usize = 160;
const GSM7_SEGMENT: usize = 153;
/// Code units of a single message, and of each segment of a longer one.
const UCS2_SINGLE: usize = 70;
const UCS2_SEGMENT: usize = 67;

/// Measures a text. A character that takes two units is never split between segments.
#[must_use]
pub fn sms_length(text: &str) -> SmsLength {
    if text.chars().all(|c| gsm7_units(c).is_some()) {
        measure(text, SmsEncoding::Gsm7, |c| gsm7_units(c).unwrap_or(0), GSM7_SINGLE, GSM7_SEGMENT)
    } else {
        measure(text, SmsEncoding::Ucs2, char::len_utf16, UCS2_SINGLE, UCS2_SEGMENT)
    }
}

/// Septets of a character; none if the alphabet lacks it.
fn gsm7_units(c: char) -> Option<usize> {
    if GSM7.contains(c) {
        Some(1)
    } else if GSM7_EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

fn measure(
    text: &str,
    encoding: SmsEncoding,
    units_of: impl Fn(char) -> usize,
    single: usize,
    segment: usize,
) -> SmsLength {
    let units = text.chars().map(&units_of).sum();
    if units <= single {
        return SmsLength { encoding, units, segments: 1 };
    }
    let (mut segments, mut filled) = (1, 0);
    for c in text.chars() {
        let more = units_of(c);
        if filled + more > segment {
            segments += 1;
            filled = 0;
        }
        filled += more;
    }
    SmsLength { encoding, units, segments }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, encoding: SmsEncoding, units: usize, segments: usize) {
        assert_eq!(sms_length(text), SmsLength { encoding, units, segments }, "{} characters", text.chars().count());
    }

    #[test]
    fn segments_follow_the_alphabet_and_its_limits() {
        use SmsEncoding::{Gsm7, Ucs2};
        check("", Gsm7, 0, 1);
        check("Hello @£$", Gsm7, 9, 1);
        check(&"a".repeat(160), Gsm7, 160, 1);
        check(&"a".repeat(161), Gsm7, 161, 2);
        check(&"a".repeat(306), Gsm7, 306, 2);
        check(&"a".repeat(307), Gsm7, 307, 3);
        check(&"€".repeat(80), Gsm7, 160, 1);
        check(&"€".repeat(81), Gsm7, 162, 2);
        // 152 septets are free of a pair's second half, so each segment holds 76 pairs.
        check(&"€".repeat(153), Gsm7, 306, 3);
        check(&"ж".repeat(70), Ucs2, 70, 1);
        check(&"ж".repeat(71), Ucs2, 71, 2);
        check(&"ж".repeat(134), Ucs2, 134, 2);
        check(&"ж".repeat(135), Ucs2, 135, 3);
        check(&"😀".repeat(35), Ucs2, 70, 1);
        check(&"😀".repeat(36), Ucs2, 72, 2);
        check("don’t", Ucs2, 5, 1);
        check("`", Ucs2, 1, 1);
    }

    #[test]
    fn the_alphabet_is_whole() {
        assert_eq!(GSM7.chars().count(), 127);
        assert_eq!(GSM7_EXTENSION.chars().count(), 10);
    }
}

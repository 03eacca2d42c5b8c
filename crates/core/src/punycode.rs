//! Punycode (RFC 3492): letters of all scripts as letters, digits and hyphens.
//!
//! Not here: which names are allowed.

use crate::address::DOMAIN_LABEL_OCTETS_MAX;

const BASE: u32 = 36;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const BIAS_MIN: u32 = 1;
const BIAS_MAX: u32 = 26;
const INITIAL_BIAS: u32 = 72;
const INITIAL_CODE: u32 = 128;

/// The form of a label that every server understands (RFC 5891 §4); none if it is too long for a domain. The label must
/// be in lower case.
#[must_use]
pub fn ascii_label(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    let encoded = format!("xn--{}", encode(label)?);
    (encoded.len() <= DOMAIN_LABEL_OCTETS_MAX).then_some(encoded)
}

/// Encodes a label (RFC 3492 §6.3); nothing if its numbers grow too large.
fn encode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    let total = u32::try_from(label.chars().count()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut handled, mut code, mut delta, mut bias) = (basic, INITIAL_CODE, 0_u32, INITIAL_BIAS);
    while handled < total {
        let next = label.chars().map(u32::from).filter(|&c| c >= code).min()?;
        delta = delta.checked_add((next - code).checked_mul(handled + 1)?)?;
        code = next;
        for c in label.chars().map(u32::from) {
            if c < code {
                delta = delta.checked_add(1)?;
            }
            if c == code {
                push_number(&mut out, delta, bias);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        code += 1;
    }
    Some(out)
}

/// Appends a number of variable length (RFC 3492 §3.3).
fn push_number(out: &mut String, number: u32, bias: u32) {
    let mut rest = number;
    let mut k = BASE;
    loop {
        let threshold = k.saturating_sub(bias).clamp(BIAS_MIN, BIAS_MAX);
        if rest < threshold {
            out.push(digit(rest));
            return;
        }
        out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
        k += BASE;
    }
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (BASE - BIAS_MIN) * BIAS_MAX / 2 {
        delta /= BASE - BIAS_MIN;
        k += BASE;
    }
    k + (BASE - BIAS_MIN + 1) * delta / (delta + SKEW)
}

/// `a` to `z`, then `0` to `9`.
fn digit(value: u32) -> char {
    char::from_digit((value + 10) % BASE, BASE).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_many_scripts_are_encoded() {
        let table = [
            ("münchen", "mnchen-3ya"),
            ("bücher", "bcher-kva"),
            ("straße", "strae-oqa"),
            ("почта", "80a1acny"),
            ("例え", "r8jz45g"),
            ("テスト", "zckzah"),
            ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
        ];
        for (label, expected) in table {
            assert_eq!(encode(label).as_deref(), Some(expected), "{label}");
        }
    }
}

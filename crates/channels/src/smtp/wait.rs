//! How long a refusal asks to wait, where it says so.

/// No wait that a server names is longer: a day.
const WAIT_MS_MAX: u64 = 24 * 3_600_000;
/// So many words may stand between the request to wait and its number.
const WORDS_BETWEEN_MAX: usize = 4;
/// Words that ask to wait. A number elsewhere, such as in "500 per hour", counts messages.
const ANCHORS: &[&str] =
    &["again", "retry", "wait", "back", "later", "resume", "resend", "resubmit", "delay", "retrying"];

/// The wait that a text names in words such as "try again in 5 minutes", in milliseconds.
pub(super) fn asked_wait_ms(text: &str) -> Option<u64> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != ':').map(|word| word.trim_matches(':'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let anchors = words.iter().enumerate().filter(|(_, word)| ANCHORS.contains(word));
    anchors.filter_map(|(at, _)| wait_after(&words[at + 1..])).next()
}

/// Reads the first number with a unit among the next words.
fn wait_after(words: &[&str]) -> Option<u64> {
    let number_at = words.iter().take(WORDS_BETWEEN_MAX).position(|word| amount(word).is_some())?;
    let (number, rest) = amount(words[number_at])?;
    let is_bare_retry_after = number_at > 0 && words[number_at - 1] == "after";
    let unit_ms = match (rest, words.get(number_at + 1)) {
        ("", Some(next)) => unit_ms(next).or(is_bare_retry_after.then_some(1_000))?,
        ("", None) => is_bare_retry_after.then_some(1_000)?,
        (rest, _) => unit_ms(rest)?,
    };
    Some(number.saturating_mul(unit_ms).min(WAIT_MS_MAX)).filter(|&wait| wait > 0)
}

/// The number at the start of a word, and what follows it: "60s" is 60 and "s", "00:05:00" is 300 and "s".
fn amount(word: &str) -> Option<(u64, &str)> {
    if matches!(word, "a" | "an" | "one") {
        return Some((1, ""));
    }
    if word.contains(':') {
        let mut parts = word.split(':').map(|part| part.parse::<u64>().ok());
        let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
        let total = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?;
        return parts.next().is_none().then_some((total, "s"));
    }
    let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    Some((word[..digits].parse().ok()?, &word[digits..]))
}

fn unit_ms(word: &str) -> Option<u64> {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1_000),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60_000),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600_000),
        "d" | "day" | "days" => Some(24 * 3_600_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_only_where_it_is_asked_for() {
        let table = [
            ("try again in 300 seconds", Some(300_000)),
            ("Please try again later (in 5 minutes).", Some(300_000)),
            ("Retry after 60s", Some(60_000)),
            ("retry-after: 90", Some(90_000)),
            ("Try again in an hour", Some(3_600_000)),
            ("wait at least 15 min", Some(900_000)),
            ("Greylisted, please come back in 00:05:00", Some(300_000)),
            ("try again in 3 days", Some(WAIT_MS_MAX)),
            ("try again in 99999999999999999999 seconds", None),
            ("try again in 0 seconds", None),
            ("limit of 500 messages in 1 hour exceeded", None),
            ("550 messages per hour exceeded, try again later", None),
            ("try again later, code 60", None),
            ("", None),
        ];
        for (text, wait) in table {
            assert_eq!(asked_wait_ms(text), wait, "{text}");
        }
    }
}

//! What a cell says about consent.
//!
//! Invariant: consent is never guessed. A text that no language knows is neither yes nor no.

use super::fold::letters;
use super::languages::{Answer, Standing, answer, standing};
use postrider_core::audience::Consent;
use postrider_core::time::Timestamp;

/// Words that mean that nothing is known, as letters.
const UNKNOWN: &[&str] = &[
    "unknown",
    "none",
    "na",
    "notavailable",
    "notapplicable",
    "notset",
    "null",
    "undefined",
    "notspecified",
    "unspecified",
    "unbekannt",
    "inconnu",
    "onbekend",
    "desconocido",
    "sconosciuto",
    "desconhecido",
    "necunoscut",
    "αγνωστο",
    "bilinmiyor",
    "ukendt",
    "okand",
    "ukjent",
    "tuntematon",
    "nieznany",
    "neznamy",
    "ismeretlen",
    "неизвестно",
    "невідомо",
];
const YES_MARKS: &[&str] = &["✓", "✔", "☑", "✅", "✔️"];
const NO_MARKS: &[&str] = &["✗", "✘", "☐", "❌", "✖"];
/// Letters that may stand in a date.
const DATE_WORDS: &str = "jan january feb february mar march apr april may jun june jul july aug august sep sept september oct \
    october nov november dec december mon tue wed thu fri sat sun am pm utc gmt t z cet cest est edt pst \
    pdt at st nd rd th";

/// What kind of question the cells of a column answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// May we? Yes and a date grant, no denies.
    OptIn,
    /// May we not? Yes and a date deny, no grants.
    Negated,
    /// Is there an objection? Yes and a date deny, no says nothing.
    OptOut,
    /// Since when is there an objection? Anything but no denies.
    OptOutDate,
    /// What is the person's status?
    Status,
}

/// Words that the caller explained.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnWords {
    yes: Vec<String>,
    no: Vec<String>,
}

impl OwnWords {
    /// Words that mean yes and words that mean no.
    pub fn new(yes: &[String], no: &[String]) -> Self {
        let all = |words: &[String]| words.iter().map(|word| folded(word)).collect();
        Self { yes: all(yes), no: all(no) }
    }

    fn answer(&self, word: &str) -> Option<Answer> {
        if self.no.iter().any(|known| known == word) {
            return Some(Answer::No);
        }
        self.yes.iter().any(|known| known == word).then_some(Answer::Yes)
    }
}

/// The form in which cells are compared.
fn folded(cell: &str) -> String {
    let letters = letters(cell);
    if letters.is_empty() { cell.trim().to_owned() } else { letters }
}

/// What a cell that is not empty says; nothing if it says neither yes nor no nor that it is unknown.
pub fn hear(question: Question, cell: &str, own: &OwnWords) -> Option<Consent> {
    use Consent::{Denied, Granted, Unknown};
    let word = folded(cell);
    if let Some(answer) = own.answer(&word) {
        return Some(match (question, answer) {
            (Question::OptIn | Question::Status, Answer::Yes) | (Question::Negated, Answer::No) => Granted,
            (Question::OptOut | Question::OptOutDate, Answer::No) => Unknown,
            (Question::OptIn | Question::Status, Answer::No) | (_, Answer::Yes) => Denied,
        });
    }
    if is_unknown(&word) {
        return Some(Unknown);
    }
    if matches!(question, Question::OptOut | Question::OptOutDate) && is_no_date(cell) {
        return Some(Unknown);
    }
    let standing = standing(&word);
    let answer = if question == Question::Status { None } else { yes_or_no(cell, &word) };
    let is_date = standing.is_none() && answer.is_none() && is_date(cell);
    match question {
        Question::Status => match standing? {
            Standing::Subscribed => Some(Granted),
            Standing::Active => Some(Unknown),
            Standing::Denied => Some(Denied),
        },
        Question::OptIn => match (answer, standing) {
            (Some(Answer::No), _) | (_, Some(Standing::Denied)) => Some(Denied),
            (Some(Answer::Yes), _) | (_, Some(Standing::Subscribed)) => Some(Granted),
            (None, Some(Standing::Active)) => Some(Unknown),
            (None, None) => is_date.then_some(Granted),
        },
        Question::Negated | Question::OptOut | Question::OptOutDate => match (answer, standing) {
            // A word of refusal refuses messages even under a header that is turned around.
            (_, Some(Standing::Denied)) => Some(Denied),
            (Some(Answer::Yes), _) => Some(Denied),
            (Some(Answer::No), _) if !is_plain_no(cell, &word) => Some(Denied),
            (Some(Answer::No), _) => Some(if question == Question::Negated { Granted } else { Unknown }),
            (None, Some(Standing::Subscribed)) => Some(Unknown),
            (None, _) if is_date || question == Question::OptOutDate => Some(Denied),
            (None, _) => None,
        },
    }
}

/// Whether a word of no only says no, and does not refuse something itself as `refused` does: below a header that is
/// turned around, `no` lets messages through and `refused` does not.
fn is_plain_no(cell: &str, word: &str) -> bool {
    cell.trim().parse::<f64>().is_ok()
        || NO_MARKS.contains(&word)
        || PLAIN_NO.split(' ').any(|plain| letters(plain) == word)
}

/// Words that only say no.
const PLAIN_NO: &str = "no n false f off nein falsch kein keine non faux nee onwaar geen nie fałsz brak ne nepravda nem hamis нет \
    ложь ні хибність nej falsk falskt nei usant ei epätosi falso não nao nu fals όχι ο ψευδές oxi ochi hayır yanlış yok";

/// Whether a cell is how some databases write that there is no date: `0000-00-00 00:00:00`.
fn is_no_date(cell: &str) -> bool {
    let is_written_as_a_date = cell.contains(['-', '/', '.']) && cell.contains('0');
    is_written_as_a_date && cell.chars().all(|c| matches!(c, '0' | '-' | '/' | '.' | ':' | ' ' | 'T' | 'Z'))
}

/// A cell whose word means that the person must not be sent anything, whatever its column is called.
pub fn is_refusal(cell: &str) -> bool {
    let word = folded(cell);
    standing(&word) == Some(Standing::Denied) && REFUSALS.iter().any(|known| word.contains(known))
}

/// Whether a cell is a word of yes, no or status in some language.
pub fn is_known(cell: &str) -> bool {
    let word = folded(cell);
    is_unknown(&word) || standing(&word).is_some() || yes_or_no(cell, &word).is_some()
}

/// Words of a refusal that hardly mean anything else, as parts of letters.
const REFUSALS: &[&str] = &[
    "unsub",
    "optout",
    "optedout",
    "blacklist",
    "blocklist",
    "donotcontact",
    "donotemail",
    "bounced",
    "abgemeldet",
    "ausgetragen",
    "abbestellt",
    "desabonn",
    "desinscri",
    "afgemeld",
    "uitgeschreven",
    "desuscrito",
    "disiscritt",
    "descadastrado",
    "dezabonat",
    "απεγγεγραμμεν",
    "abonelikten",
    "afmeldt",
    "frameldt",
    "avregistrerad",
    "avanmal",
    "avprenum",
    "avmeldt",
    "wypisan",
    "odhlasen",
    "leiratkoz",
    "отпис",
    "відпис",
];

fn is_unknown(word: &str) -> bool {
    UNKNOWN.contains(&word) || !word.chars().any(char::is_alphanumeric) && !is_mark(word)
}

fn is_mark(word: &str) -> bool {
    YES_MARKS.contains(&word) || NO_MARKS.contains(&word)
}

fn yes_or_no(cell: &str, word: &str) -> Option<Answer> {
    if let Ok(number) = cell.trim().parse::<f64>() {
        return if number == 1.0 { Some(Answer::Yes) } else { (number == 0.0).then_some(Answer::No) };
    }
    if YES_MARKS.contains(&word) {
        Some(Answer::Yes)
    } else if NO_MARKS.contains(&word) {
        Some(Answer::No)
    } else {
        answer(word)
    }
}

/// Whether a cell is a date or a time: at least three numbers, or eight digits of a day, and no other words.
pub fn is_date(cell: &str) -> bool {
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 4 || digits.bytes().all(|digit| digit == b'0') || cell.len() > 60 {
        return false;
    }
    let (mut numbers, mut words) = (0, 0);
    for part in cell.split(|c: char| !c.is_alphanumeric()).flat_map(runs).filter(|part| !part.is_empty()) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers += 1;
        } else if DATE_WORDS.split(' ').any(|word| part.eq_ignore_ascii_case(word)) {
            words += usize::from(part.len() >= 3);
        } else {
            return false;
        }
    }
    let compact = digits.len() == 8 || digits.len() == 14;
    numbers >= 3 || numbers == 2 && words > 0 || compact && matches!(digits.get(..2), Some("19" | "20"))
}

/// Splits `20T09` into its numbers and letters.
fn runs(part: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut before: Option<bool> = None;
    for (place, c) in part.char_indices() {
        let is_digit = c.is_ascii_digit();
        if before.is_some_and(|before| before != is_digit) {
            runs.push(&part[start..place]);
            start = place;
        }
        before = Some(is_digit);
    }
    runs.push(&part[start..]);
    runs
}

/// The instant of a date as programs write it (`2019-04-11 09:22:33`, taken as UTC), if it is one.
pub fn instant(cell: &str) -> Option<Timestamp> {
    let cell = cell.trim();
    Timestamp::parse(cell).or_else(|| {
        let (day, time) = cell.split_once([' ', 'T']).unwrap_or((cell, "00:00:00"));
        let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
        Timestamp::parse(&format!("{day}T{time}Z"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(question: Question, cell: &str) -> Option<Consent> {
        hear(question, cell, &OwnWords::default())
    }

    #[test]
    fn yes_and_no_are_known_in_every_language() {
        for (yes, no) in [
            ("yes", "no"),
            ("Ja", "Nein"),
            ("oui", "non"),
            ("Sí", "No"),
            ("sì", "no"),
            ("ja", "nee"),
            ("Sim", "Não"),
            ("tak", "nie"),
            ("TAK", "NIE"),
            ("Ano", "Ne"),
            ("Ja", "Nej"),
            ("Ja", "Nei"),
            ("Kyllä", "Ei"),
            ("Igen", "Nem"),
            ("Evet", "Hayır"),
            ("EVET", "HAYIR"),
            ("Da", "Nu"),
            ("Ναι", "Όχι"),
            ("ΝΑΙ", "ΟΧΙ"),
            ("Да", "Нет"),
            ("Так", "Ні"),
            ("true", "FALSE"),
            ("1", "0"),
            ("1.0", "0.0"),
            ("✓", "✗"),
            ("SUBSCRIBED", "UNSUBSCRIBED"),
            ("opted-in", "Opted out"),
        ] {
            assert_eq!(heard(Question::OptIn, yes), Some(Consent::Granted), "{yes}");
            assert_eq!(heard(Question::OptIn, no), Some(Consent::Denied), "{no}");
        }
    }

    #[test]
    fn a_word_of_refusal_refuses_under_a_header_that_is_turned_around_too() {
        for word in
            ["refused", "declined", "denied", "brak zgody", "refusé", "refus", "отказано", "odmowa", "odmítnuto", "ret"]
        {
            for question in [Question::OptIn, Question::OptOut, Question::Negated] {
                assert_eq!(heard(question, word), Some(Consent::Denied), "{word}: {question:?}");
            }
        }
        for plain in ["no", "nein", "Não", "0", "FALSE", "✗", "Όχι", "нет", "brak"] {
            assert_eq!(heard(Question::OptOut, plain), Some(Consent::Unknown), "{plain}");
            assert_eq!(heard(Question::Negated, plain), Some(Consent::Granted), "{plain}");
        }
        assert_eq!(heard(Question::OptOutDate, "0000-00-00 00:00:00"), Some(Consent::Unknown));
        assert_eq!(heard(Question::OptOutDate, "2024-05-06 00:00:00"), Some(Consent::Denied));
    }

    #[test]
    fn what_is_neither_yes_nor_no_is_not_guessed() {
        for cell in ["maybe", "E", "2", "weekly digest", "może", "ada@example.com", "Berlin", "3 times", "12/40"] {
            assert_eq!(heard(Question::OptIn, cell), None, "{cell}");
            assert_eq!(heard(Question::OptOut, cell), None, "{cell}");
        }
        for cell in ["-", "?", "n/a", "unknown", "NEVER_SUBSCRIBED"] {
            assert_eq!(heard(Question::OptIn, cell), Some(Consent::Unknown), "{cell}");
        }
        for cell in ["gold", "true", "1", "7"] {
            assert_eq!(heard(Question::Status, cell), None, "{cell}");
        }
    }

    #[test]
    fn a_date_is_a_yes_to_consent_and_a_no_to_an_objection() {
        for cell in [
            "2019-04-11 09:22:33",
            "2019-04-11",
            "2019-04-11T09:22:33.000Z",
            "11.04.2019",
            "4/11/19",
            "20110122T111244",
            "11 Apr 2019",
            "April 11, 2019",
            "2019-04-11 09:22 AM",
        ] {
            assert_eq!(heard(Question::OptIn, cell), Some(Consent::Granted), "{cell}");
            assert_eq!(heard(Question::OptOut, cell), Some(Consent::Denied), "{cell}");
            assert_eq!(heard(Question::Negated, cell), Some(Consent::Denied), "{cell}");
        }
        assert_eq!(heard(Question::OptIn, "0000-00-00 00:00:00"), None);
        assert_eq!(
            instant("2019-04-11 09:22:33").map(|at| at.to_string()).as_deref(),
            Some("2019-04-11T09:22:33.000Z")
        );
        assert_eq!(instant("2019-04-11").map(|at| at.to_string()).as_deref(), Some("2019-04-11T00:00:00.000Z"));
        assert_eq!(instant("11.04.2019"), None);
    }

    #[test]
    fn a_word_of_refusal_denies_in_every_kind_of_column() {
        for cell in ["unsubscribed", "opted out", "Abgemeldet", "blocklisted", "cleaned", "отписан", "Wypisany"]
        {
            for question in
                [Question::OptIn, Question::OptOut, Question::OptOutDate, Question::Negated, Question::Status]
            {
                assert_eq!(heard(question, cell), Some(Consent::Denied), "{cell} {question:?}");
            }
        }
        for cell in ["inactive", "bounced", "complained", "suppressed", "unreachable", "pending"] {
            assert_eq!(heard(Question::Status, cell), Some(Consent::Denied), "{cell}");
        }
    }

    #[test]
    fn words_of_the_caller_come_first() {
        let own = OwnWords::new(&["may be".to_owned()], &["Keinesfalls".to_owned(), "active".to_owned()]);
        assert_eq!(hear(Question::OptIn, "May-be", &own), Some(Consent::Granted));
        assert_eq!(hear(Question::OptIn, "keinesfalls", &own), Some(Consent::Denied));
        assert_eq!(hear(Question::Status, "Active", &own), Some(Consent::Denied));
        assert_eq!(hear(Question::OptOut, "may be", &own), Some(Consent::Denied));
    }
}

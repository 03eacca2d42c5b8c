//! What people write in the header and in the cells of their files, by language: data, and one index over it.
//!
//! A language lists its words with commas between them, as people write them. They are compared by their letters
//! (`fold.rs`), so that case, accents, blanks and hyphens do not matter. Invariant: a header has one meaning, whatever
//! language it is in.

mod central;
mod east;
mod english;
mod north;
mod south;
mod west;

use super::fold::spellings;
use super::headers::Meaning;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The words of one language.
pub struct Language {
    /// RFC 5646 tag.
    pub tag: &'static str,
    /// A field word and the headers that mean it.
    pub headers: &'static [(&'static str, &'static str)],
    /// Cells that say yes.
    pub yes: &'static str,
    /// Cells that say no.
    pub no: &'static str,
    /// A status of somebody who agreed.
    pub subscribed: &'static str,
    /// A status that says nothing about consent.
    pub active: &'static str,
    /// A status of somebody who must not be sent anything.
    pub denied: &'static str,
    /// Parts of words that show that a header is about consent.
    pub smells: &'static str,
}

/// All languages.
pub const ALL: &[&Language] = &[
    &english::ENGLISH,
    &west::GERMAN,
    &west::FRENCH,
    &west::DUTCH,
    &south::SPANISH,
    &south::ITALIAN,
    &south::PORTUGUESE,
    &south::ROMANIAN,
    &south::GREEK,
    &south::TURKISH,
    &north::DANISH,
    &north::SWEDISH,
    &north::NORWEGIAN,
    &north::FINNISH,
    &central::POLISH,
    &central::CZECH,
    &central::HUNGARIAN,
    &east::RUSSIAN,
    &east::UKRAINIAN,
];

/// An answer to a yes-or-no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// What a status says about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The person agreed.
    Subscribed,
    /// The person is there, and that is all.
    Active,
    /// Nothing may be sent.
    Denied,
}

/// The words of a text that is a list.
pub fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn index<T: Copy>(entries: impl Iterator<Item = (&'static str, T)>) -> HashMap<String, T> {
    let mut index = HashMap::new();
    for (list, value) in entries {
        for word in words(list) {
            for spelling in spellings(word) {
                index.entry(spelling).or_insert(value);
            }
        }
    }
    index
}

static HEADERS: LazyLock<HashMap<String, Meaning>> = LazyLock::new(|| {
    let entries = ALL.iter().flat_map(|language| language.headers);
    index(entries.filter_map(|(field, list)| Meaning::of_word(field).map(|meaning| (*list, meaning))))
});

static ANSWERS: LazyLock<HashMap<String, Answer>> =
    LazyLock::new(|| index(ALL.iter().flat_map(|language| [(language.yes, Answer::Yes), (language.no, Answer::No)])));

static STANDINGS: LazyLock<HashMap<String, Standing>> = LazyLock::new(|| {
    let lists = ALL.iter().flat_map(|language| {
        [
            (language.denied, Standing::Denied),
            (language.subscribed, Standing::Subscribed),
            (language.active, Standing::Active),
        ]
    });
    index(lists)
});

/// What a header means, if some language knows it.
pub fn header(letters: &str) -> Option<Meaning> {
    HEADERS.get(letters).copied()
}

/// What the letters of a cell answer.
pub fn answer(letters: &str) -> Option<Answer> {
    ANSWERS.get(letters).copied()
}

/// What the letters of a cell say as a status.
pub fn standing(letters: &str) -> Option<Standing> {
    STANDINGS.get(letters).copied()
}

/// The stems of all languages, as letters.
pub static STEMS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut stems: Vec<String> =
        ALL.iter().flat_map(|language| words(language.smells)).flat_map(spellings).filter(|s| !s.is_empty()).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
});

#[cfg(test)]
mod tests {
    use super::super::fold::letters;
    use super::*;

    #[test]
    fn a_header_means_one_thing_in_all_languages() {
        let mut known: HashMap<String, (&str, Meaning)> = HashMap::new();
        for language in ALL {
            for (field, list) in language.headers {
                let meaning = Meaning::of_word(field);
                let meaning = meaning.unwrap_or_else(|| panic!("{}: {field} is no field word", language.tag));
                for word in words(list) {
                    let (other, before) = *known.entry(letters(word)).or_insert((language.tag, meaning));
                    assert_eq!(before, meaning, "{word} in {} and {other}", language.tag);
                }
            }
        }
    }

    #[test]
    fn no_word_is_yes_in_one_language_and_no_in_another() {
        let mut known: HashMap<String, bool> = HashMap::new();
        for language in ALL {
            for (list, value) in [(language.yes, true), (language.no, false)] {
                for word in words(list) {
                    assert_eq!(*known.entry(letters(word)).or_insert(value), value, "{word} in {}", language.tag);
                }
            }
        }
    }

    #[test]
    fn a_status_is_in_one_list_only() {
        let mut known: HashMap<String, usize> = HashMap::new();
        for language in ALL {
            for (place, list) in [language.subscribed, language.active, language.denied].into_iter().enumerate() {
                for word in words(list) {
                    assert_eq!(*known.entry(letters(word)).or_insert(place), place, "{word} in {}", language.tag);
                }
            }
        }
    }
}

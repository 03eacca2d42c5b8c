//! `[log]`.

use super::section::Section;

/// The least important messages that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something may fail.
    Warn,
    /// Something happened.
    Info,
    /// How it happened.
    Debug,
    /// Every step.
    Trace,
}

impl Level {
    const WORDS: [(&str, Self); 5] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];

    /// The word used in the configuration, which is also a directive of `tracing-subscriber`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS[self as usize].0
    }
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object on each line.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// From which importance on.
    pub level: Level,
    /// In which form.
    pub format: LogFormat,
}

impl Log {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let words = Level::WORDS.map(|(word, _)| word);
        let level = section.word("level", &words, |word| {
            Level::WORDS.iter().find(|(known, _)| *known == word).map(|(_, level)| *level)
        });
        let format = section.word("format", &["text", "json"], |word| match word {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        });
        section.finish();
        Self {
            level: level.map_or(Level::Info, |given| given.value),
            format: format.map_or(LogFormat::Text, |given| given.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_its_word() {
        for (word, level) in Level::WORDS {
            assert_eq!(level.as_str(), word);
        }
    }
}

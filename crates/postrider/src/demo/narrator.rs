//! What the demonstration says while it goes.
//!
//! Invariant: with `--json` nothing but the one document reaches standard output.

use crate::api_client::Taken;
use std::io::{IsTerminal as _, Write};

/// Characters of an id that are shown: enough to tell those of one demonstration apart.
const ID_SHOWN: usize = 8;
/// Characters of a UUID as text (RFC 9562 section 4).
const UUID_CHARS: usize = 36;

/// Tells people what happens, a line at a time.
#[derive(Debug, Clone, Copy)]
pub struct Narrator {
    /// To standard error, because standard output is for a machine.
    pub aside: bool,
    /// To nobody.
    pub silent: bool,
}

impl Narrator {
    /// Says a line.
    pub fn say(self, line: &str) {
        if self.silent {
            return;
        }
        // Whoever closed the pipe does not want to read on; the work is not theirs to end.
        let _unread = if self.aside {
            writeln!(std::io::stderr().lock(), "{line}")
        } else {
            writeln!(std::io::stdout().lock(), "{line}")
        };
    }

    /// Says what a request did, and which it was.
    pub fn step(self, did: &str, taken: &Taken) {
        self.say(&self.step_lines(did, &taken.line));
    }

    /// Says what several requests did, and which the last one was.
    pub fn many(self, did: &str, line: &str, requests: usize) {
        let line = if requests > 1 { format!("{line} ({requests} times)") } else { line.to_owned() };
        self.say(&self.step_lines(did, &line));
    }

    /// Says a name and its value.
    pub fn fact(self, name: &str, value: &str) {
        self.say(&format!("  {name:<13}{value}"));
    }

    /// What a step did, and its request below it.
    fn step_lines(self, did: &str, request: &str) -> String {
        let request = format!("      {}", short_ids(request));
        if self.has_colour() { format!("  {did}\n\x1b[2m{request}\x1b[0m") } else { format!("  {did}\n{request}") }
    }

    /// A terminal takes colour unless it says otherwise (<https://no-color.org>).
    fn has_colour(self) -> bool {
        let is_terminal = if self.aside { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        is_terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
    }
}

/// A path with the end of each id in place of the whole, so that a line fits 80 columns.
fn short_ids(request: &str) -> String {
    let part = |part: &str| {
        let end = part.find(' ').unwrap_or(part.len());
        let (id, rest) = part.split_at(end);
        match id.len() == UUID_CHARS && uuid::Uuid::try_parse(id).is_ok() {
            true => format!("…{}{rest}", id.get(UUID_CHARS - ID_SHOWN..).unwrap_or_default()),
            false => part.to_owned(),
        }
    };
    request.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_stands_below_what_it_did_and_fits_a_narrow_terminal() {
        let request = "PUT /public/v1/campaigns/01a22d59-c485-76d0-9d9b-b1824a869982/audience → 200";
        let plain = Narrator { aside: true, silent: true };
        let short = short_ids(request);
        assert_eq!(short, "PUT /public/v1/campaigns/…4a869982/audience → 200");
        assert_eq!(short_ids("GET /x/01a22d59-c485-76d0-9d9b-b1824a869982 → 200"), "GET /x/…4a869982 → 200");
        assert_eq!(short_ids("POST /oauth/token → 200"), "POST /oauth/token → 200");
        let lines = plain.step_lines("Gave it the list as its audience", request);
        assert!(lines.lines().count() == 2 && lines.lines().all(|line| line.chars().count() <= 80), "{lines}");
    }
}

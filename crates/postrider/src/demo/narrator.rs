//! What the demonstration says while it goes.
//!
//! Invariant: with `--json` nothing but the one document reaches standard output.

use crate::api_client::Taken;
use std::io::Write;

/// Where what a step does ends and its request begins, in characters.
const REQUEST_COLUMN: usize = 56;

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
        self.say(&step_line(did, &taken.line));
    }

    /// Says what several requests did, and which the last one was.
    pub fn many(self, did: &str, line: &str, requests: usize) {
        let line = if requests > 1 { format!("{line} ({requests} times)") } else { line.to_owned() };
        self.say(&step_line(did, &line));
    }

    /// Says a name and its value.
    pub fn fact(self, name: &str, value: &str) {
        self.say(&format!("  {name:<13}{value}"));
    }
}

fn step_line(did: &str, request: &str) -> String {
    let gap = REQUEST_COLUMN.saturating_sub(did.chars().count()).max(2);
    format!("  {did}{:gap$}{request}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stand_below_each_other_whatever_the_script() {
        let latin = step_line("Made the list Everybody", "POST /lists → 201");
        let greek = step_line("Made the list Όλοι", "POST /lists → 201");
        let column = |line: &str| line.chars().position(|c| c == '→');
        assert_eq!(column(&latin), column(&greek));
        assert!(step_line(&"x".repeat(80), "GET /").ends_with("x  GET /"));
    }
}

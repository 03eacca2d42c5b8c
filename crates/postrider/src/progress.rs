//! Shows how far a campaign is: a bar on a terminal, now and then a line where there is none.
//!
//! Invariant: everything goes to standard error, so standard output stays for results.

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;

/// How much further a campaign must be for another line, in percent.
const LINE_STEP_PERCENT: u64 = 10;

/// How long a wait is worth telling, in milliseconds.
const NOTICEABLE_MS: i64 = 100;
/// What is shown while there is nobody to count.
const WAITING: &str = "  {prefix:<10} {msg}";
/// What is shown from then on.
const COUNTING: &str = "  {prefix:<10} {bar:18} {human_pos} of {human_len}, {msg}";

/// How a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glance<'a> {
    /// Its execution status.
    pub status: &'a str,
    /// How many recipients there will be, if somebody knows; otherwise 0.
    pub expected: u64,
    /// How many recipients there are, as far as they are frozen.
    pub frozen: u64,
    /// How many are accounted for.
    pub settled: u64,
    /// How many are handed off.
    pub sent: u64,
    /// How many are accounted for in a second.
    pub rate_per_second: Option<f64>,
    /// How long until it starts, in milliseconds.
    pub starts_in_ms: Option<i64>,
}

impl Glance<'_> {
    /// The whole of which [`Glance::settled`] is a part.
    fn total(&self) -> u64 {
        self.frozen.max(self.expected)
    }
}

/// A bar, or lines.
pub struct Progress {
    bar: Option<ProgressBar>,
    told: Option<(String, u64)>,
}

impl Progress {
    /// A bar if standard error is a terminal.
    #[must_use]
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            // It is drawn when it has something to show.
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            bar.set_style(style(WAITING));
            bar
        });
        Self { bar, told: None }
    }

    /// Shows how it stands.
    pub fn show(&mut self, glance: &Glance<'_>) {
        if let Some(bar) = &self.bar {
            if glance.frozen > 0 {
                bar.set_style(style(COUNTING));
                bar.set_length(glance.total());
            }
            bar.set_prefix(glance.status.to_owned());
            bar.set_position(glance.settled);
            bar.set_message(message(glance));
            if self.told.is_none() {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.tick();
                self.told = Some((String::new(), 0));
            }
            return;
        }
        let percent = (glance.settled * 100).checked_div(glance.total()).unwrap_or(0);
        let step = percent / LINE_STEP_PERCENT;
        let now = (glance.status.to_owned(), step);
        if self.told.as_ref() != Some(&now) {
            let counted = match glance.frozen {
                0 => String::new(),
                _ => format!("{} of {}, ", HumanCount(glance.settled), HumanCount(glance.total())),
            };
            eprintln!("  {}: {counted}{}", glance.status, message(glance));
            self.told = Some(now);
        }
    }

    /// Leaves the bar as it stands.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.abandon();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn message(glance: &Glance<'_>) -> String {
    match (glance.starts_in_ms, glance.rate_per_second) {
        (Some(ms), _) if ms >= NOTICEABLE_MS => format!("starts in {}", wait(ms)),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is small and not negative")]
        (_, Some(rate)) => {
            format!("{} sent, {} a second", HumanCount(glance.sent), HumanCount(rate.round() as u64))
        }
        (_, None) => format!("{} sent", HumanCount(glance.sent)),
    }
}

/// A wait in the two largest units that fit.
fn wait(ms: i64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds}.{} s", ms % 1_000 / 100),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_the_bar_follows_the_campaign() {
        let scheduled = Glance {
            status: "scheduled",
            expected: 0,
            frozen: 0,
            settled: 0,
            sent: 0,
            rate_per_second: None,
            starts_in_ms: Some(2_140),
        };
        assert_eq!(message(&scheduled), "starts in 2.1 s");
        for (ms, expected) in [
            (59_999, "59.9 s"),
            (60_000, "1 min 0 s"),
            (3_600_000, "1 h 0 min"),
            (86_399_999, "23 h 59 min"),
            (108_879_167_800, "1260 d 4 h"),
        ] {
            assert_eq!(wait(ms), expected);
        }
        let running = Glance { sent: 7, rate_per_second: Some(1234.4), starts_in_ms: Some(99), ..scheduled };
        assert_eq!(message(&running), "7 sent, 1,234 a second");
        assert_eq!(message(&Glance { rate_per_second: None, ..running }), "7 sent");
    }
}

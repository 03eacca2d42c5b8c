//! The verdict: the ledger, row by row, against what the mail server took.
//!
//! Invariant: balanced means that each person was handed over exactly once, or is reported as `uncertain` and got at most
//! one message, or was rightly left out.

use super::strikes::Strike;
use super::watch::{Seen, Starts};
use crate::books::grouped;
use crate::demo::DemoError;
use crate::demo::session::{Session, number};
use postrider_core::delivery::DeliveryState;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Rows that are asked for at a time.
const PAGE: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    people: i64,
    /// `frozen` of the accounts.
    frozen: i64,
    /// What the accounts say is missing.
    difference: i64,
    rows: i64,
    /// Reported as sent, and the mail server took one message.
    sent_once: i64,
    /// Reported as uncertain, and the mail server took one message.
    uncertain_arrived: i64,
    /// Reported as uncertain, and the mail server took none.
    uncertain_lost: i64,
    /// Reported as suppressed or skipped, and the mail server took none.
    left_out: i64,
    /// Reported as sent, and the mail server took none.
    sent_lost: i64,
    /// The mail server took more than one message.
    twice: i64,
    /// Anything else: a message for a person who was left out, a state that no drill leads to.
    other: i64,
    /// Addresses that got a message and are not in the ledger.
    strangers: i64,
    /// What the watcher saw during the drill.
    seen: Seen,
    /// How the campaigns started that were due during strikes.
    starts: Starts,
}

impl Verdict {
    /// Reads the accounts and the whole ledger of a campaign.
    ///
    /// # Errors
    /// A request fails.
    pub async fn read(
        session: &Session,
        campaign: &str,
        people: i64,
        mut arrived: HashMap<String, u64>,
    ) -> Result<Self, DemoError> {
        let books = session.read(&format!("/campaigns/{campaign}/reconciliation")).await?;
        let mut verdict = Self { people, ..Self::default() };
        verdict.frozen = number(&books, "/frozen")?;
        verdict.difference = number(&books, "/difference")?;
        let mut cursor = String::new();
        loop {
            let page = session.read(&format!("/campaigns/{campaign}/deliveries?limit={PAGE}{cursor}")).await?;
            for row in page.data["items"].as_array().into_iter().flatten() {
                verdict.count(row, &mut arrived);
            }
            match page.data["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        verdict.strangers = i64::try_from(arrived.len()).unwrap_or(i64::MAX);
        Ok(verdict)
    }

    /// Adds what the watcher saw during the drill.
    pub fn watched(&mut self, seen: Seen, starts: Starts) {
        (self.seen, self.starts) = (seen, starts);
    }

    /// Compares one row with the messages for its address, which are then counted.
    fn count(&mut self, row: &Value, arrived: &mut HashMap<String, u64>) {
        let messages = row["address"].as_str().and_then(|address| arrived.remove(address)).unwrap_or(0);
        let state = row["state"].as_str().and_then(DeliveryState::parse);
        self.rows += 1;
        let place = match (state, messages) {
            (_, 2..) => &mut self.twice,
            (Some(DeliveryState::Sent), 1) => &mut self.sent_once,
            (Some(DeliveryState::Sent), _) => &mut self.sent_lost,
            (Some(DeliveryState::Uncertain), 1) => &mut self.uncertain_arrived,
            (Some(DeliveryState::Uncertain), _) => &mut self.uncertain_lost,
            (Some(DeliveryState::Suppressed | DeliveryState::Skipped), 0) => &mut self.left_out,
            _ => &mut self.other,
        };
        *place += 1;
    }

    /// Whether nothing is wrong.
    pub fn is_balanced(&self) -> bool {
        self.wrong().iter().all(|(_, count)| *count == 0)
    }

    /// What is wrong first.
    pub fn first_wrong(&self) -> String {
        let found = self.wrong().into_iter().find(|(_, count)| *count != 0);
        found.map_or_else(|| "nothing".to_owned(), |(what, count)| format!("{} {what}", grouped(count)))
    }

    fn wrong(&self) -> [(&'static str, i64); 9] {
        [
            ("campaigns started early", self.starts.early),
            ("reads of the accounts did not add up", self.seen.bad),
            ("got more than one message", self.twice + self.starts.twice),
            ("are reported as sent and got none", self.sent_lost + self.starts.lost),
            ("are in a state that does not fit the messages", self.other),
            ("addresses got a message and are not in the ledger", self.strangers),
            ("people are not in the ledger", self.people - self.rows),
            ("rows are not in the accounts", self.rows - self.frozen),
            ("is the difference of the accounts", self.difference),
        ]
    }

    /// For machines.
    pub fn document(&self) -> Value {
        json!({
            "recipients": self.people,
            "handedOffOnce": self.sent_once,
            "uncertain": { "arrived": self.uncertain_arrived, "notArrived": self.uncertain_lost },
            "leftOut": self.left_out,
            "handedOffTwice": self.twice + self.starts.twice,
            "lost": self.sent_lost + self.starts.lost,
            "starts": {
                "campaigns": self.starts.probes,
                "early": self.starts.early,
                "lateMs": { "median": self.late_ms(1, 2), "max": self.late_ms(1, 1) },
            },
            "reads": { "accounts": self.seen.reads, "wrong": self.seen.bad },
            "unaccounted": self.other + self.strangers + (self.people - self.rows).abs(),
            "difference": self.difference,
            "balanced": self.is_balanced(),
        })
    }

    /// How late campaigns started: the part `of`/`parts` of the sorted list.
    fn late_ms(&self, of: usize, parts: usize) -> Option<i64> {
        let late_ms = &self.starts.late_ms;
        late_ms.get((late_ms.len() * of / parts).min(late_ms.len().saturating_sub(1))).copied()
    }

    /// For people.
    pub fn text(&self, strikes: &BTreeMap<Strike, u32>) -> String {
        let width = grouped(self.people).len();
        let row = |count: i64, what: &str| format!("  {:>width$}  {what}\n", grouped(count));
        let made: Vec<String> = strikes.iter().map(|(kind, count)| format!("{} {count}", kind.as_str())).collect();
        let mut text = format!("\nStruck ({}) while it sent to {} people:\n\n", made.join(", "), grouped(self.people));
        text += &row(self.sent_once, "handed over exactly once");
        text += &row(self.uncertain_arrived, "reported as uncertain; the mail server had accepted the message");
        text += &row(self.uncertain_lost, "reported as uncertain; the mail server had not");
        text += &row(self.left_out, "left out, as they should be: opted out, or no address");
        text += &row(self.twice + self.starts.twice, "handed over twice");
        text += &row(self.sent_lost + self.starts.lost, "reported as sent and never handed over");
        text += &row(self.starts.probes, "campaigns were due during strikes");
        text += &row(self.starts.early, "of them started early");
        if let (Some(median), Some(max)) = (self.late_ms(1, 2), self.late_ms(1, 1)) {
            text += &row(median, &format!("ms late is the median of their starts (at most {} ms)", grouped(max)));
        }
        text += &row(self.seen.reads, "reads of the accounts while it sent");
        text += &row(self.seen.bad, "of these reads did not add up");
        text += if self.is_balanced() {
            "\nThe accounts balance: no second messages, no lost ones, and every person is accounted for."
        } else {
            "\nThe accounts do not balance."
        };
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(rows: &[(&str, &str)], arrived: &[(&str, u64)]) -> Verdict {
        let count = i64::try_from(rows.len()).unwrap();
        let mut verdict = Verdict { people: count, frozen: count, ..Verdict::default() };
        let mut arrived = arrived.iter().map(|(address, count)| ((*address).to_owned(), *count)).collect();
        for (address, state) in rows {
            verdict.count(&json!({ "address": address, "state": state }), &mut arrived);
        }
        verdict.strangers = i64::try_from(arrived.len()).unwrap();
        verdict
    }

    #[test]
    fn once_uncertain_or_left_out_is_balanced() {
        let rows = [("a", "sent"), ("b", "uncertain"), ("c", "uncertain"), ("d", "suppressed"), ("e", "skipped")];
        let found = verdict(&rows, &[("a", 1), ("b", 1)]);
        assert!(found.is_balanced(), "{found:?}");
        assert_eq!(found.document()["uncertain"], json!({ "arrived": 1, "notArrived": 1 }));
    }

    #[test]
    fn every_way_to_go_wrong_is_noticed() {
        for (rows, arrived, wrong) in [
            (&[("a", "sent")][..], &[("a", 2)][..], "1 got more than one message"),
            (&[("a", "uncertain")], &[("a", 2)], "1 got more than one message"),
            (&[("a", "sent")], &[], "1 are reported as sent and got none"),
            (&[("a", "suppressed")], &[("a", 1)], "1 are in a state that does not fit the messages"),
            (&[("a", "pending")], &[], "1 are in a state that does not fit the messages"),
            (&[("a", "failed")], &[], "1 are in a state that does not fit the messages"),
            (&[("a", "sent")], &[("a", 1), ("x", 1)], "1 addresses got a message and are not in the ledger"),
        ] {
            let found = verdict(rows, arrived);
            assert!(!found.is_balanced());
            assert_eq!(found.first_wrong(), wrong);
        }
        let early = Starts { early: 1, ..Starts::default() };
        let sent = || verdict(&[("a", "sent")], &[("a", 1)]);
        assert_eq!(Verdict { starts: early, ..sent() }.first_wrong(), "1 campaigns started early");
        let bad = Seen { reads: 9, bad: 2, early: 0 };
        assert_eq!(Verdict { seen: bad, ..sent() }.first_wrong(), "2 reads of the accounts did not add up");
        let missing = Verdict { people: 2, ..verdict(&[("a", "sent")], &[("a", 1)]) };
        assert_eq!(missing.first_wrong(), "1 people are not in the ledger");
    }
}

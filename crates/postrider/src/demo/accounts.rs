//! Holds the books against each other: the sum, the ledger, what was expected, and what the mail server took.
//!
//! Invariant: [`Accounts::check`] names the first disagreement; without one, everybody is accounted for once.

use super::failure::DemoError;
use super::people::Expected;
use super::session::{Session, number};
use crate::api_client::Taken;
use crate::books::{self, PARTS};
use postrider_core::delivery::{Counts, DeliveryState};
use serde_json::Value;

/// What the mail server saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// Messages that it took.
    pub messages: u64,
    /// The most that one address got.
    pub most_for_one: u64,
}

/// The books after the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// Members of the audience that were looked at.
    matched: i64,
    /// Of these, the same person or address again.
    duplicates: i64,
    /// Everybody in the frozen audience, as the API says it.
    frozen: i64,
    /// How many stand where.
    counts: Counts,
    /// What the API says is missing.
    pub difference: i64,
}

impl Accounts {
    /// Asks the API for the books of a campaign.
    ///
    /// # Errors
    /// The request fails.
    pub async fn read(session: &Session, campaign_id: &str) -> Result<Self, DemoError> {
        let answer = session.read(&format!("/campaigns/{campaign_id}/reconciliation")).await?;
        session.narrator.step("Asked for the accounts", &answer);
        Self::of(&answer)
    }

    fn of(answer: &Taken) -> Result<Self, DemoError> {
        let mut counts = Counts::default();
        for (name, state) in PARTS {
            let count = answer.data.pointer(&format!("/counts/{name}")).and_then(Value::as_i64);
            counts.add(state, count.ok_or_else(|| DemoError::Shape(answer.line.clone(), "count for each state"))?);
        }
        let difference = answer.data["difference"].as_i64();
        Ok(Self {
            matched: number(answer, "/matched")?,
            duplicates: number(answer, "/duplicates")?,
            frozen: number(answer, "/counts/frozen")?,
            counts,
            difference: difference.ok_or_else(|| DemoError::Shape(answer.line.clone(), "difference"))?,
        })
    }

    /// As the API writes counts.
    #[must_use]
    pub fn document(&self) -> Value {
        books::document(&self.counts)
    }

    /// A small table.
    #[must_use]
    pub fn table(&self) -> String {
        books::table(&self.counts, self.difference)
    }

    /// Holds the books against each other and against what the mail server saw.
    ///
    /// # Errors
    /// The first disagreement.
    pub fn check(&self, people: i64, expected: Option<Expected>, delivered: Delivered) -> Result<(), DemoError> {
        let part = |state| self.counts.of(state);
        let sent = part(DeliveryState::Sent);
        let messages = i64::try_from(delivered.messages).unwrap_or(i64::MAX);
        let most_for_one = i64::try_from(delivered.most_for_one).unwrap_or(i64::MAX);
        let mut claims = vec![
            ("the reported difference and none", self.difference, 0),
            ("the people on the list and those matched", people, self.matched),
            ("those matched but once and the frozen audience", self.matched - self.duplicates, self.frozen),
            ("the frozen audience and the sum of its parts", self.frozen, self.counts.frozen()),
            ("recipients not accounted for and none", self.counts.live(), 0),
            ("messages that the mail server took and sent", messages, sent),
            ("the most messages for one address and one", most_for_one, i64::from(sent > 0)),
        ];
        if let Some(expected) = expected {
            claims.extend([
                ("sent and the people who can be written to", sent, expected.sent),
                ("suppressed and the people who opted out", part(DeliveryState::Suppressed), expected.suppressed),
                ("skipped and the people without an address", part(DeliveryState::Skipped), expected.skipped),
            ]);
        }
        match claims.into_iter().find(|(_, one, other)| one != other) {
            Some((what, one, other)) => Err(DemoError::Unbalanced(format!("{what} differ: {one} and {other}"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn accounts(sent: i64, suppressed: i64) -> Accounts {
        let counts = json!({
            "frozen": 50, "pending": 0, "inFlight": 0, "sent": sent, "failed": 0, "suppressed": suppressed,
            "skipped": 2, "expired": 0, "canceled": 0, "uncertain": 0,
        });
        let data = json!({ "matched": 51, "duplicates": 1, "counts": counts, "difference": 0 });
        Accounts::of(&Taken { line: "GET / → 200".to_owned(), data }).unwrap()
    }

    const EXPECTED: Expected = Expected { sent: 45, suppressed: 3, skipped: 2 };

    #[test]
    fn books_that_agree_pass() {
        accounts(45, 3).check(51, Some(EXPECTED), Delivered { messages: 45, most_for_one: 1 }).unwrap();
        accounts(40, 8).check(51, None, Delivered { messages: 40, most_for_one: 1 }).unwrap();
    }

    #[test]
    fn the_first_disagreement_is_named() {
        let seen = Delivered { messages: 45, most_for_one: 1 };
        let told = |books: Accounts, people, seen| books.check(people, Some(EXPECTED), seen).unwrap_err().to_string();
        for (found, expected) in [
            (
                told(Accounts { difference: 1, ..accounts(45, 3) }, 51, seen),
                "the reported difference and none differ: 1 and 0",
            ),
            (told(accounts(45, 3), 52, seen), "the people on the list and those matched differ: 52 and 51"),
            (
                told(Accounts { duplicates: 0, ..accounts(45, 3) }, 51, seen),
                "those matched but once and the frozen audience differ: 51 and 50",
            ),
            (told(accounts(45, 2), 51, seen), "the frozen audience and the sum of its parts differ: 50 and 49"),
            (
                told(accounts(45, 3), 51, Delivered { messages: 44, ..seen }),
                "messages that the mail server took and sent differ: 44 and 45",
            ),
            (
                told(accounts(45, 3), 51, Delivered { most_for_one: 2, ..seen }),
                "the most messages for one address and one differ: 2 and 1",
            ),
            (
                told(accounts(44, 4), 51, Delivered { messages: 44, ..seen }),
                "sent and the people who can be written to differ: 44 and 45",
            ),
        ] {
            assert_eq!(found, format!("The accounts do not balance: {expected}."));
        }
    }
}

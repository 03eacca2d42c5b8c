//! What the outcomes of a window mean for its recipients.

use super::connections::LaneNumber;
use super::context::Context;
use super::route::{Route, Setback};
use super::suspects::Place;
use super::turn::{Answer, Flight, conclude};
use postrider_core::channel::{Outcome, Refusal};
use postrider_core::delivery::Attempt;
use postrider_core::time::Timestamp;

/// Whether a message certainly did not leave, through no fault of its recipient.
pub(super) const fn is_not_attempted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotAttempted { .. })
}

/// The outcome of a message whose conversation ended without an answer.
pub(super) fn unanswered(text: &str) -> Outcome {
    Outcome::Uncertain(Refusal { reason: "no_answer", text: text.to_owned() })
}

/// Decides what follows if a window of a lane ended early, and when those who did not leave are due again: after the
/// rest of the route, else at once. A message at fault was tried. `place` names the message at an index.
pub(super) fn setback(
    route: &Route,
    lane: LaneNumber,
    outcomes: &mut [Outcome],
    place: impl Fn(usize) -> Place,
    now: Timestamp,
    jitter: u64,
) -> Option<Setback> {
    let head = outcomes.iter().position(is_not_attempted)?;
    let Outcome::NotAttempted { refusal, obstacle, after_ms } = outcomes[head].clone() else { return None };
    let setback = route.setback(lane, place(head), (&refusal, obstacle, after_ms), now, jitter);
    let rest_ms = match setback {
        Setback::Route(until, _) => u64::try_from(until.millis_since(now)).unwrap_or_default(),
        Setback::Message | Setback::Lane | Setback::Sender(_) => 0,
    };
    for outcome in &mut outcomes[head..] {
        if let Outcome::NotAttempted { after_ms, .. } = outcome {
            *after_ms = Some(rest_ms);
        }
    }
    if setback == Setback::Message {
        outcomes[head] = Outcome::Deferred { refusal, after_ms };
    }
    Some(setback)
}

/// What is written down of a recipient.
pub(super) fn answer(context: &Context, flight: Flight, outcome: &Outcome, now: Timestamp, jitter: u64) -> Answer {
    let attempt =
        Attempt { number: flight.attempts + 1, first_at: flight.first_at.unwrap_or(now), in_doubt: flight.in_doubt };
    let (change, attempt) = conclude(&context.retry, (flight.seq, attempt), outcome, now, jitter);
    let is_truth = matches!(outcome, Outcome::HandedOff { .. } | Outcome::Rejected(_));
    Answer { change, attempt, is_truth }
}

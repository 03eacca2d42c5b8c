//! A chunk in the hands of a lane, and what comes after a window of it.

use super::context::Context;
use super::outcomes::{answer, unanswered};
use super::turn::{Answer, Flight};
use crate::cluster::{Cluster, Hold};
use postrider_core::time::Timestamp;
use postrider_store::chunks::Claim;
use std::sync::Arc;

/// A chunk in the lane's hands.
pub(super) struct Open {
    pub(super) claim: Claim,
    pub(super) context: Arc<Context>,
    /// Known and not recorded.
    pub(super) answers: Vec<Answer>,
    /// Perhaps marked, not left.
    pub(super) marking: Vec<Flight>,
    /// Left, not answered.
    pub(super) flying: Vec<Flight>,
    /// Until when a window that is marked may be handed over.
    pub(super) leave_by: Timestamp,
    /// Whether all jobs of the tenant share a budget.
    pub(super) is_shared: bool,
    #[expect(dead_code, reason = "the chunk is held until this is dropped")]
    pub(super) hold: Hold,
}

impl Open {
    /// Notes that the conversation broke down in the middle of a window: no answer comes for recipients in flight.
    pub(super) fn doubt(&mut self, cluster: &Cluster, now: Timestamp) {
        for flight in std::mem::take(&mut self.flying) {
            let outcome = unanswered("the conversation broke down");
            self.answers.push(answer(&self.context, flight, &outcome, now, cluster.jitter()));
        }
    }
}

/// What comes after a window.
pub(super) enum After {
    /// The next one.
    Next,
    /// The chunk is given back, to rest until an instant.
    Rest(Timestamp),
    /// The chunk is in other hands, or already given back.
    Gone,
}

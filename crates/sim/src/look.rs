//! Looks at all jobs and recipients, one after the other: a recipient that is accounted for stays so.

use crate::observer::Seen;
use postrider_core::delivery::{Counts, DeliveryState, job_end};
use postrider_core::id::ScheduleId;
use postrider_core::schedule::{JobState, UncertainDecision};
use std::collections::BTreeMap;

/// A job as it was seen, with its recipients by their places.
struct JobSeen {
    state: JobState,
    rows: BTreeMap<i64, DeliveryState>,
}

/// What the last look saw.
#[derive(Default)]
pub(crate) struct Look(BTreeMap<ScheduleId, JobSeen>);

impl Look {
    /// Looks again. `decision` is what a person may have decided about the uncertain recipients of a job.
    ///
    /// # Errors
    /// A final recipient that has changed.
    pub(crate) fn again(&mut self, seen: &Seen, decision: Option<UncertainDecision>) -> Result<(), String> {
        let rows = seen.rows.iter().map(|(row, _)| (row.seq, row.state)).collect();
        let now = JobSeen { state: seen.job.state, rows };
        if let Some(before) = self.0.get(&seen.job.id) {
            before.stays_in(&now, decision)?;
        }
        self.0.insert(seen.job.id, now);
        Ok(())
    }
}

impl JobSeen {
    fn stays_in(&self, now: &Self, decision: Option<UncertainDecision>) -> Result<(), String> {
        for (seq, &was) in &self.rows {
            let Some(&is) = now.rows.get(seq) else { return Err(format!("row {seq} is gone")) };
            if !may_become(was, is, decision) {
                return Err(format!("row {seq} was {} and is {}", was.as_str(), is.as_str()));
            }
        }
        let is_settled = |(seq, was): (&i64, &DeliveryState)| {
            *was == DeliveryState::Uncertain && now.rows.get(seq) != Some(&DeliveryState::Uncertain)
        };
        let is_exact = || self.rows.iter().any(is_settled) && job_end(&now.counts()) == Some(now.state);
        // A decision about the uncertain may open a job again that was over.
        let is_opened = decision.is_some() && now.state == JobState::Running;
        let may_move = !self.state.is_final() || (self.state != JobState::Canceled && (is_opened || is_exact()));
        if self.state != now.state && !may_move {
            return Err(format!("the job was {} and is {}", self.state.as_str(), now.state.as_str()));
        }
        Ok(())
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.rows.values().for_each(|&state| counts.add(state, 1));
        counts
    }
}

/// Whether a recipient may have gone from one state to another between two looks, by any number of steps.
fn may_become(was: DeliveryState, is: DeliveryState, decision: Option<UncertainDecision>) -> bool {
    match was {
        DeliveryState::Pending | DeliveryState::InFlight => true,
        DeliveryState::Uncertain if decision == Some(UncertainDecision::Retry) => true,
        // A late answer settles it, or a person does.
        DeliveryState::Uncertain => {
            matches!(is, DeliveryState::Uncertain | DeliveryState::Sent | DeliveryState::Failed)
        }
        _ => is == was,
    }
}

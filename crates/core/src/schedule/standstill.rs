//! Bringing a job to a stand and letting it go on: in which states a person may, and what follows.

use super::JobState;
use crate::campaign::words;
use crate::error::{Code, Refusal};

/// What a person decides about recipients of whom nobody knows whether the provider has their message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UncertainDecision {
    /// Try each once more: perhaps twice.
    Retry,
    /// Count them as sent.
    AssumeSent,
}

words!(UncertainDecision { Retry => "retry", AssumeSent => "assume_sent" });

/// A campaign's newest job, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub state: JobState,
    /// Whether its audience has begun to be frozen.
    pub started: bool,
    /// Whether its time is still to come.
    pub waits: bool,
    /// How many of its recipients are uncertain.
    pub uncertain: i64,
}

/// Decides whether a job is paused now; false if it is already, so that asking twice is asking once.
///
/// # Errors
/// `NOT_RUNNING` without a job or for one that is held, `ALREADY_FINISHED`.
pub fn decide_pause(job: Option<&Standing>) -> Result<bool, Refusal> {
    match job.map(|job| job.state) {
        Some(JobState::Scheduled | JobState::Running) => Ok(true),
        Some(JobState::Paused) => Ok(false),
        // It stands already, and a pause would hide why.
        Some(JobState::Held) | None => Err(Refusal::new(Code::NotRunning)),
        Some(JobState::Completed | JobState::CompletedWithFailures | JobState::Failed | JobState::Canceled) => {
            Err(Refusal::new(Code::AlreadyFinished))
        }
    }
}

/// Decides which state a job gets that a person lets go on.
///
/// One paused before it began waits again, and its policy judges its lateness. One held before it began waits for its
/// time if that is to come; otherwise it runs at once, since its lateness is what the person has decided about. A finished job goes on only to have its uncertain
/// recipients decided. A running job keeps running while they are.
///
/// # Errors
/// `NOT_PAUSED` without a job, for one that waits, or for one that runs without a decision, `ALREADY_FINISHED`.
pub fn decide_resume(job: Option<&Standing>, decision: Option<UncertainDecision>) -> Result<JobState, Refusal> {
    let Some(job) = job else { return Err(Refusal::new(Code::NotPaused)) };
    match job.state {
        JobState::Running if decision.is_some() => Ok(JobState::Running),
        JobState::Scheduled | JobState::Running => Err(Refusal::new(Code::NotPaused)),
        JobState::Paused if !job.started => Ok(JobState::Scheduled),
        JobState::Held if !job.started && job.waits => Ok(JobState::Scheduled),
        JobState::Paused | JobState::Held => Ok(JobState::Running),
        JobState::CompletedWithFailures if decision.is_some() && job.uncertain > 0 => Ok(JobState::Running),
        JobState::Completed | JobState::CompletedWithFailures | JobState::Failed | JobState::Canceled => {
            Err(Refusal::new(Code::AlreadyFinished))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(state: JobState, started: bool) -> Standing {
        Standing { state, started, waits: false, uncertain: 0 }
    }

    #[test]
    fn what_waits_or_runs_can_be_paused_and_asking_twice_is_asking_once() {
        for &state in JobState::ALL {
            let decided = decide_pause(Some(&standing(state, true))).map_err(|refusal| refusal.code);
            let expected = match state {
                JobState::Scheduled | JobState::Running => Ok(true),
                JobState::Paused => Ok(false),
                JobState::Held => Err(Code::NotRunning),
                _ => Err(Code::AlreadyFinished),
            };
            assert_eq!(decided, expected, "{state:?}");
            assert!(decided != Ok(true) || state.may_become(JobState::Paused));
        }
        assert_eq!(decide_pause(None).map_err(|refusal| refusal.code), Err(Code::NotRunning));
    }

    #[test]
    fn what_stands_can_go_on() {
        let cases = [
            (JobState::Scheduled, false, Err(Code::NotPaused)),
            (JobState::Paused, false, Ok(JobState::Scheduled)),
            (JobState::Paused, true, Ok(JobState::Running)),
            (JobState::Held, false, Ok(JobState::Running)),
            (JobState::Held, true, Ok(JobState::Running)),
            (JobState::Completed, true, Err(Code::AlreadyFinished)),
            (JobState::CompletedWithFailures, true, Err(Code::AlreadyFinished)),
            (JobState::Failed, true, Err(Code::AlreadyFinished)),
            (JobState::Canceled, true, Err(Code::AlreadyFinished)),
        ];
        for (state, started, expected) in cases {
            for decision in [None, Some(UncertainDecision::Retry)] {
                let decided = decide_resume(Some(&standing(state, started)), decision);
                assert_eq!(decided.map_err(|refusal| refusal.code), expected, "{state:?}");
                assert!(expected.is_err() || expected.is_ok_and(|to| state.may_become(to)));
            }
        }
        let running = standing(JobState::Running, true);
        assert_eq!(decide_resume(Some(&running), None).map_err(|refusal| refusal.code), Err(Code::NotPaused));
        for &decision in UncertainDecision::ALL {
            assert_eq!(decide_resume(Some(&running), Some(decision)), Ok(JobState::Running));
        }
        let early = Standing { waits: true, ..standing(JobState::Held, false) };
        assert_eq!(decide_resume(Some(&early), None), Ok(JobState::Scheduled));
        assert_eq!(decide_resume(None, None).map_err(|refusal| refusal.code), Err(Code::NotPaused));
    }

    #[test]
    fn a_finished_job_goes_on_only_for_its_uncertain_recipients() {
        let doubtful = Standing { uncertain: 3, ..standing(JobState::CompletedWithFailures, true) };
        assert!(decide_resume(Some(&doubtful), None).is_err());
        assert_eq!(decide_resume(Some(&doubtful), Some(UncertainDecision::AssumeSent)), Ok(JobState::Running));
        let canceled = Standing { state: JobState::Canceled, ..doubtful };
        assert!(decide_resume(Some(&canceled), Some(UncertainDecision::Retry)).is_err());
    }
}

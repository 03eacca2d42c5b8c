//! Every pair of states, and how jobs end.

use super::*;
use crate::schedule::JobState;
use DeliveryState::{Canceled, Expired, Failed, InFlight, Pending, Sent, Skipped, Suppressed, Uncertain};
use proptest::prelude::*;

#[test]
fn every_pair_of_states_is_decided_as_written_here() {
    let legal = [
        (Pending, InFlight),
        (Pending, Sent),
        (Pending, Failed),
        (Pending, Suppressed),
        (Pending, Skipped),
        (Pending, Expired),
        (Pending, Canceled),
        (Pending, Uncertain),
        (InFlight, Pending),
        (InFlight, Sent),
        (InFlight, Failed),
        (InFlight, Expired),
        (InFlight, Canceled),
        (InFlight, Uncertain),
        (Uncertain, Pending),
        (Uncertain, Sent),
        (Uncertain, Failed),
        (Failed, Pending),
    ];
    for &from in DeliveryState::ALL {
        for &to in DeliveryState::ALL {
            assert_eq!(from.may_become(to), legal.contains(&(from, to)), "{from:?} to {to:?}");
        }
    }
    let beginnings: Vec<_> = DeliveryState::ALL.iter().filter(|state| state.may_begin()).collect();
    assert_eq!(beginnings, [&Pending, &Suppressed, &Skipped]);
}

#[test]
fn jobs_end_by_their_accounts() {
    for (parts, end) in [
        (&[][..], Some(JobState::Completed)),
        (&[(Sent, 5)], Some(JobState::Completed)),
        (&[(Sent, 5), (Suppressed, 3), (Skipped, 2)], Some(JobState::Completed)),
        (&[(Suppressed, 3)], Some(JobState::Completed)),
        (&[(Sent, 5), (Pending, 1)], None),
        (&[(Sent, 5), (InFlight, 1)], None),
        (&[(Sent, 5), (Failed, 1)], Some(JobState::CompletedWithFailures)),
        (&[(Sent, 5), (Uncertain, 1)], Some(JobState::CompletedWithFailures)),
        (&[(Sent, 5), (Expired, 1)], Some(JobState::CompletedWithFailures)),
        (&[(Uncertain, 1)], Some(JobState::CompletedWithFailures)),
        (&[(Uncertain, 1), (Failed, 1)], Some(JobState::CompletedWithFailures)),
        (&[(Failed, 5)], Some(JobState::Failed)),
        (&[(Expired, 5), (Suppressed, 1)], Some(JobState::Failed)),
        // As many of one kind as of another.
        (&[(Failed, 2), (Expired, 2)], Some(JobState::Failed)),
        (&[(Failed, 2), (Canceled, 2)], Some(JobState::Failed)),
        (&[(Expired, 2), (Canceled, 2)], Some(JobState::Failed)),
        (&[(Sent, 1), (Failed, 2), (Expired, 2)], Some(JobState::CompletedWithFailures)),
        (&[(Sent, 1), (Failed, 2), (Canceled, 2)], Some(JobState::CompletedWithFailures)),
        (&[(Sent, 1), (Expired, 2), (Canceled, 2)], Some(JobState::CompletedWithFailures)),
    ] {
        let mut counts = Counts::default();
        for &(state, n) in parts {
            counts.add(state, n);
        }
        assert_eq!(job_end(&counts), end, "{parts:?}");
    }
}

proptest! {
    /// However a recipient wanders, it is counted once, and a job ends exactly when nobody is live.
    #[test]
    fn walks_along_legal_transitions_keep_the_accounts(
        steps in prop::collection::vec((0_usize..20, 0_usize..9), 0..300),
    ) {
        let mut recipients = [Pending; 20];
        let mut counts = Counts::default();
        counts.add(Pending, 20);
        for (who, to) in steps {
            let (from, to) = (recipients[who], DeliveryState::ALL[to]);
            if from.may_become(to) {
                counts.shift(from, to, 1);
                recipients[who] = to;
            }
            prop_assert_eq!(counts.frozen(), 20);
            let live = recipients.iter().filter(|state| !state.is_final()).count();
            prop_assert_eq!(counts.live(), i64::try_from(live).expect("small"));
            prop_assert_eq!(job_end(&counts).is_some(), live == 0);
            for &state in DeliveryState::ALL {
                let standing = recipients.iter().filter(|&&it| it == state).count();
                prop_assert_eq!(counts.of(state), i64::try_from(standing).expect("small"));
            }
        }
    }
}

//! What should have happened, computed without the engine: from the wishes, and from the provider's mailbox.
//!
//! The oracle asks the ledger only where a law speaks of it: what it says about somebody must fit what reached them.

use crate::erasures::Erasure;
use crate::faults::Climate;
use crate::observer::Seen;
use crate::provider::{Arrival, Books};
use crate::workload::{Person, Silence, Wish, Workload};
use postrider_core::delivery::{ASSUMED_SENT, ATTEMPTS_MAX, DeliveryState, POISONED};
use postrider_core::id::ProfileId;
use postrider_core::invariant::{self, DeliverySnapshot};
use postrider_core::schedule::{JobState, OnMissed, OnUncertain, Policy, UncertainDecision};
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_store::deliveries::{Attempt, Delivery};
use std::collections::BTreeSet;

/// Something that forbids later messages, and who was on the way when it was committed.
#[derive(Debug, Clone)]
pub(crate) struct Ban {
    pub(crate) step: u64,
    /// When it was lifted, if it was.
    pub(crate) until: Option<u64>,
    /// `(wish, seq)` of those who may still get one message.
    pub(crate) on_the_way: BTreeSet<(usize, i64)>,
}

/// What the world saw happen.
pub(crate) struct Chronicle<'w> {
    pub(crate) workload: &'w Workload,
    pub(crate) climate: Climate,
    pub(crate) people: &'w [ProfileId],
    pub(crate) books: &'w Books,
    /// For each silence, once it was committed.
    pub(crate) silences: &'w [Option<Ban>],
    /// For each erasure, once it was committed.
    pub(crate) erased: &'w [Option<Ban>],
    /// For each wish, once its job was taken back.
    pub(crate) cancels: &'w [Option<Ban>],
    /// For each wish, once its job was stopped.
    pub(crate) pauses: &'w [Option<Ban>],
    /// Whether a node had to believe a wall clock that was wrong, so that nothing is certain about instants.
    pub(crate) was_misled: bool,
    pub(crate) now: Timestamp,
}

/// One recipient of one job, with everything known about it.
struct Case<'c> {
    number: usize,
    wish: &'c Wish,
    seen: &'c Seen,
    who: usize,
    person: &'c Person,
    row: &'c Delivery,
    attempts: &'c [Attempt],
    arrivals: Vec<&'c Arrival>,
    unclear: usize,
    rejected: usize,
}

impl Case<'_> {
    /// Whether the policy, or the person who resumed the job, wants this for the uncertain.
    fn may(&self, what: OnUncertain) -> bool {
        let decided = match self.wish.decision {
            Some(UncertainDecision::Retry) => Some(OnUncertain::Retry),
            Some(UncertainDecision::AssumeSent) => Some(OnUncertain::AssumeSent),
            None => None,
        };
        self.wish.on_uncertain == what || decided == Some(what)
    }

    /// The recipient as the invariants see it.
    fn snapshot(&self) -> DeliverySnapshot {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let is_handed_off = self.row.state == DeliveryState::Sent && self.row.reason.as_deref() != Some(ASSUMED_SENT);
        // An attempt in doubt that turned out to be a hand-off is one.
        let is_in_doubt =
            |attempt: &&Attempt| is_doubt(attempt) && !(is_handed_off && attempt.attempt == self.row.attempt);
        DeliverySnapshot {
            delivery: self.row.seq.to_string(),
            attempts: u32::try_from(self.row.attempt).unwrap_or(u32::MAX),
            hand_offs: u32::from(is_handed_off),
            uncertain: number(self.attempts.iter().filter(is_in_doubt).count()),
            due_at: self.seen.job.due_at,
            left_at: self.arrivals.iter().map(|arrival| arrival.handed_at).collect(),
        }
    }
}

impl Chronicle<'_> {
    /// Judges a job, at the end of the world.
    pub(crate) fn judge(&self, number: usize, seen: &Seen) -> Result<(), String> {
        let wish = &self.workload.wishes[number];
        self.judge_job(wish, seen)?;
        self.judge_audience(wish, seen)?;
        let keyed = |key: &str, seq: i64| seen.seq_of(key) == Some(seq);
        for (row, attempts) in &seen.rows {
            let Some(at) = self.people.iter().position(|profile| *profile == row.profile) else {
                return Err(format!("row {} is about nobody", row.seq));
            };
            let case = Case {
                number,
                wish,
                seen,
                who: at,
                person: &self.workload.people[at],
                row,
                attempts,
                arrivals: self.books.arrivals.iter().filter(|arrival| keyed(&arrival.key, row.seq)).collect(),
                unclear: self.books.unclear.iter().filter(|key| keyed(key, row.seq)).count(),
                rejected: self.books.rejected.iter().filter(|key| keyed(key, row.seq)).count(),
            };
            let told = |problem: String| {
                let (arrived, state, reason) = (case.arrivals.len(), row.state.as_str(), &row.reason);
                format!("job {number}, row {} ({state}, {reason:?}, {arrived} arrived): {problem}", row.seq)
            };
            self.judge_state(&case).map_err(told)?;
            judge_copies(&case).map_err(told)?;
            judge_attempts(&case).map_err(told)?;
            self.judge_moments(&case).map_err(told)?;
        }
        self.judge_rate(wish, seen)
    }

    fn judge_job(&self, wish: &Wish, seen: &Seen) -> Result<(), String> {
        let job = &seen.job;
        let started = job.started_at.is_some();
        let is_missed = wish.latest_start.is_some_and(|latest| self.now > latest || self.was_misled);
        let fits = match job.state {
            JobState::Held => wish.on_missed == OnMissed::Hold && is_missed && !started,
            JobState::Canceled if !started => {
                wish.cancel_at.is_some() || (wish.on_missed == OnMissed::Cancel && is_missed)
            }
            JobState::Canceled => wish.cancel_at.is_some(),
            state => state.is_final() && started,
        };
        ensure(fits, || format!("job is {} ({:?})", job.state.as_str(), job.blocked_reason))?;
        ensure(started || seen.rows.is_empty(), || "a job that did not begin has a ledger".into())?;
        ensure(job.started_at.is_none_or(|at| at >= job.due_at), || "the job began early".into())?;
        ensure(job.state.is_final() == job.finished_at.is_some(), || "final and finished differ".into())?;
        let status = job.state.execution_status(started);
        ensure(seen.status == Some(status), || format!("the campaign shows {:?}, not {status:?}", seen.status))?;
        let any = |states: &[DeliveryState]| seen.rows.iter().any(|(row, _)| states.contains(&row.state));
        let missed = any(&[DeliveryState::Failed, DeliveryState::Expired, DeliveryState::Canceled]);
        let (sent, doubtful) = (any(&[DeliveryState::Sent]), any(&[DeliveryState::Uncertain]));
        let right = match job.state {
            JobState::Completed => !missed && !doubtful,
            JobState::CompletedWithFailures => doubtful || (missed && sent),
            JobState::Failed => missed && !sent && !doubtful,
            _ => true,
        };
        ensure(right, || format!("{} does not tell how it went", job.state.as_str()))
    }

    /// Everybody wanted is in the ledger once, and nobody else.
    fn judge_audience(&self, wish: &Wish, seen: &Seen) -> Result<(), String> {
        let listed: BTreeSet<ProfileId> = seen.rows.iter().map(|(row, _)| row.profile).collect();
        ensure(listed.len() == seen.rows.len(), || "somebody stands in the ledger twice".into())?;
        let is_whole = seen.job.started_at.is_some() && seen.job.state != JobState::Canceled;
        ensure(!is_whole || seen.is_frozen, || "the audience was never whole".into())?;
        let people = || self.workload.people.iter().zip(self.people);
        for (who, (person, profile)) in people().enumerate() {
            let (is_wanted, is_listed) = (wish.wants(person), listed.contains(profile));
            ensure(is_wanted || !is_listed, || format!("{profile} was not wanted"))?;
            let address = person.address(wish.channel).filter(|_| !person.refuses);
            let is_other = |other: &Person| address.is_some() && other.address(wish.channel) == address;
            // Two who share an address share a message.
            let is_told = is_listed || people().any(|(other, profile)| listed.contains(profile) && is_other(other));
            ensure(is_told || self.is_gone(who) || !is_wanted || !is_whole, || {
                format!("{profile} was wanted and is not in the ledger")
            })?;
        }
        self.judge_addresses(wish, seen)
    }

    /// One message goes to an address, however many people have it.
    fn judge_addresses(&self, wish: &Wish, seen: &Seen) -> Result<(), String> {
        let mut listed = BTreeSet::new();
        for (row, _) in &seen.rows {
            let address = row.address.as_deref().filter(|_| row.state != DeliveryState::Suppressed);
            ensure(address.is_none_or(|address| listed.insert(address)), || {
                format!("row {} shares its address on {} with another one", row.seq, wish.channel.as_str())
            })?;
        }
        Ok(())
    }

    /// The state of a row fits its person and what reached them.
    fn judge_state(&self, case: &Case<'_>) -> Result<(), String> {
        let address = case.person.address(case.wish.channel);
        let arrived = case.arrivals.len();
        let was_rough = Climate { provider: 0, deaf: 0, ..self.climate } != Climate::calm();
        let silenced = self.silenced(case).next().is_some();
        let (fits, why) = match case.row.state {
            DeliveryState::Pending | DeliveryState::InFlight => (false, "still live"),
            DeliveryState::Sent => {
                let assumed = case.row.reason.as_deref() == Some(ASSUMED_SENT);
                let may_assume = assumed && case.may(OnUncertain::AssumeSent);
                (arrived > 0 || may_assume, "sent, but nothing arrived")
            }
            DeliveryState::Failed => {
                // Nodes are stopped at random: perhaps twice while the same message was rendered alone.
                let is_poisoned = case.row.reason.as_deref() == Some(POISONED);
                (case.rejected > 0 || is_poisoned, "failed, but never refused")
            }
            DeliveryState::Suppressed => (case.person.refuses || silenced, "nobody suppressed it"),
            DeliveryState::Skipped => {
                let is_gone = case.row.reason.as_deref() == Some("profile_gone") && self.is_gone(case.who);
                (address.is_none() || is_gone, "skipped, but there is an address")
            }
            DeliveryState::Expired => (case.wish.latest_finish.is_some(), "expired without a latest finish"),
            DeliveryState::Canceled => (case.seen.job.state == JobState::Canceled, "canceled, but not its job"),
            DeliveryState::Uncertain => (case.unclear > 0 || was_rough, "uncertain without a cause"),
        };
        ensure(fits, || why.into())?;
        let may_have_it = matches!(case.row.state, DeliveryState::Sent | DeliveryState::Uncertain);
        ensure(arrived == 0 || may_have_it, || "it arrived".into())?;
        let reachable = address.is_some() && !case.person.refuses;
        ensure(reachable || arrived == 0, || "it arrived where it must not".into())?;
        ensure(case.arrivals.iter().all(|arrival| Some(arrival.to.as_str()) == address), || "wrong address".into())
    }

    /// The silences and erasures that keep messages from a recipient.
    fn silenced(&self, case: &Case<'_>) -> impl Iterator<Item = &Ban> {
        let (channel, who, person) = (case.wish.channel, case.who, case.person);
        let covers = move |silence: &Silence| silence.covers(channel, who, person);
        let silences = self.workload.silences.iter().zip(self.silences);
        let silenced = silences.filter(move |(silence, _)| covers(silence)).filter_map(|(_, ban)| ban.as_ref());
        let erasures = self.workload.erasures.iter().zip(self.erased);
        let covers = move |erasure: &Erasure| erasure.covers(channel, who, &self.workload.people);
        silenced.chain(erasures.filter(move |(erasure, _)| covers(erasure)).filter_map(|(_, ban)| ban.as_ref()))
    }

    fn is_gone(&self, who: usize) -> bool {
        self.workload.erasures.iter().zip(self.erased).any(|(erasure, ban)| erasure.who == who && ban.is_some())
    }

    /// Nothing early, late, or after a ban.
    fn judge_moments(&self, case: &Case<'_>) -> Result<(), String> {
        let (snapshot, policy) = (case.snapshot(), &case.seen.job.policy);
        let on_uncertain = if case.may(OnUncertain::Retry) { OnUncertain::Retry } else { policy.on_uncertain };
        let violations = [
            invariant::attempts_bounded(&snapshot, ATTEMPTS_MAX),
            invariant::no_silent_double(&snapshot, &Policy { on_uncertain, ..*policy }),
            invariant::in_time(&snapshot, policy).filter(|_| !self.was_misled),
        ];
        let violation = violations.into_iter().flatten().next();
        violation.map_or(Ok(()), |violation| Err(format!("{}: {}", violation.invariant.id, violation.detail)))?;
        let bans = self.silenced(case).chain(&self.cancels[case.number]).chain(&self.pauses[case.number]);
        for ban in bans {
            let is_under = |step: u64| step > ban.step && ban.until.is_none_or(|until| step <= until);
            let after = case.arrivals.iter().filter(|arrival| is_under(arrival.step)).count();
            let allowed = usize::from(ban.on_the_way.contains(&(case.number, case.row.seq)));
            ensure(after <= allowed, || {
                format!("{after} left under the ban of turn {}, {allowed} were on the way", ban.step)
            })?;
        }
        Ok(())
    }

    /// No minute is over the rate. Only where time stands still between the take and the hand-over.
    fn judge_rate(&self, wish: &Wish, seen: &Seen) -> Result<(), String> {
        let Some(rate) = wish.rate_per_minute else { return Ok(()) };
        if self.climate.slow + self.climate.pause > 0 {
            return Ok(());
        }
        let own = self.books.offered.iter().filter(|offer| seen.seq_of(&offer.key).is_some());
        let times: Vec<Timestamp> = own.map(|offer| offer.handed_at).collect();
        for (first, start) in times.iter().enumerate() {
            let within = times[first..].iter().filter(|at| at.millis_since(*start) < MINUTE_MS).count();
            ensure(u32::try_from(within).unwrap_or(u32::MAX) <= rate, || format!("{within} in a minute, not {rate}"))?;
        }
        Ok(())
    }
}

/// Nobody gets a second copy, unless the ledger says why and the policy allows it.
fn judge_copies(case: &Case<'_>) -> Result<(), String> {
    let mut doubts: Vec<Timestamp> =
        case.attempts.iter().filter(|attempt| is_doubt(attempt)).map(|attempt| attempt.at).collect();
    doubts.sort();
    for (copy, arrival) in case.arrivals.iter().enumerate().skip(1) {
        ensure(case.may(OnUncertain::Retry), || "a second copy against the policy".into())?;
        let is_told = doubts.get(copy - 1).is_some_and(|at| *at <= arrival.at);
        ensure(is_told, || format!("copy {} came without an uncertain attempt before it", copy + 1))?;
    }
    Ok(())
}

/// Every attempt that did not succeed at once is written down.
fn judge_attempts(case: &Case<'_>) -> Result<(), String> {
    let is_clean = case.row.attempt == 1
        && case.row.state == DeliveryState::Sent
        && case.row.reason.as_deref() != Some(ASSUMED_SENT);
    let last = case.row.attempt - i64::from(is_clean);
    let is_told = |number: i64| case.attempts.iter().any(|attempt| attempt.attempt == number);
    match (1..=last).find(|&number| !is_told(number)) {
        Some(number) => Err(format!("attempt {number} of {} is not written down", case.row.attempt)),
        None => Ok(()),
    }
}

fn is_doubt(attempt: &Attempt) -> bool {
    attempt.outcome == "uncertain"
}

fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

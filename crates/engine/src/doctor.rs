//! Checks the invariants on a live database. Reads only, one manifest at a time.

use postrider_core::delivery::ATTEMPTS_MAX;
use postrider_core::invariant::{
    self, ACCOUNTS_BALANCE, ChunkSnapshot, DeliverySnapshot, JobSnapshot, PLANNED_ONCE, Violation,
};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::inspection::Inspected;
use postrider_store::{Store, StoreError};

/// Findings that are told, at most: a broken database breaks in a thousand places at once.
const FINDINGS_MAX: usize = 1_000;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its id, such as `INV-9`.
    pub id: &'static str,
    /// What must hold.
    pub sentence: &'static str,
    /// Where and how it does not, without personal data.
    pub place: String,
}

impl From<Violation> for Finding {
    fn from(violation: Violation) -> Self {
        let Violation { invariant, detail } = violation;
        Self { id: invariant.id, sentence: invariant.sentence, place: detail }
    }
}

/// Looks through every manifest and answers what does not hold, at most 1,000 findings.
///
/// # Errors
/// Any [`StoreError`].
pub async fn inspect(store: &Store, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let mut after = 0;
    while findings.len() < FINDINGS_MAX {
        let Some(found) = store.read("doctor.inspect", move |tx| tx.inspect_after(after)).await? else { break };
        after = found.manifest;
        findings.extend(violations(&found, now).into_iter().map(Finding::from));
    }
    findings.truncate(FINDINGS_MAX);
    Ok(findings)
}

fn violations(found: &Inspected, now: Timestamp) -> Vec<Violation> {
    let manifest = found.manifest;
    let job = JobSnapshot {
        job: found.job.to_string(),
        state: found.state,
        frozen: found.frozen,
        chunks: found.chunks,
        ledger: found.ledger,
    };
    let attempts = DeliverySnapshot {
        delivery: format!("of manifest {manifest} with the most"),
        attempts: u32::try_from(found.attempts_max).unwrap_or(u32::MAX),
        hand_offs: 0,
        uncertain: 0,
        due_at: now,
        left_at: Vec::new(),
    };
    let repeated: Vec<String> = found.repeated.iter().map(i64::to_string).collect();
    let mut violations: Vec<Violation> = [
        (found.is_over || found.state != JobState::Canceled).then(|| invariant::nothing_lost(&job)).flatten(),
        invariant::accounts_balance(&job),
        found.is_over.then(|| invariant::state_true(&job)).flatten(),
        invariant::attempts_bounded(&attempts, ATTEMPTS_MAX),
        invariant::planned_once(&manifest.to_string(), &repeated),
    ]
    .into_iter()
    .flatten()
    .collect();
    let ledger = found.ledger.frozen();
    if ledger != found.kept {
        let kept = found.kept;
        let detail = format!("manifest {manifest}: {kept} members were kept, the ledger has {ledger}");
        violations.push(Violation { invariant: PLANNED_ONCE, detail });
    }
    for chunk in &found.unequal {
        let detail = format!("manifest {manifest}, chunk {chunk}: its counters do not fit its range or its state");
        violations.push(Violation { invariant: ACCOUNTS_BALANCE, detail });
    }
    violations.extend(found.claimed.iter().filter_map(|&(chunk, node, lease_until, fence)| {
        let chunk = format!("{chunk} of manifest {manifest}");
        let leases = vec![(node.map(|node| node.to_string()), lease_until)];
        // One lease at most is in the row; what can be wrong is that it has no owner or no end.
        invariant::one_lease(&ChunkSnapshot { chunk, leases, fence }, now)
    }));
    violations
}

//! A stretch of one job: some sets of rows, each read while the one before is written.
//!
//! Invariant: the place behind a set, its counters, its notes and its profiles are one transaction under the claim.
//! Whoever has lost the claim changes nothing.

use super::Importer;
use super::ahead::{Ahead, Fetched};
use super::inspect::{Layout, said};
use super::mapping::stored;
use super::reasons::Keeping;
use super::rehearse::Shared;
use crate::IntakeError;
use crate::file::report::ImportError;
use crate::file::rows::Place;
use crate::file::source::Source;
use crate::file::tally::tally;
use crate::people::Typing;
use crate::write::{Destination, Entry, write_set};
use postrider_core::audience::evidence::{EvidenceSource, SourceKind};
use postrider_core::error::Code;
use postrider_store::Tx;
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::import_runs::ImportClaim;
use std::io::Read as _;
use std::sync::Arc;

/// Sets that are written before other jobs have their turn.
const SETS_MAX: usize = 20;
/// How long a claim lasts without a set being written, in milliseconds.
pub const LEASE_MS: i64 = 15_000;

/// How a stretch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// There is more of the file.
    More,
    /// The file is behind us.
    Whole,
    /// Somebody else has the job, or it was deleted.
    Lost,
}

/// A set with the places before and behind it.
pub(super) struct Step {
    pub(super) entries: Vec<Entry>,
    typing: Arc<Typing>,
    before: Place,
    behind: Place,
    /// Whether the file ends behind it.
    pub(super) is_last: bool,
}

impl Importer {
    /// Takes the next rows of a job that is claimed; of a dry run all rows.
    ///
    /// # Errors
    /// A refusal that ends the job, or a failure after which it is tried again.
    pub(super) async fn stretch(&self, job: &ImportJobRow, dry: Option<Shared>) -> Result<Stretch, IntakeError> {
        let claim = ImportClaim { tenant: job.tenant, job: job.id, fence: job.fence };
        let (mut ahead, input) = open(self, job)?;
        ahead.fill().await?;
        let (row, rows) = (job.clone(), self.pace.rows());
        let open = move || {
            let mut source = resume(input, &row)?;
            let step = next(&mut source, rows)?;
            Ok((source, step))
        };
        let (mut source, mut step) = self.parsing.run(open).await?;
        let sets = if dry.is_some() { usize::MAX } else { SETS_MAX };
        for _ in 0..sets {
            if step.entries.is_empty() && step.is_last {
                return Ok(Stretch::Whole);
            }
            if (self.is_stopping)() {
                break;
            }
            let destination =
                Destination { tenant: job.tenant, key: source.key, list: job.list, now: self.clock.now() };
            let written = self.write_step(claim, destination, (source_of(job), step), dry.as_ref());
            let rows = self.pace.rows();
            let following = async {
                ahead.fill().await?;
                let parse = move || {
                    let step = next(&mut source, rows);
                    Ok((source, step))
                };
                self.parsing.run(parse).await
            };
            let (written, following) = tokio::join!(written, following);
            if !written? {
                return Ok(Stretch::Lost);
            }
            let (source_again, following) = following?;
            source = source_again;
            step = following?;
        }
        Ok(Stretch::More)
    }

    /// Writes a set, or only what it would do; whether the claim was still good.
    async fn write_step(
        &self,
        claim: ImportClaim,
        to: Destination,
        (source, step): (EvidenceSource, Step),
        dry: Option<&Shared>,
    ) -> Result<bool, IntakeError> {
        let Step { entries, typing, before, behind, .. } = step;
        let (entries, entropy) = (Arc::new(entries), Arc::clone(&self.entropy));
        let rehearsed = match dry {
            Some(rehearsal) => Some(self.rehearse_set(rehearsal, to.tenant, &entries, &typing).await?),
            None => None,
        };
        let lease_until = to.now.plus_millis(LEASE_MS);
        let work = move |tx: &mut Tx<'_>| {
            let Some((next_byte, kept)) = tx.import_job_keep(claim, lease_until)? else { return Ok(false) };
            if next_byte != signed(before.byte) {
                return Ok(false);
            }
            let (outcome, added) = match &rehearsed {
                Some(outcome) => (outcome.clone(), 0),
                None => write_set(tx, to, &entries, &source, &typing, &*entropy)?,
            };
            let mut keeping = Keeping::new(kept)?;
            let mut counts = tally(&entries, outcome, |row, severity, refusal| keeping.add(row, severity, refusal));
            counts.added_to_list = i64::try_from(added).unwrap_or(i64::MAX);
            let (kept, first, notes) = keeping.end();
            tx.import_notes_put(claim.job, first, &notes)?;
            let next = (signed(behind.byte), signed(behind.line));
            tx.import_job_advance(claim, next, &counts, &kept, to.now)?;
            Ok::<_, IntakeError>(true)
        };
        let begun = self.store.writes_begun();
        let written = self.store.write_guarded("imports.write", work).await;
        self.pace.wrote(self.store.writes_begun() > begun + 1);
        written
    }
}

/// What consents of the job's people are traced back to.
fn source_of(job: &ImportJobRow) -> EvidenceSource {
    let name = job.file_name.clone().or_else(|| job.name.clone()).unwrap_or_default();
    EvidenceSource { kind: SourceKind::Import, id: job.id.into(), name }
}

pub(super) fn next(source: &mut Source, rows: usize) -> Result<Step, IntakeError> {
    let before = source.place();
    let entries = source.next_set(rows).map_err(said)?;
    Ok(Step { entries, typing: source.typing(), before, behind: source.place(), is_last: source.is_at_end() })
}

/// Opens the file of a job one byte before its next set begins, or at its beginning.
pub(super) fn open(importer: &Importer, job: &ImportJobRow) -> Result<(Ahead, Fetched), IntakeError> {
    let Some(length) = job.file_bytes else { return Err(Code::Internal.into()) };
    let from = job.next_byte.unsigned_abs().saturating_sub(1);
    Ok(Ahead::new(importer.store.clone(), (job.id, job.upload), length.unsigned_abs(), from))
}

/// Begins to parse where the next set of a job begins.
pub(super) fn resume(mut input: Fetched, job: &ImportJobRow) -> Result<Source, IntakeError> {
    let (Some(layout), Some(key)) = (Layout::of(job)?, job.match_key) else { return Err(Code::Internal.into()) };
    let place = Place { byte: job.next_byte.unsigned_abs(), line: job.next_line.unsigned_abs() };
    let mut before = [b'\n'];
    if place.byte > 0 {
        input.read_exact(&mut before).map_err(|error| said(ImportError::Read(error)))?;
    }
    Source::resume(Box::new(input), &layout.middle(), &stored(job)?, key, (place, before[0])).map_err(said)
}

const fn signed(value: u64) -> i64 {
    value.cast_signed()
}

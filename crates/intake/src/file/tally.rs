//! What became of a set of rows: one place counts.

use super::rows::{ROW, Row};
use crate::people::{CONSENT_CHANNELS, Operation, ProfileRecord, SetOutcome};
use crate::write::Entry;
use postrider_core::error::{Code, Refusal};
use postrider_core::import::ImportSeverity;
use postrider_store::import_jobs::ImportCounts;

/// Counts a set, and tells `note` of every row that was refused or taken without a field.
///
/// Invariant: `read = created + updated + unchanged + refused`. There is one note for each row that was refused, which
/// counts as all the rows that are lost with it ([`Row::rows`]), and one for each field that was left out. `added_to_list` is not counted here.
pub fn tally(
    entries: &[Entry],
    outcome: SetOutcome,
    mut note: impl FnMut(&Row, ImportSeverity, &Refusal),
) -> ImportCounts {
    let mut counts = ImportCounts::default();
    let mut outcome = outcome.into_iter();
    for entry in entries {
        let refusal = match &entry.parsed {
            Err(refusal) => refusal.clone(),
            Ok(parsed) => match outcome.next() {
                Some(Ok(applied)) => {
                    counts.read += 1;
                    match applied.operation {
                        Operation::Created => counts.created += 1,
                        Operation::Updated => counts.updated += 1,
                        Operation::Unchanged => counts.unchanged += 1,
                    }
                    let kept = denials_kept(&parsed.record);
                    for refusal in parsed.left_out.iter().chain(&applied.left_out).chain(&kept) {
                        counts.fields_left_out += 1;
                        note(&entry.row, ImportSeverity::Warning, refusal);
                    }
                    continue;
                }
                Some(Err(refusal)) => refusal,
                None => Refusal::new(Code::Internal),
            },
        };
        let lost = i64::try_from(entry.row.rows).unwrap_or(i64::MAX);
        counts.read += lost;
        counts.refused += lost;
        note(&entry.row, ImportSeverity::Error, &refusal);
    }
    counts
}

/// Says for which channels somebody who said no before stays so.
fn denials_kept(record: &ProfileRecord) -> Vec<Refusal> {
    let problem = "stays denied: the person said no before, and an import changes that only with reviveConsent \
        (--revive-consent)";
    let kept = record.denials_kept.get().copied().unwrap_or_default();
    let channels = CONSENT_CHANNELS.iter().zip(kept).filter(|(_, kept)| *kept);
    channels.map(|(channel, _)| Refusal::invalid(format!("consent.{channel}"), None, problem)).collect()
}

/// Why a row was refused or taken without a field, in one clause, of the sentence of a refusal: what is wrong with a row
/// as a whole needs no path.
pub fn clause(severity: ImportSeverity, message: &str) -> String {
    let clause = message.strip_prefix(ROW).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
    match severity {
        ImportSeverity::Error => clause.to_owned(),
        ImportSeverity::Warning => format!("{clause}; the rest of the row was imported"),
    }
}

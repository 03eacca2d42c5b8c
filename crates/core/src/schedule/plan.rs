//! What a dry run promises, in a form that can be compared.
//!
//! A digest hashes each part by itself, so that it alone, without anything stored, tells which part of a plan has
//! changed since. Not here are counts: they may move with live data, and a plan stays the same when they do.

use super::{Mode, Scheduled};

/// What a plan stands on. Two plans with the same parts are the same plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanParts<'a> {
    /// Included audiences as `(type, id)`, in any order.
    pub included: Vec<(String, String)>,
    /// Excluded audiences likewise.
    pub excluded: Vec<(String, String)>,
    /// Id of the published template version.
    pub template_version: String,
    /// Id of the sender profile.
    pub sender: Option<String>,
    /// Subject line of the campaign.
    pub subject: Option<String>,
    /// The schedule as resolved.
    pub schedule: &'a Scheduled,
}

/// The canonical text of a plan: one line a part, `name=value`, with line breaks in values escaped.
#[must_use]
pub fn plan_fingerprint(parts: &PlanParts<'_>) -> String {
    named(parts).iter().map(|(name, value)| format!("{name}={}\n", escaped(value))).collect()
}

/// The digest of a plan: the hash of each part, in the parts' order, joined by `.`. `hash` is the caller's, and
/// answers the same letters and digits for the same text (16 hexadecimal digits of SHA-256 will do).
#[must_use]
pub fn digest(fingerprint: &str, hash: impl Fn(&str) -> String) -> String {
    PART_NAMES.map(|name| hash(value_in(fingerprint, name))).join(".")
}

/// What changed since a digest was made, as name, before, after; empty when the plan is the same. Of what was
/// before only the hash is left. A text that is no digest differs in every part.
#[must_use]
pub fn changes_since(
    expected: &str,
    fingerprint: &str,
    hash: impl Fn(&str) -> String,
) -> Vec<(&'static str, String, String)> {
    let hashes: Vec<&str> = expected.split('.').collect();
    let whole = hashes.len() == PART_NAMES.len();
    let mut changes = Vec::new();
    for (name, before) in PART_NAMES.into_iter().zip(hashes.into_iter().chain(std::iter::repeat(""))) {
        let after = value_in(fingerprint, name);
        if !whole || hash(after) != before {
            changes.push((name, before.to_owned(), after.to_owned()));
        }
    }
    changes
}

/// The parts that differ between two fingerprints, as name, before, after.
#[must_use]
pub fn diff(before: &str, after: &str) -> Vec<(&'static str, String, String)> {
    PART_NAMES
        .iter()
        .filter_map(|&name| {
            let (before, after) = (value_in(before, name), value_in(after, name));
            (before != after).then(|| (name, before.to_owned(), after.to_owned()))
        })
        .collect()
}

/// Included audiences and their rules.
pub const INCLUDED: &str = "audience.include";
/// Excluded audiences and their rules.
pub const EXCLUDED: &str = "audience.exclude";
/// The published version of the template.
pub const TEMPLATE: &str = "content.templateVersion";
/// The sender profile.
pub const SENDER: &str = "content.senderProfileId";
/// The subject line of the campaign.
pub const SUBJECT: &str = "content.subjectLine";
const SCHEDULE: &str = "resolution";
const PART_NAMES: [&str; 6] = [INCLUDED, EXCLUDED, TEMPLATE, SENDER, SUBJECT, SCHEDULE];

fn named(parts: &PlanParts<'_>) -> [(&'static str, String); 6] {
    [
        (INCLUDED, audiences(&parts.included)),
        (EXCLUDED, audiences(&parts.excluded)),
        (TEMPLATE, parts.template_version.clone()),
        (SENDER, parts.sender.clone().unwrap_or_default()),
        (SUBJECT, parts.subject.clone().unwrap_or_default()),
        (SCHEDULE, schedule(parts.schedule)),
    ]
}

/// A send job's instant is whenever it is asked for, and no part of its plan.
fn schedule(scheduled: &Scheduled) -> String {
    let zone = &scheduled.timezone;
    match (scheduled.mode, &scheduled.batch_date) {
        (Mode::Now, _) => "now".to_owned(),
        (Mode::At | Mode::BatchOnDate, Some(date)) => format!("{date} {zone}"),
        (Mode::At | Mode::BatchOnDate, None) => format!("{} {zone}", scheduled.resolution.instant),
    }
}

fn audiences(bindings: &[(String, String)]) -> String {
    let mut words: Vec<String> = bindings.iter().map(|(kind, id)| format!("{kind}:{id}")).collect();
    words.sort();
    words.join(",")
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn value_in<'a>(fingerprint: &'a str, name: &str) -> &'a str {
    fingerprint
        .lines()
        .find_map(|line| line.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

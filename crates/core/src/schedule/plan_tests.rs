//! Plans that are the same, and what is told of those that are not.

use super::*;
use crate::schedule::{OnMissed, OnUncertain, Policy, TimezoneSource};
use crate::time::{Resolution, Timestamp, Zone};

fn job(mode: Mode, instant: i64, batch_date: Option<&str>) -> Scheduled {
    let instant = Timestamp::from_millis(instant);
    Scheduled {
        mode,
        due_at: instant,
        send_at_text: None,
        send_at: Some(instant),
        batch_date: batch_date.map(str::to_owned),
        timezone: "UTC".to_owned(),
        timezone_source: TimezoneSource::UtcFallback,
        resolution: Resolution::of_instant(instant, &Zone::utc()),
        policy: Policy {
            latest_start: None,
            on_missed: OnMissed::Hold,
            latest_finish: None,
            on_uncertain: OnUncertain::Hold,
            rate_per_minute: None,
        },
        warnings: Vec::new(),
    }
}

fn parts(schedule: &Scheduled) -> PlanParts<'_> {
    let list = |id: &str| ("audience".to_owned(), id.to_owned());
    PlanParts {
        included: vec![list("b"), list("a")],
        excluded: Vec::new(),
        template_version: "v1".to_owned(),
        sender: Some("s1".to_owned()),
        subject: Some("Hello".to_owned()),
        schedule,
    }
}

/// Not a good hash, but one whose values differ for the texts below.
fn hash(text: &str) -> String {
    let sum = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    format!("{sum:016x}")
}

#[test]
fn a_fingerprint_reads_one_part_a_line() {
    let job = job(Mode::At, 1_777_626_000_000, None);
    let text = plan_fingerprint(&parts(&job));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "audience.include=audience:a,audience:b",
            "audience.exclude=",
            "content.templateVersion=v1",
            "content.senderProfileId=s1",
            "content.subjectLine=Hello",
            "resolution=2026-05-01T09:00:00.000Z UTC",
        ]
    );
}

#[test]
fn the_order_of_audiences_and_the_moment_of_a_send_change_nothing() {
    let (early, late) = (job(Mode::Now, 1, None), job(Mode::Now, 99_999, None));
    let mut turned = parts(&late);
    turned.included.reverse();
    assert_eq!(plan_fingerprint(&parts(&early)), plan_fingerprint(&turned));
    let (early, late) = (job(Mode::BatchOnDate, 1, Some("2026-05-01")), job(Mode::BatchOnDate, 2, Some("2026-05-01")));
    assert_eq!(plan_fingerprint(&parts(&early)), plan_fingerprint(&parts(&late)));
}

#[test]
fn each_part_that_changes_is_named() {
    let job_one = job(Mode::At, 1_777_626_000_000, None);
    let before = plan_fingerprint(&parts(&job_one));
    let digest_before = digest(&before, hash);
    assert_eq!(changes_since(&digest_before, &before, hash), Vec::new());

    let job_two = job(Mode::At, 1_777_626_000_001, None);
    let mut changed = parts(&job_two);
    changed.included.pop();
    changed.excluded.push(("segment".to_owned(), "c".to_owned()));
    changed.template_version = "v2".to_owned();
    changed.sender = None;
    changed.subject = Some("Hello\nresolution=now".to_owned());
    let after = plan_fingerprint(&changed);
    assert_eq!(after.lines().count(), PART_NAMES.len(), "a line break in a subject makes no line");
    let names: Vec<&str> = diff(&before, &after).iter().map(|(name, _, _)| *name).collect();
    assert_eq!(names, PART_NAMES);
    let since: Vec<&str> = changes_since(&digest_before, &after, hash).iter().map(|(name, _, _)| *name).collect();
    assert_eq!(since, PART_NAMES);

    let only_template = plan_fingerprint(&PlanParts { template_version: "v2".to_owned(), ..parts(&job_one) });
    assert_eq!(diff(&before, &only_template), [("content.templateVersion", "v1".into(), "v2".into())]);
    let since = changes_since(&digest_before, &only_template, hash);
    assert_eq!(since, [("content.templateVersion", hash("v1"), "v2".into())]);
}

#[test]
fn a_text_that_is_no_digest_differs_everywhere() {
    let job = job(Mode::Now, 1, None);
    let fingerprint = plan_fingerprint(&parts(&job));
    let longer = format!("{}.", digest(&fingerprint, hash));
    for text in ["", "nonsense", longer.as_str()] {
        assert_eq!(changes_since(text, &fingerprint, hash).len(), PART_NAMES.len(), "{text}");
    }
}

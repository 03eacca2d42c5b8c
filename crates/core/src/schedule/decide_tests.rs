//! Schedule jobs and send jobs: what they take from where, and the order of their checks pair by pair.

use super::decide::MoveFacts;
use super::*;
use crate::campaign::{AuthoringStatus, CampaignType};
use crate::error::{Code, Refusal};
use crate::preflight::{Issue, STEP_CONTENT, STEP_SCHEDULE, Severity};
use crate::time::{HOUR_MS, ResolutionRule, SECOND_MS};

const NOW: &str = "2026-04-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

fn ready(channel: ChannelKind) -> JobFacts {
    JobFacts {
        campaign_type: CampaignType::Broadcast,
        channel,
        authoring_status: AuthoringStatus::Draft,
        has_version: true,
        content: ContentBinding::Published,
        audiences_included: 1,
        intent: None,
        tenant: TenantTime::default(),
        policy_defaults: PolicyDefaults::default(),
        preflight: Vec::new(),
    }
}

fn with_intent(mut facts: JobFacts, mode: Mode, send_at: &str, date: &str, timezone: &str) -> JobFacts {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let command = IntentCommand { mode, send_at: some(send_at), batch_date: some(date), timezone: some(timezone) };
    let intent_facts =
        IntentFacts { channel: facts.channel, authoring_status: AuthoringStatus::Draft, tenant: facts.tenant.clone() };
    facts.intent = Some(decide_intent(&intent_facts, &command, at(NOW)).expect("a good intent"));
    facts
}

fn asking(send_at: &str, date: &str, timezone: &str) -> ScheduleCommand {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ScheduleCommand {
        send_at: some(send_at),
        batch_date: some(date),
        timezone: some(timezone),
        policy: PolicyCommand::default(),
    }
}

fn schedule(facts: &JobFacts, command: &ScheduleCommand) -> Result<Scheduled, Refusal> {
    decide_job(facts, &JobCommand::Schedule(command.clone()), at(NOW))
}

fn send(facts: &JobFacts) -> Result<Scheduled, Refusal> {
    decide_job(facts, &JobCommand::Send(PolicyCommand::default()), at(NOW))
}

fn code(result: Result<Scheduled, Refusal>) -> Code {
    result.expect_err("a refusal").code
}

fn warned(scheduled: &Scheduled) -> Vec<&'static str> {
    scheduled.warnings.iter().map(|warning| warning.code).collect()
}

fn found(severity: Severity, step: &'static str) -> Issue {
    Issue { severity, code: "TEMPLATE_RENDER_FAILED", message: "It fails.".into(), step: Some(step), refs: Vec::new() }
}

type Fault = (Code, fn(&mut JobFacts, &mut ScheduleCommand));

/// The contract's order. Faults of the same field stand in separate lists, since only one can be there.
fn faults(last_of_send_at: Fault, first_of_send_at: Fault) -> Vec<Fault> {
    let malformed = first_of_send_at;
    vec![
        (Code::TypeUnsupported, |facts, _| facts.campaign_type = CampaignType::Journey),
        (Code::NotDraft, |facts, _| facts.authoring_status = AuthoringStatus::Published),
        (Code::VersionMissing, |facts, _| facts.has_version = false),
        (Code::ContentRequired, |facts, _| facts.content = ContentBinding::NotPublished),
        (Code::AudienceRequired, |facts, _| facts.audiences_included = 0),
        (Code::UnsupportedChannel, |_, command| command.batch_date = Some("2026-05-01".into())),
        malformed,
        (Code::TimezoneInvalid, |_, command| command.timezone = Some("Mars/Olympus".into())),
        last_of_send_at,
        (Code::RequestInvalid, |_, command| command.policy.rate_per_minute = Some(0)),
        (Code::PreflightBlockers, |facts, _| facts.preflight.push(found(Severity::Blocker, STEP_CONTENT))),
    ]
}

#[test]
fn of_two_faults_the_earlier_check_answers() {
    let nothing: Fault = (Code::Internal, |_, _| {});
    let required: Fault = (Code::SendAtRequired, |_, command| command.send_at = None);
    let malformed: Fault = (Code::SendAtInvalid, |_, command| command.send_at = Some("tomorrow".into()));
    let past: Fault = (Code::SendAtInvalid, |_, command| command.send_at = Some("2020-01-01T00:00".into()));
    for list in [faults(nothing, required), faults(nothing, malformed), faults(past, nothing)] {
        let list: Vec<Fault> = list.into_iter().filter(|(code, _)| *code != Code::Internal).collect();
        for (first, (expected, do_first)) in list.iter().enumerate() {
            for (later, do_later) in &list[first..] {
                let (mut facts, mut command) = (ready(ChannelKind::Email), asking("2026-05-01T09:00:00Z", "", ""));
                do_later(&mut facts, &mut command);
                do_first(&mut facts, &mut command);
                let seen = code(schedule(&facts, &command));
                assert_eq!(seen, *expected, "against {}", later.as_str());
            }
        }
    }
}

#[test]
fn a_send_job_is_for_digital_channels_and_knows_no_intent() {
    let facts = with_intent(ready(ChannelKind::Sms), Mode::At, "2026-05-01T09:00", "", "America/New_York");
    let job = send(&facts).expect("accepted");
    assert_eq!((job.mode, job.due_at, job.send_at), (Mode::Now, at(NOW), Some(at(NOW))));
    assert_eq!((job.timezone.as_str(), job.send_at_text, job.batch_date), ("UTC", None, None));
    let mail = ready(ChannelKind::DirectMail);
    assert_eq!(code(send(&mail)), Code::InvalidForChannel);
    let bare = JobFacts { audiences_included: 0, content: ContentBinding::None, ..mail };
    assert_eq!(code(send(&bare)), Code::InvalidForChannel, "whatever else it lacks");
}

#[test]
fn a_job_without_a_time_takes_the_intent() {
    let facts = with_intent(ready(ChannelKind::Email), Mode::At, "2026-05-01T09:00", "", "America/New_York");
    let job = schedule(&facts, &asking("", "", "")).expect("accepted");
    assert_eq!((job.due_at, job.timezone.as_str()), (at("2026-05-01T13:00:00Z"), "America/New_York"));
    assert_eq!((job.timezone_source, job.kind()), (TimezoneSource::Request, ScheduleKind::DigitalSend));
    assert_eq!(job.warnings, Vec::new());

    let other_date = schedule(&facts, &asking("2026-06-01T09:00", "", "")).expect("accepted");
    assert_eq!(other_date.due_at, at("2026-06-01T13:00:00Z"), "the date changes, the zone stays");

    let other_zone = schedule(&facts, &asking("", "", "Europe/Berlin")).expect("accepted");
    assert_eq!(other_zone.due_at, at("2026-05-01T07:00:00Z"), "the wall clock is read in the new zone");

    let now = with_intent(ready(ChannelKind::Email), Mode::Now, "", "", "Europe/Berlin");
    assert_eq!(code(schedule(&now, &asking("", "", ""))), Code::SendAtRequired);
    assert_eq!(code(schedule(&ready(ChannelKind::Email), &asking("", "", ""))), Code::SendAtRequired);
    let job = schedule(&now, &asking("2026-05-01T09:00", "", "")).expect("accepted");
    assert_eq!(job.due_at, at("2026-05-01T07:00:00Z"));

    let late = JobCommand::Schedule(asking("", "", ""));
    assert_eq!(code(decide_job(&facts, &late, at("2026-05-01T13:00:00.001Z"))), Code::SendAtInvalid);
}

#[test]
fn an_instant_stays_an_instant_when_only_the_zone_changes() {
    let facts = with_intent(ready(ChannelKind::Email), Mode::At, "2026-05-01T09:00:00Z", "", "America/New_York");
    let job = schedule(&facts, &asking("", "", "Europe/Berlin")).expect("accepted");
    assert_eq!(job.due_at, at("2026-05-01T09:00:00Z"));
    assert_eq!(job.resolution.local_time, "2026-05-01T11:00:00");
}

#[test]
fn direct_mail_begins_with_its_day_or_at_once() {
    let tenant = TenantTime { default_timezone: Some("Europe/Berlin".into()), ..TenantTime::default() };
    let facts = JobFacts { tenant, ..ready(ChannelKind::DirectMail) };
    assert_eq!(code(schedule(&facts, &asking("", "", ""))), Code::BatchDateRequired);
    assert_eq!(code(schedule(&facts, &asking("2026-05-01T09:00Z", "2026-05-01", ""))), Code::UnsupportedChannel);
    assert_eq!(code(schedule(&facts, &asking("", "2026-05-32", ""))), Code::BatchDateInvalid);

    let job = schedule(&facts, &asking("", "2026-05-01", "")).expect("accepted");
    assert_eq!((job.due_at, job.batch_date.as_deref()), (at("2026-04-30T22:00:00Z"), Some("2026-05-01")));
    assert_eq!((job.send_at, job.timezone_source), (None, TimezoneSource::TenantDefault));
    assert_eq!(job.kind(), ScheduleKind::DirectMailBatch);

    let today = schedule(&facts, &asking("", "2026-04-01", "")).expect("before the cut-off");
    assert_eq!(today.due_at, at(NOW));

    let facts = with_intent(facts, Mode::BatchOnDate, "", "2026-05-01", "America/New_York");
    let moved = schedule(&facts, &asking("", "2026-05-04", "")).expect("accepted");
    assert_eq!((moved.due_at, moved.timezone_source), (at("2026-05-04T04:00:00Z"), TimezoneSource::Request));
}

#[test]
fn an_intent_of_the_other_model_is_our_fault() {
    let mut facts = with_intent(ready(ChannelKind::Email), Mode::At, "2026-05-01T09:00Z", "", "");
    facts.channel = ChannelKind::DirectMail;
    assert_eq!(code(schedule(&facts, &asking("", "2026-05-01", ""))), Code::UnsupportedType);
}

#[test]
fn readings_that_deserve_a_look_are_told_with_both_readings() {
    let facts = ready(ChannelKind::Email);
    let check = |send_at, zone, codes: &[&str], words: &[&str]| {
        let job = schedule(&facts, &asking(send_at, "", zone)).expect("accepted");
        assert_eq!(warned(&job), codes, "{send_at} in {zone}");
        for word in words {
            assert!(job.warnings[0].message.contains(word), "{}", job.warnings[0].message);
        }
    };
    let new_york = "America/New_York";
    check("2026-05-01T09:00Z", new_york, &["OFFSET_DIFFERS_FROM_TIMEZONE"], &["T09:00Z", "T05:00:00-04:00"]);
    check("2026-05-01T09:00-04:00", new_york, &[], &[]);
    check("2026-05-01T09:00+02:00", "", &[], &[]);
    check("2026-05-01T09:00+02:00", "UTC", &["OFFSET_DIFFERS_FROM_TIMEZONE"], &["T07:00:00Z"]);
    check("2027-03-14T02:30", new_york, &["TIMEZONE_GAP_SHIFTED"], &["02:30", "T03:30:00-04:00"]);
    check("2026-11-01T01:30", new_york, &["TIMEZONE_FOLD_FIRST"], &["twice", "T01:30:00-04:00"]);
    let job = schedule(&facts, &asking("2027-03-14T02:30", "", new_york)).expect("accepted");
    assert_eq!(job.resolution.rule, ResolutionRule::GapShifted);
}

#[test]
fn a_time_that_names_no_zone_is_utc_and_the_zone_of_the_tenant_is_told() {
    let facts = |zone: Option<&str>| {
        let tenant = TenantTime { default_timezone: zone.map(str::to_owned), ..TenantTime::default() };
        JobFacts { tenant, ..ready(ChannelKind::Email) }
    };
    let berlin = facts(Some("Europe/Berlin"));
    let job = schedule(&berlin, &asking("2026-07-01T09:00", "", "")).expect("accepted");
    assert_eq!(job.due_at, at("2026-07-01T09:00:00Z"));
    assert_eq!(warned(&job), ["TIMEZONE_DEFAULTED"]);
    for word in
        ["sendAt 2026-07-01T09:00 ", "UTC", "2026-07-01T11:00:00+02:00 in Europe/Berlin", "2026-07-01T07:00:00.000Z"]
    {
        assert!(job.warnings[0].message.contains(word), "{word}: {}", job.warnings[0].message);
    }
    for (zone, send_at, timezone) in [
        (Some("Europe/Berlin"), "2026-07-01T09:00Z", ""),
        (Some("Europe/Berlin"), "2026-07-01T09:00+02:00", ""),
        (Some("Europe/Berlin"), "2026-07-01T09:00", "UTC"),
        (Some("Europe/Berlin"), "2026-07-01T09:00", "Europe/Berlin"),
        (Some("Etc/UTC"), "2026-07-01T09:00", ""),
        (None, "2026-07-01T09:00", ""),
    ] {
        let job = schedule(&facts(zone), &asking(send_at, "", timezone)).expect("accepted");
        assert_eq!(warned(&job), [""; 0], "{zone:?} {send_at} {timezone}");
    }

    let saved = with_intent(berlin.clone(), Mode::At, "2026-07-01T09:00", "", "");
    let job = schedule(&saved, &asking("", "", "")).expect("accepted");
    assert_eq!(warned(&job), ["TIMEZONE_DEFAULTED"], "the saved schedule named no zone either");

    let policy = PolicyCommand { latest_finish: Some("2026-07-01T18:00".into()), ..PolicyCommand::default() };
    let job = decide_job(&berlin, &JobCommand::Send(policy), at(NOW)).expect("accepted");
    assert_eq!(warned(&job), ["TIMEZONE_DEFAULTED"], "the limits of a send job too");
    assert!(job.warnings[0].message.starts_with("policy.latestFinish 2026-07-01T18:00 "), "{:?}", job.warnings);
}

#[test]
fn only_blockers_of_other_steps_block() {
    let mut facts = ready(ChannelKind::Email);
    facts.preflight = vec![
        found(Severity::Warning, STEP_CONTENT),
        found(Severity::Info, STEP_SCHEDULE),
        found(Severity::Blocker, STEP_SCHEDULE),
    ];
    assert!(schedule(&facts, &asking("2026-05-01T09:00Z", "", "")).is_ok());
    facts.preflight.push(found(Severity::Blocker, STEP_CONTENT));
    let refusal = send(&facts).expect_err("a blocker");
    assert_eq!(refusal.detail, crate::error::Detail::Issues(vec![found(Severity::Blocker, STEP_CONTENT)]));
}

#[test]
fn a_policy_is_always_explicit() {
    let facts = ready(ChannelKind::Email);
    let due = at("2026-05-01T09:00:00Z");
    let job = schedule(&facts, &asking("2026-05-01T09:00Z", "", "")).expect("accepted");
    assert_eq!(job.policy.latest_start, Some(due.plus_millis(24 * HOUR_MS)));
    assert_eq!((job.policy.on_missed, job.policy.on_uncertain), (OnMissed::Hold, OnUncertain::Hold));

    let mut command = asking("2026-05-01T09:00Z", "", "America/New_York");
    command.policy = PolicyCommand {
        latest_finish: Some("2026-05-01T08:00".into()),
        on_uncertain: Some(OnUncertain::Retry),
        rate_per_minute: Some(600),
        ..PolicyCommand::default()
    };
    let policy = schedule(&facts, &command).expect("accepted").policy;
    let finish = Some(at("2026-05-01T12:00:00Z"));
    assert_eq!(policy.latest_finish, finish, "without an offset it is read in the job's zone");
    assert_eq!(policy.latest_start, finish, "a start after the finish makes no sense");
    assert_eq!((policy.on_uncertain, policy.rate_per_minute), (OnUncertain::Retry, Some(600)));

    for (start, finish) in
        [("2026-05-01T08:59Z", ""), ("", "2026-05-01T09:00Z"), ("soon", ""), ("2026-05-02T00:00Z", "2026-05-01T23:00Z")]
    {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut command = asking("2026-05-01T09:00Z", "", "");
        command.policy =
            PolicyCommand { latest_start: some(start), latest_finish: some(finish), ..PolicyCommand::default() };
        assert_eq!(code(schedule(&facts, &command)), Code::RequestInvalid, "{start} {finish}");
    }
}

#[test]
fn a_job_moves_until_it_has_started() {
    let facts = with_intent(ready(ChannelKind::Email), Mode::At, "2026-05-01T09:00", "", "Europe/Berlin");
    let job = schedule(&facts, &asking("", "", "")).expect("accepted");
    let moving = MoveFacts {
        channel: ChannelKind::Email,
        state: JobState::Scheduled,
        started: false,
        immediate: false,
        due_at: job.due_at,
        current: facts.intent.clone().expect("saved"),
        policy: Policy { latest_start: Some(job.due_at.plus_millis(90 * SECOND_MS)), ..job.policy },
        tenant: TenantTime::default(),
    };
    let moved = decide_move(&moving, &asking("2026-05-02T09:00", "", ""), at(NOW)).expect("accepted");
    assert_eq!((moved.due_at, moved.timezone.as_str()), (at("2026-05-02T07:00:00Z"), "Europe/Berlin"));
    assert_eq!(moved.policy.latest_start, Some(at("2026-05-02T07:01:30Z")), "the latest start moves along");
    for (state, started, expected) in [
        (JobState::Running, true, Code::AlreadyStarted),
        (JobState::Paused, true, Code::AlreadyStarted),
        (JobState::Canceled, false, Code::AlreadyFinished),
        (JobState::Completed, true, Code::AlreadyFinished),
    ] {
        let moving = MoveFacts { state, started, ..moving.clone() };
        assert_eq!(code(decide_move(&moving, &asking("2026-05-02T09:00", "", ""), at(NOW))), expected);
    }
    let immediate = MoveFacts { immediate: true, ..moving.clone() };
    assert_eq!(code(decide_move(&immediate, &asking("2026-05-02T09:00", "", ""), at(NOW))), Code::SendJobNotMovable);
    assert_eq!(code(decide_move(&moving, &asking("2026-03-31T09:00", "", ""), at(NOW))), Code::SendAtInvalid);
}

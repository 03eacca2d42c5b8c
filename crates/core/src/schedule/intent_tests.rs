//! `PUT schedule`: the worked examples of the contract, and the order of its checks.

use super::*;
use crate::campaign::AuthoringStatus;
use crate::error::{Code, Detail, Refusal};
use crate::time::ResolutionRule;
use proptest::prelude::*;

const NOW: &str = "2026-04-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

fn facts(channel: ChannelKind) -> IntentFacts {
    IntentFacts { channel, authoring_status: AuthoringStatus::Draft, tenant: TenantTime::default() }
}

fn command(mode: Mode, send_at: Option<&str>, batch_date: Option<&str>, timezone: Option<&str>) -> IntentCommand {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    IntentCommand { mode, send_at: owned(send_at), batch_date: owned(batch_date), timezone: owned(timezone) }
}

fn email(mode: Mode, send_at: Option<&str>, timezone: Option<&str>) -> Result<Intent, Refusal> {
    decide_intent(&facts(ChannelKind::Email), &command(mode, send_at, None, timezone), at(NOW))
}

fn mail_at(now: &str, tenant: TenantTime, date: Option<&str>, timezone: Option<&str>) -> Result<Intent, Refusal> {
    let facts = IntentFacts { tenant, ..facts(ChannelKind::DirectMail) };
    decide_intent(&facts, &command(Mode::BatchOnDate, None, date, timezone), at(now))
}

fn refused(result: Result<Intent, Refusal>) -> (Code, String) {
    let refusal = result.expect_err("a refusal");
    let path = match refusal.detail {
        Detail::Field { path, .. } => path,
        Detail::None | Detail::Scope { .. } | Detail::Limit { .. } | Detail::Issues(_) | Detail::Changes(_) => {
            String::new()
        }
    };
    (refusal.code, path)
}

#[test]
fn the_page_example_is_stored_as_said_and_as_meant() {
    let intent = email(Mode::At, Some("2026-05-01T09:00:00.000Z"), Some("america/new_york")).expect("accepted");
    assert_eq!(intent.send_at, Some(at("2026-05-01T09:00:00Z")));
    assert_eq!(intent.send_at_text.as_deref(), Some("2026-05-01T09:00:00.000Z"));
    assert_eq!((intent.timezone.as_str(), intent.timezone_source), ("America/New_York", TimezoneSource::Request));
    let resolution = intent.resolution.expect("resolved");
    assert_eq!((resolution.local_time.as_str(), resolution.offset_text()), ("2026-05-01T05:00:00", "-04:00".into()));
    assert_eq!(intent.batch_date, None);
}

#[test]
fn a_time_without_offset_is_the_clock_on_the_wall() {
    let intent = email(Mode::At, Some("2026-05-01T09:00"), Some("America/New_York")).expect("accepted");
    assert_eq!(intent.send_at, Some(at("2026-05-01T13:00:00Z")));
    let utc = email(Mode::At, Some("2026-05-01T09:00"), None).expect("accepted");
    assert_eq!(utc.send_at, Some(at("2026-05-01T09:00:00Z")));
    assert_eq!((utc.timezone.as_str(), utc.timezone_source), ("UTC", TimezoneSource::UtcFallback));
    let gap = email(Mode::At, Some("2027-03-14T02:30"), Some("America/New_York")).expect("accepted");
    assert_eq!(gap.resolution.expect("resolved").rule, ResolutionRule::GapShifted);
}

#[test]
fn mode_now_stores_no_time() {
    for send_at in [None, Some("2026-05-01T09:00:00Z")] {
        let intent = email(Mode::Now, send_at, Some("Europe/Berlin")).expect("accepted");
        assert_eq!((intent.send_at, intent.send_at_text, intent.resolution), (None, None, None));
        assert_eq!(intent.timezone, "Europe/Berlin");
    }
    assert_eq!(refused(email(Mode::Now, Some("soon"), None)), (Code::SendAtInvalid, "sendAt".into()));
    assert_eq!(refused(email(Mode::Now, None, Some("Mars"))), (Code::TimezoneInvalid, "timezone".into()));
}

#[test]
fn direct_mail_tells_where_its_zone_came_from() {
    let berlin = TenantTime { default_timezone: Some("Europe/Berlin".into()), ..TenantTime::default() };
    for (tenant, asked, zone, source, start) in [
        (&berlin, Some("America/New_York"), "America/New_York", TimezoneSource::Request, "2026-05-01T04:00:00Z"),
        (&berlin, None, "Europe/Berlin", TimezoneSource::TenantDefault, "2026-04-30T22:00:00Z"),
        (&TenantTime::default(), None, "UTC", TimezoneSource::UtcFallback, "2026-05-01T00:00:00Z"),
    ] {
        let intent = mail_at(NOW, tenant.clone(), Some("2026-05-01"), asked).expect("accepted");
        assert_eq!((intent.timezone.as_str(), intent.timezone_source), (zone, source));
        assert_eq!((intent.batch_date.as_deref(), intent.send_at), (Some("2026-05-01"), None));
        assert_eq!(intent.resolution.expect("resolved").instant, at(start));
    }
    let digital = IntentFacts { tenant: berlin, ..facts(ChannelKind::Sms) };
    let intent = decide_intent(&digital, &command(Mode::At, Some("2026-05-01T09:00"), None, None), at(NOW));
    assert_eq!(intent.expect("accepted").timezone, "UTC", "the tenant's default is for direct mail");
}

#[test]
fn today_counts_until_the_cut_off_in_the_zone() {
    let tenant = |minutes| TenantTime { default_timezone: None, mail_cutoff_minutes: minutes };
    let new_york = Some("America/New_York");
    for (now, minutes, timezone, date, accepted) in [
        ("2026-04-01T16:59:59.999Z", 17 * 60, None, "2026-04-01", true),
        ("2026-04-01T17:00:00Z", 17 * 60, None, "2026-04-01", false),
        ("2026-04-01T17:00:00Z", 17 * 60, None, "2026-04-02", true),
        ("2026-04-01T20:59:00Z", 17 * 60, new_york, "2026-04-01", true),
        ("2026-04-01T21:00:00Z", 17 * 60, new_york, "2026-04-01", false),
        ("2026-04-02T03:59:00Z", 24 * 60, new_york, "2026-04-01", true),
        ("2026-04-02T04:00:00Z", 24 * 60, new_york, "2026-04-01", false),
        ("2026-04-02T02:00:00Z", 17 * 60, new_york, "2026-04-02", true),
        ("2026-04-01T00:00:00Z", 0, None, "2026-04-01", false),
        ("2026-04-01T09:00:00Z", 17 * 60, None, "2026-03-31", false),
        ("2026-04-01T11:00:00Z", 17 * 60, Some("Pacific/Kiritimati"), "2026-04-01", false),
    ] {
        let result = mail_at(now, tenant(minutes), Some(date), timezone);
        if accepted {
            assert!(result.is_ok(), "{date} at {now}: {result:?}");
        } else {
            assert_eq!(refused(result), (Code::BatchDateInvalid, "batchDate".into()), "{date} at {now}");
        }
    }
}

#[test]
fn each_fault_has_its_code_and_path() {
    let mail = |date, zone| mail_at(NOW, TenantTime::default(), date, zone);
    let on = |channel, command| decide_intent(&facts(channel), &command, at(NOW));
    let future = Some("2026-05-01T09:00:00Z");
    for (result, code, path) in [
        (email(Mode::At, None, None), Code::SendAtRequired, "sendAt"),
        (email(Mode::At, Some(""), None), Code::SendAtInvalid, "sendAt"),
        (email(Mode::At, Some("2026-05-01"), None), Code::SendAtInvalid, "sendAt"),
        (email(Mode::At, Some("2026-04-01T11:59:59.999Z"), None), Code::SendAtInvalid, "sendAt"),
        (email(Mode::At, Some("2026-04-01T12:00"), Some("Europe/Berlin")), Code::SendAtInvalid, "sendAt"),
        (email(Mode::At, future, Some("")), Code::TimezoneInvalid, "timezone"),
        (email(Mode::At, Some("soon"), Some("Mars")), Code::SendAtInvalid, "sendAt"),
        (email(Mode::BatchOnDate, None, None), Code::UnsupportedChannel, "mode"),
        (mail(None, None), Code::BatchDateRequired, "batchDate"),
        (mail(Some("01.05.2026"), None), Code::BatchDateInvalid, "batchDate"),
        (mail(Some("2026-05-01"), Some("Mars")), Code::TimezoneInvalid, "timezone"),
        (on(ChannelKind::DirectMail, command(Mode::At, future, None, None)), Code::UnsupportedChannel, "mode"),
        (on(ChannelKind::DirectMail, command(Mode::Now, None, None, None)), Code::UnsupportedChannel, "mode"),
        (
            on(ChannelKind::DirectMail, command(Mode::BatchOnDate, future, Some("2026-05-01"), None)),
            Code::UnsupportedChannel,
            "sendAt",
        ),
        (
            on(ChannelKind::Push, command(Mode::At, future, Some("2026-05-01"), None)),
            Code::UnsupportedChannel,
            "batchDate",
        ),
    ] {
        assert_eq!(refused(result), (code, path.to_owned()));
    }
    assert!(email(Mode::At, Some(NOW), None).is_ok(), "the very instant is not past");
}

#[test]
fn checks_come_in_the_contract_order() {
    let mut facts = facts(ChannelKind::Email);
    facts.authoring_status = AuthoringStatus::Published;
    let mut wrong = command(Mode::BatchOnDate, None, None, Some("Mars"));
    let mut seen = Vec::new();
    seen.push(refused(decide_intent(&facts, &wrong, at(NOW))).0);
    facts.authoring_status = AuthoringStatus::Draft;
    seen.push(refused(decide_intent(&facts, &wrong, at(NOW))).0);
    wrong.mode = Mode::At;
    seen.push(refused(decide_intent(&facts, &wrong, at(NOW))).0);
    wrong.send_at = Some("soon".into());
    seen.push(refused(decide_intent(&facts, &wrong, at(NOW))).0);
    wrong.send_at = Some("2020-01-01T00:00".into());
    seen.push(refused(decide_intent(&facts, &wrong, at(NOW))).0);
    wrong.timezone = None;
    seen.push(refused(decide_intent(&facts, &wrong, at(NOW))).0);
    let order = [
        Code::NotDraft,
        Code::UnsupportedChannel,
        Code::SendAtRequired,
        Code::SendAtInvalid,
        Code::TimezoneInvalid,
        Code::SendAtInvalid,
    ];
    assert_eq!(seen, order);
}

#[test]
fn a_seed_may_leave_the_mode_to_its_fields() {
    let some = |text: &str| Some(text.to_owned());
    let seed = |mode, send_at, batch_date| IntentCommand::seed(mode, send_at, batch_date, None).map(|it| it.mode);
    assert_eq!(seed(None, some("2026-05-01T09:00Z"), None), Ok(Mode::At));
    assert_eq!(seed(None, None, some("2026-05-01")), Ok(Mode::BatchOnDate));
    assert_eq!(seed(Some(Mode::Now), some("2026-05-01T09:00Z"), None), Ok(Mode::Now));
    assert_eq!(seed(None, None, None).expect_err("no mode").code, Code::RequestInvalid);
}

#[test]
fn a_saved_intent_can_become_unmeetable() {
    let intent = email(Mode::At, Some("2026-05-01T09:00:00Z"), None).expect("accepted");
    let tenant = TenantTime::default();
    assert_eq!(intent_problem(&intent, &tenant, at("2026-05-01T09:00:00Z")), None);
    let problem = intent_problem(&intent, &tenant, at("2026-05-01T09:00:00.001Z")).expect("past");
    assert!(problem.contains("in the past"), "{problem}");
    let batch = mail_at(NOW, TenantTime::default(), Some("2026-05-01"), None).expect("accepted");
    assert_eq!(intent_problem(&batch, &tenant, at("2026-05-01T16:59:00Z")), None);
    assert!(intent_problem(&batch, &tenant, at("2026-05-01T17:00:00Z")).is_some());
}

proptest! {
    #[test]
    fn an_accepted_time_is_never_past_and_never_before_what_was_written(
        ahead_us in -1_000_000_000_i64..1_000_000_000,
    ) {
        let now = at(NOW);
        let micros = now.as_millis() * 1000 + ahead_us;
        let whole = Timestamp::from_millis(micros.div_euclid(1_000_000) * 1000).to_string();
        let text = whole.replace(".000Z", &format!(".{:06}Z", micros.rem_euclid(1_000_000)));
        match email(Mode::At, Some(&text), None) {
            Ok(intent) => {
                let instant = intent.send_at.expect("resolved");
                prop_assert!(instant >= now);
                prop_assert!((0..1000).contains(&(instant.as_millis() * 1000 - micros)));
            }
            Err(refusal) => {
                prop_assert_eq!(refusal.code, Code::SendAtInvalid);
                prop_assert!(ahead_us < 0);
            }
        }
    }
}

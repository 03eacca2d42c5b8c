//! Each finding by the one fact that causes it.

use super::*;
use crate::campaign::CATEGORY_TRANSACTIONAL;
use crate::schedule::{IntentCommand, IntentFacts, decide_intent};
use crate::sender_domain::Verdict;

const NOW: &str = "2026-04-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

fn intent(send_at: &str, timezone: Option<&str>) -> Intent {
    let facts = IntentFacts {
        channel: ChannelKind::Email,
        authoring_status: crate::campaign::AuthoringStatus::Draft,
        tenant: TenantTime::default(),
    };
    let timezone = timezone.map(str::to_owned);
    let command = IntentCommand::seed(None, Some(send_at.to_owned()), None, timezone).expect("a mode");
    decide_intent(&facts, &command, at(NOW)).expect("a good intent")
}

/// A campaign with nothing to find.
fn ready(channel: ChannelKind) -> PreflightFacts {
    PreflightFacts {
        channel,
        has_version: true,
        included: vec![AudienceFacts { id: "a1".into(), found: true }],
        excluded: Vec::new(),
        rule_warnings: Vec::new(),
        targeted: Some(100),
        incomplete_addresses: 0,
        incomplete_parts: std::collections::BTreeMap::new(),
        unknown_consent: 0,
        consents_read: 1_300,
        mails_unknown: true,
        recipients_read: 1_300,
        whole_audience_read: true,
        template: Some(TemplateFacts {
            id: "t1".into(),
            channel,
            published: true,
            render_failure: None,
            renders_for_most: true,
            unknown_fields: Vec::new(),
            foreign_tags: Vec::new(),
            empty_fields: Vec::new(),
            text_fields: Vec::new(),
            shows_unsubscribe_link: true,
            html_octets: Some(EMAIL_CLIP_OCTETS),
            sms_parts: Some(1),
        }),
        sender: Some(SenderFacts { id: "s1".into(), has_return_address: true, domain: Verdict::Allowed }),
        has_subject: true,
        category: "marketing".into(),
        has_unsubscribe: true,
        requires_unsubscribe_link: true,
        channel_configured: true,
        engine_alive: true,
        intent: Some(intent("2026-05-01T09:00:00Z", None)),
        tenant: TenantTime::default(),
    }
}

fn template(facts: &mut PreflightFacts) -> &mut TemplateFacts {
    facts.template.as_mut().expect("ready campaigns have one")
}

fn count(field: &str, count: i64) -> FieldCount {
    FieldCount { field: field.into(), count }
}

fn codes(facts: &PreflightFacts) -> Vec<&'static str> {
    evaluate(facts, at(NOW)).iter().map(|issue| issue.code).collect()
}

fn sender(facts: &mut PreflightFacts) -> &mut SenderFacts {
    facts.sender.as_mut().expect("a ready campaign has a sender")
}

#[test]
fn a_ready_campaign_has_no_issue() {
    for channel in ChannelKind::ALL {
        assert_eq!(codes(&ready(channel)), Vec::<&str>::new(), "{channel:?}");
    }
}

type Case = (Severity, &'static str, ChannelKind, fn(&mut PreflightFacts));

#[test]
fn each_fact_causes_its_issue_and_no_other() {
    use ChannelKind::{DirectMail, Email, Push, Sms};
    use Severity::{Blocker, Info, Warning};
    let cases: &[Case] = &[
        (Blocker, "NO_START_NODE", Email, |facts| facts.has_version = false),
        (Blocker, "AUDIENCE_NOT_ASSIGNED", Email, |facts| facts.included.clear()),
        (Blocker, "AUDIENCE_NOT_FOUND", Sms, |facts| {
            facts.excluded.push(AudienceFacts { id: "a2".into(), found: false });
        }),
        (Warning, "AUDIENCE_EMPTY", Email, |facts| facts.targeted = Some(0)),
        (Warning, "ADDRESS_INCOMPLETE", DirectMail, |facts| facts.incomplete_addresses = 3),
        (Warning, "CONSENT_UNKNOWN", Push, |facts| facts.unknown_consent = 1),
        (Info, "CONSENT_UNKNOWN", DirectMail, |facts| {
            facts.category = "newsletter".into();
            facts.unknown_consent = 1_300;
        }),
        (Blocker, "TEMPLATE_NOT_ASSIGNED", Sms, |facts| facts.template = None),
        (Blocker, "TEMPLATE_NOT_PUBLISHED", Push, |facts| template(facts).published = false),
        (Blocker, "TEMPLATE_CHANNEL_MISMATCH", Push, |facts| template(facts).channel = Sms),
        (Blocker, "TEMPLATE_RENDER_FAILED", Email, |facts| {
            template(facts).render_failure = Some("line 3 of html".into());
            template(facts).renders_for_most = false;
        }),
        (Warning, "TEMPLATE_RENDER_FAILED", Email, |facts| {
            template(facts).render_failure = Some("line 3 of html".into());
        }),
        (Warning, "TEMPLATE_FIELD_UNKNOWN", Email, |facts| template(facts).unknown_fields.push("nick".into())),
        (Warning, "FOREIGN_TAG", Push, |facts| template(facts).foreign_tags.push("*|FNAME|*".into())),
        (Warning, "FIELD_EMPTY", Sms, |facts| template(facts).empty_fields.push(count("first_name", 412))),
        (Warning, "TYPE_MISMATCH", DirectMail, |facts| template(facts).text_fields.push(count("points", 997))),
        (Warning, "TYPE_MISMATCH", Push, |facts| {
            let found = crate::schedule::Warning { code: TYPE_MISMATCH, message: "points is text.".into() };
            facts.rule_warnings.push(("a1".into(), found));
        }),
        (Blocker, "UNSUBSCRIBE_MISSING", Email, |facts| facts.has_unsubscribe = false),
        (Blocker, "UNSUBSCRIBE_LINK_MISSING", Email, |facts| template(facts).shows_unsubscribe_link = false),
        (Warning, "UNSUBSCRIBE_LINK_MISSING", Email, |facts| {
            facts.requires_unsubscribe_link = false;
            template(facts).shows_unsubscribe_link = false;
        }),
        (Warning, "UNSUBSCRIBE_LINK_MISSING", Email, |facts| {
            facts.category = "newsletter".into();
            template(facts).shows_unsubscribe_link = false;
        }),
        (Blocker, "SUBJECT_MISSING", Email, |facts| facts.has_subject = false),
        (Blocker, "SENDER_PROFILE_MISSING", Push, |facts| facts.sender = None),
        (Blocker, "RETURN_ADDRESS_MISSING", DirectMail, |facts| {
            facts.sender = Some(SenderFacts { id: "s1".into(), has_return_address: false, domain: Verdict::Allowed });
        }),
        (Blocker, "SENDER_DOMAIN_NOT_ALLOWED", Email, |facts| sender(facts).domain = Verdict::NotOwn),
        (Blocker, "SENDER_DOMAIN_NOT_ALLOWED", Email, |facts| sender(facts).domain = Verdict::Foreign),
        (Warning, "SENDER_DOMAIN_SHARED", Email, |facts| sender(facts).domain = Verdict::Shared),
        (Warning, "EMAIL_CLIPPED", Email, |facts| template(facts).html_octets = Some(EMAIL_CLIP_OCTETS + 1)),
        (Warning, "SMS_MULTIPART", Sms, |facts| template(facts).sms_parts = Some(2)),
        (Info, "SCHEDULE_NOT_SET", Email, |facts| facts.intent = None),
        (Warning, "OFFSET_DIFFERS_FROM_TIMEZONE", Email, |facts| {
            facts.intent = Some(intent("2026-05-01T09:00:00Z", Some("America/New_York")));
        }),
        (Warning, "TIMEZONE_DEFAULTED", Email, |facts| {
            facts.intent = Some(intent("2026-05-01T09:00", None));
            facts.tenant.default_timezone = Some("Europe/Berlin".into());
        }),
        (Warning, "TIMEZONE_GAP_SHIFTED", Email, |facts| {
            facts.intent = Some(intent("2027-03-14T02:30", Some("America/New_York")));
        }),
        (Blocker, "CHANNEL_NOT_CONFIGURED", Email, |facts| facts.channel_configured = false),
        (Warning, "DELIVERY_STOPPED", Email, |facts| facts.engine_alive = false),
    ];
    for &(severity, code, channel, break_it) in cases {
        let mut facts = ready(channel);
        break_it(&mut facts);
        let issues = evaluate(&facts, at(NOW));
        assert_eq!(issues.len(), 1, "{code}: {issues:?}");
        assert_eq!((issues[0].severity, issues[0].code), (severity, code));
        assert!(issues[0].message.ends_with('.') && issues[0].step.is_some(), "{code}");
    }
}

#[test]
fn a_schedule_that_has_passed_blocks() {
    let facts = ready(ChannelKind::Email);
    let found = evaluate(&facts, at("2026-05-02T00:00:00Z"));
    assert_eq!((found.len(), found[0].code), (1, "SCHEDULE_IN_PAST"));
    assert!(found[0].message.contains("2026-05-01T09:00:00.000Z"), "{}", found[0].message);
}

#[test]
fn what_does_not_concern_a_channel_is_not_found_there() {
    let facts = PreflightFacts { has_subject: false, has_unsubscribe: false, ..ready(ChannelKind::Sms) };
    assert_eq!(codes(&facts), Vec::<&str>::new());
    let mut plain =
        PreflightFacts { category: CATEGORY_TRANSACTIONAL.into(), has_unsubscribe: false, ..ready(ChannelKind::Email) };
    template(&mut plain).shows_unsubscribe_link = false;
    assert_eq!(codes(&plain), Vec::<&str>::new());
    let on_paper = PreflightFacts { incomplete_addresses: 3, ..ready(ChannelKind::Email) };
    assert_eq!(codes(&on_paper), Vec::<&str>::new());
}

#[test]
fn blockers_come_first_and_infos_last() {
    let mut facts = ready(ChannelKind::Email);
    facts.intent = None;
    facts.engine_alive = false;
    facts.sender = None;
    facts.targeted = Some(0);
    let order = ["SENDER_PROFILE_MISSING", "AUDIENCE_EMPTY", "DELIVERY_STOPPED", "SCHEDULE_NOT_SET"];
    assert_eq!(codes(&facts), order);
}

#[test]
fn fields_are_counted_over_all_recipients_or_over_the_first_ones() {
    let mut facts = ready(ChannelKind::Email);
    template(&mut facts).empty_fields = vec![count("first_name", 1_212)];
    template(&mut facts).text_fields = vec![count("points", 997)];
    let messages = |facts: &PreflightFacts| -> Vec<String> {
        evaluate(facts, at(NOW)).into_iter().map(|issue| issue.message).collect()
    };
    let whole = [
        "first_name is empty for 1,212 of 1,300 recipients and has no default in the template.",
        "points is text that is no number for 997 of 1,300 recipients, and the template compares it with a number.",
    ];
    assert_eq!(messages(&facts), whole);
    facts.whole_audience_read = false;
    let first = messages(&facts);
    assert!(first[0].starts_with("first_name is empty for 1,212 of the first 1,300 recipients "), "{first:?}");
}

#[test]
fn people_of_unknown_consent_are_counted_and_what_happens_to_them_is_said() {
    let mut facts = ready(ChannelKind::Sms);
    facts.unknown_consent = 1_212;
    let message = |facts: &PreflightFacts| evaluate(facts, at(NOW))[0].message.clone();
    let mailed = "The consent of 1,212 of 1,300 people is unknown; they get the message, because mailUnknown of the \
                  tenant is true.";
    assert_eq!(message(&facts), mailed);
    facts.mails_unknown = false;
    facts.whole_audience_read = false;
    let left_out = "The consent of 1,212 of the first 1,300 people is unknown; they are left out, because mailUnknown \
                    of the tenant is false.";
    assert_eq!(message(&facts), left_out);
}

#[test]
fn a_few_tags_are_named_and_the_rest_counted() {
    let mut facts = ready(ChannelKind::Sms);
    template(&mut facts).foreign_tags = (1..=NAMED_MAX + 2).map(|number| format!("*|T{number}|*")).collect();
    let found = evaluate(&facts, at(NOW));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].message.contains("*|T1|*, *|T2|*") && found[0].message.contains("*|T5|* and 2 more."),
        "{found:?}"
    );
}

#[test]
fn an_unknown_field_that_an_address_has_is_named_in_full() {
    let mut facts = ready(ChannelKind::Email);
    template(&mut facts).unknown_fields = vec!["city".into(), "nick".into()];
    let expected = "The template names fields that no profile has: city (an address has address.city), nick.";
    assert_eq!(evaluate(&facts, at(NOW))[0].message, expected);
}

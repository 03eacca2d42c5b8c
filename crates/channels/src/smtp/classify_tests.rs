//! What replies of real servers mean.

use super::classify::{Parties, Phase, Verdict, classify};
use super::reply::parse;
use postrider_core::channel::{Obstacle, Outcome};

const PARTIES: Parties<'_> = Parties { from: "news@shop.example", to: "ann@people.example" };

pub(super) fn judged(phase: Phase, line: &str) -> Verdict {
    let (reply, _) = parse(format!("{line}\r\n").as_bytes()).unwrap().unwrap();
    classify(phase, &reply, &PARTIES)
}

pub(super) fn verdict(phase: Phase, line: &str) -> (&'static str, &'static str) {
    match judged(phase, line) {
        Verdict::Accepted => ("accepted", ""),
        Verdict::Rejected(refusal) => ("rejected", refusal.reason),
        Verdict::Deferred(refusal, _) => ("deferred", refusal.reason),
        Verdict::Stopped(stop) => match stop.obstacle {
            Obstacle::Route | Obstacle::Account => ("route", stop.refusal.reason),
            Obstacle::Connections => ("connections", stop.refusal.reason),
            Obstacle::Sender => ("sender", stop.refusal.reason),
            Obstacle::Caller => ("caller", stop.refusal.reason),
        },
    }
}

#[test]
fn replies_of_real_servers_mean_what_they_say() {
    use Phase::{Data, Dot, Login, Mail, Opening, Rcpt, StartTls};
    let table = [
        (Mail, "250 2.1.0 Ok", "accepted", ""),
        (Rcpt, "251 will forward", "accepted", ""),
        (Data, "354 go", "accepted", ""),
        (Dot, "250 2.0.0 Ok: queued as 4X", "accepted", ""),
        (Data, "250 Ok", "route", "protocol_error"),
        (Dot, "354 go", "route", "protocol_error"),
        (Opening, "554 no SMTP service here", "route", "server_refused"),
        (Opening, "421 busy", "connections", "server_refused"),
        (Opening, "450 4.3.2 busy", "connections", "server_refused"),
        (StartTls, "454 TLS not available", "route", "tls_unavailable"),
        (Login, "535 5.7.8 bad", "route", "auth_failed"),
        (Login, "454 4.7.0 later", "route", "auth_unavailable"),
        (Mail, "421 4.3.2 closing", "route", "server_closing"),
        (Rcpt, "421 4.7.28 unusual rate", "route", "throttled"),
        (Dot, "451 4.7.0 try again", "route", "throttled"),
        (Dot, "454 Throttling failure: Maximum sending rate exceeded.", "route", "throttled"),
        (Rcpt, "451 4.7.650 rate limited", "route", "throttled"),
        (Rcpt, "452 4.5.3 too many recipients", "route", "throttled"),
        (Mail, "452 4.3.1 Insufficient system storage", "route", "server_storage"),
        (Dot, "550 5.4.5 Daily user sending limit exceeded", "route", "quota_exceeded"),
        (Mail, "530 5.7.0 Authentication required", "route", "auth_required"),
        (Mail, "503 5.5.1 nested MAIL", "route", "protocol_error"),
        (Rcpt, "450 4.2.0 <x>: Recipient address rejected: Greylisted", "deferred", "greylisted"),
        (Rcpt, "451 4.7.1 Please try again later", "deferred", "greylisted"),
        (Rcpt, "452 4.2.2 over quota", "deferred", "mailbox_full"),
        (Rcpt, "450 4.2.1 receiving mail too quickly", "deferred", "mailbox_busy"),
        (Rcpt, "450 busy", "deferred", "mailbox_busy"),
        (Rcpt, "454 4.7.1 <x>: Relay access denied", "deferred", "relay_denied"),
        (Dot, "451 local error", "deferred", "temporary_failure"),
        (Rcpt, "550 5.1.1 no such user", "rejected", "mailbox_unavailable"),
        (Rcpt, "550 no such user", "rejected", "mailbox_unavailable"),
        (Rcpt, "552 5.2.2 full", "rejected", "mailbox_full"),
        (Rcpt, "556 5.1.10 null MX", "rejected", "domain_unavailable"),
        (Rcpt, "554 5.7.1 <x>: Relay access denied", "rejected", "relay_denied"),
        (Rcpt, "501 5.1.3 bad address", "rejected", "address_refused"),
        (Mail, "552 5.3.4 too big", "rejected", "message_too_large"),
        (Mail, "550 5.7.1 sender not allowed", "sender", "sender_refused"),
        (Mail, "553 5.1.8 no such domain", "sender", "sender_refused"),
        (Mail, "450 4.1.8 <news@shop.example>: Domain not found", "route", "sender_deferred"),
        (Mail, "451 4.3.0 later", "route", "sender_deferred"),
        (Dot, "550 5.7.515 not authenticated", "sender", "sender_refused"),
        (Dot, "554 5.6.0 bad content", "rejected", "content_refused"),
        (Dot, "552 too big", "rejected", "message_too_large"),
        (Dot, "554 rejected", "rejected", "policy_refused"),
        (Data, "554 5.5.0 no", "rejected", "policy_refused"),
    ];
    for (phase, line, kind, reason) in table {
        assert_eq!(verdict(phase, line), (kind, reason), "{phase:?} {line}");
    }
}

#[test]
fn every_code_has_a_verdict_and_only_success_is_accepted() {
    for phase in [Phase::Opening, Phase::Login, Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot] {
        for code in 200..600 {
            let (kind, reason) = verdict(phase, &format!("{code} x"));
            let wanted = if phase == Phase::Data { 3 } else { 2 };
            assert_eq!(kind == "accepted", code / 100 == wanted, "{phase:?} {code}");
            assert_eq!(kind == "rejected", code >= 500 && !["route", "sender"].contains(&kind), "{phase:?} {code}");
            assert!(kind == "accepted" || !reason.is_empty());
        }
    }
}

#[test]
fn a_long_reply_is_cut_for_the_account() {
    let (reply, _) = parse(format!("250 {}\r\n", "é".repeat(300)).as_bytes()).unwrap().unwrap();
    let Outcome::HandedOff { provider_ref } = Verdict::Accepted.into_outcome(&reply) else { panic!("accepted") };
    assert_eq!(provider_ref.chars().count(), 200);
}

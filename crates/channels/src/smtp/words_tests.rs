//! What providers write, and whose trouble it is.

use super::classify::{Phase, Verdict};
use super::classify_tests::{judged, verdict};
use Phase::{Data, Dot, Login, Mail, Opening, Rcpt};

const MINUTE_MS: u64 = 60_000;

#[track_caller]
fn all_mean(kind: &str, reason: &str, texts: &[(Phase, &str)]) {
    for (phase, text) in texts {
        assert_eq!(verdict(*phase, text), (kind, reason), "{phase:?} {text}");
    }
}

#[test]
fn a_quota_over_time_is_the_accounts_and_the_route_rests() {
    let texts = [
        (Dot, "552 Message would take you over your relay quota of 500"),
        (Dot, "550 user news has exceeded hour limit"),
        (
            Rcpt,
            "550 Domain shop.example has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.",
        ),
        (
            Rcpt,
            "550 Domain shop.example has exceeded the max emails per hour (200/200 (100%)) allowed. Message discarded.",
        ),
        (Dot, "554 5.7.1 Daily limit reached"),
        (
            Mail,
            "550 5.4.5 Daily user sending quota exceeded. For more information see https://support.example/answer/166852",
        ),
        (
            Dot,
            "550-5.4.5 Daily SMTP relay limit exceeded for customer. For more information on SMTP relay\r\n550 5.4.5 sending limits please contact your administrator",
        ),
        (Dot, "454 Throttling failure: Daily message quota exceeded."),
        (Dot, "451 Authentication failed: Maximum credits exceeded"),
        (Dot, "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients"),
        (
            Dot,
            "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email to external recipients",
        ),
        (Dot, "550 5.7.705 Access denied, tenant has exceeded threshold"),
        (
            Dot,
            "554 5.2.0 STOREDRV.Submission.Exception: SubmissionQuotaExceededException; you have exceeded your sending quota",
        ),
        (Rcpt, "450 4.7.1 <news@shop.example>: Sender address rejected: 300 messages per hour exceeded"),
        (Rcpt, "450 messages per hour exceeded"),
        (
            Rcpt,
            "554 5.7.1 <ann@people.example>: Recipient address rejected: Policy Rejection: Message count quota exceeded, daily",
        ),
        (Rcpt, "550 5.7.1 <ann@people.example>: Recipient address rejected: Hourly sending quota exceeded"),
        (Mail, "550 5.7.1 Your account has reached its hourly email limit of 300"),
        (Dot, "421 4.7.0 Messages limit per day reached, closing connection"),
        (Dot, "554 5.7.1 Mailbox has exceeded its hourly sending limit"),
        (Dot, "450 4.2.1 You have reached your sending limit of 200 mails per hour. Please try again later"),
        (Dot, "550 Your monthly plan limit of 10000 emails has been reached"),
        (Dot, "550 5.7.0 No credits left, please top up your balance"),
        (Mail, "451 4.7.1 You've exceeded your messaging limits, retry in an hour"),
        (Dot, "450 4.7.1 Sent too much today. Try again tomorrow, limit 1000/day"),
        (Rcpt, "452 4.7.1 Sorry, hourly recipients limit of 500 exceeded"),
        (Data, "554 Quota exceeded: 24 hours limit"),
        (Dot, "550 5.4.6 Unusual sending activity: 24h limit hit"),
        (Mail, "450 Requested mail action not taken: mailbox unavailable Mail send limit exceeded, daily"),
        (Dot, "550 You have exceeded the allowed number of messages"),
    ];
    all_mean("route", "quota_exceeded", &texts);
}

#[test]
fn a_rate_is_the_accounts_and_the_route_rests() {
    let texts = [
        (Dot, "454 4.7.0 Throttling failure: Maximum sending rate exceeded."),
        (Rcpt, "450 4.7.1 Error: too much mail from 192.0.2.1"),
        (
            Rcpt,
            "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address",
        ),
        (Rcpt, "451 4.7.500 Server busy. Please try again later (rate limited)"),
        (Dot, "450 4.3.2 Message rate exceeded"),
        (Rcpt, "550 5.7.1 Sender rate limit exceeded"),
        (Mail, "550 5.7.1 <news@shop.example>: Sender address rejected: rate limit exceeded"),
        (Rcpt, "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to too many messages"),
        (Dot, "450 4.7.0 Slow down, you are sending too fast"),
        (Dot, "554 5.7.1 You have sent too many emails"),
        (Rcpt, "452 4.5.3 Too many recipients"),
        (Rcpt, "450 4.7.1 Throttled"),
        (Mail, "452 4.3.1 Sending rate exceeds 10 messages per second"),
        (Rcpt, "550 5.7.1 Recipient rate limit exceeded"),
        (Dot, "451 4.7.1 Ratelimit: 60 messages per minute"),
    ];
    all_mean("route", "throttled", &texts);
}

#[test]
fn a_mailbox_that_is_full_or_busy_is_the_recipients() {
    for (text, reason) in [
        ("552 5.2.2 mailbox full", "mailbox_full"),
        ("552 5.2.2 <ann@people.example>: user is over quota", "mailbox_full"),
        (
            "552 5.2.2 The email account that you tried to reach is over quota. Please direct the recipient to clear space",
            "mailbox_full",
        ),
        ("552 Requested mail action aborted: exceeded storage allocation", "mailbox_full"),
        ("552 Quota exceeded (mailbox for user is full)", "mailbox_full"),
        ("552 recipient over quota", "mailbox_full"),
        ("550 5.2.1 The email account that you tried to reach is disabled", "mailbox_disabled"),
        (
            "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
            "mailbox_disabled",
        ),
        ("550 5.1.1 account disabled", "mailbox_unavailable"),
        ("550 5.7.1 You are not authorized to send to this recipient", "policy_refused"),
        ("550 5.7.124 Sender not in allowed senders list", "policy_refused"),
        ("550 5.7.1 Message blocked by recipient", "policy_refused"),
        ("550 5.7.1 ann@people.example does not accept mail from news@shop.example", "policy_refused"),
        ("554 Mailbox quota exceeded, returned to sender", "policy_refused"),
        ("550 5.1.1 unknown user, message of news@shop.example refused", "mailbox_unavailable"),
        ("550 no such user here (from news@shop.example)", "mailbox_unavailable"),
        ("550 5.7.1 Posting is limited to members", "policy_refused"),
    ] {
        assert_eq!(verdict(Rcpt, text), ("rejected", reason), "{text}");
    }
    for (text, reason) in [
        ("452 4.2.2 The recipient's inbox is out of storage space", "mailbox_full"),
        ("452 4.2.2 mailbox full, quota exceeded", "mailbox_full"),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", "mailbox_busy"),
        ("450 4.1.1 <ann@people.example>: Recipient address rejected: unverified address", "mailbox_busy"),
        ("451 4.7.1 Greylisted for sender news@shop.example, retry in 300 seconds", "greylisted"),
    ] {
        assert_eq!(verdict(Rcpt, text), ("deferred", reason), "{text}");
    }
}

#[test]
fn the_size_and_the_content_are_the_messages() {
    all_mean(
        "rejected",
        "message_too_large",
        &[
            (Dot, "552 5.3.4 Message size exceeds fixed maximum message size (10485760)"),
            (Dot, "552 Message size exceeds maximum permitted"),
            (Mail, "552 5.3.4 Message size exceeds fixed limit"),
            (Dot, "554 Your message is too large, limit 10 MB"),
            (Mail, "552 Size limit exceeded"),
        ],
    );
    all_mean(
        "rejected",
        "policy_refused",
        &[
            (Dot, "550 Too many hops"),
            (Dot, "554 5.7.1 Spam score 12.3 exceeds limit"),
            (Dot, "550 5.7.1 Message contains too many links"),
            (Dot, "554 5.7.1 Message rejected as spam"),
        ],
    );
    assert_eq!(verdict(Rcpt, "550 Too many invalid recipients").0, "rejected");
}

#[test]
fn a_sender_that_may_not_send_is_nobody_elses_fault() {
    let texts = [
        (Mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        (Dot, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        (Dot, "554 5.2.252 SendAsDenied; mailer@shop.example not allowed to send as news@shop.example"),
        (Rcpt, "553 5.7.1 <news@shop.example>: Sender address rejected: not owned by user mailer"),
        (Rcpt, "550 5.7.1 not authorized to send as news@shop.example"),
        (
            Dot,
            "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: news@shop.example",
        ),
        (Dot, "550 The from address does not match a verified Sender Identity"),
        (Dot, "550 5.7.1 Unauthenticated email from shop.example is not accepted due to domain's DMARC policy"),
        (Dot, "550 5.7.26 This mail has been blocked because the sender is unauthenticated."),
        (Dot, "550 5.7.509 Access denied, sending domain shop.example does not pass DMARC verification"),
        (Mail, "550 5.1.8 Access denied, bad outbound sender"),
        (Dot, "554 5.7.1 Your account has been suspended"),
        (Dot, "550 5.7.1 Account disabled"),
        (Dot, "550 Domain not verified"),
        (Mail, "501 5.1.7 Bad sender address syntax"),
        (Mail, "550 no"),
        (Dot, "550 5.7.1 The 'From' address you supplied is not a Sender Signature on your account"),
        (Rcpt, "550 5.7.1 Unconfigured Sending Domain <shop.example>"),
        (Rcpt, "550 5.1.0 <news@shop.example>: Sender address rejected: User unknown in local recipient table"),
        (Mail, "553 sorry, that domain isn't in my list of allowed rcpthosts"),
        (Dot, "550 5.7.1 We do not take <news@shop.example>"),
        (Rcpt, "550 Sender verify failed"),
        (Rcpt, "550 5.7.23 The message was rejected because of Sender Policy Framework violation"),
        (Dot, "550 5.7.1 The sandbox domain is not allowed to send; please verify your domain"),
        (Data, "554 5.7.1 SPF check failed"),
        (Dot, "554 5.7.1 Sending has been paused for this account"),
        (Mail, "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domain"),
    ];
    all_mean("sender", "sender_refused", &texts);
}

#[test]
fn a_sender_that_may_send_later_lets_the_route_rest() {
    all_mean(
        "route",
        "sender_deferred",
        &[
            (Mail, "451 4.1.8 Domain of sender address does not resolve"),
            (Rcpt, "450 4.1.8 <news@shop.example>: Sender address rejected: Domain not found"),
            (Rcpt, "451 Could not complete sender verify callout: verification failed"),
            (Mail, "451 4.7.1 Greylisting in action, please come back later"),
        ],
    );
}

#[test]
fn one_connection_too_many_is_no_outage() {
    all_mean(
        "connections",
        "too_many_connections",
        &[
            (Opening, "421 Too many concurrent SMTP connections"),
            (Opening, "421 4.7.0 mx Error: too many connections from 192.0.2.1"),
            (Opening, "554 5.7.0 Connection rate limit exceeded"),
            (Opening, "451 Maximum number of simultaneous sessions reached"),
            (Login, "454 4.7.0 Too many concurrent sessions for this user"),
            (Mail, "421 4.7.0 Too many connections, closing connection"),
            (Rcpt, "452 4.3.2 Connection limit exceeded"),
            (
                Dot,
                "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded: concurrent connections limit exceeded",
            ),
        ],
    );
}

#[test]
fn a_conversation_that_carried_enough_is_begun_anew() {
    all_mean(
        "route",
        "server_closing",
        &[
            (Mail, "421 4.7.0 Too many messages in this session, closing connection"),
            (Mail, "452 4.5.3 Too many messages per connection"),
            (Mail, "421 4.4.2 mx Error: timeout exceeded"),
        ],
    );
}

#[test]
fn our_own_address_is_not_the_recipients_fault() {
    all_mean(
        "route",
        "client_refused",
        &[
            (Rcpt, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using list.example"),
            (Mail, "550 5.7.1 Your IP address is blacklisted"),
            (Opening, "554 5.7.1 Sender IP has a poor reputation"),
        ],
    );
}

#[test]
fn the_wait_that_is_asked_for_is_kept_and_a_limit_over_time_waits_longer() {
    let wait = |phase, text| match judged(phase, text) {
        Verdict::Stopped(stop) => stop.after_ms,
        Verdict::Deferred(_, after_ms) => after_ms,
        other => panic!("{other:?}"),
    };
    for (phase, text, wanted) in [
        (Dot, "450 4.7.0 Rate limited, try again in 300 seconds", Some(5 * MINUTE_MS)),
        (Rcpt, "451 4.7.1 Greylisted, please try again in 5 minutes", Some(5 * MINUTE_MS)),
        (Dot, "550 exceeded hour limit", Some(10 * MINUTE_MS)),
        (Dot, "550 Daily limit exceeded", Some(30 * MINUTE_MS)),
        (Dot, "552 Message would take you over your relay quota of 500", None),
        (Rcpt, "450 busy", None),
    ] {
        assert_eq!(wait(phase, text), wanted, "{text}");
    }
}

#[test]
fn what_is_said_about_a_route_names_no_recipient() {
    let text = "450 4.7.1 <Ann@people.example>: rate limit of news@shop.example exceeded (ann@people.example)";
    let Verdict::Stopped(stop) = judged(Rcpt, text) else { panic!("stopped") };
    assert_eq!(stop.refusal.text, "450 4.7.1 <…>: rate limit of news@shop.example exceeded (…)");
}

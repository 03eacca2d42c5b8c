//! What keeps messages from leaving, whoever their recipient is, and in whose words.

use crate::support::{channel, email, message, patient, replies, shorts, sink, stopped, window};
use postrider_channels::sink::{Answer, Hook, SinkOptions, Step, Verb};
use postrider_channels::smtp::{SmtpChannel, SmtpConfig};
use postrider_core::channel::{Body, Channel as _, Message, Obstacle, Outcome};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_window_ends_at_an_obstacle_and_nobody_in_it_is_refused() {
    let table = [
        (Verb::Dot, "552 Message would take you over your relay quota of 500", Obstacle::Account, "quota_exceeded"),
        (Verb::Rcpt, "550 user news has exceeded hour limit", Obstacle::Account, "quota_exceeded"),
        (
            Verb::Mail,
            "550 5.7.60 Client does not have permissions to send as this sender",
            Obstacle::Sender,
            "sender_refused",
        ),
        (Verb::Dot, "554 5.7.1 Your account has been suspended", Obstacle::Sender, "sender_refused"),
        (Verb::Mail, "421 Too many concurrent SMTP connections", Obstacle::Connections, "too_many_connections"),
    ];
    for pipelining in [true, false] {
        for (verb, reply, obstacle, reason) in table {
            let sink = sink(SinkOptions { pipelining, hook: replies(verb, reply), ..SinkOptions::default() }).await;
            let outcomes = channel(&sink, "").lane().send(&window(4)).await;
            for outcome in &outcomes {
                let text = format!("smtp://{}: {reply}", sink.address());
                assert_eq!(stopped(outcome), (obstacle, reason, text.as_str()), "pipelining {pipelining}");
            }
            assert_eq!((outcomes.len(), sink.received()), (4, 0), "{reply}");
        }
    }
}

#[tokio::test]
async fn a_server_that_wants_no_more_connections_is_no_outage() {
    let closes: Hook = Arc::new(|step: &Step<'_>| match step.verb {
        Verb::Connect => Answer::Close { bytes: Vec::new(), keep: false },
        _ => Answer::Proceed,
    });
    let silent: Hook = Arc::new(|step: &Step<'_>| match step.verb {
        Verb::Connect => Answer::After(Duration::from_secs(600), Box::new(Answer::Proceed)),
        _ => Answer::Proceed,
    });
    let greets = |reply| replies(Verb::Connect, reply);
    for (hook, reason) in [
        (greets("421 Too many concurrent SMTP connections"), "too_many_connections"),
        (greets("554 5.7.0 Connection rate limit exceeded"), "too_many_connections"),
        (greets("421 4.3.2 Service not available"), "server_refused"),
        (replies(Verb::Ehlo, "421 busy"), "server_refused"),
        (Some(closes), "connection_lost"),
        (Some(silent), "reply_timeout"),
    ] {
        let sink = sink(SinkOptions { hook, ..SinkOptions::default() }).await;
        let timeouts = postrider_channels::smtp::SmtpTimeouts { greeting: Duration::from_millis(200), ..patient() };
        let outcomes = crate::support::channel_with(&sink, "", "", timeouts).lane().send(&[message(0)]).await;
        let (obstacle, found, text) = stopped(&outcomes[0]);
        assert_eq!((obstacle, found), (Obstacle::Connections, reason), "{text}");
    }
}

#[tokio::test]
async fn a_sender_that_is_no_address_is_not_the_recipients_fault() {
    let sink = sink(SinkOptions { smtputf8: false, ..SinkOptions::default() }).await;
    for (from, reason) in [("no address", "sender_invalid"), ("jürgen@shop.example", "address_needs_smtputf8")] {
        let email = postrider_core::channel::EmailBody { from_address: from.to_owned(), ..email(0) };
        let message = Message { body: Body::Email(Box::new(email)), ..message(0) };
        let outcomes = channel(&sink, "").lane().send(&[message.clone(), message]).await;
        for outcome in &outcomes {
            let (obstacle, found, text) = stopped(outcome);
            assert_eq!((obstacle, found), (Obstacle::Sender, reason), "{text}");
        }
    }
}

#[tokio::test]
async fn a_conversation_that_carried_enough_goes_on_in_a_new_one() {
    // Two messages a connection, then "no more", as servers with such a limit do.
    let hook: Hook = Arc::new(|step: &Step<'_>| match step.verb {
        Verb::Mail if step.message >= 2 => Answer::Reply("452 4.5.3 Too many messages in this session".to_owned()),
        _ => Answer::Proceed,
    });
    let sink = sink(SinkOptions { hook: Some(hook), ..SinkOptions::default() }).await;
    let outcomes = channel(&sink, "").lane().send(&window(4)).await;
    assert_eq!(shorts(&outcomes), ["handed off"; 4]);
}

#[tokio::test]
async fn where_a_connection_fails_and_why_is_told() {
    let unused = sink(SinkOptions::default()).await;
    let closed = unused.address();
    unused.stop().await;
    for (url, reason, says) in [
        ("smtp://mail.nosuch.invalid:25".to_owned(), "name_not_found", "smtp://mail.nosuch.invalid:25: name not found"),
        (format!("smtp://{closed}"), "connect_refused", "127.0.0.1 refused the connection"),
    ] {
        let channel = SmtpChannel::with_timeouts(SmtpConfig::parse(&url).unwrap(), patient()).unwrap();
        let outcomes = channel.lane().send(&[message(0)]).await;
        let (obstacle, found, text) = stopped(&outcomes[0]);
        assert_eq!((obstacle, found), (Obstacle::Route, reason), "{text}");
        assert!(text.starts_with(&url) && text.contains(says), "{text}");
    }
}

#[tokio::test]
async fn the_wait_that_a_server_asks_for_reaches_whoever_sends() {
    for (verb, reply, wait) in [
        (Verb::Dot, "450 4.7.0 Rate limited, try again in 5 minutes", 300_000),
        (Verb::Rcpt, "451 4.7.1 Greylisted, please try again in 300 seconds", 300_000),
    ] {
        let sink = sink(SinkOptions { hook: replies(verb, reply), ..SinkOptions::default() }).await;
        let outcome = channel(&sink, "").lane().send(&[message(0)]).await.remove(0);
        let (Outcome::NotAttempted { after_ms, .. } | Outcome::Deferred { after_ms, .. }) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(after_ms, Some(wait), "{reply}");
    }
}

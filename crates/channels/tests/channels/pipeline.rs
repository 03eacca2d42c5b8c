//! Broken, silent and confused servers, and connections that lay idle.

use crate::support::{channel, channel_with, email, message, patient, short, shorts, sink, window};
use postrider_channels::sink::{Answer, Hook, SinkOptions, Step, Verb};
use postrider_core::channel::{Body, Channel as _, Message, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

fn hook(decide: impl Fn(&Step<'_>) -> Option<Answer> + Send + Sync + 'static) -> Option<Hook> {
    Some(Arc::new(move |step: &Step<'_>| decide(step).unwrap_or(Answer::Proceed)))
}

/// What the server says at a step, and what two messages come to.
async fn outcomes_when(verb: Verb, reply: &'static str) -> (Vec<String>, u64) {
    let hook = hook(move |step| (step.verb == verb && step.message == 0).then(|| Answer::Reply(reply.to_owned())));
    let sink = sink(SinkOptions { hook, ..SinkOptions::default() }).await;
    let outcomes = channel(&sink, "").lane().send(&window(2)).await;
    (shorts(&outcomes), sink.received())
}

#[tokio::test]
async fn a_long_window_goes_in_order_over_one_connection() {
    for pipelining in [true, false] {
        let options = SinkOptions { pipelining, keep_messages: 1000, ..SinkOptions::default() };
        let sink = sink(options).await;
        let mut lane = channel(&sink, "").lane();
        for _ in 0..3 {
            let outcomes = lane.send(&window(200)).await;
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::HandedOff { .. })));
        }
        let to: Vec<String> = sink.kept().into_iter().flat_map(|mail| mail.to).collect();
        let wanted: Vec<String> = (0..3).flat_map(|_| (0..200).map(|n| format!("r{n}@example.net"))).collect();
        assert_eq!(to, wanted);
        assert_eq!(sink.violations(), 0);
    }
}

#[tokio::test]
async fn the_reply_is_the_reference() {
    let sink = sink(SinkOptions::default()).await;
    let outcomes = channel(&sink, "").lane().send(&window(1)).await;
    assert_eq!(outcomes, [Outcome::HandedOff { provider_ref: "2.0.0 Ok: queued as 1".to_owned() }]);
}

#[tokio::test]
async fn an_answer_too_many_never_counts_for_the_next_message() {
    let (outcomes, received) = outcomes_when(Verb::Dot, "250 2.0.0 Ok\r\n250 2.0.0 Ok again").await;
    assert_eq!((outcomes[0].as_str(), outcomes[1].as_str()), ("handed off", "not attempted protocol_error"));
    assert_eq!(received, 1);
}

#[tokio::test]
async fn an_answer_before_its_message_is_not_believed() {
    let (outcomes, received) = outcomes_when(Verb::Data, "354 go\r\n250 2.0.0 Ok already").await;
    assert_eq!(outcomes, ["not attempted protocol_error"; 2]);
    assert_eq!(received, 0);
}

#[tokio::test]
async fn garbage_after_the_message_leaves_it_in_doubt() {
    for reply in ["hello", "354 more?", "250-Ok\r\n251 Ok", "199 hm"] {
        let (outcomes, _) = outcomes_when(Verb::Dot, reply).await;
        assert_eq!(outcomes, ["uncertain protocol_error", "not attempted protocol_error"], "{reply}");
    }
}

#[tokio::test]
async fn silence_is_doubt_only_after_the_message() {
    for (verb, expected) in [
        (Verb::Connect, "not attempted reply_timeout"),
        (Verb::Ehlo, "not attempted reply_timeout"),
        (Verb::Mail, "not attempted reply_timeout"),
        (Verb::Rcpt, "not attempted reply_timeout"),
        (Verb::Data, "not attempted reply_timeout"),
        (Verb::Dot, "uncertain reply_timeout"),
    ] {
        let short_wait = Duration::from_millis(200);
        let mut brief = patient();
        *match verb {
            Verb::Connect => &mut brief.greeting,
            Verb::Ehlo => &mut brief.hello,
            Verb::Mail => &mut brief.mail,
            Verb::Rcpt => &mut brief.rcpt,
            Verb::Data => &mut brief.data,
            _ => &mut brief.final_reply,
        } = short_wait;
        let forever = Answer::After(Duration::from_secs(3600), Box::new(Answer::Proceed));
        let hook = hook(move |step| (step.verb == verb).then(|| forever.clone()));
        let sink = sink(SinkOptions { hook, ..SinkOptions::default() }).await;
        let outcomes = channel_with(&sink, "", "", brief).lane().send(&window(2)).await;
        assert_eq!(shorts(&outcomes), [expected, "not attempted reply_timeout"], "{verb:?}");
        assert_eq!(sink.received(), 0);
    }
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_opened_again() {
    let goodbye = |keep| Answer::Close { bytes: b"250 2.0.0 Ok\r\n".to_vec(), keep };
    let hook = hook(move |step| (step.verb == Verb::Dot && step.connection == 0).then(|| goodbye(true)));
    let sink = sink(SinkOptions { hook, ..SinkOptions::default() }).await;
    let mut lane = channel(&sink, "").lane();
    assert_eq!(shorts(&lane.send(&[message(0)]).await), ["handed off"]);
    assert_eq!(shorts(&lane.send(&[message(1), message(2)]).await), ["handed off"; 2]);
    assert_eq!(sink.received(), 3);
}

#[tokio::test]
async fn a_server_that_takes_so_many_a_connection_gets_one_more_connection_a_window() {
    let hook = hook(|step| {
        let full = step.verb == Verb::Mail && step.message == 2;
        full.then(|| Answer::Reply("421 4.4.2 too many messages in this connection".to_owned()))
    });
    for pipelining in [true, false] {
        let sink = sink(SinkOptions { hook: hook.clone(), pipelining, ..SinkOptions::default() }).await;
        let outcomes = channel(&sink, "").lane().send(&window(5)).await;
        assert_eq!(shorts(&outcomes[..4]), ["handed off"; 4]);
        assert_eq!(short(&outcomes[4]), "not attempted server_closing");
        assert_eq!(sink.received(), 4);
    }
}

#[tokio::test]
async fn a_server_that_always_closes_is_not_called_for_ever() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let hook = hook(move |step| {
        counted.fetch_add(u64::from(step.verb == Verb::Connect), Ordering::Relaxed);
        (step.verb == Verb::Mail).then_some(Answer::Close { bytes: Vec::new(), keep: false })
    });
    let sink = sink(SinkOptions { hook, ..SinkOptions::default() }).await;
    let outcomes = channel(&sink, "").lane().send(&window(3)).await;
    assert_eq!(shorts(&outcomes), ["not attempted connection_lost"; 3]);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_window_that_was_dropped_half_way_leaves_no_connection_behind() {
    let reached = Arc::new(Notify::new());
    let at_dot = Arc::clone(&reached);
    let hook = hook(move |step| {
        let slow = step.connection == 0 && step.verb == Verb::Dot;
        slow.then(|| {
            at_dot.notify_one();
            Answer::After(Duration::from_secs(3600), Box::new(Answer::Proceed))
        })
    });
    let sink = sink(SinkOptions { hook, ..SinkOptions::default() }).await;
    let mut lane = channel(&sink, "").lane();
    let first = window(2);
    tokio::select! {
        _ = lane.send(&first) => panic!("nobody answered the message"),
        () = reached.notified() => {}
    }
    assert_eq!(shorts(&lane.send(&[message(7)]).await), ["handed off"]);
    assert_eq!(sink.kept()[0].to, ["r7@example.net"]);
}

#[tokio::test]
async fn a_message_whose_end_was_never_written_has_not_left() {
    // More than the buffers of both ends can hold, so the end stays here when the server goes.
    const TEXT_BYTES: usize = 64 * 1024 * 1024;
    let hook =
        hook(|step| (step.verb == Verb::Data).then(|| Answer::Close { bytes: b"354 go\r\n".to_vec(), keep: false }));
    for pipelining in [true, false] {
        let sink = sink(SinkOptions { hook: hook.clone(), pipelining, ..SinkOptions::default() }).await;
        let mut email = email(0);
        email.text = "words of the message\n".repeat(TEXT_BYTES / 21);
        let large = Message { body: Body::Email(Box::new(email)), ..message(0) };
        let outcomes = channel(&sink, "").lane().send(&[large, message(1)]).await;
        assert_eq!(shorts(&outcomes), ["not attempted connection_lost"; 2]);
    }
}

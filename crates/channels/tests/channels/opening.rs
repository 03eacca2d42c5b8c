//! TLS, logins, and what servers offer.

use crate::support::{certified, channel, channel_with, email, message, patient, replies, short, sink, stopped};
use postrider_channels::sink::{Answer, Hook, Sink, SinkOptions, Step, Verb};
use postrider_channels::smtp::{SmtpChannel, SmtpConfig};
use postrider_core::channel::{Body, Channel, Message, Obstacle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

async fn send_one(channel: &dyn Channel, message: Message) -> String {
    let mut lane = channel.lane();
    let outcome = lane.send(&[message]).await.remove(0);
    lane.close().await;
    short(&outcome)
}

async fn login_sink(hook: Option<Hook>) -> Sink {
    let login = Some(("bob@x".to_owned(), "p:w".to_owned()));
    sink(SinkOptions { login, hook, ..SinkOptions::default() }).await
}

#[tokio::test]
async fn starttls_encrypts_with_a_private_certificate() {
    let certified = certified(false);
    let sink = sink(SinkOptions { tls: Some(certified.tls.clone()), ..SinkOptions::default() }).await;
    for tls in ["required", "opportunistic"] {
        let channel = channel(&sink, &format!("?tls={tls}&{}", certified.option()));
        let mut lane = channel.lane();
        for n in 0..3 {
            assert_eq!(short(&lane.send(&[message(n), message(n + 10)]).await[1]), "handed off");
        }
        lane.close().await;
    }
    assert_eq!(sink.received(), 12);
}

#[tokio::test]
async fn smtps_is_encrypted_from_the_first_byte() {
    let certified = certified(true);
    let sink = sink(SinkOptions { tls: Some(certified.tls.clone()), ..SinkOptions::default() }).await;
    let url = format!("smtps://{}?{}", sink.address(), certified.option());
    let channel = SmtpChannel::new(SmtpConfig::parse(&url).unwrap()).unwrap();
    assert_eq!(send_one(&channel, message(0)).await, "handed off");
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_ends_it() {
    let (ours, theirs) = (certified(false), certified(false));
    let sink = sink(SinkOptions { tls: Some(ours.tls.clone()), ..SinkOptions::default() }).await;
    for options in [format!("?{}", theirs.option()), String::new(), "?tls=required".to_owned()] {
        assert_eq!(send_one(&channel(&sink, &options), message(0)).await, "not attempted tls_failed", "{options}");
    }
    assert_eq!(send_one(&channel(&sink, "?tls=none"), message(0)).await, "handed off");
    assert_eq!(sink.received(), 1);
}

#[tokio::test]
async fn a_file_without_certificates_is_told_at_once() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    for path in [empty.path().display().to_string(), "/does/not/exist.pem".to_owned()] {
        let config = SmtpConfig::parse(&format!("smtp://h?ca_file={path}")).unwrap();
        let error = SmtpChannel::new(config).err().expect("an error").to_string();
        assert!(error.contains(&path), "{error}");
    }
}

#[tokio::test]
async fn required_tls_that_is_not_offered_sends_nothing() {
    let sink = sink(SinkOptions::default()).await;
    assert_eq!(send_one(&channel(&sink, "?tls=required"), message(0)).await, "not attempted tls_unavailable");
    assert_eq!(send_one(&channel(&sink, "?tls=opportunistic"), message(0)).await, "handed off");
}

#[tokio::test]
async fn a_server_that_offered_tls_once_is_never_spoken_to_without_it() {
    let certified = certified(false);
    let greetings = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&greetings);
    // The first conversation says EHLO twice; whoever sits in between strips the offer from the second.
    let hook: Hook = Arc::new(move |step: &Step<'_>| match step.verb {
        Verb::Ehlo if counting.fetch_add(1, Ordering::SeqCst) >= 2 => {
            Answer::Reply("250-x\r\n250 PIPELINING".to_owned())
        }
        _ => Answer::Proceed,
    });
    let sink = sink(SinkOptions { tls: Some(certified.tls.clone()), hook: Some(hook), ..SinkOptions::default() }).await;
    let channel = channel(&sink, &format!("?tls=opportunistic&{}", certified.option()));
    assert_eq!(send_one(&channel, message(0)).await, "handed off");
    assert_eq!(send_one(&channel, message(1)).await, "not attempted tls_unavailable");
    assert_eq!(sink.received(), 1);
}

#[tokio::test]
async fn a_login_that_is_refused_shows_the_servers_words_and_never_the_password() {
    for echo in ["535 5.7.8 bad: AGJvYkB4AGh1bnRlcjI=", "500 5.5.1 AUTH PLAIN AGJvYkB4AGh1bnRlcjI= hunter2"] {
        let hook: Hook = Arc::new(move |step: &Step<'_>| match step.verb {
            Verb::Auth => Answer::Reply(echo.to_owned()),
            _ => Answer::Proceed,
        });
        let login = Some(("bob@x".to_owned(), "hunter2".to_owned()));
        let sink = crate::support::sink(SinkOptions { login, hook: Some(hook), ..SinkOptions::default() }).await;
        let channel = channel_with(&sink, "bob%40x:hunter2@", "", patient());
        let outcomes = channel.lane().send(&[message(0)]).await;
        let (obstacle, reason, text) = stopped(&outcomes[0]);
        assert_eq!((obstacle, reason), (Obstacle::Route, "auth_failed"), "{text}");
        assert!(text.starts_with(&format!("smtp://{}: 5", sink.address())), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("AGJvYkB4"), "{text}");
    }
}

#[tokio::test]
async fn words_slipped_in_before_tls_end_it() {
    let certified = certified(false);
    let hook = replies(Verb::StartTls, "220 go\r\n250-fake\r\n250 AUTH PLAIN");
    let sink = sink(SinkOptions { tls: Some(certified.tls.clone()), hook, ..SinkOptions::default() }).await;
    let channel = channel(&sink, &format!("?{}", certified.option()));
    assert_eq!(send_one(&channel, message(0)).await, "not attempted tls_failed");
}

#[tokio::test]
async fn both_logins_work_and_a_wrong_password_does_not() {
    for hook in
        [None, replies(Verb::Ehlo, "250-x\r\n250 AUTH LOGIN"), replies(Verb::Ehlo, "250-x\r\n250 AUTH=CRAM-MD5 PLAIN")]
    {
        let sink = login_sink(hook).await;
        let right = channel_with(&sink, "bob%40x:p%3Aw@", "", patient());
        assert_eq!(send_one(&right, message(0)).await, "handed off");
        let wrong = channel_with(&sink, "bob%40x:hunter2@", "", patient());
        assert_eq!(send_one(&wrong, message(0)).await, "not attempted auth_failed");
        assert_eq!(send_one(&channel(&sink, ""), message(0)).await, "not attempted auth_required");
    }
    let without = login_sink(replies(Verb::Ehlo, "250-x\r\n250 AUTH CRAM-MD5")).await;
    let channel = channel_with(&without, "bob%40x:p%3Aw@", "", patient());
    assert_eq!(send_one(&channel, message(0)).await, "not attempted auth_unavailable");
}

#[tokio::test]
async fn a_server_that_knows_only_helo_is_greeted_with_it() {
    let hook = replies(Verb::Ehlo, "502 5.5.1 what?");
    // Without EHLO nothing is offered, so nothing may come in groups.
    let sink = sink(SinkOptions { hook, pipelining: false, ..SinkOptions::default() }).await;
    let mut lane = channel(&sink, "").lane();
    let outcomes = lane.send(&[message(0), message(1)]).await;
    assert_eq!(outcomes.iter().map(short).collect::<Vec<_>>(), ["handed off"; 2]);
    assert_eq!(sink.violations(), 0);
}

#[tokio::test]
async fn a_server_that_does_not_want_us_is_down() {
    for (verb, reply) in [(Verb::Connect, "554 no"), (Verb::Connect, "421 busy"), (Verb::Ehlo, "421 busy")] {
        let sink = sink(SinkOptions { hook: replies(verb, reply), ..SinkOptions::default() }).await;
        assert_eq!(send_one(&channel(&sink, ""), message(0)).await, "not attempted server_refused", "{reply}");
    }
    let sink = sink(SinkOptions::default()).await;
    let channel = channel(&sink, "");
    sink.stop().await;
    assert_eq!(send_one(&channel, message(0)).await, "not attempted connect_refused");
}

#[tokio::test]
async fn a_message_above_the_announced_size_never_leaves() {
    let sink = sink(SinkOptions { size_bytes_max: Some(2000), ..SinkOptions::default() }).await;
    let mut large = email(1);
    large.text = "words ".repeat(500);
    let large = Message { body: Body::Email(Box::new(large)), ..message(1) };
    let outcomes = channel(&sink, "").lane().send(&[message(0), large, message(2)]).await;
    let outcomes: Vec<String> = outcomes.iter().map(short).collect();
    assert_eq!(outcomes, ["handed off", "rejected message_too_large", "handed off"]);
}

#[tokio::test]
async fn addresses_beyond_ascii_go_only_where_they_are_taken() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let noting = Arc::clone(&seen);
    let hook: Hook = Arc::new(move |step: &Step<'_>| {
        if step.verb == Verb::Mail {
            noting.lock().unwrap().push(step.argument.to_owned());
        }
        Answer::Proceed
    });
    for (smtputf8, expected) in [(true, "handed off"), (false, "rejected address_needs_smtputf8")] {
        let options = SinkOptions { smtputf8, hook: Some(Arc::clone(&hook)), ..SinkOptions::default() };
        let sink = sink(options).await;
        let wide = Message { to: "jürgen@müller.example".to_owned(), ..message(0) };
        let half = Message { to: "ada@müller.example".to_owned(), ..message(1) };
        let outcomes = channel(&sink, "").lane().send(&[wide, half]).await;
        assert_eq!(outcomes.iter().map(short).collect::<Vec<_>>(), [expected, "handed off"]);
        assert_eq!(sink.kept().last().unwrap().to, ["ada@xn--mller-kva.example"]);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(
        *seen,
        ["FROM:<m0@shop.example> BODY=8BITMIME SMTPUTF8", "FROM:<m1@shop.example>", "FROM:<m1@shop.example>"]
    );
}

#[tokio::test]
async fn an_encrypted_message_whose_end_was_never_written_has_not_left() {
    const TEXT_BYTES: usize = 64 * 1024 * 1024;
    let certified = certified(false);
    let hook: Hook = Arc::new(|step: &Step<'_>| match step.verb {
        Verb::Data => Answer::Close { bytes: b"354 go\r\n".to_vec(), keep: false },
        _ => Answer::Proceed,
    });
    let sink = sink(SinkOptions { tls: Some(certified.tls.clone()), hook: Some(hook), ..SinkOptions::default() }).await;
    let mut email = email(0);
    email.text = "words of the message\n".repeat(TEXT_BYTES / 21);
    let large = Message { body: Body::Email(Box::new(email)), ..message(0) };
    let channel = channel(&sink, &format!("?tls=required&{}", certified.option()));
    assert_eq!(send_one(&channel, large).await, "not attempted connection_lost");
}

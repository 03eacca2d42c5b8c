//! Servers that stop in the middle of something: every wait ends, and exactly the messages that may have left are in doubt.

use crate::support::{channel, message, patient, short, shorts, sink, stopped, window};
use postrider_channels::sink::{Answer, Hook, SinkOptions, Step, Verb};
use postrider_channels::smtp::{SmtpChannel, SmtpConfig, SmtpTimeouts};
use postrider_core::channel::{Body, Channel as _, Line, Message, Obstacle, Outcome};
use postrider_core::env::BoxFuture;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The wait that a test is about.
const BRIEF: Duration = Duration::from_millis(300);
/// How often a slow server does a little.
const LITTLE: Duration = Duration::from_millis(20);

/// A server that treats each connection as `talk` does. It ends with the test.
async fn server<F: Future<Output = ()> + Send + 'static>(
    talk: impl Fn(BufReader<TcpStream>) -> F + Send + 'static,
) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut talks = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            talks.spawn(talk(BufReader::new(stream)));
        }
    });
    (address, tasks)
}

/// Talks like an ordinary server, without extensions, until a line begins with `verb`; returns false if the client ends.
async fn talk_until(stream: &mut BufReader<TcpStream>, verb: &str) -> bool {
    if verb == "greeting" {
        return true;
    }
    let mut ok: &[u8] = b"220 mx.example\r\n";
    loop {
        let mut line = String::new();
        if stream.get_mut().write_all(ok).await.is_err() || stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        if verb == "body" && line.starts_with("DATA") {
            return stream.get_mut().write_all(b"354 go\r\n").await.is_ok();
        }
        if verb == "dot" && line.starts_with("DATA") {
            let mut sent = stream.get_mut().write_all(b"354 go\r\n").await.is_ok();
            while sent && line.trim_end() != "." {
                line.clear();
                sent = stream.read_line(&mut line).await.is_ok_and(|bytes| bytes > 0);
            }
            return sent;
        }
        if line.starts_with(verb) {
            return true;
        }
        ok = b"250 ok\r\n";
    }
}

async fn outcomes(address: SocketAddr, scheme: &str, timeouts: SmtpTimeouts, window: &[Message]) -> Vec<Outcome> {
    let config = SmtpConfig::parse(&format!("{scheme}://{address}")).unwrap();
    SmtpChannel::with_timeouts(config, timeouts).unwrap().lane().send(window).await
}

/// Each place at which a server can stop before the message has left, with the wait that ends it.
fn places(timeouts: &mut SmtpTimeouts) -> [(&'static str, &mut Duration); 5] {
    [
        ("greeting", &mut timeouts.greeting),
        ("EHLO", &mut timeouts.hello),
        ("MAIL", &mut timeouts.mail),
        ("RCPT", &mut timeouts.rcpt),
        ("DATA", &mut timeouts.data),
    ]
}

#[tokio::test]
async fn a_reply_that_trickles_in_has_no_more_time_than_one_that_comes_at_once() {
    // Half a reply and then nothing, a byte now and then, and lines without an end.
    let tricklers: [(&str, &str); 3] = [("25", ""), ("250-", "x"), ("", "250-and another line\r\n")];
    for place in 0..5 {
        for (begins, goes_on) in tricklers {
            let mut timeouts = patient();
            let all = places(&mut timeouts);
            let verb = all[place].0;
            *all[place].1 = BRIEF;
            let (address, _tasks) = server(move |mut stream| async move {
                let mut goes_on_so = talk_until(&mut stream, verb).await;
                let wire = stream.get_mut();
                goes_on_so = goes_on_so && wire.write_all(begins.as_bytes()).await.is_ok();
                while goes_on_so {
                    tokio::time::sleep(LITTLE).await;
                    goes_on_so = wire.write_all(goes_on.as_bytes()).await.is_ok();
                }
            })
            .await;
            let outcomes = outcomes(address, "smtp", timeouts, &window(2)).await;
            let expected = ["not attempted reply_timeout"; 2];
            assert_eq!(shorts(&outcomes), expected, "{verb}: {begins:?}, then {goes_on:?}");
        }
    }
}

#[tokio::test]
async fn half_a_final_reply_leaves_one_message_in_doubt() {
    let (address, _tasks) = server(|mut stream| async move {
        let _reached = talk_until(&mut stream, "dot").await;
        let _written = stream.get_mut().write_all(b"250 2.0.0 Ok: que").await;
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = SmtpTimeouts { final_reply: BRIEF, ..patient() };
    let outcomes = outcomes(address, "smtp", timeouts, &window(3)).await;
    let expected = ["uncertain reply_timeout", "not attempted reply_timeout", "not attempted reply_timeout"];
    assert_eq!(shorts(&outcomes), expected);
}

/// A message that no buffer on the way holds.
fn long_message() -> Message {
    let mut message = message(0);
    if let Body::Email(email) = &mut message.body {
        email.text = "Hello, and so on and on.\n".repeat(600_000);
    }
    message
}

#[tokio::test]
async fn a_body_that_the_server_does_not_take_is_given_up_and_nothing_is_in_doubt() {
    let (address, _tasks) = server(|mut stream| async move {
        let _reached = talk_until(&mut stream, "body").await;
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = SmtpTimeouts { write: BRIEF, ..patient() };
    let outcomes = outcomes(address, "smtp", timeouts, &[long_message()]).await;
    assert_eq!(short(&outcomes[0]), "not attempted write_timeout");
}

#[tokio::test]
async fn a_server_that_takes_a_body_drop_by_drop_has_no_more_time_than_for_the_final_reply() {
    let (address, _tasks) = server(|mut stream| async move {
        let mut taken = usize::from(talk_until(&mut stream, "body").await);
        let mut buffer = vec![0; 32 * 1024];
        while taken > 0 {
            tokio::time::sleep(LITTLE).await;
            taken = stream.read(&mut buffer).await.unwrap_or(0);
        }
    })
    .await;
    let timeouts = SmtpTimeouts { final_reply: BRIEF, ..patient() };
    let outcomes = outcomes(address, "smtp", timeouts, &[long_message()]).await;
    assert_eq!(short(&outcomes[0]), "not attempted write_timeout");
}

#[tokio::test]
async fn a_handshake_that_is_not_answered_ends() {
    let (address, _tasks) = server(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let pem = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap().cert.pem();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let config = SmtpConfig::parse(&format!("smtps://{address}?ca_file={}", file.display())).unwrap();
    let timeouts = SmtpTimeouts { connect: BRIEF, ..patient() };
    let outcomes = SmtpChannel::with_timeouts(config, timeouts).unwrap().lane().send(&[message(0)]).await;
    assert_eq!(short(&outcomes[0]), "not attempted tls_timeout");
}

/// A caller that hands windows over and ends them: after this many answers, or once the server has a whole message.
#[derive(Default)]
struct Caller {
    answers: AtomicUsize,
    answers_max: usize,
    cut: Notify,
}

impl Line for Caller {
    fn heard(&self) {}

    fn answered(&self) {
        self.answers.fetch_add(1, Ordering::SeqCst);
    }

    fn may_leave(&self) -> bool {
        self.answers.load(Ordering::SeqCst) < self.answers_max
    }

    fn cut(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.cut.notified())
    }
}

#[tokio::test]
async fn a_message_that_may_not_leave_any_more_stays_in_the_middle_of_a_window() {
    for pipelining in [true, false] {
        let sink = sink(SinkOptions { pipelining, ..SinkOptions::default() }).await;
        let mut lane = channel(&sink, "").lane();
        lane.listen(Arc::new(Caller { answers_max: 2, ..Caller::default() }));
        let outcomes = lane.send(&window(4)).await;
        assert_eq!(shorts(&outcomes), ["handed off", "handed off", "not attempted too_late", "not attempted too_late"]);
        assert_eq!(stopped(&outcomes[3]).0, Obstacle::Caller);
        assert_eq!(sink.received(), 2, "pipelining {pipelining}");
    }
}

#[tokio::test]
async fn a_window_that_is_cut_off_leaves_only_the_message_in_doubt_that_had_left() {
    let caller = Arc::new(Caller { answers_max: usize::MAX, ..Caller::default() });
    let reached = Arc::clone(&caller);
    let hook: Hook = Arc::new(move |step: &Step<'_>| {
        if step.verb == Verb::Dot && step.message == 1 {
            reached.cut.notify_one();
            return Answer::After(Duration::from_secs(3600), Box::new(Answer::Proceed));
        }
        Answer::Proceed
    });
    let sink = sink(SinkOptions { hook: Some(hook), ..SinkOptions::default() }).await;
    let mut lane = channel(&sink, "").lane();
    lane.listen(caller);
    let outcomes = lane.send(&window(4)).await;
    let expected = ["handed off", "uncertain cut_off", "not attempted cut_off", "not attempted cut_off"];
    assert_eq!(shorts(&outcomes), expected);
}

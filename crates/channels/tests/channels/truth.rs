//! Whatever the server does, the outcomes agree with what it really took.

use crate::support::{Certified, certified, channel, message, short, sink, window};
use postrider_channels::sink::{Answer, Hook, SinkOptions, Step, Verb};
use postrider_core::channel::{Channel as _, Lane};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the server does to one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Take,
    /// Refuse a command with a reply.
    Refuse(Verb, &'static str),
    /// Refuse the recipient, and ask for the message all the same.
    RefuseAndAsk,
    /// Refuse the sender, take the recipient, and ask for the message all the same.
    Contradict,
    /// Close at a command, without an answer.
    Close(Verb),
    /// Close after the whole message, having taken it or not, with part of an answer or none.
    CloseAfter {
        keep: bool,
        bytes: &'static str,
    },
}

use Fate::{Close, CloseAfter, Contradict, Refuse, RefuseAndAsk, Take};

const FATES: [Fate; 22] = [
    Take,
    Refuse(Verb::Mail, "550 5.7.1 no"),
    Refuse(Verb::Mail, "451 4.3.0 later"),
    Refuse(Verb::Rcpt, "550 5.1.1 nobody"),
    Refuse(Verb::Rcpt, "450 4.2.1 busy"),
    RefuseAndAsk,
    Contradict,
    Refuse(Verb::Data, "451 4.3.0 later"),
    Refuse(Verb::Data, "554 5.5.0 no"),
    Refuse(Verb::Dot, "554 5.6.0 no"),
    Refuse(Verb::Dot, "451 4.3.0 later"),
    Refuse(Verb::Mail, "421 4.3.2 closing"),
    Refuse(Verb::Rcpt, "421 4.7.0 too fast"),
    Refuse(Verb::Data, "421 closing"),
    Refuse(Verb::Dot, "421 4.3.2 closing"),
    Refuse(Verb::Rcpt, "452 4.5.3 too many"),
    Close(Verb::Mail),
    Close(Verb::Rcpt),
    Close(Verb::Data),
    CloseAfter { keep: false, bytes: "" },
    CloseAfter { keep: true, bytes: "" },
    CloseAfter { keep: true, bytes: "250 2.0.0 O" },
];

/// What a message with this fate comes to, and whether the messages behind it can still leave.
fn expected(fate: Fate) -> (&'static str, bool) {
    match fate {
        Take => ("handed off", true),
        // What is said at MAIL concerns every message of the sender.
        Refuse(Verb::Mail, _) => ("not attempted", false),
        Refuse(_, reply) if reply.starts_with("421") || reply.starts_with("452") => ("not attempted", false),
        Refuse(_, reply) => (if reply.starts_with('4') { "deferred" } else { "rejected" }, true),
        RefuseAndAsk => ("rejected", true),
        Contradict | Close(_) => ("not attempted", false),
        CloseAfter { .. } => ("uncertain", false),
    }
}

/// A script that does to message `n`, known by its sender, what `fates[n]` says.
fn script(fates: Vec<Fate>) -> Hook {
    let current: Mutex<HashMap<u64, Fate>> = Mutex::default();
    Arc::new(move |step: &Step<'_>| {
        let mut current = current.lock().unwrap();
        if step.verb == Verb::Mail {
            let digits = step.argument.trim_start_matches("FROM:<m").split('@').next().unwrap_or("");
            let fate = digits.parse::<usize>().ok().and_then(|n| fates.get(n).copied()).unwrap_or(Take);
            current.insert(step.connection, fate);
        }
        match (current.get(&step.connection).copied().unwrap_or(Take), step.verb) {
            (Refuse(verb, reply), at) if at == verb => Answer::Reply(reply.to_owned()),
            (RefuseAndAsk, Verb::Rcpt) => Answer::Reply("550 5.1.1 nobody".to_owned()),
            (RefuseAndAsk | Contradict, Verb::Data) => Answer::Reply("354 go on".to_owned()),
            (Contradict, Verb::Mail) => Answer::Reply("550 5.7.1 no".to_owned()),
            (Contradict, Verb::Rcpt) => Answer::Reply("250 2.1.5 Ok".to_owned()),
            (Close(verb), at) if at == verb => Answer::Close { bytes: Vec::new(), keep: false },
            (CloseAfter { keep, bytes }, Verb::Dot) => Answer::Close { bytes: bytes.into(), keep },
            _ => Answer::Proceed,
        }
    })
}

/// The server that deals the fates.
#[derive(Debug, Clone, Copy)]
struct Server {
    pipelining: bool,
    split_replies_at: Option<usize>,
}

const SERVERS: [Server; 2] =
    [Server { pipelining: true, split_replies_at: None }, Server { pipelining: false, split_replies_at: None }];

async fn check(fates: &[Fate], server: Server) {
    check_encrypted(fates, server, None).await;
}

async fn check_encrypted(fates: &[Fate], server: Server, certified: Option<&Certified>) {
    let Server { pipelining, split_replies_at } = server;
    let case = format!("{fates:?} {server:?} tls={}", certified.is_some());
    let hook = Some(script(fates.to_vec()));
    let tls = certified.map(|certified| certified.tls.clone());
    let options =
        SinkOptions { pipelining, split_replies_at, tls, hook, count_recipients: true, ..SinkOptions::default() };
    let sink = sink(options).await;
    let option = certified.map_or("?tls=none".to_owned(), |certified| format!("?tls=required&{}", certified.option()));
    let mut lane = channel(&sink, &option).lane();
    let outcomes = lane.send(&window(fates.len())).await;
    assert_eq!(outcomes.len(), fates.len(), "{case}");

    let mut going = true;
    let mailbox = sink.recipients();
    for (n, (outcome, &fate)) in outcomes.iter().zip(fates).enumerate() {
        let (kind, goes_on) = if going { expected(fate) } else { ("not attempted", false) };
        let outcome = short(outcome);
        assert!(outcome.starts_with(kind), "{case}: message {n} is {outcome}, should be {kind}");
        let copies = mailbox.get(&format!("r{n}@example.net")).copied().unwrap_or(0);
        let taken = going && matches!(fate, Take | CloseAfter { keep: true, .. });
        assert_eq!(copies, u64::from(taken), "{case}: message {n}");
        going = goes_on;
    }
    assert_still_good(lane.as_mut(), &case).await;
    assert_eq!(sink.violations(), 0, "{case}");
}

/// The lane must carry the next window whatever befell the last.
async fn assert_still_good(lane: &mut dyn Lane, case: &str) {
    let outcomes = lane.send(&[message(1000)]).await;
    assert_eq!(outcomes.iter().map(short).collect::<Vec<_>>(), ["handed off"], "{case}: the next window");
}

#[tokio::test]
async fn every_pair_of_fates_is_told_truly() {
    for server in SERVERS {
        for first in FATES {
            for second in FATES {
                check(&[first, second, Take], server).await;
            }
        }
    }
}

#[tokio::test]
async fn every_fate_in_the_middle_of_a_window_is_told_truly() {
    for server in SERVERS {
        for fate in FATES {
            for before in 0..4 {
                let mut fates = vec![Take; before];
                fates.extend([fate, Take, fate, Take]);
                check(&fates, server).await;
            }
        }
    }
}

#[tokio::test]
async fn encryption_changes_nothing_about_the_truth() {
    let certified = certified(false);
    for server in SERVERS {
        for fate in FATES {
            check_encrypted(&[Take, fate, Take], server, Some(&certified)).await;
        }
    }
}

#[tokio::test]
async fn replies_in_pieces_are_the_same_replies() {
    let later = Refuse(Verb::Data, "451 4.3.0 later");
    let fates = [Take, RefuseAndAsk, Take, later, Refuse(Verb::Dot, "554 5.6.0 no"), Take];
    for split in 1..100 {
        for pipelining in [true, false] {
            check(&fates, Server { pipelining, split_replies_at: Some(split) }).await;
        }
    }
}

#[test]
fn any_window_of_fates_is_told_truly() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Most messages are taken, so that windows get far.
    let fate = prop_oneof![2 => Just(Take), 3 => prop::sample::select(FATES.to_vec())];
    let server = (any::<bool>(), prop::option::of(1..80_usize))
        .prop_map(|(pipelining, split_replies_at)| Server { pipelining, split_replies_at });
    let mut runner = TestRunner::new(ProptestConfig::with_cases(500));
    let worlds = (prop::collection::vec(fate, 1..12), server);
    runner
        .run(&worlds, |(fates, server)| {
            runtime.block_on(check(&fates, server));
            Ok(())
        })
        .unwrap();
}

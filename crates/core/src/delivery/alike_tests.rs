//! Runs of refusals that say the same, and others.

use super::*;
use DeliveryState::{Failed, Uncertain};

fn rejected(reason: &'static str, text: &str) -> Outcome {
    Outcome::Rejected(Refusal { reason, text: text.to_owned() })
}

/// A window that leaves now, of one message.
const fn window(run: &Run) -> Window {
    Window { lane: 0, began: run.answers() }
}

/// Takes an outcome for each recipient in turn; returns after how many the job was held, and how many were taken back.
fn held(answers: impl IntoIterator<Item = (Outcome, &'static str)>) -> Option<(usize, usize)> {
    let mut run = Run::default();
    for (index, (outcome, domain)) in answers.into_iter().enumerate() {
        let failure = Failure { seq: i64::try_from(index).unwrap_or_default(), attempts: 1 };
        let window = window(&run);
        if let Some((failures, _)) = run.take(&outcome, failure, Failed, (domain, window)) {
            return Some((index + 1, failures.len()));
        }
    }
    None
}

const DOMAINS: [&str; 3] = ["a.example", "b.example", "c.example"];

#[test]
fn texts_that_differ_in_addresses_hosts_numbers_and_ids_say_the_same() {
    let same = [
        [
            "552 5.2.2 <ada@a.example>: over your relay quota of 500 (12 used), id 4XyzAb12",
            "552 5.2.2 <bob@b.example>: over your relay quota of 500 (13 used), id 4XyzAc77",
        ],
        [
            "550 Rejected by mx1.relay.example: account suspended [IP: 192.0.2.7] abcdefghijklmnopqrstuvwxyz",
            "550 Rejected by mx22.relay.example: Account suspended [IP: 192.0.2.9] zyxwvutsrqponmlkjihgfedcba",
        ],
        ["550 5.7.60 Client may not send as this sender", "550-5.7.60  client may not send as this sender."],
    ];
    for [one, other] in same {
        assert_eq!(gist(one), gist(other));
        assert!(gist(one).contains(' '), "{one}");
    }
    assert_ne!(gist("550 account suspended"), gist("550 message contains a virus"));
}

#[test]
fn addresses_are_left_out_of_the_log() {
    let text = "550 5.7.1 <ada@a.example>: not accepted from news@shop.example";
    assert_eq!(without_addresses(text), "550 5.7.1 <address> not accepted from <address>");
}

#[test]
fn ten_in_a_row_over_several_domains_hold_the_job_and_are_taken_back() {
    let all =
        |reason| (0..40).map(move |n| (rejected(reason, &format!("550 limit {n} of p{n}@x.example")), DOMAINS[n % 3]));
    for reason in
        ["policy_refused", "refused", "sender_refused", "relay_denied", "message_too_large", "content_refused"]
    {
        assert_eq!(held(all(reason)), Some((RUN_MAX, RUN_MAX)), "{reason}");
    }
    for reason in ABOUT_THE_RECIPIENT {
        assert_eq!(held(all(reason)), None, "{reason} is about the recipient");
    }
}

#[test]
fn one_acceptance_or_other_words_begin_anew() {
    let accepted = || Outcome::HandedOff { provider_ref: "250".into() };
    let nearly = |n: usize| if n % 10 == 9 { accepted() } else { rejected("refused", "550 no") };
    assert_eq!(held((0..100).map(|n| (nearly(n), DOMAINS[n % 3]))), None);
    let words =
        |n: usize| if n.is_multiple_of(2) { rejected("refused", "550 no") } else { rejected("refused", "550 virus") };
    assert_eq!(held((0..100).map(|n| (words(n), DOMAINS[n % 3]))), None);
    // What is about a mailbox says nothing either way.
    let mixed =
        |n: usize| if n.is_multiple_of(2) { rejected("refused", "550 no") } else { rejected("mailbox_full", "552") };
    assert_eq!(held((0..100).map(|n| (mixed(n), DOMAINS[n % 3]))), Some((19, 10)));
}

#[test]
fn one_domain_may_refuse_on_its_own_unless_the_list_has_no_other() {
    let no = || rejected("policy_refused", "550 not welcome here");
    assert_eq!(held((0..40).map(|_| (no(), "only.example"))), Some((RUN_MAX, RUN_MAX)));
    let before = std::iter::once((Outcome::HandedOff { provider_ref: "250".into() }, "a.example"));
    let run = || (0..29).map(|_| (no(), "b.example"));
    assert_eq!(held(before.clone().chain(run())), None);
    assert_eq!(held(before.chain(run()).chain(run())), Some((31, RUN_OF_ONE_DOMAIN_MAX)));
}

#[test]
fn acceptances_that_arrive_late_hide_no_run() {
    let mut run = Run::default();
    let (accepted, no) = (Outcome::HandedOff { provider_ref: "250".into() }, rejected("refused", "550 no"));
    // Five windows leave together; in each, two were accepted before the account was blocked.
    let windows = (0..5).map(|lane| Window { lane, began: 0 });
    let mut held = None;
    for (index, window) in windows.enumerate() {
        for place in 0..6 {
            let failure = Failure { seq: i64::try_from(index * 6 + place).unwrap_or_default(), attempts: 1 };
            let outcome = if place < 2 { &accepted } else { &no };
            held = held.or(run.take(outcome, failure, Failed, ("a.example", window)));
        }
    }
    assert_eq!(held.map(|(failures, _)| failures.len()), Some(RUN_MAX));
}

#[test]
fn what_comes_after_a_run_is_taken_back_at_once_and_a_resumed_job_gets_past_it() {
    let (no, other) = (rejected("refused", "550 no"), rejected("refused", "550 virus"));
    let failure = |seq| Failure { seq, attempts: 1 };
    let mut run = Run::default();
    let take = |run: &mut Run, outcome: &Outcome, seq| {
        let window = window(run);
        run.take(outcome, failure(seq), Failed, ("a.example", window))
    };
    assert!((0..9).all(|seq| take(&mut run, &no, seq).is_none()));
    assert_eq!(take(&mut run, &no, 9).map(|(failures, _)| failures.len()), Some(10));
    assert!(run.is_over());
    assert_eq!(take(&mut run, &other, 10), None, "that is another matter");
    assert_eq!(take(&mut run, &no, 11).map(|(failures, _)| failures), Some(vec![failure(11)]));
    run.resume();
    assert!((0..19).all(|seq| take(&mut run, &no, seq).is_none()));
    assert_eq!(take(&mut run, &no, 19).map(|(failures, _)| failures.len()), Some(20));
}

#[test]
fn who_may_have_got_an_earlier_attempt_is_not_taken_back() {
    let mut run = Run::default();
    for seq in 0..100 {
        let failure = Failure { seq, attempts: 2 };
        let window = window(&run);
        assert_eq!(run.take(&rejected("refused", "550 no"), failure, Uncertain, ("a.example", window)), None);
    }
}

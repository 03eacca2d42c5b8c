//! What trying a channel reports, against real servers.

use crate::support::{certified, channel, channel_with, patient, replies, sink};
use postrider_channels::sandbox::SandboxChannel;
use postrider_channels::sink::{SinkOptions, Verb};
use postrider_channels::smtp::{SmtpChannel, SmtpConfig};
use postrider_core::channel::{Channel, ChannelKind, ProbeReport};

fn names(report: &ProbeReport) -> Vec<&'static str> {
    report.steps.iter().map(|step| step.name).collect()
}

/// The step that failed, its reason and its text.
#[track_caller]
fn failure(report: &ProbeReport) -> (&'static str, &'static str, &str) {
    let problem = report.problem().expect("a problem");
    (report.steps.last().unwrap().name, problem.reason, &problem.text)
}

#[tokio::test]
async fn each_step_of_a_conversation_is_reported_and_nothing_is_sent() {
    let certified = certified(false);
    let login = Some(("bob".to_owned(), "secret".to_owned()));
    let tls = Some(certified.tls.clone());
    let sink = sink(SinkOptions { tls, login, size_bytes_max: Some(1000), ..SinkOptions::default() }).await;
    let report = channel_with(&sink, "bob:secret@", &format!("?{}", certified.option()), patient()).probe().await;
    assert_eq!((report.problem(), report.encrypted), (None, Some(true)));
    assert_eq!(report.target, format!("smtp://{}", sink.address()));
    let wanted = ["resolve", "connect", "greeting", "ehlo", "starttls", "tls", "ehlo", "login"];
    assert_eq!(names(&report), wanted);
    let found = |at: usize| report.steps[at].result.clone().unwrap();
    assert_eq!(found(0), "127.0.0.1");
    assert!(found(3).contains("STARTTLS") && found(3).contains("SIZE 1000"), "{}", found(3));
    assert!(found(5).starts_with("TLSv1_3, certificate of ") && found(5).contains("valid until"), "{}", found(5));
    assert!(found(6).contains("AUTH PLAIN LOGIN"), "{}", found(6));
    assert_eq!(found(7), "235 2.7.0 authenticated");
    assert_eq!((sink.received(), sink.violations()), (0, 0));
}

#[tokio::test]
async fn the_step_that_fails_says_why_and_ends_the_report() {
    let plain = sink(SinkOptions::default()).await;
    let report = channel(&plain, "?tls=required").probe().await;
    assert_eq!((failure(&report).0, failure(&report).1), ("starttls", "tls_unavailable"));

    let report = channel(&plain, "").probe().await;
    assert_eq!((report.problem(), report.encrypted), (None, Some(false)));

    let certified = certified(false);
    let private = sink(SinkOptions { tls: Some(certified.tls.clone()), ..SinkOptions::default() }).await;
    let report = channel(&private, "?tls=required").probe().await;
    let (step, reason, text) = failure(&report);
    assert!(
        (step, reason) == ("tls", "tls_failed") && text.contains("UnknownIssuer") && text.contains("ca_file"),
        "{text}"
    );

    let login = Some(("bob".to_owned(), "secret".to_owned()));
    let locked = sink(SinkOptions { login, ..SinkOptions::default() }).await;
    let report = channel_with(&locked, "bob:wrong@", "", patient()).probe().await;
    assert_eq!(failure(&report), ("login", "auth_failed", "535 5.7.8 authentication failed"));

    let full =
        sink(SinkOptions { hook: replies(Verb::Connect, "421 too many connections"), ..SinkOptions::default() }).await;
    let report = channel(&full, "").probe().await;
    assert_eq!(failure(&report), ("greeting", "too_many_connections", "421 too many connections"));

    let gone = channel(&plain, "");
    plain.stop().await;
    assert_eq!((failure(&gone.probe().await).0, failure(&gone.probe().await).1), ("connect", "connect_refused"));

    let nowhere = SmtpChannel::new(SmtpConfig::parse("smtp://mail.nosuch.invalid").unwrap()).unwrap();
    assert_eq!((failure(&nowhere.probe().await).0, failure(&nowhere.probe().await).1), ("resolve", "name_not_found"));
}

#[tokio::test]
async fn a_sandbox_says_whether_its_folder_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let good = SandboxChannel::new(ChannelKind::Sms, folder.path().join("out"));
    assert_eq!((good.probe().await.problem(), names(&good.probe().await)), (None, vec!["folder"]));
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let report = SandboxChannel::new(ChannelKind::Sms, file).probe().await;
    assert_eq!((failure(&report).0, failure(&report).1), ("folder", "sandbox_unwritable"));
}

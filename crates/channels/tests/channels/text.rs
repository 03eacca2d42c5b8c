//! What arrives is what was written.

use crate::support::{channel, email, message, sink};
use mail_parser::MessageParser;
use postrider_channels::sandbox::SandboxChannel;
use postrider_channels::sink::SinkOptions;
use postrider_core::channel::{Body, Channel as _, ChannelKind, EmailBody, Message, Outcome};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

fn with_text(n: usize, text: &str, html: Option<String>) -> Message {
    let email = EmailBody { text: text.to_owned(), subject: text.to_owned(), html, ..email(n) };
    Message { body: Body::Email(Box::new(email)), ..message(n) }
}

fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned()
}

/// Sends the texts in one window, and compares what arrived with the file of the sandbox and with the text.
async fn round_trip(texts: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = SandboxChannel::new(ChannelKind::Email, folder.path().to_owned());
    let sink = sink(SinkOptions { keep_messages: texts.len(), ..SinkOptions::default() }).await;
    let window: Vec<Message> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| with_text(n, text, (n % 2 == 0 && !text.is_empty()).then(|| text.clone())))
        .collect();
    sandbox.lane().send(&window).await;
    let outcomes = channel(&sink, "").lane().send(&window).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::HandedOff { .. })), "{outcomes:?}");
    assert_eq!(sink.violations(), 0, "no bare CR, LF or NUL on the wire");
    let kept = sink.kept();
    assert_eq!(kept.len(), texts.len(), "one message each, none born of another's text");
    for (n, (mail, text)) in kept.iter().zip(texts).enumerate() {
        assert_eq!(
            (mail.from.as_str(), mail.to.as_slice()),
            (format!("m{n}@shop.example").as_str(), &[format!("r{n}@example.net")][..])
        );
        let file = std::fs::read(folder.path().join(format!("key-{n}.eml"))).unwrap();
        assert_eq!(mail.bytes, file, "the wire and the file agree on {text:?}");
        let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
        assert_eq!(normalised(&parsed.body_text(0).unwrap()), normalised(text), "{text:?}");
    }
}

#[tokio::test]
async fn dots_and_line_ends_survive() {
    let texts = [
        ".",
        "..",
        ".\n.\n.",
        "a\n.\nb",
        "a\r\n.\r\nMAIL FROM:<x@y.example>\r\n",
        "a\n.\n",
        "a\r.\rb",
        "a\n\n\nb",
        "\n.a",
        "x\0.\0y",
        "a\n..b\n...",
        "From me\nto you",
        "ends with spaces   \nand tab\t\n",
        "é\n.\né",
        "世界\n.\n世界",
        "\r\r\n\n\r",
        "",
    ];
    round_trip(&texts.map(str::to_owned)).await;
}

#[test]
fn any_text_survives() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sign = prop_oneof![
        3 => prop::sample::select(vec!['.', '\r', '\n', '\0', '=', ' ', '\t', '-', 'a']),
        1 => any::<char>(),
    ];
    let text = prop::collection::vec(sign, 0..200).prop_map(|signs| signs.into_iter().collect::<String>());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(50));
    let texts = prop::collection::vec(text, 1..8);
    runner
        .run(&texts, |texts| {
            runtime.block_on(round_trip(&texts));
            Ok(())
        })
        .unwrap();
}

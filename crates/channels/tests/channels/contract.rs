//! What every adapter promises.

use crate::support::{channel, email, shorts, sink};
use postrider_channels::sandbox::SandboxChannel;
use postrider_channels::sink::SinkOptions;
use postrider_core::channel::{Body, Channel, ChannelKind, DirectMailBody, Message, PushBody, SmsBody};
use std::collections::BTreeMap;

fn body(kind: ChannelKind, n: usize) -> Body {
    match kind {
        ChannelKind::Email => Body::Email(Box::new(email(n))),
        ChannelKind::Sms => Body::Sms(SmsBody { from: "Shop".to_owned(), text: format!("Number {n}") }),
        ChannelKind::Push => Body::Push(PushBody {
            app: "shop".to_owned(),
            title: "Hello".to_owned(),
            body: format!("Number {n}"),
            url: None,
            data: BTreeMap::from([("n".to_owned(), n.to_string())]),
        }),
        ChannelKind::DirectMail => Body::DirectMail(DirectMailBody {
            format: "letter_a4".to_owned(),
            source: format!("Number {n}"),
            return_address: "Shop\nStreet 1".to_owned(),
            batch_date: "2026-05-01".to_owned(),
        }),
    }
}

fn message(kind: ChannelKind, n: usize) -> Message {
    Message { key: format!("key-{n}"), to: format!("r{n}@example.net"), body: body(kind, n) }
}

async fn keeps_its_promises(channel: &dyn Channel) {
    let kind = channel.kind();
    let other = if kind == ChannelKind::Sms { ChannelKind::Email } else { ChannelKind::Sms };
    let mut lane = channel.lane();
    assert!(lane.send(&[]).await.is_empty());
    lane.close().await;
    let window: Vec<Message> = (0..5).map(|n| message(if n == 2 { other } else { kind }, n)).collect();
    for _ in 0..2 {
        let outcomes = shorts(&lane.send(&window).await);
        assert_eq!(
            outcomes,
            ["handed off", "handed off", "rejected wrong_channel", "handed off", "handed off"],
            "{kind:?}"
        );
    }
    lane.close().await;
    lane.close().await;
    assert_eq!(shorts(&lane.send(&window[..1]).await), ["handed off"], "{kind:?} after its end");
    let (mut one, mut two) = (channel.lane(), channel.lane());
    let (one, two) = tokio::join!(one.send(&window[..2]), two.send(&window[3..]));
    assert_eq!(shorts(&[one, two].concat()), ["handed off"; 4], "{kind:?} with two lanes");
}

#[tokio::test]
async fn smtp_keeps_the_contract() {
    for pipelining in [true, false] {
        let sink = sink(SinkOptions { pipelining, ..SinkOptions::default() }).await;
        keeps_its_promises(&channel(&sink, "")).await;
        assert_eq!(sink.received(), 13);
    }
}

#[tokio::test]
async fn the_sandbox_keeps_the_contract() {
    for kind in ChannelKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        keeps_its_promises(&SandboxChannel::new(kind, folder.path().join("made/later"))).await;
        let files = std::fs::read_dir(folder.path().join("made/later")).unwrap().count();
        assert_eq!(files, 4, "{kind:?}: one file for each key, and nothing else");
    }
}

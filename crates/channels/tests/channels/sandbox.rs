//! Files of the sandbox.

use crate::support::{message, short};
use postrider_channels::sandbox::SandboxChannel;
use postrider_core::channel::{Body, Channel as _, ChannelKind, Message, Outcome, SmsBody};
use std::fs;

#[tokio::test]
async fn a_second_attempt_overwrites_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut lane = SandboxChannel::new(ChannelKind::Sms, folder.path().to_owned()).lane();
    for text in ["first", "second"] {
        let body = Body::Sms(SmsBody { from: "Shop".to_owned(), text: text.to_owned() });
        let sent = lane.send(&[Message { key: "k".to_owned(), to: "+4712345678".to_owned(), body }]).await;
        assert_eq!(sent, [Outcome::HandedOff { provider_ref: "sandbox:k.json".to_owned() }]);
    }
    let text = fs::read_to_string(folder.path().join("k.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["message"]["text"], "second");
    assert_eq!(value["to"], "+4712345678");
}

#[tokio::test]
async fn a_key_cannot_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    let mut lane = SandboxChannel::new(ChannelKind::Email, inner.clone()).lane();
    lane.send(&[Message { key: "../../escaped".to_owned(), ..message(0) }]).await;
    assert!(inner.join("______escaped.eml").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_at_the_start_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "in the way").unwrap();
    let channel = SandboxChannel::new(ChannelKind::Email, blocked.join("below"));
    assert!(channel.check().is_err());
    let outcomes = channel.lane().send(&[message(0), message(1)]).await;
    assert_eq!(outcomes.iter().map(short).collect::<Vec<_>>(), ["not attempted sandbox_unwritable"; 2]);

    let good = SandboxChannel::new(ChannelKind::Email, folder.path().join("new"));
    good.check().unwrap();
    assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
}

//! Refusals of words that are none: each lists the words there are.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind::Email;
use serde_json::json;
use support::TestApp;
use support::ready::ready;

const CHANNELS: &str = "must be email, sms, push or direct_mail";

#[tokio::test]
async fn a_query_lists_the_words_there_are() {
    let app = TestApp::new().await;
    let draft = ready(&app, Email).await;
    let deliveries = draft.path("/deliveries?state=gone");
    for (path, field, words) in [
        ("/campaigns?status=live", "status", "must be draft, published or archived"),
        ("/campaigns?executionStatus=done", "executionStatus", "not_scheduled, scheduled, running, "),
        ("/campaigns?channel=fax", "channel", CHANNELS),
        ("/templates?channel=fax", "channel", CHANNELS),
        ("/templates?status=new", "status", "must be draft, published or archived"),
        ("/sender-profiles?channel=fax", "channel", CHANNELS),
        ("/suppressions?channel=fax", "channel", CHANNELS),
        ("/import-jobs?state=done", "state", "must be pending, ready, running, completed or failed"),
        (&deliveries, "state", "pending, "),
    ] {
        let answer = app.as_admin().get(path).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        let message = error["message"].as_str().unwrap();
        assert_eq!(error["details"]["path"], field);
        assert!(message.starts_with(&format!("{field}: must be ")) && message.contains(words), "{path}: {message}");
    }
}

#[tokio::test]
async fn a_body_lists_the_words_there_are() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let draft = ready(&app, Email).await;
    let refused = async |path: &str, body: serde_json::Value| {
        let answer = admin.post(path, body).await;
        assert_eq!(answer.status, 400, "{}", answer.json);
        answer.json["error"]["message"].as_str().unwrap().to_owned()
    };
    let campaign = json!({ "campaignType": "broadcast", "name": "n", "channel": "fax" });
    assert_eq!(refused("/campaigns", campaign).await, format!("channel: {CHANNELS}"));
    let job = json!({ "sendAt": "2026-05-01T09:00Z", "policy": { "onMissed": "panic" } });
    let message = refused(&draft.path("/schedule-jobs"), job).await;
    assert_eq!(message, "policy.onMissed: must be send, hold or cancel");
    let job = json!({ "sendAt": "2026-05-01T09:00", "timezone": "Berlin" });
    assert!(refused(&draft.path("/schedule-jobs"), job).await.contains("such as Europe/Berlin"));
    let list = json!({ "include": [{ "audienceId": draft.list, "type": "list" }] });
    let answer = admin.put(&draft.path("/audience"), list).await;
    let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    let expected = "include[0].type: must be audience (a static list) or segment (an audience by rule)";
    assert_eq!(error["message"], expected);
}

//! What is bound to a draft: schedule, audience, content.

use super::every_operation::{caller, campaign, garbled, guilt, not_draft, set, shape};
use super::request::{Guilt, NOBODY, Operation, Part};
use crate::support::things::Thing;
use axum::http::Method;
use postrider_core::error::Code;
use postrider_core::scope::Scope;
use serde_json::{Value, json};

fn put(path: &'static str, about: Thing, body: &'static str) -> Operation {
    Operation { method: Method::PUT, path, scope: Scope::CampaignsUpdate, about, body }
}

/// With what makes the shape wrong in a way of its own.
fn before_values(own: Guilt) -> Vec<Guilt> {
    let mut guilts = caller();
    guilts.extend(shape());
    guilts.extend([own, campaign(), garbled(), not_draft()]);
    guilts
}

fn mode_of_no_kind() -> Guilt {
    guilt(Code::RequestInvalid, "mode", &[Part::Field("mode")], |request, _| {
        set(request, "mode", json!("later"));
    })
}

#[tokio::test]
async fn a_schedule_of_email() {
    let body = r#"{"mode":"at","sendAt":"2026-05-01T09:00:00Z","timezone":"UTC"}"#;
    let operation = put("/campaigns/{}/schedule", Thing::Draft, body);
    let mut guilts = before_values(mode_of_no_kind());
    guilts.extend([
        guilt(Code::UnsupportedChannel, "mode", &[Part::Field("mode")], |request, _| {
            set(request, "mode", json!("batch_on_date"));
        }),
        guilt(Code::UnsupportedChannel, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", json!("2026-05-01"));
        }),
        guilt(Code::SendAtRequired, "sendAt", &[Part::Field("sendAt")], |request, _| {
            set(request, "sendAt", Value::Null);
        }),
        guilt(Code::SendAtInvalid, "sendAt", &[Part::Field("sendAt")], |request, _| {
            set(request, "sendAt", json!("soon"));
        }),
        guilt(Code::TimezoneInvalid, "timezone", &[Part::Field("timezone")], |request, _| {
            set(request, "timezone", json!("Mars/Olympus"));
        }),
        guilt(Code::SendAtInvalid, "sendAt", &[Part::Field("sendAt")], |request, _| {
            set(request, "sendAt", json!("2026-02-01T09:00:00Z"));
        }),
    ]);
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_schedule_of_direct_mail() {
    let body = r#"{"mode":"batch_on_date","batchDate":"2026-05-01","timezone":"UTC"}"#;
    let operation = put("/campaigns/{}/schedule", Thing::Mailing, body);
    let mut guilts = before_values(mode_of_no_kind());
    guilts.extend([
        guilt(Code::UnsupportedChannel, "mode", &[Part::Field("mode")], |request, _| {
            set(request, "mode", json!("at"));
        }),
        guilt(Code::UnsupportedChannel, "sendAt", &[Part::Field("sendAt")], |request, _| {
            set(request, "sendAt", json!("2026-05-01T09:00:00Z"));
        }),
        guilt(Code::BatchDateRequired, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", Value::Null);
        }),
        guilt(Code::BatchDateInvalid, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", json!("2026-02-30"));
        }),
        guilt(Code::TimezoneInvalid, "timezone", &[Part::Field("timezone")], |request, _| {
            set(request, "timezone", json!("Mars/Olympus"));
        }),
        guilt(Code::BatchDateInvalid, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", json!("2026-02-28"));
        }),
    ]);
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn an_audience() {
    let body = r#"{"include":[{"audienceId":"$list","type":"audience"},{"audienceId":"$other","type":"audience"}]}"#;
    let operation = put("/campaigns/{}/audience", Thing::Draft, body);
    let mut guilts = before_values(guilt(
        Code::RequestInvalid,
        "include[1].audienceId",
        &[Part::Field("include[1]")],
        |request, _| set(request, "include.1.audienceId", json!("everybody")),
    ));
    guilts.push(guilt(Code::AudienceNotFound, "include[0].audienceId", &[Part::Field("include[0]")], |request, _| {
        set(request, "include.0.audienceId", json!(NOBODY))
    }));
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_content() {
    let body = r#"{"templateId":"$template","senderProfileId":"$mailer","subjectLine":"Hello"}"#;
    let operation = put("/campaigns/{}/content", Thing::Draft, body);
    let mut guilts =
        before_values(guilt(Code::RequestInvalid, "subjectLine", &[Part::Field("subjectLine")], |request, _| {
            set(request, "subjectLine", json!("two\nlines"))
        }));
    guilts.extend([
        guilt(Code::ContentTemplateNotFound, "templateId", &[Part::Field("templateId")], |request, _| {
            set(request, "templateId", json!(NOBODY));
        }),
        guilt(Code::ContentChannelMismatch, "templateId", &[Part::Field("templateId")], |request, made| {
            set(request, "templateId", json!(made.named("smsTemplate")));
        }),
        guilt(Code::TemplateNotPublished, "templateId", &[Part::Field("templateId")], |request, made| {
            set(request, "templateId", json!(made.named("draftTemplate")));
        }),
        guilt(Code::RequestInvalid, "subjectLine", &[Part::Field("subjectLine")], |request, _| {
            set(request, "subjectLine", json!("{{ first_name"));
        }),
        guilt(Code::ContentSenderProfileNotFound, "senderProfileId", &[Part::Field("sender")], |request, _| {
            set(request, "senderProfileId", json!(NOBODY));
        }),
        guilt(Code::ContentChannelMismatch, "senderProfileId", &[Part::Field("sender")], |request, made| {
            set(request, "senderProfileId", json!(made.named("sender")));
        }),
    ]);
    operation.refuses_in_order(&guilts).await;
}

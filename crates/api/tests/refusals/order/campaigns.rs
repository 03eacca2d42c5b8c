//! Making and changing campaigns.

use super::every_operation::{caller, campaign, garbled, guilt, key, set, shape};
use super::request::{Guilt, NOBODY, Operation, Part};
use crate::support::things::Thing;
use axum::http::Method;
use postrider_core::error::Code;
use postrider_core::scope::Scope;
use serde_json::json;

#[tokio::test]
async fn a_new_campaign() {
    let operation = Operation {
        method: Method::POST,
        path: "/campaigns",
        scope: Scope::CampaignsCreate,
        about: Thing::Nothing,
        body: r#"{"campaignType":"broadcast","name":"A","channel":"email",
            "content":{"templateId":"$template","senderProfileId":"$mailer"},
            "audience":{"include":[{"audienceId":"$list","type":"audience"}]},
            "schedule":{"sendAt":"2026-05-01T09:00:00Z","timezone":"UTC"}}"#,
    };
    let mut guilts = caller();
    guilts.push(key());
    guilts.extend(shape());
    guilts.extend([
        guilt(Code::RequestInvalid, "name", &[Part::Field("name")], |request, _| set(request, "name", json!(" "))),
        guilt(Code::TypeUnsupported, "", &[Part::Field("campaignType")], |request, _| {
            set(request, "campaignType", json!("journey"));
        }),
        guilt(Code::ContentTemplateNotFound, "content.templateId", &[Part::Field("templateId")], |request, _| {
            set(request, "content.templateId", json!(NOBODY));
        }),
        guilt(
            Code::ContentSenderProfileNotFound,
            "content.senderProfileId",
            &[Part::Field("senderProfileId")],
            |request, _| set(request, "content.senderProfileId", json!(NOBODY)),
        ),
        guilt(Code::AudienceNotFound, "audience.include[0].audienceId", &[Part::Audience], |request, _| {
            set(request, "audience.include.0.audienceId", json!(NOBODY));
        }),
        guilt(Code::UnsupportedChannel, "schedule.batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "schedule.batchDate", json!("2026-05-01"));
        }),
        guilt(Code::SendAtInvalid, "schedule.sendAt", &[Part::Field("sendAt")], |request, _| {
            set(request, "schedule.sendAt", json!("soon"));
        }),
        guilt(Code::TimezoneInvalid, "schedule.timezone", &[Part::Field("timezone")], |request, _| {
            set(request, "schedule.timezone", json!("Mars/Olympus"));
        }),
        taken(),
    ]);
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_campaign_that_is_changed() {
    let operation = Operation {
        method: Method::PATCH,
        path: "/campaigns/{}",
        scope: Scope::CampaignsUpdate,
        about: Thing::Draft,
        body: r#"{"name":"Renamed"}"#,
    };
    let mut guilts = caller();
    guilts.extend(shape());
    guilts.extend([
        guilt(Code::RequestInvalid, "name", &[Part::Field("name")], |request, _| set(request, "name", json!(" "))),
        campaign(),
        garbled(),
        guilt(Code::CampaignArchived, "", &[Part::State], |request, _| {
            request.before.push((Method::POST, "/campaigns/{}/archive"));
        }),
        taken(),
    ]);
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_campaign_that_is_deleted_or_archived() {
    for (method, path) in [(Method::DELETE, "/campaigns/{}"), (Method::POST, "/campaigns/{}/archive")] {
        let operation = Operation { method, path, scope: Scope::CampaignsDelete, about: Thing::Draft, body: "null" };
        let mut guilts = caller();
        guilts.extend([
            campaign(),
            garbled(),
            guilt(Code::CampaignInFlight, "", &[Part::State], |request, _| {
                request.before.push((Method::POST, "/campaigns/{}/send-jobs"));
            }),
        ]);
        operation.refuses_in_order(&guilts).await;
    }
}

fn taken() -> Guilt {
    guilt(Code::ExternalIdTaken, "externalId", &[Part::Field("externalId")], |request, _| {
        set(request, "externalId", json!("taken"));
    })
}

//! Schedule jobs, send jobs, and what is done with them.

use super::every_operation::{caller, campaign, garbled, guilt, key, not_draft, reused, set, shape};
use super::request::{Guilt, NOBODY, Operation, Part};
use crate::support::things::Thing;
use axum::http::Method;
use postrider_core::error::Code;
use postrider_core::scope::Scope;
use serde_json::{Value, json};

const WITHOUT_VERSION: &str = "UPDATE campaigns SET current_version_id = NULL WHERE id = $1";
const WITHOUT_TEMPLATE: &str = "UPDATE campaigns SET template_id = NULL WHERE id = $1";
const WITHOUT_AUDIENCE: &str = "DELETE FROM campaign_audiences WHERE campaign_id = $1";
const INTENT_OF_A_DATE: &str = "UPDATE campaigns SET schedule_mode = 'batch_on_date', schedule_timezone = 'UTC', \
    schedule_timezone_source = 'utc_fallback', schedule_batch_date = '2026-05-01' WHERE id = $1";
const INTENT_OF_A_TIME: &str = "UPDATE campaigns SET schedule_mode = 'at', schedule_timezone = 'UTC', \
    schedule_timezone_source = 'utc_fallback', schedule_send_at = '2026-05-01T09:00:00Z' WHERE id = $1";

/// What stands before the fields of a schedule.
fn before_fields() -> Vec<Guilt> {
    let mut guilts = caller();
    guilts.push(key());
    guilts.extend(shape());
    guilts.extend([
        guilt(Code::RequestInvalid, "policy.onMissed", &[Part::Field("policy")], |request, _| {
            set(request, "policy", json!({ "onMissed": "perhaps" }));
        }),
        reused(),
        campaign(),
        garbled(),
    ]);
    guilts
}

/// What a campaign must have.
fn draft() -> [Guilt; 4] {
    [
        not_draft(),
        guilt(Code::VersionMissing, "", &[Part::Version], |request, _| request.broken.push(WITHOUT_VERSION)),
        guilt(Code::ContentRequired, "", &[Part::Template], |request, _| request.broken.push(WITHOUT_TEMPLATE)),
        guilt(Code::AudienceRequired, "", &[Part::Audience], |request, _| request.broken.push(WITHOUT_AUDIENCE)),
    ]
}

/// What comes after the fields of a schedule.
fn after_fields() -> [Guilt; 2] {
    [
        // Sent where no channel is configured.
        guilt(Code::PreflightBlockers, "", &[Part::Channel], |_, _| {}),
        guilt(Code::PlanChanged, "", &[Part::Field("expectPlan")], |request, _| {
            set(request, "expectPlan", json!("0"));
        }),
    ]
}

#[tokio::test]
async fn a_schedule_job_of_email() {
    let operation = Operation {
        method: Method::POST,
        path: "/campaigns/{}/schedule-jobs",
        scope: Scope::CampaignsSchedule,
        about: Thing::Draft,
        body: r#"{"sendAt":"2026-05-01T09:00:00Z","timezone":"UTC","dryRun":true}"#,
    };
    let mut guilts = before_fields();
    guilts.extend(draft());
    guilts.extend([
        guilt(Code::UnsupportedType, "", &[Part::Intent], |request, _| request.broken.push(INTENT_OF_A_DATE)),
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
        guilt(Code::RequestInvalid, "policy.latestFinish", &[Part::Field("policy")], |request, _| {
            set(request, "policy", json!({ "latestFinish": "2026-04-01T09:00:00Z" }));
        }),
    ]);
    guilts.extend(after_fields());
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_schedule_job_of_direct_mail() {
    let operation = Operation {
        method: Method::POST,
        path: "/campaigns/{}/schedule-jobs",
        scope: Scope::CampaignsSchedule,
        about: Thing::Mailing,
        body: r#"{"batchDate":"2026-05-01","timezone":"UTC","dryRun":true}"#,
    };
    let mut guilts = before_fields();
    guilts.extend(draft());
    guilts.extend([
        guilt(Code::UnsupportedType, "", &[Part::Intent], |request, _| request.broken.push(INTENT_OF_A_TIME)),
        guilt(Code::UnsupportedChannel, "sendAt", &[Part::Field("sendAt")], |request, _| {
            set(request, "sendAt", json!("2026-05-01T09:00:00Z"));
        }),
        guilt(Code::BatchDateRequired, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", Value::Null);
        }),
        guilt(Code::BatchDateInvalid, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", json!("2026-05-32"));
        }),
        guilt(Code::TimezoneInvalid, "timezone", &[Part::Field("timezone")], |request, _| {
            set(request, "timezone", json!("Mars/Olympus"));
        }),
        guilt(Code::BatchDateInvalid, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", json!("2026-02-28"));
        }),
    ]);
    guilts.extend(after_fields());
    operation.refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_send_job() {
    let operation = |about| Operation {
        method: Method::POST,
        path: "/campaigns/{}/send-jobs",
        scope: Scope::CampaignsSend,
        about,
        body: r#"{"dryRun":true}"#,
    };
    let mut guilts = before_fields();
    guilts.extend(draft());
    guilts.push(guilt(Code::RequestInvalid, "policy.latestFinish", &[Part::Field("policy")], |request, _| {
        set(request, "policy", json!({ "latestFinish": "2026-02-01T09:00:00Z" }));
    }));
    guilts.extend(after_fields());
    operation(Thing::Draft).refuses_in_order(&guilts).await;
}

#[tokio::test]
async fn a_job_that_is_moved() {
    let operation = Operation {
        method: Method::PATCH,
        path: "/campaigns/{}/schedule-jobs/{}",
        scope: Scope::CampaignsSchedule,
        about: Thing::Job,
        body: r#"{"sendAt":"2026-05-02T09:00:00Z"}"#,
    };
    let mut guilts = caller();
    guilts.push(key());
    guilts.extend(shape());
    guilts.extend([
        guilt(Code::RequestInvalid, "policy.onMissed", &[Part::Field("policy")], |request, _| {
            set(request, "policy", json!({ "onMissed": "perhaps" }));
        }),
        campaign(),
        garbled(),
        job(),
        finished(),
        guilt(Code::AlreadyStarted, "", &[Part::State], |request, _| {
            request.broken.push("UPDATE schedule_jobs SET state = 'running', started_at = 1 WHERE campaign_id = $1");
        }),
        guilt(Code::UnsupportedChannel, "batchDate", &[Part::Field("batchDate")], |request, _| {
            set(request, "batchDate", json!("2026-05-01"));
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
async fn a_job_that_is_taken_back() {
    let operation = Operation {
        method: Method::DELETE,
        path: "/campaigns/{}/schedule-jobs/{}",
        scope: Scope::CampaignsSchedule,
        about: Thing::Job,
        body: "null",
    };
    let mut guilts = caller();
    guilts.extend([key(), campaign(), garbled(), job(), finished()]);
    operation.refuses_in_order(&guilts).await;
}

fn job() -> Guilt {
    guilt(Code::ScheduleJobNotFound, "", &[Part::Job, Part::State], |request, _| {
        if let Some(id) = request.ids.get_mut(1) {
            NOBODY.clone_into(id);
        }
    })
}

fn finished() -> Guilt {
    guilt(Code::AlreadyFinished, "", &[Part::State], |request, _| {
        request.before.push((Method::DELETE, "/campaigns/{}/schedule-jobs/{}"));
    })
}

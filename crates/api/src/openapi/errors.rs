//! Which refusals an operation can answer, and how they look.

use crate::error::{error_object, status};
use crate::routes::Route;
use axum::http::StatusCode;
use postrider_core::error::{Code, Detail, Refusal};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The answers of every operation while the store cannot be used.
const UNAVAILABLE: &[Code] =
    &[Code::Unavailable, Code::DatabaseFull, Code::DatabaseReadOnly, Code::DatabaseUnreachable];

/// Answers that are the same wherever they come, by name.
const SHARED: &[(&str, &[Code])] = &[
    ("Unauthorized", &[Code::Unauthorized, Code::TokenInvalid, Code::TokenExpired]),
    ("Forbidden", &[Code::InsufficientScope]),
    ("BodyTooLarge", &[Code::BodyTooLarge]),
    ("BodyTooSlow", &[Code::BodyTooSlow]),
    ("EncodingUnsupported", &[Code::EncodingUnsupported]),
    ("RateLimited", &[Code::RateLimited]),
    ("Internal", &[Code::Internal]),
    ("Unavailable", UNAVAILABLE),
];

/// What every operation with a token can answer.
const ALWAYS: &[Code] = &[
    Code::Unauthorized,
    Code::TokenInvalid,
    Code::TokenExpired,
    Code::InsufficientScope,
    Code::RateLimited,
    Code::HostInvalid,
    Code::Internal,
    Code::Unavailable,
    Code::DatabaseFull,
    Code::DatabaseReadOnly,
    Code::DatabaseUnreachable,
];
const WITH_BODY: &[Code] = &[Code::RequestInvalid, Code::BodyTooSlow, Code::BodyTooLarge, Code::EncodingUnsupported];
const WITH_KEY: &[Code] = &[Code::IdempotencyKeyInvalid, Code::IdempotencyKeyReused, Code::IdempotencyInProgress];

/// What a path does not find.
const BY_PATH: &[(&str, Code)] = &[
    ("/campaigns/{id}", Code::CampaignNotFound),
    ("/{scheduleId}", Code::ScheduleJobNotFound),
    ("/{testSendId}", Code::TestSendNotFound),
    ("/campaigns/{id}/deliveries/{deliveryId}", Code::DeliveryNotFound),
    ("/lists/{id}", Code::ListNotFound),
    ("/audiences/{id}", Code::RuleNotFound),
    ("/profiles/{id}", Code::ProfileNotFound),
    ("/import-jobs/{id}", Code::ImportNotFound),
    ("/templates/{id}", Code::TemplateNotFound),
    ("/sender-profiles/{id}", Code::SenderProfileNotFound),
    ("/suppressions/{id}", Code::SuppressionNotFound),
    ("/tenant", Code::TenantNotFound),
    ("/webhooks/{id}", Code::WebhookNotFound),
    ("/webhooks/{id}/deliveries/{deliveryId}", Code::WebhookDeliveryNotFound),
];

const BIND: &[Code] = &[Code::TypeUnsupported, Code::NotDraft, Code::VersionMissing];
const TIMES: &[Code] = &[
    Code::SendAtRequired,
    Code::SendAtInvalid,
    Code::BatchDateRequired,
    Code::BatchDateInvalid,
    Code::TimezoneInvalid,
    Code::UnsupportedChannel,
];
const CONTENT: &[Code] = &[
    Code::ContentTemplateNotFound,
    Code::ContentSenderProfileNotFound,
    Code::ContentChannelMismatch,
    Code::TemplateNotPublished,
];
const COMMIT: &[Code] = &[
    Code::TypeUnsupported,
    Code::NotDraft,
    Code::VersionMissing,
    Code::ContentRequired,
    Code::AudienceRequired,
    Code::InvalidForChannel,
    Code::UnsupportedType,
    Code::PreflightBlockers,
    Code::PlanChanged,
];
const STAND: &[Code] = &[Code::AlreadyFinished, Code::CampaignArchived];
const IMPORT_FILE: &[Code] = &[
    Code::RequestInvalid,
    Code::BodyTooSlow,
    Code::EncodingUnsupported,
    Code::ImportAlreadyStarted,
    Code::ImportFileTooLarge,
    Code::ImportStorageFull,
    Code::ImportFileInvalid,
    Code::ImportUploadSuperseded,
];
const UPSERT: &[Code] = &[Code::ProfileKeyTaken, Code::ProfileMatchAmbiguous, Code::ProfileAttributeKind];

/// What one operation can answer beside that.
const PARTICULAR: &[(&str, &str, &[&[Code]])] = &[
    ("POST", "/campaigns", &[CONTENT, TIMES, &[Code::TypeUnsupported, Code::ExternalIdTaken, Code::AudienceNotFound]]),
    ("PATCH", "/campaigns/{id}", &[&[Code::CampaignArchived, Code::ExternalIdTaken]]),
    ("DELETE", "/campaigns/{id}", &[&[Code::CampaignInFlight]]),
    ("POST", "/campaigns/{id}/archive", &[&[Code::CampaignInFlight]]),
    ("POST", "/campaigns/{id}/preflight", &[WITH_BODY]),
    ("PUT", "/campaigns/{id}/audience", &[BIND, &[Code::AudienceNotFound]]),
    ("PUT", "/campaigns/{id}/content", &[BIND, CONTENT]),
    ("PUT", "/campaigns/{id}/schedule", &[BIND, TIMES]),
    ("POST", "/campaigns/{id}/schedule-jobs", &[COMMIT, TIMES]),
    ("POST", "/campaigns/{id}/send-jobs", &[COMMIT]),
    (
        "PATCH",
        "/campaigns/{id}/schedule-jobs/{scheduleId}",
        &[TIMES, &[Code::AlreadyFinished, Code::AlreadyStarted, Code::SendJobNotMovable, Code::UnsupportedType]],
    ),
    ("POST", "/campaigns/{id}/pause", &[STAND, &[Code::NotRunning]]),
    ("POST", "/campaigns/{id}/resume", &[STAND, &[Code::NotPaused]]),
    ("POST", "/campaigns/{id}/retry-failed", &[&[Code::CampaignArchived, Code::NotFinished, Code::NothingToRetry]]),
    ("DELETE", "/campaigns/{id}/schedule-jobs/{scheduleId}", &[&[Code::AlreadyFinished]]),
    (
        "POST",
        "/campaigns/{id}/test-sends",
        &[&[
            Code::CampaignArchived,
            Code::InvalidForChannel,
            Code::ContentRequired,
            Code::ProfileNotFound,
            Code::PreflightBlockers,
        ]],
    ),
    ("GET", "/campaigns/{id}/deliveries", &[&[Code::ScheduleJobNotFound]]),
    ("DELETE", "/lists/{id}", &[&[Code::ListInUse]]),
    ("POST", "/audiences", &[&[Code::ListNotFound]]),
    ("PATCH", "/audiences/{id}", &[&[Code::ListNotFound]]),
    ("DELETE", "/audiences/{id}", &[&[Code::AudienceInUse]]),
    ("POST", "/audiences/preview", &[&[Code::ListNotFound]]),
    ("POST", "/profiles/upsert", &[UPSERT]),
    ("POST", "/records/profiles/upsert-batch", &[UPSERT]),
    ("POST", "/import-jobs", &[&[Code::ImportFileTooLarge, Code::ListNotFound, Code::ImportLimitReached]]),
    ("PUT", "/import-jobs/{id}/file", &[IMPORT_FILE]),
    (
        "POST",
        "/import-jobs/{id}/mapping",
        &[&[Code::ImportAlreadyStarted, Code::ImportFileMissing, Code::ImportFileInvalid, Code::ImportMappingInvalid]],
    ),
    (
        "POST",
        "/import-jobs/{id}/start",
        &[&[Code::ImportAlreadyStarted, Code::ImportFileMissing, Code::ImportMappingRequired, Code::ListNotFound]],
    ),
    ("POST", "/sender-profiles", &[&[Code::SenderDomainNotAllowed]]),
    ("PATCH", "/sender-profiles/{id}", &[&[Code::SenderDomainNotAllowed]]),
    ("POST", "/templates", &[&[Code::TemplateInvalid]]),
    ("PATCH", "/templates/{id}", &[&[Code::TemplateInvalid, Code::TemplateArchived]]),
    ("DELETE", "/templates/{id}", &[&[Code::TemplateInUse]]),
    ("DELETE", "/sender-profiles/{id}", &[&[Code::SenderProfileInUse]]),
    ("POST", "/templates/{id}/publish", &[&[Code::TemplateInvalid, Code::TemplateArchived]]),
    (
        "POST",
        "/templates/{id}/preview",
        &[&[Code::TemplateInvalid, Code::ProfileNotFound, Code::SenderProfileNotFound, Code::ContentChannelMismatch]],
    ),
    ("PATCH", "/tenant", &[&[Code::TimezoneInvalid]]),
    ("GET", "/webhooks", &[&[Code::RequestInvalid]]),
    ("POST", "/webhooks", &[&[Code::WebhookTargetRefused, Code::WebhookLimitReached]]),
    ("PATCH", "/webhooks/{id}", &[&[Code::WebhookTargetRefused]]),
    ("POST", "/webhooks/{id}/test", &[&[Code::WebhookDisabled]]),
    ("POST", "/webhooks/{id}/replay", &[&[Code::WebhookDisabled]]),
    ("POST", "/webhooks/{id}/deliveries/{deliveryId}/replay", &[&[Code::WebhookDisabled]]),
];

/// The error responses of an operation, by status.
pub fn responses(route: &Route, operation: &Value) -> BTreeMap<String, Value> {
    by_status(codes(route, operation))
}

fn by_status(codes: Vec<Code>) -> BTreeMap<String, Value> {
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let told = by_status.entry(status(code.class())).or_default();
        if !told.contains(&code) {
            told.push(code);
        }
    }
    let responses = by_status.into_iter().map(|(status, codes)| {
        let shared = SHARED.iter().find(|(_, shared)| *shared == codes);
        let reference = |(name, _): &(&str, _)| json!({ "$ref": format!("#/components/responses/{name}") });
        (status.as_u16().to_string(), shared.map_or_else(|| response(status, &codes), reference))
    });
    responses.collect()
}

/// The errors of a file that is sent with the secret of its URL in the place of a token.
pub fn of_uploads() -> BTreeMap<String, Value> {
    let same = PARTICULAR.iter().filter(|(method, path, _)| (*method, *path) == ("PUT", "/import-jobs/{id}/file"));
    let mut codes = vec![Code::ImportUploadUrlInvalid, Code::Internal];
    codes.extend(UNAVAILABLE);
    codes.extend(same.flat_map(|(_, _, groups)| groups.iter().copied().flatten()));
    by_status(codes)
}

/// The answers of whatever reads the store.
pub fn of_the_store() -> [(String, Value); 2] {
    [("500", "Internal"), ("503", "Unavailable")]
        .map(|(status, name)| (status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") })))
}

/// The responses that operations share, by name.
pub fn shared() -> Value {
    let shared = SHARED.iter().filter_map(|(name, codes)| {
        let status = status(codes.first()?.class());
        Some(((*name).to_owned(), response(status, codes)))
    });
    Value::Object(shared.collect())
}

fn codes(route: &Route, operation: &Value) -> Vec<Code> {
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_key = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
    let has_query = parameters.iter().any(|parameter| parameter["in"] == "query");
    let mut codes = ALWAYS.to_vec();
    if has_key || !operation["requestBody"].is_null() {
        codes.extend(WITH_BODY);
    } else if has_query {
        codes.push(Code::RequestInvalid);
    }
    if has_key {
        codes.extend(WITH_KEY);
    }
    codes.extend(BY_PATH.iter().filter(|(part, _)| route.path.contains(part)).map(|(_, code)| *code));
    let own = PARTICULAR.iter().filter(|(method, path, _)| route.method == *method && route.path == *path);
    codes.extend(own.flat_map(|(_, _, groups)| groups.iter().copied().flatten()));
    codes
}

fn response(status: StatusCode, codes: &[Code]) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let sentences: Vec<String> =
        codes.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.message())).collect();
    let own = json!({ "properties": { "error": { "properties": { "code": { "enum": names } } } } });
    let mut response = json!({
        "headers": { "x-correlation-id": { "$ref": "#/components/headers/CorrelationId" } },
        "description": sentences.join("\n"),
        "content": { "application/json": {
            "schema": { "allOf": [{ "$ref": "#/components/schemas/Refused" }, own] },
            "examples": examples(codes),
        } },
    });
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        response["headers"]["WWW-Authenticate"] = json!({ "$ref": "#/components/headers/WwwAuthenticate" });
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        response["headers"]["RateLimit"] = json!({ "$ref": "#/components/headers/RateLimit" });
        response["headers"]["RateLimit-Policy"] = json!({ "$ref": "#/components/headers/RateLimitPolicy" });
    }
    let waits = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if waits || codes.contains(&Code::IdempotencyInProgress) {
        response["headers"]["Retry-After"] = json!({ "$ref": "#/components/headers/RetryAfter" });
    }
    response
}

fn examples(codes: &[Code]) -> Value {
    let one =
        |code: &Code| (code.as_str().to_owned(), json!({ "$ref": format!("#/components/examples/{}", code.as_str()) }));
    Value::Object(codes.iter().map(one).collect())
}

/// One example for each code, as the API would answer it.
pub fn every_example() -> Value {
    let one = |code: &Code| {
        let refusal = match code {
            Code::RequestInvalid => Refusal::invalid("name", Some(""), "must not be empty"),
            Code::InsufficientScope => Refusal {
                code: *code,
                detail: Detail::Scope { required: "campaigns:send", granted: vec!["campaigns:read"] },
            },
            code => Refusal::new(*code),
        };
        let value = json!({
            "success": false,
            "correlationId": "55555555-5555-4555-8555-555555555555",
            "error": error_object(&refusal),
        });
        (code.as_str().to_owned(), json!({ "summary": code.message(), "value": value }))
    };
    Value::Object(Code::ALL.iter().map(one).collect())
}

/// The schemas of errors: the envelope, what is in it, and every code there is.
pub fn schemas() -> [(&'static str, Value); 3] {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let refused = json!({
        "type": "object",
        "description": "The envelope around an error.",
        "required": ["success", "correlationId", "error"],
        "properties": {
            "success": { "const": false },
            "correlationId": { "type": "string", "format": "uuid" },
            "error": { "$ref": "#/components/schemas/Error" },
        },
    });
    let error = json!({
        "type": "object",
        "description": "Why the request was not done.",
        "required": ["code", "message", "details", "remediation"],
        "properties": {
            "code": { "$ref": "#/components/schemas/ErrorCode" },
            "message": { "type": "string", "description": "What happened; for a field it begins with the path." },
            "details": {
                "type": "object",
                "description": "For a field its `path` and `value`, for a scope `required` and `granted`, for \
                    preflight `issues`, for a changed plan `changes`, for a rate limit `class`, `limit`, \
                    `windowSeconds` and `retryAfterSeconds`.",
            },
            "remediation": { "type": "string", "description": "What to do, in one sentence." },
        },
    });
    let code = json!({ "type": "string", "description": "A stable code.", "enum": names });
    [("Refused", refused), ("Error", error), ("ErrorCode", code)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    #[test]
    fn what_is_particular_belongs_to_a_route() {
        let table = table();
        for (method, path, _) in PARTICULAR {
            assert!(table.iter().any(|route| route.method == *method && route.path == *path), "{method} {path}");
        }
        for (part, _) in BY_PATH {
            assert!(table.iter().any(|route| route.path.contains(part)), "{part}");
        }
    }
}

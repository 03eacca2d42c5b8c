//! What any operation refuses, before it looks at what the request means.

use super::request::{Bearer, Guilt, NOBODY, Part, Request};
use crate::support::things::Made;
use postrider_core::error::Code;
use serde_json::{Value, json};

pub const fn guilt(code: Code, path: &'static str, takes: &'static [Part], commit: fn(&mut Request, &Made)) -> Guilt {
    Guilt { code, path, takes, commit }
}

/// Sets a field of the body, by its path.
pub fn set(request: &mut Request, pointer: &str, value: Value) {
    let mut place = &mut request.body;
    for name in pointer.split('.') {
        if place.is_null() {
            *place = json!({});
        }
        place = match name.parse::<usize>() {
            Ok(index) if place.is_array() => &mut place[index],
            _ => &mut place[name],
        };
    }
    *place = value;
}

/// Token, rate limit, scope.
pub fn caller() -> Vec<Guilt> {
    vec![
        guilt(Code::Unauthorized, "", &[Part::Token], |request, _| request.bearer = Bearer::Absent),
        guilt(Code::TokenInvalid, "", &[Part::Token], |request, _| request.bearer = Bearer::Garbled),
        guilt(Code::RateLimited, "", &[], |request, _| request.is_spent = true),
        guilt(Code::InsufficientScope, "", &[Part::Token], |request, _| request.bearer = Bearer::Narrow),
    ]
}

/// The form of the key.
pub fn key() -> Guilt {
    guilt(Code::IdempotencyKeyInvalid, "Idempotency-Key", &[Part::Key], |request, _| {
        request.key = Some("1".to_owned());
    })
}

/// The key of an earlier request with another body. It is looked up with the effect, so the body was read before.
pub fn reused() -> Guilt {
    guilt(Code::IdempotencyKeyReused, "", &[Part::Key, Part::Path, Part::Channel], |request, _| {
        request.is_reused = true;
        set(request, "dryRun", json!(false));
    })
}

/// The shape of the body.
pub fn shape() -> [Guilt; 2] {
    [
        guilt(Code::BodyTooLarge, "", &[Part::Body], |request, _| request.is_too_large = true),
        guilt(Code::RequestInvalid, "nonsense", &[Part::Field("nonsense")], |request, _| {
            set(request, "nonsense", json!(1));
        }),
    ]
}

/// The campaign of the path.
pub fn campaign() -> Guilt {
    guilt(Code::CampaignNotFound, "", &[Part::Campaign, Part::Path], |request, _| {
        if let Some(id) = request.ids.first_mut() {
            NOBODY.clone_into(id);
        }
    })
}

/// As [`campaign`], with what is no id at all: it is no other refusal, and comes no sooner.
pub fn garbled() -> Guilt {
    guilt(Code::CampaignNotFound, "", &[Part::Campaign, Part::Path], |request, _| {
        if let Some(id) = request.ids.first_mut() {
            "nonsense".clone_into(id);
        }
    })
}

/// A campaign that has a job.
pub fn not_draft() -> Guilt {
    guilt(Code::NotDraft, "", &[Part::State], |request, _| {
        request.broken.push("UPDATE campaigns SET authoring_status = 'published' WHERE id = $1");
    })
}

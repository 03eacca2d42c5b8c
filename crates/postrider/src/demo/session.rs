//! The client of the demonstration: it makes a request, reads the answer, and says so.

use super::failure::DemoError;
use super::narrator::Narrator;
use crate::api_client::{ApiClient, Call, CallError, Taken};
use postrider_core::env::{Clock, Entropy};
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// Where every path of the public API begins.
pub const BASE_PATH: &str = "/public/v1";

/// A signed-in client with its clock, its dice and its voice.
pub struct Session {
    /// Makes the requests.
    pub api: ApiClient,
    /// Tells what happens.
    pub narrator: Narrator,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for idempotency keys.
    pub entropy: Arc<dyn Entropy>,
}

impl Session {
    /// Reads something below the base path, without a word.
    pub async fn read(&self, path: &str) -> Result<Taken, CallError> {
        self.api.call(Call::get(format!("{BASE_PATH}{path}"))).await
    }

    /// Makes something of a body, without a word.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Taken, CallError> {
        self.api.call(Call::post(format!("{BASE_PATH}{path}"), body)).await
    }

    /// Makes something of a body, once however often it is tried.
    pub async fn post_once(&self, path: &str, body: &Value) -> Result<Taken, CallError> {
        self.api.call(Call::post(format!("{BASE_PATH}{path}"), body).once(self.key())).await
    }

    /// Replaces something by a body, without a word.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Taken, CallError> {
        self.api.call(Call::put(format!("{BASE_PATH}{path}"), body)).await
    }

    /// A fresh UUID v4.
    fn key(&self) -> Uuid {
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        uuid::Builder::from_random_bytes(random).into_uuid()
    }
}

/// A text of an answer that the API promises.
pub fn text(taken: &Taken, pointer: &'static str) -> Result<String, DemoError> {
    let found = taken.data.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| DemoError::Shape(taken.line.clone(), pointer))
}

/// A whole number of an answer that the API promises.
pub fn number(taken: &Taken, pointer: &'static str) -> Result<i64, DemoError> {
    let found = taken.data.pointer(pointer).and_then(Value::as_i64);
    found.ok_or_else(|| DemoError::Shape(taken.line.clone(), pointer))
}

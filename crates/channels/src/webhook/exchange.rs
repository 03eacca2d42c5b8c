//! One request and the beginning of its answer.

use super::connect::{Wire, failed};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use postrider_core::webhook::{NotDelivered, Post, RESPONSE_CHARS_MAX, Received};
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

/// Most bytes that are read of an answer's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Most bytes that are read of an answer's body, enough for [`RESPONSE_CHARS_MAX`] characters.
const BODY_BYTES_MAX: usize = 4 * RESPONSE_CHARS_MAX;
/// How long an answer whose status is known may take to tell the rest.
const BODY_WAIT: Duration = Duration::from_secs(2);
/// Longest `Retry-After` that is looked at, in bytes.
const RETRY_AFTER_BYTES_MAX: usize = 64;
/// What we call ourselves.
const AGENT: &str = concat!("Postrider/", env!("CARGO_PKG_VERSION"));

/// Posts, and reads the answer.
pub(super) async fn exchange(wire: Wire, post: &Post) -> Result<Received, NotDelivered> {
    let request = request(post)?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(wire)).await.map_err(|error| broken(&error))?;
    let mut connection = pin!(connection);
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        Ok(received(response).await)
    };
    let mut answer = pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // What the connection had read before it ended is still there to be taken.
        _ = &mut connection => answer.await,
    }
}

fn request(post: &Post) -> Result<Request<Full<Bytes>>, NotDelivered> {
    Request::post(post.target.path.as_str())
        .header(HOST, post.target.authority())
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", post.id.as_str())
        .header("webhook-timestamp", post.timestamp_s)
        .header("webhook-signature", post.signature.as_str())
        .body(Full::new(Bytes::from(post.body.clone())))
        .map_err(|error| failed("url_invalid", &format!("The URL cannot be requested: {error}.")))
}

async fn received(response: Response<Incoming>) -> Received {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.filter(|text| text.len() <= RETRY_AFTER_BYTES_MAX).map(str::to_owned);
    let mut bytes = Vec::new();
    let mut body = response.into_body();
    let read = async {
        while bytes.len() < BODY_BYTES_MAX
            && let Some(Ok(frame)) = body.frame().await
        {
            if let Some(data) = frame.data_ref() {
                bytes.extend_from_slice(&data[..data.len().min(BODY_BYTES_MAX - bytes.len())]);
            }
        }
    };
    // The status has said what matters: a body that breaks off or takes long changes nothing.
    drop(timeout(BODY_WAIT, read).await);
    // NUL is text in neither database.
    let text = String::from_utf8_lossy(&bytes);
    let excerpt = text.chars().filter(|&c| c != '\0').take(RESPONSE_CHARS_MAX).collect();
    Received { status, retry_after, excerpt }
}

fn broken(error: &hyper::Error) -> NotDelivered {
    failed("exchange_failed", &format!("There was no proper answer: {error}."))
}

//! Reads bodies: as much of one as its route takes, and off the threads that take requests where it is long.

use crate::error::ApiError;
use crate::intake::refuse_encoded;
use axum::body::{Bytes, HttpBody as _, to_bytes};
use axum::extract::Request;
use http_body_util::LengthLimitError;
use postrider_core::error::{Code, Refusal};
use std::error::Error;
use std::io;
use tokio::sync::Semaphore;

/// Longest body of a route that does not name another limit, in bytes.
pub const BODY_DEFAULT_MAX_BYTES: usize = 64 * 1024;
/// Longest body of any route, in bytes: those of batches.
pub const BODY_MAX_BYTES: usize = 10 * 1024 * 1024;
/// A longer body is parsed on a thread of its own, in bytes: parsing this much takes less than a millisecond.
const PARSED_HERE_MAX_BYTES: usize = 32 * 1024;
/// How many long bodies are parsed at once.
const PARSED_AT_ONCE_MAX: usize = 2;
/// What a body in UTF-8 may begin with: a byte order mark, which says nothing (RFC 8259 §8.1).
const MARK: &[u8] = b"\xEF\xBB\xBF";

static LONG_BODIES: Semaphore = Semaphore::const_new(PARSED_AT_ONCE_MAX);

/// The limit of a request's body, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

/// Reads the whole body, without the byte order mark that it may begin with.
pub async fn read(request: Request) -> Result<Bytes, ApiError> {
    refuse_encoded(&request)?;
    let limit = request.extensions().get::<BodyLimit>().map_or(BODY_DEFAULT_MAX_BYTES, |limit| limit.0);
    let body = request.into_body();
    let told = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if told > limit {
        return Err(too_large(limit).into());
    }
    let mut bytes = to_bytes(body, limit).await.map_err(|error| match caused_by::<LengthLimitError>(&error) {
        Some(_) => too_large(limit),
        None => broken(&error),
    })?;
    if bytes.starts_with(MARK) {
        bytes = bytes.slice(MARK.len()..);
    }
    if let [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'{', ..] | [b'{', 0, ..] = bytes[..] {
        return Err(Refusal::invalid("body", None, "is not JSON: it is UTF-16 or UTF-32; send UTF-8").into());
    }
    Ok(bytes)
}

fn too_large(limit: usize) -> Refusal {
    Refusal::field(Code::BodyTooLarge, "body", None, format!("is larger than {limit} bytes, the limit of this path"))
}

/// The refusal of a body that did not arrive whole.
pub fn broken(error: &(dyn Error + 'static)) -> Refusal {
    match caused_by::<io::Error>(error) {
        Some(error) if error.kind() == io::ErrorKind::TimedOut => Refusal::new(Code::BodyTooSlow),
        Some(_) | None => Refusal::invalid("body", None, "could not be read whole"),
    }
}

fn caused_by<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// Parses a body, in a place where it keeps no other request waiting.
pub async fn parsed<T: Send + 'static>(
    bytes: Bytes,
    parse: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    if bytes.len() <= PARSED_HERE_MAX_BYTES {
        return parse(&bytes);
    }
    let turn = LONG_BODIES.acquire().await.expect("the semaphore is never closed");
    let parsed = tokio::task::spawn_blocking(move || {
        // Parsing goes on if its request is cancelled, so its turn ends here.
        let _turn = turn;
        parse(&bytes)
    })
    .await;
    parsed.expect("parsing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Waker};

    #[tokio::test]
    async fn cancelled_requests_do_not_parse_more_at_once() {
        let long = Bytes::from(vec![b' '; PARSED_HERE_MAX_BYTES + 1]);
        let mut ends = Vec::new();
        for _ in 0..PARSED_AT_ONCE_MAX {
            let (end, ended) = mpsc::channel::<()>();
            let (begin, begun) = tokio::sync::oneshot::channel();
            let parse = move |_: &[u8]| {
                begin.send(()).unwrap();
                assert!(ended.recv().is_err());
                Ok(())
            };
            {
                let mut request = pin!(parsed(long.clone(), parse));
                tokio::select! {
                    _ = &mut request => panic!("parsing ended"),
                    begun = begun => begun.unwrap(),
                }
            }
            ends.push(end);
        }
        let mut next = pin!(parsed(long, |_| Ok(())));
        assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(LONG_BODIES.available_permits(), 0);
        drop(ends);
        assert!(next.await.is_ok());
    }
}

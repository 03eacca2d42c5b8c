//! What holds for every request and answer, whatever it is about: one valid host, no encoded bodies, no copies kept.

use crate::error::refused;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use postrider_core::error::{Code, Refusal};

/// Refuses requests that do not name exactly one host, and forbids caching of answers that do not allow it themselves.
pub async fn inspect(request: Request, next: Next) -> Response {
    let mut response = match host(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(&refusal),
    };
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Looks for one valid host (RFC 9112 §3.2, RFC 9113 §8.3.1). HTTP/2 names it in `:authority`, which is in the URI.
fn host(request: &Request) -> Result<(), Refusal> {
    let refuse = |value: Option<&str>, problem: &str| Err(Refusal::field(Code::HostInvalid, "Host", value, problem));
    let is_http2 = request.version() >= Version::HTTP_2;
    let authority = request.uri().authority().map(Authority::as_str);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let Some(first) = hosts.next() else {
        return match authority.filter(|_| is_http2) {
            Some(text) if is_host(text) => Ok(()),
            None if request.version() < Version::HTTP_11 => Ok(()),
            other => refuse(other, "is missing or not a host"),
        };
    };
    let Ok(text) = first.to_str() else { return refuse(None, "is not text") };
    if hosts.next().is_some() {
        return refuse(Some(text), "is given more than once");
    }
    if !is_host(text) {
        return refuse(Some(text), "is not a host with at most a port");
    }
    if is_http2 && authority.is_some_and(|named| !named.eq_ignore_ascii_case(text)) {
        return refuse(Some(text), "differs from :authority");
    }
    Ok(())
}

/// Whether a text is a host and at most a port, without a user.
fn is_host(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let port = text.strip_prefix(authority.host()).unwrap_or("@");
    !authority.host().is_empty()
        && port.strip_prefix(':').map_or(port.is_empty(), |port| port.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Refuses a body that is compressed (RFC 9110 §15.5.16): unpacking it could ask for any amount of memory.
pub fn refuse_encoded(request: &Request) -> Result<(), Refusal> {
    if request.body().is_end_stream() {
        return Ok(());
    }
    for encoding in request.headers().get_all(header::CONTENT_ENCODING) {
        let text = encoding.to_str().unwrap_or_default();
        if !text.split(',').all(|coding| coding.trim().eq_ignore_ascii_case("identity")) {
            let problem = "must be identity: send the body unpacked";
            return Err(Refusal::field(Code::EncodingUnsupported, "Content-Encoding", Some(text), problem));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_at_most_a_port() {
        for good in ["mail.example.com", "localhost:8080", "127.0.0.1", "[::1]:80", "[::1]", "a_b", "h:"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", " ", "a b", "user@host", ":80", "host:port", "host:80:80", "a/b", "host, other", "[::1"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}

//! What holds for every request, whatever it is about: hosts, encodings, paths, browsers, copies.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Version, header};
use postrider_core::scope::Scope;
use postrider_store::testkit::Database;
use serde_json::json;
use support::{TestAnswer, TestApp, api_request, token_request};

const ORIGIN: &str = "https://app.example.com";

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_request_names_one_valid_host() {
    let app = TestApp::new().await;
    let ask = async |hosts: &[&'static str], version: Version, uri: &str| {
        let mut request = get(uri);
        *request.version_mut() = version;
        for host in hosts {
            request.headers_mut().append(header::HOST, HeaderValue::from_static(host));
        }
        app.send_as_it_is(request).await
    };
    let path = "/public/v1/campaigns";
    for hosts in [&["mail.example.test"][..], &["127.0.0.1:8080"], &["[::1]:8080"]] {
        assert_eq!(ask(hosts, Version::HTTP_11, path).await.status, 401, "{hosts:?}");
    }
    for hosts in [&[][..], &["a", "a"], &["a", "b"], &[""], &["a b"], &["user@a"], &["a:b"], &["a, b"]] {
        ask(hosts, Version::HTTP_11, path).await.refused(400, "JOURNEY_API.VALIDATION.HOST_INVALID");
    }
    assert_eq!(ask(&[], Version::HTTP_10, path).await.status, 401);
    ask(&["a", "b"], Version::HTTP_10, path).await.refused(400, "JOURNEY_API.VALIDATION.HOST_INVALID");
    let whole = format!("http://mail.example.test{path}");
    for (hosts, uri, status) in [
        (&[][..], &*whole, 401),
        (&["Mail.Example.test"], &whole, 401),
        (&["other.example.test"], &whole, 400),
        (&["a"], path, 401),
        (&[], path, 400),
    ] {
        assert_eq!(ask(hosts, Version::HTTP_2, uri).await.status, status, "{hosts:?} {uri}");
    }
}

#[tokio::test]
async fn nobody_may_keep_an_answer_to_a_token() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    let mut twice = api_request(Method::GET, "/campaigns", &token, None, None);
    twice.headers_mut().append(header::HOST, HeaderValue::from_static("b"));
    for (request, status) in [
        (api_request(Method::GET, "/campaigns", &token, None, None), 200),
        (api_request(Method::GET, "/campaigns", "", None, None), 401),
        (api_request(Method::GET, "/campaigns", "nonsense", None, None), 401),
        (api_request(Method::GET, "/nowhere", &token, None, None), 404),
        (api_request(Method::PUT, "/campaigns", &token, None, None), 405),
        (api_request(Method::POST, "/lists", &token, Some(json!({})), None), 400),
        (api_request(Method::POST, "/lists", &token, Some(json!({ "name": "A" })), None), 201),
        (twice, 400),
    ] {
        let path = format!("{} {}", request.method(), request.uri());
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.header("cache-control")), (status, "no-store"), "{path}");
    }
    let keys = app.send(get("/.well-known/jwks.json")).await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300", "what is for everybody says so itself");
}

#[tokio::test]
async fn a_body_with_an_encoding_is_refused_and_says_which_is_taken() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    let job = app.as_admin().post("/import-jobs", json!({})).await.data()["id"].clone();
    let file = format!("/import-jobs/{}/file", job.as_str().unwrap());
    for (method, path) in [(Method::POST, "/lists"), (Method::PATCH, "/tenant"), (Method::PUT, &*file)] {
        for (coding, status) in [("gzip", 415), ("br", 415), ("identity, gzip", 415), ("x", 415), ("IDENTITY", 0)] {
            let mut request = api_request(method.clone(), path, &token, Some(json!({ "name": "A" })), None);
            request.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            let answer = app.send(request).await;
            assert_eq!(answer.status == 415, status == 415, "{path} {coding}: {}", answer.json);
            if status == 415 {
                let error = answer.refused(415, "JOURNEY_API.VALIDATION.ENCODING_UNSUPPORTED");
                assert_eq!(error["details"], json!({ "path": "Content-Encoding", "value": coding }));
                assert_eq!(answer.header("accept-encoding"), "identity");
            }
        }
    }
    let mut request = token_request("grant_type=client_credentials");
    request.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let answer = app.send(request).await;
    assert_eq!((answer.status, answer.header("accept-encoding")), (415, "identity"));
    assert_eq!(answer.json["error"], "invalid_request");
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped_and_utf_16_named() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    let key = "6f1c2f4e-7d0b-4c1e-9a53-2b8f6f0f9a11";
    let send = async |bytes: Vec<u8>, key: Option<&str>| -> TestAnswer {
        let mut request = api_request(Method::POST, "/lists", &token, Some(json!({})), key);
        *request.body_mut() = Body::from(bytes);
        app.send(request).await
    };
    let text = r#"{"name":"Ünal"}"#;
    let marked = send([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Some(key)).await;
    assert_eq!(marked.data()["name"], "Ünal");
    let bare = send(text.as_bytes().to_vec(), Some(key)).await;
    assert_eq!(bare.header("idempotent-replayed"), "true", "with or without the mark it is the same body");
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [[b"\xFF\xFE", &*little].concat(), [b"\xFE\xFF", &*big].concat(), little, big] {
        let answer = send(bytes, None).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["message"], "body: is not JSON: it is UTF-16 or UTF-32; send UTF-8");
    }
}

#[tokio::test]
async fn a_slash_too_many_is_answered_with_the_right_path() {
    let app = TestApp::new().await;
    for (path, right) in [
        ("/public/v1/tenant/", "/public/v1/tenant"),
        ("/public/v1/campaigns/x/preflight/", "/public/v1/campaigns/x/preflight"),
        ("/public/v1/lists//", "/public/v1/lists"),
        ("/oauth/token/", "/oauth/token"),
        ("/docs/", "/docs"),
    ] {
        let answer = app.send(get(path)).await;
        let error = answer.refused(404, "JOURNEY_API.ROUTE.NOT_FOUND");
        assert_eq!(error["message"], format!("path: ends with a slash; the path is {right}"));
    }
    let answer = app.send(get("/public/v1/nowhere/")).await;
    assert_eq!(answer.refused(404, "JOURNEY_API.ROUTE.NOT_FOUND")["details"], json!({}));
    let root = app.send(get("/")).await;
    assert_eq!((root.status, root.header("location")), (307, "/docs"));
}

#[tokio::test]
async fn a_browser_may_call_from_the_origins_that_are_named() {
    let app =
        TestApp::with_settings(Database::Sqlite, |settings| settings.cors_origins = vec![ORIGIN.to_owned()]).await;
    let token = app.token(Scope::ALL).await;
    let preflight = async |origin: &str, path: &str| {
        let request = Request::options(path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        app.send(request.body(Body::empty()).unwrap()).await
    };
    for path in ["/public/v1/campaigns", "/oauth/token"] {
        let answer = preflight(ORIGIN, path).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, ORIGIN));
        assert!(answer.header("access-control-allow-headers").contains("authorization"));
        assert!(answer.header("access-control-allow-methods").contains("PATCH"));
        assert_eq!(answer.header("vary"), "origin");
    }
    for origin in ["https://evil.example.com", "http://app.example.com", "https://app.example.com:8443", "null"] {
        let answer = preflight(origin, "/public/v1/campaigns").await;
        answer.refused(403, "JOURNEY_API.ROUTE.ORIGIN_NOT_ALLOWED");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    for (bearer, path, status) in [(&*token, "/tenant", 200), ("nonsense", "/tenant", 401), (&token, "/nowhere", 404)] {
        for (origin, allowed) in [(ORIGIN, ORIGIN), ("https://evil.example.com", "")] {
            let mut request = api_request(Method::GET, path, bearer, None, None);
            request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(origin));
            let answer = app.send(request).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, allowed), "{path}");
            let exposes = answer.header("access-control-expose-headers").contains("x-correlation-id");
            assert_eq!(exposes, !allowed.is_empty());
        }
    }
    let nobody = TestApp::new().await;
    let request = Request::options("/public/v1/campaigns").header("origin", ORIGIN);
    let request = request.header("access-control-request-method", "GET").body(Body::empty()).unwrap();
    nobody.send(request).await.refused(403, "JOURNEY_API.ROUTE.ORIGIN_NOT_ALLOWED");
}

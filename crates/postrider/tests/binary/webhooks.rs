//! Webhooks as a subscriber meets them: a receiver of our own, and signatures checked by hand.

use crate::support::Home;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

/// A request as it arrived: head and body.
type Request = (String, String);

/// Takes requests, answers the first with 503 and the others with 200.
fn receiver() -> (String, mpsc::Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
            let request = loop {
                let read = stream.read(&mut part).unwrap();
                bytes.extend_from_slice(&part[..read]);
                let text = String::from_utf8(bytes.clone()).unwrap();
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && header(head, "content-length").parse() == Ok(body.len())
                {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let status = if number == 0 { "503 Busy" } else { "200 OK" };
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").unwrap();
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (url, requests)
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

/// HMAC-SHA256 as RFC 2104 spells it out, for keys of at most a block.
fn hmac(key: &[u8], text: &str) -> String {
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect() };
    let inner = digest(&SHA256, &[&pad(0x36), text.as_bytes()].concat());
    BASE64.encode(digest(&SHA256, &[&pad(0x5c), inner.as_ref()].concat()))
}

fn signed(secret: &str, (head, body): &Request) -> String {
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (header(head, "webhook-id"), header(head, "webhook-timestamp"));
    format!("v1,{}", hmac(&key, &format!("{id}.{at}.{body}")))
}

#[test]
fn a_subscriber_is_told_and_can_tell_who_told() {
    let home = Home::new();
    let (_, id, secret) = home.tenant_and_client();
    std::fs::write(home.folder.path().join("postrider.toml"), "[webhooks]\nallow_private_targets = true\n").unwrap();
    let server = home.serve(&[]);
    server.until_ready();
    let bearer = format!("Bearer {}", server.token(&id, &secret));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let call = |method: &str, path: &str, body: Value| -> Value {
        let (status, answer) = server.request(method, &format!("/public/v1{path}"), &headers, &body.to_string());
        assert!((200..300).contains(&status), "{answer}");
        answer["data"].clone()
    };
    let (url, requests) = receiver();
    let webhook = call("POST", "/webhooks", json!({ "url": url, "events": ["delivery.bounced"] }));
    let first_secret = webhook["secret"].as_str().unwrap().to_owned();
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let bounce = json!({ "channel": "email", "address": "gone@example.com", "reason": "bounced" });
    call("POST", "/suppressions", bounce);

    let refused = requests.recv().unwrap();
    let told = requests.recv().unwrap();
    assert_eq!(header(&refused.0, "webhook-id"), header(&told.0, "webhook-id"), "tried again with the same id");
    assert_eq!(refused.1, told.1);
    for request in [&refused, &told] {
        assert_eq!(header(&request.0, "webhook-signature"), signed(&first_secret, request));
    }
    let body: Value = serde_json::from_str(&told.1).unwrap();
    assert_eq!((&body["type"], &body["data"]["channel"]), (&json!("delivery.bounced"), &json!("email")));

    let second_secret = call("POST", &format!("{path}/rotate-secret"), json!({}))["secret"].clone();
    call("POST", &format!("{path}/test"), json!({}));
    let test = requests.recv().unwrap();
    let both = format!("{} {}", signed(second_secret.as_str().unwrap(), &test), signed(&first_secret, &test));
    assert_eq!(header(&test.0, "webhook-signature"), both, "the new secret signs, and the old one still");
    server.signal("TERM");
    let (code, stderr) = server.wait();
    assert_eq!(code, 0, "{stderr}");
    for hidden in ["whsec_", first_secret.trim_start_matches("whsec_"), "gone@example.com"] {
        assert!(!stderr.contains(hidden), "{stderr}");
    }
}

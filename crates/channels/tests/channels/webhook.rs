//! Events over real connections: what leaves, what is refused, and what a bad endpoint can do.

use super::support::certified;
use postrider_channels::webhook::{HttpConfig, HttpWebhooks};
use postrider_core::webhook::{Network, NotDelivered, Post, Received, Target, TargetPolicy, WebhookClient};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An endpoint that keeps what it is told and answers with the same bytes each time.
struct Endpoint {
    address: SocketAddr,
    told: Arc<Mutex<Vec<String>>>,
    met: Arc<AtomicUsize>,
}

impl Endpoint {
    async fn answering(answer: &'static [u8]) -> Self {
        Self::start(answer, None).await
    }

    async fn start(answer: &'static [u8], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Self { address: listener.local_addr().unwrap(), told: Arc::default(), met: Arc::default() };
        let (told, met) = (Arc::clone(&endpoint.told), Arc::clone(&endpoint.met));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                met.fetch_add(1, Ordering::SeqCst);
                let (told, tls) = (Arc::clone(&told), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(stream, answer, &told).await,
                        Some(tls) => {
                            // Who does not trust us has gone.
                            if let Ok(stream) = tls.accept(stream).await {
                                converse(stream, answer, &told).await;
                            }
                        }
                    }
                });
            }
        });
        endpoint
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("http://{}/hook?a=b", self.address)
    }
}

/// Reads one request and answers it; with no answer the request is left lying.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8], told: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    told.lock().unwrap().push(String::from_utf8(request).unwrap());
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
    drop(stream.write_all(answer).await);
    drop(stream.shutdown().await);
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() == length.parse::<usize>().unwrap())
}

fn config(policy: TargetPolicy) -> HttpConfig {
    HttpConfig { policy, timeout: Duration::from_secs(60), ca_file: None }
}

fn private() -> HttpConfig {
    config(TargetPolicy { allow_private: true, ..TargetPolicy::default() })
}

/// Looks every name up as these addresses, and counts.
fn resolving(config: HttpConfig, addresses: Vec<SocketAddr>) -> (HttpWebhooks, Arc<AtomicUsize>) {
    let asked: Arc<AtomicUsize> = Arc::default();
    let counter = Arc::clone(&asked);
    let resolve = move |_name: String, _port: u16| {
        counter.fetch_add(1, Ordering::SeqCst);
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) }) as _
    };
    (HttpWebhooks::resolving(config, Box::new(resolve)).unwrap(), asked)
}

async fn post(client: &HttpWebhooks, url: &str) -> Result<Received, NotDelivered> {
    let post = Post {
        target: Target::parse(url).unwrap(),
        id: "0190-id".to_owned(),
        timestamp_s: 1_777_626_000,
        signature: "v1,c2lnbmF0dXJl".to_owned(),
        body: r#"{"type":"schedule.finished"}"#.to_owned(),
    };
    client.post(post).await
}

fn reason(result: Result<Received, NotDelivered>) -> &'static str {
    result.expect_err("it is not delivered").reason
}

#[tokio::test]
async fn an_event_is_one_request_and_the_answer_is_told() {
    let endpoint = Endpoint::answering(b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 5\r\n\r\nlater").await;
    let received = post(&HttpWebhooks::new(private()).unwrap(), &endpoint.url()).await.unwrap();
    let expected = Received { status: 503, retry_after: Some("7".to_owned()), excerpt: "later".to_owned() };
    assert!(received == expected, "{received:?}");
    let told = endpoint.told();
    let (head, body) = told[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"type":"schedule.finished"}"#);
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /hook?a=b HTTP/1.1"));
    let host = format!("host: {}", endpoint.address);
    for line in [
        host.as_str(),
        "content-type: application/json",
        "webhook-id: 0190-id",
        "webhook-timestamp: 1777626000",
        "webhook-signature: v1,c2lnbmF0dXJl",
    ] {
        assert!(head.lines().any(|header| header == line), "{line} in {head}");
    }
}

#[tokio::test]
async fn private_addresses_are_not_even_connected_to() {
    let endpoint = Endpoint::answering(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let client = HttpWebhooks::new(config(TargetPolicy::default())).unwrap();
    let port = endpoint.address.port();
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "localhost", "[64:ff9b::7f00:1]"] {
        for scheme in ["http", "https"] {
            let result = post(&client, &format!("{scheme}://{host}:{port}/")).await;
            assert_eq!(reason(result), "target_refused", "{host}");
        }
    }
    assert_eq!(endpoint.met(), 0);
}

#[tokio::test]
async fn a_name_is_judged_by_the_address_that_is_connected_to() {
    let endpoint = Endpoint::answering(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let inside = SocketAddr::from(([127, 0, 0, 1], endpoint.address.port()));
    // A name that was harmless when the webhook was made, and leads inside now.
    let open = TargetPolicy { allow_http: true, ..TargetPolicy::default() };
    let (client, asked) = resolving(config(open), vec![inside, "[::1]:80".parse().unwrap()]);
    for url in ["http://hooks.example.com/", "https://hooks.example.com/"] {
        assert_eq!(reason(post(&client, url).await), "target_refused");
    }
    assert_eq!((endpoint.met(), asked.load(Ordering::SeqCst)), (0, 2));
    // Of several addresses only those are tried that may be; the name is looked up once.
    let networks = vec![Network::parse("127.0.0.0/8").unwrap()];
    let some = TargetPolicy { networks, ..TargetPolicy::default() };
    let (client, asked) = resolving(config(some), vec!["10.0.0.1:80".parse().unwrap(), inside]);
    let received = post(&client, "http://hooks.example.com:9000/").await.unwrap();
    assert_eq!((received.status, asked.load(Ordering::SeqCst)), (204, 1));
    assert!(endpoint.told()[0].contains("host: hooks.example.com:9000\r\n"), "{:?}", endpoint.told());
    let (client, _) = resolving(private(), Vec::new());
    assert_eq!(reason(post(&client, "http://hooks.example.com/").await), "resolve_failed");
}

#[tokio::test]
async fn a_redirection_is_an_answer_and_not_followed() {
    let inside = Endpoint::answering(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let location = format!("HTTP/1.1 307 Elsewhere\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", inside.url());
    let endpoint = Endpoint::answering(location.leak().as_bytes()).await;
    let received = post(&HttpWebhooks::new(private()).unwrap(), &endpoint.url()).await.unwrap();
    assert_eq!((received.status, received.is_success(), inside.met()), (307, false, 0));
}

#[tokio::test]
async fn a_bad_endpoint_costs_bounded_time_and_memory() {
    let client = HttpWebhooks::new(private()).unwrap();
    let long = ["HTTP/1.1 200 OK\r\n\r\n", &"x\u{0}é".repeat(1_000_000)].concat();
    let endless = Endpoint::answering(long.leak().as_bytes()).await;
    let received = post(&client, &endless.url()).await.unwrap();
    assert_eq!((received.status, received.excerpt.chars().count()), (200, 1_000));
    assert!(!received.excerpt.contains('\0'));
    for bad in [
        b"nonsense\r\n\r\n".as_slice(),
        b"HTTP/1.1 200 OK\r\n".as_slice(),
        ["HTTP/1.1 200 OK\r\nx: ", &"y".repeat(1_000_000), "\r\n\r\n"].concat().leak().as_bytes(),
    ] {
        let endpoint = Endpoint::answering(bad).await;
        assert_eq!(reason(post(&client, &endpoint.url()).await), "exchange_failed");
    }
    let silent = Endpoint::answering(b"").await;
    let hasty = HttpConfig { timeout: Duration::from_millis(200), ..private() };
    assert_eq!(reason(post(&HttpWebhooks::new(hasty).unwrap(), &silent.url()).await), "timeout");
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(reason(post(&client, &format!("http://{gone}/")).await), "connect_failed");
}

#[tokio::test]
async fn certificates_are_verified_for_the_name_of_the_url() {
    let certified = certified(true);
    let chain = CertificateDer::pem_slice_iter(certified.tls.certificate_pem.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(certified.tls.key_pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let endpoint = Endpoint::start(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Some(acceptor)).await;
    let ca_file = PathBuf::from(certified.option().strip_prefix("ca_file=").unwrap());
    let trusting = HttpConfig { ca_file: Some(ca_file), ..private() };
    let client = HttpWebhooks::new(trusting.clone()).unwrap();
    let received = post(&client, &format!("https://{}/", endpoint.address)).await.unwrap();
    assert_eq!((received.status, received.excerpt.as_str()), (200, "ok"));
    let (named, _) = resolving(trusting, vec![endpoint.address]);
    assert_eq!(reason(post(&named, "https://hooks.example.com/").await), "tls_failed", "another name");
    let strict = HttpWebhooks::new(private()).unwrap();
    assert_eq!(reason(post(&strict, &format!("https://{}/", endpoint.address)).await), "tls_failed", "not trusted");
    assert_eq!(endpoint.told().len(), 1);
}

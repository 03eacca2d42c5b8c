//! Strangers who open connections and say nothing, or half of something: nobody else notices.

use crate::client::Client;
use crate::support::{Home, Server};
use postrider_channels::sink::{Sink, SinkOptions};
use serde_json::json;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use tokio::time::Instant;

/// Files that the server may open.
const FILES: usize = 1_024;
/// Connections of the strangers: together with the server's own files more than it may open.
const STRANGERS: usize = 1_010;
/// An answer that takes longer is none.
const PROMPT: Duration = Duration::from_secs(2);

/// Nothing at all.
const SILENCE: &str = "";
const HALF_A_HEAD: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nx-half: ";
const HALF_A_BODY: &str = "POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
    content-length: 100\r\n\r\ngrant_type=";
/// The preface and an empty SETTINGS frame of HTTP/2 (RFC 9113 §3.4): no stream is opened.
const HTTP2_WITHOUT_STREAMS: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const WHOLE: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// The preface and SETTINGS_INITIAL_WINDOW_SIZE = 0 (RFC 9113 §6.5.2): the client will take no byte of any answer.
const HTTP2_WITHOUT_WINDOWS: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
/// PING (RFC 9113 §6.7).
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0postride";
/// WINDOW_UPDATE of stream 1 by one byte (RFC 9113 §6.9).
const ONE_BYTE_MORE: &[u8] = b"\0\0\x04\x08\0\0\0\0\x01\0\0\0\x01";
/// An empty SETTINGS (RFC 9113 §6.5).
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// HEADERS of a whole GET (RFC 9113 §6.2), with fields of the static table and two literals (RFC 7541 §6).
fn get(stream: u32, path: &str) -> Vec<u8> {
    let mut fields = vec![0x82, 0x86, 0x01, 1, b'x', 0x04, u8::try_from(path.len()).unwrap()];
    fields.extend(path.as_bytes());
    let mut frame = vec![0, 0, u8::try_from(fields.len()).unwrap(), 1, 0x05];
    frame.extend(stream.to_be_bytes());
    frame.extend(fields);
    frame
}

/// What asks for a long page and takes nothing of it.
fn untaken() -> Vec<u8> {
    [HTTP2_WITHOUT_WINDOWS.as_bytes(), &get(1, "/docs")].concat()
}

fn stranger(server: &Server, says: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(says.as_ref()).unwrap();
    stream
}

/// Says something again and again, and reads nothing or all, until the server closes the connection.
fn chatter(mut stream: TcpStream, mut says: impl FnMut() -> Vec<u8>, reads: bool) {
    let mut said = [0; 4096];
    stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let is_alive = |error: &std::io::Error| error.kind() == ErrorKind::WouldBlock;
    loop {
        if stream.write_all(&says()).is_err_and(|error| !is_alive(&error)) {
            return;
        }
        if reads && matches!(stream.read(&mut said), Ok(0)) {
            return;
        }
    }
}

/// What the server says until it closes the connection.
fn to_the_end(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    // A connection that is reset has ended as well.
    drop(stream.read_to_end(&mut said));
    String::from_utf8_lossy(&said).into_owned()
}

#[track_caller]
fn answers_promptly(server: &Server) {
    let mut stream = server.ask("GET", "/healthz", &[], "").unwrap();
    stream.set_read_timeout(Some(PROMPT)).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_thousand_silent_connections_keep_neither_clients_out_nor_mail_in() {
    const PEOPLE: usize = 50;
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let anywhere = "127.0.0.1:0".parse().unwrap();
    let sink = runtime.block_on(Sink::start(anywhere, SinkOptions::default())).unwrap();
    let home = Home::new();
    let text = format!("[channels.email]\nurl = \"smtp://{}?tls=none\"\n", sink.address());
    std::fs::write(home.folder.path().join("postrider.toml"), text).unwrap();
    let (_, id, secret) = home.tenant_and_client();
    let server = home.serve_within(&format!("-n {FILES}"));
    server.until_ready();
    let client = Client::new(&server, &id, &secret);
    let campaigns: Vec<String> = (0..5).map(|_| client.draft(PEOPLE)).collect();

    let mut sent = 0;
    let lines = [SILENCE, HALF_A_HEAD, HALF_A_BODY, HTTP2_WITHOUT_STREAMS].map(|says| says.as_bytes().to_vec());
    for (says, campaign) in lines.into_iter().chain([untaken()]).zip(&campaigns) {
        let strangers: Vec<TcpStream> = (0..STRANGERS).map(|_| stranger(&server, &says)).collect();
        let says = String::from_utf8_lossy(&says);
        answers_promptly(&server);
        client.post(&format!("{campaign}/send-jobs"), json!({}));
        let begun = Instant::now();
        let status = client.until(&format!("{campaign}/status"), |status| status["executionStatus"] == "completed");
        assert!(begun.elapsed() < Duration::from_secs(10), "{says:?}: {:?}", begun.elapsed());
        assert_eq!(status["execution"]["counts"]["sent"], PEOPLE, "{says:?}");
        sent += PEOPLE as u64;
        assert_eq!(sink.received(), sent, "{says:?}");
        answers_promptly(&server);
        drop(strangers);
    }
    server.signal("TERM");
    let (code, stderr) = server.wait();
    assert_eq!(code, 0, "{stderr}");
    let warnings = stderr.lines().filter(|line| line.contains("reached its limit of connections")).count();
    assert!((1..=5).contains(&warnings), "once for each crowd: {stderr}");
    assert!(!stderr.contains("os error 24") && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_connection_that_says_nothing_more_is_closed() {
    let home = Home::new();
    let text = "[server]\nhead_timeout_ms = 300\nidle_timeout_ms = 600\nstall_timeout_ms = 300\n";
    std::fs::write(home.folder.path().join("postrider.toml"), text).unwrap();
    let server = home.serve(&["--role", "api"]);
    for says in [SILENCE, HALF_A_HEAD, HTTP2_WITHOUT_STREAMS, "PRI * HTTP/2", "\x16\x03\x01"] {
        assert!(!to_the_end(stranger(&server, says)).contains("200"), "{says:?}");
    }
    let kept = to_the_end(stranger(&server, WHOLE));
    assert!(kept.starts_with("HTTP/1.1 200"), "{kept}");
    let followed = to_the_end(stranger(&server, format!("{WHOLE}{HALF_A_HEAD}")));
    assert_eq!(followed.matches("HTTP/1.1 200").count(), 1, "{followed}");
    to_the_end(stranger(&server, HALF_A_BODY));
}

#[test]
fn an_http2_client_that_takes_nothing_or_only_chatters_is_closed() {
    let home = Home::new();
    let text = "[server]\nhead_timeout_ms = 300\nidle_timeout_ms = 600\nstall_timeout_ms = 300\n";
    std::fs::write(home.folder.path().join("postrider.toml"), text).unwrap();
    let server = home.serve(&["--role", "api"]);
    to_the_end(stranger(&server, untaken()));
    let served = [HTTP2_WITHOUT_STREAMS.as_bytes(), &get(1, "/healthz")].concat();
    for begins in [HTTP2_WITHOUT_STREAMS.as_bytes().to_vec(), served, untaken()] {
        for says in [PING, SETTINGS, ONE_BYTE_MORE] {
            for reads in [true, false] {
                chatter(stranger(&server, &begins), || says.to_vec(), reads);
            }
        }
    }
    answers_promptly(&server);
}

#[test]
fn http2_clients_that_take_nothing_or_never_stop_do_not_hold_up_the_end() {
    let home = Home::new();
    let server = home.serve(&[]);
    server.until_ready();
    let many: Vec<u8> = (0..50).flat_map(|number| get(2 * number + 1, "/docs")).collect();
    let many = [HTTP2_WITHOUT_WINDOWS.as_bytes(), &many].concat();
    let silent = [stranger(&server, untaken()), stranger(&server, many)];
    let chatty = [(PING, true), (PING, false), (ONE_BYTE_MORE, true)].map(|(says, reads)| {
        let stream = stranger(&server, untaken());
        std::thread::spawn(move || chatter(stream, || says.to_vec(), reads))
    });
    let stream = stranger(&server, HTTP2_WITHOUT_STREAMS);
    let mut number = 0;
    let asks = move || {
        number += 1;
        get(2 * number - 1, "/docs")
    };
    let restless = std::thread::spawn(move || chatter(stream, asks, true));
    // Served, so that all before it were taken.
    answers_promptly(&server);
    server.signal("TERM");
    let begun = Instant::now();
    let (code, stderr) = server.wait();
    assert!(begun.elapsed() < Duration::from_millis(2_500), "{:?} {stderr}", begun.elapsed());
    assert_eq!(code, 0, "{stderr}");
    assert!(!stderr.contains("did not end in time"), "{stderr}");
    chatty.into_iter().chain([restless]).for_each(|thread| thread.join().unwrap());
    drop(silent);
}

#[test]
fn what_strangers_began_does_not_hold_up_the_end() {
    let home = Home::new();
    let server = home.serve(&[]);
    server.until_ready();
    let lines = [SILENCE, HALF_A_HEAD, HALF_A_BODY, HTTP2_WITHOUT_STREAMS, WHOLE];
    let mut strangers: Vec<TcpStream> = (0..100).map(|number| stranger(&server, lines[number % 5])).collect();
    // The last one is served, so that all before it were taken.
    answers_promptly(&server);
    // Somebody who asks for much and reads nothing.
    let greedy = "GET /docs HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50);
    strangers.push(stranger(&server, &greedy));
    server.signal("TERM");
    let begun = Instant::now();
    let (code, stderr) = server.wait();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?} {stderr}", begun.elapsed());
    assert_eq!(code, 0, "{stderr}");
}

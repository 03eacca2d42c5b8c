//! Where `postrider serve` listens, and who can read along: TLS, metrics, warnings.

use crate::support::{Answer, CONFIG, Home, Server};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

const TLS: &str = "[server]\nhead_timeout_ms = 500\n[server.tls]\ncert_file = \"cert.pem\"\nkey_file = \"key.pem\"\n";
const ASK: &[u8] =
    b"GET /.well-known/oauth-authorization-server HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A certificate for `localhost` until the first day of a year, and its key.
fn pair(until: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// Replaces both files, the key first: in between they do not fit together.
fn write(folder: &Path, (cert, key): &(String, String)) {
    fs::write(folder.join("key.pem"), key).unwrap();
    fs::write(folder.join("cert.pem"), cert).unwrap();
}

/// A handshake in which this certificate alone is trusted; none if another is shown.
fn shake_hands(server: &Server, cert: &str, protocol: &str) -> Option<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut client = builder.with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let mut connection = ClientConnection::new(Arc::new(client), ServerName::try_from("localhost").unwrap()).unwrap();
    connection.complete_io(&mut stream).ok()?;
    assert_eq!(connection.alpn_protocol(), Some(protocol.as_bytes()));
    Some(StreamOwned::new(connection, stream))
}

fn ask(server: &Server, cert: &str) -> Option<Answer> {
    let mut stream = shake_hands(server, cert, "http/1.1")?;
    stream.write_all(ASK).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    Answer::read(&text)
}

#[test]
fn the_listener_speaks_tls_and_follows_its_files() {
    let home = Home::new();
    let folder = home.folder.path();
    fs::write(folder.join(CONFIG), TLS).unwrap();
    let (first, second) = (pair(2099), pair(2098));
    write(folder, &first);
    assert_eq!(home.run(&["check-config"]).code, 0);
    let mut server = home.serve(&[]);
    let answer = ask(&server, &first.0).unwrap();
    assert!(answer.body.contains(&format!("https://{}/oauth/token", server.address)), "{}", answer.body);
    assert!(shake_hands(&server, &first.0, "h2").is_some());

    // Whoever does not begin a handshake, or speaks without TLS, is let go.
    for says in [&b""[..], b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"\x16\x03\x01\x02\x00"] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.write_all(says).unwrap();
        let mut said = Vec::new();
        drop(stream.read_to_end(&mut said));
        assert!(!said.starts_with(b"HTTP"), "{says:?}");
    }

    fs::write(folder.join("cert.pem"), "nonsense").unwrap();
    server.until_said("the old one stays in use");
    assert!(ask(&server, &first.0).is_some());
    write(folder, &second);
    while ask(&server, &second.0).is_none() {
        std::thread::yield_now();
    }
    // What could not be read is read when it can be, even if size and time of the files stay: `chmod` changes neither.
    let third = pair(2097);
    let (cert, aside) = (folder.join("cert.pem"), folder.join("aside.pem"));
    write(folder, &("x".repeat(third.0.len()), third.1));
    server.until_said("holds no certificate in PEM");
    fs::write(&aside, &third.0).unwrap();
    let written = fs::metadata(&cert).unwrap().modified().unwrap();
    fs::File::options().write(true).open(&aside).unwrap().set_modified(written).unwrap();
    fs::rename(&aside, &cert).unwrap();
    while ask(&server, &third.0).is_none() {
        std::thread::yield_now();
    }

    let silent = TcpStream::connect(&server.address).unwrap();
    server.signal("TERM");
    let (code, stderr) = server.wait();
    assert_eq!(code, 0, "{stderr}");
    drop(silent);
}

#[test]
fn a_pair_that_cannot_be_used_is_one_sentence() {
    let home = Home::new();
    let folder = home.folder.path();
    fs::write(folder.join(CONFIG), TLS).unwrap();
    let (good, other, old) = (pair(2099), pair(2099), pair(2021));
    for (cert, key, says) in [
        (&*good.0, &*other.1, "does not belong to the first certificate"),
        ("nonsense", &good.1, "holds no certificate in PEM"),
        (&good.0, "nonsense", "cannot be read as PEM"),
        (&old.0, &old.1, "the certificate expired at 2021-01-01"),
    ] {
        write(folder, &(cert.to_owned(), key.to_owned()));
        let ran = home.run(&["check-config"]);
        assert_eq!(ran.code, 1, "{says}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("postrider: server.tls: "), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("CONFIG_INVALID"), "{says}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    fs::write(folder.join(CONFIG), "[server.tls]\ncert_file = \"cert.pem\"\n").unwrap();
    assert!(home.run(&["check-config"]).stderr.contains("server.tls.key_file: is missing"));
}

#[test]
fn a_server_that_others_can_reach_says_who_can_read_along_and_hides_its_metrics() {
    const WARNING: &str = "requests are not encrypted";
    let home = Home::new();
    for (more, is_warned) in [("", true), ("public_url = \"https://mail.example.test\"\n", false)] {
        let text = format!("[server]\nlisten = \"0.0.0.0:0\"\nmetrics_listen = \"127.0.0.1:0\"\n{more}");
        fs::write(home.folder.path().join(CONFIG), text).unwrap();
        let mut server = home.serve_as_configured();
        let line = server.until_said("metrics are served");
        let metrics = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        server.address = server.address.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(server.request("GET", "/metrics", &[], "").0, 404);
        let main = std::mem::replace(&mut server.address, metrics);
        assert_eq!(server.request("GET", "/metrics", &[], "").0, 200);
        assert_eq!(server.request("GET", "/public/v1/tenant", &[], "").0, 404);
        server.address = main;
        server.signal("TERM");
        let (code, stderr) = server.wait();
        assert_eq!((code, stderr.contains(WARNING)), (0, is_warned), "{stderr}");
        let checked = home.run(&["check-config"]);
        assert_eq!((checked.code, checked.stdout.contains("server.listen:")), (0, is_warned), "{}", checked.stdout);
    }
    fs::remove_file(home.folder.path().join(CONFIG)).unwrap();
    let server = home.serve(&[]);
    assert_eq!(server.request("GET", "/metrics", &[], "").0, 200);
}

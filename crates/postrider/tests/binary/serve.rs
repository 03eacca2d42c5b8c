//! `postrider serve`, as a process: requests, signals, and what it cannot do.

use crate::support::Home;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

#[test]
fn a_client_gets_a_token_and_uses_it_until_the_server_is_stopped() {
    let home = Home::new();
    let (tenant, id, secret) = home.tenant_and_client();
    let server = home.serve(&[]);
    server.until_ready();
    let bearer = format!("Bearer {}", server.token(&id, &secret));
    let (status, answer) = server.request("GET", "/public/v1/tenant", &[("authorization", &bearer)], "");
    assert_eq!((status, &answer["data"]["id"]), (200, &json!(tenant)));
    server.signal("INT");
    let (code, stderr) = server.wait();
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("stopped") && !stderr.contains("panicked"), "{stderr}");

    // Tokens outlive the process: the keys are in the database.
    let server = home.serve(&["--role", "api"]);
    let (status, _) = server.request("GET", "/public/v1/tenant", &[("authorization", "Bearer nonsense")], "");
    assert_eq!(status, 401);
    server.signal("TERM");
    assert_eq!(server.wait().0, 0);
}

#[test]
fn a_request_that_has_begun_is_answered_before_the_end() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let mut begun = TcpStream::connect(&server.address).unwrap();
    let form = "grant_type=client_credentials";
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        form.len()
    );
    begun.write_all(head.as_bytes()).unwrap();
    // The server asks for the body: the request is in its hands.
    let mut go_on = [0; 25];
    begun.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
    server.signal("INT");
    server.until_said("stopping");
    begun.write_all(form.as_bytes()).unwrap();
    // It stops listening at once.
    while TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
    let mut answer = String::new();
    begun.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(server.wait().0, 0);
}

#[test]
fn a_second_signal_ends_at_once_with_130() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let mut begun = TcpStream::connect(&server.address).unwrap();
    begun
        .write_all(b"POST /oauth/token HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n\r\n")
        .unwrap();
    begun.read_exact(&mut [0; 25]).unwrap();
    server.signal("INT");
    server.until_said("stopping");
    server.signal("INT");
    assert_eq!(server.wait().0, 130);
}

#[test]
fn what_it_cannot_do_is_one_sentence() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (args, code, says) in [
        (vec!["serve", "--listen", &taken], "LISTEN_FAILED", "another program already does"),
        (vec!["serve", "--database", "sqlite:no/such/x.db"], "DATABASE_FAILED", "database"),
        (vec!["serve", "--database", "postgres://127.0.0.1:1/x"], "DATABASE_FAILED", "cannot be reached"),
    ] {
        let ran = home.run(&args);
        assert_eq!(ran.code, 1, "{args:?}: {}", ran.stderr);
        let last = ran.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("postrider: ") && last.contains(code) && last.contains(says), "{args:?}: {last}");
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

#[test]
fn only_one_engine_owns_an_sqlite_file() {
    let home = Home::new();
    let first = home.serve(&["--role", "engine"]);
    first.until_ready();
    assert_eq!(first.request("GET", "/public/v1/tenant", &[], "").0, 404);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0", "--json"]);
    assert_eq!((second.code, &second.document()["error"]["code"]), (1, &json!("ENGINE_RUNNING")), "{}", second.stderr);
    let api = home.serve(&["--role", "api"]);
    assert_eq!(api.request("GET", "/readyz", &[], "").0, 200);
    drop(first);
    home.serve(&[]);
}

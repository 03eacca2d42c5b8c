//! `check-config` and `doctor` about the ways out: what they warn of, and what they see when they connect.

use crate::support::{Home, Ran};
use postrider_channels::sink::{Sink, SinkOptions};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A mail server on this machine, and the runtime on which it lives.
fn sink(options: SinkOptions) -> (Runtime, Sink) {
    let runtime = Runtime::new().unwrap();
    let sink = runtime.block_on(Sink::start("127.0.0.1:0".parse().unwrap(), options)).unwrap();
    (runtime, sink)
}

fn with_url(home: &Home, args: &[&str], url: &str) -> Ran {
    Ran::from(home.command(args).env("POSTRIDER__CHANNELS__EMAIL__URL", url).output().unwrap())
}

/// The connection to the mail server in a document, wherever the command put it.
fn email(document: &Value) -> &Value {
    let document = document.pointer("/error/details").unwrap_or(document);
    &document["connections"][0]
}

#[test]
fn a_server_that_can_be_used_is_reported_step_by_step() {
    let home = Home::new();
    home.json(&["migrate"]);
    let login = Some(("bob".to_owned(), "secret".to_owned()));
    let (_runtime, sink) = sink(SinkOptions { login, ..SinkOptions::default() });
    let url = format!("smtp://bob:secret@{}", sink.address());
    for command in ["check-config", "doctor"] {
        let ran = with_url(&home, &[command, "--connect", "--json"], &url);
        assert_eq!(ran.code, 0, "{command}: {}", ran.stderr);
        let document = ran.document();
        let found = email(&document);
        assert_eq!((&found["ok"], &found["encrypted"]), (&json!(true), &json!(false)));
        assert_eq!(found["target"], format!("smtp://{}", sink.address()));
        let steps: Vec<&str> =
            found["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(steps, ["resolve", "connect", "greeting", "ehlo", "login"]);
        let text = with_url(&home, &[command, "--connect"], &url);
        assert!(text.stdout.contains("235 2.7.0 authenticated"), "{}", text.stdout);
        assert!(text.stdout.contains("travels unencrypted") && !text.stdout.contains("secret"), "{}", text.stdout);
        assert_eq!(with_url(&home, &[command, "--json"], &url).document()["connections"], Value::Null);
    }
    assert_eq!(sink.received(), 0);
}

#[test]
fn a_server_that_cannot_be_used_says_so_in_its_own_words() {
    let home = Home::new();
    home.json(&["migrate"]);
    let login = Some(("bob".to_owned(), "secret".to_owned()));
    let (runtime, locked) = sink(SinkOptions { login, ..SinkOptions::default() });
    let gone = runtime.block_on(async {
        let gone = Sink::start("127.0.0.1:0".parse().unwrap(), SinkOptions::default()).await.unwrap();
        let address = gone.address();
        gone.stop().await;
        address
    });
    for (url, reason, says) in [
        (format!("smtp://bob:wrong@{}", locked.address()), "auth_failed", "535 5.7.8 authentication failed"),
        (format!("smtp://{}?tls=required", locked.address()), "tls_unavailable", "does not offer STARTTLS"),
        (format!("smtp://{gone}"), "connect_refused", "refused the connection"),
        ("smtp://mail.nosuch.invalid".to_owned(), "name_not_found", "name not found"),
    ] {
        for command in ["check-config", "doctor"] {
            let ran = with_url(&home, &[command, "--connect", "--json"], &url);
            assert_eq!((ran.code, &ran.document()["error"]["code"]), (1, &json!("UNHEALTHY")), "{command} {url}");
            assert_eq!(email(&ran.document())["problem"]["reason"], reason, "{url}");
            assert!(ran.stderr.contains(says) && ran.stderr.contains("PROBLEM"), "{}", ran.stderr);
            assert!(!ran.stderr.contains("wrong@"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_valid_configuration_is_warned_of_what_travels_in_the_open_and_of_links_that_nobody_can_open() {
    let home = Home::new();
    let paths = |url: &str, public_url: &str| {
        let mut command = home.command(&["check-config", "--json"]);
        command.env("POSTRIDER__CHANNELS__EMAIL__URL", url).env("POSTRIDER__SERVER__PUBLIC_URL", public_url);
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let warnings = ran.document()["warnings"].clone();
        let path = |warning: &Value| warning["path"].as_str().unwrap().to_owned();
        warnings.as_array().unwrap().iter().map(path).collect::<Vec<_>>()
    };
    let (mail, links) = ("channels.email.url", "server.public_url");
    assert_eq!(paths("smtp://u:p@mx.example?tls=none", "https://news.example"), [mail]);
    assert_eq!(paths("smtp://mx.example", "https://news.example"), [mail]);
    assert_eq!(paths("smtp://mx.example?tls=required", "http://127.0.0.1:8080"), [links]);
    assert_eq!(paths("smtps://mx.example", "http://news.example"), [links]);
    assert!(paths("smtps://mx.example", "https://news.example").is_empty());
    assert!(paths("smtp://127.0.0.1:2525?tls=none", "http://127.0.0.1:8080").is_empty());
}

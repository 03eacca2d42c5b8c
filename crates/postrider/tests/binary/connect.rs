//! `check-config` and `doctor` about the ways out: what they warn of, and what they see when they connect.

use crate::client::Client;
use crate::support::{Home, Ran};
use postrider_channels::sink::{Answer, Hook, Sink, SinkOptions, Step, Verb};
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::sync::Arc;
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

#[test]
fn a_test_shows_what_the_mail_server_said() {
    let hook: Hook = Arc::new(|step: &Step<'_>| match step.verb {
        Verb::Rcpt if step.argument.contains("nobody@") => Answer::Reply("550 5.1.1 no such person here".to_owned()),
        _ => Answer::Proceed,
    });
    let login = Some(("bob".to_owned(), "secret".to_owned()));
    let (runtime, open) = sink(SinkOptions { hook: Some(hook), ..SinkOptions::default() });
    let options = SinkOptions { login, ..SinkOptions::default() };
    let locked = runtime.block_on(Sink::start("127.0.0.1:0".parse().unwrap(), options)).unwrap();
    for (url, field, says) in [
        (format!("smtp://{}", open.address()), "/recipients/0/providerText", "550 5.1.1 no such person here"),
        (format!("smtp://bob:wrong@{}", locked.address()), "/blockedReason", "535 5.7.8 authentication failed"),
    ] {
        let home = Home::on(Database::Sqlite, &format!("[channels.email]\nurl = {url:?}\n"));
        let (_, id, secret) = home.tenant_and_client();
        let server = home.serve(&[]);
        server.until_ready();
        let client = Client::new(&server, &id, &secret);
        let campaign = client.draft(1);
        let test = client.post(&format!("{campaign}/test-sends"), json!({ "addresses": ["nobody@us.example"] }));
        let path = format!("{campaign}/test-sends/{}", test["testSendId"].as_str().unwrap());
        let test = client.until(&path, |test| test.pointer(field).is_some_and(Value::is_string));
        assert!(test.pointer(field).unwrap().as_str().unwrap().contains(says), "{test}");
        server.signal("INT");
        assert_eq!(server.wait().0, 0);
    }
}

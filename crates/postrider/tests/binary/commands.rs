//! The commands that do one thing and end, as people and programs run them.

use crate::support::{self, Home};
use postrider_store::statement::Statement;
use postrider_store::{DatabaseUrl, Store};
use serde_json::json;

#[test]
fn a_tenant_and_its_clients_are_made_listed_and_changed() {
    let home = Home::new();
    home.json(&["migrate"]);
    assert_eq!(home.json(&["tenant", "list"]), json!({ "items": [] }));
    let tenant = home.json(&["tenant", "create", "--name", "Acme", "--timezone", "europe/berlin"]);
    let id = tenant["id"].as_str().unwrap();
    let expected = |zone: Option<&str>, cutoff: &str, yes: bool| {
        json!({
            "id": id, "name": "Acme", "defaultTimezone": zone, "mailCutoff": cutoff, "requireUnsubscribeLink": yes,
            "mailUnknown": yes,
        })
    };
    assert_eq!(tenant, expected(Some("Europe/Berlin"), "17:00", true));
    let mut options = vec!["--timezone", "none", "--mail-cutoff", "12:30", "--require-unsubscribe-link", "no"];
    options.extend(["--mail-unknown", "no"]);
    let set = home.json(&[&["tenant", "set", id][..], &options].concat());
    assert_eq!(set, expected(None, "12:30", false));
    assert_eq!(home.json(&["tenant", "list"]), json!({ "items": [set] }));

    let domains = |args: &[&str]| home.json(&[&["tenant", "set", id][..], args].concat())["senderDomains"].clone();
    let two = ["--sender-domain", "Bank.TEST", "--sender-domain", "müller.example"];
    assert_eq!(domains(&two), json!(["bank.test", "xn--mller-kva.example"]));
    assert_eq!(domains(&["--name", "Acme"]), json!(["bank.test", "xn--mller-kva.example"]), "what is not given stays");
    assert_eq!(domains(&["--sender-domain", "none"]), json!([]));

    let scope = "campaigns:read campaigns:send";
    let client = home.json(&["client", "create", "--tenant", id, "--name", "crm", "--scope", scope]);
    assert_eq!(client["scopes"], json!(["campaigns:read", "campaigns:send"]));
    assert_eq!(client["clientSecret"].as_str().unwrap().len(), 43);
    let client_id = client["clientId"].as_str().unwrap();
    home.json(&["client", "disable", client_id, "--tenant", id]);
    let listed = home.json(&["client", "list", "--tenant", id]);
    assert_eq!(listed["items"][0]["clientId"], client_id);
    assert!(listed["items"][0]["disabledAt"].is_string());
    assert!(!listed.to_string().contains(client["clientSecret"].as_str().unwrap()));
}

#[test]
fn what_is_refused_has_a_sentence_a_code_and_an_exit_code() {
    let home = Home::new();
    let nobody = "018f0000-0000-7000-8000-000000000000";
    let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
    for (args, exit, code) in [
        (vec!["tenant", "create", "--name", " "], 2, "JOURNEY_API.VALIDATION.REQUEST_INVALID"),
        (vec!["tenant", "create", "--name", "A", "--timezone", "Mars"], 2, "JOURNEY_API.SCHEDULE.TIMEZONE_INVALID"),
        (vec!["tenant", "set", nobody], 1, "JOURNEY_API.TENANTS.NOT_FOUND"),
        (vec!["client", "list", "--tenant", nobody], 1, "JOURNEY_API.TENANTS.NOT_FOUND"),
        (vec!["client", "disable", nobody, "--tenant", &tenant], 1, "JOURNEY_API.CLIENTS.NOT_FOUND"),
        (
            vec!["client", "create", "--tenant", &tenant, "--name", "c", "--scope", "fly"],
            2,
            "JOURNEY_API.VALIDATION.REQUEST_INVALID",
        ),
        (vec!["tenant", "set", &tenant, "--sender-domain", "a b"], 2, "JOURNEY_API.VALIDATION.REQUEST_INVALID"),
        (vec!["client", "rotate", nobody, "--tenant", &tenant], 1, "JOURNEY_API.CLIENTS.NOT_FOUND"),
        (vec!["tenant", "list", "--database", "mysql://h/d"], 2, "CONFIG_INVALID"),
        (vec!["check-config", "--database", "postgres://bob:hunter2@h:notaport/x"], 2, "CONFIG_INVALID"),
        (vec!["check-config", "--database", "postgres://bob:hunter2@h/x?sslmode=perhaps"], 2, "CONFIG_INVALID"),
        (vec!["tenant", "list", "--database-file", "absent"], 2, "CONFIG_INVALID"),
        (vec!["tenant", "list", "--database", "sqlite:no/such/folder/x.db"], 1, "DATABASE_FAILED"),
        (vec!["tenant", "list", "--database", "postgres://u:hunter2@127.0.0.1:1/d"], 1, "DATABASE_FAILED"),
        (vec!["tenant", "list", "--config", "absent.toml"], 1, "CONFIG_INVALID"),
    ] {
        let ran = home.run(&[args.as_slice(), &["--json"]].concat());
        assert_eq!(ran.code, exit, "{args:?}: {}", ran.stderr);
        assert_eq!(ran.document()["error"]["code"], code, "{args:?}");
        assert!(ran.stderr.starts_with("postrider: ") && ran.stderr.contains(code), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("hunter2"), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_how_it_is_right() {
    let home = Home::new();
    for args in [
        &[][..],
        &["fly"],
        &["serve", "--role", "king"],
        &["client", "create", "--tenant", "not-a-uuid", "--name", "c", "--scope", "all"],
        &["tenant", "create"],
        &["serve", "--listen", "nowhere"],
    ] {
        let ran = home.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(!ran.stderr.is_empty(), "{args:?}");
    }
    let help = home.run(&["--help"]);
    assert_eq!(help.code, 0);
    for word in ["Examples:", "postrider tenant create", "serve", "--database", "--json"] {
        assert!(help.stdout.contains(word), "{word}");
    }
}

#[test]
fn check_config_tells_every_problem_at_once_and_opens_nothing() {
    let home = Home::new();
    std::fs::write(home.folder.path().join("bad.toml"), "[server]\nlisten = \"x\"\n[engine]\nlease_ms = 1\nfoo = 2\n")
        .unwrap();
    let ran = home.run(&["check-config", "--config", "bad.toml", "--json"]);
    assert_eq!(ran.code, 1);
    let problems = ran.document()["error"]["details"]["problems"].clone();
    let paths: Vec<&str> =
        problems.as_array().unwrap().iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    for path in ["server.listen", "engine.lease_ms", "engine.foo"] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    let good = home.json(&["check-config"]);
    assert_eq!((&good["valid"], &good["channels"]), (&json!(true), &json!([])));
    assert!(!home.folder.path().join("postrider.db").exists());
}

#[test]
fn the_environment_overrides_the_file_and_options_override_both() {
    let home = Home::new();
    std::fs::write(home.folder.path().join("a.toml"), "[database]\nurl = \"sqlite:file.db\"\n").unwrap();
    let database = |command: &mut std::process::Command| {
        support::Ran::from(command.output().unwrap()).document()["database"].as_str().unwrap().to_owned()
    };
    let args = ["check-config", "--json", "--config", "a.toml"];
    assert_eq!(database(&mut home.command(&args)), "sqlite:file.db");
    let variable = ("POSTRIDER__DATABASE__URL", "sqlite:env.db");
    assert_eq!(database(home.command(&args).env(variable.0, variable.1)), "sqlite:env.db");
    let option = [args.as_slice(), &["--database", "sqlite:option.db"]].concat();
    assert_eq!(database(home.command(&option).env(variable.0, variable.1)), "sqlite:option.db");
}

#[test]
fn the_schema_is_migrated_and_the_installation_examined() {
    let home = Home::new();
    let migrated = home.json(&["migrate"]);
    assert!(migrated["schemaVersion"].as_i64().unwrap() >= 1);
    assert_eq!(home.json(&["doctor"])["healthy"], true);
    let sandbox = home.folder.path().join("file");
    std::fs::write(&sandbox, "not a folder").unwrap();
    let mut command = home.command(&["doctor", "--json"]);
    command.env("POSTRIDER__CHANNELS__SMS__ADAPTER", "sandbox").env("POSTRIDER__CHANNELS__SMS__FOLDER", &sandbox);
    let ran = support::Ran::from(command.output().unwrap());
    assert_eq!((ran.code, &ran.document()["error"]["code"]), (1, &json!("UNHEALTHY")));
    assert!(ran.stderr.contains("PROBLEM"), "{}", ran.stderr);
}

/// Does to the database what a newer release will do.
const NEWER: Statement = Statement {
    name: "test.NEWER",
    sqlite: "INSERT INTO schema_migrations (version, name) VALUES (1000, 'newer')",
    postgres: "",
};

#[test]
fn a_database_of_a_newer_release_or_of_something_else_is_refused() {
    let home = Home::new();
    std::fs::write(home.folder.path().join("text.db"), "this is not a database, it is a letter\n".repeat(100)).unwrap();
    let newer = home.folder.path().join("newer.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&DatabaseUrl::Sqlite(newer)).await.unwrap();
        store.write("test", |tx| tx.execute(&NEWER, &[])).await.unwrap();
    });
    for (url, says) in [("sqlite:text.db", "not an SQLite database"), ("sqlite:newer.db", "newer postrider")] {
        let ran = home.run(&["migrate", "--database", url, "--json"]);
        assert_eq!((ran.code, &ran.document()["error"]["code"]), (1, &json!("DATABASE_FAILED")), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    }
}

#[test]
fn the_url_of_the_database_may_stand_in_a_file() {
    let home = Home::new();
    home.json(&["tenant", "create", "--name", "Acme", "--database", "sqlite:other.db"]);
    std::fs::write(home.folder.path().join("url"), "sqlite:other.db\n").unwrap();
    let listed = home.json(&["tenant", "list", "--database-file", "url"]);
    assert_eq!(listed["items"][0]["name"], "Acme");
    assert_eq!(home.run(&["tenant", "list", "--database-file", "url", "--database", "sqlite:other.db"]).code, 2);
}

#[test]
fn a_password_on_the_command_line_is_warned_of_once_and_in_a_file_it_is_not() {
    let home = Home::new();
    let url = "postgres://bob:hunter2@127.0.0.1:1/d";
    std::fs::write(home.folder.path().join("url"), url).unwrap();
    let told = home.run(&["check-config", "--database", url]);
    assert_eq!((told.code, told.stderr.matches("--database-file").count()), (0, 1), "{}", told.stderr);
    for args in [["check-config", "--database-file", "url"], ["check-config", "--database", "postgres://bob@h/d"]] {
        let quiet = home.run(&args);
        assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""), "{args:?}");
    }
    let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
    let wrong = home.run(&["tenant", "set", &tenant, "--sender-domain", "a b"]);
    assert!(wrong.stderr.contains("--sender-domain"), "{}", wrong.stderr);
    let wrong = home.run(&["check-config", "--database", "postgres://bob:hunter2@h:notaport/x"]);
    assert!(wrong.stderr.contains("database.url (--database)"), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("hunter2"), "{}", wrong.stderr);
}

//! The configuration as a whole: sources over each other, problems all at once.

use super::*;
use postrider_channels::smtp::SmtpConfig;
use std::path::PathBuf;

fn load_with(file: Option<&str>, variables: &[(&str, &str)], overrides: Overrides) -> Result<Config, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postrider.toml");
    if let Some(text) = file {
        std::fs::write(&path, text).unwrap();
    }
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(file.map(|_| path.as_path()), variables, overrides)
        .map_err(|problems| problems.iter().map(|problem| without(&problem.to_string(), &path)).collect())
}

/// The text with the folder of the test taken out.
fn without(text: &str, path: &Path) -> String {
    text.replace(&path.display().to_string(), "postrider.toml")
}

fn from_file(text: &str) -> Result<Config, Vec<String>> {
    load_with(Some(text), &[], Overrides::default())
}

fn from_variables(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    load_with(None, variables, Overrides::default())
}

fn route(url: &str) -> SmtpConfig {
    SmtpConfig::parse(url).unwrap()
}

fn defaults() -> Config {
    from_variables(&[]).unwrap()
}

#[test]
fn nothing_given_is_one_node_on_loopback_that_sends_nothing() {
    let config = defaults();
    assert_eq!(config.database, DatabaseUrl::Sqlite(PathBuf::from("postrider.db")));
    let server = Server {
        listen: "127.0.0.1:8080".to_owned(),
        public_url: None,
        tls: None,
        metrics: true,
        metrics_listen: None,
        cors_origins: Vec::new(),
        connections_max: None,
        head_timeout_ms: 10_000,
        idle_timeout_ms: 75_000,
        stall_timeout_ms: 30_000,
    };
    assert_eq!(config.server, server);
    assert_eq!(config.auth, Auth { issuer: None, token_lifetime_s: 3_600 });
    assert_eq!(config.channels, Channels::default());
    let rhythm = Engine { lease_ms: 30_000, heartbeat_ms: 2_000, poll_ms: 500 };
    assert_eq!(config.engine, rhythm);
    assert_eq!(config.policy, PolicyDefaults::default());
    assert_eq!(config.time, Time { zones: None, zone_change_tolerance_minutes: 120 });
    let webhooks = Webhooks { targets: Default::default(), timeout_ms: 15_000, ca_file: None };
    assert_eq!(config.webhooks, webhooks);
    assert_eq!(config.imports, Imports { file_max_bytes: 1_073_741_824, tenant_max_bytes: 2_147_483_648 });
    assert_eq!(config.log, Log { level: Level::Info, format: LogFormat::Text });
}

#[test]
fn the_default_file_gives_the_defaults() {
    let read = from_file(DEFAULT_FILE).unwrap();
    assert!(read.file.is_some() && read.database_origin == Some(Origin::File));
    assert_eq!(Config { file: None, database_origin: None, ..read }, defaults());
}

#[test]
fn what_the_default_file_shows_in_comments_can_be_uncommented() {
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains([' ', ':', '`'])) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let shown: String = DEFAULT_FILE.lines().map(|line| uncomment(line) + "\n").collect();
    // The mail server and the sandbox exclude each other.
    let smtp = shown.replace("adapter = \"sandbox\"\nfolder = \"outbox/email\"\n", "");
    let config = from_file(&smtp).unwrap();
    assert!(matches!(config.channels.email, Some(Email::Smtp(_))));
    assert_eq!(config.channels.direct_mail, Some(Sandbox { folder: PathBuf::from("outbox/direct_mail") }));
    assert_eq!(config.auth.issuer.as_deref(), Some("https://mail.example.com"));
    assert_eq!(config.policy.latest_finish_after_ms, Some(172_800_000));
    assert_eq!(config.policy.rate_per_minute, Some(6_000));
    let sandbox = shown.replace("url = \"smtp://127.0.0.1:25?tls=opportunistic\"\n", "");
    let config = from_file(&sandbox).unwrap();
    assert_eq!(config.channels.email, Some(Email::Sandbox(Sandbox { folder: PathBuf::from("outbox/email") })));
}

#[test]
fn variables_override_the_file_and_options_override_both() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\npublic_url = \"http://a.example/\"\n[engine]\npoll_ms = 100\n";
    let variables = [
        ("POSTRIDER__SERVER__LISTEN", "127.0.0.1:2"),
        ("POSTRIDER__ENGINE__POLL_MS", "200"),
        ("POSTRIDER__CHANNELS__EMAIL__URL", "smtp://127.0.0.1:2525"),
        ("POSTRIDER__DATABASE__URL", "sqlite:b.db"),
        ("POSTRIDER_TEST_POSTGRES_URL", "not ours"),
        ("HOME", "not ours"),
    ];
    let config = load_with(Some(file), &variables, Overrides::default()).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:2");
    assert_eq!(config.server.public_url.as_deref(), Some("http://a.example"));
    assert_eq!(config.engine.poll_ms, 200);
    let Some(Email::Smtp(smtp)) = config.channels.email else { panic!("email goes to a mail server") };
    assert_eq!((smtp.route, smtp.connections, smtp.window), (route("smtp://127.0.0.1:2525"), 10, 10));
    let overrides = Overrides {
        database: Some("postgres://h/d".to_owned()),
        listen: Some("127.0.0.1:3".to_owned()),
        ..Overrides::default()
    };
    let config = load_with(Some(file), &variables, overrides).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:3");
    assert_eq!(config.database, DatabaseUrl::Postgres("postgres://h/d".to_owned()));
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smtp-url");
    std::fs::write(&path, "smtp://user:hunter2@h:25\n").unwrap();
    let text = format!("[channels.email]\nurl_file = {:?}\n", path.display().to_string());
    let taken = |config: Config| match config.channels.email {
        Some(Email::Smtp(smtp)) => smtp.route,
        other => panic!("{other:?}"),
    };
    assert_eq!(taken(from_file(&text).unwrap()), route("smtp://user:hunter2@h:25"));
    assert!(!format!("{:?}", from_file(&text).unwrap()).contains("hunter2"));
    let variables = [("POSTRIDER__CHANNELS__EMAIL__URL", "smtp://other:25")];
    assert_eq!(taken(load_with(Some(&text), &variables, Overrides::default()).unwrap()), route("smtp://other:25"));
    let both = format!("{text}url = \"smtp://other:25\"\n");
    assert_eq!(
        from_file(&both),
        Err(vec!["channels.email.url_file: is given beside channels.email.url; give one of the two.".to_owned()])
    );
    std::fs::write(&path, " \n").unwrap();
    assert!(from_file(&text).unwrap_err()[0].ends_with("which is empty; write the secret into it."));
    std::fs::remove_file(&path).unwrap();
    assert!(from_file(&text).unwrap_err()[0].contains("which cannot be read"));
}

#[test]
fn the_targets_of_webhooks_are_what_the_operator_allows() {
    let variables = [
        ("POSTRIDER__WEBHOOKS__ALLOW_PRIVATE_TARGETS", "true"),
        ("POSTRIDER__WEBHOOKS__ALLOW_NETWORKS", "10.1.0.0/16, ::1"),
    ];
    let targets = from_variables(&variables).unwrap().webhooks.targets;
    assert_eq!((targets.allow_private, targets.allow_http, targets.networks.len()), (true, false, 2));
    let wrong = "[webhooks]\nallow_http = 1\nallow_networks = \"10.1.2.3/16\"\ntimeout_ms = 90000\n";
    assert_eq!(
        from_file(wrong),
        Err(vec![
            "webhooks.allow_networks: holds \"10.1.2.3/16\", which is no network; write networks such as 10.1.0.0/16, \
             separated by commas."
                .to_owned(),
            "webhooks.allow_http: is of type integer; write true or false.".to_owned(),
            "webhooks.timeout_ms: is 90000; write a whole number from 100 to 60000.".to_owned(),
        ])
    );
}

#[test]
fn all_problems_are_told_at_once_and_none_shows_a_secret() {
    let file = r#"
        verbose = true
        [database]
        url = "mysql://root:hunter2@h/d"
        [server]
        listen = "localhost"
        port = 80
        [auth]
        token_lifetime_s = 5
        [channels.email]
        url = "http://user:hunter2@h"
        connections = "many"
        [channels.sms]
        adapter = "modem"
        [channels.push]
        adapter = "sandbox"
        [channels.fax]
        adapter = "sandbox"
        [log]
        level = 3
    "#;
    let variables = [
        ("POSTRIDER__ENGINE__LEASE_MS", "soon"),
        ("POSTRIDER__POLICY__ON_MISSED", "panic"),
        ("POSTRIDER__SERVER__PUBLIC_URL", "mail.example.com"),
        ("POSTRIDER__LOG__FORMAT", ""),
        ("POSTRIDER____X", "1"),
    ];
    let problems = load_with(Some(file), &variables, Overrides::default()).unwrap_err();
    assert_eq!(
        problems,
        [
            "POSTRIDER____X: does not name a key; write POSTRIDER__SECTION__KEY, such as POSTRIDER__SERVER__LISTEN.",
            "database.url: is not the URL of a database (a database URL begins with sqlite: or postgres://); write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE.",
            "server.listen: is \"localhost\"; write HOST:PORT, such as 127.0.0.1:8080.",
            "server.public_url (POSTRIDER__SERVER__PUBLIC_URL): is not such an address; \
             write http:// or https://, a host and at most a path.",
            "server.port: is not known in [server]; take one of listen, public_url, metrics, metrics_listen, tls, \
             cors_origins, connections_max, head_timeout_ms, idle_timeout_ms, stall_timeout_ms or remove it.",
            "auth.token_lifetime_s: is 5; write a whole number from 60 to 86400.",
            "channels.email.url: cannot be used (The SMTP URL must begin with smtp:// or smtps://); \
             write smtp://HOST:PORT or smtps://HOST:PORT.",
            "channels.email.connections: is of type string; write a whole number from 1 to 1000.",
            "channels.sms.adapter: is \"modem\"; write one of sandbox.",
            "channels.push.folder: is missing; name the folder into which messages are written.",
            "channels.fax: is not known in [channels]; take one of email, sms, push, direct_mail or remove it.",
            "engine.lease_ms (POSTRIDER__ENGINE__LEASE_MS): is \"soon\"; write a whole number from 1000 to 600000.",
            "policy.on_missed (POSTRIDER__POLICY__ON_MISSED): is \"panic\"; write one of send, hold, cancel.",
            "log.level: is of type integer; write text in quotation marks.",
            "log.format (POSTRIDER__LOG__FORMAT): is empty; write a value or leave the key out.",
            "verbose: is not known in the configuration; \
             take one of database, server, auth, channels, engine, policy, rate_limits, time, webhooks, imports, log or remove it.",
        ]
    );
}

#[test]
fn values_that_do_not_fit_together_are_problems() {
    for (file, expected) in [
        ("[engine]\nheartbeat_ms = 10001", "engine.heartbeat_ms: is 10001 while lease_ms is 30000; take at most"),
        ("[database]\nurl = \"sqlite::memory:\"", "database.url: is in memory"),
        ("[policy]\nrate_per_minute = 0", "policy.rate_per_minute: is 0; write"),
        ("[channels.email]\nadapter = \"smtp\"", "channels.email.url: is missing"),
        ("[channels.email]\nadapter = \"sandbox\"", "channels.email.folder: is missing"),
        ("[channels.email]\nfolder = \"x\"", "channels.email.folder: is used by the sandbox alone"),
        ("[channels.sms]\nfolder = \"x\"", "channels.sms.folder: is used by the sandbox alone"),
        (
            "[channels.email]\nadapter = \"sandbox\"\nfolder = \"x\"\nurl = \"smtp://h\"",
            "channels.email.url: is not used by the sandbox",
        ),
    ] {
        let problems = from_file(file).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(expected), "{problems:?}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_told_by_its_line() {
    let problems = from_file("[server]\nlisten = \"127.0.0.1:1\"\npublic_url = http\n").unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("postrider.toml: line 3 is not TOML ("), "{problems:?}");
    let missing = load(Some(Path::new("no/such.toml")), std::iter::empty(), Overrides::default()).unwrap_err();
    assert!(missing[0].to_string().starts_with("no/such.toml: cannot be read ("), "{missing:?}");
}

#[test]
fn sections_and_values_are_not_taken_for_each_other() {
    for (file, variables, expected) in [
        ("server = 1", &[][..], "server: is a section, not a value; write its keys under [server]."),
        (
            "[server.listen]\nhost = \"h\"",
            &[][..],
            "server.listen: is a value, not a section; write text in quotation marks.",
        ),
        (
            "[server]\nlisten = \"h:1\"",
            &[("POSTRIDER__SERVER", "h:1")][..],
            "server (POSTRIDER__SERVER): is a section, not a key; add __ and the name of a key in it.",
        ),
        (
            "",
            &[("POSTRIDER__SERVER__LISTEN__PORT", "1")][..],
            "server.listen (POSTRIDER__SERVER__LISTEN__PORT): is a value, not a section; write text in quotation marks.",
        ),
    ] {
        assert_eq!(load_with(Some(file), variables, Overrides::default()), Err(vec![expected.to_owned()]));
    }
}

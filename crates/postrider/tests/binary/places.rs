//! Which database and which configuration a command uses, and what it says when there is none.

use crate::support::{Home, Ran};
use postrider_store::testkit::Database;
use serde_json::json;
use std::fs;

const NOBODY: &str = "018f0000-0000-7000-8000-000000000000";

/// Every command that needs a database which exists.
fn commands() -> Vec<Vec<&'static str>> {
    vec![
        vec!["doctor"],
        vec!["tenant", "list"],
        vec!["tenant", "set", NOBODY, "--name", "A"],
        vec!["client", "create", "--tenant", NOBODY, "--name", "c", "--scope", "all"],
        vec!["client", "list", "--tenant", NOBODY],
        vec!["client", "disable", NOBODY, "--tenant", NOBODY],
        vec!["key", "list"],
        vec!["key", "rotate"],
        vec!["campaign", "show", NOBODY, "--tenant", NOBODY],
        vec!["campaign", "watch", NOBODY, "--tenant", NOBODY],
        vec!["import", "people.csv", "--tenant", NOBODY],
        vec!["import", "people.csv", "--tenant", NOBODY, "--dry-run"],
    ]
}

fn names(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.folder.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn only_serve_migrate_and_tenant_create_make_a_database() {
    let home = Home::new();
    fs::write(home.folder.path().join("people.csv"), "email\na@b.example\n").unwrap();
    for args in commands() {
        let ran = home.run(&args);
        let expected = "postrider: There is no database at ./postrider.db (the default). Name another with --config or \
                        --database, or create one with `postrider migrate` [DATABASE_FAILED]\n";
        assert_eq!((ran.code, ran.stderr.as_str()), (1, expected), "{args:?}");
        assert_eq!(names(&home), ["people.csv"], "{args:?}");
        let named = home.run(&[args.as_slice(), &["--database", "sqlite:other.db"]].concat());
        assert!(named.stderr.contains("no database at ./other.db (from --database)"), "{}", named.stderr);
    }
    fs::write(home.folder.path().join("empty.db"), "").unwrap();
    let ran = home.run(&["tenant", "list", "--database", "sqlite:empty.db"]);
    assert!(ran.stderr.contains("The file ./empty.db (from --database) is not a Postrider database"), "{}", ran.stderr);
    home.json(&["tenant", "create", "--name", "Acme"]);
    assert!(names(&home).contains(&"postrider.db".to_owned()));
}

#[test]
fn an_empty_database_of_a_server_is_not_set_up_by_a_command_that_needs_one() {
    let home = Home::on(Database::Postgres, "");
    for args in [&["doctor"][..], &["tenant", "list"], &["key", "rotate"]] {
        let ran = home.run(args);
        assert_eq!(ran.code, 1, "{args:?}");
        assert!(ran.stderr.contains("is not a Postrider database yet"), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("(from ") && ran.stderr.contains("postrider migrate"), "{args:?}: {}", ran.stderr);
    }
    home.json(&["migrate"]);
    assert_eq!(home.json(&["doctor"])["healthy"], true);
}

#[test]
fn doctor_and_a_rehearsal_change_nothing() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "[channels.sms]\nadapter = \"sandbox\"\nfolder = \"outbox\"\n");
        let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
        fs::write(home.folder.path().join("people.csv"), "email\na@b.example\nnobody\n").unwrap();
        let file = || {
            let entries = fs::read_dir(home.folder.path()).unwrap().map(|entry| entry.unwrap().path());
            entries
                .filter(|path| path.extension().is_some_and(|end| end == "db"))
                .map(fs::read)
                .next()
                .map(Result::unwrap)
        };
        // Opening a file in WAL mode may leave these beside it.
        let is_aside = |name: &String| name.ends_with("-shm") || name.ends_with("-wal");
        let kept = || names(&home).into_iter().filter(|name| !is_aside(name)).collect::<Vec<_>>();
        let before = (kept(), file());
        let doctor = home.json(&["doctor"]);
        assert_eq!(doctor["healthy"], true);
        assert!(doctor.to_string().contains("none yet; the first start"), "no key is made: {doctor}");
        home.json(&["client", "list", "--tenant", &tenant]);
        assert_eq!(home.json(&["key", "list"]), json!({ "items": [] }));
        assert!(before == (kept(), file()), "{database:?}: {:?}", names(&home));
        // A rehearsal keeps its file in the database while it runs, and nothing afterwards.
        for _ in 0..2 {
            let rehearsed = home.json(&["import", "people.csv", "--tenant", &tenant, "--dry-run"]);
            assert_eq!((&rehearsed["created"], &rehearsed["refused"]), (&json!(1), &json!(1)));
        }
        let found = home.json(&["person", "find", "a@b.example", "--tenant", &tenant]);
        assert_eq!(found["people"], json!([]));
    }
}

#[test]
fn every_command_reads_the_configuration_of_the_folder() {
    let home = Home::new();
    // The support code passes --config itself for a file of the usual name, so commands are run without it here.
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        command.current_dir(home.folder.path().join("here"));
        Ran::from(command.output().unwrap())
    };
    let here = home.folder.path().join("here");
    fs::create_dir(&here).unwrap();
    fs::write(here.join("postrider.toml"), "[database]\nurl = \"sqlite:data.db\"\n").unwrap();
    fs::write(here.join("people.csv"), "email\na@b.example\n").unwrap();
    for args in commands() {
        let ran = run(&args);
        let says = "There is no database at ./data.db (from postrider.toml)";
        assert!(ran.code == 1 && ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
    assert!(run(&["check-config"]).stdout.contains("(postrider.toml) is valid: ./data.db (from postrider.toml)"));
    let tenant = run(&["tenant", "create", "--name", "Acme", "--json"]).document()["id"].as_str().unwrap().to_owned();
    assert!(here.join("data.db").exists() && !here.join("postrider.db").exists());
    assert_eq!(run(&["import", "people.csv", "--tenant", &tenant, "--json"]).document()["created"], 1);
    fs::write(here.join("other.toml"), "").unwrap();
    let other = run(&["tenant", "list", "--config", "other.toml"]);
    assert!(other.stderr.contains("no database at ./postrider.db (the default)"), "{}", other.stderr);
    let absent = run(&["campaign", "show", NOBODY, "--tenant", &tenant]);
    assert!(absent.stderr.contains("not found in ./data.db (from postrider.toml) ["), "{}", absent.stderr);
    fs::write(here.join("postrider.toml"), "[databse]\n").unwrap();
    assert!(run(&["tenant", "list"]).stderr.contains("databse"));
}

#[test]
fn a_database_that_cannot_be_opened_says_why_and_names_the_file() {
    let home = Home::new();
    let at = |name: &str| home.folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("letter"), "Dear database,\n".repeat(1_000)).unwrap();
    for (url, says) in [
        ("sqlite:no/such.db", "no/such.db: the folder no does not exist"),
        ("sqlite:letter/such.db", "letter/such.db: letter is not a folder"),
        ("sqlite:folder", "folder is a folder, not a file"),
        ("sqlite:letter", "letter is not an SQLite database"),
    ] {
        for command in ["migrate", "doctor"] {
            let ran = home.run(&[command, "--database", url]);
            assert!(ran.code == 1 && ran.stderr.contains(says), "{command} {url}: {}", ran.stderr);
            assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        }
    }
    let ran = home.run(&["check-config", "--database", "postgres://bob:hunter2@h:notaport/x"]);
    assert!(ran.code == 2 && ran.stderr.contains("port") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn flags_are_named_as_they_were_typed() {
    let home = Home::new();
    let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
    fs::write(home.folder.path().join("people.csv"), "email\na@b.example\n").unwrap();
    let client = ["client", "create", "--tenant", &tenant, "--name", "c", "--scope"];
    for (args, says) in [
        (
            vec!["tenant", "create", "--name", "A", "--timezone", "Europe/Nowhere"],
            "--timezone Europe/Nowhere: is not an IANA time zone, such as Europe/Berlin",
        ),
        (vec!["tenant", "create", "--name", " "], "--name \" \": is not a name"),
        (vec!["tenant", "set", &tenant, "--mail-cutoff", "noon"], "--mail-cutoff noon: "),
        (
            [&client[..], &["fly"]].concat(),
            "--scope fly: is not a scope; separate scopes with spaces; they are campaigns:create, ",
        ),
        (
            [&client[..], &["campaigns:read,campaigns:send"]].concat(),
            "--scope campaigns:read,campaigns:send: is not a scope; separate scopes with spaces",
        ),
        (vec!["import", "people.csv", "--tenant", &tenant, "--match-key", "id"], "--match-key id: must be email"),
        (vec!["import", "people.csv", "--tenant", &tenant, "--list", " "], "--list \"\": must have"),
        (vec!["import", "people.csv", "--tenant", &tenant, "--map", "x=email"], "--map"),
    ] {
        let ran = home.run(&args);
        assert!(ran.code == 2 && ran.stderr.starts_with(&format!("postrider: {says}")), "{args:?}: {}", ran.stderr);
    }
    let help = home.run(&["client", "create", "--help"]).stdout;
    for scope in ["separated by spaces", "campaigns:create", "webhooks:write"] {
        assert!(help.contains(scope), "{help}");
    }
}

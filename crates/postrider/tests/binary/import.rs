//! `postrider import`, as people and programs run it.

use crate::support::Home;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::fs;

const PEOPLE: &str = "E-Mail;Vorname;Farbe\nada@example.com;Ada;rot\nnobody;Nobody;blau\nbob@example.com;Bob;grün\n";

fn home() -> (Home, String) {
    let home = Home::new();
    let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
    (home, tenant)
}

#[test]
fn a_file_is_rehearsed_imported_and_imported_again() {
    let (home, tenant) = home();
    fs::write(home.folder.path().join("people.csv"), PEOPLE).unwrap();
    let import = |more: &[&str]| home.json(&[&["import", "people.csv", "--tenant", &tenant], more].concat());
    let counts = |report: &Value| {
        ["read", "created", "updated", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
    };

    let rehearsed = import(&["--dry-run"]);
    assert_eq!(counts(&rehearsed), [3, 2, 0, 0, 1]);
    assert_eq!((&rehearsed["refusedFile"], &rehearsed["listId"]), (&Value::Null, &Value::Null));
    assert!(!home.folder.path().join("people.refused.csv").exists(), "a dry run writes nothing");

    let first = import(&["--map", "Farbe=colour"]);
    assert_eq!(counts(&first), [3, 2, 0, 0, 1]);
    assert_eq!(first["addedToList"], 2);
    assert_eq!(first["columns"][2], json!({ "column": "Farbe", "field": "colour" }));
    assert_eq!(first["examples"], json!([{ "line": 3, "severity": "error", "reason": "email: has no @" }]));
    assert_eq!(first["refusedFile"], "people.refused.csv");
    let refused = fs::read_to_string(home.folder.path().join("people.refused.csv")).unwrap();
    assert_eq!(
        refused,
        "E-Mail;Vorname;Farbe;postrider_line;postrider_severity;postrider_reason\nnobody;Nobody;blau;3;error;email: has no @\n"
    );

    let again = import(&["--map", "Farbe=colour"]);
    assert_eq!(counts(&again), [3, 0, 0, 2, 1]);
    assert_eq!(again["listId"], first["listId"], "the list is named after the file, and found again");
    let other = import(&["--map", "Farbe=-", "--list", "Others", "--match-key", "email"]);
    assert_ne!(other["listId"], first["listId"]);
    assert_eq!(other["addedToList"], 2);

    let people = home.run(&["import", "people.csv", "--tenant", &tenant]);
    assert_eq!(people.code, 0);
    assert!(people.stdout.contains("3 rows: 0 created, 2 updated, 0 unchanged, 1 refused"), "{}", people.stdout);
    assert!(people.stdout.contains("line 3: email: has no @"), "{}", people.stdout);
    assert_eq!(people.stderr.lines().count(), 1, "no bar where there is no terminal: {}", people.stderr);
    assert!(people.stderr.starts_with("postrider: import job "), "{}", people.stderr);
}

#[test]
fn what_cannot_be_imported_has_a_sentence_a_code_and_an_exit_code() {
    let (home, tenant) = home();
    let write = |name: &str, bytes: &[u8]| fs::write(home.folder.path().join(name), bytes).unwrap();
    write("people.csv", PEOPLE.as_bytes());
    write("book.xlsx", b"PK\x03\x04...");
    write("colours.csv", b"colour,shape\nred,round\n");
    let nobody = "018f0000-0000-7000-8000-000000000000";
    for (args, exit, code) in [
        (vec!["absent.csv", "--tenant", &tenant], 1, "FILE_FAILED"),
        (vec![".", "--tenant", &tenant, "--list", "x"], 1, "FILE_FAILED"),
        (vec!["people.csv", "--tenant", nobody], 1, "JOURNEY_API.TENANTS.NOT_FOUND"),
        (vec!["book.xlsx", "--tenant", &tenant], 1, "JOURNEY_API.PUBLIC.IMPORTS.FILE_INVALID"),
        (vec!["colours.csv", "--tenant", &tenant], 2, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID"),
        (vec!["people.csv", "--tenant", &tenant, "--map", "x=email"], 2, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID"),
        (vec!["people.csv", "--tenant", &tenant, "--match-key", "id"], 2, "JOURNEY_API.VALIDATION.REQUEST_INVALID"),
        (vec!["people.csv", "--tenant", &tenant, "--list", " "], 2, "JOURNEY_API.VALIDATION.REQUEST_INVALID"),
    ] {
        let ran = home.run(&[&["import"], args.as_slice(), &["--json"]].concat());
        assert_eq!(ran.code, exit, "{args:?}: {}", ran.stderr);
        assert_eq!(ran.document()["error"]["code"], code, "{args:?}");
    }
    let unmapped = home.run(&["import", "people.csv", "--tenant", &tenant, "--map", "email"]);
    assert_eq!(unmapped.code, 2);
}

#[test]
fn a_column_that_may_be_about_consent_stops_the_import_with_the_flag_that_answers() {
    let (home, tenant) = home();
    let write = |name: &str, text: &str| fs::write(home.folder.path().join(name), text).unwrap();
    write("people.csv", "email,email_disabled\nin@e.test,false\nout@e.test,true\n");
    for more in [&[][..], &["--dry-run"]] {
        let asked = home.run(&[&["import", "people.csv", "--tenant", &tenant], more].concat());
        assert_ne!(asked.code, 0);
        for part in ["email_disabled", "\"true\"", "--map \"email_disabled=!consent.email\""] {
            assert!(asked.stderr.contains(part), "{}", asked.stderr);
        }
    }
    let answer = ["import", "people.csv", "--tenant", &tenant, "--map", "email_disabled=!consent.email"];
    let taken = home.json(&answer);
    assert_eq!((&taken["created"], &taken["consentNote"], &taken["preset"]), (&json!(2), &Value::Null, &Value::Null));

    write("words.csv", "email,Zgoda\na@e.test,tak\nb@e.test,może\n");
    let asked = home.run(&["import", "words.csv", "--tenant", &tenant]);
    assert!(asked.stderr.contains("--no \"może\""), "{}", asked.stderr);
    assert_eq!(home.json(&["import", "words.csv", "--tenant", &tenant, "--no", "może"])["created"], 2);

    write("cleaned_1.csv", "Email Address,CLEAN_TIME,LEID,EUID\nc@e.test,2020-01-02 03:04:05,1,x\n");
    assert_eq!(home.json(&["import", "cleaned_1.csv", "--tenant", &tenant])["preset"], "mailchimp_cleaned");
    write("plain.csv", "email\nd@e.test\n");
    let plain = home.run(&["import", "plain.csv", "--tenant", &tenant]);
    assert!(plain.stdout.contains("consent stays unknown for everyone; this tenant mails"), "{}", plain.stdout);
}

#[test]
fn the_kind_of_a_column_is_asked_set_and_kept() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
        let write = |name: &str, text: &str| fs::write(home.folder.path().join(name), text).unwrap();
        let import = |more: &[&str]| home.run(&[&["import", "people.csv", "--tenant", &tenant], more].concat());
        write("people.csv", "email;points;birthday\na@example.test;1.234;02/05/1954\nb@example.test;500;03/04/1990\n");
        let asked = import(&[]);
        assert_ne!(asked.code, 0);
        assert!(asked.stderr.contains("--type birthday=date:dmy"), "{}", asked.stderr);
        for (wrong, part) in [("points=money", "money"), ("point=number", "point"), ("points", "FIELD=KIND")] {
            let refused = import(&["--type", wrong, "--type", "birthday=date:dmy"]);
            assert_eq!(refused.code, 2, "{wrong}: {}", refused.stderr);
            assert!(refused.stderr.contains(part), "{}", refused.stderr);
        }
        let types = ["--type", "points=number:comma", "--type", "birthday=date:dmy"];
        let taken = import(&types);
        assert_eq!(taken.code, 0, "{}", taken.stderr);
        assert!(taken.stdout.contains("2 rows: 2 created"), "{}", taken.stdout);
        let found = home.json(&["person", "find", "a@example.test", "--tenant", &tenant]);
        let id = found["people"][0]["id"].as_str().unwrap();
        let exported = home.run(&["person", "export", id, "--tenant", &tenant, "--out", "a.json"]);
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        let document = fs::read_to_string(home.folder.path().join("a.json")).unwrap();
        let document: Value = serde_json::from_str(&document).unwrap();
        let record = &document["profile"]["record"];
        assert_eq!((&record["points"], &record["birthday"]), (&json!(1_234), &json!("1954-05-02")));

        // The attribute keeps its kind: what does not fit is left out and reported.
        write("people.csv", "email;points\na@example.test;many\n");
        let kept = home.json(&["import", "people.csv", "--tenant", &tenant]);
        assert_eq!((&kept["refused"], &kept["fieldsLeftOut"]), (&json!(0), &json!(1)), "{kept}");
        let changed = home.json(&["import", "people.csv", "--tenant", &tenant, "--type", "points=text"]);
        assert_eq!((&changed["updated"], &changed["fieldsLeftOut"]), (&json!(1), &json!(0)), "{changed}");
    }
}

#[cfg(unix)]
#[test]
fn rows_with_warnings_are_in_a_file_of_their_own_that_can_be_corrected_and_imported() {
    use std::os::unix::fs::PermissionsExt as _;
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let (tenant, ..) = home.tenant_and_client();
        let file = |name: &str| home.folder.path().join(name);
        fs::write(file("people.csv"), "email,phone\nnobody,\na@example.com,030 1\nb@example.com,\n").unwrap();
        // A file of an earlier import that others could read.
        fs::write(file("people.warnings.csv"), "old").unwrap();
        fs::set_permissions(file("people.warnings.csv"), fs::Permissions::from_mode(0o644)).unwrap();
        let first = home.json(&["import", "people.csv", "--tenant", &tenant]);
        assert_eq!((&first["created"], &first["fieldsLeftOut"]), (&json!(2), &json!(1)));
        assert_eq!(first["warningsFile"], "people.warnings.csv");
        for name in ["people.refused.csv", "people.warnings.csv"] {
            assert_eq!(fs::metadata(file(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        let warnings = fs::read_to_string(file("people.warnings.csv")).unwrap();
        assert!(
            warnings.contains("a@example.com,030 1,3,warning,phone: ") && !warnings.contains("nobody"),
            "{warnings}"
        );
        fs::write(file("people.warnings.csv"), warnings.replace("030 1", "+49 30 1234")).unwrap();
        let again = home.json(&["import", "people.warnings.csv", "--tenant", &tenant, "--list", "people"]);
        assert_eq!(
            (&again["updated"], &again["fieldsLeftOut"], &again["addedToList"]),
            (&json!(1), &json!(0), &json!(0))
        );
        assert_eq!(again["columns"][2]["field"], "-", "our own columns are left out: {again}");
    }
}

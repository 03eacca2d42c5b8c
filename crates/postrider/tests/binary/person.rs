//! `postrider person`, as people and programs run it.

use crate::support::Home;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::fs;

const PEOPLE: &str = "email,first_name,last_name\nada@example.com,Ada,Lovelace\njurgen@example.com,Jürgen,Müller\n";

#[test]
fn a_person_is_found_shown_exported_and_forgotten() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let tenant = home.json(&["tenant", "create", "--name", "Acme"])["id"].as_str().unwrap().to_owned();
        fs::write(home.folder.path().join("people.csv"), PEOPLE).unwrap();
        home.json(&["import", "people.csv", "--tenant", &tenant]);
        let person = |args: &[&str]| home.json(&[&["person"], args, &["--tenant", &tenant]].concat());

        let found = person(&["find", "jurg"]);
        assert_eq!(found["people"].as_array().unwrap().len(), 1);
        assert_eq!(found["more"], false);
        let id = found["people"][0]["id"].as_str().unwrap().to_owned();
        let told = home.run(&["person", "find", "müller jürgen", "--tenant", &tenant]);
        assert_eq!(
            (told.code, told.stdout.trim_end()),
            (0, format!("{id}  Jürgen  Müller  jurgen@example.com").as_str())
        );
        let nobody = home.run(&["person", "find", "%", "--tenant", &tenant]);
        assert_eq!((nobody.code, nobody.stdout.trim_end()), (0, "Nobody was found."));

        let shown = person(&["show", &id]);
        assert_eq!((&shown["lists"][0]["name"], &shown["deliveries"]), (&json!("people"), &json!([])));
        let exported = home.run(&["person", "export", &id, "--tenant", &tenant, "--out", "person.json"]);
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        let document = fs::read_to_string(home.folder.path().join("person.json")).unwrap();
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["profile"]["record"]["email"], "jurgen@example.com");
        assert_eq!(document["lists"][0]["name"], "people");

        let asked = home.run(&["person", "forget", &id, "--tenant", &tenant]);
        assert_eq!(asked.code, 2, "{}", asked.stderr);
        assert!(asked.stderr.contains("Add --yes to confirm; nobody was erased"), "{}", asked.stderr);
        assert_eq!(person(&["forget", &id, "--yes"])["erased"], true);
        assert_eq!(person(&["find", "jurg"])["people"], json!([]));
        assert_eq!(home.run(&["person", "show", &id, "--tenant", &tenant]).code, 1);
    }
}

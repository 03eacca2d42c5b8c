//! `postrider drill`: nodes and the database are struck while they send, and no person is lost or gets two messages.

use crate::support::Home;
use serde_json::json;

#[test]
fn a_killed_server_loses_nobody_and_writes_to_nobody_twice() {
    let home = Home::new();
    let before = std::fs::read_dir(home.folder.path()).unwrap().count();
    let drilled = home.json(&["drill", "--recipients", "600", "--kills", "3"]);
    assert_eq!((&drilled["balanced"], &drilled["difference"]), (&json!(true), &json!(0)), "{drilled}");
    for wrong in ["handedOffTwice", "lost", "unaccounted"] {
        assert_eq!(drilled[wrong], 0, "{drilled}");
    }
    let number = |pointer: &str| drilled.pointer(pointer).unwrap().as_i64().unwrap();
    let told = number("/handedOffOnce") + number("/uncertain/arrived") + number("/uncertain/notArrived");
    assert_eq!(told + number("/leftOut"), 600, "{drilled}");
    let kills = drilled["kills"].as_array().unwrap();
    assert_eq!(kills.len(), 3);
    assert!(kills[0]["messagesArrived"].as_i64().unwrap() < told, "it was killed in the middle: {drilled}");
    assert_eq!(std::fs::read_dir(home.folder.path()).unwrap().count(), before, "nothing is left here");
}

#[test]
fn nodes_on_a_server_of_their_own_survive_kills_restarts_and_a_wrong_clock() {
    let home = Home::new();
    let strikes = "--strikes=kills,restarts,clocks";
    let drilled = home.json(&["drill", "--postgres", "--nodes", "2", "--recipients", "900", "--kills", "1", strikes]);
    assert_eq!(drilled["balanced"], true, "{drilled}");
    assert_eq!(drilled["strikes"], json!({ "kills": 1, "restarts": 2, "clocks": 2 }), "{drilled}");
    assert_eq!((&drilled["starts"]["campaigns"], &drilled["starts"]["early"]), (&json!(5), &json!(0)), "{drilled}");
    assert!(drilled["reads"]["accounts"].as_i64().unwrap() > 0 && drilled["reads"]["wrong"] == 0, "{drilled}");
    assert_eq!(drilled["recipients"], 900, "{drilled}");
}

#[test]
fn nodes_in_a_schema_of_a_named_server_survive_a_stop_and_a_silent_path() {
    let home = Home::new();
    let url = std::env::var("POSTRIDER_TEST_POSTGRES_URL").expect("cargo xtask test starts a server");
    let args = ["drill", "--database-url", &url, "--nodes", "2", "--recipients", "900", "--strikes", "stops,paths"];
    let drilled = home.json(&args);
    assert_eq!(
        (&drilled["balanced"], &drilled["strikes"]),
        (&json!(true), &json!({ "stops": 2, "paths": 2 })),
        "{drilled}"
    );
    assert_eq!(drilled["starts"]["early"], 0, "{drilled}");
}

#[test]
fn a_drill_refuses_strikes_that_the_database_does_not_allow() {
    let home = Home::new();
    for (args, why) in [
        (&["--strikes", "clocks"][..], "no clock but its own"),
        (&["--strikes", "restarts"], "only a database that it has started"),
        (&["--nodes", "2"], "Only one node can send from SQLite"),
        (&["--database-url", "postgres://nobody@127.0.0.1:1/none?sslmode=disable", "--kills", "1"], "--database-url"),
    ] {
        let ran = home.run(&[&["drill"], args].concat());
        assert!(ran.code != 0 && ran.stderr.contains(why), "{args:?}: {} {}", ran.code, ran.stderr);
    }
}

#[test]
fn a_drill_takes_no_configuration_and_a_sensible_number() {
    let home = Home::new();
    let ran = home.run(&["drill", "--recipients", "5"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = home.run(&["drill", "--recipients", "100", "--kills", "1", "--config", "no-such.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("The accounts balance"), "{}", ran.stdout);
}

#[test]
fn only_a_drill_starts_a_server_with_a_wrong_clock() {
    let home = Home::new();
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0", "--clock-ahead-ms=600000"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("`postrider drill` only"), "{}", ran.stderr);
    assert!(!home.folder.path().join("postrider.db").exists(), "nothing was opened");
}

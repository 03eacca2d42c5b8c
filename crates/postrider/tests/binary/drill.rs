//! `postrider drill`: the server is killed in the middle, and nobody is lost or written to twice.

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
fn a_drill_takes_no_configuration_and_a_sensible_number() {
    let home = Home::new();
    let ran = home.run(&["drill", "--recipients", "5"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = home.run(&["drill", "--recipients", "100", "--kills", "1", "--config", "no-such.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("The accounts balance"), "{}", ran.stdout);
}

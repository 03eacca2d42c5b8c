//! `postrider demo`, from an empty folder to balanced accounts, and what `postrider campaign` says afterwards.

use crate::support::{Home, Ran};
use serde_json::{Value, json};

/// Runs the demonstration in a folder of the home and answers its document.
#[track_caller]
fn demonstrated(home: &Home, args: &[&str]) -> Value {
    let args: Vec<&str> = ["demo", "--exit", "--folder", "shown"].iter().chain(args).copied().collect();
    home.json(&args)
}

#[test]
fn everybody_is_accounted_for_once_by_postrider_and_by_the_mail_server() {
    let home = Home::new();
    let shown = demonstrated(&home, &["--recipients", "50"]);
    let expected = json!({
        "frozen": 50, "pending": 0, "inFlight": 0, "sent": 45, "failed": 0, "suppressed": 3, "skipped": 2,
        "expired": 0, "canceled": 0, "uncertain": 0,
    });
    assert_eq!(shown["counts"], expected);
    assert_eq!((&shown["difference"], &shown["balanced"]), (&json!(0), &json!(true)));
    assert_eq!(shown["mailServer"], json!({ "messages": 45, "mostForOneAddress": 1 }));
    assert!(shown["startLatenessMs"].as_i64().unwrap() >= 0, "never early: {shown}");
    #[cfg(unix)]
    crate::private::all_are_private(&home.folder.path().join("shown"));
    let message = home.folder.path().join(shown["messages"][0].as_str().unwrap());
    assert!(std::fs::read_to_string(message).unwrap().contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));

    // The database stays: the command line reads it without a token.
    let (campaign, tenant) = (shown["campaignId"].as_str().unwrap(), shown["tenantId"].as_str().unwrap());
    for verb in ["show", "watch"] {
        let args = ["campaign", verb, campaign, "--tenant", tenant, "--database", "sqlite:shown/postrider.db"];
        let told = home.json(&args);
        assert_eq!(told["executionStatus"], "completed");
        assert_eq!(told["execution"]["counts"], expected);
        assert!(home.run(&args).stdout.contains("+ sent        45\n"));
    }
    let other = home.json(&["tenant", "create", "--name", "Other", "--database", "sqlite:shown/postrider.db"]);
    let other = other["id"].as_str().unwrap();
    let ran = home.run(&["campaign", "show", campaign, "--tenant", other, "--database", "sqlite:shown/postrider.db"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("CAMPAIGNS.NOT_FOUND"), "{}", ran.stderr);
}

#[test]
fn a_temporary_folder_goes_unless_it_is_to_be_kept() {
    let home = Home::new();
    let shown = |more: &[&str]| {
        let args = [&["demo", "--exit", "--recipients", "3", "--json"], more].concat();
        let mut command = home.command(&args);
        command.env("TMPDIR", home.folder.path());
        Ran::from(command.output().unwrap()).document()
    };
    let folders = || std::fs::read_dir(home.folder.path()).unwrap().count();
    assert_eq!((&shown(&[])["folder"], folders()), (&Value::Null, 0));
    let kept = shown(&["--keep"]);
    assert_eq!(folders(), 1);
    for name in ["folder", "tokenFile"] {
        assert!(std::path::Path::new(kept[name].as_str().unwrap()).exists(), "{name}");
    }
    for (command, absent) in [("demo", "--config"), ("demo", "--database"), ("drill", "--config")] {
        let help = home.run(&[command, "--help"]).stdout;
        assert!(!help.contains(absent), "{help}");
    }
}

#[test]
fn people_of_a_file_are_taken_as_they_are() {
    let home = Home::new();
    let rows = "Email,First Name,City\nzoe@example.org,Zoé,Köln\nZOE@example.org,Zoé,Köln\nnot an address,Nobody,\n\
                pawel@example.net,Paweł,Łódź\n";
    std::fs::write(home.folder.path().join("people.csv"), rows).unwrap();
    let shown = demonstrated(&home, &["--contacts", "people.csv"]);
    assert_eq!((&shown["people"], &shown["counts"]["sent"]), (&json!(2), &json!(2)));
    let refused = std::fs::read_to_string(home.folder.path().join("shown/contacts.refused.csv")).unwrap();
    assert!(refused.contains("not an address"), "{refused}");
}

#[test]
fn people_read_each_request_and_nothing_goes_into_a_folder_in_use() {
    let home = Home::new();
    std::fs::create_dir(home.folder.path().join("shown")).unwrap();
    std::fs::write(home.folder.path().join("shown/mine.txt"), "mine").unwrap();
    let ran = home.run(&["demo", "--exit", "--folder", "shown"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{}", ran.stderr);
    assert!(ran.stderr.contains("shown is not empty; name a new one"), "{}", ran.stderr);

    let ran = home.run(&["demo", "--exit", "--recipients", "3", "--folder", "fresh"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for line in ["/schedule → 200", "/preflight → 200", "/schedule-jobs → 200", "/schedule-jobs → 201", "= pending"]
    {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("curl"), "with --exit there is no server left to try");
    let wide: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty() && !ran.stdout.contains('\u{1b}'), "{wide:?}");
    assert!(home.folder.path().join("fresh/postrider.db").exists(), "a folder that was named stays");
    assert_eq!(home.run(&["demo", "--recipients", "0"]).code, 2);
}

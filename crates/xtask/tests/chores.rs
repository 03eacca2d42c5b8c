//! The chores as people run them. A named server stands in for a cluster: nothing here connects to it.
#![cfg(test)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

const URL: &str = "postgres://nobody@127.0.0.1:9/nothing";

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).env("POSTRIDER_TEST_POSTGRES_URL", URL).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = xtask(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn without_a_chore_they_are_listed() {
    let (code, told) = run(&[]);
    assert_eq!(code, Some(0));
    for chore in ["test", "pg", "check", "contract", "regen"] {
        assert!(told.contains(&format!("cargo xtask {chore}")), "{told}");
    }
    assert_eq!(run(&["tset"]).0, Some(2));
    assert_eq!(run(&["pg", "--"]).0, Some(2));
    assert_eq!(run(&["contract", "lnit"]).0, Some(2));
}

#[test]
fn a_command_gets_the_server_and_its_exit_code_is_ours() {
    assert_eq!(
        run(&["pg", "--", "sh", "-c", "echo $POSTRIDER_TEST_POSTGRES_URL; exit 7"]),
        (Some(7), format!("{URL}\n"))
    );
    assert_eq!(run(&["pg", "sh", "-c", "kill -s KILL $$"]).0, Some(137));
    assert_eq!(run(&["pg", "--", "no-such-program"]).0, Some(1));
}

#[test]
fn a_signal_ends_the_command_first() {
    let mut running = xtask(&["pg", "--", "sh", "-c", "echo ready; exec sleep 600"]);
    let mut running = running.stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(running.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "ready");
    let killed = Command::new("kill").args(["-s", "TERM", &running.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(running.wait().unwrap().code(), Some(143));
    assert!(said.next().is_none(), "the command holds its output open no longer");
}

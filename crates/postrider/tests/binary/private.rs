//! What Postrider writes is for its own user alone, and what is open to others is reported.

use crate::support::{CONFIG, Home};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SANDBOXES: &str = "[database]\nurl = \"sqlite:data/postrider.db\"\n\
    [channels.email]\nadapter = \"sandbox\"\nfolder = \"out/email\"\n\
    [channels.sms]\nadapter = \"sandbox\"\nfolder = \"out/sms\"\n";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Everything in a folder.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { [inside(&path), vec![path]].concat() } else { vec![path] }).collect()
}

/// Holds everything in a folder against 0600 and 0700.
#[track_caller]
pub fn all_are_private(folder: &Path) {
    let all = inside(folder);
    assert!(!all.is_empty());
    for path in all {
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

/// Runs a command under a umask that keeps nothing from anybody.
fn under_no_umask(home: &Home, args: &[&str]) -> Command {
    let inner = home.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(home.folder.path()).stdin(Stdio::null());
    for (name, _) in inner.get_envs() {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn done(home: &Home, args: &[&str]) -> String {
    let output = under_no_umask(home, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A home whose database and people are in the folder `data`, with a tenant.
fn home() -> (Home, String) {
    let home = Home::new();
    fs::write(home.folder.path().join(CONFIG), SANDBOXES).unwrap();
    fs::create_dir(home.folder.path().join("data")).unwrap();
    let tenant = done(&home, &["tenant", "create", "--name", "Acme", "--json"]);
    let tenant: serde_json::Value = serde_json::from_str(&tenant).unwrap();
    (home, tenant["id"].as_str().unwrap().to_owned())
}

#[test]
fn whatever_is_written_is_private_under_any_umask() {
    let (home, tenant) = home();
    let at = |path: &str| home.folder.path().join(path);
    fs::create_dir(at("people")).unwrap();
    fs::write(at("people/a.csv"), "email\nnobody\n").unwrap();
    fs::set_permissions(at("people/a.csv"), fs::Permissions::from_mode(0o600)).unwrap();
    // One from before, when it was still open to others.
    fs::write(at("people/a.refused.csv"), "").unwrap();
    fs::set_permissions(at("people/a.refused.csv"), fs::Permissions::from_mode(0o666)).unwrap();
    done(&home, &["import", "people/a.csv", "--tenant", &tenant]);
    assert!(fs::read_to_string(at("people/a.refused.csv")).unwrap().contains("nobody"));
    all_are_private(&at("people"));

    let create = ["client", "create", "--tenant", &tenant, "--name", "c", "--scope", "all", "--output"];
    let shown = done(&home, &[&create[..], &["data/client.json"]].concat());
    let written: serde_json::Value = serde_json::from_slice(&fs::read(at("data/client.json")).unwrap()).unwrap();
    let secret = written["clientSecret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    assert!(!shown.contains(secret), "{shown}");
    let id = written["clientId"].as_str().unwrap();
    done(&home, &["client", "rotate", id, "--tenant", &tenant, "--output", "data/client.json", "--json"]);
    let rotated: serde_json::Value = serde_json::from_slice(&fs::read(at("data/client.json")).unwrap()).unwrap();
    assert_eq!(
        (&rotated["clientId"], rotated["clientSecret"] == written["clientSecret"]),
        (&written["clientId"], false)
    );

    let mut serving = under_no_umask(&home, &["serve", "--json", "--listen", "127.0.0.1:0"]);
    let mut serving = serving.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serving.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.contains("address"), "{line}");
    all_are_private(&at("data"));
    all_are_private(&at("out"));
    let files: Vec<_> = inside(&at("data")).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    for name in ["postrider.db", "postrider.db-wal", "postrider.db-shm", "postrider.db.lock"] {
        assert!(files.iter().any(|file| file == name), "{name} of {files:?}");
    }
    assert_eq!(mode(&at("out")), 0o700);
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert_eq!(home.run(&["doctor"]).code, 0);
}

#[test]
fn what_others_can_open_is_reported_with_the_command_that_ends_it() {
    let (home, _) = home();
    let database = home.folder.path().join("data/postrider.db");
    fs::create_dir_all(home.folder.path().join("out/sms")).unwrap();
    for (path, wide) in [(database.clone(), 0o640), (home.folder.path().join("out/sms"), 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(wide)).unwrap();
    }
    let wanted = ["chmod 600 'data/postrider.db'", "chmod 700 'out/sms'"];
    let doctor = home.run(&["doctor"]);
    assert_eq!(doctor.code, 1, "{}", doctor.stdout);
    let server = home.serve(&[]);
    server.signal("TERM");
    let (_, log) = server.wait();
    for wanted in wanted {
        assert!(doctor.stderr.contains(wanted), "{wanted}: {}", doctor.stderr);
        assert_eq!(log.matches(wanted).count(), 1, "{wanted}: {log}");
    }
}

#[test]
fn revoking_the_signing_keys_leaves_one_and_says_what_to_do() {
    let (home, _) = home();
    home.json(&["key", "rotate"]);
    let listed = home.json(&["key", "list"]);
    let states: Vec<_> = listed["items"].as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states[0], "signs");
    let told = home.run(&["key", "rotate", "--revoke"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("every client must fetch a new one"), "{}", told.stdout);
    let listed = home.json(&["key", "list"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

//! The cluster: made, started, stopped, removed.

use super::account::Account;
use super::programs::Programs;
use crate::Outcome;
use std::io::{BufRead as _, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use tempfile::TempDir;

/// How many free ports are tried: another program may take one between our look and the server's start.
const PORTS_MAX: usize = 5;

/// Enough for every test program of the workspace at once.
const CONNECTIONS_MAX: u32 = 200;

/// The server's log line when it takes connections; `LC_ALL=C` keeps it English.
const READY: &str = "database system is ready to accept connections";

/// A running server with its own data.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    account: Account,
    folder: TempDir,
    server: Child,
    port: u16,
}

impl Cluster {
    /// Makes a cluster on a free port of 127.0.0.1 that trusts whoever reaches it and does not wait for the disk.
    pub fn start() -> Outcome<Self> {
        let programs = Programs::find_or_install()?;
        let account = Account::choose()?;
        let builder = tempfile::Builder::new().prefix("postrider-postgres-").to_owned();
        let folder = match account {
            Account::Own => builder.tempdir()?,
            // The folder that our environment names for temporary files may be closed to others.
            Account::Other { .. } => builder.tempdir_in("/tmp")?,
        };
        account.own(folder.path())?;
        make(&programs, &account, folder.path().join("data"))?;
        let mut trouble = String::new();
        for _ in 0..PORTS_MAX {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            match serve(&programs, &account, folder.path().join("data"), port)? {
                Ok(server) => return Ok(Self { programs, account, folder, server, port }),
                Err(log) => trouble = log,
            }
        }
        Err(format!("PostgreSQL does not start; its last words:\n{trouble}").into())
    }

    /// A superuser's URL.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The server's name and version.
    pub fn version(&self) -> String {
        self.programs.version().unwrap_or_else(|_| "PostgreSQL".to_owned())
    }

    /// Stops the server at once and removes its data.
    pub fn stop(mut self) -> Outcome<()> {
        self.end();
        Ok(self.folder_removed()?)
    }

    fn folder_removed(&mut self) -> std::io::Result<()> {
        std::fs::remove_dir_all(self.folder.path())
    }

    fn end(&mut self) {
        let mut stop = self.account.command(&self.programs.pg_ctl);
        stop.args(["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"]).arg(self.folder.path().join("data"));
        let stopped = stop.stdin(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !stopped {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

/// Makes the data folder. The collation is C, the order in which SQLite compares too.
fn make(programs: &Programs, account: &Account, data: PathBuf) -> Outcome<()> {
    let mut command = account.command(&programs.initdb);
    command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
    let output = command.arg("--pgdata").arg(data).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("initdb ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()).into())
}

/// Starts the server and waits until it takes connections; the inner error is its log if it ends before that.
fn serve(programs: &Programs, account: &Account, data: PathBuf, port: u16) -> Outcome<Result<Child, String>> {
    let mut command = account.bound_command(&programs.postgres);
    command.arg("-D").arg(data);
    let settings = [
        format!("port={port}"),
        format!("max_connections={CONNECTIONS_MAX}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "fsync=off".to_owned(),
        "full_page_writes=off".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
    ];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    // Its own process group: an interrupt at the terminal must not stop it under the tests.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut server = command.spawn()?;
    let log = server.stderr.take().ok_or("the server's log is not a pipe")?;
    let (heard, ready) = mpsc::channel();
    std::thread::spawn(move || follow(log, &heard));
    let first = ready.recv()?;
    if first.is_err() {
        server.wait()?;
    }
    Ok(first.map(|()| server))
}

/// Reads the log to its end, so that the server never blocks on it, and tells when it is ready or else what it said.
fn follow(log: impl Read, heard: &mpsc::Sender<Result<(), String>>) {
    let mut said = String::new();
    let mut ready = false;
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        if ready {
            continue;
        }
        said.push_str(&line);
        said.push('\n');
        if line.contains(READY) {
            ready = true;
            let _ = heard.send(Ok(()));
        }
    }
    if !ready {
        let _ = heard.send(Err(said));
    }
}

//! The nodes that are struck: this very program as `postrider serve`, each in a folder of its own, with proxies of ours on
//! its paths to the mail server and to the database.

use super::cluster::Database;
use crate::api_client::ApiClient;
use crate::cli::Failure;
use crate::demo::DemoError;
use crate::drilled;
use postrider_channels::proxy::Proxy;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where a node writes its log, in which to look for the cause of a failed drill.
const LOG: &str = "serve.log";
/// How long a node may work on what it claimed, in milliseconds: short, so that the drill is short.
pub const LEASE_MS: i64 = 3_000;

/// The parts of a node that outlast its server: its folder, its paths, and its client.
pub struct Home {
    program: PathBuf,
    folder: PathBuf,
    client: (String, String),
    /// The path to the mail server.
    pub mail: Proxy,
    /// The path to the database, if the drill has started that.
    pub database: Option<Proxy>,
}

impl Home {
    /// Makes the folder of a node with its configuration.
    pub async fn furnish(folder: PathBuf, database: &Database, mail_server: SocketAddr) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| machine("find this program", error))?;
        let proxied = |error| machine("start a proxy", error);
        let mail = Proxy::start(mail_server.to_string()).await.map_err(proxied)?;
        let path = match database.own() {
            Some(cluster) => Some(Proxy::start(format!("127.0.0.1:{}", cluster.port)).await.map_err(proxied)?),
            None => None,
        };
        let url = database.url(path.as_ref().map(|path| path.address().port()));
        // The public address is fixed: it is in the tokens, and each server listens at another port.
        let config = format!(
            "[database]\nurl = {url:?}\n\
             [server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1\"\n\
             [channels.email]\nurl = \"smtp://{}?tls=none\"\n\
             [engine]\nlease_ms = {LEASE_MS}\nheartbeat_ms = 1000\n\
             [rate_limits]\nread = 0\nwrite = 0\nbatch = 0\nexecute = 0\ntoken = 0\n",
            mail.address(),
        );
        std::fs::create_dir_all(&folder).map_err(|error| machine("make a folder", error))?;
        // The URL of the database may hold a password.
        let file = File::options().write(true).create_new(true).mode(0o600).open(folder.join("postrider.toml"));
        let written = file.and_then(|mut file| file.write_all(config.as_bytes()));
        written.map_err(|error| machine("write a file", error))?;
        Ok(Self { program, folder, client: Default::default(), mail, database: path })
    }

    /// Makes a tenant and a client as an operator does.
    pub fn admit(&self) -> Result<(String, String), Failure> {
        let tenant = self.answer(&["tenant", "create", "--name", "Drill"])?;
        let tenant = text(&tenant, "id")?;
        let client = self.answer(&["client", "create", "--tenant", &tenant, "--name", "drill", "--scope", "all"])?;
        Ok((text(&client, "clientId")?, text(&client, "clientSecret")?))
    }

    /// The client of this node.
    pub fn is_asked_by(&mut self, client: (String, String)) {
        self.client = client;
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--config", "postrider.toml", "--json"]);
        command.current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("POSTRIDER")) {
            command.env_remove(name);
        }
        command
    }

    fn answer(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let output = self.command(arguments).output().map_err(|error| machine("start this program", error))?;
        let read = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success());
        read.ok_or_else(|| machine("prepare the drill", String::from_utf8_lossy(&output.stderr).trim()))
    }

    fn log(&self) -> PathBuf {
        Path::new(&self.folder).join(LOG)
    }
}

/// A running server; dropped, it is killed.
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it, with a wall clock that is this many milliseconds ahead, and waits until it takes requests.
    pub async fn start(home: &Home, clock_ahead_ms: i64) -> Result<Self, Failure> {
        let log = File::options().append(true).create(true).open(home.log());
        let log = log.map_err(|error| machine("write a file", error))?;
        let ahead = format!("--clock-ahead-ms={clock_ahead_ms}");
        let arguments: &[&str] = if clock_ahead_ms == 0 { &["serve"] } else { &["serve", &ahead] };
        let mut command = home.command(arguments);
        command.env(drilled::BY, std::process::id().to_string());
        let spawned = command.stdout(Stdio::piped()).stderr(log).spawn();
        let mut server = Self { child: spawned.map_err(|error| machine("start a server", error))?, url: String::new() };
        let output = server.child.stdout.take();
        let first = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            output.map(|output| BufReader::new(output).read_line(&mut line));
            line
        });
        let line = first.await.map_err(|error| machine("start a server", error))?;
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        server.url = text(&told, "url").map_err(|_| {
            let log = std::fs::read_to_string(home.log()).unwrap_or_default();
            machine("start a server", log.lines().last().unwrap_or("it says nothing"))
        })?;
        Ok(server)
    }

    /// A client of it with every scope.
    pub async fn signed_in(&self, home: &Home) -> Result<ApiClient, Failure> {
        let mut api = ApiClient::new(&self.url);
        api.sign_in(&home.client.0, &home.client.1).await.map_err(DemoError::from)?;
        Ok(api)
    }

    /// Kills it, as the machine would: without a word (SIGKILL).
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().map_err(|error| machine("kill the server", error))?;
        self.child.wait().map(drop).map_err(|error| machine("wait for the killed server", error))
    }

    /// Stops it (SIGSTOP), or lets it go on (SIGCONT).
    pub fn stand_still(&self, stands: bool) -> Result<(), Failure> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| machine("stop a server", "it has no process id"))?;
        let signal = if stands { Signal::STOP } else { Signal::CONT };
        kill_process(pid, signal).map_err(|error| machine("stop a server", error))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(document: &Value, name: &str) -> Result<String, Failure> {
    let found = document[name].as_str().map(str::to_owned);
    found.ok_or_else(|| machine("prepare the drill", format!("there is no {name} in the answer")))
}

pub(super) fn machine(tried: &'static str, why: impl std::fmt::Display) -> Failure {
    DemoError::Machine(tried, why.to_string()).into()
}

//! The server that is killed: this very program as `postrider serve`, in a folder of its own.

use crate::api_client::ApiClient;
use crate::cli::Failure;
use crate::demo::DemoError;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the server says what it does; for whoever looks for the cause of a failed drill.
const LOG: &str = "serve.log";

/// What outlives a server: its folder with the database, and the client that asks it.
pub struct Home {
    program: PathBuf,
    folder: PathBuf,
    client: (String, String),
}

impl Home {
    /// Writes the configuration, and makes a tenant and a client as an operator does.
    pub fn furnish(folder: &Path, mail_server: SocketAddr) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| machine("find this program", error))?;
        let mut home = Self { program, folder: folder.to_owned(), client: Default::default() };
        // The public address is fixed: it is in the tokens, and each server listens at another port.
        let config = format!(
            "[database]\nurl = \"sqlite:postrider.db\"\n\
             [server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1\"\n\
             [channels.email]\nurl = \"smtp://{mail_server}?tls=none\"\n\
             [rate_limits]\nread = 0\nwrite = 0\nbatch = 0\nexecute = 0\ntoken = 0\n",
        );
        std::fs::write(folder.join("postrider.toml"), config).map_err(|error| machine("write a file", error))?;
        let tenant = home.answer(&["tenant", "create", "--name", "Drill"])?;
        let tenant = text(&tenant, "id")?;
        let client = home.answer(&["client", "create", "--tenant", &tenant, "--name", "drill", "--scope", "all"])?;
        home.client = (text(&client, "clientId")?, text(&client, "clientSecret")?);
        Ok(home)
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
}

/// A running server; dropped, it is killed.
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it and waits until it takes requests.
    pub async fn start(home: &Home) -> Result<Self, Failure> {
        let log = std::fs::File::options().append(true).create(true).open(home.folder.join(LOG));
        let log = log.map_err(|error| machine("write a file", error))?;
        let mut command = home.command(&["serve"]);
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
            let log = std::fs::read_to_string(home.folder.join(LOG)).unwrap_or_default();
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

fn machine(tried: &'static str, why: impl std::fmt::Display) -> Failure {
    DemoError::Machine(tried, why.to_string()).into()
}

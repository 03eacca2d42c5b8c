//! A process of the service whose wall clock can be moved, and a client of its API.

use crate::Outcome;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The parts that all processes of a case share.
pub struct Home {
    binary: PathBuf,
    library: PathBuf,
    folder: PathBuf,
    tenant: String,
    client: (String, String),
}

impl Home {
    /// Writes the configuration into a folder, makes a tenant and a client, and imports the people.
    pub fn furnish(
        binary: &Path,
        library: &Path,
        folder: &Path,
        config: &str,
        people: usize,
    ) -> Outcome<(Self, String)> {
        std::fs::write(folder.join("postrider.toml"), config)?;
        let table = (0..people).fold(String::from("email\n"), |mut table, number| {
            let _ = writeln!(table, "person{number}@example.org");
            table
        });
        std::fs::write(folder.join("people.csv"), table)?;
        let (tenant, client) = Default::default();
        let mut home = Self { binary: binary.into(), library: library.into(), folder: folder.into(), tenant, client };
        home.tenant = text(&home.run(&["tenant", "create", "--name", "Clock"])?, "/id")?;
        let made = home.run(&["client", "create", "--tenant", &home.tenant, "--name", "clock", "--scope", "all"])?;
        home.client = (text(&made, "/clientId")?, text(&made, "/clientSecret")?);
        let imported = home.run(&["import", "people.csv", "--tenant", &home.tenant, "--list", "all"])?;
        let list = text(&imported, "/listId")?;
        Ok((home, list))
    }

    /// Runs a command of the program, under the right clock.
    pub fn run(&self, arguments: &[&str]) -> Outcome<Value> {
        let output = self.command(arguments).output()?;
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout)?);
        }
        let problem = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("postrider {}: {problem}", arguments.join(" ")).into())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).args(["--config", "postrider.toml", "--json"]);
        command.current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("POSTRIDER")) {
            command.env_remove(name);
        }
        command
    }
}

/// A running process; it ends when dropped.
pub struct Node {
    process: Child,
    address: String,
    offset: PathBuf,
    log: PathBuf,
    token: String,
}

impl Node {
    /// Starts a process whose wall clock is `offset` of libfaketime, such as `+0` or `+10m`.
    pub fn start(home: &Home, name: &str, offset: &str) -> Outcome<Self> {
        let (file, log) = (home.folder.join(format!("{name}.clock")), home.folder.join(format!("{name}.log")));
        std::fs::write(&file, offset)?;
        let mut serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.env("LD_PRELOAD", &home.library).env("FAKETIME_TIMESTAMP_FILE", &file);
        serve.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("FAKETIME_NO_CACHE", "1");
        serve.stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let mut process = serve.spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let mut node = Self { process, address: String::new(), offset: file, log, token: String::new() };
        let started: Value =
            serde_json::from_str(&line).map_err(|_| format!("{name} does not start: {}", node.log()))?;
        node.address = text(&started, "/address")?;
        let (id, secret) = &home.client;
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = node.exchange("POST", "/oauth/token", "application/x-www-form-urlencoded", &form)?;
        node.token = text(&serde_json::from_str(&answer)?, "/access_token")?;
        Ok(node)
    }

    /// Moves the wall clock.
    pub fn set(&self, offset: &str) -> Outcome<()> {
        let new = self.offset.with_extension("new");
        std::fs::write(&new, offset)?;
        Ok(std::fs::rename(new, &self.offset)?)
    }

    /// The log of the process.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Calls the API and returns the data of the answer.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let answer = self.exchange(method, &format!("/public/v1{path}"), "application/json", &body.to_string())?;
        let answer: Value = serde_json::from_str(&answer)?;
        match answer.get("data") {
            Some(data) => Ok(data.clone()),
            None => Err(format!("{method} {path}: {answer}").into()),
        }
    }

    /// The text of a page, such as `/metrics`.
    pub fn page(&self, path: &str) -> Outcome<String> {
        self.exchange("GET", path, "text/plain", "")
    }

    fn exchange(&self, method: &str, path: &str, content_type: &str, body: &str) -> Outcome<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let authorization = match self.token.as_str() {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{authorization}\
             content-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Its folder goes too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Commits a campaign to a list, due at an instant of RFC 3339, and returns its id.
pub fn commit(node: &Node, list: &str, send_at: &str) -> Outcome<String> {
    let sender = json!({ "name": "Clock", "channel": "email", "fromEmail": "clock@example.org", "fromName": "Clock" });
    let sender = text(&node.call("POST", "/sender-profiles", &sender)?, "/id")?;
    let content = json!({ "subject": "On time", "html": "<p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p>" });
    let template = json!({ "name": "Clock", "channel": "email", "content": content });
    let template = text(&node.call("POST", "/templates", &template)?, "/id")?;
    node.call("POST", &format!("/templates/{template}/publish"), &json!({}))?;
    let campaign = json!({ "campaignType": "broadcast", "channel": "email", "name": "Clock" });
    let campaign = text(&node.call("POST", "/campaigns", &campaign)?, "/id")?;
    let put = |what: &str, body: Value| node.call("PUT", &format!("/campaigns/{campaign}/{what}"), &body);
    put("audience", json!({ "include": [{ "audienceId": list, "type": "audience" }], "exclude": [] }))?;
    put("content", json!({ "templateId": template, "senderProfileId": sender }))?;
    put("schedule", json!({ "mode": "at", "sendAt": send_at, "timezone": "UTC" }))?;
    node.call("POST", &format!("/campaigns/{campaign}/schedule-jobs"), &json!({}))?;
    Ok(campaign)
}

/// The text at a place in a document.
pub fn text(document: &Value, place: &str) -> Outcome<String> {
    let found = document.pointer(place).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| format!("there is no {place} in {document}").into())
}

//! Runs the real binary in a folder of its own.

use postrider_store::DatabaseUrl;
use postrider_store::testkit::{Database, fresh_url};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

/// The configuration of a folder, if it has one.
pub const CONFIG: &str = "postrider.toml";

/// A folder in which postrider is run.
pub struct Home {
    pub folder: tempfile::TempDir,
}

/// What a command left behind.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder whose configuration names a fresh database of the kind, and more.
    pub fn on(database: Database, more: &str) -> Self {
        let home = Self::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = match runtime.block_on(fresh_url(database, home.folder.path())) {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url,
        };
        // Nodes that are one to their clients have one address: it is the issuer of tokens.
        let text = format!("[database]\nurl = {url:?}\n[server]\npublic_url = \"http://mail.example.test\"\n{more}");
        std::fs::write(home.folder.path().join(CONFIG), text).unwrap();
        home
    }

    /// The binary with nothing of our own environment that could change it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("POSTRIDER") {
                command.env_remove(name);
            }
        }
        let config = self.folder.path().join(CONFIG);
        if config.exists() {
            command.arg("--config").arg(config);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// Runs a command that must succeed and answers its one JSON document.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let ran = self.run(&args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran.document()
    }

    /// Makes a tenant and a client with every scope: tenant, client id, secret.
    pub fn tenant_and_client(&self) -> (String, String, String) {
        let tenant = self.json(&["tenant", "create", "--name", "Acme"]);
        let tenant = tenant["id"].as_str().unwrap();
        let client = self.json(&["client", "create", "--tenant", tenant, "--name", "crm", "--scope", "all"]);
        let text = |name: &str| client[name].as_str().unwrap().to_owned();
        (tenant.to_owned(), text("clientId"), text("clientSecret"))
    }

    /// Serves on a free port.
    pub fn serve(&self, args: &[&str]) -> Server {
        let all: Vec<&str> = ["serve", "--json", "--listen", "127.0.0.1:0"].iter().chain(args).copied().collect();
        Self::start(self.command(&all))
    }

    /// Serves where the configuration says.
    pub fn serve_as_configured(&self) -> Server {
        Self::start(self.command(&["serve", "--json"]))
    }

    /// Serves on a free port in a process with a limit of the shell, such as `-n 1024` files or `-v 2000000` KiB.
    pub fn serve_within(&self, limit: &str) -> Server {
        let serve = self.command(&["serve", "--json", "--listen", "127.0.0.1:0"]);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("ulimit {limit} && exec \"$0\" \"$@\"")).arg(serve.get_program());
        shell.args(serve.get_args()).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in serve.get_envs() {
            shell.env_remove(name);
        }
        Self::start(shell)
    }

    fn start(mut serve: Command) -> Server {
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(started) = serde_json::from_str::<Value>(&line) else {
            let mut stderr = String::new();
            child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
            panic!("postrider did not start: {line} {stderr}");
        };
        Server { address: started["address"].as_str().unwrap().to_owned(), child, said: String::new() }
    }
}

/// An answer to the byte.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and headers, in small letters.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Reads an answer, unless it is not all there.
    pub fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let head = head.to_lowercase();
        let told = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let is_whole = told.is_none_or(|length| length.parse() == Ok(body.len()));
        let status = head.split(' ').nth(1)?.parse().ok()?;
        is_whole.then(|| Self { status, head, body: body.to_owned() })
    }

    /// Whether it has a header with this value.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.head.lines().any(|line| line == format!("{name}: {value}"))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    /// The one JSON document on standard output.
    #[track_caller]
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {:?} {}", self.stdout, self.stderr))
    }
}

/// A running `postrider serve`; ended when dropped.
pub struct Server {
    pub address: String,
    child: Child,
    /// What of its log was read already.
    said: String,
}

impl Server {
    /// Sends one request on a connection of its own: status and body.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut answer = String::new();
        self.ask(method, path, headers, body).unwrap().read_to_string(&mut answer).unwrap();
        let answer = Answer::read(&answer).unwrap();
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// Sends one request on a connection of its own, from which the answer can be read.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address)?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(head.as_bytes())?;
        Ok(stream)
    }

    /// Waits until the server says that it is ready.
    pub fn until_ready(&self) {
        while self.request("GET", "/readyz", &[], "").0 != 200 {
            std::thread::yield_now();
        }
    }

    /// A token of a client.
    pub fn token(&self, id: &str, secret: &str) -> String {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let (status, answer) = self.request("POST", "/oauth/token", &headers, &form);
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until the log has a line with this text and returns the line.
    pub fn until_said(&mut self, text: &str) -> String {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            self.child.stderr.as_mut().unwrap().read_exact(&mut byte).unwrap();
            line.push(byte[0]);
            if byte == *b"\n" {
                let said = String::from_utf8(std::mem::take(&mut line)).unwrap();
                self.said.push_str(&said);
                if said.contains(text) {
                    return said;
                }
            }
        }
    }

    /// Waits for the end: exit code and standard error.
    pub fn wait(mut self) -> (i32, String) {
        let mut stderr = std::mem::take(&mut self.said);
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), stderr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

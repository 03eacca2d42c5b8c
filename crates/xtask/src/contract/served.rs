//! A service of our own: a debug build on SQLite in a temporary folder, with a tenant, a client and a token.

use super::Environment;
use super::environment::quietly;
use crate::Outcome;
use crate::chores::cargo;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Every channel writes into a folder, so nothing leaves; and nobody is slowed down.
const CONFIG: &str = r#"
[channels.email]
adapter = "sandbox"
folder = "outbox/email"
[channels.sms]
adapter = "sandbox"
folder = "outbox/sms"
[channels.push]
adapter = "sandbox"
folder = "outbox/push"
[channels.direct_mail]
adapter = "sandbox"
folder = "outbox/direct_mail"
[rate_limits]
read = 0
write = 0
batch = 0
execute = 0
token = 0
[log]
level = "error"
"#;

/// A running service; it ends, with its files, when dropped.
#[derive(Debug)]
pub struct Served {
    server: Child,
    address: String,
    client: (String, String),
    _folder: TempDir,
}

impl Served {
    /// Builds the binary and starts it on a free port of 127.0.0.1.
    pub fn start(environment: &Environment) -> Outcome<Self> {
        let binary = build(environment)?;
        let folder = tempfile::Builder::new().prefix("postrider-contract-").tempdir()?;
        std::fs::write(folder.path().join("postrider.toml"), CONFIG)?;
        let run = |arguments: &[&str]| postrider(&binary, folder.path(), arguments);
        let tenant = text(&run(&["tenant", "create", "--name", "Contract"])?, "id")?;
        let made = run(&["client", "create", "--tenant", &tenant, "--name", "contract", "--scope", "all"])?;
        let client = (text(&made, "clientId")?, text(&made, "clientSecret")?);
        let mut serve = command(&binary, folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        let mut server = serve.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(server.stdout.take().ok_or("the service's output is not a pipe")?).read_line(&mut line)?;
        let address = text(&line, "address").map_err(|_| format!("the service does not start: {line}"))?;
        Ok(Self { server, address, client, _folder: folder })
    }

    /// The address of the service.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells a program where the service is and who it may be there.
    pub fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let (id, secret) = &self.client;
        let token = self.token().unwrap_or_default();
        command.env("POSTRIDER_URL", self.url()).env("POSTRIDER_TOKEN", token);
        command.env("POSTRIDER_CLIENT_ID", id).env("POSTRIDER_CLIENT_SECRET", secret)
    }

    fn token(&self) -> Outcome<String> {
        let (id, secret) = &self.client;
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "POST /oauth/token HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
            self.address,
            form.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        text(&answer, "access_token")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // There is nothing to keep: the folder goes too.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The binary of the tests' own profile, so that nothing is built twice.
fn build(environment: &Environment) -> Outcome<PathBuf> {
    let mut build = Command::new(cargo());
    build.args(["build", "--quiet", "--package", "postrider"]).current_dir(environment.root());
    quietly(&mut build, "the service cannot be built")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| environment.root().join("target"), PathBuf::from);
    Ok(target.join("debug/postrider"))
}

fn command(binary: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.args(arguments).args(["--config", "postrider.toml", "--json"]).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("POSTRIDER")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command of the binary and answers what it printed.
fn postrider(binary: &Path, folder: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = command(binary, folder, arguments).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(format!("postrider {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()).into())
}

/// The value of a member of a flat JSON object whose value is text without escapes: ids, secrets, addresses.
fn text(json: &str, name: &str) -> Outcome<String> {
    let after = json.split_once(&format!("\"{name}\"")).map(|(_, rest)| rest.trim_start_matches([':', ' ']));
    let value = after.and_then(|rest| rest.strip_prefix('"')?.split('"').next());
    value.map(str::to_owned).ok_or_else(|| format!("there is no {name} in {json}").into())
}

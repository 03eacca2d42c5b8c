//! The database of a drill: a file, a schema of its own on a server of the user, or a PostgreSQL server of its own.
//!
//! Invariant: a server of the user is never restarted, and has nothing of the drill left when the drill ends.

use super::server::machine;
use crate::cli::{Failure, Trouble};
use postrider_core::env::Entropy;
use postrider_store::scratch;
use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian and its derivatives keep one folder for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Accounts under which the server runs if we are root, which PostgreSQL refuses. The files of a real server belong to
/// `postgres`, so it is the last.
const UNPRIVILEGED: [&str; 2] = ["nobody", "postgres"];

/// Where the nodes of a drill keep everything.
pub enum Database {
    /// A file in the folder of the only node.
    File,
    /// A schema on a server that is not ours.
    Schema { url: String, schema: String, found_at: String },
    /// A server of our own.
    Own(Cluster),
}

impl Database {
    /// Makes a schema on a server.
    pub async fn schema(url: &str, name: &str) -> Result<Self, Failure> {
        let schema = format!("postrider_drill_{name}");
        let found_at = scratch::make(url, &schema).await.map_err(|error| {
            Failure::of(Trouble::Database, format!("Cannot make a schema on the server of --database-url: {error}."))
        })?;
        Ok(Self::Schema { url: url.to_owned(), schema, found_at })
    }

    /// The URL for the configuration of a node that reaches our own server by `port`.
    pub fn url(&self, port: Option<u16>) -> String {
        match self {
            Self::File => "sqlite:postrider.db".to_owned(),
            Self::Schema { found_at, .. } => found_at.clone(),
            Self::Own(cluster) => {
                let (password, port) = (&cluster.password, port.unwrap_or(cluster.port));
                format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres?sslmode=disable")
            }
        }
    }

    /// Our own server.
    pub const fn own(&self) -> Option<&Cluster> {
        match self {
            Self::Own(cluster) => Some(cluster),
            Self::File | Self::Schema { .. } => None,
        }
    }

    /// Leaves a server as it was.
    pub async fn clean(&self) -> Result<(), Failure> {
        let Self::Schema { url, schema, .. } = self else { return Ok(()) };
        scratch::remove(url, schema).await.map_err(|error| {
            Failure::of(Trouble::Database, format!("Cannot remove the schema {schema} of the drill: {error}."))
        })
    }
}

/// A PostgreSQL server with its own data on a free port of 127.0.0.1; stopped and removed when dropped.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    account: Option<(u32, u32)>,
    password: String,
    pub port: u16,
}

impl Cluster {
    /// Makes a cluster in an empty folder, with a password that only its nodes know, and starts it.
    pub fn start(folder: &Path, entropy: &dyn Entropy) -> Result<Self, Failure> {
        let programs = programs().ok_or_else(|| {
            Failure::of(
                Trouble::Failed,
                "There is no PostgreSQL server program (initdb, pg_ctl) on this machine: install it (Debian, Ubuntu: \
                 apt-get install postgresql), or name a server with --database-url postgres://USER@HOST/DATABASE.",
            )
        })?;
        let account = account(&programs)?;
        if let Some((user, group)) = account {
            std::os::unix::fs::chown(folder, Some(user), Some(group))
                .map_err(|error| machine("give PostgreSQL its folder", error))?;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
        let port = port.map_err(|error| machine("find a free port", error))?.port();
        let password = password(entropy);
        let cluster = Self { programs, folder: folder.to_owned(), account, password, port };
        let data = cluster.data();
        cluster.init(&data)?;
        let options =
            format!("-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200");
        let log = cluster.folder.join("log").display().to_string();
        cluster.run("pg_ctl", &["start", "--wait", "-D", &data, "-l", &log, "-o", &options])?;
        Ok(cluster)
    }

    /// Makes its data.
    fn init(&self, data: &str) -> Result<(), Failure> {
        let path = self.folder.join("password");
        let write = || {
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(self.password.as_bytes())?;
            match self.account {
                Some((user, group)) => std::os::unix::fs::chown(&path, Some(user), Some(group)),
                None => Ok(()),
            }
        };
        write().map_err(|error| machine("write a file", error))?;
        let password = format!("--pwfile={}", path.display());
        let common = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"];
        let made = self.run("initdb", &[&common[..], &[&password, "-D", data]].concat());
        std::fs::remove_file(&path).map_err(|error| machine("remove a file", error))?;
        made
    }

    /// Ends it as a crash would, and starts it again.
    pub fn restart(&self) -> Result<(), Failure> {
        self.run("pg_ctl", &["restart", "--wait", "--mode=immediate", "-D", &self.data()])
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        let status = command(&self.programs.join(program), self.account).args(arguments).status();
        let status = status.map_err(|error| machine("start PostgreSQL's programs", error))?;
        let failed = || machine("run PostgreSQL", format!("{program} ended with {status}"));
        if status.success() { Ok(()) } else { Err(failed()) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.run("pg_ctl", &["stop", "--wait", "--mode=immediate", "-D", &self.data()]));
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A program of the server, under an account.
fn command(program: &Path, account: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir("/");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    // A process group of its own: an interrupt at the terminal must not end it under the nodes.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command
}

/// 128 random bits.
fn password(entropy: &dyn Entropy) -> String {
    let mut bytes = [0_u8; 16];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder of the server programs: on the search path, or the newest of those that Debian keeps off it.
fn programs() -> Option<PathBuf> {
    let has_all = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).find(has_all) {
        return Some(found);
    }
    let mut folders: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
        .ok()?
        .filter_map(|entry| {
            let folder = entry.ok()?;
            Some((folder.file_name().to_str()?.parse().ok()?, folder.path().join("bin")))
        })
        .collect();
    folders.sort();
    folders.into_iter().rev().map(|(_, folder)| folder).find(has_all)
}

/// The user and group under which the server runs, which must be able to start its programs; none for our own.
fn account(programs: &Path) -> Result<Option<(u32, u32)>, Failure> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let number = |name: &str, option: &str| -> Option<u32> {
        let output = Command::new("id").args([option, name]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    let starts = |account: &(u32, u32)| {
        let status = command(&programs.join("initdb"), Some(*account)).arg("--version").status();
        status.is_ok_and(|status| status.success())
    };
    let accounts = UNPRIVILEGED.iter().filter_map(|name| Some((number(name, "-u")?, number(name, "-g")?)));
    let found = accounts.into_iter().find(starts);
    let missing = "PostgreSQL does not run as root, and neither nobody nor postgres is an account that can start it: run the drill as another \
                   user, or name a server with --database-url.";
    found.map(Some).ok_or_else(|| Failure::of(Trouble::Failed, missing))
}

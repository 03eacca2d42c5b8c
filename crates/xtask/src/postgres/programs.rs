//! Where PostgreSQL's programs are, and how they come onto a machine that lacks them.

use crate::Outcome;
use crate::machine::{apt, can_install, on_path};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian and its children keep one folder for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Where PostgreSQL's packages for Debian say whether an installation brings a cluster of its own.
const DEBIAN_CLUSTER_CONF: &str = "/etc/postgresql-common/createcluster.conf";

/// The programs of one installation.
#[derive(Debug, Clone)]
pub struct Programs {
    pub initdb: PathBuf,
    pub postgres: PathBuf,
    pub pg_ctl: PathBuf,
}

impl Programs {
    /// Those on the machine; on a Debian machine where we are root and there are none, they are installed.
    pub fn find_or_install() -> Outcome<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let advice = "PostgreSQL is needed and not found: install the package postgresql (Debian, Ubuntu: \
                      sudo apt-get install postgresql), or name a server in POSTRIDER_TEST_POSTGRES_URL.";
        if !can_install()? {
            return Err(advice.into());
        }
        install().map_err(|error| format!("{advice} Installing it failed: {error}"))?;
        Self::find().ok_or_else(|| advice.into())
    }

    /// Those on the search path, or else the newest of those that Debian keeps off it.
    fn find() -> Option<Self> {
        if let (Some(initdb), Some(postgres), Some(pg_ctl)) =
            (on_path("initdb"), on_path("postgres"), on_path("pg_ctl"))
        {
            return Some(Self { initdb, postgres, pg_ctl });
        }
        let mut folders: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
            .ok()?
            .filter_map(|entry| {
                let folder = entry.ok()?;
                Some((folder.file_name().to_str()?.parse().ok()?, folder.path().join("bin")))
            })
            .collect();
        folders.sort();
        folders.iter().rev().find_map(|(_, folder)| Self::in_folder(folder))
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let program = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        Some(Self { initdb: program("initdb")?, postgres: program("postgres")?, pg_ctl: program("pg_ctl")? })
    }

    /// What the server says it is, such as `postgres (PostgreSQL) 17.2`.
    pub fn version(&self) -> Outcome<String> {
        let output = Command::new(&self.postgres).arg("--version").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// Makes sure that there is a pgbouncer, through which some tests reach the server. Where it can be neither found nor
/// installed, it says what to install; those tests then fail and say it again.
pub fn find_or_install_pooler() -> Outcome<()> {
    let is_there = || on_path("pgbouncer").is_some() || Path::new("/usr/sbin/pgbouncer").is_file();
    if !is_there() && can_install()? {
        eprintln!("xtask: pgbouncer is not found; installing the package pgbouncer");
        apt(&["update"])?;
        apt(&["install", "--yes", "--no-install-recommends", "pgbouncer"])?;
    }
    if !is_there() {
        eprintln!(
            "xtask: pgbouncer is needed and not found: install the package pgbouncer (Debian, Ubuntu: sudo apt-get install pgbouncer)"
        );
    }
    Ok(())
}

/// Installs Debian's package, without the cluster it would otherwise make and start.
fn install() -> Outcome<()> {
    eprintln!("xtask: PostgreSQL is not found; installing the package postgresql");
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "postgresql-common"])?;
    let conf = std::fs::read_to_string(DEBIAN_CLUSTER_CONF).unwrap_or_default();
    std::fs::write(DEBIAN_CLUSTER_CONF, format!("{conf}\ncreate_main_cluster = false\n"))?;
    apt(&["install", "--yes", "--no-install-recommends", "postgresql"])
}

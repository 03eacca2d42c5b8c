//! Whose name the server runs under: PostgreSQL refuses to run as root.

use crate::Outcome;
use crate::machine::{is_root, on_path};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Accounts that exist on nearly every machine, in order of preference.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The account under which the server's programs run.
#[derive(Debug)]
pub enum Account {
    /// Our own.
    Own,
    /// Another one, because we are root.
    Other {
        /// Its name.
        name: String,
        /// Its user and group.
        ids: (u32, u32),
        /// The program that changes to it.
        switch: Switch,
    },
}

/// A program that runs another under a different account; each is part of util-linux.
#[derive(Debug)]
pub enum Switch {
    Setpriv(PathBuf),
    Runuser(PathBuf),
    Su(PathBuf),
}

impl Account {
    /// Our own account, or an unprivileged one if we are root.
    pub fn choose() -> Outcome<Self> {
        if !is_root()? {
            return Ok(Self::Own);
        }
        let Some((name, ids)) = UNPRIVILEGED.iter().find_map(|name| Some((*name, ids_of(name)?))) else {
            return Err("PostgreSQL does not run as root and there is no account postgres or nobody: \
                        run this chore as another user, or name a server in POSTRIDER_TEST_POSTGRES_URL."
                .into());
        };
        let switch = (on_path("setpriv").map(Switch::Setpriv))
            .or_else(|| on_path("runuser").map(Switch::Runuser))
            .or_else(|| on_path("su").map(Switch::Su))
            .ok_or("PostgreSQL does not run as root and there is no setpriv, runuser or su: install util-linux.")?;
        Ok(Self::Other { name: name.to_owned(), ids, switch })
    }

    /// Makes the account the owner of a path that we made.
    pub fn own(&self, path: &Path) -> Outcome<()> {
        if let Self::Other { ids: (user, group), .. } = self {
            std::os::unix::fs::chown(path, Some(*user), Some(*group))?;
        }
        Ok(())
    }

    /// A command that runs the program under this account, with nothing but a search path in its environment.
    pub fn command(&self, program: &Path) -> Command {
        self.switched(program, &[])
    }

    /// The same, for a program that must not outlive us even if we are killed, where the machine can do that.
    pub fn bound_command(&self, program: &Path) -> Command {
        self.switched(program, &["--pdeathsig=QUIT"])
    }

    /// `bound` are options of setpriv; without setpriv they are left out.
    fn switched(&self, program: &Path, bound: &[&str]) -> Command {
        let mut command = match self {
            Self::Own => match on_path("setpriv").filter(|_| !bound.is_empty()) {
                Some(setpriv) => with(&setpriv, bound),
                None => Command::new("env"),
            },
            Self::Other { ids: (user, group), switch: Switch::Setpriv(setpriv), .. } => {
                let mut command = with(setpriv, bound);
                command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
                command
            }
            Self::Other { name, switch: Switch::Runuser(runuser), .. } => with(runuser, &["-u", name, "--"]),
            Self::Other { name, switch: Switch::Su(su), .. } => {
                with(su, &["-s", "/bin/sh", "-c", r#"exec "$@""#, "--", name, "sh"])
            }
        };
        command.arg(program).env_clear().env("LC_ALL", "C");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        // The server's programs look for where they are; a directory the account cannot enter would stop them.
        command.current_dir("/");
        command
    }
}

fn with(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The user and group of an account, if there is one.
fn ids_of(name: &str) -> Option<(u32, u32)> {
    let number = |option: &str| {
        let output = Command::new("id").args([option, name]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    Some((number("-u")?, number("-g")?))
}

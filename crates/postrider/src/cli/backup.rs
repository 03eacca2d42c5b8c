//! `postrider backup FILE` and `postrider restore FILE`.

use super::{Context, Failure, Report, Trouble};
use crate::config::Config;
use crate::engine_lock::EngineLock;
use crate::system::SystemClock;
use clap::Args;
use postrider_core::env::Clock as _;
use postrider_core::hold::HoldReason;
use postrider_core::time::Timestamp;
use postrider_store::backup::{self, Copied};
use postrider_store::holds::Held;
use postrider_store::{DatabaseUrl, StoreError};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// Where the copy is made; the file must not exist.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A copy that `postrider backup` made, or another copy of an SQLite database.
    file: PathBuf,
    /// Keep an existing database under a name with the date, and put the copy in its place.
    #[arg(long)]
    replace: bool,
}

/// Copies the database while it is in use.
pub(super) async fn back_up(args: BackupArgs, context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    let remedy = "use pg_dump for a copy of this database or pg_basebackup for one of its server; \
        see \"Backups\" in docs/operations.md";
    let database = file_of(&config, remedy)?;
    let (file, held) = (args.file, held(&format!("it is a backup of {}", SystemClock.now()), SystemClock.now()));
    let target = file.clone();
    let copied = blocking(move || backup::back_up(&database, &target, &held)).await;
    let Copied { bytes, marked } = copied.map_err(|error| Failure::opening(&config, error))?;
    let mut text =
        format!("Copied {} to {}: {bytes} bytes, checked and synced.", config.database_named(), file.display());
    if !marked {
        text.push_str(
            " Its schema is of an older release, so the copy does not hold sending: start it with serve --hold-jobs.",
        );
    }
    context.answer(&Report::new(text, json!({ "file": file, "bytes": bytes, "held": marked })));
    Ok(())
}

/// Puts a copy in the place of the database.
pub(super) async fn restore(args: RestoreArgs, context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    let remedy = "use pg_restore or psql to fill an empty database; see \"Backups\" in docs/operations.md";
    let database = file_of(&config, remedy)?;
    let lock = EngineLock::of(&database)?;
    let now = SystemClock.now();
    let stamp: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let aside = args.replace.then(|| {
        let mut name = database.clone().into_os_string();
        name.push(format!(".replaced-{stamp}"));
        PathBuf::from(name)
    });
    let (file, kept, place) = (args.file.clone(), aside.clone(), database.clone());
    let held = held(&format!("it was restored from a backup at {now}"), now);
    let restored = blocking(move || backup::restore(&file, &place, kept.as_deref(), &held)).await;
    drop(lock);
    let Copied { bytes, marked } = restored.map_err(|error| unrestored(&args.file, &database, error))?;
    let mut text = format!("Restored {} to {}.", args.file.display(), config.database_named());
    let aside = aside.filter(|aside| aside.exists());
    if let Some(aside) = &aside {
        text.push_str(&format!(" The earlier database is now {}.", aside.display()));
    }
    text.push_str(match marked {
        true => "\nSending is held: look at `postrider jobs list`, then run `postrider jobs release --all`.",
        false => "\nIts schema is of an older release: start it with `postrider serve --hold-jobs`.",
    });
    context.answer(&Report::new(text, json!({ "file": args.file, "bytes": bytes, "held": marked, "replaced": aside })));
    Ok(())
}

/// The file of an SQLite database.
fn file_of(config: &Config, remedy: &str) -> Result<PathBuf, Failure> {
    match &config.database {
        // A link and the file that it leads to are one database.
        DatabaseUrl::Sqlite(path) => Ok(path.canonicalize().unwrap_or_else(|_| path.clone())),
        DatabaseUrl::Postgres(_) => {
            let message = format!("{} is a PostgreSQL database: {remedy}", config.database_named());
            Err(Failure::of(Trouble::Database, message))
        }
    }
}

fn held(why: &str, now: Timestamp) -> Held {
    Held::of(HoldReason::Copy, why, now)
}

/// Why a copy was not put in place.
fn unrestored(file: &Path, database: &Path, error: StoreError) -> Failure {
    let message = match error {
        StoreError::Absent => format!("there is no file {}", file.display()),
        StoreError::Empty => format!("{} is not a Postrider database", file.display()),
        StoreError::Busy(_) => {
            format!("another process uses {}: stop every postrider that serves from it", database.display())
        }
        StoreError::Unopened(why) if database.exists() && why.contains("no file is overwritten") => {
            format!(
                "there is a database at {} already: add --replace to keep it under another name",
                database.display()
            )
        }
        error => error.to_string(),
    };
    Failure::of(Trouble::Database, message)
}

async fn blocking(work: impl FnOnce() -> Result<Copied, StoreError> + Send + 'static) -> Result<Copied, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(StoreError::Failed("copying the database panicked".into())))
}

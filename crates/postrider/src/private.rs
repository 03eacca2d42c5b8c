//! What Postrider writes is for its own user alone: files get mode 0600, folders 0700.
//!
//! The database holds people, and the keys that sign tokens. On Windows nothing is done here: what is made there takes
//! its permissions from the folder.

use crate::config::{Config, Email, Sandbox};
use postrider_store::DatabaseUrl;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What SQLite and the lock of the engine put beside a database.
const BESIDE_DATABASE: &[&str] = &["", "-wal", "-shm", "-journal", ".lock", ".epoch"];

/// Makes everything that this process creates private, however wide the umask is that it was started with. To be called
/// before anything is created.
pub fn claim() {
    #[cfg(unix)]
    {
        use rustix::fs::Mode;
        use rustix::process::umask;
        let before = umask(Mode::RWXG | Mode::RWXO);
        umask(before | Mode::RWXG | Mode::RWXO);
    }
}

/// Creates or empties a file, and makes it private before anything is in it.
///
/// # Errors
/// The file cannot be created, or it belongs to another user.
pub fn create(path: &Path) -> std::io::Result<File> {
    let file = File::create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.is_file() {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

/// One sentence for each file and folder of this installation that other users can open, with the command that ends it.
#[must_use]
pub fn wider(config: &Config) -> Vec<String> {
    paths(config).iter().filter_map(|path| wide(path)).collect()
}

fn paths(config: &Config) -> Vec<PathBuf> {
    let beside = |suffix: &&str, database: &Path| {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    };
    let mut paths: Vec<PathBuf> = match &config.database {
        DatabaseUrl::Sqlite(database) => BESIDE_DATABASE.iter().map(|suffix| beside(suffix, database)).collect(),
        DatabaseUrl::Postgres(_) => Vec::new(),
    };
    let channels = &config.channels;
    let email = match &channels.email {
        Some(Email::Sandbox(sandbox)) => Some(sandbox),
        Some(Email::Smtp(_)) | None => None,
    };
    let sandboxes = [email, channels.sms.as_ref(), channels.push.as_ref(), channels.direct_mail.as_ref()];
    paths.extend(sandboxes.into_iter().flatten().map(|Sandbox { folder }| folder.clone()));
    paths
}

#[cfg(unix)]
fn wide(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    let mode = metadata.permissions().mode() & 0o777;
    let private = if metadata.is_dir() { "700" } else { "600" };
    let shown = path.display();
    (mode & 0o077 != 0).then(|| {
        format!("other users of this machine can open {shown} (mode {mode:04o}): run chmod {private} '{shown}'")
    })
}

#[cfg(not(unix))]
fn wide(_: &Path) -> Option<String> {
    None
}

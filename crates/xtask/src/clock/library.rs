//! Where libfaketime is, and how it comes onto the machine.

use crate::Outcome;
use crate::machine::{apt, can_install};
use std::path::{Path, PathBuf};

/// The form of the library for programs with threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// Finds libfaketime; installs it where we may.
pub fn find_or_install() -> Outcome<PathBuf> {
    if let Some(library) = find() {
        return Ok(library);
    }
    if !can_install()? {
        return Err(
            "libfaketime is missing: install the package faketime (Debian, Ubuntu) or libfaketime (Fedora, Arch)"
                .into(),
        );
    }
    apt(&["update", "--quiet"])?;
    apt(&["install", "--yes", "--quiet", "--no-install-recommends", "faketime"])?;
    find().ok_or_else(|| format!("the package faketime has no {LIBRARY}").into())
}

fn find() -> Option<PathBuf> {
    let architecture = Path::new("/usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let folders = [architecture.as_path(), Path::new("/usr/lib64"), Path::new("/usr/lib"), Path::new("/usr/local/lib")];
    folders.into_iter().map(|folder| folder.join(LIBRARY)).find(|path| path.is_file())
}

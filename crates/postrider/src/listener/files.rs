//! How many files this process may open, and how many of them connections may take.

/// What the store, logs, events and the runtime itself may need at once.
const RESERVED: u64 = 192;
/// Most connections that are taken unless the configuration names more: each costs some tens of KiB.
const CONNECTIONS_DEFAULT_MAX: u64 = 10_000;
/// The limit that is assumed where there is none to ask.
const ASSUMED: u64 = 1_024;

/// Files that this process may have open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Files(pub u64);

/// Raises the soft limit of open files to the hard one and returns what then holds.
#[must_use]
pub fn raise_files() -> Files {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => Files(limit),
        Err(error) => {
            tracing::warn!(%error, "raising the limit of open files failed");
            Files(ASSUMED)
        }
    }
}

impl Files {
    /// The most connections that leave enough files for everything else, of which `senders` are for connections to
    /// mail servers.
    #[must_use]
    pub fn connections_max(self, senders: u64) -> u64 {
        // Whoever allows very few files gets a server that answers, and a warning.
        self.0.saturating_sub(RESERVED.saturating_add(senders)).max(self.0 / 4).max(1)
    }

    /// The most connections if the configuration does not say.
    #[must_use]
    pub fn connections_default(self, senders: u64) -> u64 {
        self.connections_max(senders).min(CONNECTIONS_DEFAULT_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_store_and_the_senders() {
        for (files, senders, expected) in
            [(1_024, 10, 822), (1_024, 1_000, 256), (256, 10, 64), (20_000, 10, 10_000), (1, 0, 1)]
        {
            assert_eq!(Files(files).connections_default(senders), expected, "{files} {senders}");
        }
        assert_eq!(Files(1 << 20).connections_max(10), (1 << 20) - 202);
    }
}

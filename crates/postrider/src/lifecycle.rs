//! Signals: the first asks to stop softly, the second ends the process at once.

use crate::cli::{Failure, Trouble};
use tokio::sync::watch;

/// Exit code of a process that was told twice: 128 and the number of SIGINT.
const EXIT_AT_ONCE: i32 = 130;

/// Whether to stop. Cheap to clone.
#[derive(Clone, Default)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Asks to stop.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when asked to stop.
    pub async fn requested(&self) {
        // The sender lives as long as this, so waiting cannot fail.
        drop(self.0.subscribe().wait_for(|asked| *asked).await);
    }
}

/// Listens for Ctrl-C and, on Unix, SIGTERM.
///
/// # Errors
/// If the operating system does not let us.
pub fn listen() -> Result<Stop, Failure> {
    let stop = Stop::default();
    let mut signals = Signals::new().map_err(|error| Failure::of(Trouble::Failed, format!("no signals: {error}")))?;
    let asked = stop.clone();
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: requests and hand-offs that have begun may end; a second signal ends at once");
        asked.request();
        signals.next().await;
        std::process::exit(EXIT_AT_ONCE);
    });
    Ok(stop)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

//! Runs a child and outlives it: an interrupt ends the child, and we still clean up behind it.

use crate::Outcome;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use tokio::signal::unix::{SignalKind, signal};

/// How a child stands to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// The child reads from it and gets its interrupts at first hand.
    Shared,
    /// The child reads nothing and leads a process group, so that a signal reaches its own children too.
    Detached,
}

#[derive(Debug, Default)]
struct State {
    /// What `kill` takes to reach the child: a process id, or a negated process group.
    target: Option<String>,
    /// The last signal that came.
    seen: Option<&'static str>,
}

/// SIGINT, SIGTERM and SIGHUP, passed on to the child instead of ending us.
#[derive(Debug)]
pub struct Signals {
    state: Arc<Mutex<State>>,
}

impl Signals {
    /// Catches the signals from now on.
    pub fn catch() -> Outcome<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let (ready, caught) = mpsc::channel();
        std::thread::spawn(move || {
            let listening = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match listening {
                Err(error) => drop(ready.send(Err(error))),
                Ok(runtime) => runtime.block_on(listen(&shared, &ready)),
            }
        });
        caught.recv()??;
        Ok(Self { state })
    }

    /// Runs the command to its end and answers its exit code; 128 plus the signal's number if a signal ended it.
    pub fn run(&self, command: &mut Command, terminal: Terminal) -> Outcome<ExitCode> {
        if terminal == Terminal::Detached {
            command.stdin(Stdio::null()).process_group(0);
        }
        let mut child = {
            let mut state = lock(&self.state);
            if let Some(name) = state.seen {
                return Err(format!("stopped by SIG{name} before {} began", name_of(command)).into());
            }
            let child = command.spawn().map_err(|error| format!("{} cannot be run: {error}", name_of(command)))?;
            state.target = Some(match terminal {
                Terminal::Shared => child.id().to_string(),
                Terminal::Detached => format!("-{}", child.id()),
            });
            child
        };
        let status = child.wait();
        lock(&self.state).target = None;
        let status = status?;
        let code = status.code().or_else(|| status.signal().map(|number| 128 + number)).unwrap_or(1);
        Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
    }
}

async fn listen(state: &Mutex<State>, ready: &mpsc::Sender<std::io::Result<()>>) {
    let kinds = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (mut interrupt, mut terminate, mut hangup) = match kinds {
        (Ok(interrupt), Ok(terminate), Ok(hangup)) => (interrupt, terminate, hangup),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => return drop(ready.send(Err(error))),
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    loop {
        let name = tokio::select! {
            _ = interrupt.recv() => "INT",
            _ = terminate.recv() => "TERM",
            _ = hangup.recv() => "HUP",
        };
        let mut state = lock(state);
        state.seen = Some(name);
        if let Some(target) = &state.target {
            // The child may have ended in this instant; then there is nobody left to tell.
            let _ = Command::new("kill").args(["-s", name, "--", target]).stderr(Stdio::null()).status();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

//! What a server does only because `postrider drill` has started it: its clock may be wrong, and it ends with the drill.

use crate::cli::{Failure, Trouble};
use crate::system;

/// Set in the environment by the drill: the number of its process.
pub const BY: &str = "POSTRIDER_DRILL";

/// Lets this process read its wall clock this many milliseconds ahead, if a drill started it.
///
/// # Errors
/// If the process was not started by a drill.
pub fn begin(clock_ahead_ms: i64) -> Result<(), Failure> {
    let by = std::env::var(BY).ok();
    if let Some(by) = &by {
        end_with(by);
    }
    if clock_ahead_ms == 0 {
        return Ok(());
    }
    if by.is_none() {
        let why = "--clock-ahead-ms is for the servers of `postrider drill` only: jobs would start at wrong times.";
        return Err(Failure::of(Trouble::Usage, why));
    }
    system::rehearse_wrong_clock(clock_ahead_ms);
    Ok(())
}

/// Lets the system kill this process when the drill that started it ends in whatever way.
#[cfg(target_os = "linux")]
fn end_with(drill: &str) {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let is_asked = set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    let parent = getppid().map(|parent| parent.as_raw_nonzero().to_string());
    if is_asked && parent.is_some_and(|parent| parent != drill) {
        // The drill ended before it was asked.
        std::process::exit(1);
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with(_drill: &str) {}

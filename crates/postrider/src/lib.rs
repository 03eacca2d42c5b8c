//! The parts of the `postrider` binary: command line, configuration, wiring and the ports to the operating system.
//!
//! A library only so that its tests can reach them; nothing outside this workspace depends on it.

pub mod api_client;
pub mod books;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
#[cfg(unix)]
pub mod drill;
pub mod drilled;
pub mod engine_lock;
pub mod importing;
pub mod lifecycle;
pub mod listener;
pub mod metered;
pub mod private;
pub mod progress;
pub mod system;
pub mod telemetry;
pub mod wiring;

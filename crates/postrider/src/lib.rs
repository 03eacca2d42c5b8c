//! The parts of the `postrider` binary: configuration and the ports to the operating system.
//!
//! A library only so that its tests can reach them; nothing outside this workspace depends on it.

pub mod config;
pub mod system;

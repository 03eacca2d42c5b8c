//! A throw-away PostgreSQL cluster for tests.
//!
//! Not here: what is done with it. Invariant: it listens on 127.0.0.1 only and ends, with its files, before we do.

mod account;
mod cluster;
mod programs;

pub use cluster::Cluster;
pub use programs::find_or_install_pooler;

//! The hands of Postrider: tasks that start jobs, freeze their audiences, send, record, rescue and settle.
//!
//! Each task is a reconciler: its `tick` takes no input, looks at the database, does one step of what it finds, and
//! says when to look again. Engine files hold sequence; the rules are in `core`, the rows in `store`. Nothing here
//! knows a provider or HTTP. Invariants: no transaction is open while a message is on its way, every change of a
//! chunk is made under its fence, and every step may be cut off anywhere and is then mended by the next one.

mod cluster;
mod corrector;
mod counter;
mod courier;
mod dispatcher;
mod doctor;
mod driver;
mod ending;
mod engine;
mod importer;
mod janitor;
mod keeper;
mod planner;
mod rescuer;
mod rezoner;
mod settings;
mod settler;
mod starter;
mod telling;
mod watcher;

#[cfg(test)]
mod tests;

pub use doctor::{Finding, inspect};
pub use engine::{Engine, EngineParts, Spawn};
pub use settings::{ChannelSettings, EngineSettings, NodeRole};

//! The binary as people and programs run it. One file for each group of commands; what they share is in `support`.
#![cfg(test)]

#[cfg(unix)]
mod bombs;
#[cfg(unix)]
mod client;
mod commands;
#[cfg(unix)]
mod connect;
#[cfg(unix)]
mod copies;
mod demo;
mod drill;
#[cfg(unix)]
mod holds;
mod import;
mod import_kills;
#[cfg(unix)]
mod listening;
#[cfg(unix)]
mod once;
mod person;
mod places;
#[cfg(unix)]
mod pooler;
#[cfg(unix)]
mod private;
#[cfg(unix)]
mod relays;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod silence;
#[cfg(unix)]
mod silent_store;
#[cfg(unix)]
mod standing;
#[cfg(unix)]
mod strangers;
mod support;
mod token_endpoint;
#[cfg(unix)]
mod two_nodes;
#[cfg(unix)]
mod webhooks;

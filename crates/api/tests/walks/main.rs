//! Walks over every route: who may call it, and that it tells nothing of another tenant.

#![cfg(test)]

mod bodies;
mod leaks;
mod paths;
mod routes;
mod scopes;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
mod tokens;

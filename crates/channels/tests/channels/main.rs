//! The adapters against real servers on this machine.

#![cfg(test)]

mod contract;
mod opening;
mod pipeline;
mod sandbox;
mod support;
mod text;
mod truth;
mod webhook;

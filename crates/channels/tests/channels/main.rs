//! The adapters against real servers on this machine.

#![cfg(test)]

mod certificates;
mod contract;
mod obstacles;
mod opening;
mod pipeline;
mod probe;
mod sandbox;
mod silence;
mod support;
mod text;
mod truth;
mod webhook;

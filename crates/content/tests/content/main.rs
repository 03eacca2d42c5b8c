//! Tests of the public face of the crate, in one program.

#![cfg(test)]

mod errors;
mod links;
mod properties;
mod rendering;
mod sandbox;
mod sender;
mod source;
mod support;
mod text;

//! Tests of the public face of the crate, in one program.

#![cfg(test)]

mod damage;
mod errors;
mod language;
mod links;
mod properties;
mod rendering;
mod sandbox;
mod sender;
mod source;
mod support;
mod text;

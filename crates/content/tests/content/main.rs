//! Tests of the public face of the crate, in one program.

mod errors;
mod links;
mod properties;
mod rendering;
mod sandbox;
mod source;
mod support;
mod text;

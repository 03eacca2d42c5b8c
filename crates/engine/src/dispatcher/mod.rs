//! Sends what is due: a scout for each channel finds work, lanes claim chunks and carry their messages out.

mod careful;
mod compose;
mod connections;
mod context;
mod job;
mod lane;
mod late;
mod open;
mod outcomes;
mod route;
mod runs;
mod scout;
mod silence;
mod suspects;
mod turn;

pub(crate) use context::Contexts;
pub(crate) use lane::SendLane;
pub(crate) use route::Route;
pub(crate) use scout::Scout;
pub(crate) use turn::{Flight, PROFILE_GONE, apply, conclude, unrendered};

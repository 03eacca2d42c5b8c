//! The engine against real databases, with scripted channels, a clock that tests move, and crashes at every step.

mod budgets;
mod clocks;
mod connections;
mod consent;
mod courier;
mod crash;
mod flow;
mod holding;
mod importing;
mod late;
mod leases;
mod live;
mod planning;
mod poisoned;
mod ports;
mod receiver;
mod rezoning;
mod rules;
mod segments;
mod silence;
mod standing;
mod starting;
mod telling;
mod test_sends;
mod upgrade;
mod world;

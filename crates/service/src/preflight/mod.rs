//! Use cases of the preflight.

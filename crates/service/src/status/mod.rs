//! Use cases of the status.

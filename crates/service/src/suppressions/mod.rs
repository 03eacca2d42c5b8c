//! Use cases of the suppressions.

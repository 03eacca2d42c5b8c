//! Use cases of the lists.

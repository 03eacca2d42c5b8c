//! Use cases of the profiles.

//! Use cases of the campaigns.

//! Use cases of the deliveries.

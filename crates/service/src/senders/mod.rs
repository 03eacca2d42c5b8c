//! Use cases of the senders.

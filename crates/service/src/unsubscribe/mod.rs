//! Use cases of the unsubscribe.

//! Use cases of the schedules.

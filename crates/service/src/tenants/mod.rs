//! Use cases of the tenants.

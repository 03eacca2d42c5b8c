//! Use cases of the templates.

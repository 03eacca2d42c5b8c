//! Use cases of the imports.

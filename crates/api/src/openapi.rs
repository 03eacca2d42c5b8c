//! The OpenAPI document, generated from the code.

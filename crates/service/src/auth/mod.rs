//! Who is calling: tokens, their keys and the clients they stand for.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;

impl Service {
    /// Who a bearer token stands for.
    ///
    /// # Errors
    /// `TOKEN_INVALID`, `TOKEN_EXPIRED`.
    pub async fn authenticate(&self, _token: &str) -> Result<Actor, ServiceError> {
        Err(Code::TokenInvalid.into())
    }
}

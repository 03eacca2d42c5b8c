//! Who calls, and what they may do.

use crate::error::ServiceError;
use postrider_core::error::{Code, Detail, Refusal};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::scope::Scope;
use std::collections::BTreeSet;

/// An authenticated client of one tenant.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Whose data.
    pub tenant: TenantId,
    /// Which client.
    pub client: ClientId,
    /// What its token allows.
    pub scopes: BTreeSet<Scope>,
}

impl Actor {
    /// Refuses unless the token carries the scope.
    ///
    /// # Errors
    /// `INSUFFICIENT_SCOPE`.
    pub fn require(&self, scope: Scope) -> Result<(), ServiceError> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let granted = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let detail = Detail::Scope { required: scope.as_str(), granted };
        Err(Refusal { code: Code::InsufficientScope, detail }.into())
    }
}

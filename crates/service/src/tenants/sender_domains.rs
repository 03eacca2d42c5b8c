//! The domains from which a tenant sends mail: the operator binds them.

use crate::{Service, ServiceError};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::TenantId;
use postrider_core::sender_domain::{DOMAINS_MAX, normalize};
use std::collections::BTreeSet;

impl Service {
    /// Binds domains to a tenant in place of those that it has, and returns them normalised. Without any it sends from
    /// every domain that is not bound to another tenant. It holds for the next job and for jobs that have not begun.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`; `REQUEST_INVALID` with the path `senderDomains`.
    pub async fn set_sender_domains(
        &self,
        tenant: TenantId,
        domains: Vec<String>,
    ) -> Result<Vec<String>, ServiceError> {
        if domains.len() > DOMAINS_MAX {
            return Err(Refusal::invalid("senderDomains", None, format!("must hold at most {DOMAINS_MAX}")).into());
        }
        let read =
            |text: &String| normalize(text).map_err(|problem| Refusal::invalid("senderDomains", Some(text), problem));
        let domains: BTreeSet<String> = domains.iter().map(read).collect::<Result<_, _>>()?;
        let domains: Vec<String> = domains.into_iter().collect();
        let set = self.store().write("tenant.sender_domains", move |tx| {
            tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?;
            tx.sender_domains_set(tenant, &domains)?;
            tx.sender_domains(tenant).map_err(ServiceError::from)
        });
        set.await
    }
}

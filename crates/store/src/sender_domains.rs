//! Domains that the operator bound to tenants, and which tenants send from a domain.
//!
//! A verdict about one tenant looks at what belongs to others, and answers yes or no without saying whose it is.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::{SenderProfileId, TenantId};
use postrider_core::sender_domain::{DomainFacts, Verdict, judge, with_parents};

statements! { "sender_domains":
    OWN = "SELECT domain FROM tenant_sender_domains WHERE tenant_id = $1 ORDER BY domain";
    CLEAR = "DELETE FROM tenant_sender_domains WHERE tenant_id = $1";
    ADD = "INSERT INTO tenant_sender_domains (tenant_id, domain) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    BOUND_ELSEWHERE = "SELECT domain FROM tenant_sender_domains WHERE domain = $1 AND tenant_id <> $2 LIMIT 1";
    USED_ELSEWHERE = "SELECT email_domain FROM sender_profiles WHERE email_domain = $1 AND tenant_id <> $2 \
        AND deleted_at IS NULL LIMIT 1";
    MARK = "UPDATE sender_profiles SET email_domain = $1 WHERE tenant_id = $2 AND id = $3";
}

fn domain(row: &mut Row) -> Result<String, StoreError> {
    row.next()
}

impl Tx<'_> {
    /// The domains bound to a tenant, normalised.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_domains(&mut self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        self.query_as(&OWN, &[id(tenant)], domain)
    }

    /// Binds these domains, which are normalised, to a tenant in place of those that it has.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_domains_set(&mut self, tenant: TenantId, domains: &[String]) -> Result<(), StoreError> {
        self.execute(&CLEAR, &[id(tenant)])?;
        for domain in domains {
            self.execute(&ADD, &[id(tenant), domain.into()])?;
        }
        Ok(())
    }

    /// Whether a tenant may send from a domain, which is normalised.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_domain_verdict(&mut self, tenant: TenantId, from: &str) -> Result<Verdict, StoreError> {
        let mut facts = DomainFacts { own: self.sender_domains(tenant)?, ..DomainFacts::default() };
        for above in with_parents(from) {
            facts.bound_elsewhere |= self.query_one(&BOUND_ELSEWHERE, &[above.into(), id(tenant)], domain)?.is_some();
        }
        facts.used_elsewhere = self.query_one(&USED_ELSEWHERE, &[from.into(), id(tenant)], domain)?.is_some();
        Ok(judge(from, &facts))
    }

    /// Notes from which domain, normalised, a sender profile sends.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_domain_note(
        &mut self,
        tenant: TenantId,
        sender: SenderProfileId,
        from: Option<&str>,
    ) -> Result<(), StoreError> {
        self.execute(&MARK, &[from.map(str::to_owned).into(), id(tenant), id(sender)]).map(drop)
    }
}

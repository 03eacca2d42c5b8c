//! Tenants: workspaces whose data nobody else sees.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::TenantId;
use postrider_core::schedule::TenantTime;
use postrider_core::time::Timestamp;

/// Tenants in one answer, at most.
pub const TENANTS_PAGE_MAX: i64 = 1_000;

statements! { "tenants":
    INSERT = "INSERT INTO tenants (id, name, default_timezone, mail_cutoff_minutes, require_unsubscribe_link, \
        mail_unknown, last_touchpoint_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)";
    GET = "SELECT id, name, default_timezone, mail_cutoff_minutes, require_unsubscribe_link, mail_unknown, created_at, \
        updated_at FROM tenants WHERE id = $1";
    /// For the operator: all tenants.
    LIST = "SELECT id, name, default_timezone, mail_cutoff_minutes, require_unsubscribe_link, mail_unknown, created_at, \
        updated_at FROM tenants ORDER BY created_at, id LIMIT $1";
    SET = "UPDATE tenants SET name = $1, default_timezone = $2, mail_cutoff_minutes = $3, \
        require_unsubscribe_link = $4, mail_unknown = $5, updated_at = $6 WHERE id = $7";
    MAILS_UNKNOWN = "SELECT mail_unknown FROM tenants WHERE id = $1";
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Id.
    pub id: TenantId,
    /// Name, for people.
    pub name: String,
    /// IANA name of the zone that direct mail takes when nothing else is said.
    pub default_timezone: Option<String>,
    /// Until when mail can be given out on the day itself, in minutes after midnight.
    pub mail_cutoff_minutes: i64,
    /// Whether email of the category marketing must show a link to unsubscribe; without it a preflight only warns.
    pub require_unsubscribe_link: bool,
    /// Whether people whose consent is unknown get messages, on every channel.
    pub mail_unknown: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change of the settings above.
    pub updated_at: Timestamp,
}

impl Tenant {
    /// The cut-off as `HH:MM`.
    #[must_use]
    pub fn mail_cutoff(&self) -> String {
        format!("{:02}:{:02}", self.mail_cutoff_minutes / 60, self.mail_cutoff_minutes % 60)
    }

    /// What it has said about time.
    #[must_use]
    pub fn time(&self) -> TenantTime {
        TenantTime { default_timezone: self.default_timezone.clone(), mail_cutoff_minutes: self.mail_cutoff_minutes }
    }
}

fn read(row: &mut Row) -> Result<Tenant, StoreError> {
    Ok(Tenant {
        id: row.id()?,
        name: row.next()?,
        default_timezone: row.next()?,
        mail_cutoff_minutes: row.next()?,
        require_unsubscribe_link: row.next()?,
        mail_unknown: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

impl Tx<'_> {
    /// Adds a tenant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_insert(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        let values = [
            id(tenant.id),
            (&tenant.name).into(),
            tenant.default_timezone.clone().into(),
            tenant.mail_cutoff_minutes.into(),
            tenant.require_unsubscribe_link.into(),
            tenant.mail_unknown.into(),
            tenant.created_at.into(),
            tenant.updated_at.into(),
        ];
        self.execute(&INSERT, &values).map(drop)
    }

    /// A tenant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_get(&mut self, tenant: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.query_one(&GET, &[id(tenant)], read)
    }

    /// The oldest tenants, at most [`TENANTS_PAGE_MAX`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_list(&mut self) -> Result<Vec<Tenant>, StoreError> {
        self.query_as(&LIST, &[TENANTS_PAGE_MAX.into()], read)
    }

    /// Whether people of a tenant whose consent is unknown get messages.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_mails_unknown(&mut self, tenant: TenantId) -> Result<bool, StoreError> {
        Ok(self.query_one(&MAILS_UNKNOWN, &[id(tenant)], Row::next)?.unwrap_or(true))
    }

    /// Stores the settings of a tenant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_set(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        let values = [
            (&tenant.name).into(),
            tenant.default_timezone.clone().into(),
            tenant.mail_cutoff_minutes.into(),
            tenant.require_unsubscribe_link.into(),
            tenant.mail_unknown.into(),
            tenant.updated_at.into(),
            id(tenant.id),
        ];
        self.execute(&SET, &values).map(drop)
    }
}

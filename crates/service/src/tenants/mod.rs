//! Tenants: making and listing them is the operator's, reading and changing its own a tenant's too.

use crate::{Service, ServiceError};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::TenantId;
use postrider_core::schedule::MAIL_CUTOFF_MINUTES_DEFAULT;
use postrider_core::time::Zone;
use postrider_core::visible;

mod sender_domains;
mod settings;

pub use postrider_store::tenants::Tenant;
pub use settings::{BudgetChanges, PolicyChanges, TenantSettings};

/// Longest name of a tenant or client, in characters.
const NAME_MAX_CHARS: usize = 255;
/// Minutes of a day.
const DAY_MINUTES: i64 = 24 * 60;

/// What a new tenant is.
#[derive(Debug, Clone)]
pub struct CreateTenant {
    /// Name, 1 to 255 characters.
    pub name: String,
    /// IANA name of its default zone.
    pub default_timezone: Option<String>,
    /// `HH:MM`, 00:00 to 24:00; 17:00 if absent.
    pub mail_cutoff: Option<String>,
    /// Whether people whose consent is unknown get messages; yes if absent.
    pub mail_unknown: Option<bool>,
}

/// Changes to a tenant; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct SetTenant {
    /// New name.
    pub name: Option<String>,
    /// New default zone, or none at all.
    pub default_timezone: Option<Option<String>>,
    /// New cut-off, `HH:MM`, or the usual one.
    pub mail_cutoff: Option<Option<String>>,
    /// Whether email of the category marketing must show a link to unsubscribe.
    pub require_unsubscribe_link: Option<bool>,
    /// Whether people whose consent is unknown get messages, on every channel.
    pub mail_unknown: Option<bool>,
    /// What its jobs do that do not say it themselves.
    pub policy: PolicyChanges,
    /// What it may send in a minute.
    pub budgets: BudgetChanges,
}

impl Service {
    /// Makes a tenant.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path, `TIMEZONE_INVALID`.
    pub async fn create_tenant(&self, command: CreateTenant) -> Result<Tenant, ServiceError> {
        let now = self.now();
        let tenant = Tenant {
            id: TenantId::new(now, &*self.entropy()),
            name: check_name(&command.name)?,
            default_timezone: command.default_timezone.as_deref().map(check_zone).transpose()?,
            mail_cutoff_minutes: match command.mail_cutoff.as_deref() {
                Some(text) => check_cutoff(text)?,
                None => MAIL_CUTOFF_MINUTES_DEFAULT,
            },
            require_unsubscribe_link: true,
            mail_unknown: command.mail_unknown.unwrap_or(true),
            created_at: now,
            updated_at: now,
        };
        let row = tenant.clone();
        let made = self.store().write("tenant.create", move |tx| tx.tenant_insert(&row).map_err(ServiceError::from));
        made.await?;
        Ok(tenant)
    }

    /// All tenants, oldest first.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn list_tenants(&self) -> Result<Vec<Tenant>, ServiceError> {
        self.store().read("tenant.list", |tx| tx.tenant_list().map_err(ServiceError::from)).await
    }

    /// A tenant.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`.
    pub async fn get_tenant(&self, tenant: TenantId) -> Result<Tenant, ServiceError> {
        let found = self.store().read("tenant.get", move |tx| tx.tenant_get(tenant).map_err(ServiceError::from));
        found.await?.ok_or_else(|| Code::TenantNotFound.into())
    }

    /// A tenant with all it has set.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`.
    pub async fn tenant_settings(&self, tenant: TenantId) -> Result<TenantSettings, ServiceError> {
        self.store().read("tenant.settings", move |tx| settings::read(tx, tenant)).await
    }

    /// Changes a tenant.
    ///
    /// # Errors
    /// `TENANTS.NOT_FOUND`, `REQUEST_INVALID` with the path, `TIMEZONE_INVALID`.
    pub async fn set_tenant(&self, tenant: TenantId, changes: SetTenant) -> Result<TenantSettings, ServiceError> {
        let name = changes.name.as_deref().map(check_name).transpose()?;
        let zone = match changes.default_timezone {
            Some(Some(zone)) => Some(Some(check_zone(&zone)?)),
            other => other,
        };
        let cutoff = match changes.mail_cutoff.as_ref().map(Option::as_deref) {
            Some(Some(text)) => Some(check_cutoff(text)?),
            Some(None) => Some(MAIL_CUTOFF_MINUTES_DEFAULT),
            None => None,
        };
        changes.policy.check()?;
        settings::check_budgets(&changes.budgets)?;
        let now = self.now();
        let set = self.store().write("tenant.set", move |tx| {
            let mut row = tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?;
            row.name = name.clone().unwrap_or(row.name);
            row.default_timezone = zone.clone().unwrap_or(row.default_timezone);
            row.mail_cutoff_minutes = cutoff.unwrap_or(row.mail_cutoff_minutes);
            row.require_unsubscribe_link = changes.require_unsubscribe_link.unwrap_or(row.require_unsubscribe_link);
            row.mail_unknown = changes.mail_unknown.unwrap_or(row.mail_unknown);
            row.updated_at = now;
            tx.tenant_set(&row)?;
            settings::write(tx, tenant, &changes.policy, &changes.budgets)?;
            settings::read(tx, tenant)
        });
        set.await
    }
}

/// A name without the space around it.
pub(crate) fn check_name(name: &str) -> Result<String, Refusal> {
    let trimmed = name.trim();
    if trimmed.is_empty() || name.chars().count() > NAME_MAX_CHARS {
        return Err(Refusal::invalid("name", Some(name), "is not a name of 1 to 255 characters"));
    }
    visible::check(name).map_err(|problem| Refusal::invalid("name", Some(name), problem))?;
    Ok(trimmed.to_owned())
}

/// The zone's name in the database's own spelling.
fn check_zone(name: &str) -> Result<String, Refusal> {
    let zone = Zone::find(name).ok_or_else(|| {
        Refusal::field(
            Code::TimezoneInvalid,
            "defaultTimezone",
            Some(name),
            "is not an IANA time zone, such as Europe/Berlin",
        )
    })?;
    Ok(zone.name().to_owned())
}

/// Minutes after midnight of `HH:MM`.
fn check_cutoff(text: &str) -> Result<i64, Refusal> {
    let parsed = text.split_once(':').and_then(|(hours, minutes)| {
        let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !two_digits(hours) || !two_digits(minutes) {
            return None;
        }
        let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= DAY_MINUTES).then_some(total)
    });
    parsed.ok_or_else(|| Refusal::invalid("mailCutoff", Some(text), "is not a time of day such as 17:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutoff_is_a_time_of_day() {
        for (text, expected) in [
            ("00:00", Some(0)),
            ("17:00", Some(1_020)),
            ("23:59", Some(1_439)),
            ("24:00", Some(1_440)),
            ("24:01", None),
            ("12:60", None),
            ("7:00", None),
            ("+1:00", None),
            ("1700", None),
            ("", None),
        ] {
            assert_eq!(check_cutoff(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_name_has_one_to_255_characters() {
        assert_eq!(check_name("  Acme  ").unwrap(), "Acme");
        assert!(check_name(&"é".repeat(255)).is_ok());
        for bad in ["", "   ", "a\nb", "a\u{202e}b", &"é".repeat(256)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}

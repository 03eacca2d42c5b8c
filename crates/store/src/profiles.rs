//! People: one row each, found by email, phone, customer id or id.
//!
//! What a record means and how it is merged is the service's; here rows are read and written whole.
//! Invariant: whoever writes profiles of a tenant holds [`Tx::profiles_lock`], so a row that was read is still the
//! same when it is written, and keys that were found free stay free.

use crate::error::StoreError;
use crate::lookup::{LOOKUP_MAX, places};
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::Consent;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;

/// Most profiles that one transaction looks up or writes.
pub const PROFILES_PER_SET: usize = LOOKUP_MAX;
/// Makes the advisory lock of a tenant's profiles another one than any other lock of the tenant.
const LOCK_SALT: u64 = 0x7072_6f66_696c_6573;

/// The columns that [`ProfileRow::read`] reads, in its order.
pub(crate) const COLUMNS: &str = "id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
    consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at";

statements! { "profiles":
    GET = "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND id = $2";
    INSERT = "INSERT INTO profiles (tenant_id, id, email, phone, customer_id, first_name, last_name, timezone, \
        locale, push_tokens, address, consent_email, consent_sms, consent_push, consent_direct_mail, attributes, \
        created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    UPDATE = "UPDATE profiles SET email = $1, phone = $2, customer_id = $3, first_name = $4, last_name = $5, \
        timezone = $6, locale = $7, push_tokens = $8, address = $9, consent_email = $10, consent_sms = $11, \
        consent_push = $12, consent_direct_mail = $13, attributes = $14, updated_at = $15 \
        WHERE tenant_id = $16 AND id = $17";
    /// Before an update, so that one profile of a set may take the key that another one of the set gives up.
    RELEASE_KEYS = "UPDATE profiles SET email = NULL, customer_id = NULL WHERE tenant_id = $1 AND id = $2";
    COUNT = "SELECT COUNT(*) FROM profiles WHERE tenant_id = $1";
    NAME_ATTRIBUTE = "INSERT INTO attribute_names (tenant_id, name) VALUES ($1, $2) \
        ON CONFLICT (tenant_id, name) DO NOTHING";
    ATTRIBUTE_NAMES = "SELECT name FROM attribute_names WHERE tenant_id = $1 ORDER BY name";
}

/// By what a profile is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum MatchKey {
    /// Email address; one profile at most has it.
    #[default]
    Email,
    /// Phone number; several profiles may share it.
    Phone,
    /// The tenant's own id of the person; one profile at most has it.
    CustomerId,
}

impl MatchKey {
    /// All keys.
    pub const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::CustomerId];

    /// The word used in JSON, which is also the column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::CustomerId => "customer_id",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == word)
    }
}

/// A profile as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileRow {
    /// Id.
    pub id: ProfileId,
    /// Normalised email address.
    pub email: Option<String>,
    /// Normalised phone number.
    pub phone: Option<String>,
    /// The tenant's own id of the person.
    pub customer_id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// IANA name of the time zone.
    pub timezone: Option<String>,
    /// Language tag.
    pub locale: Option<String>,
    /// Device tokens, as a JSON array of strings.
    pub push_tokens: Option<String>,
    /// Postal address, as a JSON object of strings.
    pub address: Option<String>,
    /// Consent to email.
    pub consent_email: Consent,
    /// Consent to text messages.
    pub consent_sms: Consent,
    /// Consent to push notifications.
    pub consent_push: Consent,
    /// Consent to printed mail.
    pub consent_direct_mail: Consent,
    /// Every other field, as a JSON object with sorted keys.
    pub attributes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for ProfileRow {
    /// Shows the id only: a person's data must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProfileRow({})", self.id)
    }
}

impl ProfileRow {
    /// An empty profile: nothing known, nothing consented.
    #[must_use]
    pub fn empty(id: ProfileId, now: Timestamp) -> Self {
        Self {
            id,
            email: None,
            phone: None,
            customer_id: None,
            first_name: None,
            last_name: None,
            timezone: None,
            locale: None,
            push_tokens: None,
            address: None,
            consent_email: Consent::Unknown,
            consent_sms: Consent::Unknown,
            consent_push: Consent::Unknown,
            consent_direct_mail: Consent::Unknown,
            attributes: "{}".into(),
            created_at: now,
            updated_at: now,
        }
    }

    /// The value under which the profile is found by a key.
    #[must_use]
    pub fn key(&self, key: MatchKey) -> Option<&str> {
        match key {
            MatchKey::Email => self.email.as_deref(),
            MatchKey::Phone => self.phone.as_deref(),
            MatchKey::CustomerId => self.customer_id.as_deref(),
        }
    }

    /// Reads the columns of a profile, from where the row stands.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub(crate) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id()?,
            email: row.next()?,
            phone: row.next()?,
            customer_id: row.next()?,
            first_name: row.next()?,
            last_name: row.next()?,
            timezone: row.next()?,
            locale: row.next()?,
            push_tokens: row.next()?,
            address: row.next()?,
            consent_email: row.word(Consent::parse)?,
            consent_sms: row.word(Consent::parse)?,
            consent_push: row.word(Consent::parse)?,
            consent_direct_mail: row.word(Consent::parse)?,
            attributes: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }

    /// The columns from email to attributes, as values.
    fn values(&self) -> Vec<Value> {
        let texts = [
            &self.email,
            &self.phone,
            &self.customer_id,
            &self.first_name,
            &self.last_name,
            &self.timezone,
            &self.locale,
            &self.push_tokens,
            &self.address,
        ];
        let consents = [self.consent_email, self.consent_sms, self.consent_push, self.consent_direct_mail];
        let mut values: Vec<Value> = texts.into_iter().map(|text| text.as_ref().into()).collect();
        values.extend(consents.map(|consent| Value::from(consent.as_str())));
        values.push((&self.attributes).into());
        values
    }
}

impl Tx<'_> {
    /// Waits until nobody else writes profiles of the tenant; lasts as long as the transaction. Take it before
    /// any other lock, and in [`crate::Store::write_guarded`], where what others wrote meanwhile is seen.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profiles_lock(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        self.wait_tenant_lock(tenant, LOCK_SALT)
    }

    /// One profile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profile_get(&mut self, tenant: TenantId, profile: ProfileId) -> Result<Option<ProfileRow>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(profile)], ProfileRow::read)
    }

    /// How many profiles a tenant has.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profile_count(&mut self, tenant: TenantId) -> Result<i64, StoreError> {
        self.query_number(&COUNT, &[id(tenant)])
    }

    /// The profiles that have one of the (normalised) values as their key, in the order of their ids.
    /// Looks up [`PROFILES_PER_SET`] at a time.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profiles_by_keys(
        &mut self,
        tenant: TenantId,
        key: MatchKey,
        values: &[&str],
    ) -> Result<Vec<ProfileRow>, StoreError> {
        let mut profiles = Vec::new();
        for set in values.chunks(PROFILES_PER_SET) {
            let mut bound = vec![id(tenant)];
            let places = places(&mut bound, set.iter().copied());
            let column = key.as_str();
            let index = self.indexed_by(&format!("profiles_by_{column}"));
            let sql = format!("SELECT {COLUMNS} FROM profiles {index} WHERE tenant_id = $1 AND {column} IN ({places})");
            let mut rows = self.query_text(&sql, &bound)?;
            for row in &mut rows {
                profiles.push(ProfileRow::read(row)?);
            }
        }
        profiles.sort_by_key(|profile| profile.id);
        profiles.dedup_by_key(|profile| profile.id);
        Ok(profiles)
    }

    /// Writes new profiles. Their ids, emails and customer ids are free.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a key was not free, and any other.
    pub fn profiles_insert(&mut self, tenant: TenantId, profiles: &[ProfileRow]) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = profiles
            .iter()
            .map(|profile| {
                let mut values = vec![id(tenant), id(profile.id)];
                values.extend(profile.values());
                values.extend([profile.created_at.into(), profile.updated_at.into()]);
                values
            })
            .collect();
        self.execute_many(&INSERT, &sets).map(drop)
    }

    /// Writes profiles that are there already. Those of `released` first give up their email and customer id, so
    /// that others of the set may take them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a key was not free, and any other.
    pub fn profiles_update(
        &mut self,
        tenant: TenantId,
        profiles: &[ProfileRow],
        released: &[ProfileId],
    ) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = released.iter().map(|&profile| vec![id(tenant), id(profile)]).collect();
        self.execute_many(&RELEASE_KEYS, &sets)?;
        let sets: Vec<Vec<Value>> = profiles
            .iter()
            .map(|profile| {
                let mut values = profile.values();
                values.extend([profile.updated_at.into(), id(tenant), id(profile.id)]);
                values
            })
            .collect();
        self.execute_many(&UPDATE, &sets).map(drop)
    }

    /// Remembers names of attributes; those that are known already stay.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_names_add<'n>(
        &mut self,
        tenant: TenantId,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = names.into_iter().map(|name| vec![id(tenant), name.into()]).collect();
        self.execute_many(&NAME_ATTRIBUTE, &sets).map(drop)
    }

    /// Every attribute that a profile of the tenant has ever carried, by name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn attribute_names(&mut self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        self.query_as(&ATTRIBUTE_NAMES, &[id(tenant)], Row::next)
    }
}

//! People: one row each, found by email, phone, customer id or id.
//!
//! What a record means and how it is merged is the service's; here rows are read and written whole.
//! Invariant: whoever writes profiles of a tenant holds [`Tx::profiles_lock`], so a row that was read is still the
//! same when it is written, and keys that were found free stay free.

use crate::error::StoreError;
use crate::lookup::{LOOKUP_MAX, among};
use crate::person_search::name_keys;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::Consent;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;

/// Most records of a request that one transaction applies.
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
    /// For [`Tx::execute_rows`].
    INSERT = fork
        sqlite "INSERT INTO profiles (tenant_id, id, email, phone, customer_id, first_name, last_name, timezone, \
            locale, push_tokens, address, consent_email, consent_sms, consent_push, consent_direct_mail, attributes, \
            created_at, updated_at, name_key, name_key_reversed) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
        postgres "INSERT INTO profiles (tenant_id, id, email, phone, customer_id, first_name, last_name, timezone, \
            locale, push_tokens, address, consent_email, consent_sms, consent_push, consent_direct_mail, attributes, \
            created_at, updated_at, name_key, name_key_reversed) \
            SELECT * FROM UNNEST(CAST($1 AS UUID[]), CAST($2 AS UUID[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), \
            CAST($5 AS TEXT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[]), \
            CAST($10 AS TEXT[]), CAST($11 AS TEXT[]), CAST($12 AS TEXT[]), CAST($13 AS TEXT[]), CAST($14 AS TEXT[]), \
            CAST($15 AS TEXT[]), CAST($16 AS TEXT[]), CAST($17 AS BIGINT[]), CAST($18 AS BIGINT[]), \
            CAST($19 AS TEXT[]), CAST($20 AS TEXT[]))";
    /// For [`Tx::execute_rows`]. Everything but the keys: SQLite writes every index anew whose columns are named.
    UPDATE = fork
        sqlite "UPDATE profiles SET first_name = $1, last_name = $2, timezone = $3, locale = $4, push_tokens = $5, \
            address = $6, consent_email = $7, consent_sms = $8, consent_push = $9, consent_direct_mail = $10, \
            attributes = $11, updated_at = $12 WHERE tenant_id = $13 AND id = $14"
        postgres "UPDATE profiles AS p SET first_name = v.first_name, last_name = v.last_name, \
            timezone = v.timezone, locale = v.locale, push_tokens = v.push_tokens, address = v.address, \
            consent_email = v.consent_email, consent_sms = v.consent_sms, consent_push = v.consent_push, \
            consent_direct_mail = v.consent_direct_mail, attributes = v.attributes, updated_at = v.updated_at \
            FROM UNNEST(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), \
            CAST($5 AS TEXT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[]), \
            CAST($10 AS TEXT[]), CAST($11 AS TEXT[]), CAST($12 AS BIGINT[]), CAST($13 AS UUID[]), \
            CAST($14 AS UUID[])) AS v (first_name, last_name, timezone, locale, push_tokens, address, \
            consent_email, consent_sms, consent_push, consent_direct_mail, attributes, updated_at, tenant_id, id) \
            WHERE p.tenant_id = v.tenant_id AND p.id = v.id";
    SET_KEYS = "UPDATE profiles SET email = $1, phone = $2, customer_id = $3 WHERE tenant_id = $4 AND id = $5";
    /// Before keys are set, so that one profile of a set may take the key that another one of the set gives up.
    RELEASE_KEYS = "UPDATE profiles SET email = NULL, customer_id = NULL WHERE tenant_id = $1 AND id = $2";
    COUNT = "SELECT COUNT(*) FROM profiles WHERE tenant_id = $1";
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

    /// Email, phone and customer id, as values.
    fn keys(&self) -> [Value; 3] {
        [&self.email, &self.phone, &self.customer_id].map(|key| key.as_ref().into())
    }

    /// The addresses by which suppressions of erased people are shown again.
    fn email_and_phone(&self) -> impl Iterator<Item = (ChannelKind, &str)> {
        let email = self.email.as_deref().map(|email| (ChannelKind::Email, email));
        email.into_iter().chain(self.phone.as_deref().map(|phone| (ChannelKind::Sms, phone)))
    }

    /// The keys of the name, as values.
    fn name_keys(&self) -> [Value; 2] {
        name_keys(self.first_name.as_deref(), self.last_name.as_deref())
    }

    /// The columns from the first name to the attributes, as values.
    fn details(&self) -> [Value; 11] {
        let text = |text: &Option<String>| Value::from(text.as_ref());
        let consent = |consent: Consent| Value::from(consent.as_str());
        [
            text(&self.first_name),
            text(&self.last_name),
            text(&self.timezone),
            text(&self.locale),
            text(&self.push_tokens),
            text(&self.address),
            consent(self.consent_email),
            consent(self.consent_sms),
            consent(self.consent_push),
            consent(self.consent_direct_mail),
            (&self.attributes).into(),
        ]
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
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profiles_by_keys(
        &mut self,
        tenant: TenantId,
        key: MatchKey,
        values: &[&str],
    ) -> Result<Vec<ProfileRow>, StoreError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let column = key.as_str();
        let (index, among) = (self.indexed_by(&format!("profiles_by_{column}")), among(self.dialect(), 2));
        let sql = format!("SELECT {COLUMNS} FROM profiles {index} WHERE tenant_id = $1 AND {column} {among}");
        let mut rows = self.query_text(&sql, &[id(tenant), values.into()])?;
        let mut profiles = rows.iter_mut().map(ProfileRow::read).collect::<Result<Vec<_>, _>>()?;
        profiles.sort_unstable_by_key(|profile| profile.id);
        Ok(profiles)
    }

    /// Writes new profiles. Their ids, emails and customer ids are free.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a key was not free, and any other.
    pub fn profiles_insert<'p>(
        &mut self,
        tenant: TenantId,
        profiles: impl IntoIterator<Item = &'p ProfileRow>,
    ) -> Result<(), StoreError> {
        let (mut rows, mut reachable) = (Vec::new(), Vec::new());
        for profile in profiles {
            let mut values = Vec::with_capacity(20);
            values.extend([id(tenant), id(profile.id)]);
            values.extend(profile.keys());
            values.extend(profile.details());
            values.extend([profile.created_at.into(), profile.updated_at.into()]);
            values.extend(profile.name_keys());
            rows.push(values);
            reachable.extend(profile.email_and_phone());
        }
        self.execute_rows(&INSERT, &rows)?;
        self.suppressions_reveal(tenant, &reachable)
    }

    /// Writes email, phone and customer id of profiles that are there already. Those of `released` first give up
    /// their email and customer id, so that others of the set may take them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a key was not free, and any other.
    pub fn profiles_rekey<'p>(
        &mut self,
        tenant: TenantId,
        profiles: impl IntoIterator<Item = &'p ProfileRow>,
        released: &[ProfileId],
    ) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = released.iter().map(|&profile| vec![id(tenant), id(profile)]).collect();
        self.execute_many(&RELEASE_KEYS, &sets)?;
        let (mut sets, mut reachable) = (Vec::new(), Vec::new());
        for profile in profiles {
            let [email, phone, customer_id] = profile.keys();
            sets.push(vec![email, phone, customer_id, id(tenant), id(profile.id)]);
            reachable.extend(profile.email_and_phone());
        }
        self.execute_many(&SET_KEYS, &sets)?;
        self.suppressions_reveal(tenant, &reachable)
    }

    /// Writes everything but the keys of profiles that are there already; see [`Tx::profiles_rekey`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profiles_update<'p>(
        &mut self,
        tenant: TenantId,
        profiles: impl IntoIterator<Item = &'p ProfileRow>,
    ) -> Result<(), StoreError> {
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for profile in profiles {
            let mut values = Vec::with_capacity(14);
            values.extend(profile.details());
            values.extend([profile.updated_at.into(), id(tenant), id(profile.id)]);
            rows.push(values);
            let [forward, reversed] = profile.name_keys();
            names.push(vec![forward, reversed, id(tenant), id(profile.id)]);
        }
        self.execute_rows(&UPDATE, &rows)?;
        self.name_keys_set(&names)
    }
}

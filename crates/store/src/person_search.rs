//! People, found by address, phone number, customer id and name: one range of one index at a time.
//!
//! Which ranges a search looks at is decided by [`postrider_core::person_search`]. Invariant: a page reads at most
//! [`READ_MAX`] rows, whatever is searched for and however many people match.

use crate::error::StoreError;
use crate::lookup::among;
use crate::profiles::{COLUMNS, ProfileRow};
use crate::statement::Statement;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::id::{Id as _, ProfileId, TenantId};
use postrider_core::person_name::NameKeys;
use postrider_core::person_search::{Lookup, SearchField};
use uuid::Uuid;

/// Rows that a page reads at most. Those who matched an earlier range are read and left out.
pub const READ_MAX: usize = 1_000;
/// Profiles whose keys are written at a time when the schema is brought up to date.
const FILLED_AT_ONCE: i64 = 500;

// SQLite has no statistics and would read all of a tenant, so it is told the index.
statements! { "person_search":
    EVERYBODY = "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    BY_EMAIL = fork
        sqlite "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles INDEXED BY profiles_by_email WHERE tenant_id = $1 AND (email, id) > ($2, $3) AND email <= $4 \
        ORDER BY email LIMIT $5"
        postgres "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND (email, id) > ($2, $3) AND email <= $4 ORDER BY email LIMIT $5";
    BY_PHONE = fork
        sqlite "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles INDEXED BY profiles_by_phone WHERE tenant_id = $1 AND (phone, id) > ($2, $3) AND phone <= $4 \
        ORDER BY phone, id LIMIT $5"
        postgres "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND (phone, id) > ($2, $3) AND phone <= $4 ORDER BY phone, id LIMIT $5";
    BY_CUSTOMER_ID = fork
        sqlite "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles INDEXED BY profiles_by_customer_id WHERE tenant_id = $1 AND (customer_id, id) > ($2, $3) \
        AND customer_id <= $4 ORDER BY customer_id LIMIT $5"
        postgres "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND (customer_id, id) > ($2, $3) AND customer_id <= $4 \
        ORDER BY customer_id LIMIT $5";
    BY_NAME = fork
        sqlite "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles INDEXED BY profiles_by_name WHERE tenant_id = $1 AND (name_key, id) > ($2, $3) AND name_key <= $4 \
        ORDER BY name_key, id LIMIT $5"
        postgres "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND (name_key, id) > ($2, $3) AND name_key <= $4 \
        ORDER BY name_key, id LIMIT $5";
    BY_NAME_REVERSED = fork
        sqlite "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles INDEXED BY profiles_by_name_reversed WHERE tenant_id = $1 \
        AND (name_key_reversed, id) > ($2, $3) AND name_key_reversed <= $4 ORDER BY name_key_reversed, id LIMIT $5"
        postgres "SELECT id, email, phone, customer_id, first_name, last_name, timezone, locale, push_tokens, address, \
        consent_email, consent_sms, consent_push, consent_direct_mail, attributes, created_at, updated_at \
        FROM profiles WHERE tenant_id = $1 AND (name_key_reversed, id) > ($2, $3) AND name_key_reversed <= $4 \
        ORDER BY name_key_reversed, id LIMIT $5";
    /// All tenants, and only while the schema is brought up to date.
    NAMED = "SELECT tenant_id, id, first_name, last_name FROM profiles WHERE (tenant_id, id) > ($1, $2) \
        ORDER BY tenant_id, id LIMIT $3";
    /// For [`Tx::execute_rows`], and only of those whose name changed: SQLite writes an index anew whose columns are named.
    SET_NAME_KEYS = fork
        sqlite "UPDATE profiles SET name_key = $1, name_key_reversed = $2 WHERE tenant_id = $3 AND id = $4 \
            AND (name_key IS DISTINCT FROM $1 OR name_key_reversed IS DISTINCT FROM $2)"
        postgres "UPDATE profiles AS p SET name_key = v.forward, name_key_reversed = v.reversed \
            FROM UNNEST(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS UUID[]), CAST($4 AS UUID[])) \
            AS v (forward, reversed, tenant_id, id) WHERE p.tenant_id = v.tenant_id AND p.id = v.id \
            AND (p.name_key IS DISTINCT FROM v.forward OR p.name_key_reversed IS DISTINCT FROM v.reversed)";
}

/// The place after which a page begins.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchPlace {
    /// Which lookup, from 0.
    pub lookup: usize,
    /// The field of the last person that was read.
    pub key: String,
    /// Who that was.
    pub profile: ProfileId,
}

/// People who match, and where the next page begins; a page can be shorter than it may be, even empty, and yet have one.
pub struct SearchPage {
    /// Who matches, each once over all pages.
    pub people: Vec<ProfileRow>,
    /// None after the last.
    pub next: Option<SearchPlace>,
}

impl Tx<'_> {
    /// Up to `limit` people of the lookups after a place.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn profiles_search(
        &mut self,
        tenant: TenantId,
        lookups: &[Lookup],
        after: Option<&SearchPlace>,
        limit: usize,
    ) -> Result<SearchPage, StoreError> {
        let mut people: Vec<(ProfileRow, SearchPlace)> = Vec::new();
        let mut left = READ_MAX.max(limit + 1);
        let first = after.map_or(0, |place| place.lookup);
        for (number, lookup) in lookups.iter().enumerate().skip(first) {
            let mut place = after.filter(|place| place.lookup == number).cloned();
            loop {
                let batch = left.min(limit + 1);
                let rows = self.looked_up(tenant, lookup, place.as_ref(), batch)?;
                let ended = rows.len() < batch;
                left -= rows.len();
                for row in rows {
                    let here = SearchPlace { lookup: number, key: key_of(lookup, &row), profile: row.id };
                    place = Some(here.clone());
                    if lookups[..number].iter().any(|earlier| is_found_by(earlier, &row)) {
                        continue;
                    }
                    people.push((row, here));
                    if people.len() > limit {
                        people.truncate(limit);
                        let next = people.last().map(|(_, place)| place.clone());
                        return Ok(page(people, next));
                    }
                }
                if ended {
                    break;
                }
                if left == 0 {
                    return Ok(page(people, place));
                }
            }
        }
        Ok(page(people, None))
    }

    /// Writes the keys of names where they changed; rows are [`name_keys`], tenant and profile.
    pub(crate) fn name_keys_set(&mut self, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        self.execute_rows(&SET_NAME_KEYS, rows).map(drop)
    }

    fn looked_up(
        &mut self,
        tenant: TenantId,
        lookup: &Lookup,
        after: Option<&SearchPlace>,
        limit: usize,
    ) -> Result<Vec<ProfileRow>, StoreError> {
        let limit = Value::from(i64::try_from(limit).unwrap_or(i64::MAX));
        let profile = after.map_or(Uuid::nil(), |place| place.profile.uuid());
        match lookup {
            Lookup::Everybody => {
                let before = after.map_or(Uuid::max(), |place| place.profile.uuid());
                self.query_as(&EVERYBODY, &[id(tenant), id(ProfileId::from(before)), limit], ProfileRow::read)
            }
            Lookup::Id(_) if after.is_some() => Ok(Vec::new()),
            Lookup::Id(wanted) => Ok(self.profile_get(tenant, *wanted)?.into_iter().collect()),
            Lookup::Range(field, from, to) => {
                let key = after.map_or(from.as_str(), |place| place.key.as_str()).max(from);
                let values = [id(tenant), key.into(), id(ProfileId::from(profile)), to.into(), limit];
                self.query_as(statement(*field), &values, ProfileRow::read)
            }
            Lookup::Phones(numbers) => {
                let key = after.map_or("", |place| place.key.as_str());
                let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
                let bound = [id(tenant), numbers.as_slice().into(), key.into(), id(ProfileId::from(profile)), limit];
                let (index, among) = (self.indexed_by("profiles_by_phone"), among(self.dialect(), 2));
                // Written so that no index is used for the place: it is for the numbers.
                let sql = format!(
                    "SELECT {COLUMNS} FROM profiles {index} WHERE tenant_id = $1 AND phone {among} \
                    AND (phone > $3 OR (phone = $3 AND id > $4)) ORDER BY phone, id LIMIT $5"
                );
                self.query_text(&sql, &bound)?.iter_mut().map(ProfileRow::read).collect()
            }
        }
    }
}

/// The keys of a name, as values.
pub(crate) fn name_keys(first: Option<&str>, last: Option<&str>) -> [Value; 2] {
    let NameKeys { forward, reversed } = NameKeys::of(first, last);
    [forward.into(), reversed.into()]
}

fn page(people: Vec<(ProfileRow, SearchPlace)>, next: Option<SearchPlace>) -> SearchPage {
    SearchPage { people: people.into_iter().map(|(row, _)| row).collect(), next }
}

const fn statement(field: SearchField) -> &'static Statement {
    match field {
        SearchField::Email => &BY_EMAIL,
        SearchField::Phone => &BY_PHONE,
        SearchField::CustomerId => &BY_CUSTOMER_ID,
        SearchField::Name => &BY_NAME,
        SearchField::NameReversed => &BY_NAME_REVERSED,
    }
}

fn field_of(field: SearchField, row: &ProfileRow) -> Option<String> {
    let keys = || NameKeys::of(row.first_name.as_deref(), row.last_name.as_deref());
    match field {
        SearchField::Email => row.email.clone(),
        SearchField::Phone => row.phone.clone(),
        SearchField::CustomerId => row.customer_id.clone(),
        SearchField::Name => keys().forward,
        SearchField::NameReversed => keys().reversed,
    }
}

fn key_of(lookup: &Lookup, row: &ProfileRow) -> String {
    let key = match lookup {
        Lookup::Everybody | Lookup::Id(_) => None,
        Lookup::Range(field, ..) => field_of(*field, row),
        Lookup::Phones(_) => row.phone.clone(),
    };
    key.unwrap_or_default()
}

fn is_found_by(lookup: &Lookup, row: &ProfileRow) -> bool {
    match lookup {
        Lookup::Everybody => true,
        Lookup::Id(wanted) => row.id == *wanted,
        Lookup::Range(field, from, to) => field_of(*field, row).is_some_and(|key| (from..=to).contains(&&key)),
        Lookup::Phones(numbers) => row.phone.as_ref().is_some_and(|phone| numbers.contains(phone)),
    }
}

/// Writes the keys of the names that were stored before there were keys.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) fn fill_name_keys(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let (mut tenant, mut profile) = (TenantId::from(Uuid::nil()), ProfileId::from(Uuid::nil()));
    loop {
        let read =
            |row: &mut Row| Ok((row.id()?, row.id()?, row.next::<Option<String>>()?, row.next::<Option<String>>()?));
        let people: Vec<(TenantId, ProfileId, _, _)> =
            tx.query_as(&NAMED, &[id(tenant), id(profile), FILLED_AT_ONCE.into()], read)?;
        let Some(last) = people.last() else { return Ok(()) };
        (tenant, profile) = (last.0, last.1);
        let rows: Vec<Vec<Value>> = people
            .iter()
            .map(|(tenant, profile, first, last)| {
                let [forward, reversed] = name_keys(first.as_deref(), last.as_deref());
                vec![forward, reversed, id(*tenant), id(*profile)]
            })
            .collect();
        tx.name_keys_set(&rows)?;
    }
}

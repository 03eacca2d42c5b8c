//! Puts people on a list by their contact keys, and takes them off.
//!
//! Invariant: every key that was sent is accounted for: its profile, or among those not found, or among the invalid.

use crate::idempotency::{Answered, Reply};
use crate::profiles::MatchKey;
use crate::{Actor, Service, ServiceError};
use postrider_core::address::{normalize_customer_id, normalize_email, normalize_phone};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ListId, ProfileId, TenantId};
use postrider_store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Most keys of one call.
pub const CONTACT_KEYS_MAX: usize = 10_000;

/// Put people on a list, or take them off.
#[derive(Clone)]
pub struct MembersChange {
    /// Which list.
    pub list: ListId,
    /// Email addresses, phone numbers or customer ids: 1 to [`CONTACT_KEYS_MAX`]. One that comes twice counts once.
    pub contact_keys: Vec<String>,
    /// What the keys are.
    pub match_key: MatchKey,
}

/// A key that cannot name one profile.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidKey {
    /// As it was sent.
    pub key: String,
    /// What is wrong with it, in one clause.
    pub problem: &'static str,
}

/// What became of the keys.
#[derive(Clone)]
pub struct MembersChanged {
    /// Which list.
    pub list: ListId,
    /// How many were put on the list, or taken off it.
    pub changed: usize,
    /// How many were on the list already, or were not on it.
    pub unchanged: usize,
    /// Keys as they were sent that no profile has.
    pub not_found: Vec<String>,
    /// Keys that cannot name one profile.
    pub invalid: Vec<InvalidKey>,
    /// How many members the list has now.
    pub member_count: i64,
}

/// Keys in their normal form with the words that were sent, and those that have none.
#[derive(Clone, Default)]
struct Keys {
    valid: BTreeMap<String, String>,
    invalid: Vec<InvalidKey>,
}

#[derive(Clone, Copy)]
enum Change {
    Add,
    Remove,
}

impl Service {
    /// Puts people on a list. Keys that no profile has are told, never dropped in silence, and make no profile.
    ///
    /// # Errors
    /// `LISTS.NOT_FOUND`; `REQUEST_INVALID` for no keys or too many.
    pub async fn add_list_members(
        &self,
        actor: &Actor,
        command: MembersChange,
        reply: Reply<MembersChanged>,
    ) -> Result<Answered, ServiceError> {
        self.change_list_members(actor, command, reply, Change::Add).await
    }

    /// Takes people off a list.
    ///
    /// # Errors
    /// As [`Service::add_list_members`].
    pub async fn remove_list_members(
        &self,
        actor: &Actor,
        command: MembersChange,
        reply: Reply<MembersChanged>,
    ) -> Result<Answered, ServiceError> {
        self.change_list_members(actor, command, reply, Change::Remove).await
    }

    async fn change_list_members(
        &self,
        actor: &Actor,
        command: MembersChange,
        reply: Reply<MembersChanged>,
        change: Change,
    ) -> Result<Answered, ServiceError> {
        let MembersChange { list, contact_keys, match_key } = command;
        if contact_keys.is_empty() || contact_keys.len() > CONTACT_KEYS_MAX {
            let problem = format!("must hold 1 to {CONTACT_KEYS_MAX} keys");
            return Err(Refusal::invalid("contactKeys", None, problem).into());
        }
        let keys = normalize(contact_keys, match_key);
        let (tenant, now) = (actor.tenant, self.now());
        self.answer_once_guarded("lists.members", actor, reply, move |tx| {
            let mut answer = MembersChanged {
                list,
                changed: 0,
                unchanged: 0,
                not_found: Vec::new(),
                invalid: keys.invalid.clone(),
                member_count: 0,
            };
            let profiles = find(tx, tenant, match_key, &keys, &mut answer)?;
            let done = match change {
                Change::Add => tx.list_members_add(tenant, list, &profiles, now)?,
                Change::Remove => tx.list_members_remove(tenant, list, &profiles, now)?,
            };
            let done = done.ok_or(Code::ListNotFound)?;
            answer.changed = done.iter().filter(|&&changed| changed).count();
            answer.unchanged = done.len() - answer.changed;
            answer.member_count = tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?.member_count;
            Ok(answer)
        })
        .await
    }
}

fn normalize(contact_keys: Vec<String>, match_key: MatchKey) -> Keys {
    let mut keys = Keys::default();
    for key in contact_keys {
        let normal = match match_key {
            MatchKey::Email => normalize_email(&key),
            MatchKey::Phone => normalize_phone(&key),
            MatchKey::CustomerId => normalize_customer_id(&key),
        };
        match normal {
            Ok(normal) => drop(keys.valid.entry(normal).or_insert(key)),
            Err(problem) => keys.invalid.push(InvalidKey { key, problem }),
        }
    }
    keys
}

/// The profiles of the keys; what is not exactly one profile goes to the answer.
fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    match_key: MatchKey,
    keys: &Keys,
    answer: &mut MembersChanged,
) -> Result<Vec<ProfileId>, StoreError> {
    let values: Vec<&str> = keys.valid.keys().map(String::as_str).collect();
    let mut found: BTreeMap<String, Vec<ProfileId>> = BTreeMap::new();
    for row in tx.profiles_by_keys(tenant, match_key, &values)? {
        if let Some(value) = row.key(match_key) {
            found.entry(value.to_owned()).or_default().push(row.id);
        }
    }
    let mut profiles = BTreeSet::new();
    for (value, sent) in &keys.valid {
        match found.get(value).map(Vec::as_slice) {
            Some([one]) => drop(profiles.insert(*one)),
            Some([_, ..]) => {
                let problem = "belongs to several profiles";
                answer.invalid.push(InvalidKey { key: sent.clone(), problem });
            }
            Some([]) | None => answer.not_found.push(sent.clone()),
        }
    }
    Ok(profiles.into_iter().collect())
}

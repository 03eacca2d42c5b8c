//! One page of members: who of them gets a message, and why somebody does not.

use aws_lc_rs::digest::{Context, SHA256, digest};
use postrider_core::address::email_domain;
use postrider_core::audience::{Eligibility, Recipient, SUPPRESSED, eligibility};
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;
use postrider_store::ledger::FrozenRow;
use postrider_store::manifest_members::Member;
use postrider_store::manifests::Freezing;
use postrider_store::places::{postal_address, push_tokens};
use postrider_store::{StoreError, Tx};

/// A page, decided.
pub(crate) struct Page {
    /// Who is frozen, in order.
    pub(crate) rows: Vec<FrozenRow>,
    /// How many an excluded audience took out.
    pub(crate) excluded: i64,
    /// How many stood in the ledger already.
    pub(crate) repeated: i64,
}

/// Decides about each member: first consent and address, then the suppression list.
pub(crate) fn judge(
    tx: &mut Tx<'_>,
    freezing: &Freezing,
    members: Vec<Member>,
    now: Timestamp,
) -> Result<Page, StoreError> {
    let mut page = Page { rows: Vec::with_capacity(members.len()), excluded: 0, repeated: 0 };
    // Read with every page, so that a change of the setting holds for whoever is not frozen yet.
    let mails_unknown = tx.tenant_mails_unknown(freezing.tenant)?;
    let mut decided = Vec::with_capacity(members.len());
    for member in members {
        // Excluded wins, however often somebody is included.
        if member.excluded && !planted("exclusions_are_ignored") {
            page.excluded += 1;
        } else if member.repeated {
            page.repeated += 1;
        } else {
            let decision = decide(&member, freezing.channel, mails_unknown);
            decided.push((member.profile, decision));
        }
    }
    let keys = decided.iter().filter_map(|(_, decision)| match decision {
        Eligibility::Eligible(destination) => Some(destination.address_key.as_str()),
        Eligibility::Suppressed(_) | Eligibility::Skipped(_) => None,
    });
    let suppressed = suppressed_among(tx, freezing, keys, now)?;
    for (profile, decision) in decided {
        let (address, address_key, state, reason) = match decision {
            Eligibility::Eligible(to) if is_suppressed(&suppressed, freezing.channel, &to.address_key) => {
                (Some(to.address), None, DeliveryState::Suppressed, Some(SUPPRESSED))
            }
            Eligibility::Eligible(to) => {
                (Some(to.address), Some(key_of(&to.address_key)), DeliveryState::Pending, None)
            }
            Eligibility::Suppressed(reason) => (None, None, DeliveryState::Suppressed, Some(reason)),
            Eligibility::Skipped(reason) => (None, None, DeliveryState::Skipped, Some(reason)),
        };
        let address_key = address_key.filter(|_| !planted("addresses_are_not_compared"));
        if let (Some(_), Some(key)) = (freezing.parent, address_key)
            && tx.address_is_reached(freezing, key)?
        {
            // Under another profile, in an earlier job.
            page.repeated += 1;
            continue;
        }
        page.rows.push(FrozenRow { profile, address, address_key, state, reason });
    }
    Ok(page)
}

fn decide(member: &Member, channel: ChannelKind, mails_unknown: bool) -> Eligibility {
    let push_token = member.push_tokens.as_deref().and_then(|json| push_tokens(json).into_iter().next());
    let (first_name, last_name) = (member.first_name.as_deref(), member.last_name.as_deref());
    let postal = member.address.as_deref().and_then(|json| postal_address(json, first_name, last_name));
    let recipient = Recipient {
        email: member.email.as_deref(),
        phone: member.phone.as_deref(),
        push_token: push_token.as_deref(),
        postal: postal.as_ref(),
        consent: member.consent,
        mails_unknown,
        suppressed: false,
    };
    eligibility(&recipient, channel)
}

/// Which of the addresses, or of their domains, stand on the suppression list; sorted.
fn suppressed_among<'k>(
    tx: &mut Tx<'_>,
    freezing: &Freezing,
    keys: impl Iterator<Item = &'k str>,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let wanted = suppression_keys(freezing.channel, keys);
    tx.suppressions_active(freezing.tenant, freezing.channel, &wanted, now)
}

/// Under which entries of the suppression list addresses may stand: their own, and for email their domains.
pub(crate) fn suppression_keys<'k>(channel: ChannelKind, keys: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let mut wanted: Vec<&str> = Vec::new();
    for key in keys {
        wanted.push(key);
        if channel == ChannelKind::Email {
            wanted.push(email_domain(key));
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

/// Whether an address stands under one of the entries (sorted).
pub(crate) fn is_suppressed(entries: &[String], channel: ChannelKind, key: &str) -> bool {
    let has = |wanted: &str| entries.binary_search_by(|entry| entry.as_str().cmp(wanted)).is_ok();
    has(key) || (channel == ChannelKind::Email && has(email_domain(key)))
}

/// The short form of an address by which the ledger tells duplicates.
pub(super) fn key_of(address_key: &str) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&digest(&SHA256, address_key.as_bytes()).as_ref()[..16]);
    key
}

/// Adds a recipient to the hash chain: SHA-256 of the chain so far, the profile's id, and the address key (zeros if
/// there is none).
pub(crate) fn extend_hash(chain: &mut Vec<u8>, row: &FrozenRow) {
    let mut next = Context::new(&SHA256);
    next.update(chain);
    next.update(uuid::Uuid::from(row.profile).as_bytes());
    next.update(&row.address_key.unwrap_or_default());
    chain.clear();
    chain.extend_from_slice(next.finish().as_ref());
}

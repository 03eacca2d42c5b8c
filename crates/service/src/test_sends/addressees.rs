//! Who is named for a test, and whether anything may be sent there.

use crate::ServiceError;
use postrider_core::address::{email_domain, normalize_email, normalize_phone};
use postrider_core::audience::{SUPPRESSED, address_key};
use postrider_core::channel::ChannelKind;
use postrider_core::content::TestFields;
use postrider_core::env::Entropy;
use postrider_core::error::Refusal;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::profiles::{MatchKey, ProfileRow};
use postrider_store::test_recipients::TestRecipient;

/// Longest device token, in characters.
const TOKEN_CHARS_MAX: usize = 4_096;

/// The normal forms of addresses, in order.
///
/// # Errors
/// `REQUEST_INVALID` with the path of the first that cannot be one, or that was named before.
pub(super) fn normalized(channel: ChannelKind, addresses: &[String]) -> Result<Vec<String>, Refusal> {
    let mut found: Vec<String> = Vec::with_capacity(addresses.len());
    for (index, text) in addresses.iter().enumerate() {
        let refuse = |problem| Refusal::invalid(format!("addresses[{index}]"), Some(text), problem);
        let address = normal_form(channel, text).map_err(refuse)?;
        if found.contains(&address) {
            return Err(refuse("is named before"));
        }
        found.push(address);
    }
    Ok(found)
}

fn normal_form(channel: ChannelKind, text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match channel {
        ChannelKind::Email => normalize_email(text),
        ChannelKind::Sms => normalize_phone(text),
        ChannelKind::Push | ChannelKind::DirectMail if text.is_empty() => Err("is empty"),
        ChannelKind::Push | ChannelKind::DirectMail if text.chars().count() > TOKEN_CHARS_MAX => {
            Err("is longer than 4096 characters")
        }
        ChannelKind::Push | ChannelKind::DirectMail if text.contains(char::is_control) => {
            Err("contains a control character")
        }
        ChannelKind::Push | ChannelKind::DirectMail => Ok(text.to_owned()),
    }
}

/// Whose fields a message shows in place of the addressee's own.
#[derive(Clone, Copy, Default)]
pub(super) struct Samples {
    /// Named by the request, for every address.
    pub named: Option<ProfileId>,
    /// For an address that nobody has.
    pub stand_in: Option<ProfileId>,
}

/// Finds who has the addresses, and decides who may be sent to as things are now.
pub(super) fn judged(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    channel: ChannelKind,
    addresses: &[String],
    samples: Samples,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<TestRecipient>, ServiceError> {
    let known = owners(tx, tenant, channel, addresses)?;
    let keys: Vec<String> = addresses.iter().map(|address| address_key(channel, address)).collect();
    let entries: Vec<&str> = keys.iter().flat_map(|key| suppression_keys(channel, key)).collect();
    let active = tx.suppressions_active(tenant, channel, &entries, now)?;
    let judge = |(address, key): (&String, &String)| {
        let own: Vec<&(String, ProfileRow)> = known.iter().filter(|(known, _)| known == address).collect();
        let is_suppressed = suppression_keys(channel, key).any(|key| active.iter().any(|entry| entry == key));
        // Whoever names an address has decided about unknown consent.
        let denied = own.iter().find_map(|(_, profile)| profile.consent(channel).refusal(true));
        let refused = denied.or_else(|| is_suppressed.then_some(SUPPRESSED));
        let profile = own.first().map_or_else(|| ProfileId::new(now, entropy), |(_, profile)| profile.id);
        let (fields, sample) = match (samples.named, own.is_empty(), samples.stand_in) {
            (Some(named), ..) => (TestFields::Profile, Some(named)),
            (None, false, _) => (TestFields::Recipient, None),
            (None, true, Some(stand_in)) => (TestFields::Sample, Some(stand_in)),
            (None, true, None) => (TestFields::None, None),
        };
        TestRecipient { address: address.clone(), profile, sample, fields, refused }
    };
    Ok(addresses.iter().zip(&keys).map(judge).collect())
}

/// Profiles with their address on the channel; a device token is not looked up.
fn owners(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    channel: ChannelKind,
    addresses: &[String],
) -> Result<Vec<(String, ProfileRow)>, ServiceError> {
    let key = match channel {
        ChannelKind::Email => MatchKey::Email,
        ChannelKind::Sms => MatchKey::Phone,
        ChannelKind::Push | ChannelKind::DirectMail => return Ok(Vec::new()),
    };
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let profiles = tx.profiles_by_keys(tenant, key, &addresses)?;
    Ok(profiles.into_iter().filter_map(|profile| Some((profile.key(key)?.to_owned(), profile))).collect())
}

/// Under which entries of the suppression list an address may stand: its own, and for email its domain.
fn suppression_keys(channel: ChannelKind, key: &str) -> impl Iterator<Item = &str> {
    let domain = (channel == ChannelKind::Email).then(|| email_domain(key));
    std::iter::once(key).chain(domain)
}

//! The names a template can use, and the values behind them for one recipient.
//!
//! Invariant: a recipient's attribute never takes the place of a well-known field, of `campaign`, of `sender` or of
//! `unsubscribe_url`. Only values that the template can name are ever built.

use minijinja::value::{Enumerator, Object, Value};
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Well-known fields of a profile that hold one text.
const PROFILE_FIELDS: [&str; 7] = ["email", "phone", "customer_id", "first_name", "last_name", "timezone", "locale"];
/// Fields of an address.
const ADDRESS_FIELDS: [&str; 8] = ["name", "company", "line1", "line2", "city", "region", "postal_code", "country"];
/// Names that no attribute may take, beside [`PROFILE_FIELDS`].
const RESERVED: [&str; 6] = ["address", "campaign", "sender", "unsubscribe_url", "push_tokens", "consent"];

/// What is known of one recipient. `None` renders as nothing.
#[derive(Clone, Copy, Default)]
pub struct RecipientFields<'a> {
    /// Email address.
    pub email: Option<&'a str>,
    /// Phone number in E.164.
    pub phone: Option<&'a str>,
    /// The tenant's own id of the person.
    pub customer_id: Option<&'a str>,
    /// Given name.
    pub first_name: Option<&'a str>,
    /// Family name.
    pub last_name: Option<&'a str>,
    /// IANA name.
    pub timezone: Option<&'a str>,
    /// BCP 47 tag.
    pub locale: Option<&'a str>,
    /// A JSON object of [`ADDRESS_FIELDS`].
    pub address_json: Option<&'a str>,
    /// A JSON object; empty text is an empty object.
    pub attributes_json: &'a str,
}

/// What is the same for every recipient of a campaign.
#[derive(Clone, Default)]
pub struct CampaignFields {
    /// `{{ campaign.name }}`.
    pub campaign_name: String,
    /// `{{ sender.* }}`: the sender profile's fields by name.
    pub sender: BTreeMap<String, String>,
}

/// [`CampaignFields`] in the form that rendering takes: made once a manifest, cheap to clone.
#[derive(Clone)]
pub struct CampaignContext {
    campaign: Value,
    sender: Value,
}

impl CampaignContext {
    /// Prepares the fields.
    #[must_use]
    pub fn new(fields: &CampaignFields) -> Self {
        Self {
            campaign: Value::from_pairs([("name", fields.campaign_name.as_str())]),
            sender: Value::from_pairs(fields.sender.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
        }
    }
}

/// Whether a path such as `address.city` is a name that every template knows.
#[must_use]
pub fn is_well_known(path: &str) -> bool {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    match (head, rest) {
        ("unsubscribe_url" | "campaign" | "sender" | "address", None) | ("campaign", Some("name")) => true,
        ("sender", Some(_)) => true,
        ("address", Some(field)) => ADDRESS_FIELDS.contains(&field),
        (head, None) => PROFILE_FIELDS.contains(&head),
        _ => false,
    }
}

/// The fields among `used` that are neither well-known nor among the tenant's attributes, in order.
pub fn unknown_fields(used: &BTreeSet<String>, is_attribute: impl Fn(&str) -> bool) -> Vec<String> {
    let unknown = |path: &&String| {
        let head = path.split('.').next().unwrap_or(path);
        !is_well_known(path) && (is_reserved(head) || !is_attribute(head))
    };
    used.iter().filter(unknown).cloned().collect()
}

fn is_reserved(name: &str) -> bool {
    PROFILE_FIELDS.contains(&name) || RESERVED.contains(&name)
}

/// The words that occur in a template's sources: every name the template can use is one of them.
#[derive(Default)]
pub(crate) struct Words(HashSet<Box<str>>);

impl Words {
    /// Adds the words of a source: its longest runs of letters, digits and underscores.
    pub(crate) fn learn(&mut self, source: &str) {
        for word in source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if !word.is_empty() && !self.0.contains(word) {
                self.0.insert(word.into());
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The values behind a template's names for one recipient.
#[derive(Debug)]
pub(crate) struct Scope {
    values: Vec<(Box<str>, Value)>,
}

impl Scope {
    /// Builds the values that a template of these words can name. Fails if a JSON text is not an object.
    pub(crate) fn new(
        words: &Words,
        campaign: &CampaignContext,
        recipient: &RecipientFields<'_>,
        unsubscribe_url: &str,
    ) -> Result<Self, serde_json::Error> {
        let mut values = Vec::with_capacity(12);
        let mut put = |name: &str, value: &dyn Fn() -> Value| {
            if words.has(name) {
                values.push((name.into(), value()));
            }
        };
        let known = [
            recipient.email,
            recipient.phone,
            recipient.customer_id,
            recipient.first_name,
            recipient.last_name,
            recipient.timezone,
            recipient.locale,
        ];
        for (name, value) in PROFILE_FIELDS.into_iter().zip(known) {
            if let Some(value) = value {
                put(name, &|| Value::from(value));
            }
        }
        put("campaign", &|| campaign.campaign.clone());
        put("sender", &|| campaign.sender.clone());
        put("unsubscribe_url", &|| Value::from(unsubscribe_url));
        if let Some(address) = recipient.address_json.filter(|_| words.has("address")) {
            let fields = object(address, |_| true)?;
            values.push(("address".into(), Value::from_pairs(fields.into_iter().map(|(k, v)| (Value::from(&*k), v)))));
        }
        if !recipient.attributes_json.is_empty() {
            values.extend(object(recipient.attributes_json, |name| words.has(name) && !is_reserved(name))?);
        }
        Ok(Self { values })
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        self.values.iter().find(|(known, _)| **known == *name).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// Reads the wanted members of a JSON object straight into template values; a null member is absent.
fn object(json: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<(Box<str>, Value)>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let members = reader.deserialize_map(Members(wanted))?;
    reader.end()?;
    Ok(members)
}

struct Members<F>(F);

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Members<F> {
    type Value = Vec<(Box<str>, Value)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Name(&self.0))? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: Value = map.next_value()?;
            if !value.is_none() {
                members.push((name, value));
            }
        }
        Ok(members)
    }
}

/// Reads a member's name, and keeps it only if it is wanted.
struct Name<'f, F>(&'f F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Name<'_, F> {
    type Value = Option<Box<str>>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<F: Fn(&str) -> bool> Visitor<'_> for Name<'_, F> {
    type Value = Option<Box<str>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.0)(name).then(|| name.into()))
    }
}

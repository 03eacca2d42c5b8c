//! The names a template can use, and the values behind them for one recipient.
//!
//! Invariant: a recipient's attribute never takes the place of a well-known field, of `campaign`, of `sender` or of
//! `unsubscribe_url`. Only values that the template can name are ever built, and each is charged before it is.

use crate::language::{Budget, Names, Text, Value};
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
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
    fields: Arc<CampaignFields>,
}

impl CampaignContext {
    /// Prepares the fields.
    #[must_use]
    pub fn new(fields: &CampaignFields) -> Self {
        Self { fields: Arc::new(fields.clone()) }
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

/// The values of a template's names for one recipient, by their numbers.
///
/// # Errors
/// A sentence if a JSON text is not an object, or is too much for one message.
pub(crate) fn fields<'a>(
    names: &Names,
    campaign: &'a CampaignContext,
    recipient: &RecipientFields<'a>,
    unsubscribe_url: &'a str,
    budget: &mut Budget,
) -> Result<Vec<Value<'a>>, &'static str> {
    let mut fields = budget.list(names.len()).map_err(|_| TOO_MUCH)?;
    fields.resize(names.len(), Value::Undefined);
    let known = [
        recipient.email,
        recipient.phone,
        recipient.customer_id,
        recipient.first_name,
        recipient.last_name,
        recipient.timezone,
        recipient.locale,
    ];
    for (name, value) in PROFILE_FIELDS.into_iter().zip(known).chain([("unsubscribe_url", Some(unsubscribe_url))]) {
        if let (Some(number), Some(value)) = (names.find(name), value) {
            fields[number] = Value::borrowed(value);
        }
    }
    if let Some(number) = names.find("campaign") {
        let name = Value::borrowed(&campaign.fields.campaign_name);
        fields[number] = Value::map(vec![(Text::Borrowed("name"), name)]).map_err(|_| TOO_MUCH)?;
    }
    if let Some(number) = names.find("sender") {
        let sender = campaign.fields.sender.iter();
        let sender = sender.map(|(name, value)| (Text::Borrowed(name.as_str()), Value::borrowed(value)));
        fields[number] = Value::map(sender.collect()).map_err(|_| TOO_MUCH)?;
    }
    if let (Some(number), Some(address)) = (names.find("address"), recipient.address_json) {
        let Read(value) = read(address, Whole { budget })?;
        fields[number] = value;
    }
    if !recipient.attributes_json.is_empty() {
        read(recipient.attributes_json, Attributes { names, fields: &mut fields, budget })?;
    }
    Ok(fields)
}

/// What is said of fields that take more than a message may.
const TOO_MUCH: &str = "the recipient's fields take more memory than one message may";
/// What is said of fields that are none.
const NO_OBJECT: &str = "the recipient's stored fields are not a JSON object";

/// Reads a JSON object.
fn read<'a, V: Visitor<'a>>(json: &'a str, members: V) -> Result<V::Value, &'static str> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let said = |error: &serde_json::Error| if error.to_string().starts_with(TOO_MUCH) { TOO_MUCH } else { NO_OBJECT };
    let members = reader.deserialize_map(members).map_err(|error| said(&error))?;
    reader.end().map_err(|_| NO_OBJECT)?;
    Ok(members)
}

/// Reads the members that the template names.
struct Attributes<'n, 'f, 'a, 'b> {
    names: &'n Names,
    fields: &'f mut [Value<'a>],
    budget: &'b mut Budget,
}

impl<'a> Visitor<'a> for Attributes<'_, '_, 'a, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(number) = map.next_key_seed(Wanted(self.names))? {
            let Some(number) = number else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let Read(value) = map.next_value_seed(Any { budget: self.budget })?;
            // A member that is null is absent.
            self.fields[number] = if value.is_absent() { Value::Undefined } else { value };
        }
        Ok(())
    }
}

/// Reads a member's name as its number, if the template names it and an attribute may have it.
struct Wanted<'n>(&'n Names);

impl<'a> DeserializeSeed<'a> for Wanted<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Wanted<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.find(name).filter(|_| !is_reserved(name)))
    }
}

/// A value that was read.
struct Read<'a>(Value<'a>);

/// Reads a whole object.
struct Whole<'b> {
    budget: &'b mut Budget,
}

impl<'a> Visitor<'a> for Whole<'_> {
    type Value = Read<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<Read<'a>, A::Error> {
        Any { budget: self.budget }.visit_map(map)
    }
}

/// Reads any value, each of them charged.
struct Any<'b> {
    budget: &'b mut Budget,
}

impl<'a> DeserializeSeed<'a> for Any<'_> {
    type Value = Read<'a>;

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<Read<'a>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Any<'_> {
    type Value = Read<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Read<'a>, E> {
        Ok(Read(Value::None))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read<'a>, E> {
        Ok(Read(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read<'a>, E> {
        Ok(Read(Value::Int(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read<'a>, E> {
        Ok(Read(Value::Int(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read<'a>, E> {
        Ok(Read(Value::Float(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Read<'a>, E> {
        Ok(Read(Value::borrowed(value)))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Read<'a>, E> {
        self.budget.holds(value.len()).map_err(|_| E::custom(TOO_MUCH))?;
        Ok(Read(Value::Text(Text::Shared(Rc::from(value)))))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Read<'a>, A::Error> {
        let mut items = Vec::new();
        while let Some(Read(item)) = list.next_element_seed(Any { budget: &mut *self.budget })? {
            self.budget.item().map_err(|_| A::Error::custom(TOO_MUCH))?;
            items.push(item);
        }
        Value::list(items).map(Read).map_err(|_| A::Error::custom(TOO_MUCH))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Read<'a>, A::Error> {
        let mut entries = Vec::new();
        while let Some(Read(name)) = map.next_key_seed(Any { budget: &mut *self.budget })? {
            let Read(value) = map.next_value_seed(Any { budget: &mut *self.budget })?;
            let charged = self.budget.item().and_then(|()| self.budget.item());
            charged.map_err(|_| A::Error::custom(TOO_MUCH))?;
            let Some(name) = name.as_text() else { continue };
            entries.push((name.clone(), value));
        }
        Value::map(entries).map(Read).map_err(|_| A::Error::custom(TOO_MUCH))
    }
}

//! Typed identifiers.
//!
//! Every id that Postrider mints is a UUID v7 made from an instant and entropy that the caller passes in,
//! so tests can foretell it. An id is never a secret and never read for its time.

use crate::env::Entropy;
use crate::time::Timestamp;
use uuid::Uuid;

/// What all typed ids share: a UUID inside.
pub trait Id: Copy + Eq + Ord + From<Uuid> + Send + Sync + 'static {
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl std::fmt::Display for NotAnId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not an id; ids look like 01a2064b-a4f5-70ea-af91-904a68ad4386")
    }
}

impl std::error::Error for NotAnId {}

/// Makes a UUID v7 (RFC 9562 §5.7) of an instant and 74 random bits.
#[must_use]
pub fn uuid_v7(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0_u8; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id of an instant and entropy.
            #[must_use]
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }
        }

        impl Id for $name {
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| NotAnId)
            }
        }
    )*};
}

ids! {
    /// A workspace whose data nobody else sees.
    TenantId;
    /// An API client of one tenant.
    ClientId;
    /// A campaign.
    CampaignId;
    /// One version of a campaign: what a committed job sends.
    VersionId;
    /// A schedule job or a send job (`scheduleId` in the API).
    ScheduleId;
    /// A frozen audience.
    ManifestId;
    /// One recipient of one manifest; see [`DeliveryId::of`].
    DeliveryId;
    /// A person.
    ProfileId;
    /// A static list.
    ListId;
    /// An audience by rule.
    AudienceId;
    /// A template.
    TemplateId;
    /// A published, immutable version of a template.
    TemplateVersionId;
    /// Who a message comes from.
    SenderProfileId;
    /// One entry of the suppression list.
    SuppressionId;
    /// A file of people on its way in.
    ImportJobId;
    /// A running process.
    NodeId;
    /// Where a tenant wants events to be sent.
    WebhookId;
    /// Something that happened (`webhook-id` on its way out).
    EventId;
}

/// Low bits of a delivery id that hold the sequence number.
const SEQ_BITS: u32 = 40;

impl DeliveryId {
    /// The id of recipient `seq` (1 to 2^40 − 1) of a manifest: a UUID v8 (RFC 9562 §5.8) computed, never stored.
    #[must_use]
    pub fn of(manifest: ManifestId, seq: u64) -> Self {
        let mask = (1_u128 << SEQ_BITS) - 1;
        let bits = (manifest.0.as_u128() & !mask) | (u128::from(seq) & mask);
        let mut bytes = bits.to_be_bytes();
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        Self(Uuid::from_bytes(bytes))
    }

    /// The sequence number, if this id belongs to the manifest.
    #[must_use]
    pub fn seq_in(self, manifest: ManifestId) -> Option<u64> {
        let seq = u64::try_from(self.0.as_u128() & ((1_u128 << SEQ_BITS) - 1)).ok()?;
        (Self::of(manifest, seq) == self).then_some(seq)
    }

    /// The least and the greatest id that a manifest with this delivery can have. Ids of manifests are UUIDs v7, so
    /// in practice one manifest lies between them; [`DeliveryId::seq_in`] then proves that it is the right one.
    #[must_use]
    pub fn manifest_range(self) -> (ManifestId, ManifestId) {
        let mask = (1_u128 << SEQ_BITS) - 1;
        let of = |bits: u128| {
            let mut bytes = bits.to_be_bytes();
            bytes[6] = (bytes[6] & 0x0f) | 0x70;
            ManifestId(Uuid::from_bytes(bytes))
        };
        let bits = self.0.as_u128();
        (of(bits & !mask), of(bits | mask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_id_is_told_in_words() {
        let id = TenantId::from(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string().parse(), Ok(id));
        let error = "nope".parse::<TenantId>().unwrap_err().to_string();
        assert!(error.starts_with("not an id; ids look like "), "{error}");
    }

    #[test]
    fn a_delivery_id_tells_its_place_in_its_own_manifest_only() {
        let one = ManifestId::from(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        let two = ManifestId::from(Uuid::from_u128(0x0190_0000_0001_7000_8000_0000_0000_0001));
        let id = DeliveryId::of(one, 1_000_000);
        assert_eq!(id.seq_in(one), Some(1_000_000));
        assert_eq!(id.seq_in(two), None);
        assert_eq!(id.uuid().get_version_num(), 8);
        let within = |manifest: ManifestId| (id.manifest_range().0..=id.manifest_range().1).contains(&manifest);
        assert!(within(one) && !within(two));
    }
}

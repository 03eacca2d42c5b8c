//! Which audiences a campaign names: their form, and whether they exist.

use crate::ServiceError;
use postrider_core::campaign::{AudienceSide, AudienceType};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{AudienceId, ListId, TenantId};
use postrider_store::Tx;
use postrider_store::campaign_audiences::AudienceBinding;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most audiences on one side.
const AUDIENCES_MAX: usize = 25;

/// An audience as a caller names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceRef {
    /// `audienceId`, as written.
    pub audience_id: String,
    /// `type`.
    pub audience_type: AudienceType,
}

/// All audiences of a campaign, in place of those it had.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AudienceCommand {
    /// 1 to 25 whose members are sent to.
    pub include: Vec<AudienceRef>,
    /// At most 25 whose members are left out.
    pub exclude: Vec<AudienceRef>,
}

impl AudienceCommand {
    /// Checks the form and answers the bindings, included ones first.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path: too few or too many, no UUID, one named twice.
    pub fn bindings(&self) -> Result<Vec<AudienceBinding>, Refusal> {
        if self.include.is_empty() {
            return Err(Refusal::invalid("include", None, "must name at least one audience"));
        }
        let mut seen = BTreeSet::new();
        let mut bindings = Vec::with_capacity(self.include.len() + self.exclude.len());
        for (side, refs) in [(AudienceSide::Include, &self.include), (AudienceSide::Exclude, &self.exclude)] {
            let name = side.as_str();
            if refs.len() > AUDIENCES_MAX {
                return Err(Refusal::invalid(name, None, format!("must name at most {AUDIENCES_MAX} audiences")));
            }
            for (index, audience) in refs.iter().enumerate() {
                let refuse = |problem| Refusal::invalid(path(name, index), Some(&audience.audience_id), problem);
                let id: Uuid = audience.audience_id.parse().map_err(|_| refuse("is not a UUID"))?;
                if !seen.insert(id) {
                    return Err(refuse("is named twice"));
                }
                bindings.push(AudienceBinding { side, audience_id: id, audience_type: audience.audience_type });
            }
        }
        Ok(bindings)
    }
}

/// Refuses bindings to what does not exist, by the place where the caller named it.
pub(super) fn audiences_exist(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    bindings: &[AudienceBinding],
) -> Result<(), ServiceError> {
    for side in [AudienceSide::Include, AudienceSide::Exclude] {
        for (index, binding) in bindings.iter().filter(|binding| binding.side == side).enumerate() {
            let exists = match binding.audience_type {
                AudienceType::Audience => tx.list_get(tenant, ListId::from(binding.audience_id))?.is_some(),
                AudienceType::Segment => tx.audience_get(tenant, AudienceId::from(binding.audience_id))?.is_some(),
            };
            if !exists {
                let id = binding.audience_id.to_string();
                let path = path(side.as_str(), index);
                return Err(
                    Refusal::field(Code::AudienceNotFound, path, Some(&id), "is no audience of this tenant").into()
                );
            }
        }
    }
    Ok(())
}

fn path(side: &str, index: usize) -> String {
    format!("{side}[{index}].audienceId")
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::error::Detail;

    fn refs(numbers: std::ops::Range<u128>) -> Vec<AudienceRef> {
        numbers.map(|number| named(&Uuid::from_u128(number).to_string())).collect()
    }

    fn named(id: &str) -> AudienceRef {
        AudienceRef { audience_id: id.to_owned(), audience_type: AudienceType::Audience }
    }

    #[test]
    fn each_audience_stands_once_on_one_side() {
        let fits = AudienceCommand { include: refs(0..25), exclude: refs(25..50) };
        assert_eq!(fits.bindings().unwrap().len(), 50);
        let cases = [
            (refs(0..0), refs(0..1), "include"),
            (refs(0..26), refs(0..0), "include"),
            (refs(0..1), refs(1..27), "exclude"),
            ([refs(0..2), refs(1..2)].concat(), refs(0..0), "include[2].audienceId"),
            (refs(0..2), refs(1..2), "exclude[0].audienceId"),
            (vec![named("everybody")], refs(0..0), "include[0].audienceId"),
        ];
        for (include, exclude, expected) in cases {
            let refusal = AudienceCommand { include, exclude }.bindings().unwrap_err();
            assert!(matches!(&refusal.detail, Detail::Field { path, .. } if path == expected), "{refusal:?}");
        }
    }
}

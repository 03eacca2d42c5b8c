//! What a tenant's profiles can say.

use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::attribute::AttributeKind;
use postrider_core::audience::rule::Field;
use postrider_core::error::Refusal;
use postrider_core::scope::Scope;
pub use postrider_store::attributes::Attribute;

/// The fields that records, templates and rules may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// Those that every profile can have.
    pub standard: Vec<Field>,
    /// What the tenant's profiles carry or have carried beside them, by name.
    pub attributes: Vec<Attribute>,
}

impl Service {
    /// The fields of the tenant's profiles.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn fields(&self, actor: &Actor) -> Result<Fields, ServiceError> {
        actor.require(Scope::CdpMetadataRead)?;
        let tenant = actor.tenant;
        let attributes = self.store().read("metadata.fields", move |tx| tx.attributes(tenant)).await?;
        Ok(Fields { standard: Field::standard(), attributes })
    }

    /// Gives an attribute its kind, also before anybody has it. Values that are stored stay as they are; new ones must
    /// be of this kind.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for a name that no attribute can have.
    pub async fn set_field_kind(
        &self,
        actor: &Actor,
        name: String,
        kind: AttributeKind,
        reply: Reply<Attribute>,
    ) -> Result<Answered, ServiceError> {
        if !matches!(Field::parse(&name), Ok(Field::Attribute(key)) if key.as_str() == name) {
            return Err(Refusal::invalid("name", Some(&name), "is not the name of an attribute").into());
        }
        let tenant = actor.tenant;
        self.answer_once_guarded("metadata.set_kind", actor, reply, move |tx| {
            tx.profiles_lock(tenant)?;
            tx.attribute_kinds_set(tenant, [(name.as_str(), kind)])?;
            let attribute = tx.attributes(tenant)?.into_iter().find(|attribute| attribute.name == name);
            Ok(attribute.expect("it was just written"))
        })
        .await
    }
}

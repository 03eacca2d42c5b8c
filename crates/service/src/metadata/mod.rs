//! What a tenant's profiles can say.

use crate::{Actor, Service, ServiceError};
use postrider_core::audience::rule::Field;
use postrider_core::scope::Scope;

/// The fields that records, templates and rules may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// Those that every profile can have.
    pub standard: Vec<Field>,
    /// Names that the tenant's profiles have carried, by name.
    pub attributes: Vec<String>,
}

impl Service {
    /// The fields of the tenant's profiles.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn fields(&self, actor: &Actor) -> Result<Fields, ServiceError> {
        actor.require(Scope::CdpMetadataRead)?;
        let tenant = actor.tenant;
        let attributes = self.store().read("metadata.fields", move |tx| tx.attribute_names(tenant)).await?;
        Ok(Fields { standard: Field::standard(), attributes })
    }
}

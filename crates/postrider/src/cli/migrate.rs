//! `postrider migrate`: the schema of the database, brought up to date.

use super::{Context, Failure, Report};
use crate::wiring;
use serde_json::json;

pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    let store = wiring::open_store(&context.config()?).await?;
    let version = store.schema_version().await?;
    let text = format!("The schema is at version {version}.");
    context.answer(&Report::new(text, json!({ "schemaVersion": version })));
    Ok(())
}

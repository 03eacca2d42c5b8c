//! `postrider migrate`: the schema of the database, brought up to date.

use super::{Context, Failure, Report};
use postrider_store::OpenMode;
use serde_json::json;

pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    let store = context.open_store(&config, OpenMode::Create).await?;
    let version = store.schema_version().await?;
    let database = config.database_named();
    let text = format!("The schema of {database} is at version {version}.");
    context.answer(&Report::new(text, json!({ "schemaVersion": version, "database": database })));
    Ok(())
}

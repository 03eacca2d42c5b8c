//! `postrider check-config`: every problem of the configuration at once. Nothing is opened.

use super::{Context, Failure, Report};
use crate::wiring;
use serde_json::json;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    let channels: Vec<&str> = wiring::channel_kinds(&config).iter().map(|kind| kind.as_str()).collect();
    let database = format!("{:?}", config.database);
    let sends = if channels.is_empty() { "no channel".to_owned() } else { channels.join(", ") };
    let (file, named) = (config.file.as_deref().map(|file| file.display().to_string()), config.database_named());
    let read = file.as_ref().map_or_else(|| "no file".to_owned(), Clone::clone);
    let text = format!("The configuration ({read}) is valid: {named}, {}, {sends}.", config.server.listen);
    let document = json!({
        "valid": true,
        "file": file,
        "database": database,
        "listen": config.server.listen,
        "channels": channels,
    });
    context.answer(&Report::new(text, document));
    Ok(())
}

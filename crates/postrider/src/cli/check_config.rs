//! `postrider check-config`: every problem of the configuration at once. Nothing is opened without `--connect`.

use super::connections::{self, ConnectArgs, Tried};
use super::warnings::{Warning, warnings};
use super::{Context, Failure, Report, Trouble};
use crate::system::SystemClock;
use crate::wiring;
use postrider_core::env::Clock as _;
use serde_json::{Value, json};

pub(super) async fn run(args: ConnectArgs, context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    if let Some(files) = &config.server.tls {
        let read = files.read().and_then(|identity| identity.untimely(SystemClock.now()).map_or(Ok(()), Err));
        read.map_err(|why| Failure::of(Trouble::Config, format!("server.tls: {why}")))?;
    }
    let channels: Vec<&str> = wiring::channel_kinds(&config).iter().map(|kind| kind.as_str()).collect();
    let database = format!("{:?}", config.database);
    let sends = if channels.is_empty() { "no channel".to_owned() } else { channels.join(", ") };
    let (file, named) = (config.file.as_deref().map(|file| file.display().to_string()), config.database_named());
    let read = file.as_ref().map_or_else(|| "no file".to_owned(), Clone::clone);
    let valid = format!("The configuration ({read}) is valid: {named}, {}, {sends}.", config.server.listen);
    let warnings = warnings(&config);
    let tried = if args.connect { Some(connections::try_all(&config).await?) } else { None };
    let document = json!({
        "valid": true,
        "file": file,
        "database": database,
        "listen": config.server.listen,
        "channels": channels,
        "warnings": warnings.iter().map(Warning::document).collect::<Vec<_>>(),
        "connections": tried.as_ref().map(|tried| tried.iter().map(Tried::document).collect::<Vec<Value>>()),
    });
    let tried = tried.unwrap_or_default();
    let lines = warnings.iter().map(Warning::line).chain(tried.iter().map(Tried::lines));
    let text = std::iter::once(valid).chain(lines).collect::<Vec<_>>().join("\n");
    let failed = tried.iter().filter(|tried| !tried.is_good()).count();
    if failed > 0 {
        context.note(format!("\n{text}"));
        let message = format!("{failed} of {} channels cannot be used", tried.len());
        return Err(Failure::of(Trouble::Unhealthy, message).with_details(document));
    }
    context.answer(&Report::new(text, document));
    Ok(())
}

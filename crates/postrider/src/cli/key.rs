//! `postrider key list|rotate`: the keys that sign tokens.

use super::{Context, Failure, Report};
use clap::Subcommand;
use postrider_store::OpenMode;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys that verify tokens.
    List,
    /// Put a new key in use. Tokens signed before stay valid until they expire.
    Rotate,
}

pub(super) async fn run(command: KeyCommand, context: &Context) -> Result<(), Failure> {
    let mode = match command {
        KeyCommand::List => OpenMode::ReadOnly,
        KeyCommand::Rotate => OpenMode::Existing,
    };
    let (_, _, service) = context.open(mode).await?;
    match command {
        KeyCommand::List => {
            let kids = service.key_ids().await?;
            let text = match kids.as_slice() {
                [] => "There are no keys yet; the first start of postrider serve makes one.".to_owned(),
                kids => kids.join("\n"),
            };
            context.answer(&Report::new(text, json!({ "items": kids })));
        }
        KeyCommand::Rotate => {
            let kid = service.rotate_signing_key().await?;
            context.answer(&Report::new(format!("{kid} signs from now on."), json!({ "kid": kid })));
        }
    }
    Ok(())
}

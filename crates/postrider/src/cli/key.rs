//! `postrider key list|rotate`: the keys that sign tokens.

use super::{Context, Failure, Report};
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys that verify tokens.
    List,
    /// Put a new key in use. Tokens signed before stay valid until they expire.
    Rotate,
}

pub(super) async fn run(command: KeyCommand, context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open().await?;
    match command {
        KeyCommand::List => {
            let kids: Vec<String> = service.public_keys().await?.into_iter().map(|key| key.kid).collect();
            context.answer(&Report::new(kids.join("\n"), json!({ "items": kids })));
        }
        KeyCommand::Rotate => {
            let kid = service.rotate_signing_key().await?;
            context.answer(&Report::new(format!("{kid} signs from now on."), json!({ "kid": kid })));
        }
    }
    Ok(())
}

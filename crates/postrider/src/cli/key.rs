//! `postrider key list|rotate`: the keys that sign tokens.

use super::{Context, Failure, Report};
use clap::{Args, Subcommand};
use postrider_service::auth::{KeyState, SigningKey};
use postrider_store::OpenMode;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys that verify tokens.
    List,
    /// Put a new key in use. Tokens signed before stay valid until they expire, unless --revoke is given.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// Drop the old keys at once: every client must fetch a new token. For a key that somebody else may have.
    #[arg(long)]
    revoke: bool,
}

pub(super) async fn run(command: KeyCommand, context: &Context) -> Result<(), Failure> {
    let mode = match command {
        KeyCommand::List => OpenMode::ReadOnly,
        KeyCommand::Rotate(_) => OpenMode::Existing,
    };
    let (_, _, service) = context.open(mode).await?;
    match command {
        KeyCommand::List => {
            let keys = service.signing_keys_listed().await?;
            let text = match keys.as_slice() {
                [] => "There are no keys yet; the first start of postrider serve makes one.".to_owned(),
                keys => keys.iter().map(line).collect::<Vec<_>>().join("\n"),
            };
            let items: Vec<Value> = keys.iter().map(document).collect();
            context.answer(&Report::new(text, json!({ "items": items })));
        }
        KeyCommand::Rotate(RotateArgs { revoke }) => {
            let kid = service.rotate_signing_key(revoke).await?;
            let mut text = format!("{kid} signs from now on.");
            if revoke {
                text.push_str(
                    "\nThe old keys are revoked. Running servers refuse all older tokens within 5 seconds: every client \
                    must fetch a new one from /oauth/token.",
                );
            }
            context.answer(&Report::new(text, json!({ "kid": kid, "revoked": revoke })));
        }
    }
    Ok(())
}

fn line(key: &SigningKey) -> String {
    let state = match key.state {
        KeyState::Signs => "signs".to_owned(),
        KeyState::VerifiesUntil(until) => format!("verifies older tokens until {until}"),
    };
    format!("{}  made {}  {state}", key.kid, key.created_at)
}

fn document(key: &SigningKey) -> Value {
    let (state, until) = match key.state {
        KeyState::Signs => ("signs", None),
        KeyState::VerifiesUntil(until) => ("verifies", Some(until.to_string())),
    };
    json!({ "kid": key.kid, "state": state, "createdAt": key.created_at.to_string(), "verifiesUntil": until })
}

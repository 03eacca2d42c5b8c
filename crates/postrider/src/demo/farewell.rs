//! What is left for people to look at: messages to open, and requests to try.

use super::failure::DemoError;
use super::narrator::Narrator;
use super::session::BASE_PATH;
use crate::private;
use postrider_channels::sink::ReceivedMail;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes the messages that were kept into the folder, as any mail program opens them.
///
/// # Errors
/// The folder cannot be written.
pub async fn write_messages(folder: &Path, kept: &[ReceivedMail]) -> Result<Vec<PathBuf>, DemoError> {
    let failed = |error: std::io::Error| DemoError::Machine("write a message", error.to_string());
    let mut paths = Vec::with_capacity(kept.len());
    for (index, mail) in kept.iter().enumerate() {
        let path = folder.join(format!("message-{}.eml", index + 1));
        tokio::fs::write(&path, &mail.bytes).await.map_err(failed)?;
        paths.push(path);
    }
    Ok(paths)
}

/// Writes the token into a file that its owner alone can read.
///
/// # Errors
/// The folder cannot be written.
pub fn write_token(folder: &Path, token: &str) -> Result<PathBuf, DemoError> {
    let failed = |error: std::io::Error| DemoError::Machine("write the token", error.to_string());
    let path = folder.join("token");
    private::create(&path).and_then(|mut file| file.write_all(token.as_bytes())).map_err(failed)?;
    Ok(path)
}

/// The link with which the recipient of a message unsubscribes, from its header `List-Unsubscribe` (RFC 2369).
pub fn unsubscribe_url(mail: &ReceivedMail) -> Option<String> {
    let text = String::from_utf8_lossy(&mail.bytes);
    let header = text.split_once("List-Unsubscribe:")?.1;
    let url = header.split_once('<')?.1.split_once('>')?.0;
    Some(url.split_whitespace().collect())
}

/// Shows what to open and to try while the server runs, with what the document says of it.
pub fn show_requests(narrator: Narrator, document: &Value) {
    let text = |name: &str| document[name].as_str().unwrap_or_default();
    let url = text("url");
    narrator.say("\nOpen in a browser:");
    narrator.say(&format!("  {url}/docs  (every endpoint)"));
    if let Some(link) = document["unsubscribeUrl"].as_str() {
        narrator.say(&format!("  {link}  (the unsubscribe page of one recipient)"));
    }
    if let Some(message) = document["messages"].as_array().and_then(|messages| messages.first()) {
        narrator.say("\nRead a message with a mail program (macOS: open, Linux: xdg-open), or as text:");
        narrator.say(&format!("  less {}", message.as_str().unwrap_or_default()));
    }
    narrator.say("\nTry in another terminal:");
    for line in requests(url, text("campaignId"), text("tokenFile")) {
        narrator.say(&format!("  {line}"));
    }
    narrator.say("\nThe server is still running. Ctrl-C stops it.");
}

/// Short lines: what they share is in variables.
fn requests(base_url: &str, campaign_id: &str, token_file: &str) -> [String; 5] {
    [
        format!("AUTH=\"Authorization: Bearer $(cat {token_file})\""),
        format!("CAMPAIGN={base_url}{BASE_PATH}/campaigns/{campaign_id}"),
        "curl -H \"$AUTH\" $CAMPAIGN/status".to_owned(),
        "curl -H \"$AUTH\" -H 'Accept: text/csv' $CAMPAIGN/deliveries".to_owned(),
        "curl -H \"$AUTH\" $CAMPAIGN/reconciliation".to_owned(),
    ]
}

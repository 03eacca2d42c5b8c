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

/// Shows requests to try while the server runs, with what the document says of it.
pub fn show_requests(narrator: Narrator, document: &Value) {
    let text = |name: &str| document[name].as_str().unwrap_or_default();
    narrator.say("\nTry next, in another terminal:");
    narrator.say(&format!("  export TOKEN=$(cat {})", text("tokenFile")));
    for line in requests(text("url"), text("campaignId")) {
        narrator.say(&format!("  {line}"));
    }
    narrator.say("\nIt keeps serving. Ctrl-C ends it.");
}

fn requests(base_url: &str, campaign_id: &str) -> [String; 3] {
    let campaign = format!("{base_url}{BASE_PATH}/campaigns/{campaign_id}");
    let bearer = "curl -H \"Authorization: Bearer $TOKEN\"";
    [
        format!("{bearer} {campaign}/status"),
        format!("{bearer} -H 'Accept: text/csv' {campaign}/deliveries"),
        format!("{bearer} {campaign}/reconciliation"),
    ]
}

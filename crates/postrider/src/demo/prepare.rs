//! Makes what a campaign needs — who it comes from and what it says — and the campaign itself, still a draft.

use super::failure::DemoError;
use super::session::{Session, text};
use serde_json::json;

/// The message of the demonstration.
const HTML: &str = include_str!("message.html");

/// Makes a sender profile, a published template and a draft campaign bound to the list; answers the campaign's id.
///
/// # Errors
/// A request fails.
pub async fn prepare(session: &Session, list_id: &str) -> Result<String, DemoError> {
    let sender = json!({
        "name": "Meridian Bookshop",
        "channel": "email",
        "fromEmail": "hello@meridian.example",
        "fromName": "Meridian Bookshop",
        "replyTo": "shop@meridian.example",
    });
    let sender = session.post_once("/sender-profiles", &sender).await?;
    session.narrator.step("Made a sender profile", &sender);
    let sender_id = text(&sender, "/id")?;
    let template_id = publish(session, &sender_id).await?;

    let campaign = json!({ "campaignType": "broadcast", "channel": "email", "name": "Autumn letter" });
    let campaign = session.post_once("/campaigns", &campaign).await?;
    session.narrator.step("Drafted the campaign Autumn letter", &campaign);
    let campaign_id = text(&campaign, "/id")?;

    let audience = json!({ "include": [{ "audienceId": list_id, "type": "audience" }], "exclude": [] });
    let audience = session.put(&format!("/campaigns/{campaign_id}/audience"), &audience).await?;
    session.narrator.step("Gave it the list as its audience", &audience);
    let content = json!({ "templateId": template_id, "senderProfileId": sender_id });
    let content = session.put(&format!("/campaigns/{campaign_id}/content"), &content).await?;
    session.narrator.step("Gave it the template as its content", &content);
    Ok(campaign_id)
}

/// Makes a template, looks at it and publishes it; answers its id.
async fn publish(session: &Session, sender_id: &str) -> Result<String, DemoError> {
    let content = json!({ "subject": "{{ first_name }}, the autumn shelf is ready", "html": HTML });
    let template = json!({ "name": "Autumn letter", "channel": "email", "content": content });
    let template = session.post_once("/templates", &template).await?;
    let id = text(&template, "/id")?;
    session.narrator.step("Made a template", &template);
    let reader = json!({ "first_name": "Małgorzata", "last_name": "Żak", "address": { "city": "Łódź" } });
    let body = json!({ "record": reader, "senderProfileId": sender_id });
    let preview = session.post(&format!("/templates/{id}/preview"), &body).await?;
    let subject = text(&preview, "/subject")?;
    session.narrator.step(&format!("Looked at it: {subject}"), &preview);
    let published = session.post_once(&format!("/templates/{id}/publish"), &json!({})).await?;
    session.narrator.step("Published it: that version never changes", &published);
    Ok(id)
}

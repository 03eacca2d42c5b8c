//! What a campaign needs around it, put straight into the database.

use super::TestApp;
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_core::id::{ListId, SenderProfileId, TemplateId, TemplateVersionId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::lists::ListRow;
use postrider_store::senders::SenderProfile;
use postrider_store::templates::Template;
use serde_json::Value;

/// Content of a template of each channel.
pub fn content(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Email => {
            r#"{"subject":"Hi {{ first_name }}",
                "html":"<p>Hello {{ first_name }}</p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>"}"#
        }
        ChannelKind::Sms => r#"{"text":"Hello {{ first_name }}"}"#,
        ChannelKind::Push => r#"{"title":"Hello","body":"{{ first_name }}"}"#,
        ChannelKind::DirectMail => r#"{"format":"letter_a4","source":"<p>Hello {{ first_name }}</p>"}"#,
    }
}

impl TestApp {
    /// An empty list.
    pub async fn list(&self, tenant: TenantId, name: &str) -> String {
        let id = ListId::new(Timestamp::from_millis(0), &*self.entropy);
        let at = Timestamp::from_millis(0);
        let row =
            ListRow { id, name: name.to_owned(), description: None, member_count: 0, created_at: at, updated_at: at };
        self.store.write("test.list", move |tx| tx.list_insert(tenant, &row)).await.unwrap();
        id.to_string()
    }

    /// A published template of the first tenant.
    pub async fn template(&self, channel: ChannelKind) -> String {
        self.template_of(self.tenant(), channel, TemplateStatus::Published, content(channel)).await
    }

    /// A template of any tenant, status and content.
    pub async fn template_of(
        &self,
        tenant: TenantId,
        channel: ChannelKind,
        status: TemplateStatus,
        content: &str,
    ) -> String {
        let at = Timestamp::from_millis(0);
        let id = TemplateId::new(at, &*self.entropy);
        let version = TemplateVersionId::new(at, &*self.entropy);
        let row = Template {
            id,
            name: format!("{} template", channel.as_str()),
            channel,
            status,
            content: content.to_owned(),
            published_version: (status != TemplateStatus::Draft).then_some(version),
            created_at: at,
            updated_at: at,
        };
        let made = self.store.write("test.template", move |tx| {
            tx.template_insert(tenant, &row)?;
            tx.template_update(tenant, &row)?;
            tx.template_version_insert(tenant, row.id, version, &row.content, at)
        });
        made.await.unwrap();
        id.to_string()
    }

    /// A sender profile of the first tenant; `details` are the fields of its channel.
    pub async fn sender(&self, channel: ChannelKind, details: &Value) -> String {
        let (at, tenant) = (Timestamp::from_millis(0), self.tenant());
        let row = SenderProfile {
            id: SenderProfileId::new(at, &*self.entropy),
            name: "Sender".to_owned(),
            channel,
            details: details.to_string(),
            created_at: at,
            updated_at: at,
            deleted_at: None,
        };
        let id = row.id.to_string();
        self.store.write("test.sender", move |tx| tx.sender_insert(tenant, &row)).await.unwrap();
        id
    }

    /// A draft of the first tenant with nothing but a name.
    pub async fn draft(&self, channel: ChannelKind) -> String {
        let body = serde_json::json!({ "campaignType": "broadcast", "name": "Spring", "channel": channel.as_str() });
        let made = self.as_admin().post("/campaigns", body).await;
        made.data()["id"].as_str().unwrap().to_owned()
    }
}

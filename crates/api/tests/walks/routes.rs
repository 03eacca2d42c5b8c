//! Every route with the scope that it needs and what its ids name, written down apart from the product.

use super::support::things::{Made, Thing};
use axum::http::Method;
use postrider_core::scope::Scope;
use postrider_core::scope::Scope::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// An id that nobody has.
pub const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// One route.
pub struct Row {
    pub method: Method,
    /// Below `/public/v1`.
    pub path: &'static str,
    pub scope: Scope,
    /// What its ids name.
    pub about: Thing,
    /// A body that it takes; `$list` and the like stand for ids of the caller's own. Empty: none.
    pub body: &'static str,
}

const fn row(method: Method, path: &'static str, scope: Scope, about: Thing, body: &'static str) -> Row {
    Row { method, path, scope, about, body }
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

const CAMPAIGN: &str = r#"{"campaignType":"broadcast","name":"A","channel":"email"}"#;
const AUDIENCE: &str = r#"{"include":[{"audienceId":"$list","type":"audience"}]}"#;
const CONTENT: &str = r#"{"templateId":"$template"}"#;
const WHEN: &str = r#"{"sendAt":"2026-05-01T09:00:00Z"}"#;
const TEMPLATE: &str = r#"{"name":"A","channel":"sms","content":{"text":"Hello"}}"#;
const SENDER: &str = r#"{"name":"A","channel":"sms","senderId":"US"}"#;
const SUPPRESSION: &str = r#"{"channel":"email","address":"no@example.test","reason":"manual"}"#;
const KEYS: &str = r#"{"contactKeys":["reader1@example.test"]}"#;
const RECORD: &str = r#"{"record":{"email":"a@example.test"}}"#;
const RECORDS: &str = r#"{"records":[{"email":"a@example.test"}]}"#;
const TEST: &str = r#"{"addresses":["us@example.test"],"profileId":"$profile"}"#;
const RULE: &str = r#"{"name":"A","rule":{"inList":"$list"}}"#;
const BARE_RULE: &str = r#"{"rule":{"any":[{"inList":"$list"},{"field":"email","op":"exists"}]}}"#;
const WEBHOOK: &str = r#"{"url":"https://hooks.example.com/","events":["schedule.finished"]}"#;
const NAME: &str = r#"{"name":"Renamed"}"#;

/// Every route below `/public/v1`. A route that has no row here fails the tests.
pub const ROWS: &[Row] = &[
    row(POST, "/campaigns", CampaignsCreate, Thing::Nothing, CAMPAIGN),
    row(GET, "/campaigns", CampaignsRead, Thing::Nothing, ""),
    row(GET, "/campaigns/{id}", CampaignsRead, Thing::Draft, ""),
    row(PATCH, "/campaigns/{id}", CampaignsUpdate, Thing::Draft, NAME),
    row(DELETE, "/campaigns/{id}", CampaignsDelete, Thing::Draft, ""),
    row(POST, "/campaigns/{id}/archive", CampaignsDelete, Thing::Draft, "{}"),
    row(POST, "/campaigns/{id}/clone", CampaignsCreate, Thing::Draft, "{}"),
    row(PUT, "/campaigns/{id}/audience", CampaignsUpdate, Thing::Draft, AUDIENCE),
    row(PUT, "/campaigns/{id}/content", CampaignsUpdate, Thing::Draft, CONTENT),
    row(PUT, "/campaigns/{id}/schedule", CampaignsUpdate, Thing::Draft, r#"{"mode":"now"}"#),
    row(POST, "/campaigns/{id}/preflight", CampaignsRead, Thing::Draft, ""),
    row(POST, "/campaigns/{id}/schedule-jobs", CampaignsSchedule, Thing::Draft, WHEN),
    row(GET, "/campaigns/{id}/schedule-jobs", CampaignsRead, Thing::Draft, ""),
    row(GET, "/campaigns/{id}/schedule-jobs/{scheduleId}", CampaignsRead, Thing::Job, ""),
    row(PATCH, "/campaigns/{id}/schedule-jobs/{scheduleId}", CampaignsSchedule, Thing::Job, WHEN),
    row(DELETE, "/campaigns/{id}/schedule-jobs/{scheduleId}", CampaignsSchedule, Thing::Job, ""),
    row(POST, "/campaigns/{id}/send-jobs", CampaignsSend, Thing::Draft, "{}"),
    row(POST, "/campaigns/{id}/pause", CampaignsSend, Thing::Delivery, "{}"),
    row(POST, "/campaigns/{id}/resume", CampaignsSend, Thing::Paused, "{}"),
    row(POST, "/campaigns/{id}/retry-failed", CampaignsSend, Thing::Failed, "{}"),
    row(POST, "/campaigns/{id}/test-sends", CampaignsSend, Thing::Draft, TEST),
    row(GET, "/campaigns/{id}/test-sends/{testSendId}", CampaignsSend, Thing::Test, ""),
    row(GET, "/campaigns/{id}/summary", CampaignsRead, Thing::Draft, ""),
    row(GET, "/campaigns/{id}/status", CampaignsRead, Thing::Draft, ""),
    row(GET, "/campaigns/{id}/metrics", AnalyticsRead, Thing::Draft, ""),
    row(GET, "/campaigns/{id}/deliveries", DeliveriesRead, Thing::Delivery, ""),
    row(GET, "/campaigns/{id}/deliveries/{deliveryId}", DeliveriesRead, Thing::Delivery, ""),
    row(GET, "/campaigns/{id}/reconciliation", DeliveriesRead, Thing::Delivery, ""),
    row(POST, "/lists", CdpListsWrite, Thing::Nothing, NAME),
    row(GET, "/lists", CdpListsRead, Thing::Nothing, ""),
    row(GET, "/lists/{id}", CdpListsRead, Thing::List, ""),
    row(PATCH, "/lists/{id}", CdpListsWrite, Thing::List, NAME),
    row(DELETE, "/lists/{id}", CdpListsWrite, Thing::List, ""),
    row(GET, "/lists/{id}/members", CdpListsRead, Thing::List, ""),
    row(POST, "/lists/{id}/members:upsert", CdpListsWrite, Thing::List, KEYS),
    row(POST, "/lists/{id}/members:remove", CdpListsWrite, Thing::List, KEYS),
    row(POST, "/audiences", CdpAudiencesWrite, Thing::Nothing, RULE),
    row(GET, "/audiences", CdpAudiencesRead, Thing::Nothing, ""),
    row(POST, "/audiences/preview", CdpAudiencesPreview, Thing::Nothing, BARE_RULE),
    row(GET, "/audiences/{id}", CdpAudiencesRead, Thing::Audience, ""),
    row(PATCH, "/audiences/{id}", CdpAudiencesWrite, Thing::Audience, NAME),
    row(DELETE, "/audiences/{id}", CdpAudiencesWrite, Thing::Audience, ""),
    row(POST, "/audiences/{id}/preview", CdpAudiencesPreview, Thing::Audience, "{}"),
    row(GET, "/audiences/{id}/members", CdpAudiencesPreview, Thing::Audience, ""),
    row(POST, "/profiles/upsert", CdpProfilesWrite, Thing::Nothing, RECORD),
    row(GET, "/profiles", CdpProfilesRead, Thing::Nothing, ""),
    row(GET, "/profiles/{id}", CdpProfilesRead, Thing::Profile, ""),
    row(GET, "/profiles/{id}/deliveries", CdpProfilesRead, Thing::Profile, ""),
    row(GET, "/profiles/{id}/export", CdpProfilesRead, Thing::Profile, ""),
    row(DELETE, "/profiles/{id}", CdpProfilesWrite, Thing::Profile, ""),
    row(POST, "/records/profiles/upsert-batch", CdpProfilesWrite, Thing::Nothing, RECORDS),
    row(GET, "/metadata/fields", CdpMetadataRead, Thing::Nothing, ""),
    row(PATCH, "/metadata/fields", CdpProfilesWrite, Thing::Nothing, r#"{"name":"points","type":"number"}"#),
    row(POST, "/import-jobs", CdpImportsWrite, Thing::Nothing, r#"{"targetListId":"$list"}"#),
    row(GET, "/import-jobs", CdpImportsRead, Thing::Nothing, ""),
    row(GET, "/import-jobs/{id}", CdpImportsRead, Thing::ImportJob, ""),
    row(DELETE, "/import-jobs/{id}", CdpImportsWrite, Thing::ImportJob, ""),
    row(PUT, "/import-jobs/{id}/file", CdpImportsWrite, Thing::ImportJob, r#"{"email":"file@example.test"}"#),
    row(POST, "/import-jobs/{id}/mapping", CdpImportsWrite, Thing::ImportJob, "{}"),
    row(POST, "/import-jobs/{id}/start", CdpImportsWrite, Thing::ImportJob, "{}"),
    row(GET, "/import-jobs/{id}/errors", CdpImportsRead, Thing::ImportJob, ""),
    row(POST, "/templates", ContentWrite, Thing::Nothing, TEMPLATE),
    row(GET, "/templates", ContentRead, Thing::Nothing, ""),
    row(GET, "/templates/{id}", ContentRead, Thing::Template, ""),
    row(PATCH, "/templates/{id}", ContentWrite, Thing::Template, NAME),
    row(DELETE, "/templates/{id}", ContentWrite, Thing::Template, ""),
    row(POST, "/templates/{id}/publish", ContentWrite, Thing::Template, "{}"),
    row(POST, "/templates/{id}/archive", ContentWrite, Thing::Template, "{}"),
    row(POST, "/templates/{id}/preview", ContentRead, Thing::Template, "{}"),
    row(POST, "/sender-profiles", SendersWrite, Thing::Nothing, SENDER),
    row(GET, "/sender-profiles", SendersRead, Thing::Nothing, ""),
    row(GET, "/sender-profiles/{id}", SendersRead, Thing::Sender, ""),
    row(PATCH, "/sender-profiles/{id}", SendersWrite, Thing::Sender, NAME),
    row(DELETE, "/sender-profiles/{id}", SendersWrite, Thing::Sender, ""),
    row(POST, "/suppressions", SuppressionsWrite, Thing::Nothing, SUPPRESSION),
    row(GET, "/suppressions", SuppressionsRead, Thing::Nothing, ""),
    row(GET, "/suppressions/{id}", SuppressionsRead, Thing::Suppression, ""),
    row(DELETE, "/suppressions/{id}", SuppressionsWrite, Thing::Suppression, ""),
    row(GET, "/tenant", TenantRead, Thing::Nothing, ""),
    row(PATCH, "/tenant", TenantUpdate, Thing::Nothing, NAME),
    row(POST, "/webhooks", WebhooksWrite, Thing::Nothing, WEBHOOK),
    row(GET, "/webhooks", WebhooksRead, Thing::Nothing, ""),
    row(GET, "/webhooks/{id}", WebhooksRead, Thing::Webhook, ""),
    row(PATCH, "/webhooks/{id}", WebhooksWrite, Thing::Webhook, r#"{"description":"Renamed"}"#),
    row(DELETE, "/webhooks/{id}", WebhooksWrite, Thing::Webhook, ""),
    row(POST, "/webhooks/{id}/rotate-secret", WebhooksWrite, Thing::Webhook, "{}"),
    row(POST, "/webhooks/{id}/test", WebhooksWrite, Thing::Webhook, "{}"),
    row(POST, "/webhooks/{id}/replay", WebhooksWrite, Thing::Webhook, r#"{"since":"2026-01-01T00:00:00Z"}"#),
    row(GET, "/webhooks/{id}/deliveries", WebhooksRead, Thing::Webhook, ""),
    row(GET, "/webhooks/{id}/deliveries/{deliveryId}", WebhooksRead, Thing::WebhookDelivery, ""),
    row(POST, "/webhooks/{id}/deliveries/{deliveryId}/replay", WebhooksWrite, Thing::WebhookDelivery, "{}"),
];

impl Row {
    /// What the test says of it when it fails.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it has ids in its path.
    pub fn has_ids(&self) -> bool {
        self.path.contains('{')
    }

    /// Its path with these ids in it, in order.
    pub fn at(&self, ids: &[String]) -> String {
        let mut ids = ids.iter();
        let parts = self.path.split('/').map(|part| match part.split_once('}') {
            Some((_, rest)) => format!("{}{rest}", ids.next().expect("the row's thing has an id for it")),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Its path with ids that nobody has.
    pub fn nowhere(&self) -> String {
        self.at(&[NOBODY.to_owned(), NOBODY.to_owned()])
    }

    /// Its body, with ids of what the caller has made.
    pub fn body(&self, own: &Made) -> Option<Value> {
        (!self.body.is_empty()).then(|| own.fill(self.body))
    }
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let there: BTreeSet<_> = postrider_api::protected_routes().into_iter().collect();
    let row = |row: &Row| (row.method.to_string(), format!("{}{}", super::support::BASE, row.path), row.scope.as_str());
    let told: BTreeSet<_> = ROWS.iter().map(row).collect();
    let missing: Vec<_> = there.difference(&told).collect();
    let stale: Vec<_> = told.difference(&there).collect();
    assert!(missing.is_empty() && stale.is_empty(), "without a row: {missing:#?}\nwithout a route: {stale:#?}");
    for row in ROWS {
        assert_eq!(row.has_ids(), !matches!(row.about, Thing::Nothing), "{} needs a thing for its ids", row.name());
    }
}

//! The scopes a token can carry.

use crate::campaign::words;

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `campaigns:create`
    CampaignsCreate,
    /// `campaigns:read`
    CampaignsRead,
    /// `campaigns:update`
    CampaignsUpdate,
    /// `campaigns:delete`
    CampaignsDelete,
    /// `campaigns:schedule`
    CampaignsSchedule,
    /// `campaigns:send`
    CampaignsSend,
    /// `analytics:read`
    AnalyticsRead,
    /// `cdp:profiles:read`
    CdpProfilesRead,
    /// `cdp:profiles:write`
    CdpProfilesWrite,
    /// `cdp:imports:read`
    CdpImportsRead,
    /// `cdp:imports:write`
    CdpImportsWrite,
    /// `cdp:lists:read`
    CdpListsRead,
    /// `cdp:lists:write`
    CdpListsWrite,
    /// `cdp:audiences:read`
    CdpAudiencesRead,
    /// `cdp:audiences:write`
    CdpAudiencesWrite,
    /// `cdp:audiences:preview`
    CdpAudiencesPreview,
    /// `cdp:metadata:read`
    CdpMetadataRead,
    /// `content:read`
    ContentRead,
    /// `content:write`
    ContentWrite,
    /// `senders:read`
    SendersRead,
    /// `senders:write`
    SendersWrite,
    /// `suppressions:read`
    SuppressionsRead,
    /// `suppressions:write`
    SuppressionsWrite,
    /// `deliveries:read`
    DeliveriesRead,
    /// `webhooks:read`
    WebhooksRead,
    /// `webhooks:write`
    WebhooksWrite,
    /// `tenant:read`
    TenantRead,
    /// `tenant:update`
    TenantUpdate,
}

words!(Scope {
    CampaignsCreate => "campaigns:create",
    CampaignsRead => "campaigns:read",
    CampaignsUpdate => "campaigns:update",
    CampaignsDelete => "campaigns:delete",
    CampaignsSchedule => "campaigns:schedule",
    CampaignsSend => "campaigns:send",
    AnalyticsRead => "analytics:read",
    CdpProfilesRead => "cdp:profiles:read",
    CdpProfilesWrite => "cdp:profiles:write",
    CdpImportsRead => "cdp:imports:read",
    CdpImportsWrite => "cdp:imports:write",
    CdpListsRead => "cdp:lists:read",
    CdpListsWrite => "cdp:lists:write",
    CdpAudiencesRead => "cdp:audiences:read",
    CdpAudiencesWrite => "cdp:audiences:write",
    CdpAudiencesPreview => "cdp:audiences:preview",
    CdpMetadataRead => "cdp:metadata:read",
    ContentRead => "content:read",
    ContentWrite => "content:write",
    SendersRead => "senders:read",
    SendersWrite => "senders:write",
    SuppressionsRead => "suppressions:read",
    SuppressionsWrite => "suppressions:write",
    DeliveriesRead => "deliveries:read",
    WebhooksRead => "webhooks:read",
    WebhooksWrite => "webhooks:write",
    TenantRead => "tenant:read",
    TenantUpdate => "tenant:update",
});

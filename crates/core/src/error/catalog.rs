//! The catalogue of refusals: the only file that holds code strings.
//!
//! A code is a contract. The names are those of the seed page (*Schedule & Send*); where it is silent, ours.

/// What kind of refusal a code is; the API makes a status of it, the command line an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 400
    Invalid,
    /// 401
    Unauthenticated,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409
    Conflict,
    /// 408
    TooSlow,
    /// 413
    TooLarge,
    /// 415
    UnsupportedMedia,
    /// 422
    Unprocessable,
    /// 429
    Limited,
    /// 500
    Internal,
    /// 503
    Unavailable,
}

macro_rules! catalog {
    ($($name:ident => $code:literal, $class:ident, $message:literal, $remediation:literal;)*) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $message] $name,)*
        }

        impl Code {
            /// Every code, in catalogue order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => concat!("JOURNEY_API.", $code)),* }
            }

            /// Its class.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class),* }
            }

            /// What happened, in one sentence.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),* }
            }

            /// What to do, in one sentence.
            #[must_use]
            pub const fn remediation(self) -> &'static str {
                match self { $(Self::$name => $remediation),* }
            }
        }
    };
}

catalog! {
    RequestInvalid => "VALIDATION.REQUEST_INVALID", Invalid,
        "A field of the body, a query parameter or a header does not have the form that the operation takes.", "Correct the field named in details.path and send the request again.";
    BodyTooLarge => "VALIDATION.BODY_TOO_LARGE", TooLarge,
        "The request body is larger than the operation takes.", "Send less in one request; records can be sent in several batches.";
    BodyTooSlow => "VALIDATION.BODY_TOO_SLOW", TooSlow,
        "The request body stopped arriving.", "Send the request again, over a connection that moves at least 500 bytes a second.";
    EncodingUnsupported => "VALIDATION.ENCODING_UNSUPPORTED", UnsupportedMedia,
        "The request body is compressed or otherwise encoded.", "Send the body as it is, without the header Content-Encoding.";
    HostInvalid => "VALIDATION.HOST_INVALID", Invalid,
        "The request does not name exactly one valid host.", "Send one header Host with the name of this server (RFC 9112 section 3.2).";
    OriginNotAllowed => "ROUTE.ORIGIN_NOT_ALLOWED", Forbidden,
        "Pages of this origin may not call the API from a browser.", "Ask the operator to add the origin to server.cors_origins, or call the API from your own server.";
    RouteNotFound => "ROUTE.NOT_FOUND", NotFound,
        "There is no such route.", "Compare the path with /openapi.json; every path begins with /public/v1.";
    MethodNotAllowed => "ROUTE.METHOD_NOT_ALLOWED", MethodNotAllowed,
        "The route does not take this method.", "Use one of the methods in the Allow header.";
    Internal => "INTERNAL", Internal,
        "Something failed on our side.", "Try again; if it persists, tell the operator the correlationId.";
    Unavailable => "UNAVAILABLE", Unavailable,
        "The service cannot take the request right now.", "Try again after the seconds in the Retry-After header.";
    DatabaseFull => "DATABASE.FULL", Unavailable,
        "The disk of the database is full, so nothing can be stored.", "Ask the operator to free some space, then send the request again.";
    DatabaseReadOnly => "DATABASE.READ_ONLY", Unavailable,
        "The database takes no writes, so nothing can be stored.", "Ask the operator to make it writable, then send the request again.";
    DatabaseUnreachable => "DATABASE.UNREACHABLE", Unavailable,
        "The database cannot be reached or does not answer.", "Send the request again, with the same Idempotency-Key if it had one, after the seconds in the Retry-After header.";
    Unauthorized => "AUTH.UNAUTHORIZED", Unauthenticated,
        "The request carries no bearer token.", "Get a token at /oauth/token and send it as Authorization: Bearer.";
    TokenInvalid => "AUTH.TOKEN_INVALID", Unauthenticated,
        "The bearer token is malformed, was not issued here, is not valid yet, was revoked, lives too long, or its client was disabled or got a new secret.", "Get a new token at /oauth/token.";
    TokenExpired => "AUTH.TOKEN_EXPIRED", Unauthenticated,
        "The bearer token has expired.", "Get a new token at /oauth/token.";
    InsufficientScope => "AUTH.INSUFFICIENT_SCOPE", Forbidden,
        "The token lacks the required scope.", "Ask for a token with the scope named in details.required, or have it granted to the client.";
    RateLimited => "RATE.LIMITED", Limited,
        "The client has used up its requests of this class for the minute.", "Send the request again after the seconds in the Retry-After header.";
    IdempotencyKeyInvalid => "IDEMPOTENCY.KEY_INVALID", Invalid,
        "Idempotency-Key is not a UUID version 4.", "Send a fresh random UUID version 4 for every new operation.";
    IdempotencyKeyReused => "IDEMPOTENCY.KEY_REUSED", Unprocessable,
        "Idempotency-Key was used before with another body.", "Use a new key for a new operation, or send the first body again.";
    IdempotencyInProgress => "IDEMPOTENCY.IN_PROGRESS", Conflict,
        "The first request with this Idempotency-Key is still running.", "Send the same request again after the seconds in the Retry-After header.";
    CampaignNotFound => "PUBLIC.CAMPAIGNS.NOT_FOUND", NotFound,
        "Campaign not found.", "Check the id and that the token belongs to the campaign's tenant.";
    TypeUnsupported => "PUBLIC.CAMPAIGNS.TYPE_UNSUPPORTED", Conflict,
        "Only broadcast campaigns can be scheduled or sent in v1.", "Use a campaign of campaignType broadcast.";
    NotDraft => "PUBLIC.CAMPAIGNS.NOT_DRAFT", Conflict,
        "Campaign is not a draft.", "Cancel its schedule job first, or clone the campaign.";
    CampaignInFlight => "PUBLIC.CAMPAIGNS.IN_FLIGHT", Conflict,
        "The campaign is scheduled, running, paused or held.", "Cancel its job with DELETE /campaigns/{id}/schedule-jobs/{scheduleId} first.";
    CampaignArchived => "PUBLIC.CAMPAIGNS.ARCHIVED", Conflict,
        "The campaign is archived.", "Clone it with POST /campaigns/{id}/clone and work with the clone.";
    ExternalIdTaken => "PUBLIC.CAMPAIGNS.EXTERNAL_ID_TAKEN", Conflict,
        "Another campaign has this externalId.", "Choose another externalId or use the campaign that has it.";
    VersionMissing => "PUBLIC.CAMPAIGNS.VERSION_MISSING", Conflict,
        "Campaign has no current version.", "Create the campaign again.";
    ContentRequired => "PUBLIC.CAMPAIGNS.CONTENT.REQUIRED", Conflict,
        "Published template/content is not configured.", "Bind a published template with PUT /campaigns/{id}/content.";
    ContentTemplateNotFound => "PUBLIC.CAMPAIGNS.CONTENT.TEMPLATE_NOT_FOUND", NotFound,
        "Template not found.", "Use the id of one of this tenant's templates.";
    ContentChannelMismatch => "PUBLIC.CAMPAIGNS.CONTENT.CHANNEL_MISMATCH", Conflict,
        "The template or sender profile belongs to another channel.", "Use one of the campaign's own channel.";
    ContentSenderProfileNotFound => "PUBLIC.CAMPAIGNS.CONTENT.SENDER_PROFILE_NOT_FOUND", NotFound,
        "Sender profile not found.", "Use the id of one of this tenant's sender profiles.";
    TemplateNotPublished => "PUBLIC.CAMPAIGNS.TEMPLATE_NOT_PUBLISHED", Conflict,
        "The template is not published.", "Publish it with POST /templates/{id}/publish.";
    AudienceRequired => "PUBLIC.CAMPAIGNS.AUDIENCE.REQUIRED", Conflict,
        "At least one included audience is required.", "Bind an audience with PUT /campaigns/{id}/audience.";
    AudienceNotFound => "PUBLIC.CAMPAIGNS.AUDIENCE.NOT_FOUND", NotFound,
        "Audience not found.", "Use the id of one of this tenant's lists with type audience, or of an audience by rule with type segment.";
    ScheduleJobNotFound => "PUBLIC.SCHEDULE_JOBS.NOT_FOUND", NotFound,
        "Schedule job not found.", "Use a scheduleId of this campaign.";
    TestSendNotFound => "PUBLIC.TEST_SENDS.NOT_FOUND", NotFound,
        "Test send not found.", "Use a testSendId of this campaign.";
    DeliveryNotFound => "PUBLIC.DELIVERIES.NOT_FOUND", NotFound,
        "Delivery not found.", "Use a deliveryId of this campaign.";
    SendAtRequired => "SCHEDULE.SEND_AT_REQUIRED", Invalid,
        "A send time is required.", "Give sendAt as a future ISO 8601 timestamp.";
    SendAtInvalid => "SCHEDULE.SEND_AT_INVALID", Invalid,
        "sendAt is malformed or in the past.", "Give sendAt as a future ISO 8601 timestamp.";
    BatchDateRequired => "SCHEDULE.BATCH_DATE_REQUIRED", Invalid,
        "A fulfilment date is required.", "Give batchDate as YYYY-MM-DD.";
    BatchDateInvalid => "SCHEDULE.BATCH_DATE_INVALID", Invalid,
        "batchDate is malformed or in the past.", "Give batchDate as YYYY-MM-DD, today before the cut-off time or later.";
    TimezoneInvalid => "SCHEDULE.TIMEZONE_INVALID", Invalid,
        "The time zone is not in the IANA database.", "Give a name such as Europe/Berlin.";
    InvalidForChannel => "SCHEDULE.INVALID_FOR_CHANNEL", Invalid,
        "The operation is not permitted for this campaign's channel.", "Use POST /schedule-jobs with a batchDate for direct mail.";
    UnsupportedChannel => "SCHEDULE.UNSUPPORTED_CHANNEL", Invalid,
        "The channel is not supported for the requested schedule mode.", "Use sendAt for email, sms and push, batchDate for direct_mail.";
    UnsupportedType => "SCHEDULE.UNSUPPORTED_TYPE", Internal,
        "An unsupported schedule type was encountered.", "Tell the operator the correlationId.";
    PlanChanged => "SCHEDULE.PLAN_CHANGED", Conflict,
        "The plan has changed since the dry run.", "Look at details.changes, make a new dry run and commit its digest.";
    AlreadyFinished => "SCHEDULE.ALREADY_FINISHED", Conflict,
        "The job is over.", "The job cannot be canceled any more; see the campaign's status.";
    AlreadyStarted => "SCHEDULE.ALREADY_STARTED", Conflict,
        "The job has started.", "Pause it with POST /campaigns/{id}/pause or cancel the rest with DELETE on the job.";
    SendJobNotMovable => "SCHEDULE.SEND_JOB_NOT_MOVABLE", Conflict,
        "A send job has no time to move.", "Cancel it with DELETE on the job and create a schedule job.";
    NotFinished => "SCHEDULE.NOT_FINISHED", Conflict,
        "The campaign has no job that is over.", "Wait until its job has ended; see the campaign's status.";
    NothingToRetry => "SCHEDULE.NOTHING_TO_RETRY", Conflict,
        "In the campaign's newest job no recipient failed for a reason that can pass.", "See the reasons with GET /campaigns/{id}/metrics.";
    NotRunning => "SCHEDULE.NOT_RUNNING", Conflict,
        "The campaign has no job that waits or runs.", "See the campaign's status; resume a held job with POST /campaigns/{id}/resume.";
    NotPaused => "SCHEDULE.NOT_PAUSED", Conflict,
        "The campaign has no paused or held job.", "See the campaign's status; pause a job with POST /campaigns/{id}/pause.";
    PreflightBlockers => "BROADCASTS.SCHEDULE.PREFLIGHT_BLOCKERS", Invalid,
        "Preflight found blocking issues.", "Fix the issues in details.issues; POST /campaigns/{id}/preflight lists them all.";
    ListNotFound => "PUBLIC.LISTS.NOT_FOUND", NotFound,
        "List not found.", "Use the id of one of this tenant's lists.";
    ListInUse => "PUBLIC.LISTS.IN_USE", Conflict,
        "A campaign in flight, an audience rule or a running import uses the list.", "Cancel the campaign's job or wait until it is over, wait for the import, and remove the list from the rules that name it.";
    RuleNotFound => "PUBLIC.AUDIENCES.NOT_FOUND", NotFound,
        "Audience not found.", "Use the id of one of this tenant's audiences by rule; static lists are below /lists.";
    AudienceInUse => "PUBLIC.AUDIENCES.IN_USE", Conflict,
        "A campaign in flight uses the audience.", "Cancel the campaign's job, or wait until it is over.";
    ProfileNotFound => "PUBLIC.PROFILES.NOT_FOUND", NotFound,
        "Profile not found.", "Use the id of one of this tenant's profiles.";
    ProfileKeyTaken => "PUBLIC.PROFILES.KEY_TAKEN", Conflict,
        "Another profile has this email or customer_id.", "Match by the key that the other profile has, or leave the field out.";
    ProfileMatchAmbiguous => "PUBLIC.PROFILES.MATCH_AMBIGUOUS", Conflict,
        "Several profiles have this phone number.", "Match by email or customer_id.";
    ProfileAttributeKind => "PUBLIC.PROFILES.ATTRIBUTE_KIND", Conflict,
        "An attribute keeps its kind, and this value is of another one.",
        "Send a value of that kind, or change the kind of the attribute with PATCH /metadata/fields.";
    ImportFileInvalid => "PUBLIC.IMPORTS.FILE_INVALID", Unprocessable,
        "The file is not a table of people.", "Save it as CSV in UTF-8 with the names of the columns in its first line.";
    ImportMappingInvalid => "PUBLIC.IMPORTS.MAPPING_INVALID", Invalid,
        "The columns do not fit.", "Name columns of the file, and fields as in POST /profiles/upsert: in columns of the mapping, or as --map COLUMN=FIELD.";
    ImportNotFound => "PUBLIC.IMPORTS.NOT_FOUND", NotFound,
        "Import job not found.", "Use the id of one of this tenant's import jobs; finished ones are kept for 30 days.";
    ImportFileTooLarge => "PUBLIC.IMPORTS.FILE_TOO_LARGE", TooLarge,
        "The file is larger than an import takes.", "Split the file into several import jobs, or have the operator raise imports.file_max_bytes.";
    ImportStorageFull => "PUBLIC.IMPORTS.STORAGE_FULL", Conflict,
        "The files of the tenant's import jobs fill the room that they have.", "Delete import jobs that are not needed or wait until some have ended, or have the operator raise imports.tenant_max_bytes.";
    ImportLimitReached => "PUBLIC.IMPORTS.LIMIT_REACHED", Conflict,
        "The tenant has 50 import jobs that are not over.", "Wait until one is over, or delete one that is not needed.";
    ImportFileMissing => "PUBLIC.IMPORTS.FILE_MISSING", Conflict,
        "The import job has no whole file yet.", "Send the file with PUT to the job's uploadUrl first.";
    ImportMappingRequired => "PUBLIC.IMPORTS.MAPPING_REQUIRED", Conflict,
        "No column identifies people.", "Name the column that is email, phone or customer_id with POST /import-jobs/{id}/mapping.";
    ImportAlreadyStarted => "PUBLIC.IMPORTS.ALREADY_STARTED", Conflict,
        "The import job has been started.", "Make a new import job for another file or mapping.";
    ImportUploadSuperseded => "PUBLIC.IMPORTS.UPLOAD_SUPERSEDED", Conflict,
        "A later upload for the same import job has begun.", "Let one upload end; the one that began last counts.";
    ImportUploadUrlInvalid => "PUBLIC.IMPORTS.UPLOAD_URL_INVALID", NotFound,
        "The upload URL is not one of ours or has expired.", "Send the file with a token to PUT /import-jobs/{id}/file, or make a new import job.";
    TemplateNotFound => "PUBLIC.TEMPLATES.NOT_FOUND", NotFound,
        "Template not found.", "Use the id of one of this tenant's templates.";
    TemplateInvalid => "PUBLIC.TEMPLATES.INVALID", Invalid,
        "The template cannot be rendered.", "Fix the place named in the message.";
    TemplateArchived => "PUBLIC.TEMPLATES.ARCHIVED", Conflict,
        "The template is archived.", "Create a new template.";
    TemplateInUse => "PUBLIC.TEMPLATES.IN_USE", Conflict,
        "A draft campaign is bound to the template, or a job under way sends it.", "Bind the drafts to another template, let the jobs end, or archive the template with POST /templates/{id}/archive.";
    SenderProfileNotFound => "PUBLIC.SENDER_PROFILES.NOT_FOUND", NotFound,
        "Sender profile not found.", "Use the id of one of this tenant's sender profiles.";
    SenderProfileInUse => "PUBLIC.SENDER_PROFILES.IN_USE", Conflict,
        "A draft campaign or a job under way sends with the sender profile.", "Bind the drafts to another sender profile with PUT /campaigns/{id}/content and let the jobs end; a draft that names none sends with the oldest of its channel.";
    SenderDomainNotAllowed => "PUBLIC.SENDER_PROFILES.DOMAIN_NOT_ALLOWED", Invalid,
        "The tenant may not send from this domain.", "Use an address at one of the senderDomains of GET /tenant, or ask the operator to bind the domain with postrider tenant set --sender-domain.";
    SuppressionNotFound => "PUBLIC.SUPPRESSIONS.NOT_FOUND", NotFound,
        "Suppression not found.", "Use the id of one of this tenant's suppressions.";
    WebhookNotFound => "PUBLIC.WEBHOOKS.NOT_FOUND", NotFound,
        "Webhook not found.", "Use the id of one of this tenant's webhooks.";
    WebhookDeliveryNotFound => "PUBLIC.WEBHOOKS.DELIVERY_NOT_FOUND", NotFound,
        "Delivery not found.", "Use a deliveryId of this webhook; deliveries are kept for 30 days.";
    WebhookTargetRefused => "PUBLIC.WEBHOOKS.TARGET_REFUSED", Invalid,
        "The URL may not be reached.", "Use https:// and a host on the public Internet, or ask the operator to allow the target under [webhooks].";
    WebhookLimitReached => "PUBLIC.WEBHOOKS.LIMIT_REACHED", Conflict,
        "The tenant has 20 webhooks already.", "Delete one that is not needed, or add the events to an existing one.";
    WebhookDisabled => "PUBLIC.WEBHOOKS.DISABLED", Conflict,
        "The webhook is disabled.", "Enable it with PATCH /webhooks/{id} first.";
    TenantNotFound => "TENANTS.NOT_FOUND", NotFound,
        "Tenant not found.", "See postrider tenant list.";
    ClientNotFound => "CLIENTS.NOT_FOUND", NotFound,
        "Client not found.", "See postrider client list.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_sentences_whole() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.message().ends_with('.'), "{}", code.as_str());
            assert!(code.remediation().ends_with('.'), "{}", code.as_str());
        }
    }
}

//! Consent evidence, as clients see it.

use postrider_core::channel::ChannelKind;
use postrider_service::profiles::Evidence;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a consent came from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentEvidenceDto {
    /// `granted`, `denied` or `unknown`: what the consent was from then on.
    consent: &'static str,
    /// When it was recorded.
    recorded_at: String,
    /// When the person said it, if the source tells.
    said_at: Option<String>,
    /// The words of the source: the header of the column and the cell, such as `Newsletter: yes`.
    words: Option<String>,
    source: ConsentSourceDto,
}

/// A source of consent.
#[derive(Serialize, ToSchema)]
pub struct ConsentSourceDto {
    /// `import`, `api_client` or `unsubscribe_link`.
    kind: &'static str,
    /// The import job, the client, or the campaign whose message had the link.
    id: Uuid,
    /// Name of the file, the client or the campaign.
    name: Option<String>,
    /// Line of the file, from 1.
    line: Option<i64>,
}

impl From<Evidence> for ConsentEvidenceDto {
    fn from(said: Evidence) -> Self {
        let source = said.source;
        Self {
            consent: said.consent.as_str(),
            recorded_at: said.recorded_at.to_string(),
            said_at: said.said_at.map(|at| at.to_string()),
            words: said.words,
            source: ConsentSourceDto {
                kind: source.kind.as_str(),
                id: source.id,
                name: Some(source.name).filter(|name| !name.is_empty()),
                line: said.line,
            },
        }
    }
}

/// Of each channel, where its consent came from last; null if nobody ever said anything.
#[derive(Serialize, ToSchema)]
pub struct LatestConsentsDto {
    email: Option<ConsentEvidenceDto>,
    sms: Option<ConsentEvidenceDto>,
    push: Option<ConsentEvidenceDto>,
    direct_mail: Option<ConsentEvidenceDto>,
}

impl From<[Option<Evidence>; 4]> for LatestConsentsDto {
    fn from(latest: [Option<Evidence>; 4]) -> Self {
        let [email, sms, push, direct_mail] = latest.map(|said| said.map(ConsentEvidenceDto::from));
        Self { email, sms, push, direct_mail }
    }
}

/// What was said about the consent to one or more channels.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaidConsentDto {
    /// `email`, `sms`, `push` and `direct_mail`.
    channels: Vec<&'static str>,
    #[serde(flatten)]
    said: ConsentEvidenceDto,
}

impl From<Evidence> for SaidConsentDto {
    fn from(said: Evidence) -> Self {
        let channels = ChannelKind::ALL.into_iter().filter(|channel| said.is_about(*channel));
        Self { channels: channels.map(ChannelKind::as_str).collect(), said: said.into() }
    }
}

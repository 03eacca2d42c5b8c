//! `POST /import-jobs/{id}/mapping`

use super::job_id;
use super::view::ImportJobDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_core::error::Refusal;
use postrider_service::imports::jobs::{MapImportJob, Mapping};
use postrider_service::profiles::match_key;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::mem::take;
use utoipa::ToSchema;

/// The field of a column that is left out.
const NOTHING: &str = "-";

/// What the columns of a file are.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MapImportJobBody {
    /// By column: a well-known field, `address.city` and the like, `consent.email` (yes is consent),
    /// `!consent.email` (yes is a denial, no is consent), `opt_out` (yes is a denial), the name of an
    /// attribute, or null to leave the column out. Columns that are not named are taken by their headers.
    #[serde(default, alias = "mapping")]
    columns: BTreeMap<String, Option<String>>,
    /// By attribute or column: `text`, `number`, `date`, `boolean` or `list`, with how it is written if that must be
    /// said: `number:comma`, `number:point`, `date:dmy`, `date:mdy`, `date:excel`, `list:;`. The kinds of the others are
    /// recognized from all their cells.
    #[serde(default)]
    types: BTreeMap<String, String>,
    /// Columns to leave out.
    #[serde(default)]
    ignore: Vec<String>,
    /// Words that mean yes in columns of consent, beside those that are known.
    #[serde(default)]
    yes: Vec<String>,
    /// Words that mean no in columns of consent.
    #[serde(default)]
    no: Vec<String>,
    /// The export of another system that the file is, such as `ghost`; `none` if it is none. Recognized if absent.
    preset: Option<String>,
    /// The encoding of the file, such as `windows-1251` or `macroman`. Recognized if absent.
    encoding: Option<String>,
    /// Whether the file may set the consent of people who denied it before. They stay denied if it is absent.
    #[serde(default)]
    revive_consent: bool,
    /// `email`, `phone` or `customer_id`. Absent for what the job was made with.
    match_key: Option<String>,
}

impl MapImportJobBody {
    fn mapping(mut self) -> Result<Mapping, ApiError> {
        let (yes, no, preset) = (take(&mut self.yes), take(&mut self.no), self.preset.take());
        let (revive_consent, types) = (self.revive_consent, take(&mut self.types));
        let encoding = self.encoding.take();
        Ok(Mapping { columns: self.columns()?, types, yes, no, preset, revive_consent, encoding, ..Mapping::default() })
    }

    fn columns(self) -> Result<Vec<(String, String)>, ApiError> {
        let mut columns: Vec<(String, String)> = Vec::new();
        for (column, field) in self.columns {
            columns.push((column, field.unwrap_or_else(|| NOTHING.to_owned())));
        }
        for (place, column) in self.ignore.into_iter().enumerate() {
            if columns.iter().any(|(known, field)| *known == column && field != NOTHING) {
                let path = format!("ignore[{place}]");
                return Err(Refusal::invalid(path, Some(&column), "has a field in columns").into());
            }
            columns.push((column, NOTHING.to_owned()));
        }
        Ok(columns)
    }
}

/// Says what the columns of the file are; the job is ready then. It takes the place of what was said before.
#[utoipa::path(post, path = "/public/v1/import-jobs/{id}/mapping", operation_id = "mapImportJob", tag = "Imports",
    summary = "Say what the columns are",
    params(("id" = uuid::Uuid, Path, description = "Import job id"),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = MapImportJobBody,
    responses((status = 200, description = "The job, which is ready", body = ImportJobDto)))]
pub async fn map_import_job(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<MapImportJobBody>,
) -> Result<Written, ApiError> {
    let (mut body, reply) = once.reply(renderer(StatusCode::OK, ImportJobDto::of));
    let job = job_id(&id)?;
    let match_key = body.match_key.take().map(|word| match_key(Some(&word))).transpose()?;
    let command = MapImportJob { job, mapping: body.mapping()?, match_key };
    Ok(Written(service.map_import_job(&actor, command, reply).await?))
}

//! The file of a job on its way in: written part by part as it comes, and looked at when it is whole.
//!
//! Invariant: the memory of an upload is one part. An upload that is cut off leaves the job waiting for its file, and
//! its parts to the sweep.

use super::create::upload_hash;
use super::view::ImportJob;
use super::{found, shown};
use crate::{Actor, Service, ServiceError};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ImportJobId, TenantId};
use postrider_core::import::{ImportFormat, ImportState};
use postrider_core::time::Timestamp;
use postrider_intake::file::format::{format_of_bytes, format_of_media_type};
use postrider_intake::file::mapping::Mapping;
use postrider_intake::jobs::inspect::{Inspection, inspect, said};
use postrider_intake::jobs::parts::PartsReader;
use postrider_store::import_files::PART_BYTES;
use postrider_store::import_jobs::{ImportJobRow, ImportLayout};
use postrider_store::{StoreError, Tx};

/// The path of refusals that are about the file.
const FILE: &str = "file";
/// First bytes that are remembered to tell the format.
const BEGINNING_BYTES: usize = 1_024;

/// An upload that has begun.
pub struct Upload {
    service: Service,
    row: ImportJobRow,
    /// The format that the request names.
    named: Option<ImportFormat>,
    beginning: Vec<u8>,
    buffer: Vec<u8>,
    parts: i64,
    bytes: u64,
}

impl Service {
    /// Begins the upload of a job's file. `length` is what the request says, if it does.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`, `ALREADY_STARTED`, `FILE_TOO_LARGE`, `STORAGE_FULL`.
    pub async fn begin_import_upload(
        &self,
        actor: &Actor,
        job: ImportJobId,
        media_type: Option<&str>,
        length: Option<u64>,
    ) -> Result<Upload, ServiceError> {
        self.check_file_size(FILE, length)?;
        let (tenant, now) = (actor.tenant, self.now());
        self.begin_upload((tenant, job), media_type, length, now).await
    }

    /// As [`Service::begin_import_upload`], for the token of an upload URL.
    ///
    /// # Errors
    /// As there; `IMPORTS.UPLOAD_URL_INVALID` for a token that is not ours or not good any more.
    pub async fn begin_import_upload_by_token(
        &self,
        token: &str,
        media_type: Option<&str>,
        length: Option<u64>,
    ) -> Result<Upload, ServiceError> {
        let (hash, now) = (upload_hash(token), self.now());
        // Strangers may try here, so that nothing is written before the token is known.
        let known = self.store().read("imports.upload_find", move |tx| tx.import_job_by_upload(&hash)).await?;
        let known = known.filter(|(.., good_until)| now < *good_until);
        let (tenant, job, _) = known.ok_or(Code::ImportUploadUrlInvalid)?;
        self.check_file_size(FILE, length)?;
        self.begin_upload((tenant, job), media_type, length, now).await
    }

    async fn begin_upload(
        &self,
        (tenant, job): (TenantId, ImportJobId),
        media_type: Option<&str>,
        length: Option<u64>,
        now: Timestamp,
    ) -> Result<Upload, ServiceError> {
        let most = self.settings().import_tenant_max_bytes;
        let begin = self.store().write("imports.upload_begin", move |tx| {
            let row = begin(tx, tenant, job, now)?;
            // Only to refuse early: each part is counted again when it is stored.
            check_room(tx, tenant, length.unwrap_or_default(), most)?;
            Ok::<_, ServiceError>(row)
        });
        let row = begin.await?;
        if row.upload > 1 {
            self.nudge_imports();
        }
        let named = media_type.and_then(format_of_media_type);
        let service = self.clone();
        Ok(Upload { service, row, named, beginning: Vec::new(), buffer: Vec::new(), parts: 0, bytes: 0 })
    }
}

fn begin(tx: &mut Tx<'_>, tenant: TenantId, job: ImportJobId, now: Timestamp) -> Result<ImportJobRow, ServiceError> {
    found(tx, tenant, job)?.state.may_take_file()?;
    if tx.import_upload_begin(tenant, job, now)?.is_none() {
        return Err(Code::ImportAlreadyStarted.into());
    }
    found(tx, tenant, job)
}

/// Refuses bytes for which the tenant has no room next to the files that its jobs already hold.
fn check_room(tx: &mut Tx<'_>, tenant: TenantId, bytes: u64, most: u64) -> Result<(), ServiceError> {
    let stored = tx.import_bytes(tenant)?.unsigned_abs();
    if stored.saturating_add(bytes) <= most {
        return Ok(());
    }
    let problem = format!(
        "has no room: the files of this tenant's import jobs hold {stored} bytes of {most} at most; delete import jobs \
        that are not needed, or wait until some have ended"
    );
    Err(Refusal::field(Code::ImportStorageFull, FILE, None, problem).into())
}

impl Upload {
    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// `IMPORTS.FILE_TOO_LARGE`, `STORAGE_FULL`; `UPLOAD_SUPERSEDED` if another upload has begun since.
    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<(), ServiceError> {
        self.bytes += bytes.len() as u64;
        if let Err(refusal) = self.service.check_file_size(FILE, Some(self.bytes)) {
            self.give_up().await;
            return Err(refusal.into());
        }
        let wanted = BEGINNING_BYTES.saturating_sub(self.beginning.len()).min(bytes.len());
        self.beginning.extend_from_slice(&bytes[..wanted]);
        while !bytes.is_empty() {
            let room = (PART_BYTES - self.buffer.len()).min(bytes.len());
            self.buffer.extend_from_slice(&bytes[..room]);
            bytes = &bytes[room..];
            if self.buffer.len() == PART_BYTES {
                self.write_part().await?;
            }
        }
        Ok(())
    }

    /// Says that nothing more comes, looks at the file, and answers the job.
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID` with what the file is instead, which leaves the job without one; `STORAGE_FULL`;
    /// `UPLOAD_SUPERSEDED`.
    pub async fn finish(mut self) -> Result<ImportJob, ServiceError> {
        if !self.buffer.is_empty() {
            self.write_part().await?;
        }
        let format = self.row.format.or(self.named).unwrap_or_else(|| format_of_bytes(&self.beginning));
        let inspection = match self.inspect(format).await {
            Ok(inspection) => inspection,
            Err(error) => {
                self.give_up().await;
                return Err(error);
            }
        };
        let layout = layout(format, &inspection);
        let (tenant, key, now) = (self.row.tenant, self.key(), self.service.now());
        let end = self.service.store().write("imports.upload_end", move |tx| {
            let whole = tx.import_upload_end(tenant, key, now)?;
            if !whole || !tx.import_job_set_layout(tenant, key.0, &layout, now)? {
                return Err(Code::ImportUploadSuperseded.into());
            }
            shown(tx, tenant, key.0)
        });
        end.await
    }

    /// Gives up what has come: the request broke off. If that fails too, the sweep does it.
    pub async fn give_up(&self) {
        let (tenant, key, now) = (self.row.tenant, self.key(), self.service.now());
        let store = self.service.store();
        let dropped: Result<(), StoreError> =
            store.write_guarded("imports.upload_drop", move |tx| tx.import_upload_drop(tenant, key, now)).await;
        drop(dropped);
        self.service.nudge_imports();
    }

    const fn key(&self) -> (ImportJobId, i64) {
        (self.row.id, self.row.upload)
    }

    async fn write_part(&mut self) -> Result<(), ServiceError> {
        let bytes = std::mem::take(&mut self.buffer);
        let (key, part, now) = (self.key(), self.parts, self.service.now());
        self.parts += 1;
        let (tenant, most) = (self.row.tenant, self.service.settings().import_tenant_max_bytes);
        let put = self.service.store().write_guarded("imports.part_put", move |tx| {
            tx.import_bytes_lock(tenant)?;
            check_room(tx, tenant, bytes.len() as u64, most)?;
            tx.import_part_put(tenant, key, part, &bytes, now).map_err(ServiceError::from)
        });
        match put.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Code::ImportUploadSuperseded.into()),
            Err(error) => {
                self.give_up().await;
                Err(error)
            }
        }
    }

    async fn inspect(&self, format: ImportFormat) -> Result<Inspection, ServiceError> {
        let (store, runtime) = (self.service.store().clone(), tokio::runtime::Handle::current());
        let reader = PartsReader::new(store, runtime, self.key(), self.bytes, 0);
        let key = self.row.asked_match_key;
        let mapping = Mapping { file_name: self.row.file_name.clone(), ..Mapping::default() };
        let inspected = tokio::task::spawn_blocking(move || inspect(Box::new(reader), format, key, &mapping));
        let panicked = |_| StoreError::Failed("the look at a file panicked".into());
        Ok(inspected.await.map_err(panicked)?.map_err(said)?)
    }
}

fn layout(format: ImportFormat, inspection: &Inspection) -> ImportLayout {
    let is_ready = inspection.key.is_some() && !inspection.has_doubts;
    let place = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    ImportLayout {
        state: if is_ready { ImportState::Ready } else { ImportState::Pending },
        format,
        match_key: inspection.key,
        layout: serde_json::json!(inspection.layout).to_string(),
        samples: Some(serde_json::json!(inspection.samples).to_string()),
        mapping: None,
        start: (place(inspection.start.byte), place(inspection.start.line)),
    }
}

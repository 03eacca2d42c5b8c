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
use postrider_intake::file::encoding::Utf16;
use postrider_intake::file::format::{format_of_bytes, format_of_media_type};
use postrider_intake::file::mapping::Mapping;
use postrider_intake::jobs::inspect::{Inspection, inspect, said};
use postrider_intake::jobs::parts::PartsReader;
use postrider_store::import_files::PART_BYTES;
use postrider_store::import_jobs::{ImportJobRow, ImportLayout};
use postrider_store::{StoreError, Tx};
use std::io::Read;

/// The path of refusals that are about the file.
const FILE: &str = "file";
/// First bytes that are remembered to tell the format.
const BEGINNING_BYTES: usize = 1_024;
/// First bytes that tell whether a file is in UTF-16.
const FORM_BYTES: usize = 4;

/// An upload that has begun.
pub struct Upload {
    service: Service,
    row: ImportJobRow,
    /// The format that the request names.
    named: Option<ImportFormat>,
    beginning: Vec<u8>,
    /// Bytes that came before it was clear in which form the file is.
    held: Vec<u8>,
    form: Form,
    buffer: Vec<u8>,
    parts: i64,
    /// Bytes that came.
    received: u64,
    /// Bytes that are kept.
    bytes: u64,
}

/// In which form the bytes of a file come.
enum Form {
    /// Not yet clear.
    Unknown,
    /// As they are kept.
    Plain,
    /// In UTF-16, of which UTF-8 is kept.
    Utf16(Utf16),
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
        let (beginning, held, buffer, form) = (Vec::new(), Vec::new(), Vec::new(), Form::Unknown);
        Ok(Upload { service, row, named, beginning, held, form, buffer, parts: 0, received: 0, bytes: 0 })
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
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), ServiceError> {
        self.received += bytes.len() as u64;
        if let Err(refusal) = self.service.check_file_size(FILE, Some(self.received)) {
            self.give_up().await;
            return Err(refusal.into());
        }
        self.convert(bytes, false).await
    }

    /// Keeps bytes in the form in which files are read.
    async fn convert(&mut self, bytes: &[u8], is_last: bool) -> Result<(), ServiceError> {
        if let Form::Unknown = self.form {
            self.held.extend_from_slice(bytes);
            if self.held.len() < FORM_BYTES && !is_last {
                return Ok(());
            }
            self.form = Utf16::detect(&self.held).map_or(Form::Plain, Form::Utf16);
            let held = std::mem::take(&mut self.held);
            return Box::pin(self.convert(&held, is_last)).await;
        }
        match &mut self.form {
            Form::Utf16(utf16) => {
                let text = utf16.text(bytes, is_last);
                self.keep(text.as_bytes()).await
            }
            Form::Plain | Form::Unknown => self.keep(bytes).await,
        }
    }

    async fn keep(&mut self, mut bytes: &[u8]) -> Result<(), ServiceError> {
        self.bytes += bytes.len() as u64;
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
        self.convert(&[], true).await?;
        if !self.buffer.is_empty() {
            self.write_part().await?;
        }
        let format = self.row.format.or(self.named).unwrap_or_else(|| format_of_bytes(&self.beginning));
        let mapping = Mapping { file_name: self.row.file_name.clone(), ..Mapping::default() };
        let inspection = match self.service.look_at_file(&self.row, self.bytes, format, mapping).await {
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
}

impl Service {
    /// Looks at the file of an upload that is whole.
    ///
    /// # Errors
    /// `IMPORTS.FILE_INVALID`, `IMPORTS.MAPPING_INVALID`.
    pub(super) async fn look_at_file(
        &self,
        row: &ImportJobRow,
        bytes: u64,
        format: ImportFormat,
        mapping: Mapping,
    ) -> Result<Inspection, ServiceError> {
        let (store, runtime) = (self.store().clone(), tokio::runtime::Handle::current());
        let (upload, key) = ((row.id, row.upload), row.asked_match_key);
        let open = move || -> Box<dyn Read + Send> {
            Box::new(PartsReader::new(store.clone(), runtime.clone(), upload, bytes, 0))
        };
        let inspected = tokio::task::spawn_blocking(move || inspect(&open, format, key, &mapping));
        let panicked = |_| StoreError::Failed("the look at a file panicked".into());
        Ok(inspected.await.map_err(panicked)?.map_err(said)?)
    }
}

/// What is stored of the look at a file.
pub(super) fn layout(format: ImportFormat, inspection: &Inspection) -> ImportLayout {
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

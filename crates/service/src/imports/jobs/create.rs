//! `POST /import-jobs`

use super::shown;
use super::view::NewImportJob;
use crate::idempotency::{Answered, Reply};
use crate::lists::check_name;
use crate::{Actor, Service, ServiceError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ImportJobId, ListId};
use postrider_core::import::{ImportFormat, OPEN_JOBS_MAX};
use postrider_core::visible;
use postrider_intake::file::format::format_of_name;
use postrider_store::import_jobs;
use postrider_store::profiles::MatchKey;

/// Longest name of a job or a file, in characters.
pub const NAME_CHARS_MAX: usize = 255;
/// How long an upload URL is good, in milliseconds: 24 hours.
pub const UPLOAD_URL_LIFETIME_MS: i64 = 24 * 60 * 60 * 1_000;
/// Random bytes in an upload URL.
const TOKEN_BYTES: usize = 32;

/// Make an import job.
#[derive(Debug, Clone)]
pub struct CreateImportJob {
    /// What people call it.
    pub name: Option<String>,
    /// What the file is called where it comes from; its ending tells the format.
    pub file_name: Option<String>,
    /// Length of the file, if it is known.
    pub file_size: Option<u64>,
    /// How the file is written; told by its name, its media type or its beginning if absent.
    pub format: Option<ImportFormat>,
    /// By what people are found; absent for the first of email, customer id and phone that has a column.
    pub match_key: Option<MatchKey>,
    /// On which list everybody is put.
    pub list: Option<ListId>,
    /// Name of the list that the start finds or makes.
    pub list_name: Option<String>,
}

impl Service {
    /// Makes an import job that waits for its file.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with its path, `LISTS.NOT_FOUND`, `IMPORTS.FILE_TOO_LARGE`, `IMPORTS.LIMIT_REACHED`.
    pub async fn create_import_job(
        &self,
        actor: &Actor,
        command: CreateImportJob,
        reply: Reply<NewImportJob>,
    ) -> Result<Answered, ServiceError> {
        let CreateImportJob { name, file_name, file_size, format, match_key, list, list_name } = command;
        let name = clean("name", name)?;
        let file_name = clean("fileName", file_name)?;
        let list_name = list_name.map(|name| check_name(&name).map_err(at_list_name)).transpose()?;
        if list.is_some() && list_name.is_some() {
            let problem = "names a list by name while another one is named by id";
            return Err(Refusal::invalid("listName", list_name.as_deref(), problem).into());
        }
        self.check_file_size("fileSize", file_size)?;
        let (now, tenant) = (self.now(), actor.tenant);
        let mut token = [0; TOKEN_BYTES];
        self.entropy().fill(&mut token);
        let token = URL_SAFE_NO_PAD.encode(token);
        let upload_url = format!("{}/import-uploads/{token}", self.settings().public_url);
        let job = import_jobs::NewImportJob {
            id: ImportJobId::new(now, &*self.entropy()),
            name,
            format: format.or_else(|| format_of_name(file_name.as_deref()?)),
            file_name,
            match_key,
            list,
            list_name,
            upload_hash: upload_hash(&token),
            upload_expires_at: now.plus_millis(UPLOAD_URL_LIFETIME_MS),
        };
        self.answer_once("imports.create", actor, reply, move |tx| {
            if let Some(list) = job.list {
                tx.list_get(tenant, list)?.ok_or(Code::ListNotFound)?;
            }
            if tx.import_jobs_open(tenant)? >= OPEN_JOBS_MAX {
                return Err(Code::ImportLimitReached.into());
            }
            tx.import_job_insert(tenant, &job, now)?;
            let job = shown(tx, tenant, job.id)?;
            Ok(NewImportJob { job, upload_url: upload_url.clone() })
        })
        .await
    }

    /// Refuses a file that is longer than imports take.
    ///
    /// # Errors
    /// `IMPORTS.FILE_TOO_LARGE`.
    pub(super) fn check_file_size(&self, path: &str, bytes: Option<u64>) -> Result<(), Refusal> {
        let most = self.settings().import_file_max_bytes;
        match bytes {
            Some(bytes) if bytes > most => {
                let problem = format!("is {bytes} bytes, and an import takes at most {most}");
                Err(Refusal::field(Code::ImportFileTooLarge, path, None, problem))
            }
            _ => Ok(()),
        }
    }
}

fn at_list_name(mut refusal: Refusal) -> Refusal {
    if let postrider_core::error::Detail::Field { path, .. } = &mut refusal.detail {
        *path = "listName".to_owned();
    }
    refusal
}

/// A name as it is kept: trimmed, none if nothing is left.
fn clean(path: &str, name: Option<String>) -> Result<Option<String>, Refusal> {
    let Some(name) = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) else { return Ok(None) };
    visible::check(&name).map_err(|problem| Refusal::invalid(path, Some(&name), problem))?;
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Refusal::invalid(path, None, format!("is longer than {NAME_CHARS_MAX} characters")));
    }
    Ok(Some(name))
}

/// What is stored of the token in an upload URL.
pub(super) fn upload_hash(token: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

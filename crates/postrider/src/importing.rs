//! An import from a file of this machine: the import job that it becomes, from the first byte to the report.
//!
//! The command line and the demonstration use it. The job runs under a lease like any other: a `serve` process on the same
//! database may work on it too, or go on with it if this process ends.

mod report;

pub use report::{Example, Imported};

use crate::cli::{Failure, Trouble};
use crate::lifecycle::Stop;
use postrider_core::error::Refusal;
use postrider_core::id::{ClientId, ImportJobId, TenantId};
use postrider_core::import::{ImportFormat, ImportState};
use postrider_intake::jobs::Importer;
use postrider_service::idempotency::{Rendered, Reply};
use postrider_service::imports::format_of_name;
use postrider_service::imports::jobs::{CreateImportJob, ImportJob, MapImportJob, Mapping, NewImportJob};
use postrider_service::profiles::MatchKey;
use postrider_service::{Actor, Service};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of the file that are read at a time.
const PIECE_BYTES: usize = 256 * 1024;
/// Pause while another process has the job.
const PAUSE: Duration = Duration::from_millis(200);
/// Failures of the database in a row after which the import gives up; the job stays and can go on later.
const FAILURES_MAX: usize = 120;
/// Pause after a failure.
const FAILED_PAUSE: Duration = Duration::from_millis(500);

/// What is wanted.
pub struct Order<'o> {
    /// The file.
    pub file: &'o Path,
    /// The list to which everybody is added; made if there is none.
    pub list: String,
    /// What the caller says of the file.
    pub mapping: Mapping,
    /// The field that identifies people.
    pub match_key: Option<MatchKey>,
    /// Only find out what would happen.
    pub dry_run: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// The part of the file that is copied or imported, from 0 to 1.
    pub progress: f64,
    /// Rows that are accounted for; absent while the file is copied.
    pub rows: Option<i64>,
    /// Rows that were refused.
    pub refused: i64,
}

/// Imports on one database for one tenant.
pub struct Importing<'i> {
    service: &'i Service,
    importer: Importer,
    actor: Actor,
    stop: &'i Stop,
}

impl<'i> Importing<'i> {
    /// Works with these use cases until told to stop.
    pub fn new(service: &'i Service, tenant: TenantId, stop: &'i Stop) -> Self {
        let asked = stop.clone();
        let importer = service.importer().until(Arc::new(move || asked.is_requested()));
        let actor = Actor { tenant, client: ClientId::from(uuid::Uuid::nil()), scopes: Default::default() };
        Self { service, importer, actor, stop }
    }

    /// Makes a job of a file and starts it.
    ///
    /// # Errors
    /// Why nothing was imported; there is no job then.
    pub async fn begin(&self, order: Order<'_>, show: &mut (dyn FnMut(Stage) + Send)) -> Result<ImportJobId, Failure> {
        let Order { file, list, mapping, match_key, dry_run } = order;
        let unreadable = |error: &io::Error| unreadable(file, error);
        let input = File::open(file).map_err(|error| unreadable(&error))?;
        let length = input.metadata().map_err(|error| unreadable(&error))?.len();
        if file.is_dir() {
            return Err(unreadable(&io::Error::from(io::ErrorKind::IsADirectory)));
        }
        self.service.get_tenant(self.actor.tenant).await?;
        let job = self.create(file, list, match_key, length).await?;
        let prepared = async {
            self.copy(job, file, (input, length), show).await?;
            let command = MapImportJob { job, mapping, match_key };
            let mapped = self.service.map_import_job(&self.actor, command, silent()).await?;
            drop(mapped);
            self.start(job, dry_run).await
        };
        if let Err(failure) = prepared.await {
            // If that fails too, the sweep takes it away after a week.
            drop(self.delete(job).await);
            return Err(failure);
        }
        Ok(job)
    }

    /// Starts a job whose file is there.
    ///
    /// # Errors
    /// What is missing.
    pub async fn start(&self, job: ImportJobId, dry_run: bool) -> Result<(), Failure> {
        let ready = self.job(job).await?;
        if let (ImportState::Pending, Some(problem)) = (ready.state, &ready.problem) {
            return Err(Failure::of(Trouble::Usage, problem.clone()));
        }
        self.service.start_import_job(&self.actor, job, dry_run, silent()).await?;
        Ok(())
    }

    /// Works on a job until it is over, or watches another process do so.
    ///
    /// # Errors
    /// Why the job failed, or that it was stopped before its end.
    pub async fn follow(&self, job: ImportJobId, show: &mut (dyn FnMut(Stage) + Send)) -> Result<ImportJob, Failure> {
        let mut failures = 0;
        let mut was_dry = false;
        loop {
            let attempt = async {
                let seen = self.service.import_job(&self.actor, job).await?;
                let is_running = seen.state == ImportState::Running && !self.stop.is_requested();
                let worked = is_running && self.importer.work_on((self.actor.tenant, job)).await?;
                Ok::<_, postrider_service::ServiceError>((seen, worked))
            };
            let (seen, worked) = match attempt.await {
                Ok(found) => found,
                Err(postrider_service::ServiceError::Failed(_)) if failures < self.failures_max() => {
                    failures += 1;
                    tokio::time::sleep(FAILED_PAUSE).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            failures = 0;
            was_dry |= seen.is_dry_run;
            show(Stage { progress: seen.progress, rows: Some(seen.counts.read), refused: seen.counts.refused });
            match (seen.state, &seen.failure) {
                (ImportState::Failed, Some((code, message))) => {
                    let problem = message.strip_prefix("file: ").unwrap_or(message);
                    return Err(Refusal::field(*code, "file", None, problem).into());
                }
                // What was seen is older than the work, so the next round looks again before it reports.
                (ImportState::Running, _) if worked => {}
                (ImportState::Running, _) if self.stop.is_requested() => return Err(self.stopped(&seen).await),
                (ImportState::Running, _) => tokio::time::sleep(PAUSE).await,
                (ImportState::Ready, _) if !was_dry && seen.dry_run.is_none() => return Err(not_started(job)),
                _ => return Ok(seen),
            }
        }
    }

    /// Takes away what no job needs any more.
    pub async fn tidy(&self) {
        // A process that serves does it later otherwise.
        drop(self.importer.sweep().await);
    }

    /// Deletes a job.
    ///
    /// # Errors
    /// A database that cannot be used.
    pub async fn delete(&self, job: ImportJobId) -> Result<(), Failure> {
        Ok(self.service.delete_import_job(&self.actor, job).await?)
    }

    /// The job as it is.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`.
    pub async fn job(&self, job: ImportJobId) -> Result<ImportJob, Failure> {
        Ok(self.service.import_job(&self.actor, job).await?)
    }

    async fn create(
        &self,
        file: &Path,
        list: String,
        match_key: Option<MatchKey>,
        length: u64,
    ) -> Result<ImportJobId, Failure> {
        let file_name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        // A name that the API would refuse is of no use to anybody.
        let file_name = file_name.filter(|name| postrider_core::visible::check(name).is_ok() && name.len() <= 255);
        let format = format_of_name(&file.to_string_lossy()).unwrap_or(ImportFormat::Csv);
        let command = CreateImportJob {
            name: None,
            file_name,
            file_size: Some(length),
            format: Some(format),
            match_key,
            list: None,
            list_name: Some(list),
        };
        let id = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&id);
        let render = Box::new(move |made: &NewImportJob| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(made.job.id);
            NOTHING
        });
        self.service.create_import_job(&self.actor, command, Reply { once: None, render }).await?;
        let id = *id.lock().unwrap_or_else(PoisonError::into_inner);
        id.ok_or_else(|| Failure::of(Trouble::Failed, "the import job was not made"))
    }

    async fn copy(
        &self,
        job: ImportJobId,
        file: &Path,
        (mut input, length): (File, u64),
        show: &mut (dyn FnMut(Stage) + Send),
    ) -> Result<(), Failure> {
        let mut upload = self.service.begin_import_upload(&self.actor, job, None, None).await?;
        let (mut piece, mut copied) = (vec![0; PIECE_BYTES], 0_u64);
        loop {
            if self.stop.is_requested() {
                let message = "the import stopped before the file was copied; nothing was imported, so run it again";
                return Err(Failure::of(Trouble::Failed, message));
            }
            let read = input.read(&mut piece).map_err(|error| unreadable(file, &error))?;
            let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            upload.push(bytes).await?;
            copied += read as u64;
            show(Stage { progress: share(copied, length), rows: None, refused: 0 });
        }
        upload.finish().await?;
        Ok(())
    }

    /// How many failures in a row are survived. A dry run that is stopped fails once by itself.
    fn failures_max(&self) -> usize {
        if self.stop.is_requested() { 1 } else { FAILURES_MAX }
    }

    /// What to say of a job that this process leaves before its end.
    async fn stopped(&self, job: &ImportJob) -> Failure {
        if job.is_dry_run {
            drop(self.delete(job.id).await);
            return Failure::of(Trouble::Failed, "the dry run stopped; nothing was written");
        }
        let (rows, id, tenant) = (job.counts.read, job.id, self.actor.tenant);
        let message = format!(
            "the import stopped after {rows} rows; a running `postrider serve` continues it by itself, and without one \
            `postrider import --resume {id} --tenant {tenant}` does"
        );
        Failure::of(Trouble::Failed, message)
    }
}

fn not_started(job: ImportJobId) -> Failure {
    Failure::of(Trouble::Failed, format!("the import job {job} is not started"))
}

/// An answer of which only its effect matters.
const NOTHING: Rendered = Rendered { status: 200, body: Vec::new() };

fn silent<T>() -> Reply<T> {
    Reply { once: None, render: Box::new(|_| NOTHING) }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more digits than a double has")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    Failure::of(Trouble::File, format!("{} cannot be read: {error}", file.display()))
}

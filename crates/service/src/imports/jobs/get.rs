//! `GET /import-jobs` and `GET /import-jobs/{id}`

use super::shown;
use super::view::ImportJob;
use crate::{Actor, Page, Service, ServiceError};
use postrider_core::id::ImportJobId;
use postrider_store::import_jobs::ImportFilter;

/// Which page of which jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListImportJobs {
    /// What is listed.
    pub filter: ImportFilter,
    /// Entries of the page.
    pub limit: i64,
}

impl Service {
    /// One import job.
    ///
    /// # Errors
    /// `IMPORTS.NOT_FOUND`.
    pub async fn import_job(&self, actor: &Actor, job: ImportJobId) -> Result<ImportJob, ServiceError> {
        let tenant = actor.tenant;
        self.store().read("imports.get", move |tx| shown(tx, tenant, job)).await
    }

    /// Import jobs, newest first.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn import_jobs(
        &self,
        actor: &Actor,
        query: ListImportJobs,
    ) -> Result<Page<ImportJob, ImportJobId>, ServiceError> {
        let (tenant, ListImportJobs { filter, limit }) = (actor.tenant, query);
        let jobs = self.store().read("imports.list", move |tx| {
            let mails_unknown = tx.tenant_mails_unknown(tenant)?;
            let rows = tx.import_jobs_list(tenant, filter, limit + 1)?;
            rows.into_iter().map(|row| ImportJob::of(row, mails_unknown)).collect::<Result<Vec<_>, ServiceError>>()
        });
        let jobs = jobs.await?;
        Ok(Page::of(jobs, limit, |last| (last.created_at, last.id)))
    }
}

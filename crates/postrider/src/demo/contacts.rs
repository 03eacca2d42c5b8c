//! Imports the people of a file, as the command line does.

use super::failure::DemoError;
use super::stage::Stage;
use crate::books::grouped;
use crate::cli::Failure;
use crate::importing::{Imported, Importing, Order};
use crate::lifecycle::Stop;
use postrider_core::id::{ListId, TenantId};
use postrider_service::imports::jobs::Mapping;
use std::path::Path;

/// Imports the file; returns the list that everybody of it is on, and how many they are.
///
/// # Errors
/// The file cannot be read, or nobody in it can be taken.
pub async fn import(stage: &Stage, tenant: TenantId, file: &Path) -> Result<(ListId, i64), Failure> {
    let stop = Stop::default();
    let importing = Importing::new(&stage.service, tenant, &stop);
    let order =
        Order { file, list: "Everybody".to_owned(), mapping: Mapping::default(), match_key: None, dry_run: false };
    let job = importing.begin(order, &mut |_| {}).await?;
    let done = importing.follow(job, &mut |_| {}).await?;
    let imported = importing.report(done, &stage.folder.join("contacts.csv")).await?;
    tell(stage, file, &imported);
    let people = imported.job.counts.added_to_list;
    match imported.job.list {
        Some(list) if people > 0 => Ok((list, people)),
        _ => Err(DemoError::Machine("use the contacts", "nobody in the file can be taken".to_owned()).into()),
    }
}

fn tell(stage: &Stage, file: &Path, imported: &Imported) {
    let counts = imported.job.counts;
    let mut told =
        format!("Imported {}: {} rows, {} people", file.display(), grouped(counts.read), grouped(counts.created));
    if let Some(refused) = &imported.refused_file {
        told = format!("{told}, {} rows refused (see {})", grouped(counts.refused), refused.display());
    }
    stage.narrator.say(&format!("  {told}"));
}

//! Takes the people of a file, with the same import that the command line offers.

use super::failure::DemoError;
use super::stage::Stage;
use crate::books::grouped;
use crate::cli::Failure;
use crate::private;
use postrider_core::id::{ListId, TenantId};
use postrider_core::import::ImportFormat;
use postrider_service::imports::{Import, ImportError, ImportFiles, ImportReport, format_of_name};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Imports the file; answers the list that everybody of it is on, and how many they are.
///
/// # Errors
/// The file cannot be read, or nobody in it can be taken.
pub async fn import(stage: &Stage, tenant: TenantId, file: &Path) -> Result<(ListId, i64), Failure> {
    let unreadable = |error: std::io::Error| DemoError::Machine("read the contacts", error.to_string());
    let input = File::open(file).map_err(unreadable)?;
    let refused_rows = stage.folder.join("refused.csv");
    let rows = refused_rows.clone();
    let open = move || private::create(&rows).map(|file| Box::new(file) as Box<dyn Write + Send>);
    let files = ImportFiles { input: Box::new(input), refused: Some(Box::new(open)) };
    let command = Import {
        tenant,
        format: format_of_name(&file.to_string_lossy()).unwrap_or(ImportFormat::Csv),
        list: "Everybody".to_owned(),
        map: Vec::new(),
        match_key: None,
        dry_run: false,
    };
    let report = stage.service.import(command, files, |_| {}).await.map_err(failure)?;
    tell(stage, file, &report, &refused_rows);
    let people = i64::try_from(report.added_to_list).unwrap_or(i64::MAX);
    match report.list {
        Some(list) if people > 0 => Ok((list, people)),
        _ => Err(DemoError::Machine("use the contacts", "nobody in the file can be taken".to_owned()).into()),
    }
}

fn tell(stage: &Stage, file: &Path, report: &ImportReport, refused_rows: &Path) {
    let count = |number: u64| grouped(i64::try_from(number).unwrap_or(i64::MAX));
    let mut told =
        format!("Imported {}: {} rows, {} people", file.display(), count(report.read), count(report.created));
    if report.refused > 0 {
        told = format!("{told}, {} rows refused (see {})", count(report.refused), refused_rows.display());
    }
    stage.narrator.say(&format!("  {told}"));
}

fn failure(error: ImportError) -> Failure {
    match error {
        ImportError::Service(error) => postrider_service::ServiceError::from(error).into(),
        ImportError::Read(_) | ImportError::WriteRefused(_) => {
            DemoError::Machine("import the contacts", error.to_string()).into()
        }
    }
}

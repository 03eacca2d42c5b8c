//! `postrider import FILE`: brings the people of a file in and puts them on a list.

use super::{Context, Failure, Report, Trouble};
use crate::private;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postrider_core::id::TenantId;
use postrider_core::import::ImportFormat;
use postrider_service::imports::{
    Import, ImportError, ImportFiles, ImportReport, OpenRefused, Progress, format_of_name,
};
use postrider_service::profiles::match_key;
use postrider_store::OpenMode;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, IsTerminal as _};
use std::path::{Path, PathBuf};

/// The flags of this command by the name of their field in the API.
pub(super) const FLAGS: &[(&str, &str)] = &[("name", "--list"), ("matchKey", "--match-key"), ("columns", "--map")];

/// Refused rows that are told on a terminal.
const EXAMPLES_TOLD: usize = 5;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A CSV file with the names of the columns in its first line, or a .jsonl file with one record a line.
    file: PathBuf,
    /// The id of the tenant that gets the people.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// The list to which the people are added; it is made if it does not exist [default: the name of the file].
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// The field that a column holds, if its header does not say so: Kontakt=email, Ort=address.city, Nein=opt_out, Notiz=- to leave
    /// it out. Other columns become attributes.
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = column_and_field)]
    map: Vec<(String, String)>,
    /// The field that identifies a person: email, phone or customer_id [default: the first of these that has a column].
    #[arg(long, value_name = "FIELD")]
    match_key: Option<String>,
    /// Report what would happen, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Reads `COLUMN=FIELD`; the column itself may hold a `=`.
fn column_and_field(text: &str) -> Result<(String, String), String> {
    let (column, field) = text.rsplit_once('=').ok_or("must be COLUMN=FIELD")?;
    Ok((column.to_owned(), field.to_owned()))
}

pub(super) async fn run(args: ImportArgs, context: &Context) -> Result<(), Failure> {
    let ImportArgs { file, tenant, list, map, match_key: key, dry_run } = args;
    let list = list.unwrap_or_else(|| file.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let match_key = key.as_deref().map(|word| match_key(Some(word))).transpose()?;
    let input = File::open(&file).map_err(|error| unreadable(&file, &error))?;
    let length = input.metadata().map_err(|error| unreadable(&file, &error))?.len();
    let (_, _, service) = context.open(if dry_run { OpenMode::ReadOnly } else { OpenMode::Existing }).await?;
    let format = format_of_name(&file.to_string_lossy()).unwrap_or(ImportFormat::Csv);
    let refused_file = refused_path(&file, format);
    let files = ImportFiles { input: Box::new(input), refused: (!dry_run).then(|| open_refused(refused_file.clone())) };
    let bar = (!context.json() && std::io::stderr().is_terminal()).then(|| bar(length));
    let command = Import { tenant, format, list: list.clone(), map, match_key, dry_run };
    let imported = service.import(command, files, |progress| show(bar.as_ref(), progress)).await;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let report = imported.map_err(|error| match error {
        ImportError::Service(error) => postrider_service::ServiceError::from(error).into(),
        ImportError::Read(error) => unreadable(&file, &error),
        ImportError::WriteRefused(error) => {
            Failure::of(Trouble::File, format!("{} cannot be written: {error}", refused_file.display()))
        }
    })?;
    let told = !report.examples.is_empty() && !dry_run;
    let refused_file = told.then_some(refused_file.as_path());
    context.answer(&Report::new(text(&report, &list, refused_file), document(&report, refused_file)));
    Ok(())
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::of(Trouble::File, format!("{} cannot be read: {error}", file.display()))
}

/// Beside the file: `people.csv` has `people.refused.csv`.
fn refused_path(file: &Path, format: ImportFormat) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(".refused.");
    name.push(format.as_str());
    file.with_file_name(name)
}

fn open_refused(path: PathBuf) -> OpenRefused {
    Box::new(move || Ok(Box::new(BufWriter::new(private::create(&path)?))))
}

fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("  {bar:32} {percent:>3} %  {msg}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn show(bar: Option<&ProgressBar>, progress: Progress) {
    let Some(bar) = bar else { return };
    bar.set_position(progress.bytes);
    let millis = u64::try_from(bar.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = progress.rows.saturating_mul(1_000) / millis;
    bar.set_message(format!("{} rows, {rate} a second", progress.rows));
}

fn text(report: &ImportReport, list: &str, refused_file: Option<&Path>) -> String {
    let ImportReport { read, created, updated, unchanged, refused, .. } = report;
    let mut lines = Vec::new();
    if report.list.is_none() {
        lines.push("A dry run: nothing was written.".to_owned());
    }
    lines.push(format!("{read} rows: {created} created, {updated} updated, {unchanged} unchanged, {refused} refused"));
    if report.duplicates > 0 {
        lines.push(format!("{} rows repeat an earlier one; the later one wins", report.duplicates));
    }
    if let Some(id) = report.list {
        lines.push(format!("{} people added to the list {list}  {id}", report.added_to_list));
    }
    let columns = report.columns.iter().map(|(column, field)| format!("{column} = {field}"));
    if !report.columns.is_empty() {
        lines.push(format!("columns: {}", columns.collect::<Vec<_>>().join(", ")));
    }
    for example in report.examples.iter().take(EXAMPLES_TOLD) {
        lines.push(format!("line {}: {}", example.line, example.reason));
    }
    if let Some(path) = refused_file {
        lines.push(format!("All of these rows with their reasons are in {}", path.display()));
    }
    lines.join("\n")
}

fn document(report: &ImportReport, refused_file: Option<&Path>) -> Value {
    let columns = report.columns.iter().map(|(column, field)| json!({ "column": column, "field": field }));
    let examples = report.examples.iter().map(|row| json!({ "line": row.line, "reason": row.reason }));
    json!({
        "read": report.read,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "refusedFile": refused_file.map(|path| path.display().to_string()),
        "listId": report.list.map(|list| list.to_string()),
        "addedToList": report.added_to_list,
        "duplicates": report.duplicates,
        "fieldsLeftOut": report.fields_left_out,
        "columns": columns.collect::<Vec<_>>(),
        "examples": examples.collect::<Vec<_>>(),
    })
}

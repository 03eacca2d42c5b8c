//! `postrider import FILE`: imports the people of a file and adds them to a list.

use super::{Context, Failure, Report, Trouble};
use crate::importing::{Example, Imported, Importing, Order, Stage};
use crate::lifecycle;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postrider_core::id::{ImportJobId, TenantId};
use postrider_core::import::{ImportSeverity, ImportState};
use postrider_service::imports::jobs::{ImportCounts, ImportJob, Mapping, Reason};
use postrider_service::profiles::match_key;
use postrider_store::OpenMode;
use serde_json::{Value, json};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// The flags of this command by the name of their field in the API.
pub(super) const FLAGS: &[(&str, &str)] = &[
    ("name", "--list"),
    ("listName", "--list"),
    ("matchKey", "--match-key"),
    ("columns", "--map"),
    ("preset", "--preset"),
    ("encoding", "--encoding"),
];

/// Rows of one kind that are shown on a terminal.
const EXAMPLES_SHOWN: usize = 5;
/// Reasons of one kind that are shown on a terminal.
const REASONS_SHOWN: usize = 10;
/// Steps of the progress bar.
const STEPS: u64 = 1_000;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A CSV file with the names of the columns in its first line, or a .jsonl file with one record a line.
    #[arg(required_unless_present = "resume")]
    file: Option<PathBuf>,
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
    /// The kind of an attribute, by its name or column, if it cannot be recognized or should be another: points=number,
    /// umsatz=number:comma, birthday=date:dmy, vip=boolean, plz=text, 'tags=list:;'.
    #[arg(long = "type", value_name = "FIELD=KIND", value_parser = field_and_kind)]
    types: Vec<(String, String)>,
    /// The field that identifies a person: email, phone or customer_id [default: the first of these that has a column].
    #[arg(long, value_name = "FIELD")]
    match_key: Option<String>,
    /// A word that means yes in columns of consent, beside those that are known.
    #[arg(long, value_name = "WORD")]
    yes: Vec<String>,
    /// A word that means no in columns of consent.
    #[arg(long, value_name = "WORD")]
    no: Vec<String>,
    /// The export of another system that the file is, such as mailchimp_unsubscribed, or none [default: recognized].
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// The encoding of the file, such as windows-1251 or macroman [default: recognized].
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Let the file set the consent of people who denied it before; they stay denied otherwise.
    #[arg(long)]
    revive_consent: bool,
    /// Report what would happen, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Continue an import that stopped, by the id of its job. The file is in the database already.
    #[arg(long, value_name = "JOB", conflicts_with_all = ["list", "map", "types", "match_key", "dry_run", "yes", "no", "preset", "encoding", "revive_consent"])]
    resume: Option<ImportJobId>,
}

/// Reads `COLUMN=FIELD`; the column itself may hold a `=`.
fn column_and_field(text: &str) -> Result<(String, String), String> {
    let (column, field) = text.rsplit_once('=').ok_or("must be COLUMN=FIELD")?;
    Ok((column.to_owned(), field.to_owned()))
}

/// Reads `FIELD=KIND`; the kind of a list may end with a `=`.
fn field_and_kind(text: &str) -> Result<(String, String), String> {
    let (field, kind) = text.split_once('=').ok_or("must be FIELD=KIND")?;
    Ok((field.to_owned(), kind.to_owned()))
}

pub(super) async fn run(args: ImportArgs, context: &Context) -> Result<(), Failure> {
    let ImportArgs {
        file,
        tenant,
        list,
        map,
        types,
        match_key: key,
        yes,
        no,
        preset,
        encoding,
        revive_consent,
        dry_run,
        resume,
    } = args;
    let match_key = key.as_deref().map(|word| match_key(Some(word))).transpose()?;
    let (_, _, service) = context.open(OpenMode::Existing).await?;
    let stop = lifecycle::listen()?;
    let importing = Importing::new(&service, tenant, &stop);
    let bar = (!context.json() && std::io::stderr().is_terminal()).then(bar);
    let mut show = |stage: Stage| draw(bar.as_ref(), stage);
    let ran = async {
        let job = match (resume, &file) {
            (Some(job), _) => again(&importing, job).await?,
            (None, Some(file)) => {
                let name = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let types = types.into_iter().collect();
                let mapping =
                    Mapping { columns: map, types, yes, no, preset, encoding, revive_consent, ..Mapping::default() };
                let order = Order { file, list: list.unwrap_or_else(name), mapping, match_key, dry_run };
                let job = importing.begin(order, &mut show).await?;
                if !dry_run {
                    // A kill leaves nothing else that names the job.
                    let line =
                        format!("import job {job}: `postrider import --resume {job} --tenant {tenant}` continues it");
                    bar.as_ref().map_or_else(|| context.note(&line), |bar| bar.println(format!("  {line}")));
                }
                job
            }
            (None, None) => return Err(Failure::of(Trouble::Usage, "name a file, or a job with --resume")),
        };
        importing.follow(job, &mut show).await
    };
    let done = ran.await;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let done = done?;
    let is_dry = done.state == ImportState::Ready;
    let file = file.unwrap_or_else(|| here(&done));
    let imported = importing.report(done, &file).await?;
    if is_dry {
        importing.delete(imported.job.id).await?;
    }
    importing.tidy().await;
    context.answer(&Report::new(text(&imported, is_dry), document(&imported, is_dry)));
    Ok(())
}

/// Takes up a job that stopped.
async fn again(importing: &Importing<'_>, id: ImportJobId) -> Result<ImportJobId, Failure> {
    let job = importing.job(id).await?;
    match (job.state, job.file_bytes) {
        (ImportState::Pending, None) => {
            let message = format!(
                "the file of import job {id} was not copied to its end, and nothing of it was imported: run \
                `postrider import FILE` again"
            );
            Err(Failure::of(Trouble::Failed, message))
        }
        (ImportState::Pending | ImportState::Ready, _) => importing.start(id, false).await.map(|()| id),
        (ImportState::Running | ImportState::Completed | ImportState::Failed, _) => Ok(id),
    }
}

/// Where the files of a report go if the command line names no file: into this folder. A client may have named the file of
/// the job, so a folder in that name counts for nothing.
fn here(job: &ImportJob) -> PathBuf {
    let named = job.file_name.as_deref().and_then(|name| Path::new(name).file_name());
    named.map_or_else(|| PathBuf::from(format!("{}.csv", job.id)), PathBuf::from)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("  {bar:32} {percent:>3} %  {msg}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a thousand is small")]
fn draw(bar: Option<&ProgressBar>, stage: Stage) {
    let Some(bar) = bar else { return };
    let Some(rows) = stage.rows else {
        bar.set_position((stage.progress * STEPS as f64) as u64);
        bar.set_message("copying the file");
        return;
    };
    if bar.message() == "copying the file" {
        bar.reset();
    }
    bar.set_position((stage.progress * STEPS as f64) as u64);
    let millis = i64::try_from(bar.elapsed().as_millis()).unwrap_or(i64::MAX).max(1);
    let rate = rows.saturating_mul(1_000) / millis;
    bar.set_message(format!("{} refused, {rows} rows, {rate} a second", stage.refused));
}

/// What a report is about: the counts and reasons of an import or of a dry run.
fn found(imported: &Imported, is_dry: bool) -> (ImportCounts, &[Reason]) {
    match (&imported.job.dry_run, is_dry) {
        (Some(found), true) => (found.counts, &found.reasons),
        _ => (imported.job.counts, &imported.job.reasons),
    }
}

fn text(imported: &Imported, is_dry: bool) -> String {
    let job = &imported.job;
    let (counts, reasons) = found(imported, is_dry);
    let ImportCounts { read, created, updated, unchanged, refused, fields_left_out, added_to_list } = counts;
    let mut lines = Vec::new();
    if is_dry {
        lines.push("A dry run: nothing was written.".to_owned());
    }
    if refused > 0 {
        lines.push(format!("{refused} of {read} rows refused:"));
        lines.extend(reasons_and_examples(reasons, &imported.examples, ImportSeverity::Error, refused));
    }
    if let Some(path) = &imported.refused_file {
        let all = if refused > job.kept.0 { format!("The first {}", job.kept.0) } else { "All".to_owned() };
        lines.push(format!("{all} of the refused rows with their reasons are in {}", path.display()));
    }
    lines.push(format!("{read} rows: {created} created, {updated} updated, {unchanged} unchanged, {refused} refused"));
    if let (Some(id), Some(list)) = (job.list, &job.list_name) {
        lines.push(format!("{added_to_list} people added to the list {list}  {id}"));
    }
    if fields_left_out > 0 {
        lines.push(format!("{fields_left_out} fields left out of rows that were imported:"));
        lines.extend(reasons_and_examples(reasons, &imported.examples, ImportSeverity::Warning, fields_left_out));
    }
    if let Some(path) = &imported.warnings_file {
        let all = if fields_left_out > job.kept.1 { format!("The first {}", job.kept.1) } else { "All".to_owned() };
        lines.push(format!("{all} of these warnings with their rows are in {}", path.display()));
    }
    if let Some((name, about)) = job.preset {
        lines.push(format!("preset {name}: {about} (--preset none if it is something else)"));
    }
    lines.extend(job.reading_note.clone());
    lines.extend(job.consent_note.clone());
    let columns: Vec<String> =
        job.columns.iter().map(|column| format!("{} = {}", column.column, column.field)).collect();
    if !columns.is_empty() {
        lines.push(format!("columns: {}", columns.join(", ")));
    }
    lines.join("\n")
}

/// How many rows there are for each reason, and the first of the rows.
fn reasons_and_examples(reasons: &[Reason], examples: &[Example], severity: ImportSeverity, all: i64) -> Vec<String> {
    let reasons: Vec<&Reason> =
        reasons.iter().filter(|reason| reason.is_error == (severity == ImportSeverity::Error)).collect();
    let mut lines: Vec<String> =
        reasons.iter().take(REASONS_SHOWN).map(|reason| format!("  {}: {}", reason.message, reason.rows)).collect();
    if reasons.len() > REASONS_SHOWN {
        lines.push(format!("  {} more reasons", reasons.len() - REASONS_SHOWN));
    }
    let shown: Vec<&Example> =
        examples.iter().filter(|example| example.severity == severity).take(EXAMPLES_SHOWN).collect();
    lines.extend(shown.iter().map(|example| format!("  line {}: {}", example.line, example.reason)));
    let more = all - i64::try_from(shown.len()).unwrap_or(0);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines
}

fn document(imported: &Imported, is_dry: bool) -> Value {
    let job = &imported.job;
    let (counts, reasons) = found(imported, is_dry);
    let columns = job.columns.iter().map(|column| json!({ "column": column.column, "field": column.field }));
    let examples = imported.examples.iter().map(
        |example| json!({ "line": example.line, "severity": example.severity.as_str(), "reason": example.reason }),
    );
    let of_kind = |is_error: bool| -> Vec<Value> {
        let of_kind = reasons.iter().filter(|reason| reason.is_error == is_error);
        of_kind.map(|reason| json!({ "code": reason.code, "message": reason.message, "rows": reason.rows })).collect()
    };
    let shown = |severity| {
        let shown = imported.examples.iter().filter(|example| example.severity == severity).count();
        i64::try_from(shown).unwrap_or(0)
    };
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    json!({
        "jobId": job.id.to_string(),
        "read": counts.read,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
        "refusedByReason": of_kind(true),
        "refusedFile": path(&imported.refused_file),
        "warnings": of_kind(false),
        "warningsFile": path(&imported.warnings_file),
        "fieldsLeftOut": counts.fields_left_out,
        "listId": job.list.map(|list| list.to_string()),
        "addedToList": counts.added_to_list,
        "columns": columns.collect::<Vec<_>>(),
        "preset": job.preset.map(|(name, _)| name),
        "readingNote": job.reading_note,
        "consentNote": job.consent_note,
        "examples": examples.collect::<Vec<_>>(),
        "moreRefused": counts.refused - shown(ImportSeverity::Error),
        "moreWarnings": counts.fields_left_out - shown(ImportSeverity::Warning),
        "dryRun": is_dry,
    })
}

//! The report of an import: examples, and the files of refused rows and of warnings.

use super::Importing;
use crate::cli::{Failure, Trouble};
use crate::private;
use postrider_core::import::{ImportFormat, ImportSeverity, ImportState};
use postrider_service::imports::jobs::{ImportJob, ListNotes, MENDABLE_HEADERS};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows of a file of refused rows that are read at a time.
const PAGE_ROWS: i64 = 100;
/// Examples of one kind in a report.
const EXAMPLES_MAX: usize = 20;

/// A row of a report.
#[derive(Clone)]
pub struct Example {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Whether it was refused.
    pub severity: ImportSeverity,
    /// Why, in one clause.
    pub reason: String,
}

/// What became of an import.
pub struct Imported {
    /// The job at its end.
    pub job: ImportJob,
    /// Refused rows, then warnings.
    pub examples: Vec<Example>,
    /// Where refused rows are.
    pub refused_file: Option<PathBuf>,
    /// Where rows are that were imported without a field.
    pub warnings_file: Option<PathBuf>,
}

impl Importing<'_> {
    /// Writes the files of refused rows and of warnings beside `file`, and gathers examples.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn report(&self, job: ImportJob, file: &Path) -> Result<Imported, Failure> {
        let mut examples = Vec::new();
        let is_dry = job.dry_run.is_some() && job.state == ImportState::Ready;
        let format = job.format.unwrap_or(ImportFormat::Csv);
        let mut files = [None, None];
        for ((severity, word), written) in
            [(ImportSeverity::Error, "refused"), (ImportSeverity::Warning, "warnings")].into_iter().zip(&mut files)
        {
            let path = beside(file, word, format);
            let output = (!is_dry).then_some(path.as_path());
            if self.write_notes(&job, severity, output, &mut examples).await? && !is_dry {
                *written = Some(path);
            }
        }
        let [refused_file, warnings_file] = files;
        Ok(Imported { job, examples, refused_file, warnings_file })
    }

    /// Writes the notes of one kind into a file, if there are any; returns whether there are.
    async fn write_notes(
        &self,
        job: &ImportJob,
        severity: ImportSeverity,
        path: Option<&Path>,
        examples: &mut Vec<Example>,
    ) -> Result<bool, Failure> {
        let mut query = ListNotes { job: job.id, severity: Some(severity), after: None, limit: PAGE_ROWS };
        let mut output: Option<Output> = None;
        let mut shown = 0;
        loop {
            let page = self.service.import_notes(&self.actor, query).await?;
            for note in &page.items {
                if shown < EXAMPLES_MAX {
                    shown += 1;
                    examples.push(Example { line: note.line, severity, reason: note.reason() });
                }
                let Some(path) = path else { continue };
                let unwritable = |error: io::Error| {
                    Failure::of(Trouble::File, format!("{} cannot be written: {error}", path.display()))
                };
                let output = match &mut output {
                    Some(output) => output,
                    empty @ None => {
                        empty.insert(Output::begin(path, page.delimiter, &page.headers).map_err(unwritable)?)
                    }
                };
                let written = match output {
                    Output::Table(table) => {
                        table.write_record(note.mendable_row(&page.headers)).map_err(io::Error::from)
                    }
                    Output::Lines(lines) => writeln!(lines, "{}", note.mendable_record(&page.headers)),
                };
                written.map_err(unwritable)?;
            }
            match page.next {
                Some(next) if path.is_some() => query.after = Some(next),
                _ => break,
            }
        }
        if let (Some(mut output), Some(path)) = (output, path) {
            let unwritable =
                |error| Failure::of(Trouble::File, format!("{} cannot be written: {error}", path.display()));
            output.flush().map_err(unwritable)?;
        }
        Ok(shown > 0)
    }
}

/// Beside the file: `people.csv` has `people.refused.csv`.
fn beside(file: &Path, word: &str, format: ImportFormat) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{word}.{}", format.as_str()));
    file.with_file_name(name)
}

/// A file of rows, readable by its owner only.
enum Output {
    Table(Box<csv::Writer<BufWriter<File>>>),
    Lines(BufWriter<File>),
}

impl Output {
    fn begin(path: &Path, delimiter: Option<u8>, headers: &[String]) -> io::Result<Self> {
        let file = BufWriter::new(private::create(path)?);
        let Some(delimiter) = delimiter else { return Ok(Self::Lines(file)) };
        let mut table = csv::WriterBuilder::new().flexible(true).delimiter(delimiter).from_writer(file);
        table.write_record(headers.iter().map(String::as_str).chain(MENDABLE_HEADERS))?;
        Ok(Self::Table(Box::new(table)))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Table(table) => table.flush(),
            Self::Lines(lines) => lines.flush(),
        }
    }
}

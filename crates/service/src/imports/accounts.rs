//! The report of an import as it grows, and the file of refused rows.

use super::report::{EXAMPLES_MAX, ImportError, ImportReport, RefusedRow};
use super::write::Written;
use postrider_intake::file::refused::{LINE, REASON, mendable, mendable_line};
use postrider_intake::file::rows::Row;
use postrider_intake::file::source::Source;
use postrider_intake::file::tally::{reason, tally};
use postrider_intake::write::Destination;
use std::io::{self, Write};

/// Opens the file of refused rows; called at the first one.
pub type OpenRefused = Box<dyn FnMut() -> io::Result<Box<dyn Write + Send>> + Send>;

/// The report as it grows, and the file of refused rows.
pub(super) struct Accounts {
    pub(super) report: ImportReport,
    dry_run: bool,
    refused: RefusedFile,
}

impl Accounts {
    pub(super) fn new(source: &Source, to: Destination, open: Option<OpenRefused>) -> Self {
        let report = ImportReport { list: to.list, columns: source.columns(), ..ImportReport::default() };
        let refused = RefusedFile { open, headers: source.headers(), delimiter: source.delimiter(), writer: None };
        Self { report, dry_run: to.dry_run, refused }
    }

    pub(super) fn add(&mut self, written: Written) -> Result<(), ImportError> {
        let Self { report, dry_run, refused } = self;
        let doubles = written.entries.iter().filter(|entry| entry.parsed.is_ok()).zip(&written.outcome);
        report.duplicates += doubles.filter(|(entry, outcome)| entry.duplicate && outcome.is_ok()).count() as u64;
        report.added_to_list += written.added_to_list as u64;
        let counts = tally(&written.entries, written.outcome, *dry_run, |row, severity, refusal| {
            let reason = reason(severity, refusal);
            refused.write(row, &reason)?;
            if report.examples.len() < EXAMPLES_MAX {
                report.examples.push(RefusedRow { line: row.line, reason });
            }
            Ok::<(), ImportError>(())
        })?;
        for (sum, count) in [
            (&mut report.read, counts.read),
            (&mut report.created, counts.created),
            (&mut report.updated, counts.updated),
            (&mut report.unchanged, counts.unchanged),
            (&mut report.refused, counts.refused),
            (&mut report.fields_left_out, counts.fields_left_out),
        ] {
            *sum += count.unsigned_abs();
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ImportReport, ImportError> {
        self.refused.flush()?;
        Ok(self.report)
    }
}

/// Refused rows as they were, each with its line and the reason, so that they can be mended and imported again.
struct RefusedFile {
    open: Option<OpenRefused>,
    headers: Vec<String>,
    /// Absent for lines of JSON.
    delimiter: Option<u8>,
    writer: Option<Writer>,
}

enum Writer {
    Table(Box<csv::Writer<Box<dyn Write + Send>>>),
    Lines(Box<dyn Write + Send>),
}

impl RefusedFile {
    /// Writes a row; the file begins with the first one.
    fn write(&mut self, row: &Row, reason: &str) -> Result<(), ImportError> {
        let failed = |error: csv::Error| ImportError::WriteRefused(error.into());
        if let (None, Some(open)) = (&self.writer, &mut self.open) {
            let output = open().map_err(ImportError::WriteRefused)?;
            self.writer = Some(match self.delimiter {
                None => Writer::Lines(output),
                Some(delimiter) => {
                    let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(delimiter).from_writer(output);
                    let ours = [LINE, REASON].map(str::to_owned);
                    writer.write_record(self.headers.iter().chain(&ours)).map_err(failed)?;
                    Writer::Table(Box::new(writer))
                }
            });
        }
        match &mut self.writer {
            None => Ok(()),
            Some(Writer::Table(writer)) => {
                writer.write_record(mendable(&row.cells, self.headers.len(), row.line, reason)).map_err(failed)
            }
            Some(Writer::Lines(output)) => {
                let text = row.cells.first().map_or("", String::as_str);
                writeln!(output, "{}", mendable_line(text, row.line, reason)).map_err(ImportError::WriteRefused)
            }
        }
    }

    fn flush(&mut self) -> Result<(), ImportError> {
        match &mut self.writer {
            None => Ok(()),
            Some(Writer::Table(writer)) => writer.flush().map_err(ImportError::WriteRefused),
            Some(Writer::Lines(output)) => output.flush().map_err(ImportError::WriteRefused),
        }
    }
}

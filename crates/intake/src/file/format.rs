//! Which format a file has, told by its name, its media type or its first bytes.

use postrider_core::import::ImportFormat;

/// The format that a file name ends with, if any.
#[must_use]
pub fn format_of_name(name: &str) -> Option<ImportFormat> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "tab" | "txt" => Some(ImportFormat::Csv),
        "jsonl" | "ndjson" | "jsonlines" | "json" => Some(ImportFormat::Jsonl),
        _ => None,
    }
}

/// The format of a media type, with or without parameters, if it names one.
#[must_use]
pub fn format_of_media_type(media_type: &str) -> Option<ImportFormat> {
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" | "text/tab-separated-values" => Some(ImportFormat::Csv),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines"
        | "application/jsonlines" => Some(ImportFormat::Jsonl),
        _ => None,
    }
}

/// The format that the first bytes look like: a record begins with a brace, a header hardly does.
pub fn format_of_bytes(bytes: &[u8]) -> ImportFormat {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if text.starts_with(b"{") { ImportFormat::Jsonl } else { ImportFormat::Csv }
}

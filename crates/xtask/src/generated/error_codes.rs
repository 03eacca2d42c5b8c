//! `error-codes.md`: the catalogue of refusals.

use super::NOTICE;
use postrider_core::error::Code;
use std::fmt::Write as _;

/// The page.
pub fn page() -> String {
    let mut page = format!(
        "{NOTICE}\n# Error codes\n\nEvery code that the API and the command line answer. Codes are a contract: they \
         are added, never renamed.\n\n| Code | Class | Message | What to do |\n|---|---|---|---|\n"
    );
    for code in Code::ALL {
        let (name, class) = (code.as_str(), words(&format!("{:?}", code.class())));
        let row = writeln!(page, "| `{name}` | {class} | {} | {} |", cell(code.message()), cell(code.remediation()));
        row.expect("writing to a string does not fail");
    }
    page
}

/// `MethodNotAllowed` as `method not allowed`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// Text that does not end a cell of a table or begin a tag.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_row() {
        let page = page();
        for code in Code::ALL {
            let row = format!("| `{}` | ", code.as_str());
            assert_eq!(page.matches(&row).count(), 1, "{row}");
        }
    }

    #[test]
    fn names_and_cells_are_written_for_people() {
        assert_eq!(words("MethodNotAllowed"), "method not allowed");
        assert_eq!(cell("a|b <c>"), "a\\|b &lt;c>");
    }
}

//! Prints the OpenAPI document, as `GET /openapi.json` serves it but for people to read in a diff.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let document = serde_json::to_string_pretty(postrider_api::document())?;
    writeln!(std::io::stdout(), "{document}")?;
    Ok(())
}

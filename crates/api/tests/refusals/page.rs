//! The generated page of error codes.

#[path = "../../examples/error_codes/page.rs"]
mod printed;

use postrider_api::status_of;
use postrider_core::error::Code;

#[test]
fn every_code_has_its_row_under_its_status() {
    let page = printed::page();
    for code in Code::ALL {
        let row = format!("| `{}` | {} | {} | ", code.as_str(), code.message(), code.remediation());
        assert_eq!(page.matches(&row).count(), 1, "{row}");
        let before = &page[..page.find(&row).unwrap()];
        let heading = before.rsplit("\n## ").next().unwrap();
        assert!(heading.starts_with(&format!("{} ", status_of(*code))), "{row} below {heading}");
    }
    assert!(!page.contains(" |  |"), "no cell is empty");
}

//! Prints the page of error codes for people: what each means, what to do, and which operations answer it.

mod page;

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    write!(std::io::stdout(), "{}", page::page())
}

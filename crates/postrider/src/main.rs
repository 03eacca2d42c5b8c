//! Postrider: schedules and sends campaigns, and accounts for every recipient.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    postrider::private::claim();
    postrider::cli::run(std::env::args_os())
}

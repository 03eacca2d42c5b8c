//! `cargo xtask sim`: runs worlds from a seed on, and tells the first that is broken.

use postrider_sim::{Database, Options, run};
use std::process::ExitCode;

const USAGE: &str = "usage: --seed N [--count N] [--postgres] [--nodes N] [--no-crashes]";

struct Arguments {
    seed: u64,
    count: u64,
    options: Options,
}

fn main() -> ExitCode {
    let Some(Arguments { seed, count, options }) = read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut broken = 0_u64;
    for seed in seed..seed.saturating_add(count) {
        match run(seed, options) {
            Ok(report) => println!(
                "seed {seed}: {} turns, {} messages, {} copies, {} crashes, trace {:016x}",
                report.turns, report.arrivals, report.copies, report.crashes, report.trace_hash
            ),
            Err(failure) => {
                broken += 1;
                if count == 1 {
                    println!("{failure}");
                } else {
                    println!("seed {seed}: BROKEN: {}", failure.problem);
                }
            }
        }
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut seed = None;
    let mut count = 1;
    let mut options = Options::on(Database::Sqlite);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse::<u64>().ok();
        match argument.as_str() {
            "--seed" => seed = Some(number()?),
            "--count" => count = number()?,
            "--nodes" => options.nodes = usize::try_from(number()?).ok(),
            "--postgres" => options.database = Database::Postgres,
            "--no-crashes" => options.crashes = false,
            _ => return None,
        }
    }
    Some(Arguments { seed: seed?, count, options })
}

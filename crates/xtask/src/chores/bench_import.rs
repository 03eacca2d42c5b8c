//! `bench-import`: how fast a file of many people is imported, beside a bare insert of the same rows in the same run.

use super::{cargo, root};
use crate::Outcome;
use crate::postgres::Cluster;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// People in the files if the caller does not say how many.
const ROWS_DEFAULT: u64 = 1_000_000;
/// How often the memory of the import is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

const FIRST_NAMES: [&str; 12] =
    ["Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hannes", "Ida", "Jonas", "Leon", "Zoë"];
const LAST_NAMES: [&str; 11] =
    ["Schmidt", "Weber", "Becker", "Wagner", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schwarz", "Müller"];
const CITIES: [&str; 7] = ["Berlin", "Hamburg", "München", "Köln", "Leipzig", "Bremen", "Essen"];

/// What the caller asked for.
struct Wanted {
    rows: u64,
    /// Whether addresses and numbers come in no order, so that every row changes other pages of their indexes.
    scattered: bool,
    on_postgres: bool,
}

/// Measures imports of the same people: all new, all known, all changed.
pub fn bench_import(arguments: &[String]) -> Outcome<ExitCode> {
    let wanted = read(arguments)?;
    let [postrider, bare] = build()?;
    let folder = tempfile::Builder::new().prefix("postrider-bench-").tempdir()?;
    let cluster = if wanted.on_postgres { Some(Cluster::start()?) } else { None };
    let database = folder.path().join("bench.db");
    let url = cluster.as_ref().map_or_else(|| format!("sqlite:{}", database.display()), Cluster::url);
    let [people, changed] = ["people.csv", "changed.csv"].map(|name| folder.path().join(name));
    write_people(&people, &wanted, 0)?;
    write_people(&changed, &wanted, 1)?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&postrider);
        command.args(arguments).arg("--json").current_dir(folder.path());
        command.env("POSTRIDER__DATABASE__URL", &url).env("POSTRIDER__LOG__LEVEL", "error").stdin(Stdio::null());
        command
    };
    let made = run(&["tenant", "create", "--name", "Bench"]).output()?;
    let made = String::from_utf8(made.stdout)?;
    let tenant = made.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let tenant = tenant.ok_or_else(|| format!("no tenant was made: {made}"))?;
    let import = |name: &str, file: &Path| {
        let file = file.to_string_lossy();
        let child = run(&["import", &file, "--tenant", tenant, "--list", "People"]).stdout(Stdio::piped()).spawn()?;
        let (took, memory_kb) = watch(child)?;
        let rate = per_second(wanted.rows, took);
        println!("{name:<22}{rate:>9.0} rows/s {:>8.1} s {:>5} MB", took.as_secs_f64(), memory_kb / 1_024);
        Ok::<f64, Box<dyn std::error::Error + Send + Sync>>(rate)
    };
    let first = import("all new", &people)?;
    let target = folder.path().join("bare.db");
    let mut insert = Command::new(bare);
    match &cluster {
        Some(cluster) => insert.args(["postgres", &cluster.url()]),
        None => insert.arg("sqlite").args([&database, &target]),
    };
    let inserted = measured(&mut insert)?;
    println!(
        "{:<22}{inserted:>9.0} rows/s; the import of new rows took {:.2} times as long",
        "bare insert",
        inserted / first
    );
    import("the same file again", &people)?;
    import("every row changed", &changed)?;
    if let Some(cluster) = cluster {
        cluster.stop()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read(arguments: &[String]) -> Outcome<Wanted> {
    let mut wanted = Wanted { rows: ROWS_DEFAULT, scattered: false, on_postgres: false };
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        match argument {
            "--rows" => wanted.rows = arguments.next().ok_or("--rows needs a number")?.parse()?,
            "--scattered" => wanted.scattered = true,
            "--postgres" => wanted.on_postgres = true,
            other => return Err(format!("bench-import knows no {other}").into()),
        }
    }
    Ok(wanted)
}

/// The program and the bare insert, both as they are released.
fn build() -> Outcome<[PathBuf; 2]> {
    for what in [&["--package", "postrider"][..], &["--package", "postrider-store", "--example", "bare_insert"]] {
        let built =
            Command::new(cargo()).args(["build", "--quiet", "--release"]).args(what).current_dir(root()).status()?;
        if !built.success() {
            return Err(format!("cargo build {} failed", what.join(" ")).into());
        }
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(["release/postrider", "release/examples/bare_insert"].map(|path| target.join(path)))
}

/// Writes the people; each `version` gives everybody other points.
fn write_people(path: &Path, wanted: &Wanted, version: u64) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "email,first_name,last_name,phone,city,plan,points,source,segment,newsletter")?;
    for row in 0..wanted.rows {
        // An odd factor reaches every number below a power of two once.
        let number = if wanted.scattered { row.wrapping_mul(0x9E37_79B9) % (1 << 32) } else { row };
        let pick = |from: &[&'static str], by: u64| from[usize::try_from((row / by) % from.len() as u64).unwrap_or(0)];
        let (first, last, city) = (pick(&FIRST_NAMES, 1), pick(&LAST_NAMES, 1), pick(&CITIES, 3));
        let points = row % 5_000 + version;
        writeln!(file, "p{number:010}@example.com,{first},{last},+4915{number:010},{city},gold,{points},shop,b2c,yes")?;
    }
    Ok(file.flush()?)
}

/// Waits for the end of an import; how long it took, and its peak memory in KB, which is 0 where nothing tells it.
fn watch(mut import: Child) -> Outcome<(Duration, u64)> {
    let begun = Instant::now();
    let status_file = format!("/proc/{}/status", import.id());
    let mut memory_kb = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status_file) {
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
            memory_kb = memory_kb.max(peak.unwrap_or(0));
        }
        match import.try_wait()? {
            Some(status) if status.success() => return Ok((begun.elapsed(), memory_kb)),
            Some(status) => return Err(format!("the import failed: {status}").into()),
            None => std::thread::sleep(LOOK_EVERY),
        }
    }
}

/// Runs the bare insert; its rows a second.
fn measured(insert: &mut Command) -> Outcome<f64> {
    let output = insert.output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers = text.trim().split_once(' ').and_then(|(rows, ms)| Some((rows.parse().ok()?, ms.parse().ok()?)));
    let (rows, ms) =
        numbers.ok_or_else(|| format!("the bare insert failed: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(per_second(rows, Duration::from_millis(ms)))
}

fn per_second(rows: u64, took: Duration) -> f64 {
    u32::try_from(rows).map_or(f64::MAX, f64::from) / took.as_secs_f64().max(0.001)
}

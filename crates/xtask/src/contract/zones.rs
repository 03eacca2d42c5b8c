//! The step `zones`: the rules of time against Python's zoneinfo, for every transition of every zone until 2045.
//!
//! Both read the same files, those of the package tzdata, so that only the rules can differ. The data built into
//! the product are asked the same where they are of the same version.

use super::Environment;
use crate::Outcome;
use postrider_core::time::{WrittenTime, Zone, Zones};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

/// The other implementation, which finds the transitions and says what must come of each probe.
const SCRIPT: &str = "zones.py";
/// Fewer zones than the database has had for decades mean that the comparison did not happen.
const ZONES_MIN: usize = 400;
/// Differences that are shown.
const SHOWN_MAX: usize = 20;

/// What was compared so far.
#[derive(Default)]
struct Tally {
    zones: usize,
    probes: usize,
    differences: Vec<String>,
}

/// Compares, and says how much.
pub fn compare(environment: &Environment) -> Outcome<()> {
    let mut script = environment.tool("python");
    // An empty search path leaves only the package.
    script.arg(environment.list(SCRIPT)).env("PYTHONTZPATH", "").stdout(Stdio::piped());
    let mut running = script.spawn()?;
    let mut lines = BufReader::new(running.stdout.take().ok_or("the script has no output")?).lines();
    let version = lines.next().ok_or("the script says nothing")??;
    let built_in = Some(Zones::built_in()).filter(|zones| zones.version() == version);
    let mut tally = Tally::default();
    let mut zones: Vec<(&str, Zone)> = Vec::new();
    for line in lines {
        let line = line?;
        match line.split('|').collect::<Vec<_>>()[..] {
            [name, file] => {
                tally.zones += 1;
                zones = vec![("the package's data", of_file(&version, name, Path::new(file))?)];
                let found = built_in.as_ref().map(|zones| zones.find(name).ok_or(format!("{name} is not built in")));
                zones.extend(found.transpose()?.map(|zone| ("the built-in data", zone)));
            }
            [text, ref expected @ ..] => {
                for (data, zone) in &zones {
                    tally.probe(data, zone, text, expected)?;
                }
            }
            [] => {}
        }
    }
    let status = running.wait()?;
    if !status.success() {
        return Err(format!("{SCRIPT} failed: {status}").into());
    }
    let built_in =
        if built_in.is_some() { "and with the built-in ones" } else { "(those built in are of another version)" };
    tally.tell(&format!("with zone data {version} {built_in}"))
}

/// A zone read from its file and found by its name in lower case.
fn of_file(version: &str, name: &str, file: &Path) -> Outcome<Zone> {
    let zones = Zones::of_files(version, [(name.to_owned(), std::fs::read(file)?)])
        .map_err(|name| format!("the file of {name} is broken"))?;
    let zone = zones.find(&name.to_ascii_lowercase()).filter(|zone| zone.name() == name);
    zone.ok_or_else(|| format!("{name} is not found by its name").into())
}

impl Tally {
    fn probe(&mut self, data: &str, zone: &Zone, text: &str, expected: &[&str]) -> Outcome<()> {
        let found = WrittenTime::parse(text)?.resolve(zone)?;
        let (instant, offset) = (found.instant.as_millis().to_string(), found.offset_seconds.to_string());
        let told = [instant.as_str(), &found.local_time, &offset, found.rule.as_str()];
        self.probes += 1;
        if told != *expected {
            let name = zone.name();
            self.differences.push(format!("{text} in {name}: {told:?} with {data}, {expected:?} by zoneinfo"));
        }
        Ok(())
    }

    fn tell(&self, with: &str) -> Outcome<()> {
        let Self { zones, probes, differences } = self;
        if *zones < ZONES_MIN {
            return Err(format!("only {zones} zones were compared").into());
        }
        println!("{probes} times in {zones} zones mean the same to zoneinfo {with}, but for {}", differences.len());
        if differences.is_empty() {
            return Ok(());
        }
        Err(differences.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join("\n").into())
    }
}

//! `postrider doctor`: looks for what is wrong with this installation, and changes nothing.

use super::connections::{self, ConnectArgs, Tried};
use super::warnings::{Warning, poisoned, warnings};
use super::{Context, Failure, Report, Trouble};
use crate::config::Config;
use crate::private;
use crate::wiring;
use postrider_channels::sandbox::SandboxChannel;
use postrider_core::env::Clock as _;
use postrider_core::time::Timestamp;
use postrider_service::Service;
use postrider_store::clock::{OFF_MAX_MS, difference};
use postrider_store::nodes::NodeOff;
use postrider_store::{DatabaseUrl, OpenMode, Store, StoreError};
use serde_json::{Value, json};

/// One thing that was looked at.
struct Check {
    name: &'static str,
    problem: Option<String>,
    found: String,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, problem: None, found: found.into() }
    }

    fn problem(name: &'static str, problem: impl Into<String>) -> Self {
        Self { name, problem: Some(problem.into()), found: String::new() }
    }

    fn document(&self) -> Value {
        json!({ "name": self.name, "ok": self.problem.is_none(), "found": self.problem.as_ref().unwrap_or(&self.found) })
    }

    fn line(&self) -> String {
        match &self.problem {
            Some(problem) => format!("PROBLEM  {:10} {problem}", self.name),
            None => format!("ok       {:10} {}", self.name, self.found),
        }
    }
}

/// Looks for files that other users of this machine can open, and for one that this user cannot use.
fn files(config: &Config) -> Check {
    let note = match &config.database {
        DatabaseUrl::Sqlite(path) => postrider_store::instance::note_problem(path),
        DatabaseUrl::Postgres(_) => None,
    };
    match private::wider(config).into_iter().chain(note).collect::<Vec<_>>() {
        problems if problems.is_empty() => Check::ok("files", "private"),
        problems => Check::problem("files", problems.join("\n         ")),
    }
}

pub(super) async fn run(args: ConnectArgs, context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    let mut warnings = warnings(&config);
    let mut checks = match Store::open_with(&config.database, OpenMode::ReadOnly, config.database_connections).await {
        Ok(store) => {
            warnings.extend(store.read("doctor.poisoned", |tx| tx.poisoned_jobs()).await?.iter().map(poisoned));
            of_store(&config, &store).await?
        }
        // Nothing else can be read with the statements of this release.
        Err(error @ StoreError::Older { .. }) => {
            vec![Check::problem("database", format!("{}: {error}", config.database_named()))]
        }
        Err(error) => return Err(Failure::opening(&config, error)),
    };
    checks.push(channels(&config));
    checks.push(files(&config));
    let mut lines: Vec<String> = warnings.iter().map(Warning::line).collect();
    let mut connections = None;
    // If they cannot even be made, the check of the channels has said why.
    if args.connect
        && let Ok(tried) = connections::try_all(&config).await
    {
        let failed = tried.iter().filter(|tried| !tried.is_good()).count();
        checks.push(match failed {
            0 => Check::ok("connect", "every channel can be used"),
            _ => Check::problem("connect", format!("{failed} of {} channels cannot be used", tried.len())),
        });
        lines.extend(tried.iter().map(Tried::lines));
        connections = Some(tried.iter().map(Tried::document).collect::<Vec<_>>());
    }
    let problems = checks.iter().filter(|check| check.problem.is_some()).count();
    let text = checks.iter().map(Check::line).chain(lines).collect::<Vec<_>>().join("\n");
    let document = json!({
        "healthy": problems == 0,
        "checks": checks.iter().map(Check::document).collect::<Vec<_>>(),
        "warnings": warnings.iter().map(Warning::document).collect::<Vec<_>>(),
        "connections": connections,
    });
    if problems > 0 {
        context.note(format!("\n{text}"));
        let message = format!("{problems} of {} checks found a problem", checks.len());
        return Err(Failure::of(Trouble::Unhealthy, message).with_details(document));
    }
    context.answer(&Report::new(text, document));
    Ok(())
}

/// What the database holds.
async fn of_store(config: &Config, store: &Store) -> Result<Vec<Check>, Failure> {
    let clock = wiring::clock(config, store).await?;
    let service: Service = wiring::service(config, store, &clock, &wiring::public_url(config, None), false);
    let version = store.schema_version().await?;
    let keys = match service.signing_keys_listed().await?.len() {
        0 => "none yet; the first start of postrider serve makes one".to_owned(),
        keys => format!("{keys} verify tokens"),
    };
    Ok(vec![
        Check::ok("database", format!("{}, schema {version}", config.database_named())),
        Check::ok("tenants", service.list_tenants().await?.len().to_string()),
        Check::ok("keys", keys),
        sending(store).await?,
        invariants(store, clock.now()).await?,
        clocks(config, store, clock.now()).await?,
    ])
}

/// Checks whether sending is held.
async fn sending(store: &Store) -> Result<Check, Failure> {
    Ok(match store.read("instance.held", |tx| tx.held()).await? {
        None => Check::ok("sending", "not held"),
        Some(held) => {
            Check::problem("sending", format!("held since {} ({}): {}", held.since, held.reason.as_str(), held.text))
        }
    })
}

/// Looks through the accounts of every job.
async fn invariants(store: &Store, now: Timestamp) -> Result<Check, Failure> {
    let findings = postrider_engine::inspect(store, now).await?;
    if findings.is_empty() {
        return Ok(Check::ok("accounts", "every invariant holds"));
    }
    let lines = findings.iter().map(|finding| format!("{} {} {}", finding.id, finding.sentence, finding.place));
    Ok(Check::problem("accounts", lines.collect::<Vec<_>>().join("\n         ")))
}

/// Looks for machines whose clocks differ from the database's.
async fn clocks(config: &Config, store: &Store, now: Timestamp) -> Result<Check, Failure> {
    let dead_since = now.plus_millis(-wiring::node_timeout_ms(config));
    let off = store.read("doctor.clocks", move |tx| tx.nodes_off(dead_since, OFF_MAX_MS)).await?;
    if off.is_empty() {
        return Ok(Check::ok(
            "clocks",
            if store.is_embedded() { "one machine" } else { "the clock of every node agrees with the database's" },
        ));
    }
    let line = |node: &NodeOff| {
        let NodeOff { id, role, wall_ahead_ms } = node;
        format!(
            "the clock of node {id} ({role}) differs by {} from the database's: let its machine set it from the network",
            difference(*wall_ahead_ms)
        )
    };
    Ok(Check::problem("clocks", off.iter().map(line).collect::<Vec<_>>().join("\n         ")))
}

/// Whether the channels can be used.
fn channels(config: &Config) -> Check {
    match wiring::channels(config, SandboxChannel::look) {
        Ok(_) => {
            let kinds: Vec<&str> = wiring::channel_kinds(config).iter().map(|kind| kind.as_str()).collect();
            Check::ok("channels", if kinds.is_empty() { "none is configured".to_owned() } else { kinds.join(", ") })
        }
        Err(failure) => Check::problem("channels", failure.to_string()),
    }
}

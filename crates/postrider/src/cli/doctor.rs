//! `postrider doctor`: looks for what is wrong with this installation.

use super::{Context, Failure, Report, Trouble};
use crate::system::SystemClock;
use crate::wiring;
use postrider_core::env::Clock as _;
use postrider_store::Store;
use serde_json::{Value, json};

/// One thing that was looked at.
struct Check {
    name: &'static str,
    problem: Option<String>,
    found: String,
}

impl Check {
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

/// Looks through the accounts of every job.
async fn invariants(store: &Store) -> Result<Check, Failure> {
    let findings = postrider_engine::inspect(store, SystemClock.now()).await?;
    let lines = findings.iter().map(|finding| format!("{} {} {}", finding.id, finding.sentence, finding.place));
    let problem = (!findings.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n         "));
    Ok(Check { name: "accounts", problem, found: "every invariant holds".to_owned() })
}

pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    let (config, store, service) = context.open().await?;
    let version = store.schema_version().await?;
    let tenants = service.list_tenants().await?.len();
    service.prepare_keys().await?;
    let keys = service.public_keys().await?.len();
    let mut checks = vec![
        Check { name: "database", problem: None, found: format!("{:?}, schema {version}", store.url()) },
        Check { name: "tenants", problem: None, found: tenants.to_string() },
        Check { name: "keys", problem: None, found: format!("{keys} verify tokens") },
    ];
    checks.push(match wiring::channels(&config) {
        Ok(_) => {
            let kinds: Vec<&str> = wiring::channel_kinds(&config).iter().map(|kind| kind.as_str()).collect();
            let found = if kinds.is_empty() { "none is configured".to_owned() } else { kinds.join(", ") };
            Check { name: "channels", problem: None, found }
        }
        Err(failure) => Check { name: "channels", problem: Some(failure.to_string()), found: String::new() },
    });
    checks.push(invariants(&store).await?);
    let problems = checks.iter().filter(|check| check.problem.is_some()).count();
    let text = checks.iter().map(Check::line).collect::<Vec<_>>().join("\n");
    let documents: Vec<Value> = checks.iter().map(Check::document).collect();
    let document = json!({ "healthy": problems == 0, "checks": documents });
    if problems > 0 {
        context.note(format!("\n{text}"));
        let message = format!("{problems} of {} checks found a problem", checks.len());
        return Err(Failure::of(Trouble::Unhealthy, message).with_details(document));
    }
    context.answer(&Report::new(text, document));
    Ok(())
}

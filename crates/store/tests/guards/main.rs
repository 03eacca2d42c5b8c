//! Yesterday's fence, lease, state or last take changes nothing, and neither does another tenant: every guard of every
//! statement that writes is struck alone, on both databases.
//!
//! A guard is a condition of an UPDATE or DELETE beyond the key of the row. Each case says values with which its
//! statement finds its row, and for each guard what makes it find nothing; the tenant is struck where there is one. A
//! new guard without a case fails the test.

#![cfg(test)]

mod cases;
mod fixture;

use cases::{Case, Strike, cases};
use postrider_store::statement::{self, Statement};
use postrider_store::value::Value;
use postrider_store::{Store, StoreError, Tx, on_both};

/// Statements without a case, each with the reason.
const WITHOUT: &[(&str, &str)] = &[
    ("idempotency.FORGET", "a sweep by age"),
    ("import_files.ABANDON", "a sweep by age"),
    ("import_files.DROP_JOB", "a sweep of what was deleted"),
    ("import_files.DROP_NOTES", "a sweep of what was deleted"),
    ("import_files.EXPIRE", "a sweep by age"),
    ("ledger.TAKE_BACK", "part of the freezing that wrote the rows"),
    ("manifests.RELEASE_ALL", "for the one process that owns the database"),
    ("nodes.FORGET", "a sweep by age"),
    ("nodes.TOUCH", "changes nothing"),
    ("rate_windows.FORGET", "a sweep by age"),
    ("secrets.FORGET", "a sweep by age"),
    ("secrets.RETIRE", "all that is in use"),
    ("webhook_log.FORGET_ENDPOINTS", "a sweep by age"),
];

/// Statements that write without a guard of their own what another statement guards in the same transaction.
const GUARDED_BEFORE: &[(&str, &str)] = &[
    ("chunks.ADJUST", "behind chunks.HOLD, chunks.FENCE_OFF or chunks.CLAIM, or first, to lock the chunk"),
    ("chunks.RELEASE", "behind chunks.HOLD, chunks.FENCE_OFF or chunks.CLAIM"),
    ("manifests.ADVANCE", "behind manifests.KEEP"),
    ("manifests.FREEZE", "behind manifests.KEEP"),
    ("split.SHRINK", "behind chunks.HOLD"),
    ("webhook_outbox.FAILED", "behind webhook_outbox.SETTLE"),
    ("webhook_outbox.SUCCEEDED", "behind webhook_outbox.SETTLE"),
];

/// Statements that guard by reading: under the lock that they take, the rest of the transaction writes.
const READS: &[&str] = &["chunks.HOLD"];

fn all() -> impl Iterator<Item = &'static Statement> {
    statement::ALL.iter().copied().flatten()
}

fn named(name: &str) -> &'static Statement {
    all().find(|statement| statement.name == name).unwrap_or_else(|| panic!("there is no statement {name}"))
}

/// Whether a statement takes many rows at once: on PostgreSQL from arrays, whose columns have no numbers there.
fn takes_rows(statement: &Statement) -> bool {
    statement.postgres.contains(" FROM UNNEST(")
}

/// The text whose conditions have the numbers of values.
fn text_of(statement: &Statement) -> &'static str {
    if takes_rows(statement) { statement.sqlite } else { statement.postgres }
}

fn writes(text: &str) -> bool {
    text.starts_with("UPDATE ") || text.starts_with("DELETE ")
}

/// The parts of a text between `separator`s that are not inside parentheses.
fn split(text: &str, separator: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        depth += i32::from(next == '(') - i32::from(next == ')');
        if depth == 0 && rest.starts_with(separator) {
            parts.push(String::new());
            rest = &rest[separator.len()..];
            continue;
        }
        parts.last_mut().unwrap().push(next);
        rest = &rest[next.len_utf8()..];
    }
    parts
}

/// The guards of a statement: the conditions that are not the key of a row.
fn guards(statement: &Statement) -> Vec<String> {
    const KEYS: &[&str] = &[
        "audience_id",
        "campaign_id",
        "channel",
        "chunk",
        "class",
        "client_id",
        "endpoint_id",
        "event_id",
        "id",
        "job_id",
        "list_id",
        "manifest_number",
        "number",
        "part",
        "profile_id",
        "purpose",
        "seq",
        "tenant_id",
    ];
    let conditions = split(text_of(statement), " WHERE ").pop().unwrap();
    let conditions =
        [" RETURNING ", " FOR UPDATE"].iter().fold(conditions, |text, end| split(&text, end).swap_remove(0));
    let mut guards: Vec<String> = Vec::new();
    for part in split(&conditions, " AND ") {
        match guards.last_mut() {
            Some(last) if last.contains("BETWEEN") && !last.contains(" AND ") => *last += &format!(" AND {part}"),
            _ => guards.push(part),
        }
    }
    let is_key = |condition: &str| {
        let mut words = condition.split(' ');
        let column = words.next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
        KEYS.contains(&column) && matches!(words.next(), Some("=" | "BETWEEN"))
    };
    let is_tenants =
        |condition: &str| condition.contains(" IN (SELECT id FROM ") && condition.contains("tenant_id = $");
    guards.retain(|condition| !is_key(condition) && !is_tenants(condition) && condition != "deleted_at IS NULL");
    guards
}

/// The place of the tenant among the values of a statement that writes.
fn tenant_place(statement: &Statement) -> Option<usize> {
    let text = text_of(statement);
    let of_tenants = text.starts_with("UPDATE tenants ");
    let key = if of_tenants { " WHERE id = $" } else { "tenant_id = $" };
    let (_, rest) = text.split_once(key)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[test]
fn every_guard_is_struck() {
    let cases = cases();
    let mut missing = Vec::new();
    for statement in all().filter(|statement| writes(statement.postgres) || READS.contains(&statement.name)) {
        let is_excepted = |list: &[(&str, &str)]| list.iter().any(|(name, _)| *name == statement.name);
        if statement.postgres.contains(" WHERE ") && !is_excepted(WITHOUT) {
            let struck: Vec<&str> = cases
                .iter()
                .filter(|case| case.statement == statement.name)
                .flat_map(|case| case.strikes.iter().map(|(guard, _)| *guard))
                .collect();
            let unstruck = guards(statement).into_iter().filter(|guard| !struck.contains(&guard.as_str()));
            missing.extend(unstruck.map(|guard| format!("{}: {guard}", statement.name)));
        }
        if tenant_place(statement).is_some() && cases.iter().all(|case| case.statement != statement.name) {
            missing.push(format!("{}: its tenant", statement.name));
        }
    }
    assert!(missing.is_empty(), "guards without a case:\n  {}", missing.join("\n  "));
    for (name, _) in WITHOUT.iter().chain(GUARDED_BEFORE) {
        named(name);
    }
}

#[test]
fn every_statement_that_writes_leased_rows_has_a_guard() {
    // Tables whose rows have holders.
    const LEASED: &[&str] = &["chunks", "manifests", "webhook_deliveries", "import_jobs", "campaign_reach"];
    let mut missing = Vec::new();
    for statement in all().filter(|statement| writes(statement.postgres)) {
        let is_leased = LEASED.iter().any(|table| statement.postgres.starts_with(&format!("UPDATE {table} ")));
        let is_excepted = GUARDED_BEFORE.iter().any(|(name, _)| *name == statement.name);
        let of_a_person = statement.postgres.contains("deleted_at = $1");
        if is_leased && !is_excepted && !of_a_person && guards(statement).is_empty() {
            missing.push(statement.name);
        }
    }
    assert!(missing.is_empty(), "statements without a guard: {missing:?}");
}

/// How many rows a statement found, in a transaction that is rolled back.
async fn found(store: &Store, before: Vec<&'static str>, statement: &'static Statement, values: Vec<Value>) -> u64 {
    enum Ended {
        Found(u64),
        Broken(StoreError),
    }
    impl From<StoreError> for Ended {
        fn from(error: StoreError) -> Self {
            Self::Broken(error)
        }
    }
    let work = move |tx: &mut Tx<'_>| {
        for text in &before {
            tx.execute(&Statement { name: "test", sqlite: text, postgres: text }, &[])?;
        }
        let answers = statement.postgres.contains(" RETURNING ") || !writes(statement.postgres);
        let found = if takes_rows(statement) {
            tx.execute_rows(statement, std::slice::from_ref(&values))?
        } else if answers {
            tx.query(statement, &values)?.len() as u64
        } else {
            tx.execute(statement, &values)?
        };
        Err::<(), _>(Ended::Found(found))
    };
    match store.write_guarded("test", work).await {
        Err(Ended::Found(found)) => found,
        Err(Ended::Broken(error)) => panic!("{}: {error}", statement.name),
        Ok(()) => unreachable!("it is rolled back"),
    }
}

/// For each guard that names the state of the row, what puts the row into each other state.
fn other_states(statement: &Statement) -> Vec<(String, &'static str)> {
    const STATES: &[(&str, &[&str])] = &[
        ("chunks", &["ready", "claimed", "done"]),
        (
            "deliveries",
            &["pending", "in_flight", "sent", "failed", "suppressed", "skipped", "expired", "canceled", "uncertain"],
        ),
        ("webhook_deliveries", &["pending", "delivered", "failed"]),
        ("import_jobs", &["pending", "ready", "running", "completed", "failed"]),
    ];
    let mut others = Vec::new();
    for (table, states) in STATES {
        let is_written = statement.postgres.starts_with(&format!("UPDATE {table} "));
        for guard in guards(statement).into_iter().filter(|guard| is_written && guard.starts_with("state = '")) {
            let excepted = guard.split('\'').nth(1).unwrap().to_owned();
            for state in states.iter().filter(|state| **state != excepted) {
                others.push((guard.clone(), &*format!("UPDATE {table} SET state = '{state}'").leak()));
            }
        }
    }
    others
}

async fn strike(store: &Store, case: &Case) -> Vec<String> {
    let statement = named(case.statement);
    let mut wrong = Vec::new();
    if found(store, case.given.to_vec(), statement, case.values.clone()).await == 0 {
        wrong.push(format!("{} does not find its row", case.statement));
    }
    // A row in any other state is not found either.
    for (guard, text) in other_states(statement) {
        let given = case.given.iter().copied().chain([text]).collect();
        if found(store, given, statement, case.values.clone()).await != 0 {
            wrong.push(format!("{} ignores {guard} after {text}", case.statement));
        }
    }
    let tenant = tenant_place(statement).map(|place| ("its tenant", Strike::Value(place, fixture::OTHER.into())));
    for (guard, strike) in case.strikes.iter().chain(&tenant) {
        let (mut given, mut values) = (case.given.to_vec(), case.values.clone());
        match strike {
            Strike::Value(place, value) => values[*place - 1] = value.clone(),
            Strike::Row(text) => given.push(text),
        }
        if found(store, given, statement, values).await != 0 {
            wrong.push(format!("{} ignores {guard}", case.statement));
        }
    }
    wrong
}

on_both! {
    a_guard_of_yesterday_changes_nothing => |store: Store| async move {
        fixture::fill(&store).await;
        let mut wrong = Vec::new();
        for case in cases() {
            wrong.extend(strike(&store, &case).await);
        }
        assert!(wrong.is_empty(), "\n  {}", wrong.join("\n  "));
    };
}

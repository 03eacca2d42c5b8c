//! Every statement on tenant data binds a tenant.
//!
//! Exempt are statements that say "All tenants" above them, those on tables that belong to no tenant, and those whose
//! key was read together with its tenant: the lists below name them, so that one more is a decision.

#![cfg(test)]

use postrider_store::statement::{self, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Tables that belong to no tenant.
const OF_NO_TENANT: &[&str] =
    &["instance", "nodes", "pg_database", "rate_windows", "schema_migrations", "secrets", "tenants"];

/// Statements that find rows by the number of a manifest. The engine counts manifests over all tenants and reads a
/// number only together with its tenant; no request contains one.
const BY_MANIFEST: &[&str] = &[
    "chunks.ADJUST",
    "chunks.CLAIM",
    "chunks.CLEARED",
    "chunks.COMPOSING",
    "chunks.FENCE_OFF",
    "chunks.HOLD",
    "chunks.PICK",
    "chunks.RELEASE",
    "chunks.RENEW",
    "chunks.REOPEN",
    "doubt.ASSUME",
    "doubt.RETRY",
    "dues.CORRECT",
    "dues.EARLIEST",
    "erasing.ERASE",
    "erasing.ERASE_WORDS",
    "events.DOUBTFUL",
    "events.PROFILE",
    "events.SUBSCRIBED_TO",
    "failures.TAKE_BACK",
    "inspection.CLAIMED",
    "inspection.LEDGER",
    "inspection.REPEATED",
    "inspection.UNEQUAL",
    "ledger.CHANGE",
    "ledger.GIVE_UP",
    "ledger.GIVE_UP_DOUBTFUL",
    "ledger.IN_FLIGHT",
    "ledger.MARK",
    "ledger.MARK_FRESH",
    "ledger.TAKE_BACK",
    "manifests.ADVANCE",
    "manifests.CLAIM",
    "manifests.FREEZE",
    "manifests.KEEP",
    "manifests.RELEASE",
    "recipients.RECIPIENT",
];

/// Statements that find rows by another key, each with the code that read it together with its tenant.
const BY_KEY: &[(&str, &str)] = &[
    ("clients.FIND", "a client that asks for a token names itself; the row says the tenant"),
    ("erasing.DROP_NOTE", "the sweep, from erasing.NOTES"),
    ("erasing.ERASE_TEST", "the sweep, from erasing.TESTS"),
    ("erasures.MEMBER_DELETE", "behind erasures.LIST_LOCK, from erasures.LISTS_OF"),
    ("gauges.JOBS", "numbers of the whole instance, for its operator"),
    ("gauges.LATE", "numbers of the whole instance, for its operator"),
    ("gauges.QUEUES", "numbers of the whole instance, for its operator"),
    ("import_files.DROP_JOB", "the sweep, from import_files.DELETED"),
    ("import_files.DROP_NOTES", "the sweep, from import_files.DELETED"),
    ("import_files.DROP_PART", "the sweep, from import_files.RUBBISH"),
    ("import_files.PART", "the caller found the job among the tenant's"),
    ("import_starts.FORGET_NOTES", "behind import_starts.START, START_DRY or HOLD, which bind the tenant"),
    ("inspection.MANIFEST", "the doctor, which looks at everything"),
    ("instance.NOTED", "whether there is a job at all"),
    ("instance.STATE", "whether there is a job at all"),
    ("job_audiences.OF", "the planner, from the manifest that it holds"),
    ("lists.REMOVE_MEMBER", "behind lists.HOLD, which binds the tenant"),
    ("recipients.MANIFEST", "the link in a message names one delivery; the row says the tenant"),
    ("test_recipients.LIST", "the planner, from the manifest that it holds"),
    ("webhook_log.FORGET", "the sweep, from webhook_log.OLD"),
    ("webhook_log.FORGET_ATTEMPTS", "the sweep, from webhook_log.OLD"),
];

fn all() -> impl Iterator<Item = &'static Statement> {
    statement::ALL.iter().copied().flatten()
}

/// Names of statements whose comment says that they are for all tenants.
fn for_all_tenants() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        let (mut module, mut says_so) = (None, false);
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("statements! { \"") {
                module = rest.split('"').next();
            } else if line.starts_with("///") {
                says_so |= line.contains("All tenants");
            } else if let (Some(module), Some((name, _))) = (module, line.split_once(" = ")) {
                if name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
                    if says_so {
                        names.insert(format!("{module}.{name}"));
                    }
                    says_so = false;
                }
            } else if line == "}" {
                (module, says_so) = (None, false);
            }
        }
    }
    names
}

/// The tables of tenants' data that a statement names.
fn tables(text: &str) -> Vec<&str> {
    // `FROM f()` reads no table.
    let words = text.split_whitespace().filter(|word| !word.contains("()"));
    let mut words = words.map(|word| word.trim_matches(['(', ')', ',']));
    let mut tables = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "FROM" | "JOIN" | "UPDATE" | "INTO") {
            tables.extend(words.next().filter(|table| table.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        }
    }
    tables.retain(|table| !table.is_empty() && *table != "work" && !OF_NO_TENANT.contains(table));
    tables
}

fn binds_a_tenant(text: &str) -> bool {
    // `v` is the arrays of a statement of many rows.
    ["tenant_id = $", "tenant_id <> $", "tenant_id = v.tenant_id"].iter().any(|binding| text.contains(binding))
}

#[test]
fn every_statement_on_tenant_data_binds_a_tenant() {
    let exempt = for_all_tenants();
    let listed: BTreeMap<&str, &str> =
        BY_KEY.iter().copied().chain(BY_MANIFEST.iter().map(|name| (*name, "by the number of a manifest"))).collect();
    let mut wrong = Vec::new();
    for statement in all() {
        let text = statement.postgres;
        // A statement that inserts values names all columns.
        let inserts_values =
            text.starts_with("INSERT ") && [" VALUES (", " FROM UNNEST("].iter().any(|from| text.contains(from));
        let is_free = inserts_values || exempt.contains(statement.name) || tables(text).is_empty();
        match (is_free || binds_a_tenant(text), listed.contains_key(statement.name)) {
            (false, false) => wrong.push(format!("{} binds no tenant", statement.name)),
            (true, true) => wrong.push(format!("{} need not be listed", statement.name)),
            _ => {}
        }
    }
    wrong.extend(
        listed
            .keys()
            .filter(|name| all().all(|statement| statement.name != **name))
            .map(|name| format!("{name} does not exist")),
    );
    assert!(wrong.is_empty(), "\n  {}", wrong.join("\n  "));
}

#[test]
fn every_statement_by_manifest_names_the_manifest() {
    let names_it = |statement: &&Statement| {
        ["manifest_number = $", "WHERE number = $", "m.number = $"].iter().any(|key| statement.postgres.contains(key))
    };
    let wrong: Vec<&str> = all()
        .filter(|statement| BY_MANIFEST.contains(&statement.name))
        .filter(|statement| !names_it(statement))
        .map(|statement| statement.name)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

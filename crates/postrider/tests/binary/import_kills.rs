//! `postrider import` that is killed, with and without a server on the same database, and rehearsed.

use crate::support::Home;
use postrider_core::id::TenantId;
use postrider_core::time::Timestamp;
use postrider_store::import_jobs::{ImportFilter, ImportJobRow};
use postrider_store::testkit::Database;
use postrider_store::{DatabaseUrl, OpenMode, Store};
use std::fs;
use std::process::{Child, Stdio};

/// Rows of a file that takes a while.
const MANY: usize = 30_000;

/// Every tenth row has no address, and the last one repeats the second.
fn many() -> String {
    let rows = (0..MANY).map(|n| match n % 10 {
        0 => format!("nobody {n},x\n"),
        _ => format!("p{n}@example.com,Name {n}\n"),
    });
    rows.fold("email,first_name\n".to_owned(), |text, row| text + &row) + "p1@example.com,Last\n"
}

/// Read, created, updated, unchanged, refused.
fn whole() -> [i64; 5] {
    let (rows, refused) = (i64::try_from(MANY).unwrap(), i64::try_from(MANY / 10).unwrap());
    [rows + 1, rows - refused, 1, 0, refused]
}

/// The job of a database with one import, seen from beside.
struct Beside {
    runtime: tokio::runtime::Runtime,
    store: Store,
    tenant: TenantId,
}

impl Beside {
    fn new(home: &Home, tenant: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = fs::read_to_string(home.folder.path().join("postrider.toml")).unwrap();
        let url = config.lines().find_map(|line| line.strip_prefix("url = ")).unwrap().trim_matches('"').to_owned();
        let url = DatabaseUrl::parse(&url).unwrap();
        let store = runtime.block_on(Store::open_as(&url, OpenMode::ReadOnly)).unwrap();
        Self { runtime, store, tenant: tenant.parse().unwrap() }
    }

    fn job(&self) -> Option<ImportJobRow> {
        let tenant = self.tenant;
        let list = self.store.read("test", move |tx| tx.import_jobs_list(tenant, ImportFilter::default(), 1));
        self.runtime.block_on(list).unwrap_or_else(|error: postrider_store::StoreError| panic!("{error}")).pop()
    }

    /// Until when some process has a job.
    fn leased_until(&self) -> Option<Timestamp> {
        let read = self.store.read("test", |tx| tx.import_outlook(Timestamp::from_millis(0)));
        self.runtime.block_on(read).unwrap_or_else(|error: postrider_store::StoreError| panic!("{error}")).leased_until
    }

    /// Waits until something holds of the job.
    fn until(&self, what: impl Fn(&ImportJobRow) -> bool) -> ImportJobRow {
        loop {
            if let Some(job) = self.job().filter(&what) {
                return job;
            }
            std::thread::yield_now();
        }
    }
}

fn spawn(home: &Home, args: &[&str]) -> Child {
    home.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_import_that_is_killed_three_times_is_resumed_and_counts_every_row_once() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let (tenant, ..) = home.tenant_and_client();
        fs::write(home.folder.path().join("many.csv"), many()).unwrap();
        let beside = Beside::new(&home, &tenant);
        let first = spawn(&home, &["import", "many.csv", "--tenant", &tenant]);
        let mut seen = beside.until(|job| job.counts.read > 0);
        kill(first);
        let id = seen.id.to_string();
        let resume = ["import", "--resume", &id, "--tenant", &tenant];
        for _ in 0..2 {
            let again = spawn(&home, &resume);
            seen = beside.until(|job| job.counts.read > seen.counts.read);
            kill(again);
        }
        assert_eq!(seen.state, postrider_core::import::ImportState::Running, "{database:?}: it was in the middle");
        let report = home.json(&resume);
        let counts = ["read", "created", "updated", "unchanged", "refused"].map(|name| report[name].as_i64().unwrap());
        assert_eq!(counts, whole(), "{database:?}");
        assert_eq!(report["refusedByReason"][0]["rows"], whole()[4]);
        assert_eq!(report["moreRefused"], whole()[4] - 20);
        let refused = fs::read_to_string(home.folder.path().join("many.refused.csv")).unwrap();
        assert_eq!(refused.lines().count(), MANY / 10 + 1);
    }
}

/// Asks a process to stop, as Ctrl-C does; returns its exit code and what it said on standard error.
#[cfg(unix)]
fn interrupted(child: Child) -> (i32, String) {
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let ended = crate::support::Ran::from(child.wait_with_output().unwrap());
    (ended.code, ended.stderr)
}

#[cfg(unix)]
#[test]
fn an_import_that_is_interrupted_says_how_to_resume_it_and_leaves_the_job_free() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let (tenant, ..) = home.tenant_and_client();
        fs::write(home.folder.path().join("many.csv"), many()).unwrap();
        let beside = Beside::new(&home, &tenant);
        let mut command = home.command(&["import", "many.csv", "--tenant", &tenant]);
        let first = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let id = beside.until(|job| job.counts.read > 0).id;
        let (code, said) = interrupted(first);
        assert_eq!(code, 1, "{said}");
        let resume = format!("`postrider import --resume {id} --tenant {tenant}`");
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 2, "the job at its start, and one sentence at its end: {said}");
        assert!(lines[0].starts_with(&format!("postrider: import job {id}: {resume}")), "{said}");
        let stopped = beside.job().unwrap();
        assert!(lines[1].contains(&format!("the import stopped after {} rows", stopped.counts.read)), "{said}");
        assert!(lines[1].contains(&resume), "{said}");
        assert_eq!(stopped.state, postrider_core::import::ImportState::Running);
        assert_eq!(beside.leased_until(), None, "{database:?}: another process can go on at once");

        let report = home.json(&["import", "--resume", &id.to_string(), "--tenant", &tenant]);
        let counts = ["read", "created", "updated", "unchanged", "refused"].map(|name| report[name].as_i64().unwrap());
        assert_eq!(counts, whole(), "{database:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_dry_run_that_is_interrupted_leaves_nothing() {
    let home = Home::on(Database::Sqlite, "");
    let (tenant, ..) = home.tenant_and_client();
    fs::write(home.folder.path().join("many.csv"), many()).unwrap();
    let beside = Beside::new(&home, &tenant);
    let mut command = home.command(&["import", "many.csv", "--tenant", &tenant, "--dry-run"]);
    let first = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    beside.until(|job| job.state == postrider_core::import::ImportState::Running);
    let (code, said) = interrupted(first);
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("postrider: the dry run stopped; nothing was written"), "{said}");
    assert!(beside.job().is_none(), "its job is gone");
}

#[test]
fn a_server_on_the_same_database_goes_on_with_an_import_that_was_killed() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let (tenant, ..) = home.tenant_and_client();
        fs::write(home.folder.path().join("many.csv"), many()).unwrap();
        let server = home.serve(&[]);
        let beside = Beside::new(&home, &tenant);
        let first = spawn(&home, &["import", "many.csv", "--tenant", &tenant]);
        beside.until(|job| job.counts.read > 0);
        kill(first);
        let done = beside.until(|job| job.state.is_final());
        let counts = done.counts;
        let counts = [counts.read, counts.created, counts.updated, counts.unchanged, counts.refused];
        assert_eq!(counts, whole(), "{database:?}");
        drop(server);
    }
}

#[test]
fn a_dry_run_counts_what_the_import_then_does_with_repeated_keys() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let (tenant, ..) = home.tenant_and_client();
        // People come again with the same, with other values, and with keys that other rows have made.
        let owner = |n: usize| if n.is_multiple_of(11) { n % 2_900 } else { n % 3_500 };
        let rows = (0..6_000).map(|n| format!("p{}@example.com,{},Name {}\n", n % 3_500, owner(n), n % 9));
        let text = rows.fold("email,customer_id,first_name\n".to_owned(), |text, row| text + &row);
        fs::write(home.folder.path().join("people.csv"), text).unwrap();
        let import = |more: &[&str]| home.json(&[&["import", "people.csv", "--tenant", &tenant], more].concat());
        let dry = import(&["--dry-run"]);
        let real = import(&[]);
        for field in ["read", "created", "updated", "unchanged", "refused", "refusedByReason", "fieldsLeftOut"] {
            assert_eq!(dry[field], real[field], "{field}");
        }
        assert!(real["refused"].as_i64().unwrap() > 0 && real["updated"].as_i64().unwrap() > 0, "{real}");
    }
}

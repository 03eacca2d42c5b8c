//! Imports of whole files, on both databases.
#![cfg(test)]

use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::id::TenantId;
use postrider_core::import::ImportFormat;
use postrider_core::time::Timestamp;
use postrider_service::imports::{Import, ImportError, ImportFiles, ImportReport, Progress};
use postrider_service::profiles::{MatchKey, Profile};
use postrider_service::tenants::CreateTenant;
use postrider_service::{Service, Settings};
use postrider_store::{Store, on_both};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_777_626_000_000)
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let filled = number.iter().chain(std::iter::repeat(&0));
        buffer.iter_mut().zip(filled).for_each(|(to, from)| *to = *from);
    }
}

/// A tenant on a store of its own.
struct World {
    store: Store,
    service: Service,
    tenant: TenantId,
}

/// What an import left behind.
struct Imported {
    report: ImportReport,
    refused: String,
    progress: Vec<Progress>,
}

impl World {
    async fn new(store: Store) -> Self {
        let settings = Settings {
            public_url: "https://mail.example.test".into(),
            issuer: "https://mail.example.test".into(),
            token_lifetime_s: 3_600,
            channels: Default::default(),
            policy: Default::default(),
            metrics: false,
            rate_limits: postrider_core::rate_limit::RateLimits::default(),
            webhook_targets: Default::default(),
            sends: false,
            node_timeout_ms: 10_000,
            cors_origins: Vec::new(),
            import_file_max_bytes: 1_000_000_000,
            import_tenant_max_bytes: 2_000_000_000,
        };
        let entropy = Arc::new(Counting(AtomicU64::new(0)));
        let service = Service::new(store.clone(), Arc::new(Still), entropy, settings);
        let tenant =
            CreateTenant { name: "Acme".into(), default_timezone: None, mail_cutoff: None, mail_unknown: None };
        let tenant = service.create_tenant(tenant).await.unwrap().id;
        Self { store, service, tenant }
    }

    fn command(&self) -> Import {
        Import {
            tenant: self.tenant,
            format: ImportFormat::Csv,
            list: "Friends".into(),
            map: Vec::new(),
            match_key: None,
            dry_run: false,
        }
    }

    async fn run(&self, command: Import, text: impl Into<Vec<u8>>) -> Result<Imported, ImportError> {
        let refused = Shared::default();
        let out = refused.clone();
        let files = ImportFiles {
            input: Box::new(Cursor::new(text.into())),
            refused: Some(Box::new(move || Ok(Box::new(out.clone())))),
        };
        let mut progress = Vec::new();
        let report = self.service.import(command, files, |step| progress.push(step)).await?;
        let refused = String::from_utf8(refused.0.lock().unwrap().clone()).unwrap();
        Ok(Imported { report, refused, progress })
    }

    async fn import(&self, text: impl Into<Vec<u8>>) -> Imported {
        self.run(self.command(), text).await.unwrap()
    }

    /// The record of the profile with this email.
    async fn record(&self, email: &'static str) -> Option<Value> {
        let tenant = self.tenant;
        let found = self.store.read("test", move |tx| tx.profiles_by_keys(tenant, MatchKey::Email, &[email]));
        found.await.unwrap().pop().map(|row| Profile::from(row).record.into())
    }

    async fn members(&self) -> (i64, usize) {
        let tenant = self.tenant;
        let list = self.store.read("test", move |tx| {
            let Some(list) = tx.list_by_name(tenant, "Friends")? else { return Ok((-1, 0)) };
            Ok::<_, postrider_store::StoreError>((
                list.member_count,
                tx.list_members_page(tenant, list.id, 100_000, 0)?.len(),
            ))
        });
        list.await.unwrap()
    }
}

/// A file that the test reads afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Read, created, updated, unchanged, refused.
fn counts(report: &ImportReport) -> [u64; 5] {
    let ImportReport { read, created, updated, unchanged, refused, .. } = report;
    assert_eq!(*read, created + updated + unchanged + refused, "every row is accounted for");
    [*read, *created, *updated, *unchanged, *refused]
}

const MESSY: &str = "\u{feff}E-Mail;Vorname;Telefon;Opt-in;Abgemeldet;Straße;PLZ;Ort;Lieblingsfarbe;Notiz\r\n\
    Ada@Example.com;Ada;+49 30 123456;ja;;Hauptstr. 1;10115;Berlin;rot;\"zwei\r\nZeilen\"\r\n\
    \r\n\
    bob@example.com;Bob;030 123456;nein;;;;;;\r\n\
    no-address;Nobody;;;;;;;;\r\n\
    carl@example.com;Carl;;ja;x;;;;NULL;\r\n\
    ADA@example.com;;;;;;;;blau;\r\n\
    dora@example.com;Dora;;vielleicht;;;;;;\r\n\
    ;;;;;;;;;\r\n\
    emil@example.com;Emil;zu;viele;Zellen;in;dieser;einen;Zeile;wirklich;11\r\n\
    finn@example.com\r\n";

on_both! {
    a_messy_file_is_taken_row_by_row => |store: Store| async move {
        let world = World::new(store).await;
        let Imported { report, refused, progress } = world.import(MESSY).await;
        assert_eq!(counts(&report), [8, 4, 1, 0, 3]);
        assert_eq!((report.duplicates, report.fields_left_out, report.added_to_list), (1, 1, 4));
        assert_eq!(world.members().await, (4, 4));
        assert_eq!(progress.last(), Some(&Progress { rows: 8, bytes: MESSY.len() as u64 }));
        let ada = world.record("ada@example.com").await.unwrap();
        assert_eq!(ada["phone"], "+4930123456");
        assert_eq!(ada["lieblingsfarbe"], "blau", "the later row wins");
        assert_eq!(ada["first_name"], "Ada", "an empty cell says nothing");
        assert_eq!(ada["notiz"], "zwei\r\nZeilen");
        assert_eq!(ada["address"], json!({ "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin" }));
        assert_eq!(ada["consent"]["email"], "granted");
        let bob = world.record("bob@example.com").await.unwrap();
        assert_eq!((&bob["phone"], &bob["consent"]["email"]), (&Value::Null, &json!("denied")));
        let carl = world.record("carl@example.com").await.unwrap();
        assert_eq!((&carl["consent"]["email"], &carl["lieblingsfarbe"]), (&json!("denied"), &Value::Null));
        assert_eq!(world.record("dora@example.com").await, None, "consent is never guessed");

        let lines: Vec<&str> = refused.lines().collect();
        assert!(lines[0].ends_with("Lieblingsfarbe;Notiz;postrider_line;postrider_reason"), "{}", lines[0]);
        for (line, part) in [
            (1, "phone: has no country code: it must begin with + or 00; the rest of the row was imported"),
            (2, ";6;email: has no @"),
            (3, ";9;Opt-in: is neither yes nor no"),
            (4, ";11;has 11 cells under 10 columns"),
        ] {
            assert!(lines[line].contains(part), "{}", lines[line]);
        }
        assert_eq!(report.examples.len(), 4);
        assert_eq!(report.examples[1].line, 6);
    };

    the_same_file_again_changes_nothing => |store: Store| async move {
        let world = World::new(store).await;
        let text: String = (0..1_300)
            .map(|n| format!("p{n}@example.com,Name {n},plan {}\n", n % 7))
            .fold("email,first name,plan\n".to_owned(), |text, row| text + &row);
        assert_eq!(counts(&world.import(text.clone()).await.report), [1_300, 1_300, 0, 0, 0]);
        let again = world.import(text.clone()).await.report;
        assert_eq!(counts(&again), [1_300, 0, 0, 1_300, 0]);
        assert_eq!((again.added_to_list, again.duplicates), (0, 0));
        let changed = world.import(text.replace("Name 700,", "Other,")).await.report;
        assert_eq!(counts(&changed), [1_300, 0, 1, 1_299, 0]);
        assert_eq!(world.members().await, (1_300, 1_300));
    };

    refused_rows_can_be_mended_and_imported_as_they_are => |store: Store| async move {
        let world = World::new(store).await;
        let refused = world.import("email,plan\nnobody,gold\nb@example.com,silver\n").await.refused;
        assert_eq!(refused.lines().count(), 2);
        let mended = refused.replace("nobody", "a@example.com");
        assert_eq!(counts(&world.import(mended).await.report), [1, 1, 0, 0, 0]);
        let record = world.record("a@example.com").await.unwrap();
        assert_eq!((&record["plan"], &record["postrider_reason"]), (&json!("gold"), &Value::Null));
    };

    a_dry_run_tells_the_same_and_writes_nothing => |store: Store| async move {
        let world = World::new(store).await;
        let rehearsed = world.run(Import { dry_run: true, ..world.command() }, MESSY).await.unwrap().report;
        assert_eq!((rehearsed.list, rehearsed.added_to_list), (None, 0));
        assert_eq!(world.record("ada@example.com").await, None);
        assert_eq!(world.members().await, (-1, 0), "no list is made");
        assert_eq!(counts(&rehearsed), counts(&world.import(MESSY).await.report));
    };

    a_row_that_would_take_the_key_of_another_profile_is_refused => |store: Store| async move {
        let world = World::new(store).await;
        world.import("email,customer id\na@example.com,1\nb@example.com,2\n").await;
        let report = world.import("email,customer id\nb@example.com,1\nc@example.com,3\n").await.report;
        assert_eq!(counts(&report), [2, 1, 0, 0, 1]);
        assert_eq!(report.examples[0].reason, "customer_id: belongs to another profile than the email of the record");
    };

    two_imports_at_once_share_their_people => |store: Store| async move {
        let world = Arc::new(World::new(store).await);
        let text = |from: usize| {
            let rows = (from..from + 1_000).map(|n| format!("p{n}@example.com\n"));
            rows.fold("email\n".to_owned(), |text, row| text + &row)
        };
        world.import("email\nfirst@example.com\n").await;
        let (one, two) = tokio::join!(world.import(text(0)), world.import(text(500)));
        let made = one.report.created + two.report.created;
        assert_eq!(made, 1_500, "nobody is made twice");
        assert_eq!(one.report.added_to_list + two.report.added_to_list, 1_500);
        assert_eq!(world.members().await, (1_501, 1_501));
    };

    columns_can_be_named_and_the_key_chosen => |store: Store| async move {
        let world = World::new(store).await;
        let map = [("Kontakt", "email"), ("Nr", "customer_id"), ("Intern", "-")];
        let map = map.map(|(column, field)| (column.to_owned(), field.to_owned())).to_vec();
        let command = Import { map, match_key: Some(MatchKey::CustomerId), ..world.command() };
        let text = "Kontakt,Nr,Intern\na@example.com,7,secret\nb@example.com,7,secret\nc@example.com,,x\n";
        let Imported { report, .. } = world.run(command, text).await.unwrap();
        assert_eq!(counts(&report), [3, 1, 1, 0, 1]);
        assert_eq!(report.columns[2], ("Intern".to_owned(), "-".to_owned()));
        let record = world.record("b@example.com").await.unwrap();
        assert_eq!((&record["customer_id"], &record["intern"]), (&json!("7"), &Value::Null));
    };
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let database = postrider_store::testkit::Database::Sqlite;
    let world = World::new(postrider_store::testkit::fresh_store(database, folder.path()).await).await;
    for (text, code) in [
        ("", "IMPORTS.FILE_INVALID"),
        ("email,first_name\n\n", "IMPORTS.FILE_INVALID"),
        ("ada@example.com\nbob@example.com\n", "IMPORTS.FILE_INVALID"),
        ("colour,shape\nred,round\n", "IMPORTS.MAPPING_INVALID"),
    ] {
        let Err(error) = world.run(world.command(), text).await else { panic!("{text}") };
        assert!(error.to_string().contains(code), "{error}");
    }
    let stranger = Import { tenant: uuid::Uuid::from_u128(1).into(), ..world.command() };
    let Err(error) = world.run(stranger, "email\na@example.com\n").await else { panic!("a stranger's tenant") };
    assert!(error.to_string().contains("TENANTS.NOT_FOUND"), "{error}");
    assert_eq!(world.members().await, (-1, 0));
}

#[tokio::test]
async fn what_came_before_a_broken_place_is_in_and_accounted_for_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let database = postrider_store::testkit::Database::Sqlite;
    let world = World::new(postrider_store::testkit::fresh_store(database, folder.path()).await).await;
    let good: String = (0..600).map(|n| format!("p{n}@example.com,x\n")).collect();
    let broken = format!("email,note\n{good}q@example.com,\"open\n{}", "z@example.com,z\n".repeat(30_000));
    let Err(error) = world.run(world.command(), broken).await else { panic!("the quotation mark is never closed") };
    assert!(error.to_string().contains("at line 602"), "{error}");
    let report = world.import(format!("email,note\n{good}q@example.com,closed\n")).await.report;
    assert_eq!(counts(&report), [601, 101, 0, 500, 0]);
}

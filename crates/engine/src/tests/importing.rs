//! Import jobs as a task of the engine: they run, survive a crash at every step, and leave no litter.

use super::world::*;
use postrider_core::id::{ImportJobId, TenantId};
use postrider_core::import::{ImportFormat, ImportState};
use postrider_core::time::MINUTE_MS;
use postrider_intake::jobs::inspect::inspect;
use postrider_store::import_files::PART_BYTES;
use postrider_store::import_jobs::{ImportCounts, ImportJobRow, ImportLayout, NewImportJob};
use postrider_store::profiles::PROFILES_PER_SET;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, StoreError, on_both, statements};

/// More steps than a world with an import has.
const STEPS_MAX: u64 = 400;

statements! { "test":
    PARTS = "SELECT COUNT(*) FROM import_job_parts";
    PEOPLE = "SELECT COUNT(*) FROM profiles WHERE tenant_id = $1";
}

/// Three sets of rows and some; every seventh row has no address, and the last row repeats the second.
fn people() -> String {
    let rows = 3 * PROFILES_PER_SET;
    let mut text = "email,first_name\n".to_owned();
    for n in 0..rows {
        let address = if n % 7 == 0 { String::new() } else { format!("q{n}@example.com") };
        text.push_str(&format!("{address},Name {n}\n"));
    }
    text + "q1@example.com,Last\n"
}

fn expected() -> ImportCounts {
    let rows = i64::try_from(3 * PROFILES_PER_SET).unwrap();
    let refused = (rows + 6) / 7;
    let created = rows - refused;
    ImportCounts { read: rows + 1, created, updated: 1, refused, added_to_list: created, ..ImportCounts::default() }
}

impl World {
    /// A running import job with its file.
    async fn import(&self, text: &str) -> ImportJobId {
        let (tenant, list, now) = (self.tenant, self.list, self.clock_now());
        let job = ImportJobId::new(now, &*self.entropy);
        let open = || -> Box<dyn std::io::Read + Send> { Box::new(std::io::Cursor::new(text.to_owned())) };
        let seen = inspect(&open, ImportFormat::Csv, None, &Default::default()).unwrap();
        let layout = ImportLayout {
            state: ImportState::Ready,
            format: ImportFormat::Csv,
            match_key: seen.key,
            layout: serde_json::json!(seen.layout).to_string(),
            samples: None,
            mapping: None,
            start: (seen.start.byte.cast_signed(), seen.start.line.cast_signed()),
        };
        let text = text.to_owned();
        let make = self.store.write("test", move |tx| {
            let new = NewImportJob {
                id: job,
                name: None,
                file_name: None,
                format: None,
                match_key: None,
                list: Some(list),
                list_name: None,
                upload_hash: job.to_string().into_bytes(),
                upload_expires_at: now,
            };
            tx.import_job_insert(tenant, &new, now)?;
            let upload = (job, tx.import_upload_begin(tenant, job, now)?.unwrap());
            for (part, bytes) in (0..).zip(text.as_bytes().chunks(PART_BYTES)) {
                assert!(tx.import_part_put(tenant, upload, part, bytes, now)?);
            }
            assert!(tx.import_upload_end(tenant, upload, now)?);
            assert!(tx.import_job_set_layout(tenant, job, &layout, now)?);
            tx.import_job_start(tenant, job, Some(list), now)
        });
        assert!(make.await.unwrap_or_else(|error: StoreError| panic!("{error}")));
        job
    }

    async fn imported(&self, job: ImportJobId) -> ImportJobRow {
        let tenant = self.tenant;
        self.store.read("test", move |tx| tx.import_job_get(tenant, job)).await.unwrap().unwrap()
    }

    async fn count_of(
        &self,
        statement: &'static postrider_store::statement::Statement,
        tenant: Option<TenantId>,
    ) -> i64 {
        let values: Vec<_> = tenant.map(postrider_store::value::id).into_iter().collect();
        let read = self.store.read("test", move |tx| tx.query_number(statement, &values));
        read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    async fn import_is_whole(&self, job: ImportJobId, at: &str) {
        let done = self.imported(job).await;
        assert_eq!((done.state, done.counts), (ImportState::Completed, expected()), "{at}");
        assert_eq!(self.count_of(&PEOPLE, Some(self.tenant)).await, expected().created + 1, "{at}");
        assert_eq!(self.count_of(&PARTS, None).await, 0, "{at}: the file is swept away");
    }
}

async fn crash_everywhere(database: Database, traps: impl Fn(u64) -> Trap) {
    let folder = tempfile::tempdir().unwrap();
    let mut crashes = 0;
    for step in 1..STEPS_MAX {
        let world = World::new(fresh_store(database, folder.path()).await, 1, Plan::default()).await;
        let job = world.import(&people()).await;
        let trap = traps(step);
        let fell = world.run_into(trap).await;
        crashes += u64::from(fell);
        world.clock.advance(MINUTE_MS);
        world.run().await;
        world.import_is_whole(job, &format!("{trap:?}")).await;
        if !fell {
            assert!(crashes > 2, "the world has more steps than that");
            return;
        }
    }
    panic!("the world never becomes quiet");
}

everywhere! { crash_everywhere:
    a_crash_before_any_set_of_an_import_counts_every_row_once => |step| Trap::BeforeOp("imports.write", step);
    a_crash_after_any_set_of_an_import_counts_every_row_once => |step| Trap::AfterOp("imports.write", step);
}

on_both! {
    what_ended_is_swept_away_between_jobs_that_never_end_to_come => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let mut machine = world.machine().await;
        for _ in 0..5 {
            world.import("email\nada@example.com\n").await;
        }
        let mut parts = Vec::new();
        for _ in 0..5 {
            machine.step("importer").await;
            world.clock.advance(6 * MINUTE_MS);
            parts.push(world.count_of(&PARTS, None).await);
        }
        assert_eq!(parts, [4, 4, 2, 2, 0], "at the start and every ten minutes");
    };

    an_import_with_many_blank_rows_reads_on_behind_them => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        let blank = ",,,,,,,,,\n".repeat(330_000);
        let job = world.import(&format!("email,first_name\na@example.com,A\n{blank}b@example.com,B\n")).await;
        world.run().await;
        let done = world.imported(job).await;
        assert_eq!((done.state, done.counts.read, done.counts.created), (ImportState::Completed, 2, 2));
    };
}

//! Import jobs that are interrupted anywhere, by anything, on both databases.
#![cfg(test)]

use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::id::{ClientId, ImportJobId, TenantId};
use postrider_core::import::ImportState;
use postrider_core::time::Timestamp;
use postrider_service::idempotency::{Answered, Rendered, Reply};
use postrider_service::imports::jobs::{CreateImportJob, ImportCounts, ImportJob, ListNotes};
use postrider_service::tenants::CreateTenant;
use postrider_service::{Actor, Service, Settings};
use postrider_store::probe::Probe;
use postrider_store::{Store, StoreError, on_both};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// Longer than a lease.
const A_MINUTE_MS: i64 = 60_000;
const ROWS: i64 = 3_300;

/// A clock that tests move.
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
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

struct World {
    service: Service,
    clock: Arc<Moved>,
    actor: Actor,
}

impl World {
    async fn new(store: &Store) -> Self {
        let settings = Settings {
            public_url: "https://mail.example.test".into(),
            issuer: "https://mail.example.test".into(),
            token_lifetime_s: 3_600,
            channels: Default::default(),
            policy: Default::default(),
            rate_limits: Default::default(),
            sends: false,
            node_timeout_ms: 10_000,
            cors_origins: Vec::new(),
            import_file_max_bytes: 1_000_000_000,
            import_tenant_max_bytes: 2_000_000_000,
            metrics: false,
            webhook_targets: Default::default(),
        };
        let clock = Arc::new(Moved(AtomicI64::new(1_777_626_000_000)));
        let service = Service::new(store.clone(), clock.clone(), Arc::new(Counting(AtomicU64::new(0))), settings);
        let tenant =
            CreateTenant { name: "Acme".into(), default_timezone: None, mail_cutoff: None, mail_unknown: None };
        let tenant: TenantId = service.create_tenant(tenant).await.unwrap().id;
        let actor = Actor { tenant, client: ClientId::from(uuid::Uuid::nil()), scopes: Default::default() };
        Self { service, clock, actor }
    }

    /// A job that runs, with its file.
    async fn started(&self, text: &str) -> ImportJobId {
        let told = Arc::new(Mutex::new(None));
        let id = Arc::clone(&told);
        let render = Box::new(move |made: &postrider_service::imports::jobs::NewImportJob| {
            *id.lock().unwrap() = Some(made.job.id);
            Rendered { status: 201, body: Vec::new() }
        });
        let command = CreateImportJob {
            name: None,
            file_name: Some("people.csv".into()),
            file_size: None,
            format: None,
            match_key: None,
            list: None,
            list_name: Some("Friends".into()),
        };
        self.service.create_import_job(&self.actor, command, Reply { once: None, render }).await.unwrap();
        let job = told.lock().unwrap().expect("the job was made");
        let mut upload = self.service.begin_import_upload(&self.actor, job, None, None).await.unwrap();
        for piece in text.as_bytes().chunks(10_007) {
            upload.push(piece).await.unwrap();
        }
        upload.finish().await.unwrap();
        let render = Box::new(|_: &ImportJob| Rendered { status: 202, body: Vec::new() });
        let _: Answered =
            self.service.start_import_job(&self.actor, job, false, Reply { once: None, render }).await.unwrap();
        job
    }

    async fn job(&self, job: ImportJobId) -> ImportJob {
        self.service.import_job(&self.actor, job).await.unwrap()
    }

    /// Lines of which something is said, in order.
    async fn lines(&self, job: ImportJobId) -> Vec<u64> {
        let notes = self
            .service
            .import_notes(&self.actor, ListNotes { job, severity: None, after: None, limit: 10_000 })
            .await
            .unwrap();
        notes.items.iter().map(|note| note.line).collect()
    }

    fn later(&self) {
        self.clock.0.fetch_add(A_MINUTE_MS, Ordering::Relaxed);
    }
}

/// Every eleventh row has no address; some have breaks in their cells, so that lines and rows are not the same.
fn people() -> (String, Vec<u64>) {
    let (mut text, mut bad, mut line) = ("email,note\r\n".to_owned(), Vec::new(), 2);
    for n in 0..ROWS {
        if n % 11 == 0 {
            bad.push(line);
            text.push_str(&format!("nobody {n},x\r\n"));
        } else if n % 7 == 0 {
            text.push_str(&format!("p{n}@example.com,\"one\r\ntwo\"\r\n\r\n"));
            line += 2;
        } else {
            text.push_str(&format!("p{n}@example.com,x\r\n"));
        }
        line += 1;
    }
    (text, bad)
}

fn expected() -> ImportCounts {
    let refused = ROWS / 11;
    let created = ROWS - refused;
    ImportCounts { read: ROWS, created, refused, added_to_list: created, ..ImportCounts::default() }
}

/// Cuts the process off from its database around the writes of sets: before the first, after the second …
struct Cut(AtomicU64);

impl Probe for Cut {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        let cut = op == "imports.write" && self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(4);
        Box::pin(async move { if cut { Err(StoreError::Down("cut before".into())) } else { Ok(()) } })
    }

    fn after(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        // Committed, and nobody was told.
        let cut = op == "imports.write" && self.0.load(Ordering::Relaxed) % 4 == 2;
        Box::pin(async move { if cut { Err(StoreError::Ambiguous("cut after".into())) } else { Ok(()) } })
    }
}

/// Holds the first write of a set until it is let go.
struct Held {
    writes: AtomicU64,
    arrived: Semaphore,
    open: Semaphore,
}

impl Probe for Held {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        let holds = op == "imports.write" && self.writes.fetch_add(1, Ordering::Relaxed) == 1;
        Box::pin(async move {
            if holds {
                self.arrived.add_permits(1);
                self.open.acquire().await.unwrap().forget();
            }
            Ok(())
        })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

on_both! {
    a_job_that_is_cut_off_around_every_set_counts_every_row_once => |store: Store| async move {
        let world = World::new(&store).await;
        let (text, bad) = people();
        let job = world.started(&text).await;
        store.set_probe(Arc::new(Cut(AtomicU64::new(0))));
        let mut cuts = 0;
        while world.job(job).await.state == ImportState::Running {
            cuts += i32::from(world.service.importer().step().await.is_err());
            world.later();
            assert!(cuts < 100, "it moves on");
        }
        assert!(cuts >= 4, "{cuts}");
        let done = world.job(job).await;
        assert_eq!((done.state, done.counts), (ImportState::Completed, expected()));
        assert_eq!(world.lines(job).await, bad, "lines are those of an editor, wherever reading began again");
    };

    who_lost_a_job_while_it_slept_changes_nothing => |store: Store| async move {
        let world = World::new(&store).await;
        let (text, bad) = people();
        let job = world.started(&text).await;
        let held =
            Arc::new(Held { writes: AtomicU64::new(0), arrived: Semaphore::new(0), open: Semaphore::new(0) });
        store.set_probe(held.clone());
        let sleeper = tokio::spawn({
            let service = world.service.clone();
            async move { service.importer().step().await }
        });
        held.arrived.acquire().await.unwrap().forget();
        assert!(!world.service.importer().step().await.unwrap(), "the lease is good");
        world.later();
        while world.service.importer().step().await.unwrap() {}
        let done = world.job(job).await;
        assert_eq!((done.state, done.counts), (ImportState::Completed, expected()));
        held.open.add_permits(1);
        sleeper.await.unwrap().unwrap();
        let still = world.job(job).await;
        assert_eq!((still.state, still.counts), (ImportState::Completed, expected()));
        assert_eq!(world.lines(job).await, bad);
    };

    many_at_once_share_many_jobs => |store: Store| async move {
        let world = World::new(&store).await;
        let file = |from: i64| {
            let rows = (from..from + 1_200).map(|n| format!("p{n}@example.com\n"));
            rows.fold("email\n".to_owned(), |text, row| text + &row)
        };
        let mut jobs = Vec::new();
        for n in 0..3 {
            jobs.push(world.started(&file(n * 600)).await);
        }
        let work = |service: Service| tokio::spawn(async move { while service.importer().step().await.unwrap() {} });
        for worker in [work(world.service.clone()), work(world.service.clone()), work(world.service.clone())] {
            worker.await.unwrap();
        }
        while world.service.importer().step().await.unwrap() {}
        let mut created = 0;
        for job in jobs {
            let done = world.job(job).await;
            assert_eq!((done.state, done.counts.read, done.counts.refused), (ImportState::Completed, 1_200, 0));
            created += done.counts.created;
        }
        assert_eq!(created, 2_400, "nobody is made twice");
    };
}

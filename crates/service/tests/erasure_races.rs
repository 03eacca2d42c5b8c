//! A person who is erased at the moment at which a request or a file writes the same person, in both orders.
//!
//! Whichever commits first, nothing is half done: either the person is gone, or what was written last is a new profile
//! that is not sent to.
#![cfg(test)]

use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Clock, Entropy};
use postrider_core::error::Code;
use postrider_core::id::{ClientId, ProfileId, TenantId};
use postrider_core::import::ImportState;
use postrider_core::time::Timestamp;
use postrider_service::idempotency::{Rendered, Reply};
use postrider_service::imports::jobs::{CreateImportJob, NewImportJob};
use postrider_service::profiles::{ErasureBy, MatchKey, Operation, ProfileUpserted, UpsertProfile};
use postrider_service::tenants::CreateTenant;
use postrider_service::{Actor, Service, ServiceError, Settings};
use postrider_store::probe::Probe;
use postrider_store::testkit::holders;
use postrider_store::{Store, StoreError, on_both};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

const ADDRESS: &str = "ada@example.com";
const NOW: Timestamp = Timestamp::from_millis(1_777_626_000_000);
/// How often each race is run.
const RACES: usize = 40;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
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

/// Holds the first transaction of a name before it begins, until it is let go.
struct Held {
    op: &'static str,
    is_first: AtomicU64,
    arrived: Semaphore,
    open: Semaphore,
}

impl Probe for Held {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        let holds = op == self.op && self.is_first.fetch_add(1, Ordering::Relaxed) == 0;
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

#[derive(Clone)]
struct World {
    store: Store,
    service: Service,
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
            import_file_max_bytes: 1_000_000,
            import_tenant_max_bytes: 2_000_000,
            metrics: false,
            webhook_targets: Default::default(),
        };
        let service = Service::new(store.clone(), Arc::new(Still), Arc::new(Counting(AtomicU64::new(0))), settings);
        let tenant =
            CreateTenant { name: "Acme".into(), default_timezone: None, mail_cutoff: None, mail_unknown: None };
        let tenant: TenantId = service.create_tenant(tenant).await.unwrap().id;
        let actor = Actor { tenant, client: ClientId::from(uuid::Uuid::nil()), scopes: Default::default() };
        Self { store: store.clone(), service, actor }
    }

    /// Writes the person with a consent, as a request does.
    async fn upsert(&self) -> (Operation, ProfileId) {
        let record = serde_json::json!({
            "email": ADDRESS, "first_name": "Ada", "consent": { "email": "granted" }
        });
        let told = Arc::new(Mutex::new(None));
        let done = Arc::clone(&told);
        let render = Box::new(move |upserted: &ProfileUpserted| {
            *done.lock().unwrap() = Some((upserted.operation, upserted.id));
            Rendered { status: 200, body: Vec::new() }
        });
        let command = UpsertProfile { record: record.as_object().unwrap().clone(), match_key: MatchKey::Email };
        self.service.upsert_profile(&self.actor, command, Reply { once: None, render }).await.unwrap();
        told.lock().unwrap().expect("the person was written")
    }

    /// Starts to import a file that names the person.
    async fn start_import(&self) {
        let told = Arc::new(Mutex::new(None));
        let id = Arc::clone(&told);
        let render = Box::new(move |made: &NewImportJob| {
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
        upload.push(format!("email,first_name\n{ADDRESS},Ada\n").as_bytes()).await.unwrap();
        upload.finish().await.unwrap();
        let render = Box::new(|_: &_| Rendered { status: 202, body: Vec::new() });
        self.service.start_import_job(&self.actor, job, false, Reply { once: None, render }).await.unwrap();
    }

    /// Imports what has started, to the end.
    async fn import(&self) {
        while self.service.importer().step().await.unwrap() {}
        self.service.importer().sweep().await.unwrap();
        let filter = postrider_service::imports::jobs::ListImportJobs { filter: Default::default(), limit: 100 };
        let jobs = self.service.import_jobs(&self.actor, filter).await.unwrap();
        assert!(jobs.items.iter().all(|job| job.state == ImportState::Completed && job.counts.read == 1));
    }

    async fn erase(&self, person: ProfileId) -> Result<Timestamp, ServiceError> {
        self.service.erase_profile(self.actor.tenant, ErasureBy::CommandLine, person).await
    }

    /// The profile that has the address.
    async fn found(&self) -> Option<ProfileId> {
        let tenant = self.actor.tenant;
        let find = self.store.read("test", move |tx| tx.profiles_by_keys(tenant, MatchKey::Email, &[ADDRESS]));
        let mut found: Vec<_> = find.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
        assert!(found.len() < 2);
        found.pop().map(|row| row.id)
    }

    /// Everything of the old profile is gone; returns the new one, which is whole and not sent to.
    async fn is_whole(&self, erased: ProfileId) -> Option<ProfileId> {
        let (tenant, found) = (self.actor.tenant, self.found().await);
        assert_ne!(found, Some(erased));
        let read = self.store.read("test", move |tx| {
            let suppressed = tx.suppressions_active(tenant, ChannelKind::Email, &[ADDRESS], NOW)?;
            let erasure = tx.erasure_get(tenant, erased)?.unwrap();
            assert!(erasure.finished_at.is_some() && tx.profile_get(tenant, erased)?.is_none());
            assert_eq!(tx.lists_of_person(tenant, erased)?, []);
            Ok::<_, StoreError>(suppressed)
        });
        assert_eq!(read.await.unwrap(), [ADDRESS], "the address stays suppressed");
        match found {
            None => assert_eq!(holders(&self.store, ADDRESS).await, Vec::<String>::new()),
            Some(_) => assert_eq!(holders(&self.store, ADDRESS).await, ["profiles.email", "suppressions.address"]),
        }
        found
    }
}

/// Lets `other` happen while `held` waits before its transaction of this name.
async fn while_held<H, O>(
    world: &World,
    op: &'static str,
    held: impl Future<Output = H> + Send + 'static,
    other: impl Future<Output = O>,
) -> (H, O)
where
    H: Send + 'static,
{
    let probe = Arc::new(Held { op, is_first: AtomicU64::new(0), arrived: Semaphore::new(0), open: Semaphore::new(0) });
    world.store.set_probe(probe.clone());
    let held = tokio::spawn(held);
    probe.arrived.acquire().await.unwrap().forget();
    let other = other.await;
    probe.open.add_permits(1);
    (held.await.unwrap(), other)
}

on_both! {
    a_request_that_writes_after_the_erasure_makes_a_new_person_who_is_not_sent_to => |store: Store| async move {
        let world = World::new(&store).await;
        let (_, person) = world.upsert().await;
        let request = { let world = world.clone(); async move { world.upsert().await } };
        let (upserted, erased) = while_held(&world, "profiles.upsert", request, world.erase(person)).await;
        erased.unwrap();
        assert_eq!(upserted.0, Operation::Created);
        assert_eq!(world.is_whole(person).await, Some(upserted.1));
        world.erase(upserted.1).await.unwrap();
        assert_eq!(world.is_whole(upserted.1).await, None);
    };

    a_request_that_writes_before_the_erasure_is_erased_with_the_person => |store: Store| async move {
        let world = World::new(&store).await;
        let (_, person) = world.upsert().await;
        let erasure = { let world = world.clone(); async move { world.erase(person).await } };
        let (erased, upserted) = while_held(&world, "profile.erase", erasure, world.upsert()).await;
        erased.unwrap();
        assert_eq!(upserted, (Operation::Unchanged, person));
        assert_eq!(world.is_whole(person).await, None);
    };

    what_a_request_writes_while_the_traces_are_removed_stays => |store: Store| async move {
        let world = World::new(&store).await;
        let (_, person) = world.upsert().await;
        let erasure = { let world = world.clone(); async move { world.erase(person).await } };
        let (erased, upserted) = while_held(&world, "erasure.ledger", erasure, world.upsert()).await;
        erased.unwrap();
        assert_eq!(upserted.0, Operation::Created);
        assert_eq!(world.is_whole(person).await, Some(upserted.1));
    };

    a_file_that_is_written_after_the_erasure_makes_a_new_person_who_is_not_sent_to => |store: Store| async move {
        let world = World::new(&store).await;
        let (_, person) = world.upsert().await;
        world.start_import().await;
        let import = { let world = world.clone(); async move { world.import().await } };
        let ((), erased) = while_held(&world, "imports.write", import, world.erase(person)).await;
        erased.unwrap();
        let again = world.is_whole(person).await.expect("the file brings the address back");
        world.erase(again).await.unwrap();
        assert_eq!(world.is_whole(again).await, None);
    };

    a_file_that_is_written_before_the_erasure_is_erased_with_the_person => |store: Store| async move {
        let world = World::new(&store).await;
        let (_, person) = world.upsert().await;
        world.start_import().await;
        let erasure = { let world = world.clone(); async move { world.erase(person).await } };
        let (erased, ()) = while_held(&world, "profile.erase", erasure, world.import()).await;
        erased.unwrap();
        assert_eq!(world.is_whole(person).await, None);
    };

    requests_files_and_erasures_at_the_same_moment_leave_no_half_of_a_person => |store: Store| async move {
        let world = World::new(&store).await;
        for _ in 0..RACES {
            let (_, person) = world.upsert().await;
            world.start_import().await;
            let (request, file, erasure) = (world.clone(), world.clone(), world.clone());
            let request = tokio::spawn(async move { request.upsert().await });
            let file = tokio::spawn(async move { file.import().await });
            let erasure = tokio::spawn(async move { erasure.erase(person).await });
            let (request, (), erased) = (request.await.unwrap(), file.await.unwrap(), erasure.await.unwrap());
            erased.unwrap();
            let again = world.is_whole(person).await;
            // Only who was written before the erasure may be gone.
            assert!(request.1 == person || again == Some(request.1));
        }
    };

    two_who_erase_a_person_at_the_same_moment_erase_it_once => |store: Store| async move {
        let world = World::new(&store).await;
        for _ in 0..RACES {
            let (_, person) = world.upsert().await;
            let (one, two) = (world.clone(), world.clone());
            let one = tokio::spawn(async move { one.erase(person).await });
            let two = tokio::spawn(async move { two.erase(person).await });
            for erased in [one.await.unwrap(), two.await.unwrap()] {
                // The second joins the first one, or comes when it has finished.
                let is_late = |error: &ServiceError| matches!(error, ServiceError::Refused(refusal) if refusal.code == Code::ProfileNotFound);
                assert!(erased.as_ref().err().is_none_or(is_late), "{erased:?}");
            }
            assert_eq!(world.is_whole(person).await, None);
        }
    };
}

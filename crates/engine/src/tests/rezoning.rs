//! New zone data while jobs wait: who moves, who is held, who stays, and that only one wins a race.

use super::world::*;
use crate::engine::Engine;
use postrider_core::campaign::ExecutionStatus;
use postrider_core::id::WebhookId;
use postrider_core::schedule::JobState;
use postrider_core::time::testkit::fixed_zones;
use postrider_core::time::{HOUR_MS, MINUTE_MS, Timestamp, WrittenTime, Zones};
use postrider_store::value::id;
use postrider_store::{Store, StoreError, on_both, statements};

statements! { "rezoning_test":
    ZONED = "UPDATE schedule_jobs SET send_at = $1, batch_date = $2, timezone = 'Test/Land', instant = $3, due_at = $3, \
        local_time = $4, offset_seconds = $5, tzdb_version = $6 WHERE id = $7";
    ENDPOINT = "INSERT INTO webhook_endpoints (id, tenant_id, url, events, enabled, secret, created_at, updated_at) \
        VALUES ($1, $2, 'https://example.com', 'schedule.moved schedule.held', $3, $4, 0, 0)";
    SUBSCRIBE = "INSERT INTO webhook_subscriptions (tenant_id, kind, endpoint_id) VALUES ($1, $2, $3)";
    EVENTS = "SELECT body FROM webhook_deliveries ORDER BY created_at, event_id";
}

/// The morning after the world begins (at 08:00Z), as a clock on the wall shows it.
const MORNING: &str = "2027-01-16T09:00";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A land so many hours east of Greenwich.
fn land(version: &str, hours: i32) -> Zones {
    fixed_zones(version, &[("Test/Land", hours * 3600), ("UTC", 0)])
}

/// A world whose job was committed with the zone data 2026a, two hours east of Greenwich.
async fn committed(store: Store, send_at: Option<&str>, batch_date: Option<&str>) -> World {
    let world = World::new(store, 2, Plan { due_at: at("2027-06-01T00:00Z"), ..Plan::default() }).await;
    let zone = land("2026a", 2).find("Test/Land").unwrap();
    let said = batch_date.map_or_else(|| send_at.unwrap().to_owned(), |date| format!("{date}T00:00"));
    let read = WrittenTime::parse(&said).unwrap().resolve(&zone).unwrap();
    let values = [
        send_at.into(),
        batch_date.into(),
        read.instant.into(),
        read.local_time.into(),
        i64::from(read.offset_seconds).into(),
        read.tzdb_version.into(),
        id(world.job),
    ];
    let endpoint = WebhookId::new(START, &*world.entropy);
    let tenant = world.tenant;
    let write = world.store.write("test", move |tx| {
        tx.execute(&ZONED, &values)?;
        tx.execute(&ENDPOINT, &[id(endpoint), id(tenant), true.into(), b"secret".to_vec().into()])?;
        tx.execute(&SUBSCRIBE, &[id(tenant), "schedule.moved".into(), id(endpoint)])?;
        tx.execute(&SUBSCRIBE, &[id(tenant), "schedule.held".into(), id(endpoint)])
    });
    write.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
    world
}

/// The bodies of all events so far.
async fn events(world: &World) -> Vec<String> {
    let read = world.store.read("test", |tx| tx.query_as(&EVENTS, &[], |row| row.next()));
    read.await.unwrap_or_else(|error: StoreError| panic!("{error}"))
}

async fn advance_to(world: &World, instant: &str) {
    world.clock.advance(at(instant).millis_since(world.clock_now()));
}

/// Asserts where the job stands, when it is due and with which data that was found.
async fn stands(world: &World, state: JobState, due_at: &str, version: &str) {
    let job = world.job().await;
    let told = (job.state, job.due_at.to_string(), job.resolution.tzdb_version.as_str());
    assert_eq!(told, (state, at(due_at).to_string(), version));
}

on_both! {
    a_job_moves_with_its_clock_and_tells_it => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026a", 2));
        world.run().await;
        stands(&world, JobState::Scheduled, "2027-01-16T07:00Z", "2026a").await;
        world.install_zones(land("2026b", 1));
        world.run().await;
        stands(&world, JobState::Scheduled, "2027-01-16T08:00Z", "2026b").await;
        let job = world.job().await;
        assert_eq!((job.resolution.local_time.as_str(), job.resolution.offset_seconds), ("2027-01-16T09:00:00", 3600));
        let told = events(&world).await;
        assert_eq!(told.len(), 1, "{told:?}");
        for word in ["schedule.moved", "2027-01-16T08:00:00.000Z", "2027-01-16T07:00:00.000Z", "timezone_changed"] {
            assert!(told[0].contains(word), "{word}: {told:?}");
        }
        world.run().await;
        assert_eq!(events(&world).await.len(), 1, "once");
        // It begins when the clock shows what was said, and not when it would have by the old data.
        advance_to(&world, "2027-01-16T07:59:59.999Z").await;
        world.run().await;
        assert_eq!(world.channel.taken().len(), 0);
        advance_to(&world, "2027-01-16T08:00Z").await;
        world.run().await;
        assert_eq!(world.channel.taken().len(), 2);
        world.check().await;
    };

    a_job_that_would_move_by_a_day_waits_for_a_person => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026b", -22));
        world.run().await;
        stands(&world, JobState::Held, "2027-01-17T07:00Z", "2026b").await;
        assert_eq!(world.status().await, ExecutionStatus::Held);
        let reason = world.job().await.blocked_reason.unwrap();
        assert!(reason.starts_with("timezone_changed: ") && reason.contains("1440 minutes later"), "{reason}");
        let told = events(&world).await;
        assert!(told.len() == 1 && told[0].contains("schedule.held") && told[0].contains("timezone_changed"), "{told:?}");
        advance_to(&world, "2027-01-18T00:00Z").await;
        world.run().await;
        assert_eq!((world.channel.taken().len(), events(&world).await.len()), (0, 1));
        // A person lets it go on: that has been decided, and is not judged again.
        world.force_state(JobState::Running).await;
        world.run().await;
        assert_eq!((world.channel.taken().len(), events(&world).await.len()), (2, 1));
        world.check().await;
    };

    a_held_job_goes_on_as_soon_as_its_new_time_has_come => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026b", -22));
        world.run().await;
        world.force_state(JobState::Scheduled).await;
        advance_to(&world, "2027-01-17T06:59Z").await;
        world.run().await;
        assert_eq!(world.channel.taken().len(), 0);
        advance_to(&world, "2027-01-17T07:00Z").await;
        world.run().await;
        assert_eq!(world.channel.taken().len(), 2);
    };

    a_time_that_new_data_put_into_the_past_is_not_sent => |store: Store| async move {
        let mut world = committed(store, Some("2027-01-15T11:00"), None).await;
        world.install_zones(land("2026b", 4));
        world.run().await;
        stands(&world, JobState::Held, "2027-01-15T07:00Z", "2026b").await;
        let reason = world.job().await.blocked_reason.unwrap();
        assert!(reason.starts_with("timezone_changed_to_past: "), "{reason}");
        assert_eq!(world.channel.taken().len(), 0);
    };

    a_zone_that_vanished_holds_its_jobs => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(fixed_zones("2026b", &[("UTC", 0)]));
        world.run().await;
        stands(&world, JobState::Held, "2027-01-16T07:00Z", "2026b").await;
        assert!(world.job().await.blocked_reason.unwrap().starts_with("timezone_vanished: "));
        world.run().await;
        assert_eq!(events(&world).await.len(), 1);
    };

    an_instant_stays_whatever_the_zone_does => |store: Store| async move {
        let mut world = committed(store, Some("2027-01-16T07:00Z"), None).await;
        world.install_zones(land("2026b", -10));
        world.run().await;
        stands(&world, JobState::Scheduled, "2027-01-16T07:00Z", "2026b").await;
        assert_eq!(world.job().await.resolution.local_time, "2027-01-15T21:00:00", "as people there read it now");
        assert_eq!(events(&world).await.len(), 0);
    };

    a_batch_moves_with_its_day => |store: Store| async move {
        let mut world = committed(store, None, Some("2027-01-17")).await;
        stands(&world, JobState::Scheduled, "2027-01-16T22:00Z", "2026a").await;
        world.install_zones(land("2026b", 3));
        world.run().await;
        stands(&world, JobState::Scheduled, "2027-01-16T21:00Z", "2026b").await;
        assert_eq!(events(&world).await.len(), 1);
    };

    older_data_change_nothing => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026c", 1));
        world.run().await;
        world.install_zones(land("2026b", 5));
        world.run().await;
        stands(&world, JobState::Scheduled, "2027-01-16T08:00Z", "2026c").await;
        assert_eq!(events(&world).await.len(), 1);
    };

    data_of_an_unknown_version_are_compared_by_what_they_say => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        for (hours, due_at, told) in [(1, "2027-01-16T08:00Z", 1), (1, "2027-01-16T08:00Z", 1), (3, "2027-01-16T06:00Z", 2)] {
            world.install_zones(land("unknown", hours));
            world.run().await;
            stands(&world, JobState::Scheduled, due_at, "unknown").await;
            assert_eq!(events(&world).await.len(), told);
        }
    };

    /// The engine was down: both the old and the new instant are near when it comes back.
    a_due_job_is_judged_before_it_begins => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026b", 1));
        advance_to(&world, "2027-01-16T07:00Z").await;
        // The starter alone, before the rezoner ever ran.
        let mut machine = world.machine().await;
        machine.step("starter").await;
        stands(&world, JobState::Scheduled, "2027-01-16T08:00Z", "2026b").await;
        machine.step("starter").await;
        assert_eq!(world.job().await.started_at, None);
        advance_to(&world, "2027-01-16T08:00Z").await;
        machine.until_quiet().await;
        assert_eq!((world.channel.taken().len(), events(&world).await.len()), (2, 1));
    };

    /// Jobs that nodes with older data commit while this one runs are found at its next round.
    later_commits_with_older_data_are_found => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026b", 1));
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        world.alter("UPDATE schedule_jobs SET tzdb_version = '2026a', instant = 1800255600000, due_at = 1800255600000").await;
        machine.until_quiet().await;
        stands(&world, JobState::Scheduled, "2027-01-18T07:00Z", "2026a").await;
        world.clock.advance(MINUTE_MS);
        machine.until_quiet().await;
        stands(&world, JobState::Held, "2027-01-16T08:00Z", "2026b").await;
    };

    a_crash_at_any_step_changes_nothing_or_all => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        world.install_zones(land("2026b", 1));
        for step in 1.. {
            let fell = world.run_into(Trap::Before(step)).await;
            let moved = world.job().await.resolution.tzdb_version == "2026b";
            assert_eq!(events(&world).await.len(), usize::from(moved), "the event and its effect are one");
            if !fell {
                break;
            }
        }
        stands(&world, JobState::Scheduled, "2027-01-16T08:00Z", "2026b").await;
    };

    /// Three nodes get new data at once, with more jobs than a page holds.
    many_nodes_move_each_job_once => |store: Store| async move {
        let mut world = committed(store, Some(MORNING), None).await;
        let mut jobs = vec![world.job];
        for _ in 0..120 {
            let list = world.list;
            world.schedule(&[list], &[], at("2027-01-16T07:00Z")).await;
            jobs.push(world.job);
        }
        world.alter("UPDATE schedule_jobs SET send_at = '2027-01-16T09:00', timezone = 'Test/Land', tzdb_version = '2026a', \
            offset_seconds = 7200").await;
        world.install_zones(land("2026b", 1));
        let engines: Vec<Engine> = (0..3).map(|_| Engine::start(world.parts())).collect();
        let mut steps = 0;
        while events(&world).await.len() < jobs.len() {
            world.clock.advance(1);
            steps += 1;
            assert!(steps < 20_000, "some job never moved");
        }
        for engine in engines {
            engine.stop().await;
        }
        assert_eq!(events(&world).await.len(), jobs.len());
        for job in jobs {
            world.job = job;
            stands(&world, JobState::Scheduled, "2027-01-16T08:00Z", "2026b").await;
        }
    };

    /// A person moves the job between the look and the write of the rezoner: the person wins.
    what_a_person_said_meanwhile_counts => |store: Store| async move {
        let world = committed(store, Some(MORNING), None).await;
        let (tenant, job) = (world.tenant, world.job);
        let before = world.store.read("test", move |tx| tx.rezone_get(tenant, job)).await;
        let before: postrider_store::rezoning::ZonedJob = before.unwrap_or_else(|error: StoreError| panic!("{error}")).unwrap();
        let change = "UPDATE schedule_jobs SET send_at = '2027-01-16T10:00', instant = instant + 3600000, due_at = due_at + 3600000";
        for (sql, wins) in [
            (change, false),
            ("UPDATE schedule_jobs SET latest_finish = due_at + 1", false),
            ("UPDATE schedule_jobs SET state = 'canceled'", false),
            ("UPDATE schedule_jobs SET state = 'paused'", false),
            ("UPDATE schedule_jobs SET started_at = due_at, state = 'running'", false),
            ("UPDATE schedule_jobs SET subject_line = 'x'", true),
        ] {
            let before = before.clone();
            let time = before.time.clone();
            world.alter(sql).await;
            let put = world.store.write_guarded("test", move |tx| tx.rezone_put(&before, &time, JobState::Held, None)).await;
            assert_eq!(put.unwrap_or_else(|error: StoreError| panic!("{error}")), wins, "{sql}");
            world.alter("UPDATE schedule_jobs SET state = 'scheduled', started_at = NULL, latest_finish = NULL, \
                send_at = '2027-01-16T09:00', instant = 1800082800000, due_at = 1800082800000").await;
        }
        assert_eq!(at("2027-01-16T07:00Z").as_millis(), 1_800_082_800_000);
        assert_eq!(START.plus_millis(23 * HOUR_MS), at("2027-01-16T07:00Z"));
    };
}

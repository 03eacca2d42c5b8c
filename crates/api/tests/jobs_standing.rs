//! Pausing a job, letting it go on, moving it: over HTTP, on both databases.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind;
use postrider_core::env::Clock as _;
use postrider_core::id::{CampaignId, NodeId, ScheduleId};
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::conditions::{Condition, Part, Stops};
use postrider_store::execution::JobMove;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::{Ready, ready};

const SCHEDULE: &str = "JOURNEY_API.SCHEDULE.";

fn code(word: &str) -> String {
    format!("{SCHEDULE}{word}")
}

/// A campaign with a job at nine on the first of May.
async fn scheduled(app: &TestApp) -> (Ready, String) {
    let email = ready(app, ChannelKind::Email).await;
    let body = json!({ "sendAt": "2026-05-01T09:00", "timezone": "Europe/Berlin" });
    let made = app.as_admin().post(&email.path("/schedule-jobs"), body).await;
    let job = made.data()["scheduleId"].as_str().unwrap().to_owned();
    (email, job)
}

/// Moves a job as the engine does; from, to, and when it began.
async fn move_as_engine(app: &TestApp, job: &str, states: (JobState, JobState), started_at: Option<Timestamp>) {
    let (tenant, job): (_, ScheduleId) = (app.tenant(), job.parse().unwrap());
    let (from, to) = states;
    let now = Timestamp::parse(support::START).unwrap();
    let finished_at = to.is_final().then_some(now);
    let blocked_reason = (to == JobState::Held).then(|| "missed_start".to_owned());
    let change = JobMove { tenant, job, from, to, blocked_reason, due_by: None, started_at, finished_at };
    let moved = app.store.write("test", move |tx| {
        let found = tx.schedule_get(tenant, job)?.unwrap();
        if change.started_at.is_some() && found.started_at.is_none() {
            tx.manifests_open(&[(tenant, job, found.manifest)], now)?;
        }
        let status = to.execution_status(true);
        tx.campaign_set_execution_status(tenant, found.campaign, status, now)?;
        tx.job_move(&change)
    });
    assert!(moved.await.unwrap());
}

async fn begin(app: &TestApp, job: &str) {
    let now = Timestamp::parse(support::START).unwrap();
    move_as_engine(app, job, (JobState::Scheduled, JobState::Running), Some(now)).await;
}

postrider_store::statements! { "jobs_standing_test":
    QUERY_ONLY = "PRAGMA query_only = 1";
    REFUSED = "DELETE FROM schedule_jobs";
}

#[tokio::test]
async fn a_running_job_says_wherever_it_is_shown_that_the_database_takes_no_writes() {
    let app = TestApp::new().await;
    let (email, job) = scheduled(&app).await;
    begin(&app, &job).await;
    let paths = [email.path("/schedule-jobs"), email.path(&format!("/schedule-jobs/{job}")), email.path("/status")];
    let refused: Result<u64, StoreError> = app
        .store
        .write("test", |tx| {
            tx.query(&QUERY_ONLY, &[])?;
            tx.execute(&REFUSED, &[])
        })
        .await;
    assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
    let admin = app.as_admin();
    let shown = [
        admin.get(&paths[0]).await.data()["items"][0]["blockedReason"].clone(),
        admin.get(&paths[1]).await.data()["blockedReason"].clone(),
        admin.get(&paths[2]).await.data()["execution"]["blockedReason"].clone(),
    ];
    assert_eq!(shown, ["database_read_only: the database takes no writes; make it or its file system writable"; 3]);
}

#[tokio::test]
async fn a_job_says_what_keeps_this_process_from_it_while_it_runs_or_is_due() {
    let app = TestApp::new().await;
    let (email, job) = scheduled(&app).await;
    let conditions = app.store.conditions();
    let shown = async || {
        let status = app.as_admin().get(&email.path("/status")).await;
        let job = app.as_admin().get(&email.path(&format!("/schedule-jobs/{job}"))).await;
        assert_eq!(status.data()["execution"]["blockedReason"], job.data()["blockedReason"]);
        job.data()["blockedReason"].as_str().map(str::to_owned)
    };
    let begin = |part, reason, stops| {
        conditions.begin(part, Condition { reason, sentence: "It is a test.".into(), stops });
    };
    begin(Part::Clock, "clock_unsteady", Stops::Starts);
    assert_eq!(shown().await, None, "it is not due yet");
    let due = Timestamp::parse("2026-05-01T07:00:00Z").unwrap();
    app.clock.advance(due.millis_since(app.clock.now()));
    assert_eq!(shown().await.as_deref(), Some("clock_unsteady: It is a test."));
    begin(Part::Jobs, "jobs_held", Stops::Sending);
    assert_eq!(shown().await.as_deref(), Some("jobs_held: It is a test."), "the wider one counts");
    conditions.end(Part::Jobs);

    self::begin(&app, &job).await;
    assert_eq!(shown().await, None, "a job that runs goes on");
    begin(Part::Route(ChannelKind::Sms), "relay_silent", Stops::Nothing);
    assert_eq!(shown().await, None, "it is another channel's");
    begin(Part::Route(ChannelKind::Email), "relay_silent", Stops::Nothing);
    assert_eq!(shown().await.as_deref(), Some("relay_silent: It is a test."));
    conditions.end(Part::Route(ChannelKind::Email));
    assert_eq!(shown().await, None);
}

async fn execution_status(app: &TestApp, ready: &Ready) -> Value {
    app.as_admin().get(&ready.path("/status")).await.data()["executionStatus"].clone()
}

#[tokio::test]
async fn a_job_is_paused_before_it_begins_and_while_it_runs() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let (email, job) = scheduled(&app).await;
        admin.post(&email.path("/resume"), json!({})).await.refused(409, &code("NOT_PAUSED"));
        let paused = admin.post(&email.path("/pause"), json!({})).await;
        assert_eq!((paused.status, &paused.data()["executionStatus"]), (200, &json!("paused")));
        assert_eq!(paused.data(), admin.get(&email.path("/status")).await.data());
        assert_eq!(admin.get(&email.path("/summary")).await.data()["latestExecution"]["status"], "paused");
        let again = admin.post(&email.path("/pause"), json!({})).await;
        assert_eq!(again.data(), paused.data(), "asking twice is asking once");
        admin.delete(&email.path("")).await.refused(409, "JOURNEY_API.PUBLIC.CAMPAIGNS.IN_FLIGHT");
        let resumed = admin.post(&email.path("/resume"), json!({})).await;
        assert_eq!(resumed.data()["executionStatus"], "scheduled", "it waits for its time again");

        begin(&app, &job).await;
        let paused = admin.post(&email.path("/pause"), json!({})).await;
        assert_eq!(paused.data()["executionStatus"], "paused");
        let resumed = admin.post(&email.path("/resume"), json!({ "uncertain": null })).await;
        assert_eq!(resumed.data()["executionStatus"], "running");

        admin.post(&email.path("/pause"), json!({})).await.data();
        let canceled = admin.delete(&email.path(&format!("/schedule-jobs/{job}"))).await;
        assert_eq!(canceled.data()["receipt"], json!({ "prevented": 0, "handedOff": 0, "uncertain": 0 }));
        for path in ["/pause", "/resume"] {
            admin.post(&email.path(path), json!({})).await.refused(409, &code("ALREADY_FINISHED"));
        }
    }
}

#[tokio::test]
async fn a_paused_job_that_has_not_begun_can_be_taken_back_to_a_draft() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (email, job) = scheduled(&app).await;
    admin.post(&email.path("/pause"), json!({})).await.data();
    let canceled = admin.delete(&email.path(&format!("/schedule-jobs/{job}"))).await;
    assert_eq!(canceled.data()["receipt"], Value::Null);
    assert_eq!(execution_status(&app, &email).await, "not_scheduled");
    admin.post(&email.path("/pause"), json!({})).await.refused(409, &code("NOT_RUNNING"));
    admin.post(&email.path("/resume"), json!({})).await.refused(409, &code("NOT_PAUSED"));
    assert_eq!(admin.post(&email.path("/send-jobs"), json!({})).await.status, 201);
}

#[tokio::test]
async fn a_held_job_goes_on_when_a_person_says_so() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (email, job) = scheduled(&app).await;
    move_as_engine(&app, &job, (JobState::Scheduled, JobState::Held), None).await;
    let held = admin.get(&email.path("/status")).await;
    assert_eq!(held.data()["execution"]["blockedReason"], "missed_start");
    admin.post(&email.path("/pause"), json!({})).await.refused(409, &code("NOT_RUNNING"));
    // Two days after its time, as the engine finds a job that was missed.
    app.clock.set(Timestamp::parse("2026-05-03T07:00:00Z").unwrap());
    let resumed = app.as_admin().post(&email.path("/resume"), json!({})).await;
    assert_eq!(resumed.data()["executionStatus"], "running");
    assert_eq!(resumed.data()["execution"]["blockedReason"], Value::Null);
}

#[tokio::test]
async fn what_a_resume_asks_for_is_looked_at() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let (email, _) = scheduled(&app).await;
    admin.post(&email.path("/pause"), json!({})).await.data();
    for (body, path) in [(json!({ "uncertain": "hold" }), "uncertain"), (json!({ "now": true }), "now")] {
        let answer = admin.post(&email.path("/resume"), body).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path);
    }
    let archived = admin.post("/campaigns", json!({ "campaignType": "broadcast", "name": "A", "channel": "email" }));
    let archived = archived.await.data()["id"].as_str().unwrap().to_owned();
    admin.post(&format!("/campaigns/{archived}/archive"), json!({})).await.data();
    for path in ["pause", "resume"] {
        let answer = admin.post(&format!("/campaigns/{archived}/{path}"), json!({})).await;
        answer.refused(409, "JOURNEY_API.PUBLIC.CAMPAIGNS.ARCHIVED");
    }
}

#[tokio::test]
async fn a_repeated_key_does_not_pause_again() {
    let app = TestApp::new().await;
    let (email, _) = scheduled(&app).await;
    let key = "7f3b2a52-6a0f-4f3c-9a93-0a4a4f2d1c11";
    let first = app.as_admin().idempotent(key).post(&email.path("/pause"), json!({})).await;
    app.as_admin().post(&email.path("/resume"), json!({})).await.data();
    let second = app.as_admin().idempotent(key).post(&email.path("/pause"), json!({})).await;
    assert_eq!(first.data(), second.data());
    assert_eq!(execution_status(&app, &email).await, "scheduled");
}

#[tokio::test]
async fn uncertain_recipients_of_a_finished_job_are_decided_by_a_person() {
    for database in [Database::Sqlite, Database::Postgres] {
        for (word, state, counts) in [("assume_sent", "sent", (0, 2)), ("retry", "pending", (2, 0))] {
            let app = TestApp::on(database).await;
            let admin = app.as_admin();
            let (email, job) = scheduled(&app).await;
            begin(&app, &job).await;
            leave_in_doubt(&app, &email.campaign, &job).await;
            admin.post(&email.path("/resume"), json!({})).await.refused(409, &code("ALREADY_FINISHED"));
            let resumed = admin.post(&email.path("/resume"), json!({ "uncertain": word })).await;
            assert_eq!(resumed.data()["executionStatus"], "running", "the engine brings it to its end again");
            let found = &resumed.data()["execution"]["counts"];
            assert_eq!((&found["pending"], &found["sent"]), (&json!(counts.0), &json!(counts.1)), "{found}");
            assert_eq!((&found["uncertain"], &found["frozen"]), (&json!(0), &json!(2)));
            let people = admin.get(&email.path("/deliveries")).await;
            assert!(people.data()["items"].as_array().unwrap().iter().all(|one| one["state"] == state));
            let again = admin.post(&email.path("/resume"), json!({ "uncertain": word })).await;
            assert_eq!(again.data()["executionStatus"], "running", "a running job keeps running");
            admin.post(&email.path("/resume"), json!({})).await.refused(409, &code("NOT_PAUSED"));
        }
    }
}

/// Freezes two recipients who end uncertain, and closes the job.
async fn leave_in_doubt(app: &TestApp, campaign: &str, job: &str) {
    use postrider_core::delivery::{Counts, DeliveryState};
    use postrider_store::chunks::ChunkKey;
    use postrider_store::ledger::{AttemptRow, Change, FrozenRow};
    let (tenant, job): (_, ScheduleId) = (app.tenant(), job.parse().unwrap());
    let campaign: CampaignId = campaign.parse().unwrap();
    let now = Timestamp::parse(support::START).unwrap();
    let node = NodeId::new(now, &*app.entropy);
    let people = [1, 2].map(|n| postrider_core::id::ProfileId::from(uuid::Uuid::from_u128(n)));
    let settle = app.store.write("test", move |tx| {
        let manifest = tx.accounts(tenant, job)?.unwrap().manifest_number;
        let rows: Vec<FrozenRow> = (1_u8..)
            .zip(people)
            .map(|(n, profile)| FrozenRow {
                profile,
                address: Some(format!("reader{n}@example.test")),
                address_key: Some([n; 16]),
                state: DeliveryState::Pending,
                reason: None,
            })
            .collect();
        tx.ledger_freeze(manifest, 0, &rows, now)?;
        let mut counts = Counts::default();
        counts.add(DeliveryState::Pending, 2);
        let key = ChunkKey { manifest, chunk: 1 };
        tx.chunk_insert(tenant, key, (1, 2), now, &counts)?;
        tx.manifest_freeze(manifest, now)?;
        let claim = tx.chunk_claim(manifest, node, now, now.plus_millis(1_000))?.unwrap();
        tx.ledger_mark_fresh(manifest, (1, 2))?;
        let changes = [1, 2].map(|seq| Change {
            seq,
            from: DeliveryState::InFlight,
            attempt: 1,
            to: DeliveryState::Uncertain,
            attempts: 1,
            due_at: None,
            settled_at: Some(now),
            reason: Some("lease_lost"),
            provider_ref: None,
        });
        tx.ledger_change(manifest, &changes)?;
        let attempts = [1, 2].map(|seq| AttemptRow {
            seq,
            attempt: 1,
            outcome: "uncertain",
            reason: Some("lease_lost"),
            provider_text: None,
            at: now,
        });
        tx.ledger_attempts(manifest, &attempts)?;
        let mut delta = Counts::default();
        delta.shift(DeliveryState::Pending, DeliveryState::Uncertain, 2);
        tx.chunk_adjust(key, &delta, None)?;
        tx.chunk_release(&claim)?;
        tx.campaign_set_execution_status(
            tenant,
            campaign,
            JobState::CompletedWithFailures.execution_status(true),
            now,
        )?;
        let (from, to) = (JobState::Running, JobState::CompletedWithFailures);
        let blocked_reason = None;
        let finished_at = Some(now);
        tx.job_move(&JobMove { tenant, job, from, to, blocked_reason, due_by: None, started_at: None, finished_at })
    });
    assert!(settle.await.unwrap());
}

#[tokio::test]
async fn a_job_moves_until_it_has_begun() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let (email, job) = scheduled(&app).await;
        let path = email.path(&format!("/schedule-jobs/{job}"));
        let before = admin.get(&path).await.data().clone();
        let moved = admin.patch(&path, json!({ "sendAt": "2026-10-25T02:30" })).await;
        assert_eq!(moved.status, 200);
        let mut told = moved.data().clone();
        assert_eq!(told["warnings"][0]["code"], "TIMEZONE_FOLD_FIRST");
        told.as_object_mut().unwrap().remove("warnings");
        assert_eq!(&told, admin.get(&path).await.data(), "the job is answered as it is shown");
        assert_eq!(told["scheduledFor"], "2026-10-25T00:30:00.000Z", "the zone stays");
        assert_eq!(told["policy"]["latestStart"], "2026-10-26T00:30:00.000Z", "the policy moves along");
        assert_eq!((&told["versionId"], &told["touchpointId"]), (&before["versionId"], &before["touchpointId"]));

        let body = json!({ "timezone": "America/New_York", "policy": { "onMissed": "cancel", "ratePerMinute": 60 } });
        let moved = admin.patch(&path, body).await.data().clone();
        assert_eq!(moved["scheduledFor"], "2026-10-25T06:30:00.000Z", "the written time is read in the new zone");
        assert_eq!((&moved["policy"]["onMissed"], &moved["policy"]["ratePerMinute"]), (&json!("cancel"), &json!(60)));
        assert_eq!(moved["policy"]["onUncertain"], "hold");

        for (body, word) in [
            (json!({ "sendAt": "2026-02-01T09:00:00Z" }), "SEND_AT_INVALID"),
            (json!({ "sendAt": "soon" }), "SEND_AT_INVALID"),
            (json!({ "batchDate": "2026-05-01" }), "UNSUPPORTED_CHANNEL"),
            (json!({ "timezone": "Mars/Olympus" }), "TIMEZONE_INVALID"),
        ] {
            admin.patch(&path, body).await.refused(400, &code(word));
        }
        let unknown = admin.patch(&path, json!({ "dryRun": true })).await;
        unknown.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");

        begin(&app, &job).await;
        let later = json!({ "sendAt": "2026-06-01T09:00:00Z" });
        admin.patch(&path, later.clone()).await.refused(409, &code("ALREADY_STARTED"));
        admin.delete(&path).await.data();
        admin.patch(&path, later).await.refused(409, &code("ALREADY_FINISHED"));
    }
}

#[tokio::test]
async fn a_paused_job_stays_paused_when_it_is_moved_and_a_held_one_waits_again() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let later = json!({ "sendAt": "2026-06-01T09:00:00Z" });
    let (email, job) = scheduled(&app).await;
    let path = email.path(&format!("/schedule-jobs/{job}"));
    admin.post(&email.path("/pause"), json!({})).await.data();
    assert_eq!(admin.patch(&path, later.clone()).await.data()["state"], "paused");
    admin.post(&email.path("/resume"), json!({})).await.data();
    move_as_engine(&app, &job, (JobState::Scheduled, JobState::Held), None).await;
    let moved = admin.patch(&path, later).await.data().clone();
    assert_eq!((&moved["state"], &moved["blockedReason"]), (&json!("scheduled"), &Value::Null));
    assert_eq!(execution_status(&app, &email).await, "scheduled");
}

#[tokio::test]
async fn direct_mail_moves_by_its_date_and_a_send_job_not_at_all() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let mail = ready(&app, ChannelKind::DirectMail).await;
    let made = admin.post(&mail.path("/schedule-jobs"), json!({ "batchDate": "2026-05-01" })).await;
    let path = mail.path(&format!("/schedule-jobs/{}", made.data()["scheduleId"].as_str().unwrap()));
    let moved = admin.patch(&path, json!({ "batchDate": "2026-05-04", "timezone": "Asia/Tokyo" })).await;
    assert_eq!(moved.data()["batchDate"], "2026-05-04");
    assert_eq!(moved.data()["scheduledFor"], "2026-05-03T15:00:00.000Z");
    admin.patch(&path, json!({ "sendAt": "2026-05-04T09:00Z" })).await.refused(400, &code("UNSUPPORTED_CHANNEL"));
    // Five in the afternoon has passed where the day is today.
    app.clock.set(Timestamp::parse("2026-03-01T17:00:00Z").unwrap());
    let today = json!({ "batchDate": "2026-03-01", "timezone": "UTC" });
    admin.patch(&path, today).await.refused(400, &code("BATCH_DATE_INVALID"));

    let email = ready(&app, ChannelKind::Email).await;
    let made = admin.post(&email.path("/send-jobs"), json!({})).await;
    let path = email.path(&format!("/schedule-jobs/{}", made.data()["scheduleId"].as_str().unwrap()));
    let later = json!({ "sendAt": "2026-06-01T09:00:00Z" });
    admin.patch(&path, later).await.refused(409, &code("SEND_JOB_NOT_MOVABLE"));
}

//! Tests to named addresses: they leave as everything leaves, marked, and the campaign knows nothing of them.

use super::world::*;
use postrider_core::campaign::ExecutionStatus;
use postrider_core::channel::{Body, ChannelKind, Message, Outcome};
use postrider_core::content::TestFields;
use postrider_core::delivery::DeliveryState;
use postrider_core::id::*;
use postrider_core::schedule::JobState;
use postrider_store::deliveries::Delivery;
use postrider_store::deliveries::LedgerFilter;
use postrider_store::profiles::ProfileRow;
use postrider_store::schedules::ScheduleJob;
use postrider_store::test_recipients::TestRecipient;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, on_both};

/// More steps than a world with nothing but a test has.
const STEPS_MAX: u64 = 200;

/// A world whose own job is not due for long.
async fn quiet(store: Store, kind: ChannelKind) -> World {
    World::new(store, 2, Plan { kind, due_at: START.plus_millis(86_400_000), ..Plan::default() }).await
}

impl World {
    /// Asks for a test, as the service does; answers its job.
    async fn ask_for_test(&self, people: Vec<TestRecipient>) -> ScheduleId {
        let campaign = self.job().await;
        let job = ScheduleJob {
            id: ScheduleId::new(START, &*self.entropy),
            version: VersionId::new(START, &*self.entropy),
            manifest: ManifestId::new(START, &*self.entropy),
            touchpoint: 0,
            immediate: true,
            due_at: self.clock_now(),
            is_test: true,
            parent: None,
            ..campaign
        };
        let (tenant, test) = (self.tenant, job.id);
        let ask = self.store.write("person.test", move |tx| {
            tx.schedule_insert(tenant, &job, &[])?;
            tx.test_recipients_insert(job.id, &people)
        });
        ask.await.unwrap();
        test
    }

    fn named(&self, address: &str) -> TestRecipient {
        let profile = ProfileId::new(START, &*self.entropy);
        TestRecipient { address: address.to_owned(), profile, sample: None, fields: TestFields::None, refused: None }
    }

    async fn ledger_of(&self, test: ScheduleId) -> (JobState, Vec<Delivery>) {
        let tenant = self.tenant;
        let read = self.store.read("test", move |tx| {
            let job = tx.schedule_get(tenant, test)?.unwrap();
            let Some(accounts) = tx.accounts(tenant, test)? else { return Ok((job.state, Vec::new())) };
            let rows = tx.deliveries_page(tenant, accounts.manifest_number, 0, &LedgerFilter::default(), 20)?;
            Ok::<_, postrider_store::StoreError>((job.state, rows))
        });
        read.await.unwrap()
    }

    fn offered(&self) -> Vec<Message> {
        self.channel.offered.lock().unwrap().clone()
    }
}

fn states(rows: &[Delivery]) -> Vec<(DeliveryState, Option<&str>)> {
    rows.iter().map(|row| (row.state, row.reason.as_deref())).collect()
}

on_both! {
    a_test_leaves_marked_and_the_campaign_stays_as_it_is => |store: Store| async move {
        let world = quiet(store, ChannelKind::Email).await;
        let test = world.ask_for_test(vec![world.named("a@us.example"), world.named("b@us.example")]).await;
        world.run().await;
        let (state, rows) = world.ledger_of(test).await;
        assert_eq!((state, world.channel.taken()), (JobState::Completed, vec!["a@us.example".into(), "b@us.example".into()]));
        assert_eq!(states(&rows), [(DeliveryState::Sent, None); 2]);
        for message in world.offered() {
            let Body::Email(email) = message.body else { panic!("an email was sent") };
            assert!(email.is_test && email.subject.starts_with("[Test] Hi"), "{}", email.subject);
            assert!(email.unsubscribe_url.is_some(), "the footer is that of the real message");
        }
        assert_eq!((world.status().await, world.job().await.state), (ExecutionStatus::Scheduled, JobState::Scheduled));
        world.check().await;
    };

    a_test_shows_the_fields_of_whom_it_names => |store: Store| async move {
        let world = quiet(store, ChannelKind::Sms).await;
        let ada = ProfileRow {
            first_name: Some("Ada".into()),
            phone: Some("+4790999999".into()),
            ..ProfileRow::empty(ProfileId::new(START, &*world.entropy), START)
        };
        let profile = world.add_profiles(world.list, vec![ada]).await[0];
        let sample = Some(profile);
        let own = TestRecipient { profile, ..world.named("+4790999999") };
        let stand_in = TestRecipient { sample, ..world.named("+4790777777") };
        let first = world.ask_for_test(vec![own, world.named("+4790888888"), stand_in]).await;
        let second = world.ask_for_test(vec![TestRecipient { sample, ..world.named("+4790888888") }]).await;
        world.run().await;
        let mut texts: Vec<(String, String)> = world.offered().into_iter().map(|message| match message.body {
            Body::Sms(sms) => (message.to, sms.text),
            _ => panic!("a text message was sent"),
        }).collect();
        texts.sort();
        let expected = [
            ("+4790777777", "[Test] Hi Ada"),
            ("+4790888888", "[Test] Hi "),
            ("+4790888888", "[Test] Hi Ada"),
            ("+4790999999", "[Test] Hi Ada"),
        ];
        assert_eq!(texts, expected.map(|(to, text)| (to.to_owned(), text.to_owned())));
        assert_eq!((world.ledger_of(first).await.0, world.ledger_of(second).await.0), (JobState::Completed, JobState::Completed));
        world.check().await;
    };

    nobody_is_tested_on_who_must_not_be_sent_to => |store: Store| async move {
        let world = quiet(store, ChannelKind::Email).await;
        let person = world.add_people(world.list, 90..91).await[0];
        let refused = TestRecipient { refused: Some("suppressed"), ..world.named("refused@us.example") };
        let denied = TestRecipient { profile: person, ..world.named("p90@example.org") };
        let people = vec![refused, world.named("late@us.example"), denied, world.named("fine@us.example")];
        let test = world.ask_for_test(people).await;
        world.suppress("late@us.example").await;
        let mut machine = world.machine().await;
        for name in ["starter", "planner"] {
            machine.step(name).await;
        }
        world.deny(person).await;
        machine.until_quiet().await;
        let (state, rows) = world.ledger_of(test).await;
        let expected = [
            (DeliveryState::Suppressed, Some("suppressed")),
            (DeliveryState::Suppressed, Some("suppressed")),
            (DeliveryState::Suppressed, Some("suppressed_after_freeze")),
            (DeliveryState::Sent, None),
        ];
        assert_eq!((state, states(&rows)), (JobState::Completed, expected.to_vec()));
        assert_eq!(world.channel.taken(), ["fine@us.example"]);
        world.check().await;
    };

    a_test_is_tried_again_as_everything_is => |store: Store| async move {
        let world = quiet(store, ChannelKind::Email).await;
        world.channel.answers(|_, tried| match tried {
            1 => Outcome::Deferred { refusal: refusal("greylisted"), after_ms: None },
            _ => handed_off(),
        });
        let test = world.ask_for_test(vec![world.named("a@us.example")]).await;
        world.run().await;
        assert_eq!(states(&world.ledger_of(test).await.1), [(DeliveryState::Pending, Some("greylisted"))]);
        world.clock.advance(60_000);
        world.run().await;
        let (state, rows) = world.ledger_of(test).await;
        assert_eq!((state, rows[0].state, rows[0].attempt), (JobState::Completed, DeliveryState::Sent, 2));
        world.check().await;
    };

    a_test_that_cannot_be_sent_is_taken_back => |store: Store| async move {
        let world = quiet(store, ChannelKind::Email).await;
        world.alter("UPDATE sender_profiles SET details = '{}'").await;
        let test = world.ask_for_test(vec![world.named("a@us.example")]).await;
        world.run().await;
        let (state, rows) = world.ledger_of(test).await;
        assert_eq!((state, states(&rows)), (JobState::Canceled, vec![(DeliveryState::Canceled, Some("canceled"))]));
        assert_eq!(world.status().await, ExecutionStatus::Scheduled);
        world.check().await;
    };
}

async fn crash_everywhere(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    for step in 1..STEPS_MAX {
        let world = quiet(fresh_store(database, folder.path()).await, ChannelKind::Email).await;
        let test = world.ask_for_test(vec![world.named("a@us.example"), world.named("b@us.example")]).await;
        let fell = world.run_into(Trap::After(step)).await;
        world.run().await;
        world.clock.advance(LEASE_MS + 1);
        world.run().await;
        let (state, rows) = world.ledger_of(test).await;
        assert!(state.is_final() && rows.len() == 2, "{step}: {state:?}");
        let sent = rows.iter().filter(|row| row.state == DeliveryState::Sent).count();
        let taken = world.channel.taken().len();
        assert!(taken <= 2 && sent <= taken, "{step}: {taken} taken, {sent} sent");
        assert_eq!(world.status().await, ExecutionStatus::Scheduled, "{step}");
        world.check().await;
        if !fell {
            assert!(step > 3 && sent == 2, "the world has more steps than that");
            return;
        }
    }
    panic!("the world never becomes quiet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_anywhere_in_a_test_doubles_nothing_on_sqlite() {
    crash_everywhere(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_anywhere_in_a_test_doubles_nothing_on_postgres() {
    crash_everywhere(Database::Postgres).await;
}

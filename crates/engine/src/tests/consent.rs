//! People whose consent is unknown: whether they get a message is the tenant's setting, at the freeze and before each
//! message.

use super::world::*;
use postrider_core::audience::Consent;
use postrider_core::campaign::{AudienceSide, AudienceType};
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState::*;
use postrider_core::id::ProfileId;
use postrider_store::campaign_audiences::AudienceBinding;
use postrider_store::profiles::ProfileRow;
use postrider_store::reach::Reach;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, on_both};

impl World {
    async fn mails_unknown(&self, mails_unknown: bool) {
        let tenant = self.tenant;
        let set = self.store.write("test", move |tx| {
            let mut row = tx.tenant_get(tenant)?.unwrap();
            row.mail_unknown = mails_unknown;
            tx.tenant_set(&row)
        });
        set.await.unwrap();
    }

    /// What a dry run would count now.
    async fn reach(&self, channel: ChannelKind) -> Reach {
        let (tenant, campaign, list) = (self.tenant, self.campaign, self.list);
        let binding = AudienceBinding {
            side: AudienceSide::Include,
            audience_id: list.into(),
            audience_type: AudienceType::Audience,
        };
        let count = self.store.write("test", move |tx| {
            tx.campaign_audiences_replace(tenant, campaign, std::slice::from_ref(&binding))?;
            tx.reach(tenant, campaign, channel, START, START)
        });
        count.await.unwrap()
    }

    fn person(&self, number: usize, consent: Consent) -> ProfileRow {
        ProfileRow {
            email: Some(format!("p{number}@example.org")),
            phone: Some(format!("+4790{number:06}")),
            push_tokens: Some(format!("[\"token-{number}\"]")),
            address: Some(format!(
                r#"{{"name":"P{number}","line1":"Street {number}","city":"Oslo","postal_code":"0150","country":"NO"}}"#
            )),
            consent_email: consent,
            consent_sms: consent,
            consent_push: consent,
            consent_direct_mail: consent,
            ..ProfileRow::empty(ProfileId::new(START, &*self.entropy), START)
        }
    }

    /// Nine people: two granted consent, three denied it, four never said anything, of whom one has no address.
    async fn nine(store: Store, kind: ChannelKind) -> Self {
        let world = Self::new(store, 0, Plan { kind, ..Plan::default() }).await;
        let consents = [(2, Consent::Granted), (3, Consent::Denied), (3, Consent::Unknown)];
        let consents = consents.into_iter().flat_map(|(number, consent)| std::iter::repeat_n(consent, number));
        let mut people: Vec<ProfileRow> =
            consents.enumerate().map(|(number, consent)| world.person(number, consent)).collect();
        people.push(world.somebody());
        world.add_profiles(world.list, people).await;
        world
    }
}

fn told(rows: &[(&str, Option<&str>, i64)]) -> Vec<(String, Option<String>, i64)> {
    rows.iter().map(|(state, reason, number)| ((*state).to_owned(), reason.map(str::to_owned), *number)).collect()
}

/// Runs a test on both databases and every channel.
async fn everywhere(test: impl AsyncFn(Store, ChannelKind)) {
    for database in [Database::Sqlite, Database::Postgres] {
        for kind in ChannelKind::ALL {
            let folder = tempfile::tempdir().unwrap();
            test(fresh_store(database, folder.path()).await, kind).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_mails_unknown_consent_as_a_dry_run_counts_it() {
    everywhere(async |store, kind| {
        let world = World::nine(store, kind).await;
        let counted = world.reach(kind).await;
        assert_eq!((counted.suppressed, counted.unreachable, counted.targeted), (3, 1, 5), "{kind:?}");
        world.run().await;
        let mailed =
            [("sent", None, 5), ("skipped", Some("missing_address"), 1), ("suppressed", Some("consent_denied"), 3)];
        assert_eq!(world.reasons().await, told(&mailed), "{kind:?}");
        world.check().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_leaves_out_unknown_consent_as_a_dry_run_counts_it() {
    everywhere(async |store, kind| {
        let world = World::nine(store, kind).await;
        world.mails_unknown(false).await;
        let counted = world.reach(kind).await;
        assert_eq!((counted.suppressed, counted.unreachable, counted.targeted), (7, 0, 2), "{kind:?}");
        world.run().await;
        let left_out =
            [("sent", None, 2), ("suppressed", Some("consent_denied"), 3), ("suppressed", Some("consent_unknown"), 4)];
        assert_eq!(world.reasons().await, told(&left_out), "{kind:?}");
        world.check().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_stops_mailing_unknown_consent_stops_it_for_frozen_recipients_too() {
    everywhere(async |store, kind| {
        let world = World::nine(store, kind).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        machine.step("planner").await;
        assert_eq!(world.count(Pending).await, 5);
        world.mails_unknown(false).await;
        machine.until_quiet().await;
        let rows = [
            ("sent", None, 2),
            ("skipped", Some("missing_address"), 1),
            ("suppressed", Some("consent_denied"), 3),
            ("suppressed", Some("consent_unknown"), 3),
        ];
        assert_eq!(world.reasons().await, told(&rows), "{kind:?}");
        world.check().await;
    })
    .await;
}

on_both! {
    a_tenant_that_mails_unknown_consent_again_does_not_bring_back_who_was_left_out => |store: Store| async move {
        let world = World::nine(store, ChannelKind::Email).await;
        world.mails_unknown(false).await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        machine.step("planner").await;
        world.mails_unknown(true).await;
        machine.until_quiet().await;
        assert_eq!((world.count(Sent).await, world.count(Suppressed).await), (2, 7));
        world.check().await;
    };
}

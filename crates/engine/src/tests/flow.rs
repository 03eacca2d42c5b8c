//! Plan, send, record: the whole way, and what stands in it.

use super::world::*;
use postrider_core::campaign::ExecutionStatus;
use postrider_core::channel::{Body, ChannelKind};
use postrider_core::delivery::DeliveryState::*;
use postrider_core::schedule::JobState;
use postrider_store::profiles::ProfileRow;
use postrider_store::{Store, on_both};
use std::collections::BTreeSet;

on_both! {
    everybody_gets_one_message => |store: Store| async move {
        let world = World::new(store, 1_203, Plan { window: 50, ..Plan::default() }).await;
        world.run().await;
        assert_eq!(world.count(Sent).await, 1_203);
        let taken = world.channel.taken();
        assert_eq!(taken.len(), 1_203);
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 1_203);
        let job = world.job().await;
        assert_eq!(job.state, JobState::Completed);
        assert_eq!((job.started_at, job.finished_at), (Some(START), Some(START)));
        assert_eq!(world.status().await, ExecutionStatus::Completed);
        world.check().await;
        world.run().await;
        assert_eq!(world.channel.taken().len(), 1_203);
    };

    nothing_leaves_before_it_is_due => |store: Store| async move {
        let plan = Plan { due_at: START.plus_millis(1_000), ..Plan::default() };
        let world = World::new(store, 3, plan).await;
        let mut machine = world.machine().await;
        machine.until_quiet().await;
        world.clock.advance(999);
        machine.until_quiet().await;
        assert!(world.channel.taken().is_empty());
        world.clock.advance(1);
        machine.until_quiet().await;
        assert_eq!(world.channel.taken().len(), 3);
        world.check().await;
    };

    a_mail_carries_what_the_contract_says => |store: Store| async move {
        let world = World::new(store, 1, Plan::default()).await;
        world.run().await;
        let offered = world.channel.offered.lock().unwrap();
        let message = &offered[0];
        let Body::Email(mail) = &message.body else { panic!("not a mail") };
        assert_eq!(message.to, "p0@example.org");
        assert_eq!(mail.message_id, format!("{}@sender.example", message.key));
        assert_eq!((mail.subject.as_str(), mail.date), ("Hi P0", START));
        let url = mail.unsubscribe_url.as_ref().unwrap();
        assert!(url.starts_with("http://localhost/u/"), "{url}");
        assert!(mail.html.as_ref().unwrap().contains(url.as_str()));
    };

    an_empty_audience_is_complete => |store: Store| async move {
        let world = World::new(store, 0, Plan::default()).await;
        world.run().await;
        assert_eq!(world.job().await.state, JobState::Completed);
        world.check().await;
    };

    a_push_goes_to_the_first_device => |store: Store| async move {
        let world = World::new(store, 1, Plan { kind: ChannelKind::Push, ..Plan::default() }).await;
        let tokens = Some(r#"["first","second"]"#.to_owned());
        world.add_profiles(world.list, vec![ProfileRow { push_tokens: tokens, ..world.somebody() }]).await;
        world.run().await;
        assert_eq!(world.channel.taken(), ["first"]);
        assert_eq!((world.count(Sent).await, world.count(Skipped).await), (1, 1));
        world.check().await;
    };

    a_letter_goes_to_the_postal_address => |store: Store| async move {
        let plan = || Plan { kind: ChannelKind::DirectMail, ..Plan::default() };
        let world = World::new(store, 0, plan()).await;
        let at = |name: &str| Some(format!(
            r#"{{"name":"{name}","line1":"Storgata 1","city":"Oslo","postal_code":"0155","country":"NO"}}"#
        ));
        let people = ["Kari", "Ola", "Per", "Per"].map(|name| ProfileRow { address: at(name), ..world.somebody() });
        world.add_profiles(world.list, people.into()).await;
        world.suppress("OLA|STORGATA 1|0155 OSLO|NO").await;
        let mut machine = world.machine().await;
        machine.step("starter").await;
        machine.step("planner").await;
        world.suppress("PER|STORGATA 1|0155 OSLO|NO").await;
        machine.until_quiet().await;
        assert_eq!(world.channel.taken(), ["Kari\nStorgata 1\n0155 Oslo\nNO"]);
        assert_eq!(world.accounts().await.duplicates, 1);
        assert_eq!((world.count(Sent).await, world.count(Suppressed).await), (1, 2));
        let Body::DirectMail(piece) = world.channel.offered.lock().unwrap()[0].body.clone() else {
            panic!("not a letter")
        };
        assert_eq!(piece.return_address, "S\n1\n0150 C");
        world.check().await;
    };

    a_transactional_mail_offers_no_way_out => |store: Store| async move {
        let world = World::new(store, 1, Plan { due_at: START.plus_millis(1), ..Plan::default() }).await;
        world.alter("UPDATE campaigns SET category = 'transactional'").await;
        world.clock.advance(1);
        world.run().await;
        let Body::Email(mail) = world.channel.offered.lock().unwrap()[0].body.clone() else { panic!("not a mail") };
        assert_eq!(mail.unsubscribe_url, None);
    };
}

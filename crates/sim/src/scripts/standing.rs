//! What people do in the middle of a send: cancel, pause, let go on, suppress.

use super::*;
use crate::provider::Mood;
use crate::workload::{START, Silence, Silenced};
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState::{Canceled, Failed, InFlight, Sent, Suppressed, Uncertain};
use postrider_core::schedule::UncertainDecision;
use postrider_core::time::{MINUTE_MS, SECOND_MS};

/// Shows marks that are made for a canceled job.
#[test]
fn a_cancel_in_the_middle_of_a_send_holds() {
    play(Database::Sqlite, story(3), async |script| {
        let node = script.start().await;
        script.stop_at(node, leaving).await;
        script.cancel().await;
        script.wake(node);
        script.finish().await;
        assert_eq!(script.states().await, [Sent, Canceled, Canceled]);
    });
}

/// Shows marks that are made for a paused job.
#[test]
fn a_pause_in_the_middle_of_a_send_holds() {
    play(Database::Sqlite, story(3), async |script| {
        let node = script.start().await;
        script.stop_at(node, leaving).await;
        script.pause(MINUTE_MS).await;
        script.wake(node);
        script.pass(MINUTE_MS - SECOND_MS).await;
        assert_eq!(script.arrivals().len(), 1, "the message on its way");
        script.finish().await;
        assert_eq!(script.arrivals().len(), 3);
    });
}

/// Shows a decision about the uncertain that reaches those who failed or were sent.
#[test]
fn only_uncertain_recipients_are_tried_again_when_a_job_goes_on() {
    let mut story = story(4);
    story.wishes[0].decision = Some(UncertainDecision::Retry);
    play(Database::Sqlite, story, async |script| {
        script.world.recipe.provider.script(&[Mood::Takes, Mood::Refuses, Mood::FallsSilent]);
        let node = script.start().await;
        for _ in 0..3 {
            script.stop_at(node, leaving).await;
            script.wake(node);
            script.step_past(node).await;
        }
        script.stop_at(node, leaving).await;
        assert_eq!(script.states().await, [Sent, Failed, Uncertain, InFlight]);
        script.pause(SECOND_MS).await;
        script.wake(node);
        script.finish().await;
        assert_eq!(script.states().await, [Sent, Failed, Sent, Sent]);
        assert_eq!(script.arrivals().len(), 3);
    });
}

/// Shows a mark that does not look again at suppressions, domains and consent.
#[test]
fn a_person_who_opts_out_in_the_middle_of_a_send_gets_no_message() {
    play(Database::Sqlite, story(5), async |script| {
        let node = script.start().await;
        script.stop_at(node, leaving).await;
        let people = script.people().await;
        let email = |text: String| Silenced::Address(ChannelKind::Email, text);
        let address = email(format!("p{0}@d{0}.example", people[1]));
        let domain = email(format!("d{}.example", people[3]));
        for who in [address, Silenced::Person(people[2]), domain] {
            script.silence(Silence { at: START, who }).await;
        }
        script.wake(node);
        script.finish().await;
        assert_eq!(script.states().await, [Sent, Suppressed, Suppressed, Suppressed, Sent]);
    });
}

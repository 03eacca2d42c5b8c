//! People whom clients erase while jobs run.

use crate::chance::Stream;
use crate::client::Clients;
use crate::gate::Place;
use crate::workload::{Person, START};
use postrider_core::channel::ChannelKind;
use postrider_core::env::{BoxFuture, Clock as _};
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_store::erasures::ErasureBy;

/// The erasure of a person, by number.
#[derive(Debug, Clone)]
pub(crate) struct Erasure {
    pub(crate) at: Timestamp,
    pub(crate) who: usize,
    /// After so many turns the client gives up, wherever the erasure is; the engine then finishes it if it has begun.
    pub(crate) patience: Option<usize>,
}

impl Erasure {
    pub(crate) fn draw(people: usize, chance: &mut Stream) -> Self {
        Self {
            at: START.plus_millis(chance.within(0, 2 * MINUTE_MS)),
            who: chance.below(people),
            patience: chance.permille(250).then(|| chance.below(20)),
        }
    }

    /// Whether it keeps a channel's messages from a person: the one who is erased, and others with the same address.
    pub(crate) fn covers(&self, channel: ChannelKind, number: usize, people: &[Person]) -> bool {
        let address = |number: usize| people[number].address(channel);
        number == self.who || (address(number).is_some() && address(number) == address(self.who))
    }
}

impl Clients {
    /// Erases a person at a time.
    pub(crate) fn erase(&self, erasure: &Erasure) -> BoxFuture<'static, ()> {
        let (client, Erasure { at, who, patience }) = (self.clone(), erasure.clone());
        Box::pin(async move {
            client.pass.sleep_until(at).await;
            let (tenant, person) = (client.actor.tenant, client.names.people[who]);
            let erased = client.insist(|| client.service.erase_profile(tenant, ErasureBy::CommandLine, person));
            let Some(turns) = patience else {
                let _ = erased.await;
                return;
            };
            let given_up = async {
                for _ in 0..turns {
                    drop(client.pass.gate.pass(client.pass.owner, Place::Sleep(client.pass.now())).await);
                }
            };
            tokio::select! {
                // Not random: each run of a world is the same.
                biased;
                _ = erased => {}
                () = given_up => {}
            }
        })
    }
}

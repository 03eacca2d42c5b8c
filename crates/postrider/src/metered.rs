//! A channel whose answers are counted on their way to the engine.

use postrider_core::channel::{Channel, ChannelKind, Lane, Line, Message, Outcome, ProbeReport};
use postrider_core::env::BoxFuture;
use postrider_store::Store;
use std::sync::Arc;

/// A channel, and where its answers are counted.
pub struct Metered {
    channel: Arc<dyn Channel>,
    store: Store,
}

impl Metered {
    /// Counts what a channel answers.
    #[must_use]
    pub fn new(channel: Arc<dyn Channel>, store: &Store) -> Self {
        Self { channel, store: store.clone() }
    }
}

impl Channel for Metered {
    fn kind(&self) -> ChannelKind {
        self.channel.kind()
    }

    fn lane(&self) -> Box<dyn Lane> {
        Box::new(MeteredLane { lane: self.channel.lane(), kind: self.channel.kind(), store: self.store.clone() })
    }

    fn probe(&self) -> BoxFuture<'_, ProbeReport> {
        self.channel.probe()
    }
}

struct MeteredLane {
    lane: Box<dyn Lane>,
    kind: ChannelKind,
    store: Store,
}

impl Lane for MeteredLane {
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            let outcomes = self.lane.send(window).await;
            self.store.meter().outcomes(self.kind, &outcomes);
            outcomes
        })
    }

    fn listen(&mut self, line: Arc<dyn Line>) {
        self.lane.listen(line);
    }

    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        self.lane.close()
    }
}

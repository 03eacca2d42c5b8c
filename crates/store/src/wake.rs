//! Nudges: hints without content that only ever make things faster. Losing every one of them is harmless.

use crate::postgres::Connector;
use std::sync::Arc;
use tokio::sync::Notify;

/// How many topics there are.
pub(crate) const TOPICS: usize = 4;

/// Wakes tasks of this process, and on PostgreSQL those of other nodes.
#[derive(Clone)]
pub struct Wake {
    topics: Arc<[Notify; TOPICS]>,
    ours: Arc<Notify>,
}

/// What a nudge is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A schedule job was made, moved or taken back.
    Schedules,
    /// Deliveries became due.
    Deliveries,
    /// Somebody wants to know whom an audience reaches.
    Audiences,
    /// An import job was started, or left parts of files that no job needs.
    Imports,
}

impl Wake {
    pub(crate) fn new() -> Self {
        Self { topics: Arc::new([const { Notify::const_new() }; TOPICS]), ours: Arc::new(Notify::new()) }
    }

    /// Wakes whoever waits for the topic.
    pub fn nudge(&self, topic: Topic) {
        self.topics[topic as usize].notify_waiters();
        self.topics[topic as usize].notify_one();
        self.ours.notify_one();
    }

    /// Resolves at the next nudge, or at once for one that came since the last wait.
    pub async fn nudged(&self, topic: Topic) {
        self.topics[topic as usize].notified().await;
    }

    /// Carries nudges between nodes by LISTEN and NOTIFY; while the server is away, polling goes on without it.
    pub(crate) fn listen(&self, connector: Arc<Connector>) {
        let topics = Arc::downgrade(&self.topics);
        tokio::spawn(crate::postgres::carry_nudges(connector, topics, Arc::clone(&self.ours)));
    }
}

//! Nodes: which processes live.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::id::NodeId;
use postrider_core::time::Timestamp;

statements! { "nodes":
    BEAT = "INSERT INTO nodes (id, role, started_at, heartbeat_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at";
    REMOVE = "DELETE FROM nodes WHERE id = $1";
    FORGET = "DELETE FROM nodes WHERE heartbeat_at <= $1";
    /// Changes nothing, but writes.
    TOUCH = "UPDATE schema_migrations SET name = name WHERE version = 1";
    ENGINE_SEEN = "SELECT MAX(heartbeat_at) FROM nodes WHERE role IN ('all', 'engine')";
}

/// A running process.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Its id, new with every start.
    pub id: NodeId,
    /// `all`, `api` or `engine`.
    pub role: &'static str,
    /// Since when it runs.
    pub started_at: Timestamp,
}

impl Tx<'_> {
    /// Says that a node lives.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn node_beat(&mut self, node: &Node, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&BEAT, &[id(node.id), node.role.into(), node.started_at.into(), now.into()]).map(drop)
    }

    /// Says that a node ends.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn node_remove(&mut self, node: NodeId) -> Result<(), StoreError> {
        self.execute(&REMOVE, &[id(node)]).map(drop)
    }

    /// Forgets nodes that were last heard of at or before an instant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn nodes_forget(&mut self, heard_until: Timestamp) -> Result<u64, StoreError> {
        self.execute(&FORGET, &[heard_until.into()])
    }

    /// Writes something that means nothing, to find out whether the database takes writes.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn touch(&mut self) -> Result<(), StoreError> {
        self.execute(&TOUCH, &[]).map(drop)
    }

    /// When a node that sends was last heard of.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn engine_seen(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.query_one(&ENGINE_SEEN, &[], Row::next)?.flatten())
    }
}

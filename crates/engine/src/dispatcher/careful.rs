//! Rendering after a crash: one message at a time, so that one that ends the process is found out.
//!
//! A message is blamed only if the process ended twice while it was rendered alone: a process can be killed at any
//! moment, and an innocent message must not fail for that. The rescuer draws the conclusion.

use super::compose::render_all;
use super::open::Open;
use crate::cluster::Cluster;
use postrider_store::StoreError;
use postrider_store::ledger::DueRow;

/// If a process ended in the middle of the chunk, renders and drops the messages that a lane of `window` could have
/// been at, each noted in the database and in the log before. Returns false if `stops` ended that early, or if the chunk is
/// in other hands.
pub(super) async fn rehearse(
    cluster: &Cluster,
    open: &Open,
    (rows, window): (&[DueRow], usize),
    stops: impl Fn() -> bool,
) -> Result<bool, StoreError> {
    let claim = open.claim;
    if claim.deaths == 0 || rows.is_empty() {
        return Ok(true);
    }
    let is_suspect = |row: &&DueRow| claim.suspect == Some(row.seq);
    let others = rows.iter().filter(|row| !is_suspect(row)).take(window);
    let alone = cluster.rendering.write().await;
    for row in rows.iter().filter(is_suspect).chain(others) {
        let seq = row.seq;
        if stops() || !cluster.store.write_guarded("chunk.composing", move |tx| tx.chunk_composing(&claim, seq)).await?
        {
            return Ok(false);
        }
        let (job, template_version) = (open.context.job, open.context.template_version);
        tracing::info!(%job, %template_version, recipient = seq, "rendering a message alone, because a process ended here");
        drop(render_all(&cluster.settings.public_url, &open.context, vec![row.clone()]));
    }
    let cleared = cluster.store.write_guarded("chunk.cleared", move |tx| tx.chunk_cleared(&claim)).await;
    drop(alone);
    cleared
}

//! Nudges between nodes, by LISTEN and NOTIFY on a connection of their own. Without them work starts later, but never wrongly.

use super::connection::Connector;
use crate::error::StoreError;
use crate::wake::TOPICS;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_postgres::AsyncMessage;

const CHANNEL: &str = "postrider_wake";
/// Pause before the next connection.
const PAUSE: Duration = Duration::from_secs(2);
/// How often the server is asked something when there is nothing to announce: a silent connection carries no nudges.
const PING: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Announces ours, passes on theirs, connects again after a pause when the server went away or silent, and ends when
/// the store is gone. Behind a pooler that shares connections LISTEN does not work, so nothing is carried.
pub(crate) async fn carry_nudges(connector: Arc<Connector>, topics: Weak<[Notify; TOPICS]>, ours: Arc<Notify>) {
    while topics.strong_count() > 0 {
        if !connector.is_pooled()
            && let Err(error) = carry_until_lost(&connector, &topics, &ours).await
        {
            tracing::debug!(%error, "carrying nudges between nodes was interrupted");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn carry_until_lost(
    connector: &Connector,
    topics: &Weak<[Notify; TOPICS]>,
    ours: &Notify,
) -> Result<(), StoreError> {
    let theirs = topics.clone();
    let pass_on = move |message: &AsyncMessage| {
        if let (AsyncMessage::Notification(_), Some(topics)) = (message, theirs.upgrade()) {
            topics.iter().for_each(Notify::notify_one);
        }
    };
    let (client, _driver) = connector.connect(pass_on).await?;
    let mut next = format!("LISTEN {CHANNEL}");
    while topics.strong_count() > 0 && !connector.is_pooled() {
        match timeout(ANSWER_MAX, client.batch_execute(&next)).await {
            Ok(answered) => answered.map_err(|error| super::failure(&error))?,
            Err(_) => return Err(super::transaction::silent(ANSWER_MAX.as_secs())),
        }
        next = match timeout(PING, ours.notified()).await {
            Ok(()) => format!("NOTIFY {CHANNEL}"),
            Err(_) => String::new(),
        };
    }
    Ok(())
}

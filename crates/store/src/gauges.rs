//! How much there is to do, for those who watch. All tenants, none of them named; only jobs that are not over are
//! looked at, so that the cost does not grow with what was sent before.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::Row;
use postrider_core::channel::ChannelKind;
use postrider_core::schedule::JobState;
use postrider_core::time::Timestamp;

statements! { "gauges":
    JOBS = "SELECT channel, state, COUNT(*) FROM schedule_jobs WHERE finished_at IS NULL GROUP BY channel, state \
        ORDER BY channel, state";
    LATE = "SELECT MIN(due_at) FROM schedule_jobs WHERE state = 'scheduled' AND due_at <= $1";
    QUEUES = "SELECT j.channel, CAST(SUM(c.pending) AS BIGINT), \
        CAST(SUM(CASE WHEN j.state = 'running' AND c.due_at <= $1 THEN c.pending ELSE 0 END) AS BIGINT), \
        CAST(SUM(c.in_flight) AS BIGINT), CAST(SUM(c.uncertain) AS BIGINT), \
        MIN(CASE WHEN j.state = 'running' AND c.state = 'ready' AND c.due_at <= $1 THEN c.due_at END), \
        CAST(SUM(CASE WHEN c.state = 'claimed' THEN 1 ELSE 0 END) AS BIGINT), \
        CAST(SUM(CASE WHEN c.state = 'claimed' AND c.lease_until <= $1 THEN 1 ELSE 0 END) AS BIGINT) \
        FROM schedule_jobs j JOIN manifests m ON m.schedule_id = j.id JOIN chunks c ON c.manifest_number = m.number \
        WHERE j.finished_at IS NULL GROUP BY j.channel ORDER BY j.channel";
    NODES = "SELECT role, COUNT(*) FROM nodes WHERE heartbeat_at > $1 GROUP BY role ORDER BY role";
}

/// What waits on a channel, over all jobs that are not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Channel.
    pub channel: ChannelKind,
    /// Recipients that are still to be sent to.
    pub pending: i64,
    /// Of these, due now in a job that runs.
    pub due: i64,
    /// Recipients of whom no answer has come yet.
    pub in_flight: i64,
    /// Recipients of whom nobody knows.
    pub uncertain: i64,
    /// Since when the chunk that waits longest is due.
    pub oldest_due_at: Option<Timestamp>,
    /// Chunks that somebody works on.
    pub claimed: i64,
    /// Of these, those whose lease has run out.
    pub expired: i64,
}

/// How much there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gauges {
    /// Jobs that are not over, by channel and state.
    pub jobs: Vec<(ChannelKind, JobState, i64)>,
    /// Since when the job that waits longest to begin is due.
    pub oldest_job_due_at: Option<Timestamp>,
    /// By channel; one on which nothing is to do is absent.
    pub queues: Vec<Queue>,
    /// Nodes that live, by role.
    pub nodes: Vec<(String, i64)>,
}

impl Tx<'_> {
    /// How much there is to do at `now`. Nodes live that were heard of after `dead_since`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn gauges(&mut self, now: Timestamp, dead_since: Timestamp) -> Result<Gauges, StoreError> {
        Ok(Gauges {
            jobs: self.query_as(&JOBS, &[], |row| {
                Ok((row.word(ChannelKind::parse)?, row.word(JobState::parse)?, row.next()?))
            })?,
            oldest_job_due_at: self.query_one(&LATE, &[now.into()], Row::next)?.flatten(),
            queues: self.query_as(&QUEUES, &[now.into()], |row| {
                Ok(Queue {
                    channel: row.word(ChannelKind::parse)?,
                    pending: row.next()?,
                    due: row.next()?,
                    in_flight: row.next()?,
                    uncertain: row.next()?,
                    oldest_due_at: row.next()?,
                    claimed: row.next()?,
                    expired: row.next()?,
                })
            })?,
            nodes: self.query_as(&NODES, &[dead_since.into()], |row| Ok((row.next()?, row.next()?)))?,
        })
    }
}

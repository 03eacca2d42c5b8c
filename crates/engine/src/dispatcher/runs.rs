//! Runs of refusals that say the same, job by job, over all lanes of a channel.
//!
//! The failures of a run are undone when a lane looks for work or ends, in a transaction of its own: these recipients are
//! in the chunks of many lanes. All of it is in memory: after a restart a new run begins.

use super::connections::LaneNumber;
use super::context::Context;
use super::turn::Answer;
use crate::cluster::Cluster;
use postrider_core::channel::{Outcome, Refusal};
use postrider_core::delivery::alike::{Failure, Run, Window};
use postrider_core::id::{ScheduleId, TenantId};
use postrider_store::StoreError;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Jobs that are remembered at once; the oldest are forgotten first.
const REMEMBERED_MAX: usize = 256;

/// The jobs of a channel, by the number of their manifest.
#[derive(Default)]
pub(super) struct Runs(Mutex<BTreeMap<i64, Remembered>>);

struct Remembered {
    run: Run,
    job: (TenantId, ScheduleId),
    /// Whether the job is held for a run that came to its end.
    is_held: bool,
    /// Failures of a run that came to its end, until nobody can record one of them any more.
    to_take_back: Vec<Failure>,
}

impl Runs {
    /// Adds the provider's answer about a recipient. Returns why the job has to be held, once it has to be.
    pub(super) fn take(
        &self,
        context: &Context,
        manifest: i64,
        (outcome, answer): (&Outcome, &Answer),
        (domain, window): (&str, Window),
    ) -> Option<Refusal> {
        if context.is_test {
            return None;
        }
        self.with(|jobs| {
            while jobs.len() >= REMEMBERED_MAX && !jobs.contains_key(&manifest) {
                jobs.pop_first();
            }
            let job = (context.tenant, context.job);
            let remembered = jobs.entry(manifest).or_insert_with(|| Remembered {
                run: Run::default(),
                job,
                is_held: false,
                to_take_back: Vec::new(),
            });
            let change = &answer.change;
            let failure = Failure { seq: change.seq, attempts: change.attempts };
            let (failures, refusal) = remembered.run.take(outcome, failure, change.to, (domain, window))?;
            remembered.to_take_back.extend(failures);
            Some(refusal)
        })
    }

    /// A window of a job that leaves now over a lane.
    pub(super) fn window(&self, manifest: i64, lane: LaneNumber) -> Window {
        let began = self.with(|jobs| jobs.get(&manifest).map_or(0, |job| job.run.answers()));
        Window { lane, began }
    }

    /// Whether a run of a job came to its end and the job is not held yet: nothing more is marked.
    pub(super) fn awaits_hold(&self, manifest: i64) -> bool {
        self.with(|jobs| jobs.get(&manifest).is_some_and(|job| job.run.is_over() && !job.is_held))
    }

    /// Whether the job was held for a run and is not known to be resumed.
    pub(super) fn is_held(&self, manifest: i64) -> bool {
        self.with(|jobs| jobs.get(&manifest).is_some_and(|job| job.is_held))
    }

    /// Recipients were marked, in a transaction begun after the hold: the job was resumed.
    pub(super) fn resumed(&self, manifest: i64) {
        self.with(|jobs| {
            if let Some(job) = jobs.get_mut(&manifest).filter(|job| job.is_held) {
                job.is_held = false;
                job.run.resume();
                // Who fails from here on fails anew.
                job.to_take_back.clear();
            }
        });
    }

    /// The job was held after a run, or could not be: then it goes on.
    pub(super) fn held(&self, manifest: i64, is_held: bool) {
        self.with(|jobs| {
            if let Some(job) = jobs.get_mut(&manifest).filter(|job| job.run.is_over()) {
                job.is_held = is_held;
                if !is_held {
                    job.run.resume();
                }
            }
        });
    }

    /// Takes failures back that lanes have recorded since a run came to its end.
    pub(super) async fn take_back(&self, cluster: &Cluster) -> Result<(), StoreError> {
        let waiting = self.with(|jobs| {
            let waiting = jobs.iter().filter(|(_, job)| !job.to_take_back.is_empty());
            waiting.map(|(&manifest, job)| (manifest, job.job, job.to_take_back.clone())).collect::<Vec<_>>()
        });
        for (manifest, job, failures) in waiting {
            // Who holds a chunk now may still record one.
            let is_held = cluster.held.claims().iter().any(|claim| claim.key.manifest == manifest);
            let now = cluster.now();
            let back = cluster
                .store
                .write_guarded("job.take_back", move |tx| tx.failures_take_back(job, manifest, &failures, now));
            back.await?;
            if !is_held {
                self.with(|jobs| {
                    if let Some(remembered) = jobs.get_mut(&manifest) {
                        remembered.to_take_back.clear();
                    }
                });
            }
        }
        Ok(())
    }

    /// Does so for a lane that ends and will not look again.
    pub(super) async fn take_back_last(&self, cluster: &Cluster) {
        if let Err(error) = self.take_back(cluster).await {
            tracing::warn!(%error, "undoing failures that are not the recipients' fault failed");
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut BTreeMap<i64, Remembered>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! Runs the futures of all nodes, one at a time, in an order that depends on nothing but the seed.
//!
//! A wake only makes a future ready; of the ready ones the one that was spawned first goes first. So it does not
//! matter in which order, or from which thread, a runtime would have woken them. Invariant: between two turns every
//! future stands at a gate or waits for another one.

use postrider_core::env::BoxFuture;
use postrider_engine::Spawn;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::{Notify, oneshot};

/// What wakers and handles share with the scheduler.
#[derive(Default)]
struct Desk {
    state: Mutex<DeskState>,
    woken: Notify,
}

#[derive(Default)]
struct DeskState {
    last: u64,
    spawned: Vec<(u64, usize, BoxFuture<'static, ()>)>,
    ready: BTreeSet<u64>,
    dropped: Vec<u64>,
}

impl Desk {
    fn with<R>(&self, act: impl FnOnce(&mut DeskState) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Flag {
    id: u64,
    desk: Arc<Desk>,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.desk.with(|desk| desk.ready.insert(self.id));
        self.desk.woken.notify_one();
    }
}

/// Ends its future when dropped.
struct Handle {
    id: u64,
    desk: Arc<Desk>,
    ended: oneshot::Receiver<()>,
}

impl Future for Handle {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.ended).poll(cx).map(drop)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.desk.with(|desk| desk.dropped.push(self.id));
    }
}

struct Running {
    owner: usize,
    future: BoxFuture<'static, ()>,
    waker: Waker,
}

/// The scheduler.
#[derive(Default)]
pub(crate) struct Scheduler {
    desk: Arc<Desk>,
    running: BTreeMap<u64, Running>,
}

impl Scheduler {
    /// How a node starts futures of its own.
    pub(crate) fn spawner(&self, owner: usize) -> Arc<Spawn> {
        let desk = Arc::clone(&self.desk);
        Arc::new(move |future: BoxFuture<'static, ()>| {
            let (end, ended) = oneshot::channel();
            let future = Box::pin(async move {
                future.await;
                let _ = end.send(());
            });
            let id = desk.with(|desk| {
                desk.last += 1;
                desk.spawned.push((desk.last, owner, future));
                desk.last
            });
            Box::pin(Handle { id, desk: Arc::clone(&desk), ended })
        })
    }

    /// Polls until nothing is ready.
    pub(crate) fn run_until_stalled(&mut self) {
        loop {
            self.tidy();
            let Some(id) = self.desk.with(|desk| desk.ready.pop_first()) else { return };
            let Some(running) = self.running.get_mut(&id) else { continue };
            let mut context = Context::from_waker(&running.waker);
            if running.future.as_mut().poll(&mut context).is_ready() {
                self.running.remove(&id);
            }
        }
    }

    /// Waits until something has become ready, from outside.
    pub(crate) async fn woken(&self) {
        self.desk.woken.notified().await;
    }

    /// Drops everything of an owner where it stands.
    pub(crate) fn crash(&mut self, owner: usize) {
        self.tidy();
        self.running.retain(|_, running| running.owner != owner);
        self.run_until_stalled();
    }

    /// Whether nothing of an owner is left.
    pub(crate) fn is_gone(&self, owner: usize) -> bool {
        !self.running.values().any(|running| running.owner == owner)
    }

    /// Takes in what was spawned, and drops what nobody waits for any more.
    fn tidy(&mut self) {
        loop {
            let (spawned, dropped) =
                self.desk.with(|desk| (std::mem::take(&mut desk.spawned), std::mem::take(&mut desk.dropped)));
            if spawned.is_empty() && dropped.is_empty() {
                return;
            }
            for (id, owner, future) in spawned {
                let waker = Waker::from(Arc::new(Flag { id, desk: Arc::clone(&self.desk) }));
                self.running.insert(id, Running { owner, future, waker });
                self.desk.with(|desk| desk.ready.insert(id));
            }
            for id in dropped {
                // Its own drop may drop further handles.
                drop(self.running.remove(&id));
            }
        }
    }
}

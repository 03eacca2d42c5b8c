//! An endpoint of webhooks that remembers every event that it got.

use crate::chance::Stream;
use crate::faults::Climate;
use crate::gate::{Pass, Place};
use postrider_core::env::BoxFuture;
use postrider_core::webhook::{NotDelivered, Post, Received, WebhookClient};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Where it listens.
pub(crate) const URL: &str = "https://hooks.example.com/";

/// What the endpoint does with an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Takes,
    /// Takes the event; its answer is lost.
    TakesAndFallsSilent,
    Refuses,
}

/// An event that the endpoint took: its id and its body.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) event: String,
    pub(crate) body: String,
}

struct State {
    told: Vec<Told>,
    chance: Stream,
    climate: Climate,
    /// What it does with the next events, instead of a random choice.
    script: VecDeque<Reply>,
}

/// The endpoint, the same for all nodes.
#[derive(Clone)]
pub(crate) struct Listener(Arc<Mutex<State>>);

impl Listener {
    pub(crate) fn new(chance: Stream, climate: Climate) -> Self {
        Self(Arc::new(Mutex::new(State { told: Vec::new(), chance, climate, script: VecDeque::new() })))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing goes wrong from now on.
    pub(crate) fn calm_down(&self) {
        self.with(|state| state.climate = Climate::calm());
    }

    /// Says what it does with the next events.
    #[cfg(test)]
    pub(crate) fn script(&self, replies: &[Reply]) {
        self.with(|state| state.script.extend(replies));
    }

    /// Everything that it took, in order.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.with(|state| state.told.clone())
    }

    /// The way to it for one node.
    pub(crate) fn client(&self, pass: Pass) -> Arc<dyn WebhookClient> {
        Arc::new(SimClient { listener: self.clone(), pass })
    }

    fn take(&self, post: &Post) -> Result<Received, NotDelivered> {
        let answered = |status| Ok(Received { status, retry_after: None, excerpt: String::new() });
        self.with(|state| {
            let reply = state.reply();
            if !matches!(reply, Reply::Refuses) {
                state.told.push(Told { event: post.id.clone(), body: post.body.clone() });
            }
            match reply {
                Reply::Takes => answered(200),
                Reply::TakesAndFallsSilent => Err(NotDelivered { reason: "timeout", text: "No answer came.".into() }),
                Reply::Refuses => answered(503),
            }
        })
    }
}

impl State {
    fn reply(&mut self) -> Reply {
        if let Some(reply) = self.script.pop_front() {
            return reply;
        }
        match self.chance.permille(self.climate.provider) {
            true => self.chance.pick(&[Reply::TakesAndFallsSilent, Reply::Refuses]),
            false => Reply::Takes,
        }
    }
}

struct SimClient {
    listener: Listener,
    pass: Pass,
}

impl WebhookClient for SimClient {
    fn post(&self, post: Post) -> BoxFuture<'static, Result<Received, NotDelivered>> {
        let (listener, pass) = (self.listener.clone(), self.pass.clone());
        Box::pin(async move {
            drop(pass.gate.pass(pass.owner, Place::Post(post.id.clone())).await);
            let answer = listener.take(&post);
            drop(pass.gate.pass(pass.owner, Place::Receipt).await);
            answer
        })
    }
}

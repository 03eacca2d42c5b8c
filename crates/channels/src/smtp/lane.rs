//! A lane: one connection kept open from window to window.
//!
//! Invariant: `send` answers every message of its window; a connection that was interrupted is never used again.

use super::connection::{Connection, NoLine};
use super::conversation::converse;
use super::route::Route;
use crate::refusal::Stop;
use postrider_core::channel::{Lane, Line, Message, Obstacle, Outcome};
use postrider_core::env::BoxFuture;
use std::sync::Arc;
use tracing::debug;

/// Stable reason: the caller that handed the window over ended the wait.
const CUT_OFF: &str = "cut_off";

/// One ordered conversation with the server.
pub(super) struct SmtpLane {
    route: Arc<Route>,
    /// Taken out while in use, so a send that is dropped half-way leaves none behind.
    kept: Option<Connection>,
    /// The listener.
    line: Arc<dyn Line>,
}

impl SmtpLane {
    pub(super) fn new(route: Arc<Route>) -> Self {
        Self { route, kept: None, line: Arc::new(NoLine) }
    }

    async fn send_window(&mut self, window: &[Message]) -> Vec<Outcome> {
        let mut outcomes = vec![None; window.len()];
        let (mut flying, line) = (None, Arc::clone(&self.line));
        let left_over = tokio::select! {
            left_over = self.fill(window, &mut outcomes, &mut flying) => left_over,
            () = line.cut() => {
                let stop = Stop { obstacle: Obstacle::Caller, ..Stop::route(CUT_OFF, "The wait for the server was ended.") };
                if let Some(index) = flying {
                    outcomes[index] = Some(Outcome::Uncertain(stop.refusal.clone()));
                }
                Some(stop)
            }
        };
        // Without a reason every place has been filled.
        let rest = left_over.unwrap_or_else(|| Stop::route("not_sent", "The window ended early."));
        let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| rest.clone().into()));
        outcomes.map(|outcome| self.route.described(outcome)).collect()
    }

    /// Fills in outcomes; answers why those still missing did not leave.
    async fn fill(
        &mut self,
        window: &[Message],
        outcomes: &mut [Option<Outcome>],
        flying: &mut Option<usize>,
    ) -> Option<Stop> {
        if window.is_empty() {
            return None;
        }
        let mut may_reconnect = true;
        loop {
            let (mut connection, was_kept) = match self.kept_connection().await {
                Some(connection) => (connection, true),
                None => match self.route.open(&self.line).await {
                    Ok(connection) => (connection, false),
                    Err(broken) => {
                        debug!(reason = broken.stop.refusal.reason, "no conversation with the mail server");
                        return Some(broken.stop);
                    }
                },
            };
            let Err(end) = converse(&mut connection, window, outcomes, flying).await else {
                self.kept = Some(connection);
                return None;
            };
            *flying = None;
            debug!(reason = end.stop.refusal.reason, "the conversation with the mail server ended early");
            if let Some(index) = end.in_doubt {
                outcomes[index] = Some(Outcome::Uncertain(end.stop.refusal.clone()));
                return Some(end.stop);
            }
            // Servers close connections that lay idle or carried enough; a message that had not begun to leave
            // then deserves one more. A server that closes at once gets no second call.
            let worked_before = was_kept || connection.has_delivered;
            if !(may_reconnect && end.try_again && worked_before) {
                return Some(end.stop);
            }
            may_reconnect = false;
        }
    }

    async fn kept_connection(&mut self) -> Option<Connection> {
        let mut connection = self.kept.take()?;
        connection.is_fresh().await.then_some(connection)
    }
}

impl Lane for SmtpLane {
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(self.send_window(window))
    }

    fn listen(&mut self, line: Arc<dyn Line>) {
        self.line = line;
    }

    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Some(mut connection) = self.kept.take() {
                connection.quit().await;
            }
        })
    }
}

//! One way to a mail server, shared by its lanes.

use super::config::{Security, SmtpConfig};
use super::connection::{Broken, Connection, NoLine};
use super::opening::Opening;
use super::timeouts::SmtpTimeouts;
use super::tls::Tls;
use crate::refusal::{TEXT_CHARS_MAX, printable};
use postrider_core::channel::{Line, Outcome, ProbeReport, ProbeStep};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One way to a mail server.
pub(super) struct Route {
    pub(super) config: SmtpConfig,
    pub(super) timeouts: SmtpTimeouts,
    pub(super) tls: Tls,
    /// Whether the server has offered STARTTLS since this process started.
    pub(super) has_offered_tls: AtomicBool,
    has_reported_plain: AtomicBool,
}

impl Route {
    pub(super) const fn new(config: SmtpConfig, timeouts: SmtpTimeouts, tls: Tls) -> Self {
        let (has_offered_tls, has_reported_plain) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { config, timeouts, tls, has_offered_tls, has_reported_plain }
    }

    /// Opens a conversation that is ready for MAIL.
    pub(super) async fn open(&self, line: &Arc<dyn Line>) -> Result<Connection, Broken> {
        let connection = Opening::new(self, self.timeouts, Arc::clone(line)).open().await?;
        if !connection.wire.is_encrypted() && !self.has_reported_plain.swap(true, Ordering::Relaxed) {
            self.report_plain(&connection);
        }
        Ok(connection)
    }

    fn report_plain(&self, connection: &Connection) {
        let server = self.config.place();
        if connection.wire.tcp().peer_addr().is_ok_and(|address| address.ip().is_loopback()) {
            tracing::info!(server, "mail leaves unencrypted, to a server on this machine");
        } else if self.config.security == Security::None {
            tracing::warn!(server, "mail leaves unencrypted, because channels.email.url says tls=none");
        } else {
            tracing::warn!(
                server,
                "mail leaves unencrypted, because the server does not offer STARTTLS; tls=required would refuse that"
            );
        }
    }

    /// Opens a conversation, ends it politely, and reports each step. Nothing is sent.
    pub(super) async fn probe(&self, timeouts: SmtpTimeouts) -> ProbeReport {
        let mut opening = Opening::new(self, timeouts, Arc::new(NoLine));
        let mut encrypted = None;
        match opening.open().await {
            Ok(mut connection) => {
                encrypted = Some(connection.wire.is_encrypted());
                connection.quit().await;
            }
            Err(broken) => {
                opening.seen.push(ProbeStep { name: opening.step, result: Err(broken.stop.refusal) });
            }
        }
        ProbeReport { target: self.config.place(), encrypted, steps: opening.seen }
    }

    /// Adds where it happened to an outcome that is not about one recipient.
    pub(super) fn described(&self, mut outcome: Outcome) -> Outcome {
        if let Outcome::NotAttempted { refusal, .. } | Outcome::Uncertain(refusal) = &mut outcome {
            refusal.text = printable(&format!("{}: {}", self.config.place(), refusal.text), TEXT_CHARS_MAX);
        }
        outcome
    }
}

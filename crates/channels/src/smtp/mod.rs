//! Email over SMTP (RFC 5321), pipelined where the server offers it (RFC 2920).
//!
//! Not here: what a message says, and when it is tried again. Invariant: at most one body is on the way without its
//! final reply on each connection, so a broken connection leaves at most one message in doubt.

mod address;
mod classify;
#[cfg(test)]
mod classify_tests;
mod config;
mod connection;
mod conversation;
pub(crate) mod envelope;
mod lane;
pub(crate) mod mime;
mod opening;
mod phrases;
mod reply;
mod route;
mod timeouts;
mod tls;
mod wait;
mod words;
#[cfg(test)]
mod words_tests;

pub use config::{SmtpConfig, SmtpUrlError};
pub use timeouts::SmtpTimeouts;
pub use tls::SmtpTlsError;

use lane::SmtpLane;
use postrider_core::channel::{Channel, ChannelKind, Lane, ProbeReport};
use postrider_core::env::BoxFuture;
use route::Route;
use std::sync::Arc;

/// Email through one server.
pub struct SmtpChannel {
    route: Arc<Route>,
}

impl SmtpChannel {
    /// A channel with the default waiting times. Nothing is connected.
    ///
    /// # Errors
    /// The certificates of the platform or of `ca_file` cannot be read.
    pub fn new(config: SmtpConfig) -> Result<Self, SmtpTlsError> {
        Self::with_timeouts(config, SmtpTimeouts::default())
    }

    /// A channel with other waiting times.
    ///
    /// # Errors
    /// As [`SmtpChannel::new`].
    pub fn with_timeouts(config: SmtpConfig, timeouts: SmtpTimeouts) -> Result<Self, SmtpTlsError> {
        let tls = tls::client(&config)?;
        Ok(Self { route: Arc::new(Route::new(config, timeouts, tls)) })
    }
}

impl Channel for SmtpChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn lane(&self) -> Box<dyn Lane> {
        Box::new(SmtpLane::new(Arc::clone(&self.route)))
    }

    fn probe(&self) -> BoxFuture<'_, ProbeReport> {
        Box::pin(self.route.probe(SmtpTimeouts::PROBE))
    }
}

//! Posts events over HTTP.
//!
//! Not here: when, how often, and what is signed; the engine decides that. Invariants: what is connected to is an address
//! that was judged, never a name that is looked up once more (so no DNS rebinding); a redirection is an answer like any
//! other and is not followed; every post ends within its time, and of an answer only its beginning is read.

mod connect;
mod exchange;

use crate::trust;
use postrider_core::env::BoxFuture;
use postrider_core::webhook::{NotDelivered, Post, Received, TargetPolicy, WebhookClient};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Looks a name up: all its addresses, or why there are none.
pub type Resolve = dyn Fn(String, u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, String>> + Send + Sync;

/// How events leave.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// What may be reached.
    pub policy: TargetPolicy,
    /// How long one post may take as a whole.
    pub timeout: Duration,
    /// Certificates to trust in place of the platform's.
    pub ca_file: Option<PathBuf>,
}

/// The way out for events.
pub struct HttpWebhooks {
    shared: Arc<Shared>,
}

struct Shared {
    config: HttpConfig,
    /// Ready for handshakes, or why there can be none.
    tls: Result<TlsConnector, String>,
    resolve: Box<Resolve>,
}

impl HttpWebhooks {
    /// A way out that looks names up as the system does.
    ///
    /// # Errors
    /// One sentence if the `ca_file` cannot be read.
    pub fn new(config: HttpConfig) -> Result<Self, String> {
        Self::resolving(config, Box::new(connect::resolve))
    }

    /// A way out that looks names up as it is told.
    ///
    /// # Errors
    /// As [`HttpWebhooks::new`].
    pub fn resolving(config: HttpConfig, resolve: Box<Resolve>) -> Result<Self, String> {
        let client = match &config.ca_file {
            Some(path) => Ok(trust::file(path)?),
            // A platform without certificates is no error yet: perhaps nobody wants to know of anything.
            None => trust::platform(),
        };
        let tls = client.map(|mut client| {
            client.alpn_protocols = vec![b"http/1.1".to_vec()];
            TlsConnector::from(Arc::new(client))
        });
        Ok(Self { shared: Arc::new(Shared { config, tls, resolve }) })
    }
}

impl WebhookClient for HttpWebhooks {
    fn post(&self, post: Post) -> BoxFuture<'static, Result<Received, NotDelivered>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            match timeout(shared.config.timeout, shared.post(post)).await {
                Ok(result) => result,
                Err(_) => {
                    let text = format!("There was no answer within {} ms.", shared.config.timeout.as_millis());
                    Err(NotDelivered { reason: "timeout", text })
                }
            }
        })
    }
}

impl Shared {
    async fn post(&self, post: Post) -> Result<Received, NotDelivered> {
        let wire = connect::open(self, &post.target).await?;
        exchange::exchange(wire, &post).await
    }
}

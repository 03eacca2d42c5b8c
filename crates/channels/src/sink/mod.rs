//! A small real mail server on this machine, for the demonstration and for tests.
//!
//! It takes mail, counts it, and keeps as little as it is asked to. Not here: relaying, and anything a public server
//! needs. Invariant: a message is counted exactly when its whole text arrived and the answer was to be a success.

mod commands;
mod mailbox;
mod message;
mod script;
mod session;
mod words;

pub use mailbox::ReceivedMail;
pub use script::{Answer, Hook, Step, Verb};

use mailbox::Mailbox;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// How many messages are kept unless somebody asks for more.
const KEEP_MESSAGES: usize = 3;
/// Pause after a connection could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What a sink offers, keeps and pretends.
#[derive(Clone)]
pub struct SinkOptions {
    /// Announce PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// Announce 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// Announce SIZE and refuse what is larger, in bytes (RFC 1870).
    pub size_bytes_max: Option<usize>,
    /// Offer STARTTLS with this certificate.
    pub tls: Option<SinkTls>,
    /// Ask for this user and password.
    pub login: Option<(String, String)>,
    /// How many messages are kept whole, the first ones.
    pub keep_messages: usize,
    /// Count messages for each recipient; costs memory for each address.
    pub count_recipients: bool,
    /// Write every message into this folder, as `1.eml`, `2.eml` and so on.
    pub folder: Option<PathBuf>,
    /// Decides the answers; without one everything is accepted.
    pub hook: Option<Hook>,
    /// Write each batch of replies in two pieces, the first of so many bytes.
    pub split_replies_at: Option<usize>,
}

/// Certificate and key of a sink, in PEM.
#[derive(Clone)]
pub struct SinkTls {
    /// The certificate, and those that signed it.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: String,
    /// TLS from the first byte instead of STARTTLS.
    pub implicit: bool,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            pipelining: true,
            smtputf8: true,
            size_bytes_max: None,
            tls: None,
            login: None,
            keep_messages: KEEP_MESSAGES,
            count_recipients: false,
            folder: None,
            hook: None,
            split_replies_at: None,
        }
    }
}

/// What the sessions of one sink share.
struct Shared {
    options: SinkOptions,
    acceptor: Option<TlsAcceptor>,
    mailbox: Mailbox,
}

/// A running sink. Dropping it stops it.
pub struct Sink {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Sink {
    /// Listens on an address (port 0 for any) and answers in the background.
    ///
    /// # Errors
    /// The address is taken, the certificate cannot be used, or the folder cannot be made.
    pub async fn start(listen: SocketAddr, options: SinkOptions) -> io::Result<Self> {
        let acceptor = options.tls.as_ref().map(acceptor).transpose()?;
        if let Some(folder) = &options.folder {
            tokio::fs::create_dir_all(folder).await?;
        }
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let mailbox = Mailbox::new(&options);
        let shared = Arc::new(Shared { options, acceptor, mailbox });
        let listening = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, listening })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many messages it has taken.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.shared.mailbox.received()
    }

    /// The first messages, as many as were to be kept.
    #[must_use]
    pub fn kept(&self) -> Vec<ReceivedMail> {
        self.shared.mailbox.kept()
    }

    /// Messages for each recipient; empty unless they were to be counted.
    #[must_use]
    pub fn recipients(&self) -> HashMap<String, u64> {
        self.shared.mailbox.recipients()
    }

    /// What clients did that they must not: commands in groups that were not offered, and bare CR, LF or NUL.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.shared.mailbox.violations()
    }

    /// Stops listening and ends all conversations.
    pub async fn stop(mut self) {
        self.listening.abort();
        let _cancelled = (&mut self.listening).await;
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes connections until it is aborted; its sessions end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    loop {
        while sessions.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                sessions.spawn(session::run(stream, Arc::clone(&shared)));
            }
            // Mostly there are too many open files; others must close some first.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn acceptor(tls: &SinkTls) -> io::Result<TlsAcceptor> {
    let invalid = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
    let chain = CertificateDer::pem_slice_iter(tls.certificate_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(&error))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key_pem.as_bytes()).map_err(|error| invalid(&error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| invalid(&error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

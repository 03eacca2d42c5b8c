//! Connections: made to the first host that answers, kept in a pool, and thrown away as soon as one is found silent.

use super::url::{CONNECT_ALL_MAX, Host};
use super::{failure, words};
use crate::error::StoreError;
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Error, NoTls, SimpleQueryMessage, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection that was idle for longer is asked whether it still answers before it is used.
const FRESH: Duration = Duration::from_secs(1);
/// How long it may take to say so.
const PING_MAX: Duration = Duration::from_secs(2);

/// Asks which process of the server serves us; it changes between transactions behind a pooler that shares connections.
pub(super) const WHO: &str = "SELECT pg_backend_pid()";

/// Makes connections.
pub(crate) struct Connector {
    hosts: Vec<Host>,
    tls: Option<MakeRustlsConnect>,
    /// Connections that answered last before this instant are not used again: one of them was found silent then.
    distrusted: Mutex<Instant>,
    is_pooled: Arc<AtomicBool>,
}

/// Reads what the server sends; dropping it closes the connection.
pub(super) type Driver = JoinSet<()>;

/// A connection with its prepared statements.
pub(crate) struct Connection {
    pub(super) client: Client,
    /// The process of the server that answered first.
    pub(super) process: String,
    /// When it answered last.
    pub(super) answered: Instant,
    statements: Mutex<HashMap<String, Statement>>,
    is_pooled: Arc<AtomicBool>,
    _driver: Driver,
}

impl Connector {
    pub(super) fn new(hosts: Vec<Host>) -> Result<Self, StoreError> {
        let is_plain = hosts.iter().all(|host| host.config.get_ssl_mode() == SslMode::Disable);
        let tls = if is_plain { None } else { Some(tls()?) };
        Ok(Self { hosts, tls, distrusted: Mutex::new(Instant::now()), is_pooled: Arc::default() })
    }

    /// Whether a pooler serves each transaction by any of its connections: nothing outlasts a transaction then.
    pub(super) fn is_pooled(&self) -> bool {
        self.is_pooled.load(Ordering::Relaxed)
    }

    /// Notes that a pooler shares connections between transactions.
    pub(super) fn found_pooled(&self) {
        if !self.is_pooled.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "the database is behind a pooler that shares connections: statements are prepared in each transaction, \
                and nudges between nodes are replaced by polling"
            );
        }
    }

    /// Notes that a connection was found silent: those that have not answered since are not used again.
    pub(super) fn distrust(&self) {
        *self.distrusted.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Connects to the first host that accepts, within [`CONNECT_ALL_MAX`], of which a silent host uses only its share, and
    /// passes to `notified` what the server sends unasked.
    ///
    /// # Errors
    /// What each host said; [`StoreError::Silent`] if none of them said anything.
    pub(super) async fn connect(
        &self,
        notified: impl Fn(&AsyncMessage) + Send + Clone + 'static,
    ) -> Result<(Client, Driver), StoreError> {
        let (mut said, mut is_silent) = (Vec::new(), true);
        let until = Instant::now() + CONNECT_ALL_MAX;
        for (host, untried) in self.hosts.iter().zip((1..=self.hosts.len()).rev()) {
            let share = until.saturating_duration_since(Instant::now()) / u32::try_from(untried).unwrap_or(1);
            let limit = host.connect_max().min(share);
            let connected = match &self.tls {
                None => timeout(limit, to(host, NoTls, notified.clone())).await,
                Some(tls) => timeout(limit, to(host, tls.clone(), notified.clone())).await,
            };
            let why = match connected {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => {
                    is_silent = false;
                    words(&error)
                }
                Err(_) => format!("no answer within {:.0} s", limit.as_secs_f64()),
            };
            said.push(if self.hosts.len() > 1 { format!("{} said: {why}", host.name) } else { why });
        }
        let said = said.join("; ");
        Err(if is_silent { StoreError::Silent(said) } else { StoreError::Down(said) })
    }
}

async fn to<T>(
    host: &Host,
    tls: T,
    notified: impl Fn(&AsyncMessage) + Send + 'static,
) -> Result<(Client, Driver), Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, mut connection) = host.config.connect(tls).await?;
    let mut driver = Driver::new();
    driver.spawn(async move {
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            notified(&message);
        }
    });
    Ok((client, driver))
}

/// The connector as the pool knows it.
pub(crate) struct Pooled(pub(super) Arc<Connector>);

impl Manager for Pooled {
    type Type = Connection;
    type Error = StoreError;

    async fn create(&self) -> Result<Connection, StoreError> {
        let connector = &self.0;
        let (client, driver) = connector.connect(|_| {}).await?;
        let asked = timeout(PING_MAX, client.simple_query(WHO)).await;
        let answer = asked.map_err(|_| super::transaction::silent(PING_MAX.as_secs()))?;
        Ok(Connection {
            process: process(&answer.map_err(|error| failure(&error))?),
            client,
            answered: Instant::now(),
            statements: Mutex::default(),
            is_pooled: Arc::clone(&connector.is_pooled),
            _driver: driver,
        })
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<StoreError> {
        let distrusted = *self.0.distrusted.lock().unwrap_or_else(PoisonError::into_inner);
        if connection.client.is_closed() || connection.answered < distrusted {
            return Err(RecycleError::message("it is closed or not to be trusted"));
        }
        if connection.answered.elapsed() > FRESH {
            match timeout(PING_MAX, connection.client.batch_execute("")).await {
                Ok(answered) => answered.map_err(|error| RecycleError::Backend(failure(&error)))?,
                Err(_) => {
                    self.0.distrust();
                    return Err(RecycleError::message("it is silent"));
                }
            }
        }
        Ok(())
    }
}

impl Connection {
    /// A prepared statement: kept for the next time, unless it would not be there then.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        if self.is_pooled.load(Ordering::Relaxed) {
            // Dropped after its use, within the transaction, it is gone from the server before the next client comes.
            return self.client.prepare(sql).await;
        }
        let known = self.with_statements(|statements| statements.get(sql).cloned());
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        self.with_statements(|statements| statements.insert(sql.to_owned(), statement.clone()));
        Ok(statement)
    }

    fn with_statements<R>(&self, act: impl FnOnce(&mut HashMap<String, Statement>) -> R) -> R {
        act(&mut self.statements.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The process of the server that answered [`WHO`].
pub(super) fn process(messages: &[SimpleQueryMessage]) -> String {
    let row = messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.unwrap_or_default().to_owned()
}

fn tls() -> Result<MakeRustlsConnect, StoreError> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| StoreError::Failed(format!("TLS cannot be set up: {error}")))?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

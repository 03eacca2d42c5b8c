//! PostgreSQL: a pool of connections, any number of nodes.
//!
//! The driver is asynchronous, a unit of work is not: it runs on a blocking thread and waits there, so a dropped
//! request can never leave a transaction half done.

use crate::error::StoreError;
use crate::health::{Health, Trouble};
use crate::tx::{Inner, Tx};
use crate::value::{Row, Value};
use crate::wake::TOPICS;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use std::error::Error as _;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, NoTls};

/// Connections of one process.
const POOL_MAX: usize = 16;
/// How long to wait for the server, in seconds.
const CONNECT_TIMEOUT_S: u64 = 10;

pub(crate) struct Postgres {
    pool: Pool,
    pub(crate) config: Config,
}

pub(crate) struct PostgresTx<'a> {
    client: &'a Object,
    runtime: &'a Handle,
}

/// What the transaction promises.
#[derive(Clone, Copy)]
pub(crate) enum Isolation {
    /// One snapshot, nothing is written.
    Snapshot,
    /// As if alone; conflicts are tried again.
    Serializable,
    /// Each statement sees what is committed; leases and fences guard the rows.
    ReadCommitted,
}

impl Isolation {
    const fn begin(self) -> &'static str {
        match self {
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Self::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }
}

impl Postgres {
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let mut config =
            config(url).map_err(|error| StoreError::Failed(format!("the URL is not understood: {error}")))?;
        config.connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_S));
        if config.get_application_name().is_none() {
            config.application_name("postrider");
        }
        let pool_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config.clone(), NoTls, pool_config)
        } else {
            Manager::from_config(config.clone(), tls()?, pool_config)
        };
        let pool =
            Pool::builder(manager).max_size(POOL_MAX).build().map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self { pool, config })
    }

    /// Runs `work` in one transaction; the flag says whether it may be tried again. Call on a blocking thread.
    pub(crate) fn run<T, E: From<StoreError>>(
        &self,
        runtime: &Handle,
        health: &Health,
        isolation: Isolation,
        until: Option<Instant>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, bool) {
        let client = match runtime.block_on(self.pool.get()) {
            Ok(client) => client,
            Err(error) => {
                let failure = pool_failure(error);
                health.failed(&failure);
                return (Err(failure.into()), false);
            }
        };
        if let Err(error) = runtime.block_on(client.batch_execute(&begin(isolation, until))) {
            let failure = failure(&error);
            health.failed(&failure);
            return (Err(failure.into()), false);
        }
        let mut tx = Tx {
            inner: Inner::Postgres(PostgresTx { client: &client, runtime }),
            retry: false,
            trouble: None,
            changed: false,
        };
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&mut tx)));
        let (retry, changed) = (tx.retry, tx.changed);
        match outcome {
            Ok(Ok(value)) => match runtime.block_on(client.batch_execute("COMMIT")) {
                Ok(()) => {
                    if changed || health.trouble() == Some(Trouble::Unreachable) {
                        health.wrote();
                    }
                    (Ok(value), false)
                }
                Err(error) => {
                    drop(Object::take(client));
                    let failure = commit_failure(&error);
                    health.failed(&failure);
                    let retry = failure.may_retry();
                    (Err(failure.into()), retry)
                }
            },
            Ok(Err(error)) => {
                if runtime.block_on(client.batch_execute("ROLLBACK")).is_err() {
                    drop(Object::take(client));
                }
                (Err(error), retry)
            }
            Err(panic) => {
                drop(Object::take(client));
                std::panic::resume_unwind(panic)
            }
        }
    }
}

/// A URL without its user and password: the host, the port if it is not the usual one, and the database. What does
/// not look like a name is left out: it may be a part of a password that was not escaped.
pub(crate) fn shown(url: &str) -> String {
    const PORT_USUAL: u16 = 5432;
    let plain =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c)).then(|| text.to_owned());
    let Ok(config) = config(url) else { return "postgres://…".to_owned() };
    let host = match config.get_hosts().first() {
        Some(tokio_postgres::config::Host::Tcp(host)) => plain(host),
        #[cfg(unix)]
        Some(tokio_postgres::config::Host::Unix(folder)) => plain(&folder.to_string_lossy()),
        None => None,
    };
    let port = config.get_ports().first().filter(|port| **port != PORT_USUAL).map(|port| format!(":{port}"));
    let name = config.get_dbname().and_then(plain);
    format!(
        "postgres://{}{}/{}",
        host.as_deref().unwrap_or("…"),
        port.unwrap_or_default(),
        name.as_deref().unwrap_or("…")
    )
}

/// Reads a URL.
pub(crate) fn config(url: &str) -> Result<Config, tokio_postgres::Error> {
    url.parse()
}

/// Begins a transaction whose statements the server cancels when `until` is over.
fn begin(isolation: Isolation, until: Option<Instant>) -> String {
    let begin = isolation.begin();
    let Some(until) = until else { return begin.to_owned() };
    // 0 would be no limit.
    let left_ms = until.saturating_duration_since(Instant::now()).as_millis().max(1);
    format!("{begin}; SET LOCAL statement_timeout = {left_ms}")
}

fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, StoreError> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| StoreError::Failed(format!("TLS cannot be set up: {error}")))?
        .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}

impl PostgresTx<'_> {
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let run = async {
            let statement = self.client.prepare_cached(sql).await?;
            self.client.execute_raw(&statement, values).await
        };
        self.runtime.block_on(run).map_err(|error| failure(&error))
    }

    pub(crate) fn execute_many(&mut self, sql: &str, sets: &[Vec<Value>]) -> Result<Vec<u64>, StoreError> {
        let run = async {
            let statement = self.client.prepare_cached(sql).await?;
            let sent = sets.iter().map(|values| self.client.execute_raw(&statement, values));
            futures_util::future::try_join_all(sent).await
        };
        self.runtime.block_on(run).map_err(|error| failure(&error))
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let run = async {
            let statement = self.client.prepare_cached(sql).await?;
            self.client.query(&statement, &parameters).await
        };
        let rows = self.runtime.block_on(run).map_err(|error| failure(&error))?;
        rows.iter().map(read_row).collect()
    }

    pub(crate) fn query_once(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = self.runtime.block_on(self.client.query(sql, &parameters)).map_err(|error| failure(&error))?;
        rows.iter().map(read_row).collect()
    }

    pub(crate) fn try_lock(&mut self, key: i64) -> Result<bool, StoreError> {
        // Advisory locks belong to the whole server; those of another schema are none of ours.
        const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock($1 # CAST(hashtext(current_schema()) AS BIGINT))";
        let mut rows = self.query(TRY_LOCK, &[Value::Int(key)])?;
        rows.first_mut().map_or(Ok(false), Row::next)
    }

    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        self.runtime.block_on(self.client.prepare_cached(sql)).map(drop).map_err(|error| failure(&error))
    }

    pub(crate) fn wait_lock(&mut self, key: i64) -> Result<(), StoreError> {
        const LOCK: &str = "SELECT pg_advisory_xact_lock($1 # CAST(hashtext(current_schema()) AS BIGINT)) IS NULL";
        self.query(LOCK, &[Value::Int(key)]).map(drop)
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(|error| failure(&error))
    }
}

/// Carries nudges between nodes: announces ours, passes on theirs, connects again after a pause when the server
/// went away, and ends when the store is gone.
pub(crate) async fn carry_nudges(
    config: Config,
    topics: std::sync::Weak<[tokio::sync::Notify; TOPICS]>,
    ours: std::sync::Arc<tokio::sync::Notify>,
) {
    const CHANNEL: &str = "postrider_wake";
    const PAUSE_MS: u64 = 2_000;
    while topics.strong_count() > 0 {
        if let Err(error) = carry_until_lost(&config, &topics, &ours, CHANNEL).await {
            tracing::debug!(%error, "nudges between nodes are interrupted");
        }
        tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
    }
}

async fn carry_until_lost(
    config: &Config,
    topics: &std::sync::Weak<[tokio::sync::Notify; TOPICS]>,
    ours: &tokio::sync::Notify,
    channel: &str,
) -> Result<(), tokio_postgres::Error> {
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await?;
        exchange(client, connection, topics, ours, channel).await
    } else if let Ok(tls) = tls() {
        let (client, connection) = config.connect(tls).await?;
        exchange(client, connection, topics, ours, channel).await
    } else {
        Ok(())
    }
}

async fn exchange<S, T>(
    client: tokio_postgres::Client,
    mut connection: tokio_postgres::Connection<S, T>,
    topics: &std::sync::Weak<[tokio::sync::Notify; TOPICS]>,
    ours: &tokio::sync::Notify,
    channel: &str,
) -> Result<(), tokio_postgres::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    const LOOK_MS: u64 = 1_000;
    let theirs = topics.clone();
    let receive = tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            let (tokio_postgres::AsyncMessage::Notification(_), Some(topics)) = (message, theirs.upgrade()) else {
                continue;
            };
            for topic in topics.iter() {
                topic.notify_one();
            }
        }
    });
    client.batch_execute(&format!("LISTEN {channel}")).await?;
    while topics.strong_count() > 0 && !receive.is_finished() {
        if tokio::time::timeout(Duration::from_millis(LOOK_MS), ours.notified()).await.is_ok() {
            client.batch_execute(&format!("NOTIFY {channel}")).await?;
        }
    }
    receive.abort();
    Ok(())
}

fn read_row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let columns = row.columns().iter().enumerate();
    columns.map(|(index, column)| read_value(row, index, column.type_())).collect::<Result<_, _>>().map(Row::new)
}

fn read_value(row: &tokio_postgres::Row, index: usize, kind: &Type) -> Result<Value, StoreError> {
    fn read<'r, T: FromSql<'r> + Into<Value>>(row: &'r tokio_postgres::Row, index: usize) -> Result<Value, StoreError> {
        let value: Option<T> = row.try_get(index).map_err(|error| failure(&error))?;
        Ok(value.into())
    }
    match *kind {
        Type::INT8 => read::<i64>(row, index),
        Type::INT4 => {
            let value: Option<i32> = row.try_get(index).map_err(|error| failure(&error))?;
            Ok(value.map(i64::from).into())
        }
        Type::BOOL => read::<bool>(row, index),
        Type::FLOAT8 => read::<f64>(row, index),
        Type::UUID => read::<uuid::Uuid>(row, index),
        Type::BYTEA => read::<Vec<u8>>(row, index),
        _ => read::<String>(row, index),
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) if *kind == Type::INT4 => i32::try_from(*v)?.to_sql(kind, out),
            Self::Int(v) => v.to_sql(kind, out),
            Self::Bool(v) => v.to_sql(kind, out),
            Self::Real(v) => v.to_sql(kind, out),
            Self::Text(v) => v.to_sql(kind, out),
            Self::Blob(v) => v.to_sql(kind, out),
            Self::Uuid(v) => v.to_sql(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn failure(error: &tokio_postgres::Error) -> StoreError {
    let text = match (error.as_db_error(), error.source()) {
        // Not the server's DETAIL, which repeats the values of the row.
        (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    };
    let Some(code) = error.code() else { return StoreError::Down(text) };
    match code.code() {
        c if c == SqlState::T_R_SERIALIZATION_FAILURE.code() || c == SqlState::T_R_DEADLOCK_DETECTED.code() => {
            StoreError::Busy(text)
        }
        c if c == SqlState::QUERY_CANCELED.code() => StoreError::TimedOut,
        c if c == SqlState::DISK_FULL.code() => StoreError::Full,
        c if c == SqlState::READ_ONLY_SQL_TRANSACTION.code() => {
            StoreError::ReadOnly("the server is a standby or refuses writes".into())
        }
        c if c.starts_with("23") => StoreError::Conflict(text),
        c if c.starts_with("57P") || c.starts_with("08") => StoreError::Down(text),
        _ => StoreError::Failed(text),
    }
}

/// A commit that was refused did nothing; one whose answer was lost may have happened.
fn commit_failure(error: &tokio_postgres::Error) -> StoreError {
    match failure(error) {
        StoreError::Down(text) => StoreError::Ambiguous(text),
        other => other,
    }
}

/// Whatever keeps us from a connection, wrong password included, means that the server is out of reach.
fn pool_failure(error: deadpool_postgres::PoolError) -> StoreError {
    match error {
        deadpool_postgres::PoolError::Backend(error) => match failure(&error) {
            StoreError::Failed(text) => StoreError::Down(text),
            other => other,
        },
        other => StoreError::Down(other.to_string()),
    }
}

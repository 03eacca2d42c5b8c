//! What runs while the demonstration lasts: a folder, a mail server, and Postrider itself on a free port.
//!
//! Invariant: whatever is configured, mail goes to the mail server of the demonstration and to nobody else.

use super::failure::DemoError;
use super::narrator::Narrator;
use crate::cli::{Context, Failure};
use crate::config::{Channels, Config, Email, Level, Overrides, Smtp};
use crate::engine_lock::EngineLock;
use crate::lifecycle::Stop;
use crate::listener as http;
use crate::wiring::{self, RunningEngine};
use postrider_channels::sink::{Sink, SinkOptions};
use postrider_channels::smtp::{SmtpConfig, SmtpTimeouts};
use postrider_core::env::{Clock, Entropy};
use postrider_core::id::uuid_v7;
use postrider_core::scope::Scope;
use postrider_engine::NodeRole;
use postrider_service::Service;
use postrider_service::auth::{CreateClient, NewClient};
use postrider_service::tenants::{CreateTenant, Tenant};
use postrider_store::{DatabaseUrl, OpenMode};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Any free port of this machine, unreachable from others.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Connections to the mail server.
const CONNECTIONS: u32 = 4;
/// Messages that a connection takes at a time.
const WINDOW: u32 = 50;
/// As in a configuration that says nothing about it.
const SILENCE_MS: i64 = 10_000;

/// The running parts.
pub struct Stage {
    /// Where everything is kept.
    pub folder: PathBuf,
    /// The mail server.
    pub sink: Sink,
    /// Where the API answers.
    pub base_url: String,
    /// The use cases, for what an operator does.
    pub service: Service,
    /// Tells what happens.
    pub narrator: Narrator,
    engine: RunningEngine,
    serving: JoinHandle<()>,
    _lock: Option<EngineLock>,
}

impl Stage {
    /// Starts everything in a fresh folder.
    ///
    /// # Errors
    /// The folder holds something already, or a part cannot start.
    pub async fn set(
        context: &Context,
        folder: Option<PathBuf>,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        narrator: Narrator,
    ) -> Result<Self, Failure> {
        let folder = fresh_folder(folder, "demo", clock, entropy)?;
        let options = SinkOptions { count_recipients: true, ..SinkOptions::default() };
        let sink = Sink::start(ANYWHERE, options).await.map_err(|error| machine("start the mail server", error))?;
        let config = config(context, &folder, sink.address())?;
        let store = context.open_store(&config, OpenMode::Create).await?;
        let lock = EngineLock::take(&store)?;
        let listener = TcpListener::bind(ANYWHERE).await.map_err(|error| machine("listen", error))?;
        let bound = listener.local_addr().map_err(|error| machine("listen", error))?;
        let base_url = wiring::public_url(&config, Some(bound));
        let clock = wiring::clock(&config, &store).await?;
        let service = wiring::service(&config, &store, &clock, &base_url, true);
        service.prepare_keys().await?;
        let engine = wiring::start_engine(&config, &store, &clock, &base_url, NodeRole::All)?;
        let router = postrider_api::router(service.clone());
        let limits = wiring::limits(&config, http::raise_files());
        // It ends when the task is aborted.
        let serving = tokio::spawn(http::serve(listener, None, router, limits, Stop::default()));
        narrator.fact("folder", &folder.display().to_string());
        narrator.fact("mail server", &format!("{}, which takes everything and passes nothing on", sink.address()));
        narrator.fact("API", &base_url);
        Ok(Self { folder, sink, base_url, service, narrator, engine, serving, _lock: lock })
    }

    /// Makes a tenant and a client with every scope, as the operator does.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn admit(&self) -> Result<(Tenant, NewClient), Failure> {
        let tenant = CreateTenant {
            name: "Meridian Bookshop".to_owned(),
            default_timezone: Some("Europe/Berlin".to_owned()),
            mail_cutoff: None,
            mail_unknown: None,
        };
        let tenant = self.service.create_tenant(tenant).await?;
        let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let client = CreateClient { tenant: tenant.id, name: "demo".to_owned(), scopes: scopes.join(" ") };
        let client = self.service.create_client(client).await?;
        Ok((tenant, client))
    }

    /// Lets hand-offs that have begun end, then stops everything.
    pub async fn strike(self) {
        self.engine.stop().await;
        self.serving.abort();
        self.sink.stop().await;
    }
}

/// What is configured, but in the folder and to the mail server of the demonstration.
fn config(context: &Context, folder: &Path, mail_server: SocketAddr) -> Result<Config, Failure> {
    let mut config = context.config_of(context.config_file(), Overrides::default())?;
    if !context.names_database() {
        config.database = DatabaseUrl::Sqlite(folder.join("postrider.db"));
    }
    let route = SmtpConfig::parse(&format!("smtp://{mail_server}?tls=none"));
    let route = route.map_err(|error| machine("reach the mail server", error))?;
    let email = Email::Smtp(Box::new(Smtp {
        route,
        connections: CONNECTIONS,
        window: WINDOW,
        timeouts: SmtpTimeouts::default(),
        silence_ms: SILENCE_MS,
    }));
    config.channels = Channels { email: Some(email), ..Channels::default() };
    config.server.public_url = None;
    config.server.tls = None;
    config.server.listen = ANYWHERE.to_string();
    config.auth.issuer = None;
    config.log.level = config.log.level.min(Level::Warn);
    Ok(config)
}

/// Makes the folder; without a name it is a new one among the temporary files.
///
/// # Errors
/// It cannot be made, or holds something already.
pub fn fresh_folder(
    named: Option<PathBuf>,
    what: &str,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<PathBuf, Failure> {
    let folder = named.unwrap_or_else(|| {
        let id = uuid_v7(clock.now(), entropy).simple().to_string();
        std::env::temp_dir().join(format!("postrider-{what}-{}", &id[20..]))
    });
    std::fs::create_dir_all(&folder).map_err(|error| machine("make the folder", error))?;
    let mut entries = std::fs::read_dir(&folder).map_err(|error| machine("read the folder", error))?;
    if entries.next().is_some() {
        let why = format!("{} is not empty; name a new one", folder.display());
        return Err(DemoError::Machine("use the folder", why).into());
    }
    Ok(folder)
}

fn machine(tried: &'static str, why: impl std::fmt::Display) -> Failure {
    DemoError::Machine(tried, why.to_string()).into()
}

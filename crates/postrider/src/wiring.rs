//! The only place that builds concrete things: store, use cases, channels, engine.

use crate::cli::{Failure, Trouble};
use crate::clock::GuardedClock;
use crate::config::{Config, Email, Sandbox};
use crate::listener::{Files, Limits};
use crate::metered::Metered;
use crate::system::OsEntropy;
use postrider_channels::sandbox::SandboxChannel;
use postrider_channels::smtp::SmtpChannel;
use postrider_channels::webhook::{HttpConfig, HttpWebhooks};
use postrider_core::channel::{Channel, ChannelKind};
use postrider_core::time::{MINUTE_MS, Zones};
use postrider_engine::{ChannelSettings, Engine, EngineParts, EngineSettings, NodeRole};
use postrider_service::{Service, Settings};
use postrider_store::{OpenMode, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// So many heartbeats may be missed before a node counts as dead.
const HEARTBEATS_MISSED_MAX: u64 = 5;

/// Opens the database, and does no more to it than the mode says.
///
/// # Errors
/// One sentence about what is wrong with it.
pub async fn open_store(config: &Config, mode: OpenMode) -> Result<Store, Failure> {
    let store = Store::open_with(&config.database, mode, config.database_connections).await;
    let store = store.map_err(|error| Failure::opening(config, error))?;
    store.set_entropy(Arc::new(OsEntropy));
    Ok(store)
}

/// The clock that everything on a store goes by.
///
/// # Errors
/// If the database cannot be read.
pub async fn clock(config: &Config, store: &Store) -> Result<GuardedClock, Failure> {
    GuardedClock::begin(store, config.engine.lease_ms).await.map_err(|error| Failure::opening(config, error))
}

/// The address under which the world reaches the server; without one bound, the one it would be.
#[must_use]
pub fn public_url(config: &Config, bound: Option<SocketAddr>) -> String {
    let bound = bound.or_else(|| config.server.listen.parse().ok());
    match (bound, &config.server.public_url) {
        (_, Some(url)) => url.clone(),
        (Some(bound), None) => config.server.public_url(bound),
        (None, None) => format!("{}://{}", config.server.scheme(), config.server.listen),
    }
}

/// What clients may take of the server.
#[must_use]
pub fn limits(config: &Config, files: Files) -> Limits {
    let server = &config.server;
    let senders = match &config.channels.email {
        Some(Email::Smtp(smtp)) => u64::from(smtp.connections),
        Some(Email::Sandbox(_)) | None => 0,
    };
    let connections = match server.connections_max {
        Some(wanted) => {
            let most = files.connections_max(senders);
            if wanted > most {
                tracing::warn!(
                    wanted,
                    most,
                    "server.connections_max is more than the limit of open files allows; \
                    raise that limit (ulimit -n)"
                );
            }
            wanted.min(most)
        }
        None => files.connections_default(senders),
    };
    Limits {
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
        head: Duration::from_millis(server.head_timeout_ms),
        idle: Duration::from_millis(server.idle_timeout_ms),
        stall: Duration::from_millis(server.stall_timeout_ms),
    }
}

/// The use cases. `sends` says whether this process has an engine too.
#[must_use]
pub fn service(config: &Config, store: &Store, clock: &GuardedClock, public_url: &str, sends: bool) -> Service {
    let settings = Settings {
        public_url: public_url.to_owned(),
        issuer: config.auth.issuer.clone().unwrap_or_else(|| public_url.to_owned()),
        token_lifetime_s: i64::try_from(config.auth.token_lifetime_s).unwrap_or(i64::MAX),
        channels: channel_kinds(config),
        policy: config.policy,
        rate_limits: config.rate_limits.clone(),
        webhook_targets: config.webhooks.targets.clone(),
        metrics: config.server.metrics_at_listen(),
        cors_origins: config.server.cors_origins.clone(),
        sends,
        import_file_max_bytes: config.imports.file_max_bytes,
        import_tenant_max_bytes: config.imports.tenant_max_bytes,
        node_timeout_ms: node_timeout_ms(config),
    };
    Service::new(store.clone(), Arc::new(clock.clone()), Arc::new(OsEntropy), settings)
}

/// How long a node may be silent before it counts as dead, in milliseconds.
#[must_use]
pub fn node_timeout_ms(config: &Config) -> i64 {
    i64::try_from(config.engine.heartbeat_ms * HEARTBEATS_MISSED_MAX).unwrap_or(i64::MAX)
}

/// The channels that are configured.
#[must_use]
pub fn channel_kinds(config: &Config) -> BTreeSet<ChannelKind> {
    let channels = &config.channels;
    let configured = [
        (ChannelKind::Email, channels.email.is_some()),
        (ChannelKind::Sms, channels.sms.is_some()),
        (ChannelKind::Push, channels.push.is_some()),
        (ChannelKind::DirectMail, channels.direct_mail.is_some()),
    ];
    configured.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind).collect()
}

/// The ways out. `check` is [`SandboxChannel::check`], or [`SandboxChannel::look`] for a command that changes nothing.
///
/// # Errors
/// If the certificates of the platform cannot be read, or the folder of a sandbox cannot be written.
pub fn channels(
    config: &Config,
    check: fn(&SandboxChannel) -> io::Result<()>,
) -> Result<Vec<Arc<dyn Channel>>, Failure> {
    let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
    match &config.channels.email {
        Some(Email::Smtp(smtp)) => {
            let channel = SmtpChannel::with_timeouts(smtp.route.clone(), smtp.timeouts);
            channels.push(Arc::new(channel.map_err(|error| Failure::of(Trouble::Config, error.to_string()))?));
        }
        Some(Email::Sandbox(sandbox)) => channels.push(sandbox_channel(ChannelKind::Email, sandbox, check)?),
        None => {}
    }
    let sandboxes = [
        (ChannelKind::Sms, &config.channels.sms),
        (ChannelKind::Push, &config.channels.push),
        (ChannelKind::DirectMail, &config.channels.direct_mail),
    ];
    for (kind, sandbox) in sandboxes {
        if let Some(sandbox) = sandbox {
            channels.push(sandbox_channel(kind, sandbox, check)?);
        }
    }
    Ok(channels)
}

fn sandbox_channel(
    kind: ChannelKind,
    sandbox: &Sandbox,
    check: fn(&SandboxChannel) -> io::Result<()>,
) -> Result<Arc<dyn Channel>, Failure> {
    let channel = SandboxChannel::new(kind, sandbox.folder.clone());
    check(&channel).map_err(|error| {
        let folder = sandbox.folder.display();
        Failure::of(
            Trouble::File,
            format!("the folder {folder} of channel {} cannot be written: {error}", kind.as_str()),
        )
    })?;
    Ok(Arc::new(channel))
}

/// The engine at work.
pub struct RunningEngine(Engine);

impl RunningEngine {
    /// Lets hand-offs that have begun end, and gives back what was claimed.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

/// Starts the engine.
///
/// # Errors
/// If a channel cannot be built.
pub fn start_engine(
    config: &Config,
    store: &Store,
    clock: &GuardedClock,
    public_url: &str,
    role: NodeRole,
) -> Result<RunningEngine, Failure> {
    let millis = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let settings = EngineSettings {
        channels: channel_settings(config),
        lease_ms: millis(config.engine.lease_ms),
        heartbeat_ms: millis(config.engine.heartbeat_ms),
        poll_ms: millis(config.engine.poll_ms),
        public_url: public_url.to_owned(),
        role,
        zones: Zones::in_use().clone(),
        zone_change_tolerance_ms: millis(config.time.zone_change_tolerance_minutes).saturating_mul(MINUTE_MS),
    };
    let parts = EngineParts {
        store: store.clone(),
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(OsEntropy),
        channels: channels(config, SandboxChannel::check)?
            .into_iter()
            .map(|channel| (channel.kind(), metered(channel, store)))
            .collect(),
        webhooks: Some(Arc::new(webhook_client(config)?)),
        settings,
    };
    Ok(RunningEngine(Engine::start(parts)))
}

/// The way out for events.
///
/// # Errors
/// If its `ca_file` cannot be read.
fn webhook_client(config: &Config) -> Result<HttpWebhooks, Failure> {
    let webhooks = &config.webhooks;
    let settings = HttpConfig {
        policy: webhooks.targets.clone(),
        timeout: Duration::from_millis(webhooks.timeout_ms),
        ca_file: webhooks.ca_file.clone(),
    };
    HttpWebhooks::new(settings).map_err(|error| Failure::of(Trouble::Config, format!("webhooks: {error}")))
}

fn metered(channel: Arc<dyn Channel>, store: &Store) -> Arc<dyn Channel> {
    Arc::new(Metered::new(channel, store))
}

/// How the channels are used that have something to say about it.
fn channel_settings(config: &Config) -> BTreeMap<ChannelKind, ChannelSettings> {
    let email = match &config.channels.email {
        Some(Email::Smtp(smtp)) => {
            let (lanes, window) = (smtp.connections as usize, smtp.window as usize);
            Some((ChannelKind::Email, ChannelSettings { lanes, window, silence_ms: smtp.silence_ms }))
        }
        Some(Email::Sandbox(_)) | None => None,
    };
    email.into_iter().collect()
}

//! `postrider serve`: takes requests, sends, or both, until told to stop.

use super::warnings::warnings;
use super::{Context, Failure, Report, Trouble};
use crate::clock::GuardedClock;
use crate::config::{Config, Overrides};
use crate::drilled;
use crate::engine_lock::EngineLock;
use crate::lifecycle::{self, Stop};
use crate::listener::{self, Limits, Tls};
use crate::private;
use crate::telemetry;
use crate::wiring::{self, RunningEngine};
use clap::{Args, ValueEnum};
use postrider_api::Faces;
use postrider_engine::NodeRole;
use postrider_service::Service;
use postrider_store::{OpenMode, Store};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests and hand-offs that have begun may take to end, in milliseconds: with the closing of the database
/// ([`Context::close`]), and whatever is silent, the process ends within ten seconds.
const DRAIN_MAX_MS: u64 = 7_000;

/// Connections at once of those who read metrics.
const METRICS_CONNECTIONS_MAX: usize = 16;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// Takes requests and sends.
    All,
    /// Takes requests only; another process on the same database sends.
    Api,
    /// Sends only, and answers /healthz and /readyz.
    Engine,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Engine => "engine",
        }
    }

    const fn node(self) -> NodeRole {
        match self {
            Self::All | Self::Api => NodeRole::All,
            Self::Engine => NodeRole::Engine,
        }
    }

    const fn takes_requests(self) -> bool {
        matches!(self, Self::All | Self::Api)
    }

    const fn sends(self) -> bool {
        matches!(self, Self::All | Self::Engine)
    }
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where requests are taken; port 0 takes any free one [default: server.listen of the configuration].
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// What this process does.
    #[arg(long, value_enum, default_value_t = Role::All)]
    role: Role,
    /// Hold everything that this database would send, until `postrider jobs release --all`.
    #[arg(long)]
    hold_jobs: bool,
    /// Read the wall clock this many milliseconds ahead. For `postrider drill` only.
    #[arg(long, hide = true, default_value_t = 0, allow_hyphen_values = true)]
    clock_ahead_ms: i64,
}

pub(super) async fn run(args: ServeArgs, context: &Context) -> Result<(), Failure> {
    let config = context.config_with(Overrides { listen: args.listen.clone(), ..Overrides::default() })?;
    telemetry::start(&config.log);
    drilled::begin(args.clock_ahead_ms)?;
    if args.clock_ahead_ms != 0 {
        tracing::warn!(
            ahead_ms = args.clock_ahead_ms,
            "the wall clock of this process is wrong on purpose, for a drill"
        );
    }
    for warning in warnings(&config) {
        tracing::warn!("check the configuration: {}", warning.sentence());
    }
    let stop = lifecycle::listen()?;
    let limits = wiring::limits(&config, listener::raise_files());
    // The database may be silent at any of its steps.
    let prepared = tokio::select! {
        prepared = prepare(&args, context, &config, &stop) => prepared?,
        () = stop.requested() => {
            context.close().await;
            tracing::info!("stopped");
            return Ok(());
        }
    };
    let Prepared { store, _lock, listener, bound, metrics, tls, public_url, clock, service } = prepared;
    let _kept = clock.keep(config.engine.heartbeat_ms);
    let engine = match args.role.sends() {
        true => Some(wiring::start_engine(&config, &store, &clock, &public_url, args.role.node())?),
        false => None,
    };
    tell(context, args.role, bound, &config);
    tell_metrics(&config, metrics.as_ref().map(|(_, bound)| *bound));
    // An engine looks for a hold itself.
    let watched_for = (!args.role.sends()).then(|| service.clone());
    let look_every = Duration::from_millis(config.engine.poll_ms);
    let faces = faces(args.role, service);
    let serving = async {
        serve(listener, tls, faces.main, limits, stop.clone()).await;
        stop.request();
    };
    let watched = async {
        if let Some((listener, _)) = metrics {
            let limits = Limits { connections: METRICS_CONNECTIONS_MAX, ..limits };
            serve(listener, None, faces.metrics, limits, stop.clone()).await;
        }
    };
    tokio::join!(serving, watched, drain(engine, &stop), watch_hold(watched_for, look_every, &stop));
    context.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What serving needs.
struct Prepared {
    store: Store,
    _lock: Option<EngineLock>,
    listener: TcpListener,
    bound: SocketAddr,
    metrics: Option<(TcpListener, SocketAddr)>,
    tls: Option<Tls>,
    public_url: String,
    clock: GuardedClock,
    service: Service,
}

/// Opens the database and the listeners.
async fn prepare(args: &ServeArgs, context: &Context, config: &Config, stop: &Stop) -> Result<Prepared, Failure> {
    let store = context.open_store(config, OpenMode::Create).await?;
    for wide in private::wider(config) {
        tracing::warn!("a file is not private: {wide}");
    }
    let lock = if args.role.sends() { EngineLock::take(&store)? } else { None };
    let (listener, bound) = bind(&config.server.listen).await?;
    let metrics = match &config.server.metrics_listen {
        Some(address) if config.server.metrics => Some(bind(address).await?),
        Some(_) | None => None,
    };
    let tls = match config.server.tls.clone() {
        Some(files) => {
            let started = Tls::start(files, stop.clone());
            Some(started.map_err(|why| Failure::of(Trouble::Config, format!("server.tls: {why}")))?)
        }
        None => None,
    };
    let public_url = wiring::public_url(config, Some(bound));
    let clock = wiring::clock(config, &store).await?;
    let service = wiring::service(config, &store, &clock, &public_url, args.role.sends());
    service.prepare_keys().await?;
    if args.hold_jobs {
        service.hold_all().await?;
    }
    Ok(Prepared { store, _lock: lock, listener, bound, metrics, tls, public_url, clock, service })
}

/// Waits until told to stop, then lets hand-offs that have begun end.
async fn drain(engine: Option<RunningEngine>, stop: &Stop) {
    let Some(engine) = engine else { return };
    stop.requested().await;
    let drained = tokio::time::timeout(Duration::from_millis(DRAIN_MAX_MS), engine.stop());
    if drained.await.is_err() {
        tracing::warn!(
            "stopping the engine took too long: messages in flight without an answer are left to the rescuer, as after a crash"
        );
    }
}

/// Notes whether all jobs are held, so that this process can show it.
async fn watch_hold(service: Option<Service>, every: Duration, stop: &Stop) {
    if let Some(service) = service {
        service.watch_hold(every, stop.requested()).await;
    }
}

fn faces(role: Role, service: Service) -> Faces {
    match role {
        Role::All | Role::Api => Faces::of_the_api(service),
        Role::Engine => Faces::of_health(service),
    }
}

async fn bind(listen: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program already does; choose another address with --listen".into()
            }
            std::io::ErrorKind::PermissionDenied => "it is not allowed; ports below 1024 may need a privilege".into(),
            std::io::ErrorKind::AddrNotAvailable => "this machine does not have the address".into(),
            _ => error.to_string(),
        };
        Failure::of(Trouble::Listen, format!("cannot listen at {listen}: {why}"))
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// The one line that says where we are.
fn tell(context: &Context, role: Role, bound: SocketAddr, config: &Config) {
    let (takes_requests, role, database) = (role.takes_requests(), role.as_str(), config.database_named());
    let url = format!("{}://{bound}", config.server.scheme());
    let docs = if takes_requests { ", describes its API at /docs" } else { "" };
    let text = format!("postrider ({role}) listens at {url}{docs} and keeps everything in {database}");
    let document = json!({ "address": bound.to_string(), "url": url, "role": role });
    context.answer(&Report::new(text, document));
    let file = config.file.as_deref().map_or_else(|| "none".into(), |file| file.to_string_lossy());
    tracing::info!(address = %bound, role, configuration = %file, database, "started");
}

/// Says where metrics are to be had.
fn tell_metrics(config: &Config, address: Option<SocketAddr>) {
    match address {
        Some(address) => tracing::info!(%address, "metrics are served"),
        None if config.server.metrics && !config.server.metrics_at_listen() => {
            tracing::info!("metrics are not served, because others can reach server.listen; set server.metrics_listen");
        }
        None => {}
    }
}

/// Serves until told to stop, then lets requests that have begun end.
async fn serve(listener: TcpListener, tls: Option<Tls>, router: axum::Router, limits: Limits, stop: Stop) {
    let overdue = async {
        stop.requested().await;
        tokio::time::sleep(Duration::from_millis(DRAIN_MAX_MS)).await;
    };
    tokio::select! {
        biased;
        () = listener::serve(listener, tls, router, limits, stop.clone()) => {}
        () = overdue => tracing::warn!("requests did not end in time"),
    }
}

//! Takes connections and serves HTTP/1.1 and HTTP/2 on them, within limits of number and time.
//!
//! Not here: what a request means. Invariants: strangers who say nothing, or only half of something, neither keep
//! others out nor use up the files that the store and the senders need; a request in our hands is never cut off before
//! the server's own limit.

mod exchange;
mod files;
mod pace;
mod seat;
mod stream;
mod tls;

pub use files::{Files, raise_files};
pub use tls::{Tls, TlsFiles};

use crate::lifecycle::Stop;
use axum::Router;
use exchange::Exchange;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use seat::Seat;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use stream::Watched;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_rustls::TlsAcceptor;

/// Longest head of an HTTP/1 request, in bytes; also the longest piece of a body that is read at once.
const HEAD_MAX_BYTES: usize = 64 * 1024;
/// Longest head of an HTTP/2 request, in bytes, with 32 for each of its fields (RFC 9113 §6.5.2).
const HTTP2_HEAD_MAX_BYTES: u32 = 32 * 1024;
/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS_MAX: u32 = 100;
/// What an HTTP/2 client may send before we took it, in bytes, on a connection and on each of its streams.
const HTTP2_WINDOW_BYTES: u32 = 256 * 1024;
/// How often an HTTP/2 connection with open streams is asked whether it lives, and how long it may take to answer.
const HTTP2_PING: Duration = Duration::from_secs(20);
/// How often connections are looked at.
const SWEEP: Duration = Duration::from_millis(250);
/// The same while the server stops.
const SWEEP_STOPPING: Duration = Duration::from_millis(25);
/// How long we wait after a connection could not be taken, as when files have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The load has passed once so many quarters of the connections are in use.
const RELIEF_QUARTERS: usize = 3;

/// What clients may take of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// How long a client may take from its connection, or from the first byte of a later request, to the end of a
    /// request's head.
    pub head: Duration,
    /// How long a connection is kept without a request.
    pub idle: Duration,
    /// How long a body may bring nothing, and an answer may be left unread; on the way at least 500 bytes a second
    /// must move on average.
    pub stall: Duration,
}

/// Serves until told to stop; then requests that are under way may end, and every other connection is closed.
pub async fn serve(listener: TcpListener, tls: Option<Tls>, router: Router, limits: Limits, stop: Stop) {
    let mut hall = Hall::new(tls, router, limits, stop.clone());
    let stopping = stop.requested();
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            biased;
            () = &mut stopping => break,
            () = hall.next() => {}
            taken = listener.accept(), if hall.has_room() => hall.welcome(taken.map(|(stream, _)| stream)).await,
        }
    }
    drop(listener);
    hall.close().await;
}

/// All connections of a listener.
struct Hall {
    limits: Limits,
    http: Builder<TokioExecutor>,
    tls: Option<Tls>,
    router: Router,
    stop: Stop,
    seats: HashMap<Id, Arc<Seat>>,
    tasks: JoinSet<()>,
    sweeps: tokio::time::Interval,
    /// Who was taken while every seat was: one connection at a time waits for another to leave.
    waits: Option<TcpStream>,
    is_crowded: bool,
    is_out_of_files: bool,
}

impl Hall {
    fn new(tls: Option<Tls>, router: Router, limits: Limits, stop: Stop) -> Self {
        Self {
            limits,
            http: protocol(),
            tls,
            router,
            stop,
            seats: HashMap::new(),
            tasks: JoinSet::new(),
            sweeps: every(SWEEP),
            waits: None,
            is_crowded: false,
            is_out_of_files: false,
        }
    }

    const fn has_room(&self) -> bool {
        self.waits.is_none()
    }

    /// Waits until a connection ends or it is time to look at them.
    async fn next(&mut self) {
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => self.vacate(ended),
            now = self.sweeps.tick() => {
                for seat in self.seats.values() {
                    seat.leave_if_overdue(now, &self.limits);
                }
                self.admit();
            }
        }
    }

    fn vacate(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        self.seats.remove(&id);
        if self.is_crowded && self.seats.len() * 4 < self.limits.connections * RELIEF_QUARTERS {
            self.is_crowded = false;
            tracing::info!(connections = self.seats.len(), "the listener has room for connections again");
        }
        self.admit();
    }

    /// Takes in whoever connected.
    async fn welcome(&mut self, taken: io::Result<TcpStream>) {
        match taken {
            Ok(stream) => {
                if self.is_out_of_files {
                    self.is_out_of_files = false;
                    tracing::info!("connections can be taken again");
                }
                self.waits = Some(stream);
                self.admit();
            }
            // The client is gone already.
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                if !self.is_out_of_files {
                    self.is_out_of_files = true;
                    tracing::warn!(%error, connections = self.seats.len(), "taking a connection failed; idle ones are \
                        closed. If files ran out, raise the limit of open files (ulimit -n)");
                }
                self.make_room();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    /// Gives whoever waits a seat, or asks somebody to leave.
    fn admit(&mut self) {
        let Some(stream) = self.waits.take() else { return };
        if self.seats.len() < self.limits.connections {
            return self.seat(stream);
        }
        self.waits = Some(stream);
        if !self.is_crowded {
            self.is_crowded = true;
            tracing::warn!(
                limit = self.limits.connections,
                "the listener reached its limit of connections \
                (server.connections_max); idle ones are closed for new ones"
            );
        }
        self.make_room();
    }

    fn make_room(&self) {
        let ranked = self.seats.values().filter_map(|seat| Some((seat.rank()?, seat)));
        if let Some((_, seat)) = ranked.min_by_key(|(rank, _)| *rank) {
            seat.make_room();
        }
    }

    fn seat(&mut self, stream: TcpStream) {
        // Small answers must not wait for more; if that fails, it costs only time.
        drop(stream.set_nodelay(true));
        let seat = Arc::new(Seat::new(self.limits.stall));
        let exchange = Exchange {
            router: self.router.clone(),
            seat: Arc::clone(&seat),
            stop: self.stop.clone(),
            body: self.limits.stall,
        };
        let http = self.http.clone();
        let task = match &self.tls {
            Some(tls) => self.tasks.spawn(shake_hands(tls.acceptor(), http, stream, exchange)),
            None => self.tasks.spawn(converse(http, Watched::new(stream, Arc::clone(&seat)), exchange)),
        };
        self.seats.insert(task.id(), seat);
    }

    /// Waits until every request that is under way has been answered.
    async fn close(mut self) {
        self.waits = None;
        self.sweeps = every(SWEEP_STOPPING);
        while !self.tasks.is_empty() {
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.vacate(ended),
                now = self.sweeps.tick() => self.seats.values().for_each(|seat| seat.leave_soon(now)),
            }
        }
    }
}

/// Serves one connection with TLS.
async fn shake_hands(acceptor: TlsAcceptor, http: Builder<TokioExecutor>, stream: TcpStream, exchange: Exchange) {
    let seat = Arc::clone(&exchange.seat);
    let stream = tokio::select! {
        biased;
        stream = acceptor.accept(Watched::new(stream, Arc::clone(&seat))) => stream,
        // It has taken too long, another needs the seat, or the server stops.
        () = seat.nudged() => return,
    };
    // A handshake that fails is its client's to notice.
    if let Ok(stream) = stream {
        converse(http, stream, exchange).await;
    }
}

/// Serves one connection until it ends, or may end and is asked to.
async fn converse<S>(http: Builder<TokioExecutor>, stream: S, exchange: Exchange)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (seat, stop) = (Arc::clone(&exchange.seat), exchange.stop.clone());
    let stream = TokioIo::new(stream);
    let service = service_fn(move |request| exchange.clone().answer(request));
    let connection = http.serve_connection(stream, service);
    let stopping = stop.requested();
    tokio::pin!(connection, stopping);
    let mut is_told = false;
    loop {
        // The connection comes first, so that nothing it could write remains when it is asked to leave.
        tokio::select! {
            biased;
            // A connection that fails is its client's to notice.
            _ended = connection.as_mut() => return,
            () = &mut stopping, if !is_told => {
                is_told = true;
                connection.as_mut().graceful_shutdown();
            }
            () = seat.nudged() => if seat.may_close() { return },
        }
    }
}

fn protocol() -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_MAX_BYTES);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(HTTP2_HEAD_MAX_BYTES)
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PING);
    http
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Whether an error of `accept` concerns only the connection that was to be taken.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

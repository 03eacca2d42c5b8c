//! One request and its answer: both bodies are watched, so that the seat knows whose turn it is.

use super::pace::Pace;
use super::seat::Seat;
use crate::lifecycle::Stop;
use axum::body::Bytes;
use axum::{Router, body::Body, http};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Longest piece of an HTTP/2 answer that is handed over at once, in bytes: 500 a second for half a minute.
const PIECE_MAX_BYTES: usize = 16 * 1024;

/// What every request of one connection needs.
#[derive(Clone)]
pub struct Exchange {
    pub router: Router,
    pub seat: Arc<Seat>,
    pub stop: Stop,
    /// How long a body may bring nothing.
    pub body: Duration,
}

impl Exchange {
    /// Answers a request.
    pub async fn answer(self, request: http::Request<Incoming>) -> Result<http::Response<Body>, Infallible> {
        let is_http2 = request.version() == http::Version::HTTP_2;
        if !self.seat.begin(is_http2) {
            let mut refused = http::Response::new(Body::empty());
            *refused.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
            return Ok(refused);
        }
        let turn = Turn(Arc::clone(&self.seat));
        let request = request.map(|body| match body.is_end_stream() {
            true => Body::empty(),
            false => Body::new(Arriving::new(body, self.seat, self.stop, self.body)),
        });
        let response = match tower::ServiceExt::oneshot(self.router, request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        Ok(match is_http2 {
            true => response.map(|body| Body::new(Pieces::new(body, turn))),
            false => response.map(|body| Body::new(Leaving { body, _turn: turn })),
        })
    }
}

/// A request that is under way until this is dropped.
struct Turn(Arc<Seat>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The body of a request, which fails with [`io::ErrorKind::TimedOut`] if it arrives too slowly.
struct Arriving {
    body: Incoming,
    seat: Arc<Seat>,
    pace: Pace,
    /// Since when we wait for more.
    since: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
    /// None once the server stops.
    stopping: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Arriving {
    fn new(body: Incoming, seat: Arc<Seat>, stop: Stop, budget: Duration) -> Self {
        let alarm = Box::pin(tokio::time::sleep(budget));
        let stopping = Box::pin(async move { stop.requested().await });
        Self { body, seat, pace: Pace::new(budget), since: None, alarm, stopping: Some(stopping) }
    }

    /// Looks whether the client has had its time.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.since.is_none() {
            let now = Instant::now();
            self.since = Some(now);
            self.seat.wait_for_body(true);
            self.alarm.as_mut().reset(now + self.pace.left());
        }
        if let Some(stopping) = &mut self.stopping
            && stopping.as_mut().poll(context).is_ready()
        {
            self.stopping = None;
            self.pace.hurry();
            // The wait so far does not count: the client did not know that it has to hurry.
            let now = Instant::now();
            self.since = Some(now);
            self.alarm.as_mut().reset(now + self.pace.left());
        }
        self.alarm.as_mut().poll(context)
    }

    fn end_wait(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.seat.wait_for_body(false);
            self.pace.moved(since.elapsed(), bytes);
        }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let bytes = match &frame {
                    Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
                    Some(Err(_)) | None => 0,
                };
                self.end_wait(bytes);
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                ready!(self.poll_late(context));
                self.end_wait(0);
                Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the body arrives too slowly").into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.end_wait(0);
    }
}

/// The body of an HTTP/1 answer, with which the request ends.
struct Leaving {
    body: Body,
    _turn: Turn,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an HTTP/2 answer, with which the request ends. It comes in pieces, each of which is asked for when the
/// client has taken the one before: so the seat knows when a client takes nothing, although the connection can write.
struct Pieces {
    body: Body,
    /// What of the last frame was not asked for yet.
    rest: Bytes,
    /// Whether we wait for the client to take more.
    is_offered: bool,
    turn: Turn,
}

impl Pieces {
    fn new(body: Body, turn: Turn) -> Self {
        turn.0.offer();
        Self { body, rest: Bytes::new(), is_offered: true, turn }
    }

    fn piece(&mut self) -> Frame<Bytes> {
        Frame::data(self.rest.split_to(self.rest.len().min(PIECE_MAX_BYTES)))
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            self.turn.0.took();
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let next = Pin::new(&mut self.body).poll_frame(context);
        match (next.is_ready(), self.is_offered) {
            (true, true) => self.turn.0.took(),
            (true, false) => self.turn.0.offer(),
            (false, true) => self.turn.0.withdraw(),
            (false, false) => {}
        }
        self.is_offered = next.is_ready();
        next.map_ok(|frame| match frame.into_data() {
            Ok(data) => {
                self.rest = data;
                self.piece()
            }
            Err(frame) => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        if self.is_offered {
            self.turn.0.withdraw();
        }
    }
}

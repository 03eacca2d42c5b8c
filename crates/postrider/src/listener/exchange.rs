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
        self.seat.begin(request.version() == http::Version::HTTP_2);
        let turn = Turn(Arc::clone(&self.seat));
        let request = request.map(|body| match body.is_end_stream() {
            true => Body::empty(),
            false => Body::new(Arriving::new(body, self.seat, self.stop, self.body)),
        });
        let response = match tower::ServiceExt::oneshot(self.router, request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        Ok(response.map(|body| Body::new(Leaving { body, _turn: turn })))
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

/// The body of an answer, with which the request ends.
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

//! What one connection is doing, so that the listener knows whom it can ask to leave.
//!
//! The rule: a connection may be closed while we wait for its client, never while a request is in our hands.

use super::Limits;
use super::pace::{HURRIED, Pace};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// An answer that waits no longer than this is on its way to an honest client.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

/// One connection.
pub struct Seat {
    activity: Mutex<Activity>,
    nudge: Notify,
}

/// What a connection waits for. The first make room first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The first request.
    Fresh,
    /// Another request.
    Idle,
    /// The rest of a body, or that the client reads its answer.
    Stalled,
}

struct Activity {
    /// Requests whose answers have not ended.
    requests: usize,
    /// How many of them wait for their client's body.
    waiting: usize,
    /// When the last such wait began.
    waiting_at: Instant,
    /// How many HTTP/2 answers wait until their client takes more of them: its windows (RFC 9113 §5.2) may be closed
    /// while the connection itself is not blocked.
    untaken: usize,
    /// When the last of these waits began or, unless the server stops, the client took a piece of such an answer.
    untaken_at: Instant,
    /// Whether a request has ended on this connection.
    has_served: bool,
    /// Whether it is HTTP/2, where bytes between requests need not be the head of one.
    is_http2: bool,
    /// When the connection was taken, or the last request began or ended.
    turn_at: Instant,
    /// When the first bytes of a head arrived that is not whole yet.
    head_at: Option<Instant>,
    /// Since when the client has not taken what we write.
    blocked_at: Option<Instant>,
    writing: Pace,
    /// Since when the server stops.
    hurried_at: Option<Instant>,
    /// Whether it was asked to leave already.
    is_asked: bool,
}

impl Activity {
    fn waits_for_client(&self, now: Instant) -> bool {
        self.blocked_at.is_some() || self.requests == self.waiting || self.is_left_unread(now, ON_ITS_WAY)
    }

    /// Whether nothing happens until the client takes more of an answer, and it has taken nothing for so long.
    fn is_left_unread(&self, now: Instant, limit: Duration) -> bool {
        self.untaken > 0 && self.requests <= self.waiting + self.untaken && now - self.untaken_at >= limit
    }

    fn is_blocked_too_long(&self, now: Instant) -> bool {
        self.blocked_at.is_some_and(|at| now - at >= self.writing.left())
    }

    fn is_overdue(&self, now: Instant, limits: &Limits) -> bool {
        // What an HTTP/1 client still reads is its last answer. With HTTP/2 it may be replies to any number of pings.
        let is_reading = self.blocked_at.is_some() && self.has_served && !self.is_http2;
        let begun_at = if self.has_served { self.head_at } else { Some(self.turn_at) };
        let is_idle = now - self.turn_at >= limits.idle || begun_at.is_some_and(|at| now - at >= limits.head);
        self.requests == 0 && is_idle && !is_reading
            || self.is_blocked_too_long(now)
            || self.is_left_unread(now, limits.stall)
    }
}

impl Seat {
    /// A connection that was just taken. `budget` is how long its client may leave an answer unread.
    pub fn new(budget: Duration) -> Self {
        let now = Instant::now();
        let activity = Activity {
            requests: 0,
            waiting: 0,
            waiting_at: now,
            untaken: 0,
            untaken_at: now,
            has_served: false,
            is_http2: false,
            turn_at: now,
            head_at: None,
            blocked_at: None,
            writing: Pace::new(budget),
            hurried_at: None,
            is_asked: false,
        };
        Self { activity: Mutex::new(activity), nudge: Notify::new() }
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request's head is whole. Returns whether the request is taken: once the server has been stopping for
    /// [`HURRIED`] none is, so that an HTTP/2 client that ignores our GOAWAY cannot go on.
    pub fn begin(&self, is_http2: bool) -> bool {
        let mut activity = self.activity();
        if activity.hurried_at.is_some_and(|at| at.elapsed() >= HURRIED) {
            return false;
        }
        activity.requests += 1;
        activity.is_http2 = is_http2;
        activity.turn_at = Instant::now();
        activity.head_at = None;
        true
    }

    /// A request's answer has ended.
    pub fn end(&self) {
        let mut activity = self.activity();
        activity.requests -= 1;
        activity.has_served = true;
        activity.turn_at = Instant::now();
    }

    /// A request waits for more of its body, or does not any more.
    pub fn wait_for_body(&self, waits: bool) {
        let mut activity = self.activity();
        match waits {
            true => (activity.waiting, activity.waiting_at) = (activity.waiting + 1, Instant::now()),
            false => activity.waiting -= 1,
        }
    }

    /// An answer waits until its client takes more of it.
    pub fn offer(&self) {
        let mut activity = self.activity();
        activity.untaken += 1;
        activity.untaken_at = Instant::now();
    }

    /// An answer does not wait for its client any more.
    pub fn withdraw(&self) {
        self.activity().untaken -= 1;
    }

    /// The client took a piece of an answer, which waits for it as before.
    pub fn took(&self) {
        let mut activity = self.activity();
        if activity.hurried_at.is_none() {
            activity.untaken_at = Instant::now();
        }
    }

    /// Bytes arrived.
    pub fn read(&self) {
        let mut activity = self.activity();
        if activity.requests == 0 && !activity.is_http2 && activity.head_at.is_none() {
            activity.head_at = Some(Instant::now());
        }
    }

    /// The client took so many bytes; none if it does not take any at the moment.
    pub fn wrote(&self, bytes: Option<usize>) {
        let mut activity = self.activity();
        match (bytes, activity.blocked_at) {
            (Some(bytes), Some(since)) => {
                activity.writing.moved(since.elapsed(), bytes);
                activity.blocked_at = None;
            }
            (None, None) => activity.blocked_at = Some(Instant::now()),
            (Some(_), None) | (None, Some(_)) => {}
        }
    }

    /// Resolves when the connection is asked to leave.
    pub async fn nudged(&self) {
        self.nudge.notified().await;
    }

    /// Whether the connection may be closed now. It is for its own task to ask, between two steps of its work: in any
    /// other place a request may begin meanwhile.
    pub fn may_close(&self) -> bool {
        let mut activity = self.activity();
        activity.is_asked = false;
        activity.waits_for_client(Instant::now())
    }

    /// Asks the connection to leave if it has waited for too long.
    pub fn leave_if_overdue(&self, now: Instant, limits: &Limits) {
        let mut activity = self.activity();
        if activity.is_overdue(now, limits) {
            activity.is_asked = true;
            self.nudge.notify_one();
        }
    }

    /// The server stops: asks the connection to leave unless a request is under way, and to be quick otherwise.
    pub fn leave_soon(&self, now: Instant) {
        let mut activity = self.activity();
        if activity.hurried_at.is_none() {
            activity.hurried_at = Some(now);
            activity.writing.finish();
            // The waits so far do not count: the client did not know that it has to hurry.
            activity.blocked_at = activity.blocked_at.map(|_| now);
            activity.untaken_at = now;
        }
        let is_done = activity.blocked_at.is_none() && activity.requests == 0
            || activity.is_blocked_too_long(now)
            || activity.is_left_unread(now, HURRIED);
        if is_done {
            self.nudge.notify_one();
        }
    }

    /// The order in which connections make room for others, if this one can: first those that never sent a request,
    /// then idle ones, then those whose client stopped in the middle of a request; the quietest first.
    pub fn rank(&self) -> Option<(Class, Instant)> {
        let activity = self.activity();
        if !activity.waits_for_client(Instant::now()) || activity.is_asked {
            return None;
        }
        Some(match (activity.blocked_at, activity.requests) {
            (Some(since), _) => (Class::Stalled, since),
            (None, 0) if activity.has_served => (Class::Idle, activity.turn_at),
            (None, 0) => (Class::Fresh, activity.turn_at),
            (None, _) if activity.untaken > 0 => (Class::Stalled, activity.untaken_at),
            (None, _) => (Class::Stalled, activity.waiting_at),
        })
    }

    /// Asks the connection to make room for another.
    pub fn make_room(&self) {
        self.activity().is_asked = true;
        self.nudge.notify_one();
    }
}

//! The way out of a channel, as one node sees it: whether it is open, and how long it rests when it is not.

use super::connections::{Admission, Connections, LaneNumber};
use super::runs::Runs;
use super::suspects::{Fault, Place, Suspects};
use postrider_core::channel::{ChannelKind, Obstacle, Refusal};
use postrider_core::delivery::alike::without_addresses;
use postrider_core::time::{MINUTE_MS, SECOND_MS, Timestamp};
use postrider_store::conditions::{Condition, Conditions, Part, Stops};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// First rest of a route that could not be used, in milliseconds; each further one doubles.
const REST_FIRST_MS: i64 = SECOND_MS;
/// Longest rest, in milliseconds, unless the provider asks for more.
const REST_MAX_MS: i64 = MINUTE_MS;

/// Stable reason: the way out cannot be used; what the provider said follows after a colon.
const ROUTE_UNAVAILABLE: &str = "route_unavailable";
/// Stable reason: nothing arrives from the provider; the start of the silence follows after a colon.
pub(super) const RELAY_SILENT: &str = "relay_silent";
/// Refusals whose reason ends with this are silence: a wait has ended.
const TIMEOUT: &str = "_timeout";
/// Stable reason: the provider allows fewer connections than are configured.
const CONNECTION_LIMIT: &str = "connection_limit";

/// Shared by the lanes of a channel.
pub(crate) struct Route {
    kind: ChannelKind,
    /// How many lanes there are.
    lanes: usize,
    rest: Mutex<Rest>,
    /// When the provider said something last, in milliseconds; 0 if it never did.
    heard_at: AtomicI64,
    /// Where the process shows what is in the way.
    board: Arc<Conditions>,
    /// What is said the same to one recipient after the other.
    pub(super) runs: Runs,
}

struct Rest {
    since: Option<Timestamp>,
    /// Since when nothing has arrived, while that is shown.
    silent_since: Option<Timestamp>,
    until: Option<Timestamp>,
    failures: u32,
    suspects: Suspects,
    connections: Connections,
    /// What the provider said when it last refused one more connection.
    limit_words: String,
    /// Whether the board says what is in the way of the route.
    is_shown: bool,
    /// Whether the log says that the provider limits connections.
    is_limit_told: bool,
}

/// What follows when a window ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setback {
    /// The message at which it ended was tried; all others go on.
    Message,
    /// The lane gives its chunk to others and stays away.
    Lane,
    /// The route rests until this instant, for this reason.
    Route(Timestamp, String),
    /// The sender is refused, for this reason: a person has to act.
    Sender(String),
}

/// Why a message did not leave: [`postrider_core::channel::Outcome::NotAttempted`].
pub(super) type NotAttempted<'a> = (&'a Refusal, Obstacle, Option<u64>);

impl Route {
    /// The way out of a channel over `lanes` lanes and as many in reserve.
    pub(crate) fn new(kind: ChannelKind, lanes: usize, board: Arc<Conditions>) -> Self {
        let rest = Rest {
            since: None,
            silent_since: None,
            until: None,
            failures: 0,
            suspects: Suspects::default(),
            connections: Connections::new(lanes),
            limit_words: String::new(),
            is_shown: false,
            is_limit_told: false,
        };
        Self { kind, lanes, rest: Mutex::new(rest), heard_at: AtomicI64::new(0), board, runs: Runs::default() }
    }

    /// Until when the route rests; none if it is open.
    pub(crate) fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        // A clock that was set back since then says nothing about how long it has rested.
        self.with(|rest| rest.until.filter(|&until| until > now && rest.since.is_none_or(|since| since <= now)))
    }

    /// Whether a lane may look for work.
    pub(super) fn admit(&self, lane: LaneNumber, now: Timestamp) -> Admission {
        self.with(|rest| rest.connections.admit(lane, now))
    }

    /// A lane claimed a chunk. Returns whether other lanes waited for that and may go on.
    pub(super) fn claimed(&self) -> bool {
        self.with(|rest| rest.connections.take_waiting())
    }

    /// A lane has no chunk any more.
    pub(super) fn leave(&self, lane: LaneNumber) {
        self.with(|rest| rest.connections.leave(lane));
    }

    /// A lane is not connected any more.
    pub(super) fn closed(&self, lane: LaneNumber) {
        self.with(|rest| rest.connections.closed(lane));
    }

    /// The provider answered these messages of a lane (at least one): the next failure is a first one. Returns
    /// whether one more lane may try to connect.
    pub(super) fn answered(&self, lane: LaneNumber, places: impl Iterator<Item = Place>) -> bool {
        self.with(|rest| {
            rest.failures = 0;
            rest.suspects.answered(places);
            let may_try = rest.connections.answered(lane);
            self.tell_limit(rest);
            may_try
        })
    }

    /// A window of a lane ended early at this message. Decides what follows.
    pub(super) fn setback(
        &self,
        lane: LaneNumber,
        head: Place,
        (refusal, obstacle, after_ms): NotAttempted<'_>,
        now: Timestamp,
        jitter: u64,
    ) -> Setback {
        self.with(|rest| {
            match obstacle {
                Obstacle::Sender => return Setback::Sender(refusal.told()),
                Obstacle::Route if rest.suspects.judge(head) == Fault::Message => return Setback::Message,
                Obstacle::Route | Obstacle::Connections | Obstacle::Account | Obstacle::Caller => {}
            }
            // While others are connected, one conversation that fell silent is no outage.
            let is_alone = obstacle == Obstacle::Route && rest.connections.take_returned(lane);
            if obstacle == Obstacle::Caller || (is_alone && rest.connections.has_other_connected(lane)) {
                rest.connections.closed(lane);
                return Setback::Lane;
            }
            // A provider that cannot be reached by a lane that was not connected is not down while others are.
            let is_limit = match obstacle {
                Obstacle::Connections => true,
                Obstacle::Route => !rest.connections.is_connected(lane),
                Obstacle::Account | Obstacle::Sender | Obstacle::Caller => false,
            };
            if is_limit && rest.connections.refused(lane, obstacle, now).is_some() {
                rest.limit_words = refusal.told();
                self.tell_limit(rest);
                return Setback::Lane;
            }
            rest.connections.closed(lane);
            let mut told = refusal.told();
            if obstacle == Obstacle::Connections && !refusal.reason.ends_with(TIMEOUT) {
                let key = self.kind.as_str();
                told.push_str(&format!("; the server accepts no connection: lower channels.{key}.connections"));
            }
            let shown = if refusal.reason.ends_with(TIMEOUT) {
                let since = *rest.silent_since.get_or_insert(now);
                self.show(rest, RELAY_SILENT, format!("no answer since {since}; {told}"))
            } else {
                rest.silent_since = None;
                self.show(rest, ROUTE_UNAVAILABLE, told)
            };
            Setback::Route(rest.begin(now, after_ms, jitter), shown)
        })
    }

    /// The provider said something on some connection.
    pub(super) fn heard(&self, now: Timestamp) {
        self.heard_at.store(now.as_millis(), Ordering::Relaxed);
    }

    /// The provider decided about a message: the obstacle of the route is over.
    pub(super) fn works(&self) {
        self.with(|rest| self.clear(rest));
    }

    /// A lane waits without an answer, and another one may take its place.
    pub(super) fn fell_silent(&self, lane: LaneNumber) {
        self.with(|rest| rest.connections.fell_silent(lane));
    }

    /// A lane that waited without an answer does not wait any more.
    pub(super) fn spoke(&self, lane: LaneNumber) {
        self.with(|rest| rest.connections.spoke(lane));
    }

    /// What jobs show while a lane has received nothing since `since`: nothing if another connection received something
    /// in the last `silence_ms`.
    pub(super) fn silence(&self, since: Timestamp, now: Timestamp, silence_ms: i64) -> Option<String> {
        self.with(|rest| {
            let heard_at = Timestamp::from_millis(self.heard_at.load(Ordering::Relaxed)).min(now);
            if rest.silent_since.is_none() && now.millis_since(heard_at) < silence_ms {
                return None;
            }
            let since = *rest.silent_since.get_or_insert(since.max(heard_at));
            Some(self.show(rest, RELAY_SILENT, format!("no answer since {since}")))
        })
    }

    /// There is no work: an obstacle does not matter any more.
    pub(super) fn has_no_work(&self, now: Timestamp) {
        self.with(|rest| {
            if rest.is_shown && !rest.connections.is_waiting() && rest.until.is_none_or(|until| until <= now) {
                self.clear(rest);
            }
        });
    }

    /// Shows what is in the way of the route; returns what jobs show.
    fn show(&self, rest: &mut Rest, reason: &'static str, sentence: String) -> String {
        rest.is_shown = true;
        let told = format!("{reason}: {sentence}");
        let condition = Condition { reason, sentence: without_addresses(&sentence), stops: Stops::Nothing };
        self.board.begin(Part::Route(self.kind), condition);
        told
    }

    fn clear(&self, rest: &mut Rest) {
        rest.silent_since = None;
        if std::mem::take(&mut rest.is_shown) {
            self.board.end(Part::Route(self.kind));
        }
    }

    /// What the jobs of the channel are told while the provider allows fewer connections than are configured.
    pub(super) fn limit(&self) -> Option<String> {
        self.with(|rest| self.limit_told(rest))
    }

    /// How much a message is suspected of being what the route fails at: 0 of most.
    pub(super) fn suspicion(&self, place: Place) -> u32 {
        self.with(|rest| rest.suspects.suspicion(place))
    }

    fn limit_told(&self, rest: &Rest) -> Option<String> {
        let limit = rest.connections.limit()?;
        let (key, words) = (self.kind.as_str(), &rest.limit_words);
        let noun = if limit == 1 { "connection" } else { "connections" };
        Some(format!(
            "{CONNECTION_LIMIT}: the server accepts {limit} {noun}; lower channels.{key}.connections ({words})"
        ))
    }

    /// Writes into the log, once each, that the provider limits connections and that it does not any more.
    fn tell_limit(&self, rest: &mut Rest) {
        let channel = self.kind.as_str();
        if let Some(words) = self.limit_told(rest) {
            if !std::mem::replace(&mut rest.is_limit_told, true) {
                tracing::warn!("sending over {channel} uses fewer connections: {}", without_addresses(&words));
            }
        } else if !rest.connections.is_limited() && std::mem::take(&mut rest.is_limit_told) {
            tracing::warn!("sending over {channel} uses all {} connections", self.lanes);
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut Rest) -> R) -> R {
        act(&mut self.rest.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Rest {
    /// The route could not be used. Returns until when it rests: twice as long as the last time, shortened by up to
    /// a quarter by chance, and at least as long as the provider asked.
    fn begin(&mut self, now: Timestamp, asked_ms: Option<u64>, jitter: u64) -> Timestamp {
        // Lanes that fail together are one failure.
        if self.until.is_none_or(|until| until <= now) || self.since.is_some_and(|since| since > now) {
            self.failures = self.failures.saturating_add(1);
            self.since = Some(now);
            let wait = (REST_FIRST_MS << (self.failures - 1).min(10)).min(REST_MAX_MS);
            let spread = i64::try_from(jitter % (wait.unsigned_abs() / 4 + 1)).unwrap_or_default();
            self.until = Some(now.plus_millis(wait - spread));
        }
        let asked = asked_ms.map(|ms| now.plus_millis(i64::try_from(ms).unwrap_or(i64::MAX)));
        let until = self.until.max(asked).unwrap_or(now);
        self.until = Some(until);
        until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Route {
        fn rest(&self, now: Timestamp, asked_ms: Option<u64>, jitter: u64) -> Timestamp {
            self.with(|rest| rest.begin(now, asked_ms, jitter))
        }
    }

    fn route() -> Route {
        Route::new(ChannelKind::Email, 10, Arc::default())
    }

    #[test]
    fn rests_double_up_to_a_minute_and_begin_anew_after_an_answer() {
        let route = route();
        let mut now = Timestamp::from_millis(0);
        let mut rests = Vec::new();
        for _ in 0..8 {
            let until = route.rest(now, None, 0);
            assert_eq!(route.rest(now, None, 0), until, "lanes that fail together rest once");
            rests.push(until.millis_since(now));
            now = until;
            assert_eq!(route.resting_until(now), None);
        }
        assert_eq!(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        route.answered(0, [(1, 1)].into_iter());
        assert_eq!(route.rest(now, None, 0).millis_since(now), 1_000);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_prolong_a_rest() {
        let route = route();
        let later = Timestamp::from_millis(3_600_000);
        route.rest(later, None, 0);
        let now = Timestamp::from_millis(0);
        assert_eq!(route.resting_until(now), None);
        assert!(route.rest(now, None, 0).millis_since(now) <= 2_000);
        assert!(route.resting_until(now).is_some());
    }

    #[test]
    fn a_provider_that_asks_for_more_gets_it() {
        let route = route();
        let now = Timestamp::from_millis(0);
        assert_eq!(route.rest(now, Some(90_000), 7).millis_since(now), 90_000);
        assert!(route.resting_until(now).is_some());
    }

    #[test]
    fn chance_shortens_a_rest_by_a_quarter_at_most() {
        for jitter in [0, 1, 250, 251, u64::MAX] {
            let rest = route().rest(Timestamp::from_millis(0), None, jitter).as_millis();
            assert!((750..=1_000).contains(&rest), "{rest}");
        }
    }

    #[test]
    fn a_lane_that_cannot_connect_while_another_one_works_leaves_the_route_open() {
        let (route, now) = (route(), Timestamp::from_millis(0));
        let refusal = Refusal { reason: "too_many_connections", text: "421 Too many\r\nconnections".into() };
        for lane in 0..2 {
            assert_eq!(route.admit(lane, now), Admission::Go);
        }
        route.answered(0, [(1, 1)].into_iter());
        for obstacle in [Obstacle::Connections, Obstacle::Route] {
            route.admit(1, now);
            assert_eq!(route.setback(1, (1, 9), (&refusal, obstacle, None), now, 0), Setback::Lane);
        }
        assert_eq!(route.resting_until(now), None);
        let told = route.limit().expect("the limit is known");
        assert_eq!(
            told,
            "connection_limit: the server accepts 1 connection; lower channels.email.connections \
             (too_many_connections: 421 Too many connections)"
        );
        // The one that is connected tells an outage, and nobody is left.
        let Setback::Route(until, reason) = route.setback(0, (1, 2), (&refusal, Obstacle::Route, None), now, 0) else {
            panic!("an outage");
        };
        assert_eq!(reason, "route_unavailable: too_many_connections: 421 Too many connections");
        assert_eq!(route.resting_until(now), Some(until));
    }

    #[test]
    fn a_quota_of_the_account_is_no_limit_of_connections_and_no_fault_of_a_message() {
        let (route, now) = (route(), Timestamp::from_millis(0));
        let refusal = Refusal { reason: "quota_exceeded", text: "552 over your relay quota of 500".into() };
        for lane in 0..2 {
            assert_eq!(route.admit(lane, now), Admission::Go);
        }
        route.answered(0, [(1, 1)].into_iter());
        for round in 0..20 {
            let setback = route.setback(1, (1, 9), (&refusal, Obstacle::Account, None), now, 0);
            assert!(matches!(setback, Setback::Route(..)), "round {round}: {setback:?}");
        }
        assert_eq!(route.limit(), None);
        assert_eq!(route.suspicion((1, 9)), 0);
    }
}

//! How long we wait for a client that sends or reads slowly: a budget of time that bytes refill.

use std::time::Duration;

/// Bytes that a second of waiting costs at least, on a running server. A slower client is given up once its budget is
/// spent, as with the `MinRate` of Apache's mod_reqtimeout.
const BYTES_PER_S: u64 = 500;
/// The budget of a client while the server stops: with it, the server ends within two seconds of its last real request.
pub const HURRIED: Duration = Duration::from_millis(1_000);
/// Bytes per second while the server stops. The body of a request for a token, the longest that a stranger can have
/// read, is no longer than this.
const HURRIED_BYTES_PER_S: u64 = 16 * 1024;

/// The budget of one direction of one client.
#[derive(Debug, Clone)]
pub struct Pace {
    left: Duration,
    budget: Duration,
    bytes_per_s: u64,
}

impl Pace {
    /// A full budget.
    pub const fn new(budget: Duration) -> Self {
        Self { left: budget, budget, bytes_per_s: BYTES_PER_S }
    }

    /// How much longer we wait for the next bytes.
    pub const fn left(&self) -> Duration {
        self.left
    }

    /// Counts a wait that brought so many bytes.
    pub fn moved(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_secs_f64(bytes as f64 / self.bytes_per_s as f64);
        self.left = (self.left.saturating_sub(waited) + earned).min(self.budget);
    }

    /// The server stops: [`HURRIED`] is all the waiting that remains, however much the client reads. Strangers can ask
    /// for long answers.
    pub fn finish(&mut self) {
        self.hurry();
        self.bytes_per_s = u64::MAX;
    }

    /// The server stops: from now on the client must be quick.
    pub fn hurry(&mut self) {
        self.budget = self.budget.min(HURRIED);
        self.left = self.left.min(HURRIED);
        self.bytes_per_s = HURRIED_BYTES_PER_S;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    /// Whether a client that sends so many bytes in each of 100,000 seconds is waited for.
    fn is_borne(bytes: usize) -> bool {
        let mut pace = Pace::new(seconds(30));
        (0..100_000).all(|_| {
            let is_in_time = pace.left() >= seconds(1);
            pace.moved(seconds(1), bytes);
            is_in_time
        })
    }

    #[test]
    fn a_client_that_makes_progress_is_waited_for_and_one_that_drips_is_not() {
        assert!(is_borne(1_000_000));
        assert!(is_borne(500));
        assert!(!is_borne(450));
        assert!(!is_borne(1));
        assert!(!is_borne(0));
    }

    #[test]
    fn bytes_that_came_early_do_not_buy_hours_of_silence() {
        let mut pace = Pace::new(seconds(30));
        pace.moved(seconds(0), 100_000_000);
        assert_eq!(pace.left(), seconds(30));
        pace.hurry();
        assert_eq!(pace.left(), HURRIED);
        pace.moved(seconds(1), 1_000);
        assert!(pace.left() < HURRIED / 2);
        pace.finish();
        pace.moved(seconds(1), 100_000_000);
        assert!(pace.left() < HURRIED / 100);
    }
}

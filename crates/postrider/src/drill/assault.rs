//! The disaster: the server is killed whenever so many messages have arrived, and started again.

use super::Stage;
use super::server::Server;
use crate::books::grouped;
use crate::cli::Failure;
use crate::demo::DemoError;
use crate::demo::session::{Session, number, text};
use postrider_core::campaign::ExecutionStatus;
use postrider_core::time::SECOND_MS;

/// How often the mail server is looked at, in milliseconds: often enough to meet the server in the middle of a window.
const LOOK_MS: i64 = 1;
/// How often the API is asked how the campaign stands, in milliseconds.
const POLL_MS: i64 = 100;
/// How long nothing may arrive, in milliseconds.
const STILL_MAX_MS: i64 = 60 * SECOND_MS;

/// The kills of one campaign.
pub struct Assault<'a> {
    pub stage: &'a Stage,
    pub campaign: &'a str,
    /// How many people have an address that nothing forbids to write to.
    pub reachable: i64,
}

impl Assault<'_> {
    /// Kills the server so often, evenly over the campaign; answers the last server and how many messages had arrived
    /// at each kill.
    pub async fn run(&self, mut server: Server, kills: u32) -> Result<(Server, Vec<u64>), Failure> {
        let mut arrived = Vec::new();
        for kill in 1..=kills {
            let after = self.reachable * i64::from(kill) / i64::from(kills + 1);
            self.until_arrived(u64::try_from(after).unwrap_or_default()).await?;
            server.kill()?;
            let now = self.stage.sink.received();
            arrived.push(now);
            let count = grouped(i64::try_from(now).unwrap_or(i64::MAX));
            self.stage
                .narrator
                .say(&format!("  killed the server when {count} messages had arrived, and started it again"));
            server = Server::start(&self.stage.home).await?;
        }
        Ok((server, arrived))
    }

    async fn until_arrived(&self, wanted: u64) -> Result<(), DemoError> {
        let clock = &self.stage.clock;
        let (mut seen, mut since) = (0, clock.now());
        loop {
            let (arrived, now) = (self.stage.sink.received(), clock.now());
            if arrived >= wanted {
                return Ok(());
            }
            if arrived != seen {
                (seen, since) = (arrived, now);
            }
            if now.millis_since(since) > STILL_MAX_MS {
                return Err(stuck());
            }
            clock.sleep_until(now.plus_millis(LOOK_MS)).await;
        }
    }

    /// Waits until the job is over, which it is when nobody is pending or in flight any more.
    pub async fn until_everybody_is_accounted_for(&self, session: &Session) -> Result<(), DemoError> {
        let path = format!("/campaigns/{}/status", self.campaign);
        let (mut seen, mut since) = (-1, session.clock.now());
        loop {
            let status = session.read(&path).await?;
            let now = session.clock.now();
            let word = text(&status, "/executionStatus")?;
            if !ExecutionStatus::parse(&word).is_some_and(ExecutionStatus::in_flight) {
                return Ok(());
            }
            let waiting = number(&status, "/execution/counts/pending")?;
            if waiting != seen {
                (seen, since) = (waiting, now);
            }
            if now.millis_since(since) > STILL_MAX_MS {
                return Err(stuck());
            }
            session.clock.sleep_until(now.plus_millis(POLL_MS)).await;
        }
    }
}

fn stuck() -> DemoError {
    DemoError::Stopped(format!("nothing has moved for {} s", STILL_MAX_MS / SECOND_MS))
}

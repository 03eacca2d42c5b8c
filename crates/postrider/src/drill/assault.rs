//! The disaster: nodes and the database are struck in turn while a campaign is sent.

use super::server::{LEASE_MS, Server};
use super::strikes::Strike;
use super::watch::{Probe, Watcher};
use super::{Node, Stage};
use crate::books::grouped;
use crate::cli::Failure;
use crate::demo::DemoError;
use crate::demo::session::{Session, number, text};
use postrider_channels::proxy::Path;
use postrider_core::campaign::ExecutionStatus;
use postrider_core::time::SECOND_MS;
use std::collections::BTreeMap;

/// How often the mail server is looked at, in milliseconds: often enough to meet a node in the middle of a window.
const LOOK_MS: i64 = 1;
/// How often the API is asked for the status of a campaign, in milliseconds.
const POLL_MS: i64 = 100;
/// How long nothing may arrive, in milliseconds.
const STILL_MAX_MS: i64 = 60 * SECOND_MS;
/// How long a node is stopped: longer than its leases last.
const STOP_MS: i64 = LEASE_MS * 3 / 2;
/// How long the path to the database is silent: longer than a transaction waits for it.
const DATABASE_SILENT_MS: i64 = 12 * SECOND_MS;
/// How long the mail server's answers are held: longer than leases last.
const MAIL_SILENT_MS: i64 = 5 * SECOND_MS;
/// How far a wrong clock is off.
const CLOCK_OFF_MS: i64 = 600 * SECOND_MS;
/// How long a node runs with a wrong clock: until a probe was due.
const CLOCK_WRONG_MS: i64 = 6 * SECOND_MS;
/// How often a probe is tried to be committed after a strike, and the pause between, in milliseconds.
const COMMITS: (u32, i64) = (20, 500);

/// What was struck.
#[derive(Debug, Clone, Default)]
pub struct Struck {
    /// How often, by kind.
    pub strikes: BTreeMap<Strike, u32>,
    /// How many messages had arrived at each kill.
    pub kills: Vec<u64>,
}

/// The strikes on one campaign.
pub struct Assault<'a> {
    pub stage: &'a mut Stage,
    /// How many people have an address that nothing forbids to write to.
    pub reachable: i64,
    pub watcher: &'a Watcher,
}

impl Assault<'_> {
    /// Makes the strikes, evenly over the campaign, each with a probe that is due in its middle.
    pub async fn run(&mut self, plan: &[Strike], probes: &mut [Probe]) -> Result<Struck, Failure> {
        let mut struck = Struck::default();
        let total = i64::try_from(plan.len()).unwrap_or(i64::MAX);
        for ((place, &strike), number) in (1_i64..).zip(plan).zip(0_usize..) {
            let after = self.reachable * place / (total + 1);
            self.until_arrived(u64::try_from(after).unwrap_or_default()).await?;
            if let Some(probe) = probes.get_mut(number) {
                self.commit(probe).await?;
            }
            let made = struck.strikes.entry(strike).or_default();
            let which = number % self.stage.nodes.len();
            self.strike(strike, which, *made, &mut struck.kills).await?;
            *made += 1;
        }
        Ok(struck)
    }

    async fn strike(&mut self, strike: Strike, which: usize, made: u32, kills: &mut Vec<u64>) -> Result<(), Failure> {
        let arrived = self.stage.sink.received();
        let count = grouped(i64::try_from(arrived).unwrap_or(i64::MAX));
        let node = which + 1;
        let is_first = made.is_multiple_of(2);
        match strike {
            Strike::Kills => {
                self.stage.kill(which)?;
                kills.push(arrived);
                self.say(&format!("killed node {node} when {count} messages had arrived, and started it again"));
                self.stage.start(which, 0).await?;
            }
            Strike::Stops => {
                self.say(&format!("stopped node {node} at {count} messages, for longer than its leases last"));
                self.server(which, |server| server.stand_still(true))?;
                self.wait(STOP_MS).await;
                self.server(which, |server| server.stand_still(false))?;
            }
            Strike::Restarts => {
                self.say(&format!("restarted the database at {count} messages, without a clean end"));
                if let Some(cluster) = self.stage.database.own() {
                    cluster.restart()?;
                }
            }
            Strike::Paths => self.silence(which, is_first, &count).await,
            Strike::Clocks => {
                let off_ms = if is_first { CLOCK_OFF_MS } else { -CLOCK_OFF_MS };
                let word = if is_first { "ahead" } else { "behind" };
                self.say(&format!("started node {node} at {count} messages with a clock ten minutes {word}"));
                self.stage.kill(which)?;
                self.stage.start(which, off_ms).await?;
                self.wait(CLOCK_WRONG_MS).await;
                self.stage.kill(which)?;
                self.stage.start(which, 0).await?;
            }
        }
        Ok(())
    }

    /// Makes one path of a node silent for a while.
    async fn silence(&self, which: usize, is_first: bool, count: &str) {
        let Some(Node { home, .. }) = self.stage.nodes.get(which) else { return };
        let (proxy, path, ms, what) = match (&home.database, is_first) {
            (Some(database), true) => (database, Path::Silent, DATABASE_SILENT_MS, "to the database"),
            (None, true) => (&home.mail, Path::Silent, MAIL_SILENT_MS, "to the mail server"),
            (_, false) => (&home.mail, Path::AnswersHeld, MAIL_SILENT_MS, "from the mail server"),
        };
        let (node, seconds) = (which + 1, ms / SECOND_MS);
        self.say(&format!("silenced the path of node {node} {what} at {count} messages for {seconds} s"));
        proxy.set(path);
        self.wait(ms).await;
        proxy.set(Path::Open);
    }

    /// Schedules a probe. The strike before may have left the nodes without connections for a moment; a probe that
    /// cannot be committed is left out.
    async fn commit(&self, probe: &mut Probe) -> Result<(), Failure> {
        for turn in 0..COMMITS.0 {
            let node = usize::try_from(turn).unwrap_or_default() % self.stage.nodes.len();
            if let Ok(session) = self.stage.session(node).await
                && probe.commit(&session).await.is_ok()
            {
                self.watcher.expect(probe);
                return Ok(());
            }
            self.wait(COMMITS.1).await;
        }
        self.say("no campaign could be scheduled for the middle of the next strike");
        Ok(())
    }

    fn server(&self, which: usize, act: impl FnOnce(&Server) -> Result<(), Failure>) -> Result<(), Failure> {
        match self.stage.nodes.get(which).and_then(|node| node.server.as_ref()) {
            Some(server) => act(server),
            None => Ok(()),
        }
    }

    fn say(&self, what: &str) {
        self.stage.narrator.say(&format!("  {what}"));
    }

    async fn wait(&self, ms: i64) {
        let clock = &self.stage.clock;
        clock.sleep_until(clock.now().plus_millis(ms)).await;
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
}

/// Waits until a job is over: no recipient is pending or in flight any more.
pub async fn until_over(session: &Session, path: &str) -> Result<(), DemoError> {
    let (mut seen, mut since) = (-1, session.clock.now());
    loop {
        let status = session.read(path).await;
        let now = session.clock.now();
        if let Ok(status) = &status {
            let word = text(status, "/executionStatus")?;
            if !ExecutionStatus::parse(&word).is_some_and(ExecutionStatus::in_flight) {
                return Ok(());
            }
            let waiting = number(status, "/execution/counts/pending").unwrap_or_default();
            if waiting != seen {
                (seen, since) = (waiting, now);
            }
        }
        if now.millis_since(since) > STILL_MAX_MS {
            return Err(status.err().map_or_else(stuck, DemoError::from));
        }
        session.clock.sleep_until(now.plus_millis(POLL_MS)).await;
    }
}

fn stuck() -> DemoError {
    DemoError::Stopped(format!("nothing has moved for {} s", STILL_MAX_MS / SECOND_MS))
}

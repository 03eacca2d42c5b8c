//! How a world looks at itself: what clients changed, whether the database is sound, and at the end whether all is
//! as it should be.

use crate::oracle::{Ban, Chronicle};
use crate::report::Report;
use crate::world::{SimWorld, failed};
use postrider_core::channel::ChannelKind;
use postrider_core::schedule::JobState;
use postrider_store::StoreError;
use std::collections::BTreeSet;
use std::fmt::Write as _;

impl SimWorld {
    /// Whether every job is at its end.
    pub(crate) async fn is_over(&self) -> Result<bool, StoreError> {
        for number in 0..self.workload.wishes.len() {
            for job in self.observer.jobs(number).await? {
                let is_over = job.state == JobState::Held || (job.state.is_final() && job.finished_at.is_some());
                if !is_over {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Notes what a client has just changed.
    pub(crate) async fn observe(&mut self) -> Result<(), StoreError> {
        for number in 0..self.workload.silences.len() {
            let silence = &self.workload.silences[number];
            if self.silences[number].is_none() && self.observer.is_silent(silence, self.gate.now()).await? {
                let ban = self.ban(|channel, who| silence.covers(channel, who, &self.workload.people[who])).await?;
                self.silences[number] = Some(ban);
            }
        }
        for number in 0..self.workload.wishes.len() {
            let states: Vec<JobState> = self.observer.jobs(number).await?.into_iter().map(|job| job.state).collect();
            if self.cancels[number].is_none() && states.contains(&JobState::Canceled) {
                self.cancels[number] = Some(self.ban(|_, _| true).await?);
            }
            let is_paused = states.contains(&JobState::Paused);
            match &mut self.pauses[number] {
                None if is_paused => self.pauses[number] = Some(self.ban(|_, _| true).await?),
                Some(ban) if !is_paused && ban.until.is_none() => ban.until = Some(self.gate.step()),
                None | Some(_) => {}
            }
        }
        Ok(())
    }

    /// A ban as of now, with those on the way whom it covers.
    async fn ban(&self, covers: impl Fn(ChannelKind, usize) -> bool) -> Result<Ban, StoreError> {
        let mut ban = Ban { step: self.gate.step(), until: None, on_the_way: BTreeSet::new() };
        for (number, wish) in self.workload.wishes.iter().enumerate() {
            for job in self.observer.jobs(number).await? {
                for (seq, profile) in self.observer.in_flight(job).await? {
                    let who = self.observer.names().people.iter().position(|known| *known == profile);
                    if who.is_some_and(|who| covers(wish.channel, who)) {
                        ban.on_the_way.insert((number, seq));
                    }
                }
            }
        }
        Ok(ban)
    }

    /// Looks through the whole database.
    pub(crate) async fn check(&self) -> Result<(), String> {
        let findings = self.observer.inspect(self.gate.now()).await.map_err(failed)?;
        findings.into_iter().next().map_or(Ok(()), Err)
    }

    pub(crate) async fn judge(&self, seed: u64) -> Result<Report, String> {
        let mut seen = Vec::new();
        for number in 0..self.workload.wishes.len() {
            let jobs = self.observer.jobs(number).await.map_err(failed)?;
            if jobs.len() > 1 {
                return Err(format!("draft {number} was committed {} times", jobs.len()));
            }
            for job in jobs {
                seen.push((number, self.observer.see(job, true).await.map_err(failed)?));
            }
        }
        self.clients.verdict()?;
        let mut accounts = String::new();
        self.recipe.provider.books(|books| {
            let chronicle = Chronicle {
                workload: &self.workload,
                climate: self.drawn,
                people: &self.observer.names().people,
                books,
                silences: &self.silences,
                cancels: &self.cancels,
                pauses: &self.pauses,
                now: self.gate.now(),
            };
            for (number, seen) in &seen {
                chronicle.judge(*number, seen)?;
                let _ = writeln!(accounts, "job {number}: {}", seen.job.state.as_str());
                for (row, _) in &seen.rows {
                    let (state, reason) = (row.state.as_str(), row.reason.as_deref().unwrap_or("-"));
                    let _ = writeln!(accounts, "  {} {} {state} {reason} {}", row.seq, row.profile, row.attempt);
                }
            }
            let keys: BTreeSet<&str> = books.arrivals.iter().map(|arrival| arrival.key.as_str()).collect();
            Ok(Report {
                seed,
                turns: self.trace.len(),
                trace_hash: self.trace.hash(),
                arrivals: books.arrivals.len(),
                copies: books.arrivals.len() - keys.len(),
                crashes: self.crashes,
                accounts,
            })
        })
    }
}

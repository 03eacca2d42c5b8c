//! How a world looks at itself: what clients changed, whether the database is sound, and at the end whether all is
//! as it should be.

use crate::budgets::Takes;
use crate::faults::Climate;
use crate::imports::adds_up;
use crate::observer::Seen;
use crate::oracle::{Ban, Chronicle};
use crate::provider::Offer;
use crate::report::Report;
use crate::telling::{Acts, Telling, judge_posts};
use crate::workload::{Silence, Silenced};
use crate::world::{SimWorld, failed};
use postrider_core::channel::ChannelKind;
use postrider_core::schedule::JobState;
use postrider_core::webhook::WebhookState;
use postrider_store::StoreError;
use postrider_store::webhook_log::WebhookDelivery;
use std::collections::BTreeSet;
use std::fmt::Write as _;

impl SimWorld {
    /// Whether every job, import and erasure is at its end, and every event has arrived.
    pub(crate) async fn is_over(&self) -> Result<bool, StoreError> {
        for number in 0..self.workload.wishes.len() {
            for job in self.observer.jobs(number).await? {
                let is_over = job.state == JobState::Held || (job.state.is_final() && job.finished_at.is_some());
                if !is_over {
                    return Ok(false);
                }
            }
        }
        for number in 0..self.workload.imports.len() {
            if !self.observer.import_job(number).await?.state.is_final() {
                return Ok(false);
            }
        }
        if self.observer.is_erasing().await? {
            return Ok(false);
        }
        let is_pending = |event: &WebhookDelivery| event.state == WebhookState::Pending;
        Ok(!self.observer.events().await?.iter().any(is_pending))
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
        for number in 0..self.workload.erasures.len() {
            let erasure = &self.workload.erasures[number];
            if self.erased[number].is_none() && self.observer.is_gone(erasure.who).await? {
                let ban = self.ban(|channel, who| erasure.covers(channel, who, &self.workload.people)).await?;
                self.erased[number] = Some(ban);
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

    /// Notes what a node has just taken from the budgets.
    pub(crate) async fn note_takes(&mut self) -> Result<(), StoreError> {
        let step = self.gate.step();
        let wishes = self.workload.wishes.iter().enumerate();
        let rated: Vec<usize> =
            wishes.filter(|(_, wish)| wish.rate_per_minute.is_some()).map(|(number, _)| number).collect();
        for (number, budget) in self.observer.job_budgets(rated).await? {
            self.takes.entry(number).or_default().note(step, budget);
        }
        for &(channel, _) in &self.workload.shared_rates {
            if let Some(budget) = self.observer.shared_budget(channel).await? {
                self.shared_takes.entry(channel).or_default().note(step, budget);
            }
        }
        Ok(())
    }

    /// Looks through the whole database: it is sound, recipients that were accounted for still are, and no event reports
    /// what did not happen.
    pub(crate) async fn check(&mut self) -> Result<(), String> {
        let findings = self.observer.inspect(self.gate.now()).await.map_err(failed)?;
        findings.into_iter().next().map_or(Ok(()), Err)?;
        for number in 0..self.workload.imports.len() {
            adds_up(&self.observer.import_job(number).await.map_err(failed)?.counts)?;
        }
        let telling = Telling::of(&self.observer.events().await.map_err(failed)?)?;
        for number in 0..self.workload.wishes.len() {
            for job in self.observer.jobs(number).await.map_err(failed)? {
                let seen = self.observer.see(job, false).await.map_err(failed)?;
                let told = |problem| format!("job {number}: {problem}");
                self.look.again(&seen, self.workload.wishes[number].decision).map_err(told)?;
                telling.judge(&seen, self.acts(number)).map_err(told)?;
            }
        }
        Ok(())
    }

    /// What people did to the job of a draft, or may have done.
    fn acts(&self, number: usize) -> Acts {
        let wish = &self.workload.wishes[number];
        Acts {
            was_paused: self.pauses[number].is_some(),
            may_move: wish.shift.is_some(),
            may_reopen: wish.decision.is_some(),
        }
    }

    /// What was taken from the budgets, and every event reached the endpoint.
    async fn judge_flows(&self, seen: &[(usize, Seen)]) -> Result<(), String> {
        let events = self.observer.events().await.map_err(failed)?;
        let is_calm = Climate { pause: 0, slow: 0, deaf: 0, ..self.drawn } == Climate::calm();
        judge_posts(&events, &self.recipe.listener.told(), is_calm)?;
        let telling = Telling::of(&events)?;
        let none = Takes::default();
        self.recipe.provider.books(|books| {
            for (number, seen) in seen {
                telling.judge(seen, self.acts(*number))?;
                if self.workload.wishes[*number].rate_per_minute.is_some() {
                    let own = books.offered.iter().filter(|offer| seen.seq_of(&offer.key).is_some());
                    self.takes.get(number).unwrap_or(&none).judge(own)?;
                }
            }
            for (channel, _) in &self.workload.shared_rates {
                let of_channel = |seen: &Seen, key: &str| seen.job.channel == *channel && seen.seq_of(key).is_some();
                let is_own = |offer: &&Offer| seen.iter().any(|(_, seen)| of_channel(seen, &offer.key));
                self.shared_takes.get(channel).unwrap_or(&none).judge(books.offered.iter().filter(is_own))?;
            }
            Ok(())
        })
    }

    /// Imports came to what their files say, and no table holds an address of an erased person.
    async fn judge_people(&self) -> Result<(), String> {
        for (number, import) in self.workload.imports.iter().enumerate() {
            import.judge(&self.observer.imported(number, import.addresses()).await.map_err(failed)?)?;
        }
        let erased: BTreeSet<usize> = self.workload.erasures.iter().map(|erasure| erasure.who).collect();
        let mut living = self.workload.people.clone();
        for &who in &erased {
            if self.observer.is_gone(who).await.map_err(failed)? {
                (living[who].email, living[who].phone) = (None, None);
            }
        }
        for channel in [ChannelKind::Email, ChannelKind::Sms] {
            let is_used = |address: &str| living.iter().any(|person| person.address(channel) == Some(address));
            let addresses = erased.iter().filter_map(|&who| self.workload.people[who].address(channel));
            for address in addresses.filter(|address| !is_used(address)) {
                let mut holders = self.observer.holders(address).await;
                // A client that suppresses the address later names it again.
                let is_named =
                    |silence: &Silence| matches!(&silence.who, Silenced::Address(_, named) if named == address);
                if self.workload.silences.iter().any(is_named) {
                    holders.retain(|column| !column.starts_with("suppressions."));
                }
                if !holders.is_empty() {
                    return Err(format!("{address} is erased and still in {}", holders.join(", ")));
                }
            }
        }
        Ok(())
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
        self.judge_flows(&seen).await?;
        self.judge_people().await?;
        let mut accounts = String::new();
        self.recipe.provider.books(|books| {
            let chronicle = Chronicle {
                workload: &self.workload,
                climate: self.drawn,
                people: &self.observer.names().people,
                books,
                silences: &self.silences,
                erased: &self.erased,
                cancels: &self.cancels,
                pauses: &self.pauses,
                was_misled: self.was_misled,
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

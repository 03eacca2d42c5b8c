//! What is taken from the budgets of jobs and of the tenant, as the database has it, and what left for it.
//!
//! The instants of hand-overs prove nothing in a world in which nodes are stopped between the two; so a budget is judged
//! by its takes, and every message that is offered must have been taken before.

use crate::provider::Offer;
use postrider_core::pacing::{Budget, Taken};
use postrider_core::time::MINUTE_MS;

/// One budget over the life of a world.
#[derive(Debug, Default)]
pub(crate) struct Takes(Vec<(u64, u32, Taken)>);

impl Takes {
    /// Notes the last take, if it is new.
    pub(crate) fn note(&mut self, step: u64, budget: Budget) {
        let Some(taken) = budget.last else { return };
        if self.0.last().is_none_or(|(_, _, last)| *last != taken) {
            self.0.push((step, budget.rate, taken));
        }
    }

    /// INV-7: no minute is over the budget, and nothing leaves that was not taken from it.
    ///
    /// # Errors
    /// What does not hold.
    pub(crate) fn judge<'o>(&self, offers: impl Iterator<Item = &'o Offer>) -> Result<(), String> {
        for (number, (_, rate, first)) in self.0.iter().enumerate() {
            let takes = self.0[number..].iter().map(|(_, _, taken)| taken);
            let within = takes.take_while(|taken| taken.at.millis_since(first.at) < MINUTE_MS);
            let sum: u32 = within.map(|taken| taken.messages).sum();
            if sum > *rate {
                return Err(format!("INV-7: {sum} were taken in the minute from {}, not {rate}", first.at));
            }
        }
        let (mut takes, mut left) = (self.0.iter().peekable(), 0_i64);
        for offer in offers {
            while let Some((_, _, taken)) = takes.next_if(|(step, _, _)| *step <= offer.step) {
                left += i64::from(taken.messages);
            }
            left -= 1;
            if left < 0 {
                return Err(format!("INV-7: a message left in turn {} that was not taken from the budget", offer.step));
            }
        }
        Ok(())
    }
}

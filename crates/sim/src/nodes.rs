//! Starts, stops, crashes and suspends the nodes of a world.

use crate::client::CLIENT;
use crate::faults::{self, Climate};
use crate::gate::{Place, Verdict};
use crate::node::Slot;
use crate::workload::START;
use crate::world::SimWorld;
use postrider_store::StoreError;

impl SimWorld {
    /// Starts nodes that have been down for long enough, and notices those that have stopped.
    pub(crate) async fn tend_nodes(&mut self) -> Result<(), StoreError> {
        let now = self.gate.now();
        for at in 0..self.slots.len() {
            match &mut self.slots[at] {
                Slot::Down(until) if *until <= now => {
                    self.last_owner += 1;
                    let node = self.recipe.start(self.last_owner, &self.scheduler).await?;
                    self.trace.add(START, now, node.owner, "starts");
                    // The first look at a clock is believed.
                    self.was_misled |= self.recipe.wall.ahead_ms(now) != 0;
                    self.slots[at] = Slot::Up(node);
                    self.settle().await;
                    self.let_begin(at).await;
                }
                Slot::Up(node) if node.is_stopping() && self.scheduler.is_gone(node.owner) => {
                    self.trace.add(START, now, node.owner, "has stopped");
                    let downtime = faults::downtime_ms(&mut self.faults);
                    self.slots[at] = Slot::Down(now.plus_millis(downtime));
                }
                Slot::Down(_) | Slot::Up(_) => {}
            }
        }
        Ok(())
    }

    /// In worlds that are compared, what an embedded database does before the tasks start is no turn.
    async fn let_begin(&mut self, at: usize) {
        loop {
            let Slot::Up(node) = &mut self.slots[at] else { return };
            if node.has_begun || self.options.crashes {
                return;
            }
            let waiting = self.gate.waiting();
            let own = waiting.iter().find(|(_, owner, _)| *owner == node.owner);
            let Some((number, _, place)) = own else { return };
            if *place == Place::Before("node.beat") {
                node.begun();
                return;
            }
            self.gate.say(*number, Verdict::Go);
            self.settle().await;
        }
    }

    /// Perhaps something goes wrong with a node, or takes long. Returns whether all nodes must be looked at again.
    pub(crate) fn strike(&mut self) -> bool {
        let now = self.gate.now();
        if self.faults.permille(self.climate.slow) {
            let delay = faults::delay_ms(&mut self.faults);
            self.trace.add(START, now, CLIENT, &format!("and all others are slow: {delay} ms"));
            self.gate.advance_to(now.plus_millis(delay));
        }
        let at = self.faults.below(self.slots.len());
        let (crash, stop, pause) = (
            self.faults.permille(self.climate.crash),
            self.faults.permille(self.climate.stop),
            self.faults.permille(self.climate.pause),
        );
        let Slot::Up(node) = &mut self.slots[at] else { return false };
        if crash {
            self.crashes += 1;
            self.trace.add(START, now, node.owner, "crashes");
            let downtime = faults::downtime_ms(&mut self.faults);
            let up = std::mem::replace(&mut self.slots[at], Slot::Down(now.plus_millis(downtime)));
            if let Slot::Up(node) = up {
                node.crash(&mut self.scheduler);
            }
            return true;
        }
        if stop && !node.is_stopping() {
            self.trace.add(START, now, node.owner, "is asked to stop");
            node.stop(&self.scheduler);
            return true;
        }
        if pause && node.is_awake(now) {
            let pause = faults::pause_ms(&mut self.faults);
            self.trace.add(START, now, node.owner, &format!("is suspended for {pause} ms"));
            node.paused_until = Some(now.plus_millis(pause));
        }
        false
    }

    /// Faults stop.
    pub(crate) fn calm_down(&mut self) {
        let now = self.gate.now();
        self.trace.add(START, now, CLIENT, "and all others see the faults stop");
        self.climate = Climate::calm();
        self.recipe.provider.calm_down();
        self.recipe.listener.calm_down();
        for slot in &mut self.slots {
            match slot {
                Slot::Up(node) => node.paused_until = None,
                Slot::Down(until) => *until = now,
            }
        }
    }
}

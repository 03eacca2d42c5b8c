//! What happens that other systems may want to know: kinds of events and their facts.
//!
//! An event is stored by the transaction of its effect, so there is none without an effect and no effect without its
//! event. Invariant: facts are ids, instants, words and counts, never an address or contents.

use crate::campaign::words;
use crate::channel::ChannelKind;
use crate::delivery::{Counts, DeliveryState};
use crate::id::{CampaignId, DeliveryId, ProfileId, ScheduleId, SuppressionId};
use crate::schedule::JobState;
use crate::time::Timestamp;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// A job was given another instant.
    ScheduleMoved,
    /// A job began.
    ScheduleStarted,
    /// A person stopped a job for a while.
    SchedulePaused,
    /// A person let a job go on.
    ScheduleResumed,
    /// A policy or an obstacle stopped a job; a person must decide.
    ScheduleHeld,
    /// Everybody of a job is accounted for.
    ScheduleFinished,
    /// A late answer changed the counts of a finished job, and perhaps its state.
    ScheduleCorrected,
    /// A job was taken back.
    ScheduleCanceled,
    /// A recipient will not get the message.
    DeliveryFailed,
    /// Nobody knows whether a recipient got the message.
    DeliveryUncertain,
    /// Mail to an address came back.
    DeliveryBounced,
    /// A recipient asked for no more messages.
    RecipientUnsubscribed,
}

words!(EventKind {
    ScheduleMoved => "schedule.moved",
    ScheduleStarted => "schedule.started",
    SchedulePaused => "schedule.paused",
    ScheduleResumed => "schedule.resumed",
    ScheduleHeld => "schedule.held",
    ScheduleFinished => "schedule.finished",
    ScheduleCorrected => "schedule.corrected",
    ScheduleCanceled => "schedule.canceled",
    DeliveryFailed => "delivery.failed",
    DeliveryUncertain => "delivery.uncertain",
    DeliveryBounced => "delivery.bounced",
    RecipientUnsubscribed => "recipient.unsubscribed",
});

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What kind of thing.
    pub kind: EventKind,
    /// What is known of it.
    pub facts: Facts,
}

/// What is known of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// Of a job.
    Schedule(ScheduleFacts),
    /// Of one recipient of a job.
    Delivery(DeliveryFacts),
    /// Of an address that mail came back from.
    Bounce(BounceFacts),
    /// Of a person.
    Recipient(RecipientFacts),
}

/// The facts of a job's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleFacts {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Which job.
    pub schedule: ScheduleId,
    /// Where the job stands now.
    pub state: JobState,
    /// When it is due now, if that is what the event is about.
    pub scheduled_for: Option<Timestamp>,
    /// When it was due before it was moved.
    pub previously_for: Option<Timestamp>,
    /// Stable reason, if there is one.
    pub reason: Option<String>,
    /// How its recipients stand, if they were frozen.
    pub counts: Option<Counts>,
}

impl ScheduleFacts {
    /// The facts that every job has; the others are absent.
    #[must_use]
    pub const fn new(campaign: CampaignId, schedule: ScheduleId, state: JobState) -> Self {
        Self { campaign, schedule, state, scheduled_for: None, previously_for: None, reason: None, counts: None }
    }
}

/// The facts of one recipient's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFacts {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Of which job.
    pub schedule: ScheduleId,
    /// Which recipient of it.
    pub delivery: DeliveryId,
    /// Who that is.
    pub profile: ProfileId,
    /// By which channel.
    pub channel: ChannelKind,
    /// Where the recipient stands now.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// Stable reason.
    pub reason: Option<String>,
}

/// The facts of mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceFacts {
    /// The entry of the suppression list that was made of it.
    pub suppression: SuppressionId,
    /// By which channel.
    pub channel: ChannelKind,
}

/// The facts of a person's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientFacts {
    /// Who.
    pub profile: ProfileId,
    /// Of which channel.
    pub channel: ChannelKind,
    /// The message in which the link was followed.
    pub delivery: DeliveryId,
}

impl Event {
    /// An event of a job.
    #[must_use]
    pub const fn schedule(kind: EventKind, facts: ScheduleFacts) -> Self {
        Self { kind, facts: Facts::Schedule(facts) }
    }

    /// Somebody unsubscribed.
    #[must_use]
    pub const fn unsubscribed(facts: RecipientFacts) -> Self {
        Self { kind: EventKind::RecipientUnsubscribed, facts: Facts::Recipient(facts) }
    }

    /// Mail to an address came back.
    #[must_use]
    pub const fn bounced(facts: BounceFacts) -> Self {
        Self { kind: EventKind::DeliveryBounced, facts: Facts::Bounce(facts) }
    }
}

impl DeliveryState {
    /// The event that a recipient's coming into this state is, if it is one.
    #[must_use]
    pub const fn event(self) -> Option<EventKind> {
        match self {
            Self::Failed => Some(EventKind::DeliveryFailed),
            Self::Uncertain => Some(EventKind::DeliveryUncertain),
            Self::Pending
            | Self::InFlight
            | Self::Sent
            | Self::Suppressed
            | Self::Skipped
            | Self::Expired
            | Self::Canceled => None,
        }
    }
}

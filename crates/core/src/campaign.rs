//! The states of a campaign and what each allows.

/// What kind of campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignType {
    /// One message to one audience.
    Broadcast,
    /// Several steps; known to the API, refused by every job (the seed page: only broadcast in v1).
    Journey,
}

/// The category of a campaign that has no other.
pub const CATEGORY_GENERAL: &str = "general";
/// The category of messages that a person's own doing calls for: no marketing, so no way out is asked of them.
pub const CATEGORY_TRANSACTIONAL: &str = "transactional";
/// The category of advertising: an email of it must show a link to unsubscribe, unless the tenant says otherwise.
pub const CATEGORY_MARKETING: &str = "marketing";
/// The categories there are.
pub const CATEGORIES: [&str; 9] = [
    CATEGORY_GENERAL,
    "announcement",
    "event",
    "lifecycle",
    CATEGORY_MARKETING,
    "newsletter",
    "promotional",
    "seasonal",
    CATEGORY_TRANSACTIONAL,
];

/// The category of that name, whatever its capitals; an unknown or absent one is [`CATEGORY_GENERAL`].
#[must_use]
pub fn category(name: Option<&str>) -> &'static str {
    let name = name.unwrap_or_default().trim();
    CATEGORIES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(CATEGORY_GENERAL)
}

/// Where a campaign stands for its authors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthoringStatus {
    /// May be edited.
    Draft,
    /// Committed to a job.
    Published,
    /// Put away.
    Archived,
}

/// Where a campaign stands for its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// No job.
    NotScheduled,
    /// A job waits for its instant.
    Scheduled,
    /// Recipients are being frozen or sent to.
    Running,
    /// Stopped by a person, may go on.
    Paused,
    /// Stopped by a policy, a person must decide.
    Held,
    /// Every recipient was handed off, suppressed or skipped.
    Completed,
    /// Every recipient is accounted for, some failed, expired or are uncertain.
    CompletedWithFailures,
    /// Nobody could be sent to.
    Failed,
    /// Taken back while running.
    Canceled,
}

/// On which side of a campaign an audience stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudienceSide {
    /// Its members are sent to.
    Include,
    /// Its members are left out, even when included too.
    Exclude,
}

/// What an audience id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudienceType {
    /// A static list.
    Audience,
    /// A rule.
    Segment,
}

macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in JSON and SQL.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads the word back.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// Reads the word of the field at `path`.
            ///
            /// # Errors
            /// `REQUEST_INVALID` with the words there are.
            pub fn read(path: &str, word: &str) -> Result<Self, $crate::error::Refusal> {
                Self::parse(word).ok_or_else(|| {
                    let problem = format!("must be {}", $crate::wording::choice(&[$($word),*]));
                    $crate::error::Refusal::invalid(path, Some(word), problem)
                })
            }
        }
    };
}
pub(crate) use words;

words!(AudienceSide { Include => "include", Exclude => "exclude" });
words!(AudienceType { Audience => "audience", Segment => "segment" });
words!(CampaignType { Broadcast => "broadcast", Journey => "journey" });
words!(AuthoringStatus { Draft => "draft", Published => "published", Archived => "archived" });
words!(ExecutionStatus {
    NotScheduled => "not_scheduled",
    Scheduled => "scheduled",
    Running => "running",
    Paused => "paused",
    Held => "held",
    Completed => "completed",
    CompletedWithFailures => "completed_with_failures",
    Failed => "failed",
    Canceled => "canceled",
});

impl ExecutionStatus {
    /// Whether a job is committed and not over.
    #[must_use]
    pub const fn in_flight(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running | Self::Paused | Self::Held)
    }
}

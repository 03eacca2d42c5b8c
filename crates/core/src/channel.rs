//! The channels, and the port through which messages leave.

use crate::env::BoxFuture;
use crate::error;
use crate::time::Timestamp;
use crate::wording::choice;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a message reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Email over SMTP.
    Email,
    /// Text message.
    Sms,
    /// Push notification.
    Push,
    /// Printed mail.
    DirectMail,
}

impl ChannelKind {
    /// All channels, in the order in which they are listed everywhere.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::Push, Self::DirectMail];

    /// The word used in JSON, SQL and configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::DirectMail => "direct_mail",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Reads the word of the field at `path`.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the words there are.
    pub fn read(path: &str, word: &str) -> Result<Self, error::Refusal> {
        let problem = || format!("must be {}", choice(&Self::ALL.map(Self::as_str)));
        Self::parse(word).ok_or_else(|| error::Refusal::invalid(path, Some(word), problem()))
    }

    /// Whether the channel takes a time of day (email, sms, push) and not just a date.
    #[must_use]
    pub const fn is_digital(self) -> bool {
        !matches!(self, Self::DirectMail)
    }
}

/// One message, rendered, for one recipient.
#[derive(Clone)]
pub struct Message {
    /// Idempotency key: the delivery id. The same on every attempt, different for every recipient.
    pub key: String,
    /// Where to: an email address, a phone number in E.164, a device as [`crate::push::PushToken::address`]
    /// writes it, or a postal address in lines.
    pub to: String,
    /// What.
    pub body: Body,
}

/// What a message says, by channel.
#[derive(Clone)]
pub enum Body {
    /// An email.
    Email(Box<EmailBody>),
    /// A text message.
    Sms(SmsBody),
    /// A push notification.
    Push(PushBody),
    /// A printed piece.
    DirectMail(DirectMailBody),
}

/// The parts of an email. Header values may hold anything a person typed: the adapter makes them safe.
#[derive(Clone)]
pub struct EmailBody {
    /// Sender's address.
    pub from_address: String,
    /// Sender's display name; may be empty.
    pub from_name: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Recipient's display name; may be empty.
    pub to_name: String,
    /// Subject line.
    pub subject: String,
    /// The text part, never empty in a valid message.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
    /// Message-ID without angle brackets: the same on every attempt (RFC 5322 §3.6.4).
    pub message_id: String,
    /// The `Date` header: when the campaign was due.
    pub date: Timestamp,
    /// One-click unsubscribe URL (RFC 8058), for marketing mail.
    pub unsubscribe_url: Option<String>,
    /// Whether it is a test, which a header tells.
    pub is_test: bool,
}

/// The parts of a text message.
#[derive(Clone)]
pub struct SmsBody {
    /// Sending number or sender id.
    pub from: String,
    /// Text.
    pub text: String,
}

/// The parts of a push notification.
#[derive(Clone)]
pub struct PushBody {
    /// Which app.
    pub app: String,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// What a tap opens.
    pub url: Option<String>,
    /// Further data for the app.
    pub data: BTreeMap<String, String>,
}

/// The parts of a printed piece.
#[derive(Clone)]
pub struct DirectMailBody {
    /// `letter_a4`, `letter_us`, `postcard_a6` or `postcard_4x6`.
    pub format: String,
    /// Rendered source of the piece.
    pub source: String,
    /// Return address, in lines.
    pub return_address: String,
    /// Fulfilment date, `YYYY-MM-DD`.
    pub batch_date: String,
}

impl std::fmt::Debug for Message {
    /// Shows the key only: an address or a text must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({})", self.key)
    }
}

/// What became of one message. Always a value, never an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it.
    HandedOff {
        /// The provider's own reference or reply.
        provider_ref: String,
    },
    /// The provider will never take it.
    Rejected(Refusal),
    /// The provider may take it later; this attempt counts.
    Deferred {
        /// Why.
        refusal: Refusal,
        /// Not before this many milliseconds, if the provider said so.
        after_ms: Option<u64>,
    },
    /// It certainly did not leave, for a reason that concerns more than this recipient: the attempt does not count.
    NotAttempted {
        /// Why.
        refusal: Refusal,
        /// What the reason concerns.
        obstacle: Obstacle,
        /// Let the route rest for this many milliseconds, if the provider said so.
        after_ms: Option<u64>,
    },
    /// The provider may have it: the conversation broke after the message and before the answer (RFC 1047).
    Uncertain(Refusal),
}

/// What keeps messages from leaving, whoever their recipient is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The provider cannot be reached or accepts nothing now (no connection, login refused, a conversation that broke):
    /// the route rests, then tries again.
    Route,
    /// The provider says that the account has used up a rate or a quota: the route rests as well, and no message is
    /// suspected of being the cause.
    Account,
    /// The provider refuses one more connection, while those that are open may still work.
    Connections,
    /// The provider refuses the sender of the campaign: waiting changes nothing, a person has to act.
    Sender,
    /// The caller that handed the window over ended it: it says nothing about the provider.
    Caller,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable word for accounts and metrics, snake_case, such as `mailbox_unavailable`.
    pub reason: &'static str,
    /// The provider's words, at most 500 characters.
    pub text: String,
}

/// Longest text of a provider beside a reason that people read at a glance, in characters.
const TOLD_CHARS_MAX: usize = 300;

impl Refusal {
    /// The reason and the provider's words, on one line.
    #[must_use]
    pub fn told(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let text: String = words.join(" ").chars().take(TOLD_CHARS_MAX).collect();
        if text.is_empty() { self.reason.to_owned() } else { format!("{}: {text}", self.reason) }
    }
}

/// A configured way to send through one channel.
pub trait Channel: Send + Sync {
    /// Which channel.
    fn kind(&self) -> ChannelKind;

    /// Opens a lane. Nothing is connected before the first window.
    fn lane(&self) -> Box<dyn Lane>;

    /// Tries the channel step by step without sending anything. Timeouts are the channel's own; it always ends.
    fn probe(&self) -> BoxFuture<'_, ProbeReport> {
        let target = self.kind().as_str().to_owned();
        Box::pin(std::future::ready(ProbeReport { target, encrypted: None, steps: Vec::new() }))
    }
}

/// What trying a channel showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport {
    /// What was tried: a server without its login, or a folder.
    pub target: String,
    /// Whether messages travel encrypted; nothing if that was not seen.
    pub encrypted: Option<bool>,
    /// The steps in order. The last one may have failed; nothing follows it then.
    pub steps: Vec<ProbeStep>,
}

/// One step of trying a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// `resolve`, `connect`, `greeting`, `ehlo`, `starttls`, `tls`, `login` or `folder`.
    pub name: &'static str,
    /// What was seen, or why the step failed.
    pub result: Result<String, Refusal>,
}

impl ProbeReport {
    /// Why the channel cannot be used now, if it cannot.
    #[must_use]
    pub fn problem(&self) -> Option<&Refusal> {
        self.steps.iter().find_map(|step| step.result.as_ref().err())
    }
}

/// How a lane and the caller that hands a window over talk while it is on its way.
pub trait Line: Send + Sync {
    /// The provider said something: the conversation is not silent.
    fn heard(&self);

    /// The provider said what becomes of a message.
    fn answered(&self);

    /// Whether another message of the window may leave now; a lane asks before each of them. Once one may not, the rest of
    /// the window is not attempted ([`Obstacle::Caller`]).
    fn may_leave(&self) -> bool;

    /// Resolves when the lane must return at once: a message that may have left without an answer is uncertain, and all
    /// others of the window are not attempted ([`Obstacle::Caller`]).
    fn cut(&self) -> BoxFuture<'_, ()>;
}

/// One ordered conversation with a provider, such as one SMTP connection kept open.
pub trait Lane: Send {
    /// Hands over a window of messages, in order, and answers one outcome for each, in the same order.
    /// Timeouts are the lane's own; it always answers.
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>>;

    /// Sets the listener for the windows on their way. The caller waits for a lane that ignores it until it returns.
    fn listen(&mut self, _line: Arc<dyn Line>) {}

    /// Ends the conversation politely.
    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()>;
}

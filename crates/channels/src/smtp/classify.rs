//! What a reply of a mail server means for a message: first by its words, then by one table of its codes.
//!
//! Not here: how the words are read (`words`), and when the conversation breaks. Invariants: every reply has exactly
//! one verdict, only a 2xx to the end of the data is a hand-off, and no recipient pays for what concerns the sender,
//! the account or the server.

use super::reply::Reply;
use super::wait::asked_wait_ms;
use super::words::{Span, Topic, topic};
use crate::refusal::{Stop, printable, refusal};
use postrider_core::channel::{Obstacle, Outcome, Refusal};

/// Longest reference kept of an accepting reply, in characters.
const PROVIDER_REF_CHARS_MAX: usize = 200;

/// What the reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The greeting, EHLO.
    Opening,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The end of the message.
    Dot,
}

impl Phase {
    /// Whether a message has been named.
    pub(super) const fn names_a_message(self) -> bool {
        !matches!(self, Self::Opening | Self::StartTls | Self::Login)
    }
}

/// Whose message a reply is about: the addresses as they were sent; both empty before there is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parties<'a> {
    /// The address in MAIL FROM.
    pub(super) from: &'a str,
    /// The address in RCPT TO.
    pub(super) to: &'a str,
}

impl Parties<'_> {
    /// Before a message is named.
    pub(super) const NONE: Self = Self { from: "", to: "" };

    /// Whether a text names the sender's address and not the recipient's.
    pub(super) fn only_sender_in(&self, text: &str) -> bool {
        let names =
            |address: &str| !address.is_empty() && addresses(text).any(|word| word.eq_ignore_ascii_case(address));
        names(self.from) && !names(self.to)
    }

    /// The text with every address but the sender's made unreadable: what is said about a route or a sender is shown
    /// in the log and to people who may not see recipients.
    fn without_others(&self, text: &str) -> String {
        let others = addresses(text).filter(|word| word.contains('@') && !word.eq_ignore_ascii_case(self.from));
        others.fold(text.to_owned(), |masked, address| masked.replace(address, "…"))
    }
}

/// The words of a text that may be addresses.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "<>()[]{},;:\"'=`".contains(c)).map(|word| word.trim_matches('.'))
}

/// What a reply means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on; after the end of the message: it has been handed off.
    Accepted,
    /// This message will never be taken.
    Rejected(Refusal),
    /// This message may be taken later, in so many milliseconds if the server says so.
    Deferred(Refusal, Option<u64>),
    /// Nothing will be taken now: the window ends here.
    Stopped(Stop),
}

impl Verdict {
    /// The outcome of a message whose command got this reply.
    pub(crate) fn into_outcome(self, reply: &Reply) -> Outcome {
        match self {
            Self::Accepted => {
                Outcome::HandedOff { provider_ref: printable(&reply.text.replace('\n', " "), PROVIDER_REF_CHARS_MAX) }
            }
            Self::Rejected(refusal) => Outcome::Rejected(refusal),
            Self::Deferred(refusal, after_ms) => Outcome::Deferred { refusal, after_ms },
            Self::Stopped(stop) => stop.into(),
        }
    }
}

/// The ways to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum No {
    /// Never to this message.
    Never,
    /// Later to this message.
    Later,
    /// To every message.
    Route,
    /// To every message, because the account has used up what it may send.
    Account,
    /// To one more connection.
    Connections,
    /// To this sender.
    Sender,
}

/// One row: where it applies, and what it says. The first row that fits decides.
struct Row {
    /// Phases, or all.
    phases: &'static [Phase],
    /// First and last reply code.
    codes: (u16, u16),
    /// Subject, first and last detail of the enhanced status code; nothing fits with or without one.
    enhanced: Option<(u16, u16, u16)>,
    /// A word that the text must hold, in lower case.
    word: Option<&'static str>,
    no: No,
    reason: &'static str,
}

/// The reason of a server that ends one conversation and may begin another at once.
pub(super) const SERVER_CLOSING: &str = "server_closing";
const ANY: &[Phase] = &[];
const CONTENT: &[Phase] = &[Phase::Data, Phase::Dot];
const DETAILS: u16 = 999;

const fn code(phases: &'static [Phase], first: u16, last: u16, no: No, reason: &'static str) -> Row {
    Row { phases, codes: (first, last), enhanced: None, word: None, no, reason }
}

const fn status(class: u16, subject: u16, first: u16, last: u16, no: No, reason: &'static str) -> Row {
    let codes = (class * 100, class * 100 + 99);
    Row { phases: ANY, codes, enhanced: Some((subject, first, last)), word: None, no, reason }
}

const fn word(first: u16, last: u16, word: &'static str, no: No, reason: &'static str) -> Row {
    Row { phases: ANY, codes: (first, last), enhanced: None, word: Some(word), no, reason }
}

/// RFC 5321 §4.2.3, RFC 3463 §3, RFC 4954 §6, RFC 7505 §3 and what large receivers publish about their own codes.
const TABLE: &[Row] = &[
    // Before a message is named, every no is the route's. A server that is reached and wants no conversation now may
    // have enough of them.
    code(&[Phase::StartTls], 400, 599, No::Route, "tls_unavailable"),
    code(&[Phase::Opening], 400, 499, No::Connections, "server_refused"),
    code(&[Phase::Login], 400, 499, No::Route, "auth_unavailable"),
    code(&[Phase::Login], 500, 599, No::Route, "auth_failed"),
    code(&[Phase::Opening], 500, 599, No::Route, "server_refused"),
    // The server closes, or limits the whole route.
    Row {
        phases: ANY,
        codes: (421, 421),
        enhanced: Some((7, 0, DETAILS)),
        word: None,
        no: No::Route,
        reason: "throttled",
    },
    code(ANY, 421, 421, No::Route, SERVER_CLOSING),
    code(ANY, 530, 530, No::Route, "auth_required"),
    code(ANY, 534, 538, No::Route, "auth_failed"),
    status(5, 7, 8, 9, No::Route, "auth_failed"),
    status(5, 7, 25, 25, No::Route, "client_refused"),
    status(5, 7, 64, 64, No::Route, "client_refused"),
    status(5, 7, 508, 508, No::Route, "throttled"),
    status(5, 7, 511, 511, No::Route, "client_refused"),
    status(5, 7, 606, 649, No::Route, "client_refused"),
    status(5, 7, 232, 233, No::Account, "quota_exceeded"),
    status(5, 7, 700, 749, No::Account, "quota_exceeded"),
    status(5, 1, 90, 90, No::Account, "quota_exceeded"),
    word(454, 454, "relay", No::Later, "relay_denied"),
    code(ANY, 454, 454, No::Route, "throttled"),
    status(4, 3, 2, 2, No::Route, "server_unavailable"),
    status(4, 5, 3, 3, No::Route, "too_many_recipients"),
    status(4, 7, 0, 0, No::Route, "throttled"),
    status(4, 7, 28, 28, No::Route, "throttled"),
    status(4, 7, 500, 749, No::Route, "throttled"),
    status(5, 4, 5, 5, No::Account, "quota_exceeded"),
    status(4, 3, 1, 1, No::Route, "server_storage"),
    // No recipient is named yet at MAIL, so a refusal concerns every message of this sender.
    code(&[Phase::Mail], 452, 452, No::Route, "server_storage"),
    code(&[Phase::Mail], 400, 499, No::Route, "sender_deferred"),
    // Temporary, one message.
    status(4, 2, 1, 1, No::Later, "mailbox_busy"),
    status(4, 2, 2, 2, No::Later, "mailbox_full"),
    status(4, 4, 0, DETAILS, No::Later, "network_problem"),
    status(4, 7, 1, 1, No::Later, "greylisted"),
    status(4, 7, 0, DETAILS, No::Later, "policy_deferred"),
    code(ANY, 452, 452, No::Route, "server_storage"),
    code(&[Phase::Rcpt], 450, 450, No::Later, "mailbox_busy"),
    code(ANY, 400, 499, No::Later, "temporary_failure"),
    // We and the server do not understand each other: no recipient's fault.
    code(ANY, 500, 500, No::Route, "protocol_error"),
    code(ANY, 502, 504, No::Route, "protocol_error"),
    code(&[Phase::Mail], 555, 555, No::Route, "protocol_error"),
    // The sender's, whoever the recipient is (Exchange Online, Gmail and Outlook.com publish those of subject 7).
    status(5, 2, 3, 3, No::Never, "message_too_large"),
    status(5, 3, 4, 4, No::Never, "message_too_large"),
    code(&[Phase::Mail], 552, 552, No::Never, "message_too_large"),
    code(&[Phase::Mail], 500, 599, No::Sender, "sender_refused"),
    status(5, 1, 7, 8, No::Sender, "sender_refused"),
    status(5, 7, 20, 27, No::Sender, "sender_refused"),
    status(5, 7, 60, 60, No::Sender, "sender_refused"),
    status(5, 7, 501, 503, No::Sender, "sender_refused"),
    status(5, 7, 509, 509, No::Sender, "sender_refused"),
    status(5, 7, 515, 515, No::Sender, "sender_refused"),
    status(5, 7, 750, 750, No::Sender, "sender_refused"),
    // Final, one message.
    status(5, 1, 2, 2, No::Never, "domain_unavailable"),
    status(5, 1, 3, 3, No::Never, "address_refused"),
    status(5, 1, 10, 10, No::Never, "domain_unavailable"),
    status(5, 1, 0, DETAILS, No::Never, "mailbox_unavailable"),
    status(5, 2, 1, 1, No::Never, "mailbox_disabled"),
    status(5, 2, 2, 2, No::Never, "mailbox_full"),
    status(5, 4, 1, 1, No::Never, "mailbox_unavailable"),
    status(5, 4, 4, 4, No::Never, "domain_unavailable"),
    status(5, 6, 0, DETAILS, No::Never, "content_refused"),
    word(500, 599, "relay", No::Never, "relay_denied"),
    status(5, 7, 0, DETAILS, No::Never, "policy_refused"),
    code(&[Phase::Rcpt], 552, 552, No::Never, "mailbox_full"),
    code(ANY, 552, 552, No::Never, "message_too_large"),
    code(ANY, 556, 556, No::Never, "domain_unavailable"),
    code(&[Phase::Rcpt], 550, 551, No::Never, "mailbox_unavailable"),
    code(&[Phase::Rcpt], 501, 501, No::Never, "address_refused"),
    code(&[Phase::Rcpt], 553, 553, No::Never, "address_refused"),
    code(&[Phase::Rcpt], 555, 555, No::Never, "address_refused"),
    code(&[Phase::Rcpt], 554, 554, No::Never, "policy_refused"),
    code(CONTENT, 550, 554, No::Never, "policy_refused"),
    code(ANY, 500, 599, No::Never, "refused"),
];

/// Longest first wait for a limit over a time, in milliseconds: the next part of an hour, a day or a month may begin
/// at any moment, and a server that is asked now and then takes no harm.
const fn first_wait_ms(span: Span) -> Option<u64> {
    match span {
        Span::Short | Span::Unknown => None,
        Span::Hour => Some(10 * 60_000),
        Span::Day => Some(30 * 60_000),
        Span::Month => Some(60 * 60_000),
    }
}

/// What the words of a refusal mean, if they name a topic that decides whatever the code is.
fn by_words(phase: Phase, reply: &Reply, topic: Topic) -> Option<(No, &'static str, Option<u64>)> {
    let is_final = reply.class() == 5;
    match topic {
        Topic::Connections => Some((No::Connections, "too_many_connections", None)),
        Topic::Session => Some((No::Route, SERVER_CLOSING, None)),
        Topic::Limit(Span::Short) => Some((No::Account, "throttled", None)),
        Topic::Limit(span) => Some((No::Account, "quota_exceeded", first_wait_ms(span))),
        Topic::Client => Some((No::Route, "client_refused", None)),
        Topic::Sender if matches!(reply.code, 500 | 502..=504) => None,
        Topic::Sender if is_final => Some((No::Sender, "sender_refused", None)),
        Topic::Sender => Some((No::Route, "sender_deferred", None)),
        Topic::Greylist if !is_final && phase != Phase::Mail => Some((No::Later, "greylisted", None)),
        Topic::Size if is_final && phase.names_a_message() => Some((No::Never, "message_too_large", None)),
        Topic::Greylist | Topic::Size | Topic::Recipient => None,
    }
}

/// What a reply means in a phase. A reply of a class that does not belong there is a protocol error of the route.
pub(super) fn classify(phase: Phase, reply: &Reply, parties: &Parties<'_>) -> Verdict {
    match (phase, reply.class()) {
        (Phase::Data, 3) => return Verdict::Accepted,
        (Phase::Data, _) => {}
        (_, 2) => return Verdict::Accepted,
        _ => {}
    }
    let is_refusal = matches!(reply.class(), 4 | 5);
    let topic = if is_refusal { topic(phase, reply, parties) } else { None };
    let by_words = topic.and_then(|topic| by_words(phase, reply, topic));
    let by_code = || TABLE.iter().find(|row| row.fits(phase, reply)).map(|row| (row.no, row.reason, None));
    let (no, reason, usual_wait_ms) = by_words.or_else(by_code).unwrap_or((No::Route, "protocol_error", None));
    let after_ms = asked_wait_ms(&reply.text).or(usual_wait_ms);
    let stop = |obstacle| {
        let refusal = refusal(reason, &parties.without_others(&reply.line()));
        Verdict::Stopped(Stop { refusal, obstacle, after_ms })
    };
    match no {
        No::Never => Verdict::Rejected(refusal(reason, &reply.line())),
        No::Later => Verdict::Deferred(refusal(reason, &reply.line()), after_ms),
        No::Route => stop(Obstacle::Route),
        No::Account => stop(Obstacle::Account),
        No::Connections => stop(Obstacle::Connections),
        No::Sender => stop(Obstacle::Sender),
    }
}

impl Row {
    fn fits(&self, phase: Phase, reply: &Reply) -> bool {
        let (first, last) = self.codes;
        (self.phases.is_empty() || self.phases.contains(&phase))
            && (first..=last).contains(&reply.code)
            && self.enhanced.is_none_or(|(subject, first, last)| {
                reply.enhanced.is_some_and(|e| e.subject == subject && (first..=last).contains(&e.detail))
            })
            && self.word.is_none_or(|word| reply.text.to_ascii_lowercase().contains(word))
    }
}

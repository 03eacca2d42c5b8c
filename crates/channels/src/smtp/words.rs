//! What the words of a refusal are about.
//!
//! Providers agree neither on codes nor on sentences, so each rule looks for *who* and *what* and not for a whole
//! sentence. The rules are ordered: the first topic that fits is the topic. Not here: what follows from a topic
//! (`classify`). Invariant: words about the recipient's own mailbox never become a limit of the route.

use super::classify::{Parties, Phase};
use super::reply::Reply;

/// What a refusal is about, where its words say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// The receiver wants to see the message a second time.
    Greylist,
    /// One recipient: the mailbox, its owner, or the rate at which it receives.
    Recipient,
    /// The size of the message.
    Size,
    /// This conversation has carried enough; a new one may go on.
    Session,
    /// The number of connections, or the rate at which they are opened.
    Connections,
    /// The number of messages that the account may send.
    Limit(Span),
    /// The sender's address, domain or account.
    Sender,
    /// The address of the machine that connects.
    Client,
}

/// The time over which a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// A rate.
    Short,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month, or what has been paid for.
    Month,
    /// A quota over a time that is not named.
    Unknown,
}

const GREYLIST: &[&str] = &["greylist*", "graylist*", "grey list*", "gray list*"];

/// Whoever is meant here is certainly the recipient.
const RECIPIENT: &[&str] = &[
    "you tried to",
    "you are trying to",
    "youre trying to",
    "you attempted to",
    "receiving mail",
    "receiving messages",
    "by recipient",
    "by the recipient",
    "blocked by user",
    "blocked by the user",
    "rejected by user",
    "recipient has blocked",
    "recipient blocked",
    "user has blocked",
    "not accept mail from",
    "not accept email from",
    "not accept messages from",
    "not accepting mail from",
    "not accepting messages from",
    "does not want",
    "allowed senders",
    "to this recipient",
    "to this address",
    "to this user",
    "to this group",
    "to this mailbox",
    "to the recipient",
    "to this list",
    "direct the recipient",
    "recipient over",
    "recipient mailbox",
    "recipients mailbox",
    "mailbox full",
    "mailbox is full",
    "mailbox over",
    "mailbox is over",
    "mailbox quota",
];
/// These mean the recipient unless sending is spoken of.
const MAILBOX: &[&str] = &[
    "mailbox*",
    "mail box",
    "inbox*",
    "maildir*",
    "storage",
    "disk",
    "recipient is",
    "recipient has",
    "recipient account",
    "recipients account",
    "recipients inbox",
    "user is over",
    "user over",
    "user is full",
    "account is full",
];
const SENDING: &[&str] =
    &["sending", "send", "sends", "sent", "sender*", "outbound", "outgoing", "relay*", "submission*"];

const SIZE: &[&str] = &["size", "too large", "too big", "too long", "attachment*"];
/// Numbers that count something other than messages.
const OTHER_COUNTS: &[&str] = &[
    "score",
    "header*",
    "hop",
    "hops",
    "line length",
    "idle",
    "timeout",
    "timed out",
    "too many invalid",
    "too many unknown",
    "too many bad",
    "too many error*",
    "too many unrecogni*",
    "too many syntax",
    "too many unsuccessful",
    "too many nonexist*",
    "too many non exist*",
    "too many failed",
    "too many link*",
    "too many url*",
    "too many received",
    "too many unauth*",
    "too many command*",
    "too many wrong",
];

const IN_SESSION: &[&str] = &[
    "per session",
    "per connection",
    "this session",
    "this connection",
    "one session",
    "one connection",
    "single session",
    "single connection",
    "same session",
    "same connection",
];
const CONNECTIONS: &[&str] =
    &["connection*", "concurren*", "simultaneous*", "parallel", "session*", "smtp client*", "open channel*"];
const NUMBER: &[&str] = &[
    "too many", "too much", "limit*", "exceed*", "maximum", "max", "throttl*", "no more", "rate", "reached", "full",
    "quota",
];

const HOUR: &[&str] = &["hour", "hours", "hourly", "per h", "1h", "60 minutes", "60 min"];
const DAY: &[&str] = &["day", "daily", "per d", "today", "24 hours", "24 hour", "24h", "24 h", "24 hrs", "24hrs"];
const MONTH: &[&str] = &[
    "month",
    "monthly",
    "credit*",
    "balance",
    "plan",
    "subscription",
    "trial",
    "package",
    "free tier",
    "weekly",
    "per week",
];
const RATE: &[&str] = &[
    "throttl*",
    "rate limit*",
    "ratelimit*",
    "rate control*",
    "sending rate",
    "send rate",
    "message rate",
    "mail rate",
    "too fast",
    "too quickly",
    "too frequent*",
    "slow down",
    "unusual rate",
    "high rate",
    "rate exceed*",
    "rate too",
    "rate is too",
    "per minute",
    "per min",
    "per second",
    "per sec",
    "per s",
    "too much mail",
    "too much email",
    "too many requests",
];
/// Something that has an end …
const BOUND: &[&str] = &[
    "limit*",
    "quota*",
    "maximum",
    "max",
    "allowance*",
    "allotment*",
    "threshold",
    "cap",
    "rate",
    "allowed",
    "credit*",
    "balance",
    "plan",
    "volume",
];
/// … and that it has come.
const REACHED: &[&str] = &[
    "exceed*",
    "reach*",
    "over",
    "hit",
    "surpass*",
    "exhaust*",
    "beyond",
    "above",
    "used up",
    "used all",
    "too many",
    "insufficient",
    "not enough",
    "no more",
    "no credit*",
    "out of",
    "limited",
    "hour limit",
    "day limit",
    "daily limit",
    "hourly limit",
    "monthly limit",
    "limit for",
    "violat*",
    "too high",
    "would take you",
];
/// What is counted when somebody says "too many".
const MESSAGES: &[&str] = &[
    "too many message*",
    "too many mail*",
    "too many email*",
    "too many e mail*",
    "too many recipient*",
    "too many rcpt*",
    "too many deliver*",
    "too many transaction*",
    "too many sen*",
    "too many smtp*",
    "too many submission*",
    "too many outgoing",
    "too many outbound",
    "too many new*",
];
/// Words that make a bare "quota" one of sending.
const OUR_QUOTA: &[&str] = &[
    "your",
    "you",
    "youve",
    "sending",
    "send",
    "sent",
    "sender*",
    "outbound",
    "outgoing",
    "relay*",
    "submission*",
    "messages",
    "message count",
    "message quota",
    "tenant",
    "organi*",
    "domain",
    "smtp",
    "ip",
    "campaign",
    "plan",
    "rate",
];
const COME_BACK: &[&str] = &["try again", "retry", "come back", "try later", "resend"];

const SENDER: &[&str] = &[
    "sender*",
    "from address",
    "from header",
    "from domain",
    "from field",
    "from line",
    "mail from",
    "mailfrom",
    "return path",
    "envelope from",
    "reverse path",
    "send as",
    "send on behalf",
    "send mail as",
    "send from",
    "send mail from",
    "send email from",
    "sending domain",
    "sending address",
    "sending identity",
    "your domain",
    "your identity",
    "originator",
];
const NOT_ACCEPTED: &[&str] = &[
    "not authori*",
    "unauthori*",
    "not allowed",
    "not permitted",
    "not owned",
    "not own",
    "not verified",
    "unverified",
    "not confirmed",
    "denied",
    "reject*",
    "suspended",
    "disabled",
    "blocked",
    "banned",
    "restricted",
    "deactivated",
    "locked",
    "not registered",
    "unregistered",
    "must match",
    "mismatch*",
    "not match",
    "not belong",
    "invalid",
    "unknown",
    "not found",
    "not exist",
    "nonexist*",
    "may not",
    "cannot",
    "cant",
    "can not",
    "not accepted",
    "not acceptable",
    "fail*",
    "refused",
    "blacklisted",
    "not valid",
    "permission*",
    "bad",
    "forbidden",
    "unable to verify",
    "must be",
    "not authenticated",
    "not configured",
    "not able",
    "require*",
    "needs to be",
    "not one of",
];
/// Whole sentences about the sender.
const SENDER_SURE: &[&str] = &[
    "sendasdenied*",
    "dmarc",
    "spf fail*",
    "spf check*",
    "spf validation",
    "spf record",
    "dkim fail*",
    "dkim check*",
    "unauthenticated email",
    "unauthenticated mail",
    "unauthenticated sender",
    "mail is unauthenticated",
    "email is unauthenticated",
    "email address is not verified",
    "email address not verified",
    "identities failed",
    "identity is not verified",
    "bad outbound sender",
    "spoof*",
    "domain is not verified",
    "domain not verified",
    "domain is unverified",
    "unverified domain",
    "domain is not authori*",
    "domain not authori*",
    "domain is not registered",
    "domain not registered",
    "unregistered domain",
    "domain is not allowed to",
    "domain not allowed to",
    "not allowed to send",
    "not permitted to send",
    "not authorized to send",
    "not authorised to send",
    "not allowed to use",
    "may not send",
    "cannot send",
    "cant send",
    "permission to send",
    "permissions to send",
    "prohibited from sending",
    "sending has been",
    "sending is",
    "sending paused",
    "sending disabled",
    "sending suspended",
    "blocked from sending",
    "sending privileges",
    "verified domain",
    "verify your domain",
    "verified sender*",
    "sandbox domain*",
    "outbound email is",
    "outgoing mail is",
];
const ACCOUNT: &[&str] = &["account", "subaccount", "smtp user", "tenant", "subscription", "mail service"];
const ACCOUNT_CLOSED: &[&str] = &[
    "suspend*",
    "disabled",
    "blocked",
    "deactivated",
    "locked",
    "frozen",
    "banned",
    "restricted",
    "terminated",
    "on hold",
    "closed",
    "not active",
    "inactive",
    "under review",
    "not activated",
    "expired",
    "unpaid",
    "paused",
];
const CLIENT: &[&str] = &[
    "client host",
    "client ip",
    "your ip",
    "your host",
    "your server",
    "your mail server",
    "ip address",
    "sending ip",
    "connecting ip",
    "ip",
];
const LISTED: &[&str] =
    &["blocked", "block list", "blocklist*", "blacklist*", "black list", "listed", "banned", "reputation", "denylist*"];

/// Phrases that say nothing about the reason, and would mislead.
const NOISE: &[&str] = &[
    // Postfix begins every refusal at RCPT with this, whatever the reason that follows.
    "recipient address rejected",
    "closing connection",
    "closing the connection",
    "closing this connection",
    "closing transmission channel",
    "closing channel",
    "closing session",
    "connection closed",
    "dropping connection",
    "dropping the connection",
    "returned to sender",
    "return to sender",
    "returning to sender",
    "your message could",
    "your message was",
    "your message cannot",
    "your message to",
    "your message has",
    "your message will",
];

/// Finds the topic of a refusal, if its words name one.
pub(super) fn topic(phase: Phase, reply: &Reply, parties: &Parties<'_>) -> Option<Topic> {
    let words = Words::of(&reply.text);
    if words.any(GREYLIST) {
        return Some(Topic::Greylist);
    }
    let span = words.span();
    let is_periodic = matches!(span, Some(Span::Hour | Span::Day)) && words.any(BOUND);
    let is_sending = words.any(SENDING) || is_periodic;
    if words.any(RECIPIENT) || (words.any(MAILBOX) && !is_sending) {
        return Some(Topic::Recipient);
    }
    if words.any(SIZE) && !is_periodic {
        return Some(Topic::Size);
    }
    let counts_other = words.any(OTHER_COUNTS) && !is_periodic;
    if !counts_other {
        if words.any(IN_SESSION)
            && words.any(NUMBER)
            && words.any(&["message*", "mail*", "email*", "recipient*", "deliver*"])
        {
            return Some(Topic::Session);
        }
        if words.any(CONNECTIONS) && words.any(NUMBER) {
            return Some(Topic::Connections);
        }
        if let Some(limit) = limit(phase, reply, &words, span) {
            return Some(limit);
        }
    }
    if words.any(CLIENT) && words.any(LISTED) {
        return Some(Topic::Client);
    }
    (phase.names_a_message() && is_about_sender(phase, reply, &words, parties)).then_some(Topic::Sender)
}

/// A limit of messages over time. A quota of which nothing else is said is the recipient's where a mailbox could be
/// meant.
fn limit(phase: Phase, reply: &Reply, words: &Words, span: Option<Span>) -> Option<Topic> {
    let waits_long = reply.class() == 4 && words.any(COME_BACK) && span.is_some();
    let is_rate = words.any(RATE);
    let is_exceeded = span.is_some() && words.any(&["exceed*", "too many", "surpass*"]);
    let is_reached = is_exceeded || (words.any(BOUND) && words.any(REACHED));
    let has_quota = words.any(&["quota*"]);
    if !(waits_long || is_rate || is_reached || has_quota || words.any(MESSAGES)) {
        return None;
    }
    let may_be_mailbox = phase == Phase::Rcpt || reply.code == 552 || reply.enhanced.is_some_and(|e| e.subject == 2);
    if has_quota && span.is_none() && may_be_mailbox && !words.any(OUR_QUOTA) {
        return Some(Topic::Recipient);
    }
    let is_quota = has_quota || (is_reached && !is_rate && reply.class() == 5);
    let unnamed = if is_quota { Span::Unknown } else { Span::Short };
    Some(Topic::Limit(span.unwrap_or(unnamed)))
}

fn is_about_sender(phase: Phase, reply: &Reply, words: &Words, parties: &Parties<'_>) -> bool {
    // A text that names both may be about the two of them, such as a recipient who blocks this sender.
    if parties.only_sender_in(&reply.text) {
        return true;
    }
    let (subject, detail) = reply.enhanced.map_or((None, None), |e| (Some(e.subject), Some(e.detail)));
    // These are the codes of a recipient's address (RFC 3463 §3.2, RFC 7505 §4).
    if subject == Some(1) && matches!(detail, Some(1..=3 | 6 | 10)) {
        return false;
    }
    if words.any(SENDER_SURE) || (words.any(SENDER) && words.any(NOT_ACCEPTED)) {
        return true;
    }
    let is_ours = match phase {
        Phase::Data | Phase::Dot => !matches!(subject, Some(1 | 2)),
        _ => subject == Some(7),
    };
    words.any(ACCOUNT) && words.any(ACCOUNT_CLOSED) && (is_ours || words.any(&["your"]) || words.any(SENDING))
}

/// A text as words in lower case, each between two spaces; addresses and links are left out.
struct Words(String);

impl Words {
    fn of(text: &str) -> Self {
        let mut words = String::from(" ");
        for word in text.to_lowercase().split_whitespace() {
            if word.contains('@') || word.contains("://") {
                continue;
            }
            for sign in word.chars() {
                match sign {
                    '\'' | '’' => {}
                    // "500/hour"
                    '/' => words.push_str(" per "),
                    _ if sign.is_alphanumeric() => words.push(sign),
                    _ if words.ends_with(' ') => {}
                    _ => words.push(' '),
                }
            }
            if !words.ends_with(' ') {
                words.push(' ');
            }
        }
        for phrase in NOISE {
            words = words.replace(&format!(" {phrase} "), " ");
        }
        Self(words)
    }

    /// Whether one of the phrases is in the text. A star at the end of a phrase stands for the rest of its
    /// last word.
    fn any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }

    fn has(&self, phrase: &str) -> bool {
        match phrase.strip_suffix('*') {
            Some(stem) => self.0.contains(&format!(" {stem}")),
            None => self.0.contains(&format!(" {phrase} ")),
        }
    }

    /// The time over which something counts.
    fn span(&self) -> Option<Span> {
        let spans = [(DAY, Span::Day), (HOUR, Span::Hour), (MONTH, Span::Month)];
        spans.into_iter().find(|(phrases, _)| self.any(phrases)).map(|(_, span)| span)
    }
}

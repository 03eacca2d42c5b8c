//! What the words of a refusal are about.
//!
//! Providers agree neither on codes nor on sentences, so each rule looks for *who* and *what* and not for a whole
//! sentence. The rules are ordered: the first topic that fits is the topic. Not here: what follows from a topic
//! (`classify`). Invariant: words about the recipient's own mailbox never become a limit of the route.

use super::classify::{Parties, Phase};
use super::phrases::{
    ACCOUNT, ACCOUNT_CLOSED, BOUND, CLIENT, COME_BACK, CONNECTIONS, DAY, GREYLIST, HOUR, IN_SESSION, LISTED, MAILBOX,
    MESSAGES, MONTH, NO_SUCH_USER, NOISE, NOT_ACCEPTED, NUMBER, OTHER_COUNTS, OUR_QUOTA, RATE, REACHED, RECIPIENT,
    SENDER, SENDER_SURE, SENDING, SIZE,
};
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
        if words.any(IN_SESSION) && words.any(NUMBER) && words.any("message*, mail*, email*, recipient*, deliver*") {
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
    let is_exceeded = span.is_some() && words.any("exceed*, too many, surpass*");
    let is_reached = is_exceeded || (words.any(BOUND) && words.any(REACHED));
    let has_quota = words.any("quota*");
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
    let (subject, detail) = reply.enhanced.map_or((None, None), |e| (Some(e.subject), Some(e.detail)));
    // These are the codes of a recipient's address (RFC 3463 §3.2, RFC 7505 §4).
    if subject == Some(1) && matches!(detail, Some(1..=3 | 6 | 10)) {
        return false;
    }
    // A text that names both may be about the two of them, such as a recipient who blocks this sender.
    if parties.only_sender_in(&reply.text) && !words.any(NO_SUCH_USER) {
        return true;
    }
    if words.any(SENDER_SURE) || (words.any(SENDER) && words.any(NOT_ACCEPTED)) {
        return true;
    }
    let is_ours = match phase {
        Phase::Data | Phase::Dot => !matches!(subject, Some(1 | 2)),
        _ => subject == Some(7),
    };
    words.any(ACCOUNT) && words.any(ACCOUNT_CLOSED) && (is_ours || words.any("your") || words.any(SENDING))
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
        for phrase in NOISE.split(", ") {
            words = words.replace(&format!(" {phrase} "), " ");
        }
        Self(words)
    }

    /// Whether one of the phrases is in the text. A star at the end of a phrase stands for the rest of its
    /// last word.
    fn any(&self, phrases: &str) -> bool {
        phrases.split(", ").any(|phrase| self.has(phrase))
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

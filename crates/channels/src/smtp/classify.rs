//! What a reply of a mail server means for a message, as one table.
//!
//! Not here: when the conversation breaks. Invariant: every reply has exactly one verdict, and only a 2xx to the
//! end of the data is a hand-off.

use super::reply::Reply;
use crate::refusal::{not_attempted, printable, refusal};
use postrider_core::channel::{Outcome, Refusal};

/// Longest reference kept of an accepting reply, in characters.
const PROVIDER_REF_CHARS_MAX: usize = 200;

/// What the reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The greeting, EHLO, STARTTLS.
    Opening,
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

/// What a reply means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on; after the end of the message: it has been handed off.
    Accepted,
    /// This message will never be taken.
    Rejected(Refusal),
    /// This message may be taken later.
    Deferred(Refusal),
    /// Nothing will be taken now: the window ends here.
    RouteDown(Refusal),
}

impl Verdict {
    /// The outcome of a message whose command got this reply.
    pub(crate) fn into_outcome(self, reply: &Reply) -> Outcome {
        match self {
            Self::Accepted => {
                Outcome::HandedOff { provider_ref: printable(&reply.text.replace('\n', " "), PROVIDER_REF_CHARS_MAX) }
            }
            Self::Rejected(refusal) => Outcome::Rejected(refusal),
            Self::Deferred(refusal) => Outcome::Deferred { refusal, after_ms: None },
            Self::RouteDown(refusal) => not_attempted(refusal),
        }
    }
}

/// The three ways to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum No {
    Never,
    Later,
    Route,
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
    // Before a message is named, every no is the route's.
    code(&[Phase::Login], 400, 499, No::Route, "auth_unavailable"),
    code(&[Phase::Login], 500, 599, No::Route, "auth_failed"),
    code(&[Phase::Opening], 400, 599, No::Route, "server_refused"),
    // The server closes, or limits the whole route.
    Row {
        phases: ANY,
        codes: (421, 421),
        enhanced: Some((7, 0, DETAILS)),
        word: None,
        no: No::Route,
        reason: "throttled",
    },
    code(ANY, 421, 421, No::Route, "server_closing"),
    code(ANY, 530, 530, No::Route, "auth_required"),
    code(ANY, 534, 538, No::Route, "auth_failed"),
    status(5, 7, 8, 9, No::Route, "auth_failed"),
    word(454, 454, "relay", No::Later, "relay_denied"),
    word(400, 499, "greylist", No::Later, "greylisted"),
    word(400, 499, "graylist", No::Later, "greylisted"),
    code(ANY, 454, 454, No::Route, "throttled"),
    status(4, 3, 2, 2, No::Route, "server_unavailable"),
    status(4, 5, 3, 3, No::Route, "too_many_recipients"),
    status(4, 7, 0, 0, No::Route, "throttled"),
    status(4, 7, 28, 28, No::Route, "throttled"),
    status(4, 7, 500, 699, No::Route, "throttled"),
    status(5, 4, 5, 5, No::Route, "quota_exceeded"),
    // Temporary, one message.
    status(4, 2, 1, 1, No::Later, "mailbox_busy"),
    status(4, 2, 2, 2, No::Later, "mailbox_full"),
    status(4, 3, 1, 1, No::Route, "server_storage"),
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
    // Final, one message.
    status(5, 2, 3, 3, No::Never, "message_too_large"),
    status(5, 3, 4, 4, No::Never, "message_too_large"),
    code(&[Phase::Mail], 552, 552, No::Never, "message_too_large"),
    code(&[Phase::Mail], 500, 599, No::Never, "sender_refused"),
    status(5, 1, 2, 2, No::Never, "domain_unavailable"),
    status(5, 1, 3, 3, No::Never, "address_refused"),
    status(5, 1, 7, 8, No::Never, "sender_refused"),
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

/// What a reply means in a phase. A reply of a class that does not belong there is a protocol error of the route.
pub(crate) fn classify(phase: Phase, reply: &Reply) -> Verdict {
    match (phase, reply.class()) {
        (Phase::Data, 3) => return Verdict::Accepted,
        (Phase::Opening | Phase::Login | Phase::Mail | Phase::Rcpt | Phase::Dot, 2) => return Verdict::Accepted,
        _ => {}
    }
    let Some(row) = TABLE.iter().find(|row| row.fits(phase, reply)) else {
        return Verdict::RouteDown(refusal("protocol_error", &reply.line()));
    };
    let refusal = refusal(row.reason, &reply.line());
    match row.no {
        No::Never => Verdict::Rejected(refusal),
        No::Later => Verdict::Deferred(refusal),
        No::Route => Verdict::RouteDown(refusal),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::reply::parse;

    fn verdict(phase: Phase, line: &str) -> (&'static str, &'static str) {
        let (reply, _) = parse(format!("{line}\r\n").as_bytes()).unwrap().unwrap();
        match classify(phase, &reply) {
            Verdict::Accepted => ("accepted", ""),
            Verdict::Rejected(refusal) => ("rejected", refusal.reason),
            Verdict::Deferred(refusal) => ("deferred", refusal.reason),
            Verdict::RouteDown(refusal) => ("route", refusal.reason),
        }
    }

    #[test]
    fn replies_of_real_servers_mean_what_they_say() {
        use Phase::{Data, Dot, Login, Mail, Opening, Rcpt};
        let table = [
            (Mail, "250 2.1.0 Ok", "accepted", ""),
            (Rcpt, "251 will forward", "accepted", ""),
            (Data, "354 go", "accepted", ""),
            (Dot, "250 2.0.0 Ok: queued as 4X", "accepted", ""),
            (Data, "250 Ok", "route", "protocol_error"),
            (Dot, "354 go", "route", "protocol_error"),
            (Opening, "554 no SMTP service here", "route", "server_refused"),
            (Login, "535 5.7.8 bad", "route", "auth_failed"),
            (Login, "454 4.7.0 later", "route", "auth_unavailable"),
            (Mail, "421 4.3.2 closing", "route", "server_closing"),
            (Rcpt, "421 4.7.28 unusual rate", "route", "throttled"),
            (Dot, "451 4.7.0 try again", "route", "throttled"),
            (Dot, "454 Throttling failure: Maximum sending rate exceeded.", "route", "throttled"),
            (Rcpt, "451 4.7.650 rate limited", "route", "throttled"),
            (Rcpt, "452 4.5.3 too many recipients", "route", "too_many_recipients"),
            (Mail, "452 4.3.1 Insufficient system storage", "route", "server_storage"),
            (Dot, "550 5.4.5 Daily user sending limit exceeded", "route", "quota_exceeded"),
            (Mail, "530 5.7.0 Authentication required", "route", "auth_required"),
            (Mail, "503 5.5.1 nested MAIL", "route", "protocol_error"),
            (Rcpt, "450 4.2.0 <x>: Recipient address rejected: Greylisted", "deferred", "greylisted"),
            (Rcpt, "451 4.7.1 Please try again later", "deferred", "greylisted"),
            (Rcpt, "452 4.2.2 over quota", "deferred", "mailbox_full"),
            (Rcpt, "450 4.2.1 receiving mail too quickly", "deferred", "mailbox_busy"),
            (Rcpt, "450 busy", "deferred", "mailbox_busy"),
            (Rcpt, "454 4.7.1 <x>: Relay access denied", "deferred", "relay_denied"),
            (Dot, "451 local error", "deferred", "temporary_failure"),
            (Rcpt, "550 5.1.1 no such user", "rejected", "mailbox_unavailable"),
            (Rcpt, "550 no such user", "rejected", "mailbox_unavailable"),
            (Rcpt, "552 5.2.2 full", "rejected", "mailbox_full"),
            (Rcpt, "556 5.1.10 null MX", "rejected", "domain_unavailable"),
            (Rcpt, "554 5.7.1 <x>: Relay access denied", "rejected", "relay_denied"),
            (Rcpt, "501 5.1.3 bad address", "rejected", "address_refused"),
            (Mail, "552 5.3.4 too big", "rejected", "message_too_large"),
            (Mail, "550 5.7.1 sender not allowed", "rejected", "sender_refused"),
            (Mail, "553 5.1.8 no such domain", "rejected", "sender_refused"),
            (Dot, "550 5.7.515 not authenticated", "rejected", "policy_refused"),
            (Dot, "554 5.6.0 bad content", "rejected", "content_refused"),
            (Dot, "552 too big", "rejected", "message_too_large"),
            (Dot, "554 rejected", "rejected", "policy_refused"),
            (Data, "554 5.5.0 no", "rejected", "policy_refused"),
        ];
        for (phase, line, kind, reason) in table {
            assert_eq!(verdict(phase, line), (kind, reason), "{phase:?} {line}");
        }
    }

    #[test]
    fn every_code_has_a_verdict_and_only_success_is_accepted() {
        for phase in [Phase::Opening, Phase::Login, Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot] {
            for code in 200..600 {
                let (kind, reason) = verdict(phase, &format!("{code} x"));
                let wanted = if phase == Phase::Data { 3 } else { 2 };
                assert_eq!(kind == "accepted", code / 100 == wanted, "{phase:?} {code}");
                assert_eq!(kind == "rejected", code >= 500 && kind != "route", "{phase:?} {code}");
                assert!(kind == "accepted" || !reason.is_empty());
            }
        }
    }

    #[test]
    fn a_long_reply_is_cut_for_the_account() {
        let (reply, _) = parse(format!("250 {}\r\n", "é".repeat(300)).as_bytes()).unwrap().unwrap();
        let Outcome::HandedOff { provider_ref } = Verdict::Accepted.into_outcome(&reply) else { panic!("accepted") };
        assert_eq!(provider_ref.chars().count(), 200);
    }
}

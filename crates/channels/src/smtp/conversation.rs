//! A window of messages over one connection, in chain where the server allows it.
//!
//! With PIPELINING (RFC 2920) the end of one message and MAIL, RCPT and DATA of the next leave in one write; the
//! replies are then read in that order. Without it each command waits for its reply. Not here: what a reply means
//! (`classify`), and when a connection is opened (`lane`). Invariants: a body leaves only after its own 354; the
//! next body only after the final reply to the one before; a message counts as handed off only by that reply.

use super::classify::{Parties, Phase, SERVER_CLOSING, Verdict, classify};
use super::connection::{Broken, Connection};
use super::envelope::{LONE_DOT, Prepared, prepare};
use super::reply::Reply;
use crate::refusal::Stop;
use postrider_core::channel::{Message, Obstacle, Outcome};
use std::time::Duration;

const RESET: &[u8] = b"RSET\r\n";

/// Why the window ended before its end.
pub(super) struct Break {
    /// What to say about the messages that never left.
    pub(super) stop: Stop,
    /// The message whose end may have reached the server without an answer.
    pub(super) in_doubt: Option<usize>,
    /// Whether a new connection may do better at once: the server closed this one between messages.
    pub(super) try_again: bool,
}

impl From<Broken> for Break {
    /// A connection that broke while no end of a message was without its answer.
    fn from(broken: Broken) -> Self {
        Self { stop: broken.stop, in_doubt: None, try_again: broken.was_closed }
    }
}

/// What the replies to MAIL, RCPT and DATA say together.
enum Judgement {
    /// The body may go.
    Go,
    /// The message is refused.
    No { outcome: Outcome, clearing: Clearing },
}

/// What must be said before the next MAIL, so that a refused message leaves nothing behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clearing {
    /// Forget the transaction.
    Reset,
    /// DATA was accepted although nobody receives: end it empty (RFC 2920 §3.1).
    EmptyBody,
}

impl Clearing {
    const fn words(self) -> &'static [u8] {
        match self {
            Self::Reset => RESET,
            Self::EmptyBody => LONE_DOT,
        }
    }
}

/// Sends the messages that have no outcome yet, and fills in theirs. After a drop, `flying` is the message whose body may
/// be on its way without an answer.
pub(super) async fn converse(
    connection: &mut Connection,
    window: &[Message],
    outcomes: &mut [Option<Outcome>],
    flying: &mut Option<usize>,
) -> Result<(), Break> {
    if connection.offers.pipelining {
        in_chain(connection, window, outcomes, flying).await
    } else {
        one_by_one(connection, window, outcomes, flying).await
    }
}

/// The next message that can travel; those that cannot get their outcome here.
fn next_prepared(
    connection: &Connection,
    window: &[Message],
    outcomes: &mut [Option<Outcome>],
    after: Option<usize>,
) -> Option<Prepared> {
    for index in after.map_or(0, |index| index + 1)..window.len() {
        if outcomes[index].is_some() {
            continue;
        }
        match prepare(index, &window[index], &connection.offers) {
            Ok(prepared) => return Some(prepared),
            Err(outcome) => outcomes[index] = Some(outcome),
        }
    }
    None
}

async fn in_chain(
    connection: &mut Connection,
    window: &[Message],
    outcomes: &mut [Option<Outcome>],
    flying: &mut Option<usize>,
) -> Result<(), Break> {
    let Some(mut current) = next_prepared(connection, window, outcomes, None) else { return Ok(()) };
    connection.write(current.commands()).await?;
    let mut next = next_prepared(connection, window, outcomes, Some(current.index));
    loop {
        // The three commands of `current` are on their way, and no other reply is outstanding.
        let judgement = read_judgement(connection, &current.parties()).await?;
        let following = next.as_ref().map_or(&[][..], Prepared::commands);
        let dot_at = current.dot_at();
        let mut bytes = match &judgement {
            Judgement::Go => std::mem::take(&mut current.data),
            Judgement::No { clearing, .. } => clearing.words().to_vec(),
        };
        bytes.extend_from_slice(following);
        match judgement {
            Judgement::Go => {
                may_leave(connection)?;
                *flying = Some(current.index);
                write_body(connection, &bytes, dot_at, current.index).await?;
            }
            Judgement::No { .. } => connection.write(&bytes).await?,
        }
        // The server is busy with what was written; the message after the next is made ready meanwhile.
        let after_next = next.as_ref().and_then(|next| next_prepared(connection, window, outcomes, Some(next.index)));
        let outcome = match judgement {
            Judgement::Go => read_final_reply(connection, &current).await?,
            Judgement::No { outcome, clearing } => {
                outcomes[current.index] = Some(outcome.clone());
                read_clearing(connection, clearing).await?;
                outcome
            }
        };
        *flying = None;
        let stop = stop_after(&outcome);
        outcomes[current.index] = Some(outcome);
        stop?;
        connection.line.answered();
        match next {
            Some(prepared) => current = prepared,
            None => return Ok(()),
        }
        next = after_next;
    }
}

async fn one_by_one(
    connection: &mut Connection,
    window: &[Message],
    outcomes: &mut [Option<Outcome>],
    flying: &mut Option<usize>,
) -> Result<(), Break> {
    let mut after = None;
    while let Some(current) = next_prepared(connection, window, outcomes, after) {
        after = Some(current.index);
        let refused = ask_for_one(connection, &current).await?;
        let must_reset = refused.as_ref().is_some_and(|(_, phase)| *phase != Phase::Mail);
        let outcome = match refused {
            Some((outcome, _)) => outcome,
            None => {
                may_leave(connection)?;
                *flying = Some(current.index);
                write_body(connection, &current.data, current.dot_at(), current.index).await?;
                read_final_reply(connection, &current).await?
            }
        };
        *flying = None;
        let stop = stop_after(&outcome);
        outcomes[current.index] = Some(outcome);
        stop?;
        connection.line.answered();
        if must_reset {
            connection.write(RESET).await?;
            read_clearing(connection, Clearing::Reset).await?;
        }
    }
    Ok(())
}

/// Says the three commands one after the other; answers the first refusal, if there is one.
async fn ask_for_one(connection: &mut Connection, current: &Prepared) -> Result<Option<(Outcome, Phase)>, Break> {
    for ((phase, wait), command) in phases(connection).into_iter().zip(current.each_command()) {
        let reply = connection.ask(command, wait).await?;
        match classify(phase, &reply, &current.parties()) {
            Verdict::Accepted => {}
            Verdict::Stopped(stop) => return Err(stopped(stop)),
            verdict => return Ok(Some((verdict.into_outcome(&reply), phase))),
        }
    }
    Ok(None)
}

/// Reads the replies to MAIL, RCPT and DATA; a server that ends the conversation ends it here.
async fn read_judgement(connection: &mut Connection, parties: &Parties<'_>) -> Result<Judgement, Break> {
    let mut replies = Vec::with_capacity(3);
    for (phase, wait) in phases(connection) {
        let reply = connection.reply(wait).await?;
        // Nothing needs to follow a 421, and nothing may be sent after it.
        if let (421, Verdict::Stopped(stop)) = (reply.code, classify(phase, &reply, parties)) {
            return Err(stopped(stop));
        }
        replies.push(reply);
    }
    judge([&replies[0], &replies[1], &replies[2]], parties)
}

/// The commands before a body, with the wait for the reply to each.
const fn phases(connection: &Connection) -> [(Phase, Duration); 3] {
    let timeouts = &connection.timeouts;
    [(Phase::Mail, timeouts.mail), (Phase::Rcpt, timeouts.rcpt), (Phase::Data, timeouts.data)]
}

fn stopped(stop: Stop) -> Break {
    // This is how a server ends a connection that it has had enough of, such as by 421 without a word of policy.
    let try_again = stop.refusal.reason == SERVER_CLOSING;
    Break { stop, in_doubt: None, try_again }
}

/// Puts the replies to MAIL, RCPT and DATA together.
fn judge([mail, rcpt, data]: [&Reply; 3], parties: &Parties<'_>) -> Result<Judgement, Break> {
    let is_open = data.class() == 3;
    let no = |verdict: Verdict, reply, clearing| Ok(Judgement::No { outcome: verdict.into_outcome(reply), clearing });
    let for_mail = classify(Phase::Mail, mail, parties);
    let for_rcpt = classify(Phase::Rcpt, rcpt, parties);
    // Only the first refusal speaks: what follows it is its echo, such as 503.
    match (for_mail, for_rcpt) {
        (Verdict::Stopped(stop), _) | (Verdict::Accepted, Verdict::Stopped(stop)) => Err(stopped(stop)),
        (Verdict::Accepted, Verdict::Accepted) => match classify(Phase::Data, data, parties) {
            Verdict::Accepted => Ok(Judgement::Go),
            Verdict::Stopped(stop) => Err(stopped(stop)),
            verdict => no(verdict, data, Clearing::Reset),
        },
        (Verdict::Accepted, verdict) => no(verdict, rcpt, if is_open { Clearing::EmptyBody } else { Clearing::Reset }),
        // Somebody would receive a message whose sender was refused: no words are right here, so none are said.
        (_, Verdict::Accepted) if is_open => {
            Err(Broken::new("protocol_error", "The server refused the sender and still asked for the message.").into())
        }
        (verdict, _) => no(verdict, mail, if is_open { Clearing::EmptyBody } else { Clearing::Reset }),
    }
}

/// Reads the reply to what cleared a refused message.
async fn read_clearing(connection: &mut Connection, clearing: Clearing) -> Result<(), Break> {
    let wait = match clearing {
        Clearing::Reset => connection.timeouts.reset,
        Clearing::EmptyBody => connection.timeouts.final_reply,
    };
    let reply = connection.reply(wait).await?;
    match (clearing, reply.code) {
        (_, 421) => Err(stopped(Stop::route(SERVER_CLOSING, &reply.line()))),
        (Clearing::Reset, 200..300) => Ok(()),
        (Clearing::Reset, _) => Err(Broken::new("protocol_error", "The server refused RSET.").into()),
        // Whatever the answer, nobody was to receive it.
        (Clearing::EmptyBody, _) => Ok(()),
    }
}

/// Asks whether a body may leave. A server that waits for one that may not forgets it with the connection.
fn may_leave(connection: &Connection) -> Result<(), Break> {
    if connection.line.may_leave() {
        return Ok(());
    }
    let stop =
        Stop { obstacle: Obstacle::Caller, ..Stop::route("too_late", "The time in which it may leave is over.") };
    Err(Break { stop, in_doubt: None, try_again: false })
}

/// Writes a body with its final dot, and perhaps commands behind it.
async fn write_body(connection: &mut Connection, bytes: &[u8], dot_at: usize, index: usize) -> Result<(), Break> {
    connection.write(bytes).await.map_err(|broken| {
        let in_doubt = (broken.left > dot_at).then_some(index);
        Break { in_doubt, ..broken.into() }
    })
}

/// Reads the reply to a final dot. Without one the server may have the message (RFC 1047).
async fn read_final_reply(connection: &mut Connection, message: &Prepared) -> Result<Outcome, Break> {
    let in_doubt = |broken: Broken| Break { stop: broken.stop, in_doubt: Some(message.index), try_again: false };
    let reply = connection.reply(connection.timeouts.final_reply).await.map_err(in_doubt)?;
    if !matches!(reply.class(), 2 | 4 | 5) {
        let text = format!("The server answered the end of the message with {}.", reply.line());
        return Err(in_doubt(Broken::new("protocol_error", &text)));
    }
    let verdict = classify(Phase::Dot, &reply, &message.parties());
    connection.has_delivered |= verdict == Verdict::Accepted;
    Ok(verdict.into_outcome(&reply))
}

/// A message that was refused for a reason beyond its recipient ends the window; its own outcome stands.
fn stop_after(outcome: &Outcome) -> Result<(), Break> {
    let Outcome::NotAttempted { refusal, obstacle, after_ms } = outcome else { return Ok(()) };
    let stop = Stop { refusal: refusal.clone(), obstacle: *obstacle, after_ms: *after_ms };
    Err(Break { stop, in_doubt: None, try_again: false })
}

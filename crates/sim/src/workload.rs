//! What people do in a world: who there is, what is sent to whom, what is taken back, who is suppressed when.
//!
//! Drawn from the seed alone, before anything runs. The oracle judges by this and by the provider's mailbox.

use crate::chance::Stream;
use crate::clock::Jump;
use crate::erasures::Erasure;
use crate::imports::Import;
use postrider_core::channel::ChannelKind;
use postrider_core::schedule::{OnMissed, OnUncertain, UncertainDecision};
use postrider_core::time::{MINUTE_MS, SECOND_MS, Timestamp};
use std::collections::BTreeSet;

/// When every world begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

const DOMAINS: [&str; 3] = ["one.example", "two.example", "three.example"];
/// Odd ones are bound as rules.
const LISTS: usize = 6;
/// The first lists are included, the others excluded: one as a list, one as a rule.
const INCLUDED: usize = 4;
/// People of a world with long lists.
const LONG: usize = 620;

/// Somebody.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    /// Whether the person said no, on every channel.
    pub(crate) refuses: bool,
    pub(crate) lists: BTreeSet<usize>,
}

impl Person {
    /// Where a channel reaches the person.
    pub(crate) fn address(&self, channel: ChannelKind) -> Option<&str> {
        match channel {
            ChannelKind::Email => self.email.as_deref(),
            _ => self.phone.as_deref(),
        }
    }
}

/// A job that somebody wants.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) channel: ChannelKind,
    pub(crate) include: Vec<usize>,
    pub(crate) exclude: Vec<usize>,
    pub(crate) commit_at: Timestamp,
    /// A second client commits the same draft at the same time.
    pub(crate) has_rival: bool,
    /// When it is to begin; none: at once.
    pub(crate) send_at: Option<Timestamp>,
    pub(crate) latest_start: Option<Timestamp>,
    pub(crate) on_missed: OnMissed,
    pub(crate) latest_finish: Option<Timestamp>,
    pub(crate) on_uncertain: OnUncertain,
    pub(crate) rate_per_minute: Option<u32>,
    pub(crate) cancel_at: Option<Timestamp>,
    /// Somebody pauses the job then, if there is one, and lets it go on so many milliseconds later.
    pub(crate) pause: Option<(Timestamp, i64)>,
    /// What the person who resumes it decides about the uncertain.
    pub(crate) decision: Option<UncertainDecision>,
    /// Somebody moves the job at the first instant to the second.
    pub(crate) shift: Option<(Timestamp, Timestamp)>,
}

impl Wish {
    /// Whether a person is to get the job's message, suppressions apart.
    pub(crate) fn wants(&self, person: &Person) -> bool {
        let is_in = |lists: &[usize]| lists.iter().any(|list| person.lists.contains(list));
        is_in(&self.include) && !is_in(&self.exclude)
    }
}

/// Who must not be sent to any more, from a time on.
#[derive(Debug, Clone)]
pub(crate) struct Silence {
    pub(crate) at: Timestamp,
    pub(crate) who: Silenced,
}

#[derive(Debug, Clone)]
pub(crate) enum Silenced {
    /// An address or a domain is suppressed.
    Address(ChannelKind, String),
    /// A person, by number, says no on every channel.
    Person(usize),
}

impl Silence {
    /// Whether it keeps a channel's messages from a person.
    pub(crate) fn covers(&self, channel: ChannelKind, number: usize, person: &Person) -> bool {
        match &self.who {
            Silenced::Person(who) => *who == number,
            Silenced::Address(silent, text) => person.address(channel).is_some_and(|address| {
                let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
                *silent == channel && (text == address || text == domain)
            }),
        }
    }
}

/// A whole world's wishes.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) people: Vec<Person>,
    pub(crate) lists: usize,
    pub(crate) wishes: Vec<Wish>,
    pub(crate) silences: Vec<Silence>,
    pub(crate) erasures: Vec<Erasure>,
    pub(crate) imports: Vec<Import>,
    /// What all jobs of a channel may send in a minute together.
    pub(crate) shared_rates: Vec<(ChannelKind, u32)>,
    /// When the wall clock of a machine with an embedded database is wrong.
    pub(crate) jumps: Vec<Jump>,
    pub(crate) lanes: usize,
    pub(crate) window: usize,
    /// How long the world is rough, in milliseconds.
    pub(crate) rough_ms: i64,
}

impl Workload {
    /// Draws one.
    pub(crate) fn draw(chance: &mut Stream) -> Self {
        // Rarely a list is longer than one chunk.
        let is_long = chance.permille(25);
        let number = if is_long { LONG } else { chance.pick(&[3, 12, 25, 40, 60]) };
        let listed = if is_long { 900 } else { 450 };
        let people: Vec<Person> = (0..number).map(|number| draw_person(number, listed, chance)).collect();
        let wishes: Vec<Wish> = (0..chance.pick(&[1, 1, 2, 3])).map(|_| draw_wish(is_long, chance)).collect();
        let silences = (0..chance.below(5)).map(|_| draw_silence(&people, chance)).collect();
        // Streams of their own, so that all else is as without them.
        let (mut erasing, mut importing) = (chance.fork("erasures", 0), chance.fork("imports", 0));
        let erasures = (0..erasing.pick(&[0, 0, 1, 2])).map(|_| Erasure::draw(number, &mut erasing)).collect();
        let imports = (0..importing.pick(&[0, 0, 1])).map(|_| Import::draw(&mut importing)).collect();
        let lanes = chance.pick(&[1, 2, 3]);
        let window = if is_long { 40 } else { chance.pick(&[1, 2, 5]) };
        let rough_ms = chance.pick(&[MINUTE_MS, 3 * MINUTE_MS, 8 * MINUTE_MS]);
        let kinds = [ChannelKind::Email, ChannelKind::Sms].into_iter().filter(|_| chance.permille(150));
        let shared_rates =
            kinds.collect::<Vec<_>>().into_iter().map(|kind| (kind, draw_rate(is_long, chance))).collect();
        Self {
            people,
            lists: LISTS,
            wishes,
            silences,
            erasures,
            imports,
            shared_rates,
            jumps: draw_jumps(chance),
            lanes,
            window,
            rough_ms,
        }
    }
}

fn draw_jumps(chance: &mut Stream) -> Vec<Jump> {
    let number = if chance.permille(200) { chance.pick(&[1, 1, 2]) } else { 0 };
    (0..number).map(|_| draw_jump(chance)).collect()
}

fn draw_jump(chance: &mut Stream) -> Jump {
    let at = START.plus_millis(chance.within(1, 2 * MINUTE_MS));
    // A node that believes the clock stores instants by it, and the world must outlast them.
    let far_ms = chance.pick(&[5 * SECOND_MS, 40 * SECOND_MS, 10 * MINUTE_MS, 30 * MINUTE_MS]);
    Jump {
        at,
        until: at.plus_millis(chance.pick(&[2 * SECOND_MS, 20 * SECOND_MS, 50 * SECOND_MS, 3 * MINUTE_MS])),
        ahead_ms: if chance.permille(500) { far_ms } else { -far_ms },
        drift_ms: chance.pick(&[0, 0, 150, -150]),
    }
}

fn draw_person(number: usize, listed: u64, chance: &mut Stream) -> Person {
    let email = format!("p{number}@{}", chance.pick(&DOMAINS));
    // Some share their phone with the one before.
    let phone = format!("+4790{:06}", if chance.permille(150) { number.saturating_sub(1) } else { number });
    Person {
        email: (!chance.permille(80)).then_some(email),
        phone: (!chance.permille(80)).then_some(phone),
        refuses: chance.permille(80),
        lists: (0..LISTS).filter(|_| chance.permille(listed)).collect(),
    }
}

fn draw_wish(is_long: bool, chance: &mut Stream) -> Wish {
    let commit_at = START.plus_millis(chance.within(0, 20 * SECOND_MS));
    let send_at = chance.permille(700).then(|| commit_at.plus_millis(chance.within(10_000, 60_000)));
    let due_at = send_at.unwrap_or(commit_at);
    let include: Vec<usize> = (0..INCLUDED).filter(|_| chance.permille(550)).collect();
    let latest_start =
        (send_at.is_some() && chance.permille(250)).then(|| due_at.plus_millis(chance.within(1, 30_000)));
    let finish_from = latest_start.unwrap_or(due_at);
    let latest_finish = chance.permille(250).then(|| finish_from.plus_millis(chance.within(1_000, 5 * MINUTE_MS)));
    let mut wish = Wish {
        channel: if chance.permille(800) { ChannelKind::Email } else { ChannelKind::Sms },
        include: if include.is_empty() { vec![0] } else { include },
        exclude: (INCLUDED..LISTS).filter(|_| chance.permille(250)).collect(),
        commit_at,
        has_rival: chance.permille(200),
        send_at,
        latest_start,
        on_missed: chance.pick(OnMissed::ALL),
        latest_finish,
        on_uncertain: chance.pick(OnUncertain::ALL),
        rate_per_minute: chance.permille(200).then(|| draw_rate(is_long, chance)),
        cancel_at: chance.permille(250).then(|| due_at.plus_millis(chance.within(-10_000, 60_000))),
        shift: None,
        pause: chance.permille(250).then(|| (due_at.plus_millis(chance.within(0, 20_000)), chance.within(0, 60_000))),
        decision: chance.permille(300).then(|| chance.pick(UncertainDecision::ALL)),
    };
    wish.shift = draw_shift(&wish, chance);
    wish
}

/// A rate at which all people are reached in some twenty minutes.
fn draw_rate(is_long: bool, chance: &mut Stream) -> u32 {
    chance.pick(if is_long { &[120, 900] } else { &[10, 30, 120] })
}

/// Around the time at which the job would begin, to a time before or after it.
fn draw_shift(wish: &Wish, chance: &mut Stream) -> Option<(Timestamp, Timestamp)> {
    let due_at = wish.send_at.filter(|_| chance.permille(300))?;
    let at = due_at.plus_millis(chance.within(-8_000, 500));
    Some((at, at.plus_millis(chance.within(0, 25_000))))
}

fn draw_silence(people: &[Person], chance: &mut Stream) -> Silence {
    let at = START.plus_millis(chance.within(0, 2 * MINUTE_MS));
    let number = chance.below(people.len());
    if chance.permille(300) {
        return Silence { at, who: Silenced::Person(number) };
    }
    let channel = if chance.permille(800) { ChannelKind::Email } else { ChannelKind::Sms };
    let address = match people[number].address(channel) {
        Some(address) if !chance.permille(100) => address.to_owned(),
        _ if channel == ChannelKind::Email => chance.pick(&DOMAINS).to_owned(),
        _ => "+4790000000".to_owned(),
    };
    Silence { at, who: Silenced::Address(channel, address) }
}

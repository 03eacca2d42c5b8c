//! Reading the fields of a schedule: each function is one check of the contract, with its own code.

use super::{Intent, TenantTime, TimezoneSource, Warning};
use crate::error::{Code, Refusal};
use crate::time::{Date, Resolution, ResolutionRule, Timestamp, WrittenTime, Zone, offset_text};

/// A wall-clock time fell into a gap and was moved.
const TIMEZONE_GAP_SHIFTED: &str = "TIMEZONE_GAP_SHIFTED";
/// A wall-clock time happens twice and the first was taken.
const TIMEZONE_FOLD_FIRST: &str = "TIMEZONE_FOLD_FIRST";
/// The offset written is not the one the named zone has then.
const OFFSET_DIFFERS_FROM_TIMEZONE: &str = "OFFSET_DIFFERS_FROM_TIMEZONE";
/// A wall-clock time without a zone was read as UTC, and the tenant's default zone reads it otherwise.
const TIMEZONE_DEFAULTED: &str = "TIMEZONE_DEFAULTED";

/// A zone and where it came from.
#[derive(Debug, Clone)]
pub(super) struct ZoneChoice {
    pub zone: Zone,
    pub source: TimezoneSource,
}

/// Reads the form of `sendAt`.
pub(super) fn written_time(text: &str) -> Result<WrittenTime, Refusal> {
    WrittenTime::parse(text).map_err(|problem| Refusal::field(Code::SendAtInvalid, "sendAt", Some(text), problem))
}

/// Reads the form of `batchDate`.
pub(super) fn written_date(text: &str) -> Result<Date, Refusal> {
    let problem = "is not a date written YYYY-MM-DD";
    Date::parse(text).ok_or_else(|| Refusal::field(Code::BatchDateInvalid, "batchDate", Some(text), problem))
}

/// Finds a zone that was named.
pub(super) fn named_zone(name: &str) -> Result<Zone, Refusal> {
    let problem = "is not a time zone of the IANA database, such as Europe/Berlin";
    Zone::find(name).ok_or_else(|| Refusal::field(Code::TimezoneInvalid, "timezone", Some(name), problem))
}

/// The zone of a digital schedule: the request's, else UTC.
pub(super) fn digital_zone(request: Option<&str>) -> Result<ZoneChoice, Refusal> {
    match request {
        Some(name) => Ok(ZoneChoice { zone: named_zone(name)?, source: TimezoneSource::Request }),
        None => Ok(ZoneChoice { zone: Zone::utc(), source: TimezoneSource::UtcFallback }),
    }
}

/// The zone of direct mail: the request's, else the tenant's, else UTC.
pub(super) fn mail_zone(request: Option<&str>, tenant: &TenantTime) -> Result<ZoneChoice, Refusal> {
    match (request, &tenant.default_timezone) {
        (None, Some(name)) => Ok(ZoneChoice { zone: named_zone(name)?, source: TimezoneSource::TenantDefault }),
        _ => digital_zone(request),
    }
}

/// Resolves a send time that has not passed. The very instant of asking still counts as to come.
pub(super) fn coming_instant(
    written: &WrittenTime,
    text: &str,
    zone: &Zone,
    now: Timestamp,
) -> Result<Resolution, Refusal> {
    let refuse = |problem: String| Refusal::field(Code::SendAtInvalid, "sendAt", Some(text), problem);
    let resolution = written.resolve(zone).map_err(|problem| refuse(problem.to_owned()))?;
    if resolution.instant < now {
        return Err(refuse(format!("is in the past: it means {}, and it is {now}", resolution.instant)));
    }
    Ok(resolution)
}

/// Resolves a batch date that can still be met: after today, or today before the tenant's cut-off.
///
/// The instant is when the day begins in the zone. The pieces are frozen then, at once when the day is today:
/// everything that comes in before the day is in the batch, and the fulfilment has the whole day.
pub(super) fn open_batch(date: Date, zone: &Zone, tenant: &TenantTime, now: Timestamp) -> Result<Resolution, Refusal> {
    let refuse =
        |problem: String| Err(Refusal::field(Code::BatchDateInvalid, "batchDate", Some(&date.to_string()), problem));
    let today = zone.date_at(now);
    if date < today {
        return refuse(format!("is in the past: in {} it is {today}", zone.name()));
    }
    if date == today && now >= date.minute_in(zone, tenant.mail_cutoff_minutes) {
        let (hour, minute) = (tenant.mail_cutoff_minutes / 60, tenant.mail_cutoff_minutes % 60);
        return refuse(format!("is today, and the cut-off at {hour:02}:{minute:02} in {} has passed", zone.name()));
    }
    let midnight = WrittenTime::midnight(date);
    midnight.resolve(zone).or_else(|problem| refuse(problem.to_owned()))
}

/// Why a saved intent could not be committed any more: a clause, such as that its time is in the past.
#[must_use]
pub fn intent_problem(intent: &Intent, tenant: &TenantTime, now: Timestamp) -> Option<String> {
    let judged = named_zone(&intent.timezone).and_then(|zone| match (&intent.send_at_text, &intent.batch_date) {
        (Some(text), _) => coming_instant(&written_time(text)?, text, &zone, now).map(|_| ()),
        (None, Some(date)) => open_batch(written_date(date)?, &zone, tenant, now).map(|_| ()),
        (None, None) => Ok(()),
    });
    judged.err().map(|refusal| refusal.message())
}

/// What deserves a look in the reading of a time or a date, whichever there is. An offset is compared with a zone
/// that somebody named, never with the UTC that stands in for silence; that UTC is compared with the tenant's zone.
#[must_use]
pub fn warnings(
    send_at_text: Option<&str>,
    batch_date: Option<&str>,
    timezone: &str,
    source: TimezoneSource,
    resolution: &Resolution,
    tenant: &TenantTime,
) -> Vec<Warning> {
    match (send_at_text, batch_date) {
        (Some(text), _) => {
            let offset = offset_warning(text, timezone, source, resolution);
            let defaulted = defaulted_warning("sendAt", text, source, tenant);
            rule_warning(text, timezone, resolution).into_iter().chain(offset).chain(defaulted).collect()
        }
        (None, Some(date)) => day_warning(date, timezone, resolution).into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

fn rule_warning(text: &str, timezone: &str, resolution: &Resolution) -> Option<Warning> {
    let (local, offset) = (&resolution.local_time, resolution.offset_text());
    match resolution.rule {
        ResolutionRule::Exact => None,
        ResolutionRule::GapShifted => Some(Warning {
            code: TIMEZONE_GAP_SHIFTED,
            message: format!("{text} does not exist in {timezone}; it was moved forward to {local}{offset}."),
        }),
        ResolutionRule::FoldFirst => Some(Warning {
            code: TIMEZONE_FOLD_FIRST,
            message: format!("{text} happens twice in {timezone}; the first was taken, {local}{offset}."),
        }),
    }
}

/// A day begins when its midnight would be: later where the clock is put forward at midnight.
fn day_warning(date: &str, timezone: &str, resolution: &Resolution) -> Option<Warning> {
    let (local, offset) = (&resolution.local_time, resolution.offset_text());
    let (code, message) = match resolution.rule {
        ResolutionRule::Exact => return None,
        ResolutionRule::GapShifted if local.starts_with(date) => {
            let message = format!("In {timezone} the day {date} has no midnight; it begins at {local}{offset}.");
            (TIMEZONE_GAP_SHIFTED, message)
        }
        ResolutionRule::GapShifted => {
            let message = format!("There is no {date} in {timezone}; it was moved forward to {local}{offset}.");
            (TIMEZONE_GAP_SHIFTED, message)
        }
        ResolutionRule::FoldFirst => {
            let message =
                format!("In {timezone} the day {date} has two midnights; the first was taken, {local}{offset}.");
            (TIMEZONE_FOLD_FIRST, message)
        }
    };
    Some(Warning { code, message })
}

fn offset_warning(text: &str, timezone: &str, source: TimezoneSource, resolution: &Resolution) -> Option<Warning> {
    let seconds = WrittenTime::parse(text).ok()?.offset_seconds()?;
    if seconds == resolution.offset_seconds || source == TimezoneSource::UtcFallback {
        return None;
    }
    let message = format!(
        "sendAt is taken as written, {text} (offset {}); in {timezone} that is {}{}.",
        offset_text(seconds),
        resolution.local_time,
        resolution.offset_text()
    );
    Some(Warning { code: OFFSET_DIFFERS_FROM_TIMEZONE, message })
}

/// A time of the field `path` that names neither an offset nor a zone is UTC. That deserves a look where the tenant's
/// default zone would read another instant.
pub(super) fn defaulted_warning(
    path: &str,
    text: &str,
    source: TimezoneSource,
    tenant: &TenantTime,
) -> Option<Warning> {
    let written = WrittenTime::parse(text).ok().filter(|written| !written.has_offset())?;
    if source != TimezoneSource::UtcFallback {
        return None;
    }
    let zone = Zone::find(tenant.default_timezone.as_deref()?)?;
    let (utc, there) = (written.resolve(&Zone::utc()).ok()?.instant, written.resolve(&zone).ok()?.instant);
    if utc == there {
        return None;
    }
    let name = zone.name();
    let local = Resolution::of_instant(utc, &zone);
    let message = format!(
        "{path} {text} names no time zone and was read as UTC: that is {}{} in {name}, the default zone of the tenant. \
         Read in {name} it would be {there}; set timezone to say which one you mean.",
        local.local_time,
        local.offset_text()
    );
    Some(Warning { code: TIMEZONE_DEFAULTED, message })
}

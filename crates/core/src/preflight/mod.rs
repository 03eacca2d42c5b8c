//! What stands between a draft and its send: facts in, issues out.
//!
//! Gathering the facts (reading rows, rendering samples) is the callers'; so are the links of a remediation.
//! Invariant: an issue's code never changes its meaning.

use crate::address::PostalAddress;
use crate::campaign::CATEGORY_MARKETING;
use crate::channel::ChannelKind;
use crate::schedule::{Intent, TenantTime, Warning, intent_problem, warnings};
use crate::sender_domain::Verdict;
use crate::time::Timestamp;
use crate::wording::grouped;
use std::collections::BTreeMap;

mod content;
/// How many addresses lack which part, as the end of a sentence; one address may lack several.
fn parts_of(facts: &PreflightFacts) -> String {
    let parts = facts.incomplete_parts.iter();
    let parts: Vec<String> =
        parts.map(|(part, count)| format!("{count} without {}", PostalAddress::part_name(part))).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests;

/// An email that is not transactional has no one-click way out in its headers (RFC 8058).
pub const UNSUBSCRIBE_MISSING: &str = "UNSUBSCRIBE_MISSING";
/// An email that is not transactional shows its reader no link to unsubscribe.
pub const UNSUBSCRIBE_LINK_MISSING: &str = "UNSUBSCRIBE_LINK_MISSING";
/// Values of a field are of another kind than what a rule or the template compares them with.
pub const TYPE_MISMATCH: &str = "TYPE_MISMATCH";
/// A rule names an attribute that has the name of a line of an address.
pub const FIELD_IN_ADDRESS: &str = "FIELD_IN_ADDRESS";

/// The consent of recipients is unknown.
pub const CONSENT_UNKNOWN: &str = "CONSENT_UNKNOWN";

/// How grave an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Must be fixed first.
    Blocker,
    /// Deserves a look.
    Warning,
    /// Good to know.
    Info,
}

crate::campaign::words!(Severity { Blocker => "blocker", Warning => "warning", Info => "info" });

/// The step of the audience.
pub const STEP_AUDIENCE: &str = "audience";
/// The step of template, sender and subject.
pub const STEP_CONTENT: &str = "content";
/// The step of the time.
pub const STEP_SCHEDULE: &str = "schedule";
/// The step of the channel and what drives it.
pub const STEP_CHANNEL: &str = "channel";

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How grave.
    pub severity: Severity,
    /// Stable code, such as `AUDIENCE_EMPTY`.
    pub code: &'static str,
    /// What was found, in one sentence.
    pub message: String,
    /// Which step of the campaign: `audience`, `content`, `schedule` or `channel`.
    pub step: Option<&'static str>,
    /// Ids of what it concerns.
    pub refs: Vec<String>,
}

/// Most tags, most fields of a kind, and most warnings of a rule that a preflight names.
pub const NAMED_MAX: usize = 5;

/// Octets of HTML above which large mailbox providers cut a message: 102 KB.
pub const EMAIL_CLIP_OCTETS: usize = 102 * 1024;

/// An audience that a campaign names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceFacts {
    /// Its id.
    pub id: String,
    /// Whether it still exists.
    pub found: bool,
}

/// A template that a campaign names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFacts {
    /// Its id.
    pub id: String,
    /// Its channel.
    pub channel: ChannelKind,
    /// Whether it has a published version.
    pub published: bool,
    /// Whether rendering real samples failed, and where, in one clause without personal data.
    pub render_failure: Option<String>,
    /// Whether it renders for more than half of the people it was tried for.
    pub renders_for_most: bool,
    /// Fields it names that no profile has.
    pub unknown_fields: Vec<String>,
    /// Merge tags of other systems in it, each with its place.
    pub foreign_tags: Vec<String>,
    /// Fields that it writes without a default, with how many recipients lack them; the most affected first.
    pub empty_fields: Vec<FieldCount>,
    /// Fields that it compares with a number, with how many recipients have text there that is no number; the most
    /// affected first.
    pub text_fields: Vec<FieldCount>,
    /// Whether every sample shows the link to unsubscribe in its HTML or its text; other channels: always.
    pub shows_unsubscribe_link: bool,
    /// Octets of its rendered HTML, the largest sample.
    pub html_octets: Option<usize>,
    /// Parts of its rendered text message, the largest sample.
    pub sms_parts: Option<usize>,
}

/// A field and how many recipients it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCount {
    /// Its name, such as `first_name` or `address.city`.
    pub field: String,
    /// How many, of [`PreflightFacts::recipients_read`].
    pub count: i64,
}

/// A sender profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderFacts {
    /// Its id.
    pub id: String,
    /// Whether it has a return address that can be printed.
    pub has_return_address: bool,
    /// Whether the tenant may send from the domain of its email address.
    pub domain: Verdict,
}

/// Everything a preflight looks at.
#[derive(Debug, Clone)]
pub struct PreflightFacts {
    /// The campaign's channel.
    pub channel: ChannelKind,
    /// Whether the campaign has a current version, which is where its one step starts.
    pub has_version: bool,
    /// Included audiences.
    pub included: Vec<AudienceFacts>,
    /// Excluded audiences.
    pub excluded: Vec<AudienceFacts>,
    /// What deserves a look in the rules of audiences, each with the id of the audience.
    pub rule_warnings: Vec<(String, Warning)>,
    /// How many recipients would be sent to, if counted.
    pub targeted: Option<i64>,
    /// How many pieces could not be addressed (direct mail), of those looked at.
    pub incomplete_addresses: i64,
    /// How many of them lack each part, by the name of the field.
    pub incomplete_parts: BTreeMap<&'static str, i64>,
    /// How many people with an address have unknown consent, of [`Self::consents_read`].
    pub unknown_consent: i64,
    /// How many recipients, and people left out only because their consent is unknown, were looked at.
    pub consents_read: i64,
    /// Whether the tenant sends to people whose consent is unknown.
    pub mails_unknown: bool,
    /// How many recipients were looked at for their fields and addresses.
    pub recipients_read: i64,
    /// Whether these are all.
    pub whole_audience_read: bool,
    /// The template.
    pub template: Option<TemplateFacts>,
    /// The sender profile: the campaign's, or the tenant's default for the channel.
    pub sender: Option<SenderFacts>,
    /// Whether the campaign or its template has a subject line that is not blank.
    pub has_subject: bool,
    /// The campaign's category.
    pub category: String,
    /// Whether the message would carry a one-click way out in its headers.
    pub has_unsubscribe: bool,
    /// Whether the tenant requires a link to unsubscribe in email of the category marketing.
    pub requires_unsubscribe_link: bool,
    /// Whether the channel has somewhere to send to.
    pub channel_configured: bool,
    /// Whether an engine node is alive to send.
    pub engine_alive: bool,
    /// The saved intent.
    pub intent: Option<Intent>,
    /// What the tenant said about time.
    pub tenant: TenantTime,
}

/// Finds the issues: blockers first, then warnings, then infos, each in the order of the campaign's steps.
#[must_use]
pub fn evaluate(facts: &PreflightFacts, now: Timestamp) -> Vec<Issue> {
    let mut issues = Vec::new();
    audience_issues(facts, &mut issues);
    content::issues(facts, &mut issues);
    content::size_issues(facts, &mut issues);
    schedule_issues(facts, now, &mut issues);
    channel_issues(facts, &mut issues);
    issues.sort_by_key(|issue| issue.severity);
    issues
}

/// What a preflight says of a campaign that is committed or archived.
#[must_use]
pub fn not_draft() -> Issue {
    let message = "The campaign is not a draft any more; preflight checks only drafts.";
    Issue { step: None, ..issue(Severity::Info, "NOT_DRAFT", STEP_SCHEDULE, message) }
}

fn issue(severity: Severity, code: &'static str, step: &'static str, message: impl Into<String>) -> Issue {
    Issue { severity, code, message: message.into(), step: Some(step), refs: Vec::new() }
}

fn blocker(code: &'static str, step: &'static str, message: impl Into<String>) -> Issue {
    issue(Severity::Blocker, code, step, message)
}

fn warning(code: &'static str, step: &'static str, message: impl Into<String>) -> Issue {
    issue(Severity::Warning, code, step, message)
}

fn audience_issues(facts: &PreflightFacts, issues: &mut Vec<Issue>) {
    if !facts.has_version {
        issues.push(blocker(
            "NO_START_NODE",
            STEP_AUDIENCE,
            "The campaign has no version and so no step to start with.",
        ));
    }
    if facts.included.is_empty() {
        issues.push(blocker("AUDIENCE_NOT_ASSIGNED", STEP_AUDIENCE, "No audience is included."));
    }
    let lost: Vec<String> =
        facts.included.iter().chain(&facts.excluded).filter(|it| !it.found).map(|it| it.id.clone()).collect();
    if lost.is_empty() {
        if !facts.included.is_empty() && facts.targeted == Some(0) {
            issues.push(warning("AUDIENCE_EMPTY", STEP_AUDIENCE, "No recipient would get a message right now."));
        }
    } else {
        let found = blocker(
            "AUDIENCE_NOT_FOUND",
            STEP_AUDIENCE,
            "An audience that the campaign names does not exist any more.",
        );
        issues.push(Issue { refs: lost, ..found });
    }
    if facts.channel == ChannelKind::DirectMail && facts.incomplete_addresses > 0 {
        let count = facts.incomplete_addresses;
        let bound = if facts.whole_audience_read { "" } else { "At least " };
        issues.push(warning(
            "ADDRESS_INCOMPLETE",
            STEP_AUDIENCE,
            format!("{bound}{count} pieces have no complete postal address and would be skipped{}.", parts_of(facts)),
        ));
    }
    issues.extend(facts.rule_warnings.iter().map(|(audience, found)| Issue {
        refs: vec![audience.clone()],
        ..warning(found.code, STEP_AUDIENCE, found.message.clone())
    }));
    issues.extend(consent_issue(facts));
}

/// What happens to people whose consent is unknown. They may well be customers, whom a marketing message still needs a
/// consent to reach in many countries (directive 2002/58/EC article 13).
fn consent_issue(facts: &PreflightFacts) -> Option<Issue> {
    if facts.unknown_consent == 0 {
        return None;
    }
    let severity = if facts.category == CATEGORY_MARKETING { Severity::Warning } else { Severity::Info };
    let (unknown, read) = (grouped(facts.unknown_consent), grouped(facts.consents_read));
    let of = if facts.whole_audience_read { read } else { format!("the first {read}") };
    let follows = match facts.mails_unknown {
        true => "they get the message, because mailUnknown of the tenant is true",
        false => "they are left out, because mailUnknown of the tenant is false",
    };
    let message = format!("The consent of {unknown} of {of} people is unknown; {follows}.");
    Some(issue(severity, CONSENT_UNKNOWN, STEP_AUDIENCE, message))
}

fn sender_issues(facts: &PreflightFacts, issues: &mut Vec<Issue>) {
    if facts.channel == ChannelKind::Email && facts.template.is_some() && !facts.has_subject {
        issues.push(blocker(
            "SUBJECT_MISSING",
            STEP_CONTENT,
            "Neither the campaign nor its template has a subject line.",
        ));
    }
    match &facts.sender {
        None => issues.push(blocker("SENDER_PROFILE_MISSING", STEP_CONTENT, "No sender profile is bound.")),
        Some(sender) if facts.channel == ChannelKind::DirectMail && !sender.has_return_address => {
            let found =
                blocker("RETURN_ADDRESS_MISSING", STEP_CONTENT, "The sender profile has no complete return address.");
            issues.push(Issue { refs: vec![sender.id.clone()], ..found });
        }
        Some(sender) => domain_issues(sender, issues),
    }
}

fn domain_issues(sender: &SenderFacts, issues: &mut Vec<Issue>) {
    let found = match (sender.domain, sender.domain.problem()) {
        (_, Some(problem)) => {
            let message = format!("The address of the sender profile {problem}.");
            blocker("SENDER_DOMAIN_NOT_ALLOWED", STEP_CONTENT, message)
        }
        (Verdict::Shared, None) => warning(
            "SENDER_DOMAIN_SHARED",
            STEP_CONTENT,
            "Another tenant of this server sends from the domain of the sender profile too; the operator can bind the \
                domain to one of them.",
        ),
        (_, None) => return,
    };
    issues.push(Issue { refs: vec![sender.id.clone()], ..found });
}

fn schedule_issues(facts: &PreflightFacts, now: Timestamp, issues: &mut Vec<Issue>) {
    let Some(intent) = &facts.intent else {
        return issues.push(issue(Severity::Info, "SCHEDULE_NOT_SET", STEP_SCHEDULE, "No schedule is set."));
    };
    if let Some(problem) = intent_problem(intent, &facts.tenant, now) {
        issues.push(blocker(
            "SCHEDULE_IN_PAST",
            STEP_SCHEDULE,
            format!("The saved schedule cannot be met: {problem}."),
        ));
    }
    let Some(resolution) = &intent.resolution else { return };
    let (text, date) = (intent.send_at_text.as_deref(), intent.batch_date.as_deref());
    for found in warnings(text, date, &intent.timezone, intent.timezone_source, resolution, &facts.tenant) {
        issues.push(warning(found.code, STEP_SCHEDULE, found.message));
    }
}

fn channel_issues(facts: &PreflightFacts, issues: &mut Vec<Issue>) {
    if !facts.channel_configured {
        let message = format!("The channel {} has no provider configured.", facts.channel.as_str());
        issues.push(blocker("CHANNEL_NOT_CONFIGURED", STEP_CHANNEL, message));
    }
    if !facts.engine_alive {
        issues.push(warning(
            "DELIVERY_STOPPED",
            STEP_CHANNEL,
            "No engine node runs; no message leaves until one does.",
        ));
    }
}

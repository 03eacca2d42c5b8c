//! The issues of a template: by itself, and for the people it is rendered for.
//!
//! Not here: the sender, and everything else that a campaign is bound to.

use super::{
    EMAIL_CLIP_OCTETS, FieldCount, Issue, NAMED_MAX, PreflightFacts, STEP_CONTENT, Severity, TYPE_MISMATCH,
    TemplateFacts, UNSUBSCRIBE_LINK_MISSING, UNSUBSCRIBE_MISSING, blocker, issue, sender_issues, warning,
};
use crate::audience::rule::address_line;
use crate::campaign::{CATEGORY_MARKETING, CATEGORY_TRANSACTIONAL};
use crate::channel::ChannelKind;
use crate::wording::grouped;

pub(super) fn issues(facts: &PreflightFacts, issues: &mut Vec<Issue>) {
    let Some(template) = &facts.template else {
        issues.push(blocker("TEMPLATE_NOT_ASSIGNED", STEP_CONTENT, "No template is bound."));
        return sender_issues(facts, issues);
    };
    let about = |found: Issue| Issue { refs: vec![template.id.clone()], ..found };
    if !template.published {
        issues.push(about(blocker("TEMPLATE_NOT_PUBLISHED", STEP_CONTENT, "The template is not published.")));
    }
    if template.channel != facts.channel {
        let message =
            format!("The template is for {}, the campaign for {}.", template.channel.as_str(), facts.channel.as_str());
        issues.push(about(blocker("TEMPLATE_CHANNEL_MISMATCH", STEP_CONTENT, message)));
    }
    if let Some(failure) = &template.render_failure {
        // One recipient with odd data must not stop a campaign for all others.
        let (severity, whom) = match template.renders_for_most {
            true => (Severity::Warning, "one of the first recipients, and would fail for everybody like them"),
            false => (Severity::Blocker, "a real recipient"),
        };
        let message = format!("The template cannot be rendered for {whom}: {failure}.");
        issues.push(about(issue(severity, "TEMPLATE_RENDER_FAILED", STEP_CONTENT, message)));
    }
    if !template.unknown_fields.is_empty() {
        let named: Vec<String> = template.unknown_fields.iter().map(|field| unknown_field(field)).collect();
        let message = format!("The template names fields that no profile has: {}.", named.join(", "));
        issues.push(about(warning("TEMPLATE_FIELD_UNKNOWN", STEP_CONTENT, message)));
    }
    issues.extend(tag_issue(template).map(about));
    issues.extend(field_issues(facts, template).map(about));
    issues.extend(unsubscribe_issues(facts, template).into_iter().map(about));
    sender_issues(facts, issues);
}

/// A field that no profile has, with the field that is probably meant.
fn unknown_field(field: &str) -> String {
    address_line(field).map_or_else(|| field.to_owned(), |line| format!("{line} (an address has address.{line})"))
}

/// What recipients would read as it is written.
fn tag_issue(template: &TemplateFacts) -> Option<Issue> {
    let named = template.foreign_tags.get(..NAMED_MAX).unwrap_or(&template.foreign_tags);
    let rest = match template.foreign_tags.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "The template has merge tags of another system, which recipients would see as plain text: {}{rest}. \
         Write fields as {{{{ first_name }}}}.",
        named.join(", ")
    );
    (!named.is_empty()).then(|| warning("FOREIGN_TAG", STEP_CONTENT, message))
}

fn field_issues<'a>(facts: &'a PreflightFacts, template: &'a TemplateFacts) -> impl Iterator<Item = Issue> + 'a {
    let read = grouped(facts.recipients_read);
    let of = if facts.whole_audience_read { read } else { format!("the first {read}") };
    let told = move |found: &FieldCount, rest: &str| format!("for {} of {of} recipients{rest}.", grouped(found.count));
    let empty = {
        let told = told.clone();
        template.empty_fields.iter().take(NAMED_MAX).map(move |found| {
            let message = format!("{} is empty {}", found.field, told(found, " and has no default in the template"));
            warning("FIELD_EMPTY", STEP_CONTENT, message)
        })
    };
    let text = template.text_fields.iter().take(NAMED_MAX).map(move |found| {
        let message = format!(
            "{} is text that is no number {}",
            found.field,
            told(found, ", and the template compares it with a number")
        );
        warning(TYPE_MISMATCH, STEP_CONTENT, message)
    });
    empty.chain(text)
}

/// The two ways out of an email: one click on a button of the mail program, which follows a header, and the link
/// that the message itself shows.
fn unsubscribe_issues(facts: &PreflightFacts, template: &TemplateFacts) -> Vec<Issue> {
    let mut issues = Vec::new();
    if facts.channel != ChannelKind::Email || facts.category == CATEGORY_TRANSACTIONAL {
        return issues;
    }
    if !facts.has_unsubscribe {
        let message = "A marketing email needs a one-click way to unsubscribe, and this one has none.";
        issues.push(blocker(UNSUBSCRIBE_MISSING, STEP_CONTENT, message));
    }
    if !template.shows_unsubscribe_link {
        let required = facts.category == CATEGORY_MARKETING && facts.requires_unsubscribe_link;
        let severity = if required { Severity::Blocker } else { Severity::Warning };
        let message = "The email shows no link to unsubscribe; put {{ unsubscribe_url }} into its HTML or its text.";
        issues.push(issue(severity, UNSUBSCRIBE_LINK_MISSING, STEP_CONTENT, message));
    }
    issues
}

/// Sizes that providers cut or charge for.
pub(super) fn size_issues(facts: &PreflightFacts, issues: &mut Vec<Issue>) {
    let Some(template) = &facts.template else { return };
    match (facts.channel, template.html_octets, template.sms_parts) {
        (ChannelKind::Email, Some(octets), _) if octets > EMAIL_CLIP_OCTETS => {
            let message =
                format!("The HTML has {} KB; mailbox providers cut off what is beyond 102 KB.", octets.div_ceil(1024));
            issues.push(warning("EMAIL_CLIPPED", STEP_CONTENT, message));
        }
        (ChannelKind::Sms, _, Some(parts)) if parts > 1 => {
            issues.push(warning("SMS_MULTIPART", STEP_CONTENT, format!("The text needs {parts} message parts.")));
        }
        _ => {}
    }
}

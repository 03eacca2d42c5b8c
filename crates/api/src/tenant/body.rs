//! The body of a change to a tenant. Absent leaves, null takes away.

use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_core::schedule::{OnMissed, OnUncertain};
use postrider_service::tenants::{BudgetChanges, PolicyChanges, SetTenant};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// Changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchTenantBody {
    /// 1 to 255 characters on one line.
    name: Option<String>,
    /// IANA name; null for none.
    #[serde(default, deserialize_with = "present")]
    default_timezone: Option<Option<String>>,
    /// `HH:MM`, 00:00 to 24:00; null for 17:00.
    #[serde(default, deserialize_with = "present")]
    mail_cutoff: Option<Option<String>>,
    /// Whether an email of the category `marketing` without `{{ unsubscribe_url }}` is refused; if not, a preflight
    /// warns of it. Null for true.
    #[serde(default, deserialize_with = "present")]
    require_unsubscribe_link: Option<Option<bool>>,
    /// Whether people whose consent is unknown get messages, on every channel. If not, they are `suppressed` with the
    /// reason `consent_unknown`, also in jobs that are running. Null for true.
    #[serde(default, deserialize_with = "present")]
    mail_unknown: Option<Option<bool>>,
    /// What jobs do that do not say it themselves; null for what the operator configured.
    #[serde(default, deserialize_with = "present")]
    policy_defaults: Option<Option<PatchPolicyDefaultsDto>>,
    /// Messages a minute over all jobs, for each channel; null for no limits.
    #[serde(default, deserialize_with = "present")]
    rate_budgets: Option<Option<PatchRateBudgetsDto>>,
    /// Not a tenant's own to change.
    #[serde(default, deserialize_with = "present")]
    #[schema(ignore)]
    sender_domains: Option<Option<IgnoredAny>>,
}

/// Changes to what jobs do that do not say it themselves. Null is what the operator configured.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchPolicyDefaultsDto {
    /// 0 to 43,200 minutes after its instant a job counts as missed.
    #[serde(default, deserialize_with = "present")]
    latest_start_minutes: Option<Option<u32>>,
    /// `send`, `hold` or `cancel`.
    #[serde(default, deserialize_with = "present")]
    on_missed: Option<Option<String>>,
    /// 1 to 43,200 minutes after its instant nothing of a job leaves any more.
    #[serde(default, deserialize_with = "present")]
    latest_finish_minutes: Option<Option<u32>>,
    /// `hold`, `retry` or `assume_sent`.
    #[serde(default, deserialize_with = "present")]
    on_uncertain: Option<Option<String>>,
    /// At least 1: messages a minute of one job.
    #[serde(default, deserialize_with = "present")]
    rate_per_minute: Option<Option<u32>>,
}

/// Changes to how much leaves in a minute over all jobs, at least 1. Null is no limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchRateBudgetsDto {
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    sms: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    push: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    direct_mail: Option<Option<u32>>,
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl PatchTenantBody {
    /// What it asks for.
    pub fn changes(self) -> Result<SetTenant, Refusal> {
        if self.sender_domains.is_some() {
            let problem = "only the operator binds domains, with postrider tenant set --sender-domain";
            return Err(Refusal::invalid("senderDomains", None, problem));
        }
        let policy = match self.policy_defaults {
            None => PolicyChanges::default(),
            Some(None) => PolicyChanges::clear(),
            Some(Some(policy)) => policy.changes()?,
        };
        let budgets = match self.rate_budgets {
            None => BudgetChanges::new(),
            Some(None) => ChannelKind::ALL.iter().map(|channel| (*channel, None)).collect(),
            Some(Some(budgets)) => budgets.changes(),
        };
        let require_unsubscribe_link = self.require_unsubscribe_link.map(|required| required.unwrap_or(true));
        let mail_unknown = self.mail_unknown.map(|mails| mails.unwrap_or(true));
        let Self { name, default_timezone, mail_cutoff, .. } = self;
        Ok(SetTenant { name, default_timezone, mail_cutoff, require_unsubscribe_link, mail_unknown, policy, budgets })
    }
}

impl PatchPolicyDefaultsDto {
    fn changes(self) -> Result<PolicyChanges, Refusal> {
        Ok(PolicyChanges {
            latest_start_minutes: self.latest_start_minutes,
            on_missed: word("policyDefaults.onMissed", self.on_missed, OnMissed::read)?,
            latest_finish_minutes: self.latest_finish_minutes,
            on_uncertain: word("policyDefaults.onUncertain", self.on_uncertain, OnUncertain::read)?,
            rate_per_minute: self.rate_per_minute,
        })
    }
}

impl PatchRateBudgetsDto {
    fn changes(self) -> BudgetChanges {
        let budgets = [
            (ChannelKind::Email, self.email),
            (ChannelKind::Sms, self.sms),
            (ChannelKind::Push, self.push),
            (ChannelKind::DirectMail, self.direct_mail),
        ];
        budgets.into_iter().filter_map(|(channel, rate)| Some((channel, rate?))).collect()
    }
}

fn word<T>(
    path: &'static str,
    text: Option<Option<String>>,
    read: impl Fn(&str, &str) -> Result<T, Refusal>,
) -> Result<Option<Option<T>>, Refusal> {
    let Some(Some(text)) = text else { return Ok(text.map(|_| None)) };
    Ok(Some(Some(read(path, &text)?)))
}

//! Why one recipient stands where it stands.

use super::page::{DeliveryView, view};
use crate::{Actor, Service, ServiceError};
use postrider_core::address::PostalAddress;
use postrider_core::audience::CONSENT_UNKNOWN;
use postrider_core::audience::INVALID_ADDRESS;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, DeliveryId};
use postrider_store::Tx;
use postrider_store::deliveries::{Attempt, LedgerFilter};
use postrider_store::profiles::ProfileRow;
use postrider_store::schedules::ScheduleJob;

/// One recipient with what happened to it.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The recipient.
    pub view: DeliveryView,
    /// The job it belongs to: when it was due, and the rules that hold for it.
    pub job: ScheduleJob,
    /// What did not succeed at first try.
    pub attempts: Vec<Attempt>,
    /// Parts that the postal address of the person lacks now, by the names of the fields.
    pub missing: Vec<&'static str>,
}

impl Explanation {
    /// Explains a delivery by the person as they are now, if the profile is still there.
    pub(super) fn of(
        view: DeliveryView,
        job: ScheduleJob,
        attempts: Vec<Attempt>,
        person: Option<&ProfileRow>,
    ) -> Self {
        let is_incomplete =
            job.channel == ChannelKind::DirectMail && view.delivery.reason.as_deref() == Some(INVALID_ADDRESS);
        let postal = person.filter(|_| is_incomplete).and_then(ProfileRow::postal_address);
        let missing = postal.map(|postal| postal.missing()).unwrap_or_default();
        Self { view, job, attempts, missing }
    }

    /// The rule that decided, in one sentence.
    #[must_use]
    pub fn why(&self) -> String {
        let delivery = &self.view.delivery;
        let reason = delivery.reason.as_deref().unwrap_or("none given");
        match delivery.state {
            DeliveryState::Pending => match delivery.due_at {
                Some(due) => format!("It was put off ({reason}) and is tried again at {due}."),
                None => "It waits for its turn.".to_owned(),
            },
            DeliveryState::InFlight => "It is on its way to the provider.".to_owned(),
            DeliveryState::Sent => "The provider took it.".to_owned(),
            DeliveryState::Failed => format!("It was given up: {reason}."),
            DeliveryState::Suppressed if reason == CONSENT_UNKNOWN => {
                "The consent of the person is unknown, and mailUnknown of the tenant is false: consent_unknown."
                    .to_owned()
            }
            DeliveryState::Suppressed => format!("Nothing may be sent there: {reason}."),
            DeliveryState::Skipped if !self.missing.is_empty() => {
                let parts: Vec<&str> = self.missing.iter().map(|part| PostalAddress::part_name(part)).collect();
                format!("There is nowhere to send it: {reason}. The address is without {}.", parts.join(" and "))
            }
            DeliveryState::Skipped => format!("There is nowhere to send it: {reason}."),
            DeliveryState::Expired => "The job's latest finish passed before it left.".to_owned(),
            DeliveryState::Canceled => "The job was canceled before it left.".to_owned(),
            DeliveryState::Uncertain => {
                let policy = self.job.policy.on_uncertain.as_str();
                format!("It is unknown whether the provider has it ({reason}); the job's policy is {policy}.")
            }
        }
    }
}

impl Service {
    /// Why a recipient stands where it stands.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `DELIVERIES.NOT_FOUND`.
    pub async fn delivery(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        delivery: DeliveryId,
    ) -> Result<Explanation, ServiceError> {
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
            let jobs = tx.schedules_of(tenant, campaign)?;
            let place = jobs.into_iter().find_map(|job| Some((delivery.seq_in(job.manifest)?, job)));
            let (seq, job) = place.ok_or(Code::DeliveryNotFound)?;
            let seq = i64::try_from(seq).unwrap_or_default();
            let accounts = tx.accounts(tenant, job.id)?.ok_or(Code::DeliveryNotFound)?;
            let row = tx.deliveries_page(tenant, accounts.manifest_number, seq - 1, &LedgerFilter::default(), 1)?.pop();
            let row = row.filter(|row| row.seq == seq).ok_or(Code::DeliveryNotFound)?;
            let attempts = tx.delivery_attempts(tenant, accounts.manifest_number, seq)?;
            let person = tx.profile_get(tenant, row.profile)?;
            Ok(Explanation::of(view(accounts.manifest, row), job, attempts, person.as_ref()))
        };
        self.store().read("delivery.explain", read).await
    }
}

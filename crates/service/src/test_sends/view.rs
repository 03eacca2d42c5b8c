//! What became of a test.

use crate::{Actor, Service, ServiceError};
use postrider_core::content::TestFields;
use postrider_core::delivery::DeliveryState;
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, ProfileId, ScheduleId, TenantId};
use postrider_core::schedule::Warning;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::deliveries::Delivery;
use postrider_store::deliveries::LedgerFilter;
use postrider_store::schedules::ScheduleJob;
use postrider_store::test_recipients::TestRecipient;

/// Messages of a test show empty fields.
const TEST_FIELDS_EMPTY: &str = "TEST_FIELDS_EMPTY";

/// A test and what became of each of its messages.
#[derive(Debug, Clone)]
pub struct TestSend {
    /// Its job.
    pub job: ScheduleJob,
    /// Whose fields the messages show, if somebody was named.
    pub profile: Option<ProfileId>,
    /// In the order of the request.
    pub recipients: Vec<TestSendRecipient>,
}

/// One named address.
#[derive(Clone)]
pub struct TestSendRecipient {
    /// Normalised.
    pub address: String,
    /// Whose fields its message shows.
    pub fields: TestFields,
    /// Where its message stands.
    pub state: DeliveryState,
    /// Stable reason.
    pub reason: Option<String>,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried next, if it was put off.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was accounted for.
    pub settled_at: Option<Timestamp>,
    /// The provider's reference.
    pub provider_ref: Option<String>,
    /// What the provider said at the last attempt that did not succeed.
    pub provider_text: Option<String>,
}

impl std::fmt::Debug for TestSendRecipient {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestSendRecipient({})", self.state.as_str())
    }
}

impl TestSend {
    /// A test that has just been asked for.
    pub(super) fn new(job: ScheduleJob, people: Vec<TestRecipient>) -> Self {
        let named = people.first().filter(|one| one.fields == TestFields::Profile);
        let profile = named.and_then(|one| one.sample);
        let created_at = job.created_at;
        let recipients = people.into_iter().map(|one| before_ledger(one, created_at));
        Self { profile, recipients: recipients.collect(), job }
    }

    /// What deserves a look: messages that show empty fields.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let count = self.recipients.iter().filter(|one| one.fields == TestFields::None).count();
        let message = format!(
            "No person has {count} of the addresses, so the fields in their messages are empty. Name a profileId, or use \
             a token with the scope {} to show the fields of the campaign's first recipient.",
            Scope::CdpProfilesRead.as_str()
        );
        if count == 0 { Vec::new() } else { vec![Warning { code: TEST_FIELDS_EMPTY, message }] }
    }
}

impl Service {
    /// What became of a test of a campaign.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `TEST_SENDS.NOT_FOUND`.
    pub async fn test_send(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        test: ScheduleId,
    ) -> Result<TestSend, ServiceError> {
        actor.require(Scope::CampaignsSend)?;
        let tenant = actor.tenant;
        self.store().read("test_send.get", move |tx| read(tx, tenant, campaign, test)).await
    }
}

fn read(tx: &mut Tx<'_>, tenant: TenantId, campaign: CampaignId, test: ScheduleId) -> Result<TestSend, ServiceError> {
    tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
    let job = tx.schedule_get(tenant, test)?.filter(|job| job.campaign == campaign && job.is_test);
    let job = job.ok_or(Code::TestSendNotFound)?;
    let people = tx.test_recipients(test)?;
    let mut found = TestSend::new(job, people);
    let Some(accounts) = tx.accounts(tenant, test)? else { return Ok(found) };
    let limit = i64::try_from(found.recipients.len()).unwrap_or(i64::MAX);
    let rows = tx.deliveries_page(tenant, accounts.manifest_number, 0, &LedgerFilter::default(), limit)?;
    // Everybody has in the ledger the place that the request gave.
    for (recipient, row) in found.recipients.iter_mut().zip(rows) {
        let attempts = tx.delivery_attempts(tenant, accounts.manifest_number, row.seq)?;
        let provider_text = attempts.into_iter().next_back().and_then(|attempt| attempt.provider_text);
        *recipient = TestSendRecipient { provider_text, ..in_ledger(recipient, row) };
    }
    Ok(found)
}

/// As things stand until the ledger is written.
fn before_ledger(one: TestRecipient, created_at: Timestamp) -> TestSendRecipient {
    let state = if one.refused.is_some() { DeliveryState::Suppressed } else { DeliveryState::Pending };
    TestSendRecipient {
        address: one.address,
        fields: one.fields,
        state,
        reason: one.refused.map(str::to_owned),
        attempts: 0,
        next_attempt_at: None,
        settled_at: state.is_final().then_some(created_at),
        provider_ref: None,
        provider_text: None,
    }
}

fn in_ledger(named: &TestSendRecipient, row: Delivery) -> TestSendRecipient {
    TestSendRecipient {
        address: named.address.clone(),
        fields: named.fields,
        state: row.state,
        reason: row.reason,
        attempts: row.attempt,
        next_attempt_at: row.due_at,
        settled_at: row.settled_at,
        provider_ref: row.provider_ref,
        provider_text: None,
    }
}

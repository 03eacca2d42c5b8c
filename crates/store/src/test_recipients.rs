//! The people that a test send names.

use crate::error::StoreError;
use crate::person::{Person, read_person};
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::{CONSENT_DENIED, SUPPRESSED};
use postrider_core::content::TestFields;
use postrider_core::id::{ProfileId, ScheduleId, TenantId};
use std::collections::BTreeMap;

statements! { "test_recipients":
    INSERT = "INSERT INTO test_recipients (schedule_id, position, address, profile_id, sample_id, refused, fields) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Of a job whose tenant was read.
    LIST = "SELECT address, profile_id, sample_id, refused, fields FROM test_recipients WHERE schedule_id = $1 \
        ORDER BY position";
    SAMPLES = "SELECT t.position, p.id, p.email, p.phone, p.customer_id, p.first_name, p.last_name, p.timezone, p.locale, \
        p.address, p.attributes FROM test_recipients t JOIN profiles p ON p.tenant_id = $1 AND p.id = t.sample_id \
        WHERE t.schedule_id = $2 ORDER BY t.position";
}

/// Somebody named for a test send.
#[derive(Clone, PartialEq, Eq)]
pub struct TestRecipient {
    /// Normalised address.
    pub address: String,
    /// Who has it, or a fresh id if nobody does.
    pub profile: ProfileId,
    /// Somebody else whose fields the message shows.
    pub sample: Option<ProfileId>,
    /// Whose fields these are.
    pub fields: TestFields,
    /// Stable reason why nothing may be sent there.
    pub refused: Option<&'static str>,
}

impl std::fmt::Debug for TestRecipient {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestRecipient({})", self.profile)
    }
}

impl Tx<'_> {
    /// Writes the people of a test send; their places begin at 1.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn test_recipients_insert(&mut self, job: ScheduleId, people: &[TestRecipient]) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = (1_i64..)
            .zip(people)
            .map(|(position, one)| {
                vec![
                    id(job),
                    position.into(),
                    (&one.address).into(),
                    id(one.profile),
                    one.sample.map_or(Value::Null, id),
                    one.refused.into(),
                    one.fields.as_str().into(),
                ]
            })
            .collect();
        self.execute_many(&INSERT, &sets).map(drop)
    }

    /// The people of a test send, in order.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn test_recipients(&mut self, job: ScheduleId) -> Result<Vec<TestRecipient>, StoreError> {
        self.query_as(&LIST, &[id(job)], |row| {
            Ok(TestRecipient {
                address: row.next()?,
                profile: row.id()?,
                sample: row.optional_id()?,
                refused: row.next::<Option<String>>()?.map(|reason| reason_of(&reason)),
                fields: row.word(TestFields::parse)?,
            })
        })
    }

    /// The people whose fields the messages of a test send show in place of the addressee's own, by the place of the
    /// addressee, if they are still there.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn test_samples(&mut self, tenant: TenantId, job: ScheduleId) -> Result<BTreeMap<i64, Person>, StoreError> {
        let read = |row: &mut Row| Ok((row.next()?, read_person(row)?));
        let found = self.query_as(&SAMPLES, &[id(tenant), id(job)], read)?;
        Ok(found.into_iter().filter_map(|(place, person)| Some((place, person?))).collect())
    }
}

fn reason_of(text: &str) -> &'static str {
    if text == CONSENT_DENIED { CONSENT_DENIED } else { SUPPRESSED }
}

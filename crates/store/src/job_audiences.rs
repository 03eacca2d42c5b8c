//! The audiences of a job, as they were when it was committed: lists by name, rules by their text.

use crate::error::StoreError;
use crate::rules::stored_rule;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::rule::Rule;
use postrider_core::campaign::{AudienceSide, AudienceType};
use postrider_core::id::{ListId, ScheduleId};
use uuid::Uuid;

statements! { "job_audiences":
    INSERT = "INSERT INTO schedule_job_audiences (schedule_id, side, position, audience_id, audience_type, rule) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    OF = "SELECT side, audience_id, rule FROM schedule_job_audiences WHERE schedule_id = $1 ORDER BY side, position";
}

/// One audience of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobAudience {
    /// Included or excluded.
    pub side: AudienceSide,
    /// Which list or rule.
    pub audience_id: Uuid,
    /// The rule's text; none for a list.
    pub rule: Option<String>,
}

impl JobAudience {
    /// A list on a side.
    #[must_use]
    pub fn list(side: AudienceSide, list: ListId) -> Self {
        Self { side, audience_id: list.into(), rule: None }
    }
}

/// Where the members of an included audience come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A list.
    List(ListId),
    /// A rule.
    Rule(Rule),
}

/// The audiences of a job, understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobAudiences {
    /// Included, in their order.
    pub include: Vec<Source>,
    /// Rules that take out again; excluded lists are known to the statements that read members.
    pub exclude: Vec<Rule>,
}

impl Tx<'_> {
    /// Writes the audiences of a job, each side in the order given.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) fn schedule_audiences_insert(
        &mut self,
        job: ScheduleId,
        audiences: &[JobAudience],
    ) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = (0_i64..)
            .zip(audiences)
            .map(|(position, audience)| {
                let kind = if audience.rule.is_some() { AudienceType::Segment } else { AudienceType::Audience };
                vec![
                    id(job),
                    audience.side.as_str().into(),
                    position.into(),
                    audience.audience_id.into(),
                    kind.as_str().into(),
                    audience.rule.as_ref().into(),
                ]
            })
            .collect();
        self.execute_many(&INSERT, &sets).map(drop)
    }

    /// The audiences of a job.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedule_audiences(&mut self, job: ScheduleId) -> Result<JobAudiences, StoreError> {
        let rows = self.query_as(&OF, &[id(job)], |row: &mut Row| {
            Ok((row.word(AudienceSide::parse)?, row.id::<ListId>()?, row.next::<Option<String>>()?))
        })?;
        let mut audiences = JobAudiences::default();
        for (side, list, rule) in rows {
            match (side, rule.as_deref().map(stored_rule).transpose()?) {
                (AudienceSide::Include, Some(rule)) => audiences.include.push(Source::Rule(rule)),
                (AudienceSide::Include, None) => audiences.include.push(Source::List(list)),
                (AudienceSide::Exclude, Some(rule)) => audiences.exclude.push(rule),
                (AudienceSide::Exclude, None) => {}
            }
        }
        Ok(audiences)
    }
}

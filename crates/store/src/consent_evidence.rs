//! The consents of people, and where they came from: for each person a history that only grows.
//!
//! A source (an import job, a client, the campaign of a link) is one row, and what it said of a person another one, for
//! all channels together of which it said the same. Invariants: evidence is written in the transaction that writes the
//! consent, under [`Tx::profiles_lock`], and nothing changes it afterwards; it goes when the person is erased.

use crate::error::StoreError;
use crate::profiles::ProfileRow;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::Consent;
use postrider_core::audience::evidence::{Evidence, EvidenceSource, SourceKind};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ProfileId, TenantId};
use std::collections::HashMap;

/// Most people whose evidence is looked up by one statement.
const PEOPLE_MAX: usize = 100;

statements! { "consent_evidence":
    SOURCE = "INSERT INTO consent_sources (tenant_id, id, kind, name) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant_id, id) DO NOTHING";
    /// For [`Tx::execute_rows`].
    INSERT = fork
        sqlite "INSERT INTO consent_evidence (profile_id, number, source_id, line, channels, consent, recorded_at, \
            said_at, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        postgres "INSERT INTO consent_evidence (profile_id, number, source_id, line, channels, consent, recorded_at, \
            said_at, words) SELECT * FROM UNNEST(CAST($1 AS UUID[]), CAST($2 AS BIGINT[]), CAST($3 AS UUID[]), \
            CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]), CAST($6 AS TEXT[]), CAST($7 AS BIGINT[]), \
            CAST($8 AS BIGINT[]), CAST($9 AS TEXT[]))";
    /// A client has the name that it has now.
    OF = "SELECT e.profile_id, e.channels, e.consent, e.recorded_at, e.said_at, e.words, e.line, s.kind, s.id, \
        COALESCE(c.name, s.name) FROM consent_evidence e \
        JOIN consent_sources s ON s.tenant_id = $1 AND s.id = e.source_id \
        LEFT JOIN clients c ON c.tenant_id = s.tenant_id AND c.id = s.id \
        WHERE e.profile_id = $2 ORDER BY e.profile_id, e.number";
    ERASE = "DELETE FROM consent_evidence WHERE profile_id = $1 \
        AND source_id IN (SELECT id FROM consent_sources WHERE tenant_id = $2)";
}

impl ProfileRow {
    /// The consents, in the order of [`ChannelKind::ALL`].
    #[must_use]
    pub const fn consents(&self) -> [Consent; 4] {
        [self.consent_email, self.consent_sms, self.consent_push, self.consent_direct_mail]
    }

    /// The consent for a channel.
    #[must_use]
    pub const fn consent(&self, channel: ChannelKind) -> Consent {
        match channel {
            ChannelKind::Email => self.consent_email,
            ChannelKind::Sms => self.consent_sms,
            ChannelKind::Push => self.consent_push,
            ChannelKind::DirectMail => self.consent_direct_mail,
        }
    }
}

impl Tx<'_> {
    /// Adds what a source said about people. Each entry has the number that it gets in the person's history, from 1
    /// without gaps; the source is the same in all of them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn consent_evidence_add(
        &mut self,
        tenant: TenantId,
        source: &EvidenceSource,
        said: &[(ProfileId, usize, Evidence)],
    ) -> Result<(), StoreError> {
        if said.is_empty() {
            return Ok(());
        }
        let values = [id(tenant), source.id.into(), source.kind.as_str().into(), (&source.name).into()];
        self.execute(&SOURCE, &values)?;
        let row = |(profile, number, evidence): &(ProfileId, usize, Evidence)| {
            vec![
                id(*profile),
                i64::try_from(*number).unwrap_or(i64::MAX).into(),
                source.id.into(),
                evidence.line.into(),
                i64::from(evidence.channels).into(),
                evidence.consent.as_str().into(),
                evidence.recorded_at.into(),
                evidence.said_at.into(),
                evidence.words.as_ref().into(),
            ]
        };
        let rows: Vec<Vec<Value>> = said.iter().map(row).collect();
        self.execute_rows(&INSERT, &rows).map(drop)
    }

    /// Everything that is known of where a person's consent came from, oldest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn consent_evidence(&mut self, tenant: TenantId, profile: ProfileId) -> Result<Vec<Evidence>, StoreError> {
        self.query_as(&OF, &[id(tenant), id(profile)], |row| Ok(read(row)?.1))
    }

    /// As [`Tx::consent_evidence`] for many people; every one of them has an entry.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn consent_evidence_of(
        &mut self,
        tenant: TenantId,
        profiles: &[ProfileId],
    ) -> Result<HashMap<ProfileId, Vec<Evidence>>, StoreError> {
        let mut found: HashMap<ProfileId, Vec<Evidence>> =
            profiles.iter().map(|profile| (*profile, Vec::new())).collect();
        let places: Vec<String> = (2..PEOPLE_MAX + 2).map(|place| format!("${place}")).collect();
        let sql = OF.sqlite.replace("= $2", &format!("IN ({})", places.join(", ")));
        for people in profiles.chunks(PEOPLE_MAX) {
            let mut values = vec![id(tenant)];
            values.extend(people.iter().map(|profile| id(*profile)));
            // NULL equals nobody.
            values.resize(1 + PEOPLE_MAX, Value::Null);
            for mut row in self.query_text(&sql, &values)? {
                let (profile, evidence) = read(&mut row)?;
                found.entry(profile).or_default().push(evidence);
            }
        }
        Ok(found)
    }

    /// Removes everything that is known of where a person's consent came from.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn consent_evidence_erase(&mut self, tenant: TenantId, profile: ProfileId) -> Result<(), StoreError> {
        self.execute(&ERASE, &[id(profile), id(tenant)]).map(drop)
    }
}

fn read(row: &mut Row) -> Result<(ProfileId, Evidence), StoreError> {
    let profile = row.id()?;
    let evidence = Evidence {
        channels: u8::try_from(row.next::<i64>()?).unwrap_or_default(),
        consent: row.word(Consent::parse)?,
        recorded_at: row.next()?,
        said_at: row.next()?,
        words: row.next()?,
        line: row.next()?,
        source: EvidenceSource { kind: row.word(SourceKind::parse)?, id: row.next()?, name: row.next()? },
    };
    Ok((profile, evidence))
}

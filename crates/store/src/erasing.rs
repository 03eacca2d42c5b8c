//! The sweep of an erasure: removes what still holds an address or a copy of a person's data, in small transactions.
//!
//! It begins after [`Tx::erasure_begin`] has committed and may be cut off and repeated at any point: what was removed is
//! not found again. Invariants: no state and no count of the ledger changes, since the engine itself skips recipients whose
//! profile is gone; and rows of other people stay, also where they share an address.

use crate::Store;
use crate::erasures::Traces;
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Value, id};
use postrider_core::audience::address_key;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ImportJobId, ProfileId, ScheduleId, TenantId};
use postrider_core::time::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;

/// Rows of the ledger that one transaction changes, at most.
const LEDGER_ROWS: i64 = 200;
/// Other rows that one transaction changes, at most.
const ROWS: i64 = 100;
/// Last digits of a phone number by which it is found however it is written: those that hold no trunk prefix.
const PHONE_DIGITS: usize = 8;
/// What stands in the place of an object with a person's data in a stored answer.
const ERASED_OBJECT: &str = "erased";

statements! { "erasing":
    /// Waits for planners that read the profile before it was deleted: each holds the row of its manifest.
    PLANNERS = "UPDATE manifests SET fence = fence WHERE tenant_id = $1 AND frozen_at IS NULL";
    LEDGER = "SELECT m.number, d.seq FROM manifests m JOIN deliveries d ON d.manifest_number = m.number \
        AND d.profile_id = $1 WHERE m.tenant_id = $2 AND m.number > $3 AND d.erased_at IS NULL \
        ORDER BY m.number LIMIT $4";
    /// The caller found them among the tenant's.
    ERASE = "UPDATE deliveries SET address = NULL, address_key = NULL, provider_ref = NULL, erased_at = $1 \
        WHERE manifest_number = $2 AND seq = $3 AND erased_at IS NULL";
    ERASE_WORDS = "UPDATE attempts SET provider_text = NULL WHERE manifest_number = $1 AND seq = $2 \
        AND provider_text IS NOT NULL";
    /// Those named for tests whose address nobody has now.
    TESTS = "SELECT t.schedule_id, t.position, j.channel, t.address, m.number FROM schedule_jobs j \
        JOIN test_recipients t ON t.schedule_id = j.id LEFT JOIN manifests m ON m.schedule_id = j.id \
        WHERE j.tenant_id = $1 AND t.address <> '' AND NOT EXISTS \
        (SELECT 1 FROM profiles p WHERE p.tenant_id = $1 AND p.id = t.profile_id)";
    ERASE_TEST = "UPDATE test_recipients SET address = '' WHERE schedule_id = $1 AND position = $2";
    NOTES = "SELECT e.job_id, e.seq FROM import_jobs j JOIN import_job_errors e ON e.job_id = j.id \
        WHERE j.tenant_id = $1 AND (lower(e.cells) LIKE $2 ESCAPE '!' OR lower(e.message) LIKE $2 ESCAPE '!' \
        OR lower(COALESCE(e.value, '')) LIKE $2 ESCAPE '!') LIMIT $3";
    NOTES_BY_DIGITS = "SELECT e.job_id, e.seq FROM import_jobs j JOIN import_job_errors e ON e.job_id = j.id \
        WHERE j.tenant_id = $1 AND replace(replace(replace(replace(replace(replace(e.cells, ' ', ''), '-', ''), \
        '/', ''), '.', ''), '(', ''), ')', '') LIKE $2 LIMIT $3";
    DROP_NOTE = "DELETE FROM import_job_errors WHERE job_id = $1 AND seq = $2";
    DROP_SAMPLES = "UPDATE import_jobs SET samples = NULL WHERE tenant_id = $1 AND lower(samples) LIKE $2 ESCAPE '!'";
    IMPORT_WORDS = "UPDATE import_jobs SET failure_message = replace(failure_message, $1, '[erased]') \
        WHERE tenant_id = $2 AND failure_message LIKE $3 ESCAPE '!'";
    JOB_WORDS = "UPDATE schedule_jobs SET blocked_reason = replace(blocked_reason, $1, '[erased]') \
        WHERE tenant_id = $2 AND blocked_reason LIKE $3 ESCAPE '!'";
    EVENT_WORDS = "UPDATE webhook_deliveries SET body = replace(body, $1, '[erased]') \
        WHERE endpoint_id IN (SELECT e.id FROM webhook_endpoints e WHERE e.tenant_id = $2) AND tenant_id = $2 \
        AND body LIKE $3 ESCAPE '!'";
    /// The databases search bytes in different words.
    ANSWERS = fork sqlite "SELECT client_id, idempotency_key, method, path, body FROM idempotency_keys \
        WHERE tenant_id = $1 AND instr(body, $2) > 0 LIMIT $3"
        postgres "SELECT client_id, idempotency_key, method, path, body FROM idempotency_keys \
        WHERE tenant_id = $1 AND position($2 IN body) > 0 LIMIT $3";
    ANSWER = "UPDATE idempotency_keys SET body = $1 WHERE tenant_id = $2 AND client_id = $3 AND idempotency_key = $4 \
        AND method = $5 AND path = $6";
    /// A preview may show a person without the address; whoever repeats the request gets a new one.
    DROP_PREVIEWS = "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND (path LIKE '%/preview' \
        OR path LIKE '%/preflight')";
}

/// Removes what is left of an erased person, and notes that it has finished. Nothing happens if it has finished before.
///
/// # Errors
/// Any [`StoreError`]; the sweep then begins again when it is called again.
pub async fn sweep(store: &Store, tenant: TenantId, profile: ProfileId, now: Timestamp) -> Result<(), StoreError> {
    let traces = store.read("erasure.traces", move |tx| tx.erasure_traces(tenant, profile)).await?;
    let Some(traces) = traces else { return Ok(()) };
    store.write_guarded("erasure.wait", move |tx| tx.execute(&PLANNERS, &[id(tenant)]).map(drop)).await?;
    let mut after = Some(0);
    while let Some(from) = after {
        let step = move |tx: &mut Tx<'_>| tx.erase_ledger(tenant, profile, from, now);
        after = store.write_guarded("erasure.ledger", step).await?;
    }
    let wanted = traces.clone();
    store.write_guarded("erasure.tests", move |tx| tx.erase_tests(tenant, &wanted, now)).await?;
    for statement in [&NOTES, &NOTES_BY_DIGITS] {
        for pattern in traces.patterns(statement.name == NOTES_BY_DIGITS.name) {
            loop {
                let values = [id(tenant), pattern.clone().into(), ROWS.into()];
                let find = move |tx: &mut Tx<'_>| {
                    tx.query_as(statement, &values, |row| Ok((row.id::<ImportJobId>()?, row.next::<i64>()?)))
                };
                let notes: Vec<(ImportJobId, i64)> = store.read("erasure.notes", find).await?;
                if notes.is_empty() {
                    break;
                }
                let sets: Vec<Vec<Value>> = notes.iter().map(|&(job, seq)| vec![id(job), seq.into()]).collect();
                store.write("erasure.drop_notes", move |tx| tx.execute_many(&DROP_NOTE, &sets).map(drop)).await?;
            }
        }
    }
    let wanted = traces.clone();
    store.write("erasure.words", move |tx| tx.erase_words(tenant, &wanted)).await?;
    let mut has_more = true;
    while has_more {
        let wanted = traces.clone();
        has_more = store.write("erasure.answers", move |tx| tx.erase_answers(tenant, &wanted)).await?;
    }
    store.empty_log_soon();
    store.write("erasure.finish", move |tx| tx.erasure_finish(tenant, profile, now)).await
}

/// Goes on with the oldest sweep that a crash ended, of those asked for at or before an instant; whether there was one.
///
/// # Errors
/// As [`sweep`].
pub async fn sweep_unfinished(store: &Store, before: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    let found = store.read("erasure.unfinished", move |tx| tx.erasure_unfinished(before)).await?;
    let Some((tenant, profile)) = found else { return Ok(false) };
    sweep(store, tenant, profile, now).await.map(|()| true)
}

impl Traces {
    /// What to look for in text, in lower case.
    fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.addresses
            .iter()
            .filter(|(channel, _)| *channel != ChannelKind::DirectMail)
            .map(|(_, address)| address.clone())
    }

    /// Patterns of `LIKE` for the rows of files: the addresses, a cell that is the customer id, or the last digits of phones.
    fn patterns(&self, by_digits: bool) -> Vec<String> {
        if by_digits {
            let phones = self.addresses.iter().filter(|(channel, _)| *channel == ChannelKind::Sms);
            return phones
                .filter_map(|(_, phone)| phone.get(phone.len().checked_sub(PHONE_DIGITS)?..))
                .map(|digits| format!("%{digits}%"))
                .collect();
        }
        let ids = self.customer_id.iter().map(|text| format!("\"{text}\""));
        self.texts().chain(ids).map(|text| like(&text.to_lowercase())).collect()
    }
}

/// A pattern that finds a text anywhere; `!` escapes.
fn like(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

impl Tx<'_> {
    /// Takes the addresses out of the ledger, in manifests after one; where to go on, if there may be more.
    fn erase_ledger(
        &mut self,
        tenant: TenantId,
        profile: ProfileId,
        after: i64,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let values = [id(profile), id(tenant), after.into(), LEDGER_ROWS.into()];
        let rows: Vec<(i64, i64)> = self.query_as(&LEDGER, &values, |row| Ok((row.next()?, row.next()?)))?;
        self.erase_rows(tenant, &rows, now)?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|found| found == LEDGER_ROWS);
        Ok(rows.last().map(|&(manifest, _)| manifest).filter(|_| is_full))
    }

    /// Whoever writes an attempt holds the chunk, so none is written between the two statements.
    fn erase_rows(&mut self, tenant: TenantId, rows: &[(i64, i64)], now: Timestamp) -> Result<(), StoreError> {
        for &(manifest, seq) in rows {
            self.chunk_lock_of(tenant, manifest, seq)?;
        }
        let places = || rows.iter().map(|&(manifest, seq)| [Value::from(manifest), seq.into()]);
        let erase: Vec<Vec<Value>> = places().map(|[manifest, seq]| vec![now.into(), manifest, seq]).collect();
        self.execute_many(&ERASE, &erase)?;
        let words: Vec<Vec<Value>> = places().map(Vec::from).collect();
        self.execute_many(&ERASE_WORDS, &words).map(drop)
    }

    fn erase_tests(&mut self, tenant: TenantId, traces: &Traces, now: Timestamp) -> Result<(), StoreError> {
        let tests = self.query_as(&TESTS, &[id(tenant)], |row| {
            let place: (ScheduleId, i64) = (row.id()?, row.next()?);
            let channel = row.word(ChannelKind::parse)?;
            Ok((place, channel, row.next::<String>()?, row.next::<Option<i64>>()?))
        })?;
        let is_theirs = |channel: ChannelKind, address: &str| {
            let key = address_key(channel, address);
            traces.addresses.iter().any(|(known, address)| *known == channel && *address == key)
        };
        for ((test, position), channel, address, manifest) in tests {
            if is_theirs(channel, &address) {
                self.execute(&ERASE_TEST, &[id(test), position.into()])?;
                if let Some(manifest) = manifest {
                    // Who is named for a test has in the ledger the place that the request gave.
                    self.erase_rows(tenant, &[(manifest, position)], now)?;
                }
            }
        }
        Ok(())
    }

    /// Samples of files, and words of servers that may name an address.
    fn erase_words(&mut self, tenant: TenantId, traces: &Traces) -> Result<(), StoreError> {
        for pattern in traces.patterns(false) {
            self.execute(&DROP_SAMPLES, &[id(tenant), pattern.into()])?;
        }
        for text in traces.texts() {
            for statement in [&IMPORT_WORDS, &JOB_WORDS, &EVENT_WORDS] {
                self.execute(statement, &[(&text).into(), id(tenant), like(&text).into()])?;
            }
        }
        self.execute(&DROP_PREVIEWS, &[id(tenant)]).map(drop)
    }

    /// Takes the person out of answers that are kept to be repeated; whether there may be more of them.
    fn erase_answers(&mut self, tenant: TenantId, traces: &Traces) -> Result<bool, StoreError> {
        for text in traces.texts() {
            let values = [id(tenant), text.as_bytes().into(), ROWS.into()];
            let answers = self.query_as(&ANSWERS, &values, |row| {
                let client: Uuid = row.next()?;
                let (key, method, path): (Uuid, String, String) = (row.next()?, row.next()?, row.next()?);
                Ok((vec![id(tenant), client.into(), key.into(), method.into(), path.into()], row.next::<Vec<u8>>()?))
            })?;
            let found = !answers.is_empty();
            for (place, body) in answers {
                let mut values: Vec<Value> = vec![without(&body, &text).into()];
                values.extend(place);
                self.execute(&ANSWER, &values)?;
            }
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A JSON answer in which each object that holds a text says only that it was erased.
fn without(body: &[u8], text: &str) -> Vec<u8> {
    let mut json: Json = serde_json::from_slice(body).unwrap_or_default();
    redact(&mut json, text);
    let redacted = json.to_string().into_bytes();
    let holds = redacted.windows(text.len().max(1)).any(|window| window == text.as_bytes());
    // Nothing holds no text, whatever the text is: the sweep must not find the same answer again.
    if holds { Vec::new() } else { redacted }
}

/// Whether the value itself is to go.
fn redact(json: &mut Json, text: &str) -> bool {
    match json {
        Json::String(value) => value.contains(text),
        Json::Array(items) => {
            items.retain_mut(|item| !redact(item, text));
            false
        }
        Json::Object(fields) => {
            if fields.values_mut().any(|value| redact(value, text)) {
                *json = serde_json::json!({ ERASED_OBJECT: true });
            }
            false
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_loses_the_objects_that_name_a_person_and_keeps_the_others() {
        let body = br#"{"data":{"recipients":[{"address":"a@x.test","state":"sent"},{"address":"b@x.test"}],"to":["a@x.test","c"]}}"#;
        let left: Json = serde_json::from_slice(&without(body, "a@x.test")).unwrap();
        let expected =
            serde_json::json!({"data": {"recipients": [{"erased": true}, {"address": "b@x.test"}], "to": ["c"]}});
        assert_eq!(left, expected);
        assert_eq!(without(b"no JSON a@x.test", "a@x.test"), b"null");
    }

    #[test]
    fn a_text_is_found_as_it_is_and_not_as_a_pattern() {
        assert_eq!(like("a_b%c!"), "%a!_b!%c!!%");
    }
}

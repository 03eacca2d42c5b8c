//! One row of each kind, held by a node: leases run to 5000, fences are 7, and every id is the same.

use postrider_store::statement::Statement;
use postrider_store::value::Value;
use postrider_store::{Store, StoreError};
use uuid::Uuid;

/// The id of everything.
pub const ID: Uuid = Uuid::from_u128(1);

/// The id of nothing, but of a second campaign.
pub const OTHER: Uuid = Uuid::from_u128(2);

/// Rows as SQL: `$1` is [`ID`], `$2` some bytes, `$3` no, `$4` [`OTHER`], in the order of first use.
const ROWS: &[&str] = &[
    "INSERT INTO tenants (id, name, mail_cutoff_minutes, last_touchpoint_id, created_at, updated_at) \
        VALUES ($1, '', 0, 0, 0, 0)",
    "INSERT INTO templates (id, tenant_id, name, channel, status, content, created_at, updated_at) \
        VALUES ($1, $1, '', 'email', 'published', '{}', 0, 0)",
    "INSERT INTO template_versions (id, tenant_id, template_id, number, content, created_at) \
        VALUES ($1, $1, $1, 1, '{}', 0)",
    "INSERT INTO campaigns (id, tenant_id, campaign_type, channel, name, category, tags, authoring_status, \
        execution_status, created_at, updated_at) \
        VALUES ($1, $1, 'broadcast', 'email', '', '', '[]', 'published', 'running', 0, 0)",
    "INSERT INTO campaigns (tenant_id, id, campaign_type, channel, name, category, tags, authoring_status, \
        execution_status, created_at, updated_at, external_id) \
        VALUES ($1, $4, 'broadcast', 'email', '', '', '[]', 'published', 'running', 0, 0, 'taken')",
    "INSERT INTO schedule_jobs (id, tenant_id, campaign_id, version_id, manifest_id, touchpoint_id, channel, state, \
        due_at, send_at, timezone, timezone_source, instant, local_time, offset_seconds, rule, tzdb_version, \
        template_version_id, on_missed, on_uncertain, budget_at, budget_taken, created_at, immediate) \
        VALUES ($1, $1, $1, $1, $1, 1, 'email', 'running', 1000, 'at', 'UTC', 'request', 1000, 'at', 0, 'exact', \
        'old', $1, 'send', 'hold', 500, 1, 0, $3)",
    "INSERT INTO manifests (number, id, tenant_id, schedule_id, cursor_audience, last_seq, last_chunk, matched, \
        excluded, duplicates, audience_hash, node_id, lease_until, fence, created_at) \
        VALUES (1, $1, $1, $1, 0, 0, 0, 0, 0, 0, $2, $1, 5000, 7, 0)",
    "INSERT INTO chunks (manifest_number, chunk, tenant_id, first_seq, last_seq, state, due_at, node_id, lease_until, \
        fence, pending, in_flight, sent, failed, suppressed, skipped, expired, canceled, uncertain) \
        VALUES (1, 1, $1, 1, 5, 'claimed', 1000, $1, 5000, 7, 2, 1, 0, 1, 0, 0, 0, 0, 1)",
    "INSERT INTO deliveries (manifest_number, seq, profile_id, state, attempt) VALUES (1, 1, $1, 'pending', 0)",
    "INSERT INTO attempts (manifest_number, seq, attempt, outcome, at) VALUES (1, 1, 1, 'uncertain', 100)",
    "INSERT INTO webhook_endpoints (id, tenant_id, url, events, secret, created_at, updated_at, enabled) \
        VALUES ($1, $1, '', '[]', $2, 0, 0, $3)",
    "INSERT INTO webhook_deliveries (endpoint_id, event_id, tenant_id, kind, body, state, attempt, round_attempt, \
        fence, due_at, created_at) VALUES ($1, $1, $1, '', '{}', 'pending', 1, 0, 7, 1000, 100)",
    "INSERT INTO import_jobs (id, tenant_id, state, upload_hash, upload_expires_at, upload, uploaded_bytes, next_byte, \
        next_line, rows_read, rows_created, rows_updated, rows_unchanged, rows_refused, fields_left_out, added_to_list, \
        attempts, fence, lease_until, created_at, updated_at) \
        VALUES ($1, $1, 'running', $2, 0, 3, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 7, 5000, 0, 0)",
    "INSERT INTO import_job_parts (job_id, upload, part, bytes) VALUES ($1, 3, 1, $2)",
    "INSERT INTO campaign_reach (campaign_id, tenant_id, status, revision, requested_at, lease_until) \
        VALUES ($1, $1, 'pending', 7, 0, 5000)",
    "INSERT INTO audiences (id, tenant_id, name, rule, created_at, updated_at) VALUES ($1, $1, '', 'rule', 0, 0)",
    "INSERT INTO campaign_audiences (campaign_id, side, position, audience_id, audience_type) \
        VALUES ($1, 'include', 0, $1, 'audience')",
    "INSERT INTO clients (id, tenant_id, name, secret_hash, scopes, created_at) VALUES ($1, $1, '', '', '', 0)",
    "INSERT INTO lists (id, tenant_id, name, member_count, created_at, updated_at) VALUES ($1, $1, '', 0, 0, 0)",
    "INSERT INTO audience_lists (audience_id, list_id) VALUES ($1, $1)",
    "INSERT INTO profiles (id, tenant_id, consent_email, consent_sms, consent_push, consent_direct_mail, attributes, \
        created_at, updated_at) VALUES ($1, $1, 'unknown', 'unknown', 'unknown', 'unknown', '{}', 0, 0)",
    "INSERT INTO sender_profiles (id, tenant_id, name, channel, details, created_at, updated_at) \
        VALUES ($1, $1, '', 'email', '{}', 0, 0)",
    "INSERT INTO suppressions (id, tenant_id, channel, address, reason, created_at) \
        VALUES ($1, $1, 'email', 'a@example.org', 'manual', 0)",
    "INSERT INTO tenant_sender_domains (tenant_id, domain) VALUES ($1, 'example.org')",
    "INSERT INTO tenant_rate_limits (tenant_id, class, per_minute) VALUES ($1, 'read', 10)",
    "INSERT INTO webhook_subscriptions (tenant_id, kind, endpoint_id) VALUES ($1, 'kind', $1)",
    "INSERT INTO tenant_budgets (tenant_id, channel, per_minute, taken_at, taken) VALUES ($1, 'email', 10, 500, 1)",
    "INSERT INTO consent_sources (tenant_id, id, kind, name) VALUES ($1, $1, 'import', '')",
    "INSERT INTO consent_evidence (profile_id, number, source_id, channels, consent, recorded_at) \
        VALUES ($1, 1, $1, 1, 'granted', 0)",
    "INSERT INTO erasures (tenant_id, profile_id, requested_by, requested_at, traces) VALUES ($1, $1, '', 0, '{}')",
    "INSERT INTO test_recipients (schedule_id, position, address, profile_id) VALUES ($1, 1, 'a@example.org', $1)",
    "INSERT INTO idempotency_keys (tenant_id, client_id, idempotency_key, method, path, fingerprint, status, body, \
        created_at) VALUES ($1, $1, $1, 'POST', '/preview', $2, 200, $2, 0)",
    "INSERT INTO rate_windows (client_id, class, version, idle_at, seconds) VALUES ($1, 'read', 7, 0, $2)",
];

/// Writes the rows.
pub async fn fill(store: &Store) {
    let fill = store.write("fill", |tx| {
        for text in ROWS {
            let values: [(&str, Value); 4] =
                [("$1", ID.into()), ("$2", vec![1_u8].into()), ("$3", false.into()), ("$4", OTHER.into())];
            let used: Vec<(&str, Value)> = values.into_iter().filter(|(place, _)| text.contains(place)).collect();
            // The remaining places are numbered again.
            let text: String = (1..)
                .zip(&used)
                .fold((*text).to_owned(), |text, (place, (old, _))| text.replace(old, &format!("${place}")));
            let text: &'static str = text.leak();
            let values: Vec<Value> = used.into_iter().map(|(_, value)| value).collect();
            tx.execute(&Statement { name: "fill", sqlite: text, postgres: text }, &values)?;
        }
        Ok::<_, StoreError>(())
    });
    fill.await.unwrap();
}

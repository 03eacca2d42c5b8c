//! Each guarded statement with values that find its row, and a strike for each of its guards, after which it finds nothing.

use super::fixture::{ID, OTHER};
use postrider_store::value::Value;

/// What breaks one guard.
pub enum Strike {
    /// Another value in a place, from 1.
    Value(usize, Value),
    /// A row that is not as it was.
    Row(&'static str),
}

/// A guarded statement.
pub struct Case {
    pub statement: &'static str,
    /// What is changed in the rows before, so that the statement finds one.
    pub given: Vec<&'static str>,
    pub values: Vec<Value>,
    /// Each guard, as it is written, with its strike.
    pub strikes: Vec<(&'static str, Strike)>,
}

macro_rules! case {
    ($statement:literal, $(given $given:literal,)* [$($value:expr),*]$(, $guard:literal => $strike:expr)*) => {
        Case {
            statement: $statement,
            given: vec![$($given),*],
            values: vec![$($value.into()),*],
            strikes: vec![$(($guard, $strike)),*],
        }
    };
}

fn value(place: usize, value: impl Into<Value>) -> Strike {
    Strike::Value(place, value.into())
}

const fn row(text: &'static str) -> Strike {
    Strike::Row(text)
}

const NONE: Value = Value::Null;
const CHUNK_READY: &str = "UPDATE chunks SET state = 'ready'";
const JOB_PAUSED: &str = "UPDATE schedule_jobs SET state = 'paused'";
const JOB_BEGUN: &str = "UPDATE schedule_jobs SET started_at = 1";
const MANIFEST_FROZEN: &str = "UPDATE manifests SET frozen_at = 1";
const SENT: &str = "UPDATE deliveries SET state = 'sent'";
const DELIVERED: &str = "UPDATE webhook_deliveries SET state = 'delivered'";
const IMPORTED: &str = "UPDATE import_jobs SET state = 'completed'";

pub fn cases() -> Vec<Case> {
    [chunks(), ledger(), manifests(), jobs(), campaigns(), webhooks(), imports(), people(), settings(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn chunks() -> Vec<Case> {
    vec![
        case!("chunks.CLAIM", given "UPDATE chunks SET state = 'ready'", [ID, 9000, 1, 1],
            "state = 'ready'" => row("UPDATE chunks SET state = 'claimed'")),
        case!("chunks.HOLD", [1, 1, 7], "c.fence = $3" => value(3, 6), "c.state = 'claimed'" => row(CHUNK_READY)),
        case!("chunks.COMPOSING", [1, 1, 1, 7], "fence = $4" => value(4, 6), "state = 'claimed'" => row(CHUNK_READY)),
        case!("chunks.CLEARED", [1, 1, 7], "fence = $3" => value(3, 6), "state = 'claimed'" => row(CHUNK_READY)),
        case!("chunks.RENEW", [9000, 1, 1, 7], "fence = $4" => value(4, 6), "state = 'claimed'" => row(CHUNK_READY)),
        case!("chunks.REOPEN", given "UPDATE chunks SET state = 'done'", [9000, 1, 1],
            "state <> 'claimed'" => row("UPDATE chunks SET state = 'claimed'")),
        case!("chunks.FENCE_OFF", [1, 1, 7, 5000, 0, 9000],
            "fence = $3" => value(3, 6),
            "state = 'claimed'" => row(CHUNK_READY),
            // Its holder has renewed the lease since.
            "(lease_until <= $4 OR CAST($5 AS BIGINT) = 1 OR lease_until > $6)" => row("UPDATE chunks SET lease_until = 5001")),
    ]
}

fn ledger() -> Vec<Case> {
    vec![
        case!("ledger.MARK_FRESH", [1, 1, 5],
            "state = 'pending'" => row(SENT),
            "attempt = 0" => row("UPDATE deliveries SET attempt = 1"),
            "due_at IS NULL" => row("UPDATE deliveries SET due_at = 1")),
        case!("ledger.MARK", [1, 1, 0], "state = 'pending'" => row(SENT), "attempt = $3" => value(3, 1)),
        case!("ledger.CHANGE", ["sent", 1, NONE, 1, NONE, NONE, 1, 1, "pending", 0],
            "state = $9" => row(SENT),
            "attempt = $10" => value(10, 1)),
        case!("ledger.GIVE_UP", ["expired", 1, "why", 1, 1, 5], "state = 'pending'" => row(SENT)),
        case!("ledger.GIVE_UP_DOUBTFUL", given "UPDATE deliveries SET attempt = 1", [1, "why", 1, 1, 5],
            "state = 'pending'" => row(SENT),
            "attempt > 0" => row("UPDATE deliveries SET attempt = 0"),
            "EXISTS (SELECT 1 FROM attempts a WHERE a.manifest_number = deliveries.manifest_number \
                AND a.seq = deliveries.seq AND a.outcome = 'uncertain')"
                => row("UPDATE attempts SET outcome = 'deferred'")),
        case!("doubt.RETRY", given "UPDATE deliveries SET state = 'uncertain', attempt = 1", [1, 1, 1, 5, 2],
            "state = 'uncertain'" => row(SENT),
            "attempt < $5" => value(5, 1)),
        case!("doubt.ASSUME", given "UPDATE deliveries SET state = 'uncertain'", [1, "why", 1, 1, 5],
            "state = 'uncertain'" => row("UPDATE deliveries SET state = 'failed'")),
        case!("failures.TAKE_BACK", given "UPDATE deliveries SET state = 'failed', attempt = 1", [1, 1, 1, 1],
            "state = 'failed'" => row(SENT),
            "attempt = $4" => value(4, 2)),
    ]
}

fn manifests() -> Vec<Case> {
    vec![
        case!("manifests.CLAIM", [ID, 9000, 1, 5000, 9000],
            "frozen_at IS NULL" => row(MANIFEST_FROZEN),
            "(lease_until IS NULL OR lease_until <= $4 OR lease_until > $5)" => value(4, 4999)),
        case!("manifests.KEEP", [9000, 1, 7],
            "fence = $3" => value(3, 6),
            "node_id IS NOT NULL" => row("UPDATE manifests SET node_id = NULL"),
            "frozen_at IS NULL" => row(MANIFEST_FROZEN)),
        case!("manifests.RELEASE", [1, 7], "fence = $2" => value(2, 6)),
    ]
}

fn jobs() -> Vec<Case> {
    vec![
        case!("execution.MOVE", ["held", NONE, NONE, NONE, ID, ID, "running", 1, 1000],
            "state = $7" => row(JOB_PAUSED),
            "(CAST($8 AS BIGINT) = 0 OR started_at IS NULL)" => row(JOB_BEGUN),
            "due_at <= COALESCE($9, due_at)" => value(9, 999)),
        case!("execution.BLOCK", ["why", ID, ID], "state = 'running'" => row(JOB_PAUSED)),
        case!("execution.TAKE", [600, 2, ID, ID, 500], "COALESCE(budget_at, 0) = $5" => value(5, 499)),
        case!("execution.LOCK", [ID, ID]),
        case!("failures.KEEP_OPEN", [ID, ID],
            "finished_at IS NULL" => row("UPDATE schedule_jobs SET finished_at = 1")),
        case!("rescheduling.MOVE",
            ["scheduled", 1, "at", NONE, "UTC", "request", 1, "at", 0, "exact", "new", NONE, "send", NONE, "hold", NONE,
                ID, ID, "running"],
            "state = $19" => row(JOB_PAUSED),
            "started_at IS NULL" => row(JOB_BEGUN)),
        case!("rezoning.REZONE",
            ["running", NONE, 2000, 2000, "at", 0, "exact", "new", NONE, NONE, ID, ID, "running", 1000, 1000, "old",
                "UTC", "at", "", 0, 0],
            "state = $13" => row(JOB_PAUSED),
            "started_at IS NULL" => row(JOB_BEGUN),
            "due_at = $14" => value(14, 999),
            "instant = $15" => value(15, 999),
            "tzdb_version = $16" => value(16, "older"),
            "timezone = $17" => value(17, "Europe/Berlin"),
            "COALESCE(send_at, '') = $18" => value(18, "later"),
            "COALESCE(batch_date, '') = $19" => value(19, "2026-01-01"),
            "COALESCE(latest_start, 0) = $20" => value(20, 1),
            "COALESCE(latest_finish, 0) = $21" => value(21, 1)),
        case!("schedules.CANCEL", [1, ID, ID, "running"],
            "state = $4" => row(JOB_PAUSED),
            "(CAST($1 AS BIGINT) IS NULL OR started_at IS NULL)" => row(JOB_BEGUN)),
        case!("tenant_settings.TAKE", [600, 2, ID, "email", 500], "COALESCE(taken_at, 0) = $5" => value(5, 499)),
    ]
}

fn campaigns() -> Vec<Case> {
    const ARCHIVED: &str = "UPDATE campaigns SET authoring_status = 'archived'";
    const PUBLISHED: &str = "UPDATE campaigns SET authoring_status = 'published'";
    vec![
        case!("campaign_audiences.CLEAR", [ID, ID]),
        case!("campaign_lifecycle.UPDATE", ["", NONE, "", "[]", "free", NONE, 1, ID, ID],
            "authoring_status <> 'archived'" => row(ARCHIVED),
            "NOT EXISTS (SELECT 1 FROM campaigns o WHERE o.tenant_id = $8 AND o.external_id = $5 AND o.id <> $9 \
                AND o.deleted_at IS NULL)" => value(5, "taken")),
        case!("campaign_lifecycle.ARCHIVE", given "UPDATE campaigns SET execution_status = 'completed'", [1, ID, ID],
            "authoring_status <> 'archived'" => row(ARCHIVED),
            "execution_status NOT IN ('scheduled', 'running', 'paused', 'held')"
                => row("UPDATE campaigns SET execution_status = 'held'")),
        case!("campaign_lifecycle.DELETE", given "UPDATE campaigns SET execution_status = 'completed'", [1, ID, ID],
            "execution_status NOT IN ('scheduled', 'running', 'paused', 'held')"
                => row("UPDATE campaigns SET execution_status = 'held'")),
        case!("campaigns.SET_CONTENT", given "UPDATE campaigns SET authoring_status = 'draft'",
            [NONE, NONE, NONE, 1, ID, ID],
            "authoring_status = 'draft'" => row(PUBLISHED)),
        case!("campaigns.SET_INTENT", given "UPDATE campaigns SET authoring_status = 'draft'",
            [NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 1, ID, ID],
            "authoring_status = 'draft'" => row(PUBLISHED)),
        case!("campaigns.TOUCH", given "UPDATE campaigns SET authoring_status = 'draft'", [1, ID, ID],
            "authoring_status = 'draft'" => row(PUBLISHED)),
        case!("campaigns.PUBLISH", given "UPDATE campaigns SET authoring_status = 'draft'", [1, ID, ID],
            "authoring_status = 'draft'" => row(PUBLISHED)),
        case!("campaigns.TO_DRAFT", [ID, 1, ID, ID], "authoring_status = 'published'" => row(ARCHIVED)),
        case!("campaigns.SET_EXECUTION_STATUS", ["completed", 1, ID, ID]),
        case!("campaigns.CORRECT_EXECUTION_STATUS", ["completed", 1, ID, ID, "running", ID],
            "execution_status = $5" => value(5, "completed"),
            "NOT EXISTS (SELECT 1 FROM schedule_jobs j WHERE j.tenant_id = $3 AND j.parent_schedule_id = $6 \
                AND (j.started_at IS NOT NULL OR j.finished_at IS NULL))"
                => row("UPDATE schedule_jobs SET parent_schedule_id = id")),
        case!("audiences.UPDATE", ["", NONE, "rule", NONE, NONE, 1, ID, ID]),
        case!("audiences.DELETE", [1, ID, ID]),
        case!("audiences.CLEAR_LISTS", [ID, ID]),
        case!("templates.UPDATE", ["", "draft", "{}", NONE, 1, ID, ID]),
        case!("templates.DELETE", [1, ID, ID]),
    ]
}

fn settings() -> Vec<Case> {
    vec![
        case!("clients.SET_SECRET", ["hash", ID, ID]),
        case!("clients.DISABLE", [1, ID, ID]),
        case!("import_jobs.DELETE", [1, ID, ID]),
        case!("lists.UPDATE", ["", NONE, 1, ID, ID]),
        case!("lists.DELETE", [1, ID, ID]),
        case!("lists.HOLD", [ID, ID]),
        case!("lists.COUNT_CHANGE", [1, 1, ID, ID]),
        case!("rate_windows.DROP_LIMIT", [ID, "read"]),
        case!("sender_domains.CLEAR", [ID]),
        case!("sender_domains.MARK", ["example.org", ID, ID]),
        case!("senders.UPDATE", ["", "{}", 1, NONE, ID, ID]),
        case!("suppressions.DELETE", [ID, ID]),
        case!("tenant_settings.DROP_BUDGET", [ID, "email"]),
        case!("tenant_settings.SET_POLICY", [NONE, NONE, NONE, NONE, NONE, ID]),
        case!("tenants.SET", ["", NONE, 0, true, true, 1, ID]),
        case!("schedules.NEXT_TOUCHPOINT", [ID]),
        case!("webhooks.UPDATE", ["", NONE, "[]", true, NONE, 0, 1, ID, ID]),
        case!("webhooks.ROTATE", [1, vec![1_u8], 1, ID, ID]),
        case!("webhooks.DELETE", [1, false, ID, ID]),
        case!("webhooks.UNSUBSCRIBE", [ID, ID]),
    ]
}

fn webhooks() -> Vec<Case> {
    vec![
        case!("webhook_outbox.TAKE", [9000, ID, ID, 7, ID], "fence = $4" => value(4, 6), "state = 'pending'" => row(DELIVERED)),
        case!("webhook_outbox.SETTLE", ["delivered", NONE, 1, NONE, ID, ID, 7, ID],
            "fence = $7" => value(7, 6),
            "state = 'pending'" => row(DELIVERED)),
        case!("webhook_outbox.SUCCEEDED", [1, ID, ID]),
        case!("webhook_outbox.FAILED", [1, ID, ID]),
        case!("webhook_outbox.DISABLE", [true, "gone", ID, ID, false], "enabled = $5" => value(5, true)),
        case!("webhook_log.REPLAY", given "UPDATE webhook_deliveries SET state = 'failed'", [1, ID, ID, ID],
            "state <> 'pending'" => row("UPDATE webhook_deliveries SET state = 'pending'")),
        case!("webhook_log.REPLAY_FAILED", given "UPDATE webhook_deliveries SET state = 'failed'", [1, ID, ID, 100],
            "state = 'failed'" => row(DELIVERED),
            "created_at >= $4" => value(4, 101)),
        case!("webhooks.GIVE_UP", ["why", 1, ID, ID], "state = 'pending'" => row(DELIVERED)),
    ]
}

fn imports() -> Vec<Case> {
    const PENDING: &str = "UPDATE import_jobs SET state = 'pending'";
    vec![
        case!("import_runs.CLAIM", [9000, 1, ID, ID, 5000],
            "state = 'running'" => row(IMPORTED),
            "(lease_until IS NULL OR lease_until <= $5)" => value(5, 4999)),
        case!("import_runs.KEEP", [9000, ID, 7, ID],
            "fence = $3" => value(3, 6),
            "state = 'running'" => row(IMPORTED),
            "lease_until IS NOT NULL" => row("UPDATE import_jobs SET lease_until = NULL")),
        case!("import_runs.ADVANCE", [1, 2, 0, 0, 0, 0, 0, 0, 0, NONE, 0, 0, 0, 1, ID, 7, ID],
            "fence = $16" => value(16, 6)),
        case!("import_runs.RELEASE", [ID, 7, ID], "fence = $2" => value(2, 6)),
        case!("import_runs.FINISH", ["failed", "code", "why", 1, 1, ID, 7, ID],
            "fence = $7" => value(7, 6),
            "state = 'running'" => row(IMPORTED)),
        case!("import_files.BEGIN", given "UPDATE import_jobs SET state = 'ready'", [1, ID, ID],
            "state IN ('pending', 'ready')" => row(IMPORTED)),
        case!("import_files.GROW", [1, 1, ID, 3, ID],
            "upload = $4" => value(4, 2),
            "file_bytes IS NULL" => row("UPDATE import_jobs SET file_bytes = 10")),
        case!("import_files.WHOLE", [1, ID, 3, ID],
            "upload = $3" => value(3, 2),
            "file_bytes IS NULL" => row("UPDATE import_jobs SET file_bytes = 10")),
        case!("import_files.DROP_UPLOAD", given "UPDATE import_jobs SET state = 'pending'", [1, ID, 3, ID],
            "upload = $3" => value(3, 2),
            "state = 'pending'" => row(IMPORTED)),
        case!("import_files.DROP_PART", [ID, 3, 1], "upload = $2" => value(2, 2)),
        case!("import_jobs.SET_LAYOUT", given "UPDATE import_jobs SET state = 'pending'",
            ["ready", "csv", "email", "{}", "{}", "{}", 0, 1, 0, 1, 1, ID, ID],
            "state IN ('pending', 'ready')" => row(IMPORTED)),
        case!("import_starts.START", given "UPDATE import_jobs SET state = 'ready'", [ID, 1, 1, ID, ID],
            "state = 'ready'" => row(PENDING)),
        case!("import_starts.START_DRY", given "UPDATE import_jobs SET state = 'ready'", [1, 1, ID, ID],
            "state = 'ready'" => row(PENDING)),
        case!("import_starts.RESET", [ID, ID], "state = 'running'" => row(IMPORTED)),
        case!("import_starts.HOLD", [9000, ID, 7, ID],
            "fence = $3" => value(3, 6),
            "state = 'running'" => row(IMPORTED),
            "lease_until IS NOT NULL" => row("UPDATE import_jobs SET lease_until = NULL")),
        case!("import_starts.END_DRY", ["{}", 1, ID, 7, ID],
            "fence = $4" => value(4, 6),
            "state = 'running'" => row(IMPORTED)),
    ]
}

fn people() -> Vec<Case> {
    const ADDRESS: &str = "a@example.org";
    const PATTERN: &str = "%a@example.org%";
    const ANOTHER: &str = "%b@example.org%";
    vec![
        case!(
            "profiles.UPDATE",
            [NONE, NONE, NONE, NONE, NONE, NONE, "denied", "denied", "denied", "denied", "{}", 1, ID, ID]
        ),
        case!("profiles.SET_KEYS", [NONE, NONE, NONE, ID, ID]),
        case!("profiles.RELEASE_KEYS", [ID, ID]),
        case!("person_search.SET_NAME_KEYS", ["ada", "ada", ID, ID],
            "(name_key IS DISTINCT FROM $1 OR name_key_reversed IS DISTINCT FROM $2)"
                => row("UPDATE profiles SET name_key = 'ada', name_key_reversed = 'ada'")),
        case!("consent_evidence.ERASE", [ID, ID]),
        case!("erased.FORGET", [ID, "email", ADDRESS], "address = $3" => value(3, "b@example.org")),
        case!("erased.REVEAL", given "UPDATE suppressions SET erased_at = 1", ["b@example.org", ID, "email", ADDRESS],
            "address = $4" => value(4, "c@example.org"),
            "erased_at IS NOT NULL" => row("UPDATE suppressions SET erased_at = NULL"),
            "NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.tenant_id = $2 AND s.channel = $3 AND s.address = $1)"
                => value(1, ADDRESS)),
        case!("erasing.PLANNERS", [ID], "frozen_at IS NULL" => row(MANIFEST_FROZEN)),
        case!("erasing.ERASE", [1, 1, 1], "erased_at IS NULL" => row("UPDATE deliveries SET erased_at = 1")),
        case!("erasing.ERASE_WORDS", given "UPDATE attempts SET provider_text = 'why'", [1, 1],
            "provider_text IS NOT NULL" => row("UPDATE attempts SET provider_text = NULL")),
        case!("erasing.ERASE_TEST", [ID, 1], "schedule_id = $1" => value(1, OTHER), "position = $2" => value(2, 2)),
        case!("erasing.DROP_SAMPLES", given "UPDATE import_jobs SET samples = 'A@example.org'", [ID, PATTERN],
            "lower(samples) LIKE $2 ESCAPE '!'" => value(2, ANOTHER)),
        case!("erasing.IMPORT_WORDS", given "UPDATE import_jobs SET failure_message = 'a@example.org'",
            [ADDRESS, ID, PATTERN],
            "failure_message LIKE $3 ESCAPE '!'" => value(3, ANOTHER)),
        case!("erasing.JOB_WORDS", given "UPDATE schedule_jobs SET blocked_reason = 'a@example.org'",
            [ADDRESS, ID, PATTERN],
            "blocked_reason LIKE $3 ESCAPE '!'" => value(3, ANOTHER)),
        case!("erasing.EVENT_WORDS", given "UPDATE webhook_deliveries SET body = 'a@example.org'",
            [ADDRESS, ID, PATTERN],
            "endpoint_id IN (SELECT e.id FROM webhook_endpoints e WHERE e.tenant_id = $2)" => value(2, OTHER),
            "body LIKE $3 ESCAPE '!'" => value(3, ANOTHER)),
        case!("erasing.ANSWER", [vec![1_u8], ID, ID, ID, "POST", "/preview"],
            "idempotency_key = $4" => value(4, OTHER),
            "method = $5" => value(5, "PUT"),
            "path = $6" => value(6, "/preflight")),
        case!("erasing.DROP_PREVIEWS", [ID],
            "(path LIKE '%/preview' OR path LIKE '%/preflight')"
                => row("UPDATE idempotency_keys SET path = '/previews'")),
        case!("erasures.FINISH", [1, ID, ID],
            "finished_at IS NULL" => row("UPDATE erasures SET finished_at = 1, traces = NULL")),
        case!("erasures.LIST_LOCK", [ID, ID]),
        case!("erasures.LIST_SHRINK", [1, ID, ID]),
        case!("erasures.PROFILE_DELETE", [ID, ID]),
    ]
}

fn others() -> Vec<Case> {
    const COUNTED: &str = "UPDATE campaign_reach SET status = 'ok'";
    vec![
        case!("campaign_reach.CLAIM", [9000, ID, ID, 7, 5000],
            "revision = $4" => value(4, 6),
            "status = 'pending'" => row(COUNTED),
            "(lease_until IS NULL OR lease_until <= $5)" => value(5, 4999)),
        case!("campaign_reach.SETTLE", ["{}", 1, 1, ID, ID, 7], "revision = $6" => value(6, 6)),
        case!("campaign_reach.FAIL", [ID, ID, 7], "revision = $3" => value(3, 6)),
        case!("campaign_reach.COUNTED", [1, 1, ID, ID, "rule"], "rule = $5" => value(5, "another")),
        case!("split.SHRINK", [1, 3, 1, 1, ID]),
        case!("split.LOCK_OF", [1, ID, 3],
            "first_seq <= $3" => value(3, 0),
            "last_seq >= $3" => value(3, 6)),
        case!("dues.CORRECT", given "UPDATE chunks SET state = 'ready'", [900, 1, 1, 1000],
            "state = 'ready'" => row("UPDATE chunks SET state = 'claimed'"),
            "due_at = $4" => value(4, 999)),
        case!("holds.HOLD", [1, "copy", "text", "operator"],
            "held_at IS NULL OR (held_reason = $4 AND $2 <> $4)"
                => row("UPDATE instance SET held_at = 1, held_reason = 'clock'")),
        case!("holds.RELEASE", given "UPDATE instance SET held_at = 1, held_reason = 'copy'",
            [1, "copy"], "held_at = $1" => value(1, 2), "held_reason = $2" => value(2, "operator")),
        case!("rate_windows.REPLACE", [vec![1_u8], 1, ID, "read", 7], "version = $5" => value(5, 6)),
    ]
}

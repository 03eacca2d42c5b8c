//! Every route that takes an id, with another tenant's id: the answer is that for an id which nobody has.

use super::routes::{NOBODY, ROWS, Row};
use super::support::things::{Made, make};
use super::support::{TestAnswer, TestApp};
use postrider_core::id::TenantId;
use postrider_store::testkit::Database;

/// An answer without what is different in every answer, and with one id for another.
pub fn comparable(answer: &TestAnswer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let headers = headers.filter(|(name, _)| name != "x-correlation-id").collect();
    let body = String::from_utf8(answer.bytes.clone()).unwrap();
    let body = body.replace(answer.header("x-correlation-id"), "").replace(id, NOBODY);
    (answer.status, headers, body)
}

/// One tenant asks by a path with one foreign id in it, and by the same path with an id that nobody has.
async fn is_hidden(app: &TestApp, row: &Row, asking: TenantId, own: &Made, foreign: &Made) {
    let admin = app.admin_of(asking);
    for place in 0..own.ids.len().min(row.path.matches('{').count()) {
        // What stands before the foreign id is the caller's own, so that it is this id which is looked for.
        let with = |id: &str| {
            let mut ids = foreign.ids.clone();
            ids[..place].clone_from_slice(&own.ids[..place]);
            ids[place] = id.to_owned();
            row.at(&ids)
        };
        let id = &foreign.ids[place];
        let hidden = admin.send(row.method.clone(), &with(id), row.body(own)).await;
        let absent = admin.send(row.method.clone(), &with(NOBODY), row.body(own)).await;
        let garbled = admin.send(row.method.clone(), &with("nonsense"), row.body(own)).await;
        assert_eq!(hidden.status, 404, "{}: {}", row.name(), hidden.json);
        assert_eq!(comparable(&hidden, id), comparable(&absent, id), "{}", row.name());
        assert_eq!(comparable(&garbled, id), comparable(&absent, id), "{}", row.name());
    }
}

async fn walk(database: Database) {
    let app = TestApp::on(database).await;
    let stranger = app.another_tenant().await;
    for row in ROWS.iter().filter(|row| row.has_ids()) {
        let (ours, theirs) = (make(&app, app.tenant(), row.about).await, make(&app, stranger, row.about).await);
        is_hidden(&app, row, stranger, &theirs, &ours).await;
        is_hidden(&app, row, app.tenant(), &ours, &theirs).await;
        // The same requests by the owner: nothing was wrong with them, and nothing has happened to it meanwhile.
        for (tenant, own) in [(app.tenant(), &ours), (stranger, &theirs)] {
            let answer = app.admin_of(tenant).send(row.method.clone(), &row.at(&own.ids), row.body(own)).await;
            assert!((200..300).contains(&answer.status), "{}: {}", row.name(), answer.json);
        }
    }
}

#[tokio::test]
async fn an_id_of_another_tenant_is_as_good_as_none_on_sqlite() {
    walk(Database::Sqlite).await;
}

#[tokio::test]
async fn an_id_of_another_tenant_is_as_good_as_none_on_postgres() {
    walk(Database::Postgres).await;
}

//! Every route: what is wrong with the form of a request is told before whether there is what it names.

use super::routes::{NOBODY, ROWS, Row};
use super::support::things::Made;
use super::support::{BASE, TestApp, api_request};
use postrider_api::document;
use postrider_core::scope::Scope;
use serde_json::{Value, json};

/// Which fields there are depends on the channel of what is stored, so it is looked for first.
const BY_CHANNEL: &[&str] = &["PATCH /sender-profiles/{id}"];

fn operation(row: &Row) -> &'static Value {
    &document()["paths"][format!("{BASE}{}", row.path)][row.method.as_str().to_lowercase()]
}

/// A body of the right form whose ids nobody has.
fn body(row: &Row) -> Value {
    if row.body.is_empty() {
        return json!({});
    }
    let mut nobody = Made::default();
    for name in ["list", "other", "template", "mailer", "sender", "profile"] {
        nobody.name(name, NOBODY.to_owned());
    }
    nobody.fill(row.body)
}

#[tokio::test]
async fn the_form_of_a_request_is_told_before_what_it_names_is_looked_for() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for row in ROWS {
        let takes_body = operation(row)["requestBody"]["content"]["application/json"].is_object();
        if takes_body && !BY_CHANNEL.contains(&&*row.name()) {
            for id in [NOBODY, "nonsense"] {
                let mut body = body(row);
                body["nonsense"] = json!(1);
                let path = row.at(&[id.to_owned(), id.to_owned()]);
                let answer = app.request(row.method.clone(), &path, &token, Some(body)).await;
                assert_eq!(answer.status, 400, "{}: {}", row.name(), answer.json);
                assert_eq!(answer.json["error"]["details"]["path"], "nonsense", "{}: {}", row.name(), answer.json);
            }
        }
        let parameters = operation(row)["parameters"].as_array().into_iter().flatten();
        let named: Vec<&Value> = parameters.collect();
        if named.iter().any(|parameter| parameter["in"] == "query") {
            let answer = app.request(row.method.clone(), &format!("{}?nonsense=1", row.nowhere()), &token, None).await;
            assert_eq!(answer.json["error"]["details"]["path"], "nonsense", "{}: {}", row.name(), answer.json);
        }
        if named.iter().any(|parameter| parameter["$ref"] == "#/components/parameters/IdempotencyKey") {
            let body = json!({ "nonsense": 1 });
            let request = api_request(row.method.clone(), &row.nowhere(), &token, Some(body), Some("1"));
            let answer = app.send(request).await;
            assert_eq!(answer.json["error"]["code"], "JOURNEY_API.IDEMPOTENCY.KEY_INVALID", "{}", row.name());
        }
    }
}

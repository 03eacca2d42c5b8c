//! Every field and every query parameter that holds an id, with another tenant's id.

use super::paths::comparable;
use super::routes::{NOBODY, ROWS};
use super::support::things::{Made, make};
use super::support::{BASE, TestApp};
use axum::http::Method;
use postrider_api::document;
use postrider_core::scope::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One place that holds an id.
struct Place {
    method: &'static str,
    path: &'static str,
    /// The field of the body, as `include[].audienceId`, or `?name` of the query.
    field: &'static str,
    /// The body with `$id` in that place, or the value of the query parameter.
    body: &'static str,
    /// What the id names: a word for ids of the caller's own.
    named: &'static str,
}

const fn place(
    (method, path): (&'static str, &'static str),
    field: &'static str,
    body: &'static str,
    named: &'static str,
) -> Place {
    Place { method, path, field, body, named }
}

const CREATE: (&str, &str) = ("POST", "/campaigns");
const AUDIENCE: (&str, &str) = ("PUT", "/campaigns/{id}/audience");
const CONTENT: (&str, &str) = ("PUT", "/campaigns/{id}/content");
const PREVIEW: (&str, &str) = ("POST", "/templates/{id}/preview");

/// Every such place. One that is documented and has no row here fails the tests.
const PLACES: &[Place] = &[
    place(
        CREATE,
        "audience.include[].audienceId",
        r#"{"campaignType":"broadcast","name":"A","channel":"email",
            "audience":{"include":[{"audienceId":"$id","type":"audience"}]}}"#,
        "list",
    ),
    place(
        CREATE,
        "audience.exclude[].audienceId",
        r#"{"campaignType":"broadcast","name":"A","channel":"email","audience":{
            "include":[{"audienceId":"$other","type":"audience"}],"exclude":[{"audienceId":"$id","type":"audience"}]}}"#,
        "list",
    ),
    place(
        CREATE,
        "content.templateId",
        r#"{"campaignType":"broadcast","name":"A","channel":"email","content":{"templateId":"$id"}}"#,
        "template",
    ),
    place(
        CREATE,
        "content.senderProfileId",
        r#"{"campaignType":"broadcast","name":"A","channel":"email",
            "content":{"templateId":"$template","senderProfileId":"$id"}}"#,
        "mailer",
    ),
    place(AUDIENCE, "include[].audienceId", r#"{"include":[{"audienceId":"$id","type":"audience"}]}"#, "list"),
    place(
        AUDIENCE,
        "exclude[].audienceId",
        r#"{"include":[{"audienceId":"$other","type":"audience"}],"exclude":[{"audienceId":"$id","type":"audience"}]}"#,
        "list",
    ),
    place(CONTENT, "templateId", r#"{"templateId":"$id"}"#, "template"),
    place(CONTENT, "senderProfileId", r#"{"templateId":"$template","senderProfileId":"$id"}"#, "mailer"),
    place(("POST", "/import-jobs"), "targetListId", r#"{"targetListId":"$id"}"#, "list"),
    place(PREVIEW, "profileId", r#"{"profileId":"$id"}"#, "profile"),
    place(PREVIEW, "senderProfileId", r#"{"senderProfileId":"$id"}"#, "sender"),
    place(
        ("POST", "/campaigns/{id}/test-sends"),
        "profileId",
        r#"{"addresses":["us@example.test"],"profileId":"$id"}"#,
        "profile",
    ),
    place(("GET", "/campaigns/{id}/deliveries"), "?scheduleId", "$id", "job"),
];

/// Places inside objects of which the document says only that they are some.
const INSIDE: &[Place] = &[
    place(("POST", "/audiences"), "rule", r#"{"name":"A","rule":{"not":{"inList":"$id"}}}"#, "list"),
    place(("PATCH", "/audiences/{id}"), "rule", r#"{"rule":{"all":[{"inList":"$id"}]}}"#, "list"),
    place(("POST", "/audiences/preview"), "rule", r#"{"rule":{"inList":"$id"}}"#, "list"),
];

/// Names that end as ids do and are none of ours: the clients' own, and what telephones show.
const THEIR_OWN: &[&str] = &["externalId", "senderId"];

fn is_id(name: &str) -> bool {
    (name.ends_with("Id") || name.ends_with("Ids") || name == "id") && !THEIR_OWN.contains(&name)
}

fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(place) => document().pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// The fields below a schema that hold ids.
fn ids(schema: &Value, at: &str, depth: u8, found: &mut BTreeSet<String>) {
    let schema = resolved(schema);
    if depth == 0 {
        return;
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        schema[part].as_array().into_iter().flatten().for_each(|part| ids(part, at, depth - 1, found));
    }
    if schema["items"].is_object() {
        ids(&schema["items"], &format!("{at}[]"), depth - 1, found);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        if is_id(name) {
            found.insert(at);
        } else {
            ids(field, &at, depth - 1, found);
        }
    }
}

#[test]
fn every_place_that_holds_an_id_has_a_row() {
    let mut there = BTreeSet::new();
    for row in ROWS {
        let operation = &document()["paths"][format!("{BASE}{}", row.path)][row.method.as_str().to_lowercase()];
        let mut found = BTreeSet::new();
        for content in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            ids(&content.1["schema"], "", 12, &mut found);
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            if is_id(name) {
                found.insert(format!("?{name}"));
            }
        }
        there.extend(found.into_iter().map(|field| (row.method.to_string(), row.path, field)));
    }
    let told: BTreeSet<_> =
        PLACES.iter().map(|place| (place.method.to_owned(), place.path, place.field.to_owned())).collect();
    assert_eq!(there, told);
}

impl Place {
    /// The path and the body with an id in its place.
    fn request(&self, own: &Made, id: &str) -> (String, Option<Value>) {
        let row = ROWS.iter().find(|row| row.method == self.method && row.path == self.path).expect("a route");
        let path = row.at(&own.ids);
        if self.field.starts_with('?') {
            return (format!("{path}{}={}", self.field, self.body.replace("$id", id)), None);
        }
        (path, Some(own.fill(&self.body.replace("$id", id))))
    }
}

#[tokio::test]
async fn an_id_of_another_tenant_is_as_good_as_none_in_a_body_too() {
    let app = TestApp::new().await;
    let stranger = app.another_tenant().await;
    for place in PLACES.iter().chain(INSIDE) {
        let name = format!("{} {} {}", place.method, place.path, place.field);
        let row = ROWS.iter().find(|row| row.method == place.method && row.path == place.path).expect("a route");
        let (ours, theirs) = (make(&app, app.tenant(), row.about).await, make(&app, stranger, row.about).await);
        let admin = app.admin_of(stranger);
        let foreign = ours.named(place.named);
        let method = Method::try_from(place.method).unwrap();
        let (path, body) = place.request(&theirs, foreign);
        let hidden = admin.send(method.clone(), &path, body).await;
        let (path, body) = place.request(&theirs, NOBODY);
        let absent = admin.send(method.clone(), &path, body).await;
        assert_eq!(hidden.status, 404, "{name}: {}", hidden.json);
        assert_eq!(comparable(&hidden, foreign), comparable(&absent, foreign), "{name}");
        let (path, body) = place.request(&theirs, theirs.named(place.named));
        let own = admin.send(method, &path, body).await;
        assert!((200..300).contains(&own.status), "{name}: {}", own.json);
    }
}

#[tokio::test]
async fn a_body_that_names_a_person_needs_the_scope_that_reads_people() {
    let app = TestApp::new().await;
    let naming: Vec<&Place> = PLACES.iter().filter(|place| place.field.ends_with("profileId")).collect();
    assert!(naming.len() >= 2);
    for place in naming {
        let name = format!("{} {} {}", place.method, place.path, place.field);
        let row = ROWS.iter().find(|row| row.method == place.method && row.path == place.path).expect("a route");
        let made = make(&app, app.tenant(), row.about).await;
        let method = Method::try_from(place.method).unwrap();
        let send = async |scopes: &[Scope], id: &str| {
            let (path, body) = place.request(&made, id);
            app.request(method.clone(), &path, &app.token(scopes).await, body).await
        };
        for id in [made.named(place.named), NOBODY, "nonsense"] {
            let narrow = send(&[row.scope], id).await;
            let error = narrow.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
            let details = json!({ "required": "cdp:profiles:read", "granted": [row.scope.as_str()] });
            assert_eq!(error["details"], details, "{name}");
        }
        let both = send(&[row.scope, Scope::CdpProfilesRead], made.named(place.named)).await;
        assert!((200..300).contains(&both.status), "{name}: {}", both.json);
    }
}

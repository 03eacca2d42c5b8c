//! The OpenAPI document against the table of routes and against what the routes answer.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request};
use postrider_api::{document, protected_routes};
use postrider_core::error::Code;
use postrider_core::scope::Scope;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use support::{BASE, TestAnswer, TestApp, contract};

/// Codes that no operation answers: they are of no route at all, of the command line, or of jobs that are moved.
const NOT_OF_OPERATIONS: &[Code] =
    &[Code::OriginNotAllowed, Code::RouteNotFound, Code::MethodNotAllowed, Code::ClientNotFound];

/// Path, method, operation.
fn operations() -> Vec<(&'static str, String, &'static Value)> {
    let items = document()["paths"].as_object().unwrap().iter();
    let operations = items.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, op)| (path.as_str(), method.to_uppercase(), op))
    });
    operations.collect()
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// A path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.split_once('}') {
        Some((_, rest)) => format!("01890000-0000-7000-8000-000000000000{rest}"),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn request(method: &str, path: &str, token: &str, key: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(Method::try_from(method).unwrap()).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.body(Body::empty()).unwrap()
}

fn visit<'a>(value: &'a Value, see: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|member| visit(member, see));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        _ => {}
    }
}

#[test]
fn the_document_describes_the_routes_and_nothing_else() {
    let told = operations().into_iter().filter(|(path, ..)| path.starts_with(BASE));
    let told: BTreeSet<_> =
        told.map(|(path, method, op)| (method, path.to_owned(), op["security"].to_string())).collect();
    let there = protected_routes().into_iter();
    let there: BTreeSet<_> =
        there.map(|(method, path, scope)| (method, path, json!([{ "token": [scope] }]).to_string())).collect();
    assert_eq!(told, there);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_place() {
    let mut names = BTreeSet::new();
    let tags: BTreeSet<_> =
        document()["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone().to_string()).collect();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap_or_default();
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{method} {path} has no operation_id");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{method} {path} needs an operation_id, not {name}");
        assert!(names.insert(name), "two operations are called {name}");
        for said in ["summary", "description"] {
            assert!(operation[said].as_str().is_some_and(|text| !text.trim().is_empty()), "{name} has no {said}");
        }
        assert!(!operation["summary"].as_str().unwrap().contains('\n'), "the summary of {name} is more than a line");
        let own = operation["tags"].as_array().unwrap();
        assert!(own.len() == 1 && tags.contains(&own[0].to_string()), "{name} belongs nowhere: {own:?}");
    }
}

/// Operations that answer pages, or that hold nothing typical: the document itself, and what only a failed hand-off of
/// a webhook makes.
const WITHOUT_EXAMPLES: &[&str] = &[
    "getDocs",
    "getOpenApi",
    "getMetrics",
    "showUnsubscribePage",
    "unsubscribe",
    "getWebhookDelivery",
    "replayWebhookDelivery",
    "replayFailedWebhookDeliveries",
];

/// The form of a body that has the example, where there are several.
const FORMS: &[&str] = &["application/json", "text/csv"];

#[test]
fn every_operation_shows_what_it_takes_and_answers() {
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let is_told = parameter["$ref"].is_string() || parameter["description"].is_string();
            assert!(is_told, "{method} {path} does not say what {} is", parameter["name"]);
        }
        let body = &operation["requestBody"]["content"];
        let request = FORMS.iter().find_map(|form| body.get(form)).or_else(|| body.as_object()?.values().next());
        let taken = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
        let taken: Vec<_> = taken.collect();
        assert!(!taken.is_empty(), "{name} never answers what it does");
        for (status, response) in &taken {
            let content = response["content"].as_object().unwrap_or_else(|| panic!("{name} {status} has no body"));
            assert!(content.values().all(|form| form["schema"].is_object()), "{name} {status} has no schema");
        }
        if path.starts_with(BASE) {
            for status in ["401", "403", "429", "500", "503"] {
                assert!(operation["responses"][status].is_object(), "{name} can answer {status} too");
            }
        }
        if WITHOUT_EXAMPLES.contains(&name) {
            continue;
        }
        let answers = taken.iter().flat_map(|(_, response)| response["content"].as_object().unwrap().values().take(1));
        for form in request.into_iter().chain(answers) {
            let examples = form["examples"].as_object();
            assert!(examples.is_some_and(|examples| !examples.is_empty()), "{name} lacks an example: {form}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let mut used = BTreeSet::new();
    visit(document(), &mut |members| {
        if let Some(place) = members.get("$ref").and_then(Value::as_str) {
            assert!(document().pointer(place.trim_start_matches('#')).is_some(), "{place}");
            used.insert(place.to_owned());
        }
    });
    for name in document()["components"]["schemas"].as_object().unwrap().keys() {
        assert!(used.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
    }
}

#[test]
fn every_code_is_documented_where_it_can_come() {
    let mut told = BTreeSet::new();
    for part in ["/paths", "/components/responses"] {
        let place = document().pointer(part).unwrap();
        visit(place, &mut |members| told.extend(members.get("enum").map(strings).unwrap_or_default()));
    }
    for code in Code::ALL {
        assert_eq!(told.contains(code.as_str()), !NOT_OF_OPERATIONS.contains(code), "{}", code.as_str());
    }
    let all = strings(&document()["components"]["schemas"]["ErrorCode"]["enum"]);
    assert_eq!(all, Code::ALL.iter().map(|code| code.as_str()).collect());
}

#[tokio::test]
async fn every_route_wants_a_token_with_its_own_scope() {
    let app = TestApp::new().await;
    for (method, path, scope) in protected_routes() {
        let there = filled(&path);
        app.send(request(&method, &there, "", None)).await.refused(401, "JOURNEY_API.AUTH.UNAUTHORIZED");
        let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|other| other.as_str() != scope).collect();
        let others = app.token(&others).await;
        let refused = app.send(request(&method, &there, &others, None)).await;
        let error = refused.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
        assert_eq!(error["details"]["required"], scope, "{method} {path}");
        let own = app.token(&[Scope::parse(scope).unwrap()]).await;
        let answer = app.send(request(&method, &there, &own, None)).await;
        assert!(![401, 403, 405].contains(&answer.status), "{method} {path}: {}", answer.json);
    }
}

#[tokio::test]
async fn a_path_that_is_not_text_leads_nowhere() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for (method, path, _) in protected_routes().into_iter().filter(|(_, path, _)| path.contains('{')) {
        let there = filled(&path).replacen("01890000", "%FF", 1);
        let answer = app.send(request(&method, &there, &token, None)).await;
        answer.refused(404, "JOURNEY_API.ROUTE.NOT_FOUND");
    }
}

#[tokio::test]
async fn idempotency_keys_are_documented_where_they_are_read() {
    let app = TestApp::new().await;
    let token = app.token(Scope::ALL).await;
    for (path, method, operation) in operations().into_iter().filter(|(path, ..)| path.starts_with(BASE)) {
        let answer = app.send(request(&method, &filled(path), &token, Some("not a key"))).await;
        let is_read = answer.json["error"]["code"] == "JOURNEY_API.IDEMPOTENCY.KEY_INVALID";
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let is_told = parameters.clone().any(|one| one["$ref"] == "#/components/parameters/IdempotencyKey");
        assert_eq!(is_told, is_read, "{method} {path}: {}", answer.json);
    }
}

#[tokio::test]
async fn what_needs_no_token_is_there_too() {
    let app = TestApp::new().await;
    for (path, method, operation) in operations().into_iter().filter(|(path, ..)| !path.starts_with(BASE)) {
        let answer = app.send(request(&method, &filled(path), "", None)).await;
        assert_ne!(answer.json["error"]["code"], "JOURNEY_API.ROUTE.NOT_FOUND", "{method} {path}");
        assert!(operation["responses"][answer.status.to_string()].is_object(), "{method} {path}: {}", answer.status);
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_served_without_any_other_host() {
    let app = TestApp::new().await;
    let served = app.send(request("GET", "/openapi.json", "", None)).await;
    assert_eq!((served.status, served.header("content-type")), (200, "application/json"));
    assert_eq!(&served.json, document());
    assert_eq!(served.json["openapi"], "3.1.0");
    let page: TestAnswer = app.send(request("GET", "/docs", "", None)).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let html = String::from_utf8(page.bytes).unwrap();
    for link in ["src=", "href=\"http", "href=\"//", "url(", "@import", "<script"] {
        assert!(!html.contains(link), "{link}");
    }
    for (path, _, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        assert!(html.contains(&format!("<article id=\"{name}\">")), "{path}");
        assert!(html.contains(&format!("href=\"#{name}\"")), "{path}");
    }
}

#[tokio::test]
async fn an_answer_that_differs_from_the_document_is_noticed() {
    let app = TestApp::new().await;
    let listed = app.as_admin().get("/lists").await;
    let held = |change: &dyn Fn(&mut TestAnswer)| {
        let mut answer =
            TestAnswer { headers: listed.headers.clone(), bytes: Vec::new(), json: listed.json.clone(), status: 200 };
        change(&mut answer);
        let hold = std::panic::AssertUnwindSafe(|| contract::hold(&Method::GET, "/public/v1/lists", &answer));
        std::panic::catch_unwind(hold).is_ok()
    };
    assert!(held(&|_| {}));
    assert!(!held(&|answer| answer.status = 418));
    assert!(!held(&|answer| answer.json["success"] = json!(false)));
    assert!(!held(&|answer| answer.json["data"]["total"] = json!("none")));
    assert!(!held(&|answer| answer.json["data"]["more"] = json!(1)));
    assert!(!held(&|answer| answer.json["data"]["items"] = json!([{ "id": 7 }])));
    assert!(!held(&|answer| drop(answer.json.as_object_mut().unwrap().remove("correlationId"))));
}

//! Every route with every single scope: the right one opens it, no other does.

use super::routes::ROWS;
use super::support::TestApp;
use postrider_core::scope::Scope;
use serde_json::json;

#[tokio::test]
async fn one_scope_opens_a_route_and_no_other_does() {
    let app = TestApp::new().await;
    let mut tokens = Vec::new();
    for scope in Scope::ALL {
        tokens.push((*scope, app.token(&[*scope]).await));
    }
    for row in ROWS {
        for (scope, token) in &tokens {
            // Neither the ids nor the body are any good: nobody may learn of that before the scope is there.
            let answer = app.request(row.method.clone(), &row.nowhere(), token, Some(json!({ "x": 1 }))).await;
            let name = format!("{} with {}", row.name(), scope.as_str());
            if *scope == row.scope {
                assert!(!matches!(answer.status, 401 | 403), "{name}: {}", answer.json);
                assert!(answer.status < 500, "{name}: {}", answer.json);
            } else {
                let error = answer.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
                let details = json!({ "required": row.scope.as_str(), "granted": [scope.as_str()] });
                assert_eq!(error["details"], details, "{name}");
                assert_eq!(answer.header("www-authenticate"), "Bearer error=\"insufficient_scope\"", "{name}");
            }
        }
    }
}

#[tokio::test]
async fn all_scopes_but_the_right_one_do_not_open_a_route() {
    let app = TestApp::new().await;
    for row in ROWS {
        let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != row.scope).collect();
        let token = app.token(&others).await;
        let answer = app.request(row.method.clone(), &row.nowhere(), &token, None).await;
        answer.refused(403, "JOURNEY_API.AUTH.INSUFFICIENT_SCOPE");
    }
}

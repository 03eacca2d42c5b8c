//! Puts the generated people into Postrider, as a customer's own system would.

use super::failure::DemoError;
use super::people::{self, Person, people};
use super::session::{Session, number, text};
use crate::books::grouped;
use serde_json::json;

/// Records of one request: enough to be fast, few enough to stay far below the largest body.
const RECORDS_PER_REQUEST: usize = 5_000;

/// Upserts so many people, suppresses some, and answers the id of a list that has them all.
///
/// # Errors
/// A request fails, or the API does not take everybody.
pub async fn gather(session: &Session, count: u32) -> Result<String, DemoError> {
    let list = session.post_once("/lists", &json!({ "name": "Everybody", "description": "People made up" })).await?;
    session.narrator.step("Made the list Everybody", &list);
    let list_id = text(&list, "/id")?;
    let everybody: Vec<Person> = people(count).collect();
    upsert(session, &everybody).await?;
    enlist(session, &everybody, &list_id).await?;
    suppress(session, &everybody).await?;
    Ok(list_id)
}

async fn upsert(session: &Session, everybody: &[Person]) -> Result<(), DemoError> {
    let (mut accepted, mut line) = (0, String::new());
    for set in everybody.chunks(RECORDS_PER_REQUEST) {
        let records: Vec<_> = set.iter().map(|person| person.record()).collect();
        let body = json!({ "records": records, "matchKey": "customer_id" });
        let taken = session.post_once("/records/profiles/upsert-batch", &body).await?;
        accepted += number(&taken, "/acceptedRecords")?;
        line = taken.line;
    }
    whole(accepted, everybody, &line, "everybody in acceptedRecords")?;
    let suppressed = everybody.iter().filter(|person| person.is_suppressed()).count();
    let expected = people::expected(u32::try_from(everybody.len()).unwrap_or(u32::MAX));
    let opted_out = expected.suppressed - i64::try_from(suppressed).unwrap_or(0);
    let did = format!(
        "Upserted {} people: {} opted out, {} without an address",
        grouped(accepted),
        grouped(opted_out),
        grouped(expected.skipped)
    );
    session.narrator.many(&did, &line, requests(everybody));
    Ok(())
}

async fn enlist(session: &Session, everybody: &[Person], list_id: &str) -> Result<(), DemoError> {
    let (mut members, mut line) = (0, String::new());
    for set in everybody.chunks(RECORDS_PER_REQUEST) {
        let keys: Vec<_> = set.iter().map(|person| person.customer_id()).collect();
        let body = json!({ "contactKeys": keys, "matchKey": "customer_id" });
        let taken = session.post_once(&format!("/lists/{list_id}/members:upsert"), &body).await?;
        members = number(&taken, "/memberCount")?;
        line = taken.line;
    }
    whole(members, everybody, &line, "everybody in memberCount")?;
    session.narrator.many("Put them all on the list", &line, requests(everybody));
    Ok(())
}

async fn suppress(session: &Session, everybody: &[Person]) -> Result<(), DemoError> {
    let addresses: Vec<String> =
        everybody.iter().filter(|person| person.is_suppressed()).filter_map(|person| person.email()).collect();
    let mut line = String::new();
    for address in &addresses {
        let body = json!({ "channel": "email", "address": address, "reason": "complained" });
        line = session.post_once("/suppressions", &body).await?.line;
    }
    if !addresses.is_empty() {
        let count = grouped(i64::try_from(addresses.len()).unwrap_or(i64::MAX));
        let did = format!("Put the addresses of {count} others on the suppression list");
        session.narrator.many(&did, &line, addresses.len());
    }
    Ok(())
}

fn whole(taken: i64, everybody: &[Person], line: &str, what: &'static str) -> Result<(), DemoError> {
    if usize::try_from(taken) == Ok(everybody.len()) { Ok(()) } else { Err(DemoError::Shape(line.to_owned(), what)) }
}

fn requests(everybody: &[Person]) -> usize {
    everybody.len().div_ceil(RECORDS_PER_REQUEST)
}

//! People of a list or of an audience as a file that the import reads back: CSV or NDJSON, streamed.

use crate::deliveries::{Form, quoted};
use crate::error::ApiError;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use postrider_core::attribute::AttributeKind;
use postrider_core::id::ProfileId;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_service::profiles::{Group, GroupPage};
use postrider_service::{Actor, Service, ServiceError};
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// Columns before the attributes: their headers as the import knows them, and where the value is in a record.
const COLUMNS: [(&str, &str); 20] = [
    ("email", "/email"),
    ("phone", "/phone"),
    ("customer_id", "/customer_id"),
    ("first_name", "/first_name"),
    ("last_name", "/last_name"),
    ("timezone", "/timezone"),
    ("locale", "/locale"),
    ("push_tokens", "/push_tokens"),
    ("address.name", "/address/name"),
    ("company", "/address/company"),
    ("address.line1", "/address/line1"),
    ("address.line2", "/address/line2"),
    ("address.city", "/address/city"),
    ("address.region", "/address/region"),
    ("address.postal_code", "/address/postal_code"),
    ("address.country", "/address/country"),
    ("consent.email", "/consent/email"),
    ("consent.sms", "/consent/sms"),
    ("consent.push", "/consent/push"),
    ("consent.direct_mail", "/consent/direct_mail"),
];

struct Reader {
    service: Service,
    actor: Actor,
    group: Group,
    form: Form,
    now: Timestamp,
    /// The attributes that have a column.
    attributes: Vec<(String, Option<AttributeKind>)>,
}

impl Reader {
    async fn page(&self, after: ProfileId) -> Result<GroupPage, ServiceError> {
        self.service.group_page(&self.actor, self.group, self.now, after).await
    }

    fn write(&self, page: GroupPage) -> String {
        let mut text = String::new();
        for profile in page.people {
            let record = Value::Object(profile.record);
            match self.form {
                Form::Csv => {
                    let known = COLUMNS.iter().map(|(_, place)| cell(record.pointer(place)));
                    let own = self.attributes.iter().map(|(name, _)| cell(record.get(name)));
                    text.push_str(&known.chain(own).collect::<Vec<_>>().join(","));
                    text.push_str("\r\n");
                }
                Form::Ndjson => {
                    text.push_str(&record.to_string());
                    text.push('\n');
                }
            }
        }
        text
    }
}

/// The header of an attribute's column, which tells the import its name and kind whatever the name could mean besides.
fn header((name, kind): &(String, Option<AttributeKind>)) -> String {
    let kind = kind.map(|kind| format!(":{}", kind.as_str())).unwrap_or_default();
    format!("attributes.{name}{kind}")
}

/// A cell of CSV. A list of texts is joined by semicolons if that can be undone; any other list is JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => quoted(Some(text)),
        Some(list @ Value::Array(items)) => {
            let is_plain = |text: &&str| !text.contains(';') && !text.starts_with('[') && text.trim() == *text;
            let texts: Option<Vec<&str>> = items.iter().map(|item| item.as_str().filter(is_plain)).collect();
            quoted(Some(&texts.map_or_else(|| list.to_string(), |texts| texts.join(";"))))
        }
        // A negative number is a number to a spreadsheet, and nothing that it would calculate.
        Some(Value::Number(number)) => number.to_string(),
        Some(other @ (Value::Bool(_) | Value::Object(_))) => quoted(Some(&other.to_string())),
    }
}

/// Streams everybody in the group. A failure in the middle breaks the connection off, so that a part is never taken for
/// the whole. Needs `cdp:profiles:read` in addition to the scope of the route, because whole records are shown.
pub async fn export_group(service: Service, actor: Actor, group: Group, form: Form) -> Result<Response, ApiError> {
    actor.require(Scope::CdpProfilesRead)?;
    let attributes = match form {
        Form::Csv => service.attribute_kinds(&actor).await?,
        Form::Ndjson => Vec::new(),
    };
    let known = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    let begin = match form {
        Form::Csv => known.chain(attributes.iter().map(header)).collect::<Vec<_>>().join(",") + "\r\n",
        Form::Ndjson => String::new(),
    };
    let now = service.now();
    let reader = Arc::new(Reader { service, actor, group, form, now, attributes });
    let first = reader.page(ProfileId::from(Uuid::nil())).await?;
    let next = first.next;
    let begin = begin + &reader.write(first);
    let rest = stream::try_unfold((reader, next), |(reader, next)| async move {
        let Some(after) = next else { return Ok::<_, ServiceError>(None) };
        let page = reader.page(after).await?;
        let next = page.next;
        let text = reader.write(page);
        Ok(Some((text, (reader, next))))
    });
    let mut response = Response::new(Body::from_stream(stream::iter([Ok(begin)]).chain(rest)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    Ok(response)
}

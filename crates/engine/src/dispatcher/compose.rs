//! Makes the message of one recipient: rendering, and what the channel needs around it.

use super::context::Context;
use crate::cluster::Cluster;
use postrider_content::{RecipientFields, Rendered, SenderDetails, TemplateError, links};
use postrider_core::address::email_domain;
use postrider_core::channel::{Body, DirectMailBody, EmailBody, Message, PushBody, SmsBody};
use postrider_core::id::DeliveryId;
use postrider_store::ledger::{DueRow, Person};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Stands before the subject, the text or the title of a test.
const TEST_MARK: &str = "[Test] ";

/// Runs work that may take long and lets other tasks of the process go on meanwhile. A runtime of one thread has no other
/// thread for them: it runs everything in its own order, which the simulation needs to repeat a run.
pub(super) fn aside<R>(work: impl FnOnce() -> R) -> R {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => work(),
        _ => tokio::task::block_in_place(work),
    }
}

/// Renders the messages of some recipients, at the same time as other lanes but not as one that renders carefully.
pub(super) async fn compose_all(
    cluster: &Cluster,
    context: &Context,
    rows: Vec<DueRow>,
) -> Vec<(DueRow, Result<Message, TemplateError>)> {
    let _rendering = cluster.rendering.read().await;
    render_all(&cluster.settings.public_url, context, rows)
}

/// Renders the messages of some recipients; each may take 50 ms.
pub(super) fn render_all(
    public_url: &str,
    context: &Context,
    rows: Vec<DueRow>,
) -> Vec<(DueRow, Result<Message, TemplateError>)> {
    let composed = |row: DueRow| {
        let message = compose(context, public_url, &row);
        (row, message)
    };
    aside(|| rows.into_iter().map(composed).collect())
}

/// Renders the message of a recipient.
fn compose(context: &Context, public_url: &str, row: &DueRow) -> Result<Message, TemplateError> {
    let seq = u64::try_from(row.seq).unwrap_or_default();
    let delivery = DeliveryId::of(context.manifest, seq);
    let unsubscribe_url = links::unsubscribe_url(public_url, &links::token(delivery, &context.unsubscribe));
    let nobody = Person::default();
    let addressee = row.person.as_ref().unwrap_or(&nobody);
    let person = context.samples.get(&row.seq).unwrap_or(addressee);
    let rendered = context.template.render(&context.campaign, &fields(person), &unsubscribe_url)?;
    let body = match (rendered, &context.sender) {
        (Rendered::Email { subject, html, text }, SenderDetails::Email(sender)) => Body::Email(Box::new(EmailBody {
            from_address: sender.from_email.clone(),
            from_name: sender.from_name.clone(),
            reply_to: sender.reply_to.clone(),
            to_name: full_name(addressee),
            subject: marked(context, subject),
            text,
            html: Some(html),
            message_id: format!("{delivery}@{}", email_domain(&sender.from_email)),
            date: context.due_at,
            unsubscribe_url: context.is_marketing.then_some(unsubscribe_url),
            is_test: context.is_test,
        })),
        (Rendered::Sms { text }, SenderDetails::Sms(sender)) => {
            let from = sender.number.as_ref().or(sender.sender_id.as_ref()).cloned().unwrap_or_default();
            Body::Sms(SmsBody { from, text: marked(context, text) })
        }
        (Rendered::Push { title, body, url, data }, SenderDetails::Push(sender)) => {
            Body::Push(PushBody { app: sender.app.clone(), title: marked(context, title), body, url, data })
        }
        (Rendered::DirectMail { format, source }, SenderDetails::DirectMail(sender)) => {
            Body::DirectMail(DirectMailBody {
                format,
                source,
                return_address: sender.return_address.postal().lines().join("\n"),
                batch_date: context.batch_date.clone(),
            })
        }
        _ => return Err(foreign_sender()),
    };
    Ok(Message { key: delivery.to_string(), to: row.address.clone(), body })
}

/// What a reader sees first, marked if it is a test.
fn marked(context: &Context, text: String) -> String {
    if context.is_test { format!("{TEST_MARK}{text}") } else { text }
}

/// Template and sender are both read for the job's channel, so that this cannot be seen from outside.
fn foreign_sender() -> TemplateError {
    let message = "the template and the sender are of different channels".to_owned();
    TemplateError { path: "content".to_owned(), line: None, column: None, message }
}

fn fields(person: &Person) -> RecipientFields<'_> {
    RecipientFields {
        email: person.email.as_deref(),
        phone: person.phone.as_deref(),
        customer_id: person.customer_id.as_deref(),
        first_name: person.first_name.as_deref(),
        last_name: person.last_name.as_deref(),
        timezone: person.timezone.as_deref(),
        locale: person.locale.as_deref(),
        address_json: person.address.as_deref(),
        attributes_json: &person.attributes,
    }
}

fn full_name(person: &Person) -> String {
    let names = [person.first_name.as_deref(), person.last_name.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().map(str::trim).filter(|name| !name.is_empty()).collect();
    names.join(" ")
}

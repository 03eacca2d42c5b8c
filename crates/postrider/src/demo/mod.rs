//! The demonstration: a campaign from an empty folder to balanced books, on this machine alone.
//!
//! A server, its engine and a mail server run in this process; everything a client does goes through the public API with
//! a token of its own. Not here: any way into Postrider that others do not have. Invariant: it succeeds only if every
//! recipient is accounted for exactly once, by Postrider and by the mail server.

mod accounts;
mod commit;
mod contacts;
mod failure;
mod farewell;
pub(crate) mod gather;
pub(crate) mod narrator;
pub(crate) mod people;
pub(crate) mod prepare;
pub(crate) mod session;
pub(crate) mod stage;
mod watch;

pub use failure::DemoError;

use crate::api_client::{ApiClient, Taken};
use crate::books::grouped;
use crate::cli::{Context, Failure, Report};
use crate::lifecycle::{self, Stop};
use crate::system::{OsEntropy, SystemClock};
use accounts::{Accounts, Delivered};
use narrator::Narrator;
use people::Expected;
use postrider_core::id::TenantId;
use serde_json::{Value, json};
use session::Session;
use stage::Stage;
use std::path::PathBuf;
use std::sync::Arc;

/// What is to be shown.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// How many people are made up.
    pub recipients: u32,
    /// A CSV file of people to take instead.
    pub contacts: Option<PathBuf>,
    /// Where everything is kept; must be empty or not exist.
    pub folder: Option<PathBuf>,
    /// End when it is over instead of serving on.
    pub exit: bool,
    /// Keep a temporary folder at the end.
    pub keep: bool,
}

/// The list that the campaign goes to.
struct Audience {
    list_id: String,
    people: i64,
    expected: Option<Expected>,
}

/// Runs the demonstration.
///
/// # Errors
/// A part cannot start, a request fails, the campaign does not finish, or the accounts do not balance.
pub async fn run(context: &Context, options: DemoOptions) -> Result<(), Failure> {
    let narrator = Narrator { aside: context.json(), silent: false };
    narrator.say("Everything that follows happens on this machine; no message leaves it.\n");
    let stop = lifecycle::listen()?;
    let folder = options.folder.clone();
    let stage = Stage::set(context, folder, &SystemClock, &OsEntropy, narrator).await?;
    let mut outcome = interruptible(&stop, perform(&stage, &options)).await;
    let folder = stage.folder.clone();
    let is_kept = options.folder.is_some() || !options.exit || options.keep;
    if let Ok(document) = &mut outcome {
        if !is_kept {
            for name in ["folder", "tokenFile", "messages"] {
                document[name] = Value::Null;
            }
        }
        if context.json() {
            context.answer(&Report::new("", document.clone()));
        }
        if !options.exit {
            farewell::show_requests(narrator, document);
            stop.requested().await;
        }
    }
    stage.strike().await;
    match is_kept {
        true => narrator.say(&format!("Everything is still in {}; delete it when you are done.", folder.display())),
        // What cannot be removed is among the temporary files, and the system removes it.
        false => drop(std::fs::remove_dir_all(&folder)),
    }
    outcome.map(drop)
}

/// Ends the work when somebody asks to stop.
pub(crate) async fn interruptible<T>(
    stop: &Stop,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = stop.requested() => Err(DemoError::Stopped("it was interrupted".to_owned()).into()),
        done = work => done,
    }
}

/// Everything from the tenant to the books; answers the document.
async fn perform(stage: &Stage, options: &DemoOptions) -> Result<Value, Failure> {
    let narrator = stage.narrator;
    let (tenant, client) = stage.admit().await?;
    narrator.fact("tenant", &format!("{} ({})", tenant.name, tenant.id));
    narrator.say("");
    let mut api = ApiClient::new(&stage.base_url);
    let signed_in = api.sign_in(&client.id.to_string(), &client.secret).await.map_err(DemoError::from)?;
    narrator.step("Got a token", &signed_in);
    let session = Session { api, narrator, clock: Arc::new(SystemClock), entropy: Arc::new(OsEntropy) };
    let audience = audience(&session, stage, tenant.id, options).await?;
    let campaign_id = prepare::prepare(&session, &audience.list_id).await?;
    let job = commit::commit(&session, &campaign_id, audience.people).await?;
    narrator.say("");
    let status = watch::watch(&session, &campaign_id, &job).await?;
    narrator.say("");

    let books = Accounts::read(&session, &campaign_id).await?;
    let most_for_one = stage.sink.recipients().into_values().max().unwrap_or(0);
    let delivered = Delivered { messages: stage.sink.received(), most_for_one };
    conclude(narrator, &books, delivered, &status);
    books.check(audience.people, audience.expected, delivered)?;
    let messages = farewell::write_messages(&stage.folder, &stage.sink.kept()).await?;
    let token = session.api.token().map_or("", |token| token.expose().as_str());
    let token_file = farewell::write_token(&stage.folder, token)?;
    Ok(json!({
        "folder": stage.folder,
        "url": stage.base_url,
        "tokenFile": token_file,
        "tenantId": tenant.id.to_string(),
        "listId": audience.list_id,
        "campaignId": campaign_id,
        "scheduleId": job.schedule_id,
        "people": audience.people,
        "scheduledFor": job.send_at.to_string(),
        "startLatenessMs": status.data.pointer("/execution/startLatenessMs"),
        "ratePerSecond": status.data.pointer("/execution/ratePerSecond"),
        "counts": books.document(),
        "difference": books.difference,
        "mailServer": { "messages": delivered.messages, "mostForOneAddress": delivered.most_for_one },
        "messages": messages,
        "unsubscribeUrl": stage.sink.kept().first().and_then(farewell::unsubscribe_url),
        "balanced": true,
    }))
}

/// The people: those of a file, or made up.
async fn audience(
    session: &Session,
    stage: &Stage,
    tenant: TenantId,
    options: &DemoOptions,
) -> Result<Audience, Failure> {
    if let Some(file) = &options.contacts {
        let (list, people) = contacts::import(stage, tenant, file).await?;
        return Ok(Audience { list_id: list.to_string(), people, expected: None });
    }
    let list_id = gather::gather(session, options.recipients).await?;
    let expected = Some(people::expected(options.recipients));
    Ok(Audience { list_id, people: options.recipients.into(), expected })
}

/// Shows the books and how it went.
fn conclude(narrator: Narrator, books: &Accounts, delivered: Delivered, status: &Taken) {
    narrator.say("");
    narrator.say(&books.table());
    let per_address =
        if delivered.most_for_one > 1 { "some of them to the same address" } else { "none of them twice" };
    narrator.say(&format!(
        "The mail server took {} messages, {per_address}.",
        grouped(i64::try_from(delivered.messages).unwrap_or(i64::MAX))
    ));
    let lateness = status.data.pointer("/execution/startLatenessMs").and_then(Value::as_i64);
    let rate = status.data.pointer("/execution/ratePerSecond").and_then(Value::as_f64);
    if let (Some(lateness), Some(rate)) = (lateness, rate) {
        #[expect(clippy::cast_possible_truncation, reason = "a rate is small")]
        let rate = grouped(rate.round() as i64);
        narrator.say(&format!("The job began {lateness} ms after its time and sent {rate} messages a second."));
    }
    narrator.say("");
}

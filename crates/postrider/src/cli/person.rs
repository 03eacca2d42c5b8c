//! `postrider person find|show|export|forget`: what is held about one person.

use super::jobs::confirm;
use super::{Context, Failure, Report, Trouble};
use crate::private;
use clap::{Args, Subcommand};
use futures_util::{StreamExt as _, TryStreamExt as _};
use postrider_core::id::{ClientId, ProfileId, TenantId};
use postrider_core::scope::Scope;
use postrider_service::Actor;
use postrider_service::deliveries::PersonDelivery;
use postrider_service::profiles::{ErasureBy, Profile, SearchProfiles};
use postrider_store::OpenMode;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use uuid::Uuid;

/// Deliveries that `show` tells of.
const SHOWN_MAX: i64 = 20;

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Find people by email address, phone number, customer id or name.
    Find(FindArgs),
    /// Show a person: the profile, the lists and the last messages.
    Show(PersonArgs),
    /// Write all that is held about a person as one JSON document.
    Export(ExportArgs),
    /// Erase a person: the profile, the lists, the consents, and the address wherever it is stored.
    Forget(ForgetArgs),
}

#[derive(Debug, Args)]
pub(super) struct FindArgs {
    /// The whole or the beginning of an email address, phone number, customer id or name.
    search: String,
    /// Of which tenant.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// How many to show at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
}

#[derive(Debug, Args)]
pub(super) struct PersonArgs {
    /// The id of the profile, as `person find` shows it.
    id: ProfileId,
    /// Of which tenant.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Do not ask; needed where there is no terminal.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(command: PersonCommand, context: &Context) -> Result<(), Failure> {
    match command {
        PersonCommand::Find(args) => find(args, context).await,
        PersonCommand::Show(args) => show(&args, context).await,
        PersonCommand::Export(args) => export(args, context).await,
        PersonCommand::Forget(args) => forget(args, context).await,
    }
}

/// Whoever can open the database may see everything in it.
fn operator(tenant: TenantId) -> Actor {
    Actor { tenant, client: ClientId::from(Uuid::nil()), scopes: Scope::ALL.iter().copied().collect() }
}

async fn find(args: FindArgs, context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open(OpenMode::ReadOnly).await?;
    let (actor, wanted) = (operator(args.tenant), usize::from(args.limit));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query = SearchProfiles { search: args.search.clone(), after, limit: wanted - found.len() };
        let page = service.search_profiles(&actor, query).await?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() || found.len() >= wanted {
            break;
        }
    }
    let mut lines: Vec<String> = found.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("Nobody was found.".to_owned());
    }
    if after.is_some() {
        lines.push("There are more: search for more of the name, or raise --limit.".to_owned());
    }
    let people: Vec<Value> = found.iter().map(document).collect();
    context.answer(&Report::new(lines.join("\n"), json!({ "people": people, "more": after.is_some() })));
    Ok(())
}

/// A person on one line.
fn line(profile: &Profile) -> String {
    let texts = ["first_name", "last_name", "email", "phone", "customer_id"].into_iter();
    let known: Vec<&str> = texts.filter_map(|field| profile.record.get(field)?.as_str()).collect();
    format!("{}  {}", profile.id, known.join("  "))
}

fn document(profile: &Profile) -> Value {
    json!({
        "id": profile.id.to_string(),
        "record": profile.record,
        "createdAt": profile.created_at.to_string(),
        "updatedAt": profile.updated_at.to_string(),
    })
}

async fn show(args: &PersonArgs, context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open(OpenMode::ReadOnly).await?;
    let actor = operator(args.tenant);
    let person = service.person(&actor, args.id).await?;
    let deliveries = service.person_deliveries(&actor, args.id, None, SHOWN_MAX).await?;
    let mut lines = vec![line(&person.profile)];
    lines.extend(person.profile.record.iter().map(|(field, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("  {field}: {text}")
    }));
    let lists: Vec<&str> = person.lists.iter().map(|list| list.name.as_str()).collect();
    lines.push(format!("Lists: {}", if lists.is_empty() { "none".to_owned() } else { lists.join(", ") }));
    for entry in &person.suppressions {
        let (channel, reason) = (entry.channel.as_str(), entry.reason.as_str());
        lines.push(format!("Suppressed on {channel} since {}: {reason}", entry.created_at));
    }
    lines.push("Messages, the newest first:".to_owned());
    lines.extend(deliveries.items.iter().map(message));
    if deliveries.items.is_empty() {
        lines.push("  none".to_owned());
    }
    if deliveries.next.is_some() {
        lines.push("  There are older ones: postrider person export has them all.".to_owned());
    }
    let mut whole = document(&person.profile);
    whole["lists"] =
        person.lists.iter().map(|list| json!({ "id": list.list.to_string(), "name": list.name })).collect();
    whole["deliveries"] = deliveries.items.iter().map(delivery_document).collect();
    context.answer(&Report::new(lines.join("\n"), whole));
    Ok(())
}

fn message(delivery: &PersonDelivery) -> String {
    let explanation = &delivery.explanation;
    let row = &explanation.view.delivery;
    let at = row.settled_at.map_or_else(|| "not yet".to_owned(), |at| at.to_string());
    let name = delivery.campaign_name.as_deref().unwrap_or("a deleted campaign");
    let test = if explanation.job.is_test { " (test)" } else { "" };
    format!(
        "  {at}  {:6} {}  {name}{test}: {}",
        explanation.job.channel.as_str(),
        row.state.as_str(),
        explanation.why()
    )
}

fn delivery_document(delivery: &PersonDelivery) -> Value {
    let explanation = &delivery.explanation;
    let row = &explanation.view.delivery;
    json!({
        "deliveryId": explanation.view.id.to_string(),
        "campaignId": explanation.job.campaign.to_string(),
        "campaignName": delivery.campaign_name,
        "channel": explanation.job.channel.as_str(),
        "test": explanation.job.is_test,
        "address": row.address,
        "state": row.state.as_str(),
        "reason": row.reason,
        "why": explanation.why(),
        "settledAt": row.settled_at.map(|at| at.to_string()),
    })
}

async fn export(args: ExportArgs, context: &Context) -> Result<(), Failure> {
    let ExportArgs { person, out } = args;
    let (_, _, service) = context.open(OpenMode::ReadOnly).await?;
    let parts = postrider_api::person_document(service, operator(person.tenant), person.id).await?;
    let mut parts = parts.chain(futures_util::stream::iter([Ok("\n".to_owned())])).boxed();
    let unwritable = |error: std::io::Error| {
        let name = out.as_deref().map_or_else(|| "standard output".into(), |path| path.display().to_string());
        Failure::of(Trouble::File, format!("{name} cannot be written: {error}"))
    };
    let mut target: Box<dyn Write> = match &out {
        Some(path) => Box::new(private::create(path).map_err(unwritable)?),
        None => Box::new(std::io::stdout().lock()),
    };
    while let Some(part) = parts.try_next().await? {
        target.write_all(part.as_bytes()).map_err(unwritable)?;
    }
    target.flush().map_err(unwritable)
}

async fn forget(args: ForgetArgs, context: &Context) -> Result<(), Failure> {
    let ForgetArgs { person: PersonArgs { id, tenant }, yes } = args;
    let (_, _, service) = context.open(OpenMode::Existing).await?;
    if !yes {
        let person = service.person(&operator(tenant), id).await?;
        let question = format!("{}\nThis person is erased for good, and gets no more messages.", line(&person.profile));
        confirm(context, &question, ("erase", "nobody was erased"), yes)?;
    }
    let erased_at = service.erase_profile(tenant, ErasureBy::CommandLine, id).await?;
    let document = json!({ "id": id.to_string(), "erased": true, "erasedAt": erased_at.to_string() });
    context.answer(&Report::new(format!("Erased {id}. The numbers of past campaigns stay as they were."), document));
    Ok(())
}

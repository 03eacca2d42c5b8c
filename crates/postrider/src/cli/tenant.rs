//! `postrider tenant create|list|set`.

use super::{Context, Failure, Report};
use clap::{Args, Subcommand};
use postrider_core::id::TenantId;
use postrider_core::rate_limit::RateClass;
use postrider_service::tenants::{CreateTenant, SetTenant, Tenant};
use postrider_store::OpenMode;
use serde_json::{Value, json};

/// The flags of these commands by the name of their field in the API.
pub(super) const FLAGS: &[(&str, &str)] = &[
    ("name", "--name"),
    ("defaultTimezone", "--timezone"),
    ("mailCutoff", "--mail-cutoff"),
    ("senderDomains", "--sender-domain"),
];

/// The word that takes a default zone away.
const NO_ZONE: &str = "none";
/// The word that unbinds all domains.
const NO_DOMAIN: &str = "none";
/// The word that takes a limit away.
const NO_LIMIT: &str = "none";
/// The word that takes a tenant's own limit away, so that the configured one holds.
const DEFAULT_LIMIT: &str = "default";

#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Make a tenant.
    Create(CreateArgs),
    /// List all tenants.
    List,
    /// Change a tenant; what is not given stays.
    Set(SetArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Its name.
    #[arg(long)]
    name: String,
    /// Its default time zone, such as Europe/Berlin.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// The time until which direct mail for the same day is accepted [default: 17:00].
    #[arg(long, value_name = "HH:MM")]
    mail_cutoff: Option<String>,
    /// Whether people whose consent is unknown get messages, on every channel [default: yes].
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    mail_unknown: Option<bool>,
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// Which tenant.
    id: TenantId,
    /// Its new name.
    #[arg(long)]
    name: Option<String>,
    /// Its new default time zone, or none.
    #[arg(long, value_name = "ZONE|none")]
    timezone: Option<String>,
    /// Its new cut-off.
    #[arg(long, value_name = "HH:MM")]
    mail_cutoff: Option<String>,
    /// Whether email of the category marketing must show a link to unsubscribe: yes refuses one without, no only warns.
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    require_unsubscribe_link: Option<bool>,
    /// Whether people whose consent is unknown get messages, on every channel. With no they are left out, also of jobs
    /// that are running; people who denied consent never get any.
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    mail_unknown: Option<bool>,
    /// A domain, with the domains below it, from which it sends mail. May be given more than once, and replaces the
    /// domains bound before; none unbinds all. Tenants without domains of their own cannot send from a bound domain.
    #[arg(long, value_name = "DOMAIN|none")]
    sender_domain: Vec<String>,
    /// Requests of a class that each of its clients may make in a minute: a number, none for no limit, or default for
    /// the configured one. Classes are read, write, batch, execute and token.
    #[arg(long, value_name = "CLASS=N|none|default", value_parser = rate_limit)]
    rate_limit: Vec<RateLimit>,
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no"),
    }
}

/// A limit of a tenant's own; none: what is configured holds.
type RateLimit = (RateClass, Option<u32>);

/// Reads `read=1000`, `read=none` or `read=default`.
fn rate_limit(text: &str) -> Result<RateLimit, String> {
    let (class, limit) = text.split_once('=').ok_or("write CLASS=N, such as read=1000")?;
    let class = RateClass::parse(class).ok_or("the classes are read, write, batch, execute and token")?;
    match limit {
        NO_LIMIT => Ok((class, Some(0))),
        DEFAULT_LIMIT => Ok((class, None)),
        number => match number.parse() {
            Ok(number @ 1..) => Ok((class, Some(number))),
            Ok(0) | Err(_) => Err("the limit is a whole number from 1, none or default".to_owned()),
        },
    }
}

pub(super) async fn run(command: TenantCommand, context: &Context) -> Result<(), Failure> {
    let mode = match command {
        TenantCommand::Create(_) => OpenMode::Create,
        TenantCommand::List => OpenMode::ReadOnly,
        TenantCommand::Set(_) => OpenMode::Existing,
    };
    let (_, _, service) = context.open(mode).await?;
    match command {
        TenantCommand::Create(args) => {
            let CreateArgs { name, timezone, mail_cutoff, mail_unknown } = args;
            let command = CreateTenant { name, default_timezone: timezone, mail_cutoff, mail_unknown };
            let tenant = service.create_tenant(command).await?;
            let text = format!("{}\n  {}", line(&tenant), unknown_text(&tenant));
            context.answer(&Report::new(text, document(&tenant)));
        }
        TenantCommand::List => {
            let tenants = service.list_tenants().await?;
            let text = if tenants.is_empty() {
                "There are no tenants yet; make one with postrider tenant create --name NAME.".to_owned()
            } else {
                tenants.iter().map(line).collect::<Vec<_>>().join("\n")
            };
            let items: Vec<Value> = tenants.iter().map(document).collect();
            context.answer(&Report::new(text, json!({ "items": items })));
        }
        TenantCommand::Set(args) => {
            let default_timezone = args.timezone.map(|zone| (zone != NO_ZONE).then_some(zone));
            let mail_cutoff = args.mail_cutoff.map(Some);
            let changes = SetTenant {
                name: args.name,
                default_timezone,
                mail_cutoff,
                require_unsubscribe_link: args.require_unsubscribe_link,
                mail_unknown: args.mail_unknown,
                ..SetTenant::default()
            };
            let mut settings = service.set_tenant(args.id, changes).await?;
            let binds_domains = !args.sender_domain.is_empty();
            if binds_domains {
                let domains = if args.sender_domain == [NO_DOMAIN] { Vec::new() } else { args.sender_domain };
                settings.sender_domains = service.set_sender_domains(args.id, domains).await?;
            }
            let tenant = settings.tenant;
            let limits = service.set_rate_limits(args.id, args.rate_limit).await?;
            let mut document = document(&tenant);
            let mut text = line(&tenant);
            if args.mail_unknown.is_some() || !tenant.mail_unknown {
                text.push_str(&format!("\n  {}", unknown_text(&tenant)));
            }
            if !settings.sender_domains.is_empty() {
                text.push_str(&format!("\n  sends from {}", settings.sender_domains.join(", ")));
            }
            if binds_domains || !settings.sender_domains.is_empty() {
                document["senderDomains"] = json!(settings.sender_domains);
            }
            if !limits.is_empty() {
                document["rateLimits"] = limits_document(&limits);
            }
            context.answer(&Report::new(text + &limits_text(&limits), document));
        }
    }
    Ok(())
}

fn line(tenant: &Tenant) -> String {
    let zone = tenant.default_timezone.as_deref().unwrap_or("no default zone");
    format!("{}  {}  ({zone}, mail until {})", tenant.id, tenant.name, tenant.mail_cutoff())
}

/// What happens to people whose consent is unknown, and how to change it.
fn unknown_text(tenant: &Tenant) -> String {
    let (happens, other) = match tenant.mail_unknown {
        true => ("get messages", "no"),
        false => ("do not get messages", "yes"),
    };
    format!(
        "People whose consent is unknown {happens}; postrider tenant set {} --mail-unknown {other} changes that.",
        tenant.id
    )
}

/// The limits that a tenant has of its own.
fn limits_text(limits: &[(RateClass, u32)]) -> String {
    let limit = |(class, limit): &(RateClass, u32)| match limit {
        0 => format!("\n  {} requests: no limit", class.as_str()),
        limit => format!("\n  {} requests: {limit} a minute", class.as_str()),
    };
    limits.iter().map(limit).collect()
}

fn limits_document(limits: &[(RateClass, u32)]) -> Value {
    let limit = |(class, limit): &(RateClass, u32)| (class.as_str().to_owned(), json!((*limit > 0).then_some(*limit)));
    Value::Object(limits.iter().map(limit).collect())
}

fn document(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id.to_string(),
        "name": tenant.name,
        "defaultTimezone": tenant.default_timezone,
        "mailCutoff": tenant.mail_cutoff(),
        "requireUnsubscribeLink": tenant.require_unsubscribe_link,
        "mailUnknown": tenant.mail_unknown,
    })
}

//! `postrider tenant create|list|set`.

use super::{Context, Failure, Report};
use clap::{Args, Subcommand};
use postrider_core::id::TenantId;
use postrider_service::tenants::{CreateTenant, SetTenant, Tenant};
use serde_json::{Value, json};

/// The word that takes a default zone away.
const NO_ZONE: &str = "none";

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
    /// Until when mail can be given out on the day itself [default: 17:00].
    #[arg(long, value_name = "HH:MM")]
    mail_cutoff: Option<String>,
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
}

pub(super) async fn run(command: TenantCommand, context: &Context) -> Result<(), Failure> {
    let (_, _, service) = context.open().await?;
    match command {
        TenantCommand::Create(args) => {
            let CreateArgs { name, timezone, mail_cutoff } = args;
            let command = CreateTenant { name, default_timezone: timezone, mail_cutoff };
            let tenant = service.create_tenant(command).await?;
            context.answer(&Report::new(line(&tenant), document(&tenant)));
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
            let changes = SetTenant { name: args.name, default_timezone, mail_cutoff: args.mail_cutoff };
            let tenant = service.set_tenant(args.id, changes).await?;
            context.answer(&Report::new(line(&tenant), document(&tenant)));
        }
    }
    Ok(())
}

fn line(tenant: &Tenant) -> String {
    let zone = tenant.default_timezone.as_deref().unwrap_or("no default zone");
    format!("{}  {}  ({zone}, mail until {})", tenant.id, tenant.name, tenant.mail_cutoff())
}

fn document(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id.to_string(),
        "name": tenant.name,
        "defaultTimezone": tenant.default_timezone,
        "mailCutoff": tenant.mail_cutoff(),
    })
}

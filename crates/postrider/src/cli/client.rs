//! `postrider client create|list|rotate|disable`.

use super::{Context, Failure, Report, Trouble};
use crate::private;
use clap::{Args, Subcommand};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::scope::Scope;
use postrider_service::auth::{ClientSummary, CreateClient, NewClient};
use postrider_store::OpenMode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The word that stands for every scope.
const ALL_SCOPES: &str = "all";

/// The flags of these commands by the name of their field in the API.
pub(super) const FLAGS: &[(&str, &str)] = &[("name", "--name"), ("scope", "--scope")];

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Make a client. Its secret is shown this once.
    Create(CreateArgs),
    /// List the clients of a tenant.
    List(ListArgs),
    /// Give a client a new secret. The old secret and the tokens it got stop within 5 seconds.
    Rotate(RotateArgs),
    /// Disable a client: it gets no more tokens, and those it has stop within 5 seconds.
    Disable(DisableArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The id of the tenant whose data it may use.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// Its name.
    #[arg(long)]
    name: String,
    #[arg(long, value_name = "SCOPES", help = scope_help())]
    scope: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// Which client.
    id: ClientId,
    /// Of which tenant.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
struct OutputArgs {
    /// Write the id and the secret as JSON into a file that only you can read, and do not show the secret.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Of which tenant.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
}

#[derive(Debug, Args)]
pub(super) struct DisableArgs {
    /// Which client.
    id: ClientId,
    /// Of which tenant.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
}

pub(super) async fn run(command: ClientCommand, context: &Context) -> Result<(), Failure> {
    let mode = match command {
        ClientCommand::List(_) => OpenMode::ReadOnly,
        ClientCommand::Create(_) | ClientCommand::Rotate(_) | ClientCommand::Disable(_) => OpenMode::Existing,
    };
    let (_, _, service) = context.open(mode).await?;
    match command {
        ClientCommand::Create(args) => {
            let scopes = if args.scope.trim() == ALL_SCOPES { every_scope() } else { args.scope };
            let command = CreateClient { tenant: args.tenant, name: args.name, scopes };
            let credentials = args.output.open()?;
            let client = service.create_client(command).await?;
            context.answer(&credentials.tell(&client)?);
        }
        ClientCommand::Rotate(args) => {
            let credentials = args.output.open()?;
            let client = service.rotate_client_secret(args.tenant, args.id).await?;
            context.answer(&credentials.tell(&client)?);
        }
        ClientCommand::List(args) => {
            let clients = service.list_clients(args.tenant).await?;
            let text = if clients.is_empty() {
                "The tenant has no clients yet.".to_owned()
            } else {
                clients.iter().map(line).collect::<Vec<_>>().join("\n")
            };
            let items: Vec<Value> = clients.iter().map(document).collect();
            context.answer(&Report::new(text, json!({ "items": items })));
        }
        ClientCommand::Disable(args) => {
            service.disable_client(args.tenant, args.id).await?;
            let document = json!({ "clientId": args.id.to_string(), "disabled": true });
            context.answer(&Report::new(format!("{} is disabled.", args.id), document));
        }
    }
    Ok(())
}

fn scope_help() -> String {
    let scopes = words(&Scope::ALL.iter().copied().collect()).join(", ");
    format!(
        "What it may do: all, or scopes separated by spaces, such as \"campaigns:read campaigns:send\". The scopes are {scopes}"
    )
}

/// Where the secret of a client goes: to a file, or to standard output.
struct Credentials(Option<(PathBuf, File)>);

impl OutputArgs {
    /// Opens the file before there is a secret that could be lost.
    fn open(self) -> Result<Credentials, Failure> {
        let open = |path: PathBuf| match private::create(&path) {
            Ok(file) => Ok((path, file)),
            Err(error) => Err(unwritable(&path, &error)),
        };
        self.output.map(open).transpose().map(Credentials)
    }
}

impl Credentials {
    fn tell(self, client: &NewClient) -> Result<Report, Failure> {
        let scopes = words(&client.scopes);
        let mut document =
            json!({ "clientId": client.id.to_string(), "clientSecret": client.secret, "scopes": scopes });
        let mut secret = format!("{}  (shown this once)", client.secret);
        if let Some((path, mut file)) = self.0 {
            file.write_all(document.to_string().as_bytes()).map_err(|error| unwritable(&path, &error))?;
            document =
                json!({ "clientId": client.id.to_string(), "scopes": scopes, "file": path.display().to_string() });
            secret = format!("is in {}", path.display());
        }
        let text =
            format!("client id      {}\nclient secret  {secret}\nscopes         {}", client.id, scopes.join(" "));
        Ok(Report::new(text, document))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::of(Trouble::File, format!("{} cannot be written: {error}", path.display()))
}

fn every_scope() -> String {
    words(&Scope::ALL.iter().copied().collect()).join(" ")
}

fn words(scopes: &BTreeSet<Scope>) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}

fn line(client: &ClientSummary) -> String {
    let state = match client {
        ClientSummary { disabled_at: Some(_), .. } => "disabled  ",
        ClientSummary { needs_new_secret: true, .. } => "needs a new secret (client rotate)  ",
        ClientSummary { .. } => "",
    };
    format!("{}  {}  {state}{}", client.id, client.name, words(&client.scopes).join(" "))
}

fn document(client: &ClientSummary) -> Value {
    json!({
        "clientId": client.id.to_string(),
        "name": client.name,
        "scopes": words(&client.scopes),
        "createdAt": client.created_at.to_string(),
        "disabledAt": client.disabled_at.map(|at| at.to_string()),
        "needsNewSecret": client.needs_new_secret,
    })
}

//! The command line. One file for each command; what all of them share is [`Context`].
//!
//! A new command is a file with its `Args` and `run`, a variant of [`Command`] and an arm of [`dispatch`].
//! Invariant: with `--json` exactly one JSON document goes to standard output; everything else that is said goes to
//! standard error. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

mod backup;
mod campaign;
mod check_config;
mod client;
mod connections;
mod context;
mod demo;
mod doctor;
#[cfg(unix)]
mod drill;
mod failure;
mod import;
mod jobs;
mod key;
mod migrate;
mod person;
mod report;
mod serve;
mod tenant;
mod warnings;

pub use context::Context;
pub use failure::{Failure, Trouble};
pub use report::Report;

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of a wrong usage; that of clap.
const EXIT_USAGE: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  # Make a tenant and a client for it, then serve on port 8080.
  postrider tenant create --name Acme --timezone Europe/Berlin
  postrider client create --tenant ID --name crm --scope all
  postrider serve

  # Import the people of a file, first as a dry run.
  postrider import people.csv --tenant ID --list Friends --dry-run
  postrider import people.csv --tenant ID --list Friends

  # Get a token and use it.
  curl -d grant_type=client_credentials -u CLIENT_ID:CLIENT_SECRET http://127.0.0.1:8080/oauth/token
  curl -H 'Authorization: Bearer TOKEN' http://127.0.0.1:8080/public/v1/campaigns

  # Keep everything in PostgreSQL and send mail through a relay.
  export POSTRIDER__DATABASE__URL=postgres://postrider@db.example.com/postrider
  export POSTRIDER__CHANNELS__EMAIL__URL='smtp://mail.example.com:25'
  postrider check-config

Every command reads postrider.toml in the current folder if --config does not name another file. Without a database
in it or in --database, everything is kept in postrider.db in the current folder. Only serve, migrate and tenant create
make a database; the other commands need one that exists.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.";

/// Schedules and sends campaigns, and accounts for every recipient.
#[derive(Debug, Parser)]
#[command(name = "postrider", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// The configuration, a TOML file [default: postrider.toml in this folder, if there is one];
    /// POSTRIDER__SECTION__KEY in the environment overrides it.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where everything is kept: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// A file that holds that URL, so that a password in it is not in the list of processes.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "database")]
    pub database_file: Option<PathBuf>,
    /// Answer with one JSON document on standard output.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Those of [`GlobalArgs`] that a command with a folder of its own does not show: it touches nothing of yours.
#[derive(Debug, Args)]
pub(crate) struct Unshown {
    #[arg(long, global = true, hide = true)]
    config: Option<PathBuf>,
    #[arg(long, global = true, hide = true)]
    database: Option<String>,
    #[arg(long, global = true, hide = true)]
    database_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take requests and send.
    Serve(serve::ServeArgs),
    /// Show a whole campaign on this machine, from an empty folder to balanced accounts.
    Demo(demo::DemoArgs),
    /// Make, list and change tenants.
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Make, list and disable the API clients of a tenant, and give them new secrets.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Import people from a CSV or JSONL file.
    Import(import::ImportArgs),
    /// Find a person, show or export what is held about them, or erase it.
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Show the state of a campaign, or follow it.
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
    /// Copy an SQLite database into a file, also while it is in use.
    Backup(backup::BackupArgs),
    /// Put a copy in the place of an SQLite database; sending is then held.
    Restore(backup::RestoreArgs),
    /// Show what waits to be sent, hold it, and release it.
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// List and rotate the keys that sign tokens.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Read the configuration and report every problem in it.
    CheckConfig(connections::ConnectArgs),
    /// Bring the schema of the database up to date; serve does it too.
    Migrate,
    /// Look for what is wrong with this installation.
    Doctor(connections::ConnectArgs),
    /// Rehearse a disaster in a folder of its own: strike servers while they send, and check the accounts.
    #[cfg(unix)]
    Drill(drill::DrillArgs),
}

/// Runs a command line and answers its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; clap knows where each belongs.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { EXIT_USAGE } else { 0 });
        }
    };
    let context = Context::new(cli.global);
    context.warn_of_password();
    let result = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let result = runtime.block_on(async {
                let result = dispatch(cli.command, &context).await;
                context.close().await;
                result
            });
            // A thread that still waits for a silent database or a name server ends with the process. It could wait
            // for ever, and it would panic without its runtime.
            std::mem::forget(runtime);
            result
        }
        Err(error) => Err(Failure::of(Trouble::Failed, format!("no threads can be started: {error}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = failure.exit_code();
            context.tell(failure);
            ExitCode::from(code)
        }
    }
}

async fn dispatch(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args, context).await,
        Command::Demo(args) => demo::run(args, context).await,
        Command::Tenant(command) => {
            tenant::run(command, context).await.map_err(|failure| failure.as_typed(tenant::FLAGS))
        }
        Command::Client(command) => {
            client::run(command, context).await.map_err(|failure| failure.as_typed(client::FLAGS))
        }
        Command::Import(args) => import::run(args, context).await.map_err(|failure| failure.as_typed(import::FLAGS)),
        Command::Person(command) => person::run(command, context).await,
        Command::Campaign(command) => campaign::run(command, context).await,
        Command::Backup(args) => backup::back_up(args, context).await,
        Command::Restore(args) => backup::restore(args, context).await,
        Command::Jobs(command) => jobs::run(command, context).await,
        Command::Key(command) => key::run(command, context).await,
        Command::CheckConfig(args) => check_config::run(args, context).await,
        Command::Migrate => migrate::run(context).await,
        Command::Doctor(args) => doctor::run(args, context).await,
        #[cfg(unix)]
        Command::Drill(args) => drill::run(args, context).await,
    }
}

//! `postrider drill`: strikes sending servers and shows that the accounts hold.

use super::{Context, Failure, Trouble, Unshown};
use crate::drill::{self, DrillOptions, Strike, Where};
use clap::Args;

/// The default number of made-up people, on SQLite and on PostgreSQL.
const RECIPIENTS_DEFAULT: (u32, u32) = (2_000, 20_000);
/// Fewest people: enough for a middle in which a server can be killed.
const RECIPIENTS_MIN: i64 = 100;
/// Most people that are made up.
const RECIPIENTS_MAX: i64 = 1_000_000;
/// The default number of kills.
const KILLS_DEFAULT: u32 = 3;
/// The greatest number of kills.
const KILLS_MAX: i64 = 100;
/// The default and the greatest number of nodes on PostgreSQL: each has 17 connections.
const NODES: (u8, i64) = (3, 8);

#[derive(Debug, Args)]
pub(super) struct DrillArgs {
    /// Send to this many made-up people [default: 2000, or 20000 on PostgreSQL].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(RECIPIENTS_MIN..=RECIPIENTS_MAX))]
    recipients: Option<u32>,
    /// Kill a node this many times while it sends.
    #[arg(long, value_name = "N", default_value_t = KILLS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=KILLS_MAX))]
    kills: u32,
    /// Rehearse on a PostgreSQL server that the drill starts itself.
    #[arg(long)]
    postgres: bool,
    /// Rehearse on this PostgreSQL server, in a schema of its own that is removed afterwards.
    #[arg(long, value_name = "URL", conflicts_with = "postgres")]
    database_url: Option<String>,
    /// Run this many nodes on PostgreSQL [default: 3].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=NODES.1))]
    nodes: Option<u8>,
    /// Make these strikes [default: kills, or all that the database allows on PostgreSQL].
    #[arg(long, value_name = "KINDS", value_enum, value_delimiter = ',')]
    strikes: Vec<Strike>,
    #[command(flatten)]
    _unshown: Unshown,
}

pub(super) async fn run(args: DrillArgs, context: &Context) -> Result<(), Failure> {
    let database = match (args.database_url, args.postgres) {
        (Some(url), _) => Where::Server(url),
        (None, true) => Where::OwnServer,
        (None, false) => Where::File,
    };
    let refuse = |message: &str| Err(Failure::of(Trouble::Usage, message));
    let is_file = matches!(database, Where::File);
    if is_file && args.nodes.is_some_and(|nodes| nodes > 1) {
        return refuse("Only one node can send from SQLite: add --postgres or --database-url to use --nodes.");
    }
    if args.strikes.contains(&Strike::Restarts) && !matches!(database, Where::OwnServer) {
        return refuse(
            "The drill restarts only a database that it has started itself: add --postgres to use the strike restarts.",
        );
    }
    if args.strikes.contains(&Strike::Clocks) && is_file {
        return refuse("A node on SQLite has no clock but its own: add --postgres to use the strike clocks.");
    }
    let strikes = match (&database, args.strikes.is_empty()) {
        (_, false) => args.strikes,
        (Where::File, true) => vec![Strike::Kills],
        (Where::OwnServer, true) => Strike::ALL.to_vec(),
        (Where::Server(_), true) => Strike::ALL.into_iter().filter(|kind| *kind != Strike::Restarts).collect(),
    };
    let (on_sqlite, on_postgres) = RECIPIENTS_DEFAULT;
    let options = DrillOptions {
        recipients: args.recipients.unwrap_or(if is_file { on_sqlite } else { on_postgres }),
        kills: args.kills,
        nodes: usize::from(args.nodes.unwrap_or(if is_file { 1 } else { NODES.0 })),
        strikes,
        database,
    };
    drill::run(context, options).await
}

//! `postrider drill`: kills a sending server and shows that the accounts hold.

use super::{Context, Failure, Unshown};
use crate::drill::{self, DrillOptions};
use clap::Args;

/// How many people are made up if nothing is said.
const RECIPIENTS_DEFAULT: u32 = 2_000;
/// Fewest people: enough for a middle in which a server can be killed.
const RECIPIENTS_MIN: i64 = 100;
/// Most people that are made up.
const RECIPIENTS_MAX: i64 = 1_000_000;
/// How often the server is killed if nothing is said.
const KILLS_DEFAULT: u32 = 3;
/// How often it can be killed at most.
const KILLS_MAX: i64 = 100;

#[derive(Debug, Args)]
pub(super) struct DrillArgs {
    /// Send to this many made-up people.
    #[arg(long, value_name = "N", default_value_t = RECIPIENTS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(RECIPIENTS_MIN..=RECIPIENTS_MAX))]
    recipients: u32,
    /// Kill the server this many times while it sends.
    #[arg(long, value_name = "N", default_value_t = KILLS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=KILLS_MAX))]
    kills: u32,
    #[command(flatten)]
    _unshown: Unshown,
}

pub(super) async fn run(args: DrillArgs, context: &Context) -> Result<(), Failure> {
    drill::run(context, DrillOptions { recipients: args.recipients, kills: args.kills }).await
}

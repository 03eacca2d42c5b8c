//! `postrider demo`: shows everything once, with people made up and a mail server that keeps every message to itself.

use super::{Context, Failure, Unshown};
use crate::demo::{self, DemoOptions};
use clap::Args;
use std::path::PathBuf;

/// How many people are made up if nothing is said.
const RECIPIENTS_DEFAULT: u32 = 1_000;
/// Most people that are made up.
const RECIPIENTS_MAX: i64 = 1_000_000;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Use your own people: a CSV file with a column email. Nothing leaves this machine.
    #[arg(long, value_name = "FILE", conflicts_with = "recipients")]
    contacts: Option<PathBuf>,
    /// Make up this many people.
    #[arg(long, value_name = "N", default_value_t = RECIPIENTS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=RECIPIENTS_MAX))]
    recipients: u32,
    /// Keep everything in this folder, which must be empty or not exist [default: a new temporary one].
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// End when the campaign is over, and delete a temporary folder.
    #[arg(long)]
    exit: bool,
    /// Keep the temporary folder (about 4 MB for a thousand people) at the end.
    #[arg(long, requires = "exit")]
    keep: bool,
    #[command(flatten)]
    unshown: Unshown,
}

pub(super) async fn run(args: DemoArgs, context: &Context) -> Result<(), Failure> {
    let DemoArgs { contacts, recipients, folder, exit, keep, unshown: _ } = args;
    demo::run(context, DemoOptions { contacts, recipients, folder, exit, keep }).await
}

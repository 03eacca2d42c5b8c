//! A rehearsal of disaster: a server that sends a campaign is killed (SIGKILL) in the middle, several times, and started
//! again; then everybody is looked for, in its accounts and at the mail server.
//!
//! Not here: anything that the killed server would not do in earnest. It is the program that runs this, started as
//! `postrider serve` on a database and a mail server of its own. Invariant: nothing configured is read or touched.

mod assault;
mod server;
mod verdict;

use crate::cli::{Context, Failure, Report, Trouble};
use crate::demo::DemoError;
use crate::demo::gather::gather;
use crate::demo::interruptible;
use crate::demo::narrator::Narrator;
use crate::demo::people;
use crate::demo::prepare::prepare;
use crate::demo::session::Session;
use crate::demo::stage::fresh_folder;
use crate::lifecycle;
use crate::system::{OsEntropy, SystemClock};
use assault::Assault;
use postrider_channels::sink::{Sink, SinkOptions};
use postrider_core::env::{Clock, Entropy};
use serde_json::{Value, json};
use server::{Home, Server};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use verdict::Verdict;

/// Any free port of this machine, unreachable from others.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What is to be rehearsed.
#[derive(Debug, Clone, Copy)]
pub struct DrillOptions {
    /// How many people are made up.
    pub recipients: u32,
    /// How often the server is killed.
    pub kills: u32,
}

/// Runs the drill.
///
/// # Errors
/// A part cannot start, a request fails, nothing moves any more, or the accounts do not balance.
pub async fn run(context: &Context, options: DrillOptions) -> Result<(), Failure> {
    let narrator = Narrator { aside: context.json(), silent: false };
    let stop = lifecycle::listen()?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let folder = fresh_folder(None, "drill", &*clock, &*entropy)?;
    narrator.say("This starts a separate server and mail server, and kills the server while it sends. Nothing of yours is touched.");
    let sink_options = SinkOptions { count_recipients: true, ..SinkOptions::default() };
    let started = Sink::start(ANYWHERE, sink_options).await;
    let sink = started.map_err(|error| DemoError::Machine("start the mail server", error.to_string()))?;
    let home = Home::furnish(&folder, sink.address())?;
    let stage = Stage { narrator, clock, entropy, sink, home };
    let outcome = interruptible(&stop, stage.perform(options)).await;
    stage.sink.stop().await;
    let (verdict, kills) = outcome?;
    conclude(context, &verdict, &kills, &folder)
}

/// What lasts while servers come and go.
struct Stage {
    narrator: Narrator,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sink: Sink,
    home: Home,
}

impl Stage {
    /// Everything from the tenant to the verdict, and how many messages had arrived at each kill.
    async fn perform(&self, options: DrillOptions) -> Result<(Verdict, Vec<u64>), Failure> {
        let server = Server::start(&self.home).await?;
        let session = self.session(&server).await?;
        let list = gather(&session, options.recipients).await?;
        let campaign = prepare(&session, &list).await?;
        session.post_once(&format!("/campaigns/{campaign}/send-jobs"), &json!({})).await.map_err(DemoError::from)?;
        let assault =
            Assault { stage: self, campaign: &campaign, reachable: people::expected(options.recipients).sent };
        let (server, kills) = assault.run(server, options.kills).await?;
        let session = self.session(&server).await?;
        assault.until_everybody_is_accounted_for(&session).await?;
        let verdict = Verdict::read(&session, &campaign, i64::from(options.recipients), self.sink.recipients()).await?;
        Ok((verdict, kills))
    }

    /// A client of a server, which says nothing of what it asks.
    async fn session(&self, server: &Server) -> Result<Session, Failure> {
        let narrator = Narrator { silent: true, ..self.narrator };
        let api = server.signed_in(&self.home).await?;
        Ok(Session { api, narrator, clock: Arc::clone(&self.clock), entropy: Arc::clone(&self.entropy) })
    }
}

/// Tells how it went; the folder stays only if something is to be looked for in it.
fn conclude(context: &Context, verdict: &Verdict, kills: &[u64], folder: &std::path::Path) -> Result<(), Failure> {
    let mut document = verdict.document();
    document["kills"] = kills.iter().map(|arrived| json!({ "messagesArrived": arrived })).collect::<Value>();
    let text = verdict.text(kills);
    if verdict.is_balanced() {
        context.answer(&Report::new(text, document));
        // What cannot be removed lies among the temporary files, and the system removes it.
        drop(std::fs::remove_dir_all(folder));
        return Ok(());
    }
    document["folder"] = json!(folder);
    context.note(format!("\n{text}"));
    let message =
        format!("The accounts do not balance: {}; everything is in {}", verdict.first_wrong(), folder.display());
    Err(Failure::of(Trouble::Unhealthy, message).with_details(document))
}

//! A rehearsal of disaster: nodes that send a campaign are killed, stopped, cut off and given wrong clocks, and their
//! database is restarted; then the drill looks for every person in the accounts and at the mail server.
//!
//! Not here: a special mode for the nodes. They are the program that runs this, started as `postrider serve` on a
//! database and a mail server of their own. Invariant: the configuration and its database are never read or touched.

mod assault;
mod cluster;
mod server;
mod strikes;
mod verdict;
mod watch;

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
use assault::{Assault, Struck, until_over};
use cluster::{Cluster, Database};
use postrider_channels::sink::{Sink, SinkOptions};
use postrider_core::env::{Clock, Entropy};
use serde_json::json;
use server::{Home, Server, machine};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use strikes::Strike;
use verdict::Verdict;
use watch::{Clients, Probe, Watcher};

/// Any free port of this machine, unreachable from others.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// How long a campaign with other strikes than kills lasts, in seconds for each strike: as long as the strikes do.
const STRIKE_S: u32 = 5;

/// Where the nodes of a drill keep everything.
#[derive(Debug, Clone)]
pub enum Where {
    /// In a file, with one node.
    File,
    /// On a PostgreSQL server that the drill starts.
    OwnServer,
    /// On the PostgreSQL server of a URL, in a schema of its own.
    Server(String),
}

/// What is to be rehearsed.
#[derive(Debug, Clone)]
pub struct DrillOptions {
    /// How many people are made up.
    pub recipients: u32,
    /// How often a node is killed.
    pub kills: u32,
    /// How many nodes there are.
    pub nodes: usize,
    /// The kinds of strikes.
    pub strikes: Vec<Strike>,
    /// Where the nodes keep everything.
    pub database: Where,
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
    narrator.say("This starts separate servers and a mail server, and strikes them while they send. Nothing of yours is touched.");
    let sink_options = SinkOptions { count_recipients: true, ..SinkOptions::default() };
    let sink = Sink::start(ANYWHERE, sink_options).await.map_err(|error| machine("start the mail server", error))?;
    let outcome = interruptible(&stop, async {
        // Where nothing has started there is nothing to look for.
        let opened = open(&options.database, &folder, &*entropy).await;
        let database = opened.inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))?;
        let mut stage = Stage {
            narrator,
            clock,
            entropy,
            sink: Arc::new(sink),
            nodes: Vec::new(),
            clients: Clients::default(),
            database,
        };
        // An interrupt must leave the server of a URL clean, too.
        let performed = interruptible(&stop, stage.perform(&options, &folder)).await;
        stage.nodes.clear();
        stage.database.clean().await?;
        performed
    });
    let (verdict, struck) = outcome.await?;
    conclude(context, &verdict, &struck, &folder)
}

async fn open(database: &Where, folder: &Path, entropy: &dyn Entropy) -> Result<Database, Failure> {
    match database {
        Where::File => Ok(Database::File),
        Where::Server(url) => {
            let name = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit('-').next());
            Database::schema(url, name.unwrap_or_default()).await
        }
        Where::OwnServer => {
            // Another account must be able to enter it, so it is not in the folder of the drill.
            let data = PathBuf::from(format!("{}-postgres", folder.display()));
            std::fs::create_dir_all(&data).map_err(|error| machine("make a folder", error))?;
            Ok(Database::Own(Cluster::start(&data, entropy)?))
        }
    }
}

/// A node: its home, and its server while it runs.
struct Node {
    home: Home,
    server: Option<Server>,
}

/// The parts that outlast the servers. The nodes end before their database.
struct Stage {
    narrator: Narrator,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sink: Arc<Sink>,
    nodes: Vec<Node>,
    clients: Clients,
    database: Database,
}

impl Stage {
    /// Everything from the tenant to the verdict.
    async fn perform(&mut self, options: &DrillOptions, folder: &Path) -> Result<(Verdict, Struck), Failure> {
        let mut client = None;
        for number in 1..=options.nodes {
            let home = folder.join(format!("node-{number}"));
            let mut home = Home::furnish(home, &self.database, self.sink.address()).await?;
            let client = match &client {
                Some(client) => client,
                None => client.insert(home.admit()?),
            };
            home.is_asked_by(client.clone());
            self.nodes.push(Node { home, server: None });
            self.start(number - 1, 0).await?;
        }
        let session = self.session(0).await?;
        let list = gather(&session, options.recipients).await?;
        let campaign = prepare(&session, &list).await?;
        let plan = strikes::plan(&options.strikes, options.kills);
        let is_long = options.strikes.iter().any(|kind| *kind != Strike::Kills);
        let mut probes = Vec::new();
        for number in 0..plan.len() {
            probes.push(Probe::draft(&session, number).await?);
        }
        let seconds = STRIKE_S * u32::try_from(plan.len()).unwrap_or(1).max(1);
        let rate = is_long.then(|| (u64::from(options.recipients) * 60).div_ceil(u64::from(seconds)));
        let policy = rate.map_or_else(|| json!({}), |rate| json!({ "policy": { "ratePerMinute": rate } }));
        session.post_once(&format!("/campaigns/{campaign}/send-jobs"), &policy).await.map_err(DemoError::from)?;
        let watcher = Watcher::begin(&self.clients, &campaign, &self.sink, &self.clock);
        let reachable = people::expected(options.recipients).sent;
        let mut assault = Assault { stage: self, reachable, watcher: &watcher };
        let struck = assault.run(&plan, &mut probes).await?;
        let session = self.session(0).await?;
        until_over(&session, &format!("/campaigns/{campaign}/status")).await?;
        for probe in &probes {
            until_over(&session, &probe.status_path()).await?;
        }
        let seen = watcher.seen();
        drop(watcher);
        let mut arrived = self.sink.recipients();
        let starts = watch::judge(&session, &probes, seen.early, &mut arrived).await?;
        let mut verdict = Verdict::read(&session, &campaign, i64::from(options.recipients), arrived).await?;
        verdict.watched(seen, starts);
        Ok((verdict, struck))
    }

    /// Starts a node with a wall clock that is this many milliseconds ahead.
    async fn start(&mut self, which: usize, clock_ahead_ms: i64) -> Result<(), Failure> {
        let Some(node) = self.nodes.get_mut(which) else { return Ok(()) };
        let server = Server::start(&node.home, clock_ahead_ms).await?;
        let client = server.signed_in(&node.home).await;
        node.server = Some(server);
        // A node that cannot issue tokens now is asked by its session when it can.
        if let Ok(client) = client {
            watch::locked(&self.clients, |clients| {
                if which < clients.len() {
                    clients[which] = Arc::new(client);
                } else {
                    clients.push(Arc::new(client));
                }
            });
        }
        Ok(())
    }

    fn kill(&mut self, which: usize) -> Result<(), Failure> {
        match self.nodes.get_mut(which).and_then(|node| node.server.take()) {
            Some(server) => server.kill(),
            None => Ok(()),
        }
    }

    /// A client of a node that does not print its requests.
    async fn session(&self, which: usize) -> Result<Session, Failure> {
        let narrator = Narrator { silent: true, ..self.narrator };
        let running = self.nodes.get(which).and_then(|node| Some((&node.home, node.server.as_ref()?)));
        let Some((home, server)) = running else { return Err(machine("ask a node", "it does not run")) };
        let api = server.signed_in(home).await?;
        Ok(Session { api, narrator, clock: Arc::clone(&self.clock), entropy: Arc::clone(&self.entropy) })
    }
}

/// Tells how it went; the folder stays only if something is to be looked for in it.
fn conclude(context: &Context, verdict: &Verdict, struck: &Struck, folder: &Path) -> Result<(), Failure> {
    let mut document = verdict.document();
    document["kills"] = struck.kills.iter().map(|arrived| json!({ "messagesArrived": arrived })).collect();
    for (strike, count) in &struck.strikes {
        document["strikes"][strike.as_str()] = json!(count);
    }
    let text = verdict.text(&struck.strikes);
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

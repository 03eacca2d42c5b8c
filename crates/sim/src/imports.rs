//! Files of people that nodes import while a world goes on, and what must become of them.
//!
//! The oracle goes through the rows of a file once, in order: an import that was cut off anywhere comes to the same
//! people and the same counts.

use crate::chance::Stream;
use crate::client::{Clients, reply, uuid};
use crate::observer::Imported;
use crate::workload::START;
use postrider_core::env::{BoxFuture, Clock as _};
use postrider_core::id::ImportJobId;
use postrider_core::import::ImportState;
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_service::imports::jobs::{CreateImportJob, ImportCounts, NewImportJob};
use postrider_service::{Actor, Service};
use std::collections::BTreeMap;

/// Rows of a file. Nodes commit 500 at a time or more, so the longest file takes several transactions.
const ROWS: [usize; 4] = [12, 60, 700, 2_200];
const NAMES: [&str; 2] = ["Ada", "Bo"];

/// A file that a client has uploaded, and starts to import later.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) start_at: Timestamp,
    /// For each row the number of its address, if it has one, and of its name.
    rows: Vec<(Option<usize>, usize)>,
}

impl Import {
    pub(crate) fn draw(chance: &mut Stream) -> Self {
        let start_at = START.plus_millis(chance.within(0, MINUTE_MS));
        let number = chance.pick(&ROWS);
        Self::of(start_at, number, chance)
    }

    /// A file with this many rows. About a third of them repeat an address.
    pub(crate) fn of(start_at: Timestamp, rows: usize, chance: &mut Stream) -> Self {
        let mut row = || (chance.permille(900).then(|| chance.below(rows)), chance.below(NAMES.len()));
        Self { start_at, rows: (0..rows).map(|_| row()).collect() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.rows.len()
    }

    fn text(&self) -> String {
        let lines = self.rows.iter().map(|&(address, name)| {
            let address = address.map(address_of).unwrap_or_default();
            format!("{address},{}\n", NAMES[name])
        });
        std::iter::once("email,first_name\n".to_owned()).chain(lines).collect()
    }

    /// What the whole file comes to: the counts, and each name by its address.
    fn outcome(&self) -> (ImportCounts, BTreeMap<String, String>) {
        let mut counts = ImportCounts::default();
        let mut people = BTreeMap::new();
        for &(address, name) in &self.rows {
            counts.read += 1;
            let name = NAMES[name].to_owned();
            match address.map(|address| people.insert(address_of(address), name.clone())) {
                None => counts.refused += 1,
                Some(None) => counts.created += 1,
                Some(Some(before)) if before == name => counts.unchanged += 1,
                Some(Some(_)) => counts.updated += 1,
            }
        }
        counts.added_to_list = counts.created;
        (counts, people)
    }

    /// The addresses in the file.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.outcome().1.into_keys().collect()
    }

    /// Judges the job at the end of the world.
    ///
    /// # Errors
    /// What does not hold.
    pub(crate) fn judge(&self, seen: &Imported) -> Result<(), String> {
        let (counts, people) = self.outcome();
        let job = &seen.job;
        if job.state != ImportState::Completed {
            return Err(format!("the import is {} ({:?})", job.state.as_str(), job.failure));
        }
        if job.counts != counts {
            return Err(format!("the import counts {:?}, not {counts:?}", job.counts));
        }
        if job.errors_kept != counts.refused {
            return Err(format!("{} refused rows are kept of {}", job.errors_kept, counts.refused));
        }
        if seen.people.len() != people.len() || seen.members != counts.created {
            let (found, members, expected) = (seen.people.len(), seen.members, people.len());
            return Err(format!("the import made {found} people and {members} members, not {expected}"));
        }
        let is_right = |(address, name): &(String, Option<String>)| people.get(address) == name.as_ref();
        match seen.people.iter().find(|person| !is_right(person)) {
            Some((address, name)) => Err(format!("{address} is {name:?} after the import")),
            None => Ok(()),
        }
    }
}

/// No address of the world's people.
fn address_of(number: usize) -> String {
    format!("q{number}@import.example")
}

/// Every row that was read is counted once, at any time.
///
/// # Errors
/// The counts that do not add up.
pub(crate) fn adds_up(counts: &ImportCounts) -> Result<(), String> {
    let ImportCounts { read, created, updated, unchanged, refused, .. } = *counts;
    let sum = created + updated + unchanged + refused;
    if read == sum { Ok(()) } else { Err(format!("an import has read {read} rows and counts {sum}")) }
}

/// Makes the job of a file and sends the file, before the world begins.
pub(crate) async fn upload(service: &Service, actor: &Actor, import: &Import, chance: &mut Stream) -> ImportJobId {
    let command = CreateImportJob {
        name: None,
        file_name: Some("people.csv".into()),
        file_size: None,
        format: None,
        match_key: None,
        list: None,
        list_name: Some("imported".into()),
    };
    let made = service
        .create_import_job(actor, command, reply(uuid(chance), |made: &NewImportJob| made.job.id.to_string()))
        .await;
    let body = made.expect("an import can be made").rendered.body;
    let job = String::from_utf8(body).ok().and_then(|id| id.parse().ok()).expect("the answer is an id");
    let mut upload = service.begin_import_upload(actor, job, None, None).await.expect("a job waits for its file");
    upload.push(import.text().as_bytes()).await.expect("there is room for the file");
    let state = upload.finish().await.expect("the file is whole").state;
    assert_eq!(state, ImportState::Ready, "the columns are plain");
    job
}

impl Clients {
    /// Starts an import at its time.
    pub(crate) fn start_import(&self, number: usize, import: &Import, mut chance: Stream) -> BoxFuture<'static, ()> {
        let (client, start_at) = (self.clone(), import.start_at);
        Box::pin(async move {
            client.pass.sleep_until(start_at).await;
            let (job, key) = (client.names.imports[number], uuid(&mut chance));
            let reply = || reply(key, |_| String::new());
            client.insist(|| client.service.start_import_job(&client.actor, job, false, reply())).await;
        })
    }
}

//! A channel that writes what would be sent into a folder.
//!
//! One file for each message, named by its key, so a second attempt overwrites the first. Not here: any network.
//! Invariant: a file is either whole or absent.

mod json;

use crate::refusal::{Stop, refusal};
use crate::smtp::envelope::sender_invalid;
use crate::smtp::mime;
use postrider_core::channel::{Body, Channel, ChannelKind, Lane, Message, Outcome, ProbeReport, ProbeStep};
use postrider_core::env::BoxFuture;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest file name made of a key, in characters without the extension.
const NAME_CHARS_MAX: usize = 120;

/// Writes the messages of one channel into a folder.
#[derive(Debug, Clone)]
pub struct SandboxChannel {
    kind: ChannelKind,
    folder: Arc<Path>,
}

impl SandboxChannel {
    /// A sandbox for a channel; the folder is made when it is first needed.
    #[must_use]
    pub fn new(kind: ChannelKind, folder: PathBuf) -> Self {
        Self { kind, folder: folder.into() }
    }

    /// Makes the folder and a file in it, and removes the file again.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn check(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let probe = self.folder.join(".postrider-check");
        File::create(&probe)?.write_all(b"ok")?;
        fs::remove_file(&probe)
    }

    /// Looks at the folder and changes nothing. An absent one is fine: [`SandboxChannel::check`] makes it.
    ///
    /// # Errors
    /// If it is not a folder, or its permissions forbid writing.
    pub fn look(&self) -> io::Result<()> {
        match fs::metadata(&self.folder) {
            Ok(found) if !found.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
            Ok(found) if found.permissions().readonly() => Err(io::ErrorKind::PermissionDenied.into()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn write(&self, message: &Message) -> Outcome {
        let (extension, bytes) = match self.render(message) {
            Ok(rendered) => rendered,
            Err(outcome) => return outcome,
        };
        let name = file_name(&message.key, extension);
        match write_whole(&self.folder, &name, &bytes) {
            Ok(()) => Outcome::HandedOff { provider_ref: format!("sandbox:{name}") },
            Err(error) => {
                let text = format!("The sandbox folder {} cannot be written: {error}.", self.folder.display());
                Stop::route("sandbox_unwritable", &text).into()
            }
        }
    }

    fn render(&self, message: &Message) -> Result<(&'static str, Vec<u8>), Outcome> {
        let rejected = |reason, text| Err(Outcome::Rejected(refusal(reason, text)));
        match (&message.body, self.kind) {
            (Body::Email(email), ChannelKind::Email) => match mime::build(&message.key, &message.to, email) {
                Ok(bytes) => Ok(("eml", bytes)),
                Err(mime::Unfit::Recipient) => {
                    rejected("address_invalid", "The recipient's address is not an email address.")
                }
                Err(mime::Unfit::Sender) => Err(sender_invalid()),
            },
            (Body::Sms(_), ChannelKind::Sms)
            | (Body::Push(_), ChannelKind::Push)
            | (Body::DirectMail(_), ChannelKind::DirectMail) => Ok(("json", json::render(message))),
            _ => rejected("wrong_channel", "The message is for another channel."),
        }
    }
}

/// A file name that stays in the folder, whatever the key.
fn file_name(key: &str, extension: &str) -> String {
    let safe = key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    let name: String = safe.take(NAME_CHARS_MAX).collect();
    format!("{name}.{extension}")
}

fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.part"));
    let mut file = match File::create(&temporary) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            File::create(&temporary)?
        }
        other => other?,
    };
    let written = file.write_all(bytes).and_then(|()| fs::rename(&temporary, folder.join(name)));
    if written.is_err() {
        let _best_effort = fs::remove_file(&temporary);
    }
    written
}

impl Channel for SandboxChannel {
    fn kind(&self) -> ChannelKind {
        self.kind
    }

    fn lane(&self) -> Box<dyn Lane> {
        Box::new(SandboxLane { channel: self.clone() })
    }

    fn probe(&self) -> BoxFuture<'_, ProbeReport> {
        let channel = self.clone();
        Box::pin(async move {
            let target = channel.folder.display().to_string();
            let checked = tokio::task::spawn_blocking(move || {
                // A folder that is absent is not made by looking for it.
                if channel.folder.is_dir() {
                    channel.check().map(|()| "can be written")
                } else {
                    channel.look().map(|()| "does not exist yet; it is made when it is first needed")
                }
            });
            let result = match checked.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok(found) => Ok(found.to_owned()),
                Err(error) => Err(refusal("sandbox_unwritable", &format!("The folder cannot be written: {error}."))),
            };
            ProbeReport { target, encrypted: None, steps: vec![ProbeStep { name: "folder", result }] }
        })
    }
}

/// A lane of the sandbox: lanes differ in nothing.
struct SandboxLane {
    channel: SandboxChannel,
}

impl Lane for SandboxLane {
    fn send<'a>(&'a mut self, window: &'a [Message]) -> BoxFuture<'a, Vec<Outcome>> {
        let channel = self.channel.clone();
        let messages = window.to_vec();
        let count = window.len();
        Box::pin(async move {
            // Files block, so they are written beside the event loop.
            let writing = tokio::task::spawn_blocking(move || messages.iter().map(|m| channel.write(m)).collect());
            writing.await.unwrap_or_else(|_| {
                let why = refusal("sandbox_interrupted", "Writing into the sandbox was interrupted.");
                vec![Outcome::Uncertain(why); count]
            })
        })
    }

    fn close<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

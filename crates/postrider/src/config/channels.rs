//! `[channels.*]`: the ways out. A channel without an adapter is not configured.

use super::secret::Secret;
use super::section::Section;
use std::path::PathBuf;

const CONNECTIONS_DEFAULT: u64 = 10;
const CONNECTIONS_MAX: u64 = 1_000;
const WINDOW_DEFAULT: u64 = 10;
const WINDOW_MAX: u64 = 1_000;

/// The ways out; nothing where a channel is not configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Channels {
    /// Email.
    pub email: Option<Email>,
    /// Text messages.
    pub sms: Option<Sandbox>,
    /// Push notifications.
    pub push: Option<Sandbox>,
    /// Printed mail.
    pub direct_mail: Option<Sandbox>,
}

/// How mail leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Email {
    /// To a mail server.
    Smtp(Smtp),
    /// Into a folder.
    Sandbox(Sandbox),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// `smtp://` or `smtps://`, perhaps with a password.
    pub url: Secret<String>,
    /// How many connections are kept at most, 1 to 1,000.
    pub connections: u32,
    /// How many messages a connection may have on their way at once, 1 to 1,000.
    pub window: u32,
}

/// A folder into which messages are written instead of being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// Is made if it does not exist.
    pub folder: PathBuf,
}

impl Channels {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let channels = Self {
            email: read_email(section.section("email")),
            sms: read_sandbox(section.section("sms")),
            push: read_sandbox(section.section("push")),
            direct_mail: read_sandbox(section.section("direct_mail")),
        };
        section.finish();
        channels
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adapter {
    Smtp,
    Sandbox,
}

fn read_email(mut section: Section<'_>) -> Option<Email> {
    let adapter = section.word("adapter", &["smtp", "sandbox"], |word| match word {
        "smtp" => Some(Adapter::Smtp),
        "sandbox" => Some(Adapter::Sandbox),
        _ => None,
    });
    let url = section.secret("url", "url_file").filter(|given| {
        let url = given.value.expose();
        let known = url.starts_with("smtp://") || url.starts_with("smtps://");
        if !known {
            section.refuse(given, "is of an unknown kind", "write smtp://HOST:PORT or smtps://HOST:PORT");
        }
        known
    });
    let connections = section.integer("connections", CONNECTIONS_DEFAULT, 1..=CONNECTIONS_MAX);
    let window = section.integer("window", WINDOW_DEFAULT, 1..=WINDOW_MAX);
    let folder = section.text("folder");
    let adapter = adapter.map(|given| given.value).or(url.is_some().then_some(Adapter::Smtp));
    let email = match (adapter, url, folder) {
        (Some(Adapter::Sandbox), Some(url), _) => {
            section.refuse(&url, "is not used by the sandbox", "remove it or the adapter");
            None
        }
        (Some(Adapter::Smtp) | None, _, Some(folder)) => {
            section.refuse(&folder, "is used by the sandbox alone", "remove it or write adapter = \"sandbox\"");
            None
        }
        (Some(Adapter::Smtp), Some(url), None) => Some(Email::Smtp(Smtp {
            url: url.value,
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
            window: u32::try_from(window).unwrap_or(u32::MAX),
        })),
        (Some(Adapter::Smtp), None, None) => {
            section.miss("url", "is missing", "write smtp://HOST:PORT or smtps://HOST:PORT");
            None
        }
        (Some(Adapter::Sandbox), None, Some(folder)) => Some(Email::Sandbox(Sandbox { folder: folder.value.into() })),
        (Some(Adapter::Sandbox), None, None) => {
            section.miss("folder", "is missing", "name the folder into which messages are written");
            None
        }
        (None, _, None) => None,
    };
    section.finish();
    email
}

fn read_sandbox(mut section: Section<'_>) -> Option<Sandbox> {
    let adapter = section.word("adapter", &["sandbox"], |word| (word == "sandbox").then_some(Adapter::Sandbox));
    let sandbox = match (adapter, section.text("folder")) {
        (Some(_), Some(folder)) => Some(Sandbox { folder: folder.value.into() }),
        (Some(_), None) => {
            section.miss("folder", "is missing", "name the folder into which messages are written");
            None
        }
        (None, Some(folder)) => {
            section.refuse(&folder, "is used by the sandbox alone", "remove it or write adapter = \"sandbox\"");
            None
        }
        (None, None) => None,
    };
    section.finish();
    sandbox
}

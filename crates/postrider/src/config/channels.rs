//! `[channels.*]`: the ways out. A channel without an adapter is not configured.

use super::section::{Given, Section};
use postrider_channels::smtp::{SmtpConfig, SmtpTimeouts};
use std::path::PathBuf;
use std::time::Duration;

const CONNECTIONS_DEFAULT: u64 = 10;
const CONNECTIONS_MAX: u64 = 1_000;
const WINDOW_DEFAULT: u64 = 10;
const WINDOW_MAX: u64 = 1_000;
const SILENCE_MS_DEFAULT: u64 = 10_000;
const WAIT_MS_MIN: u64 = 100;
const WAIT_MS_MAX: u64 = 3_600_000;

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
    Smtp(Box<Smtp>),
    /// Into a folder.
    Sandbox(Sandbox),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Where it is and how it is spoken to; may hold a password.
    pub route: SmtpConfig,
    /// How many connections are kept at most, 1 to 1,000. While some are silent, up to twice as many can be open.
    pub connections: u32,
    /// How many messages a connection takes at a time, 1 to 1,000: a crash can leave that many uncertain.
    pub window: u32,
    /// The waits for the mail server.
    pub timeouts: SmtpTimeouts,
    /// After how long without a reply another connection takes the place of a silent one, in milliseconds.
    pub silence_ms: i64,
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
    let route = smtp_route(&mut section);
    let connections = section.integer("connections", CONNECTIONS_DEFAULT, 1..=CONNECTIONS_MAX);
    let window = section.integer("window", WINDOW_DEFAULT, 1..=WINDOW_MAX);
    let silence = section.integer("silence_ms", SILENCE_MS_DEFAULT, WAIT_MS_MIN..=WAIT_MS_MAX);
    let timeouts = read_timeouts(section.section("timeouts"));
    let folder = section.text("folder");
    let adapter = adapter.map(|given| given.value).or(route.is_some().then_some(Adapter::Smtp));
    let email = match (adapter, route, folder) {
        (Some(Adapter::Sandbox), Some(route), _) => {
            section.refuse(&route, "is not used by the sandbox", "remove it or the adapter");
            None
        }
        (Some(Adapter::Smtp) | None, _, Some(folder)) => {
            section.refuse(&folder, "is used by the sandbox alone", "remove it or write adapter = \"sandbox\"");
            None
        }
        (Some(Adapter::Smtp), Some(route), None) => Some(Email::Smtp(Box::new(Smtp {
            route: route.value,
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
            window: u32::try_from(window).unwrap_or(u32::MAX),
            timeouts,
            silence_ms: i64::try_from(silence).unwrap_or(i64::MAX),
        }))),
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

/// Reads the wait for each part of a conversation, each 0.1 s to 1 h.
fn read_timeouts(mut section: Section<'_>) -> SmtpTimeouts {
    let mut timeouts = SmtpTimeouts::default();
    let waits: [(&'static str, &mut Duration); 10] = [
        ("connect_ms", &mut timeouts.connect),
        ("greeting_ms", &mut timeouts.greeting),
        ("hello_ms", &mut timeouts.hello),
        ("starttls_ms", &mut timeouts.starttls),
        ("login_ms", &mut timeouts.login),
        ("mail_ms", &mut timeouts.mail),
        ("rcpt_ms", &mut timeouts.rcpt),
        ("data_ms", &mut timeouts.data),
        ("write_ms", &mut timeouts.write),
        ("final_reply_ms", &mut timeouts.final_reply),
    ];
    for (key, wait) in waits {
        if let Some(ms) = section.optional_integer(key, WAIT_MS_MIN..=WAIT_MS_MAX) {
            *wait = Duration::from_millis(ms);
        }
    }
    section.finish();
    timeouts
}

/// Reads `url` or `url_file`. The URL itself is never shown: it may hold a password.
fn smtp_route(section: &mut Section<'_>) -> Option<Given<SmtpConfig>> {
    let given = section.secret("url", "url_file")?;
    match SmtpConfig::parse(given.value.expose()) {
        Ok(value) => Some(Given { value, path: given.path, origin: given.origin }),
        Err(error) => {
            let what = format!("cannot be used ({})", error.to_string().trim_end_matches('.'));
            section.refuse(&given, &what, "write smtp://HOST:PORT or smtps://HOST:PORT");
            None
        }
    }
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

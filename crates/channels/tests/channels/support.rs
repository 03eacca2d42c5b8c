//! Messages, channels and sinks for the tests.

use postrider_channels::sink::{Answer, Hook, Sink, SinkOptions, SinkTls, Step, Verb};
use postrider_channels::smtp::{SmtpChannel, SmtpConfig, SmtpTimeouts};
use postrider_core::channel::{Body, EmailBody, Message, Obstacle, Outcome};
use postrider_core::time::Timestamp;
use rcgen::{CertificateParams, KeyPair};
use std::sync::Arc;
use std::time::Duration;

/// An email from `m<n>@shop.example` to `r<n>@example.net`.
pub fn message(n: usize) -> Message {
    Message { key: format!("key-{n}"), to: format!("r{n}@example.net"), body: Body::Email(Box::new(email(n))) }
}

pub fn email(n: usize) -> EmailBody {
    EmailBody {
        from_address: format!("m{n}@shop.example"),
        from_name: "Shop".to_owned(),
        reply_to: None,
        to_name: String::new(),
        subject: format!("Number {n}"),
        text: "Hello.\n".to_owned(),
        html: None,
        message_id: format!("key-{n}@shop.example"),
        date: Timestamp::from_millis(1_777_626_000_000),
        unsubscribe_url: None,
        is_test: false,
    }
}

pub fn window(count: usize) -> Vec<Message> {
    (0..count).map(message).collect()
}

pub async fn sink(options: SinkOptions) -> Sink {
    Sink::start("127.0.0.1:0".parse().unwrap(), options).await.expect("a free port")
}

/// Short enough for a test that waits for a timeout, long enough for a busy machine that must not run into one.
pub fn patient() -> SmtpTimeouts {
    let long = Duration::from_secs(60);
    SmtpTimeouts { final_reply: long, reset: long, farewell: long, ..SmtpTimeouts::alike(long) }
}

pub fn channel(sink: &Sink, options: &str) -> SmtpChannel {
    channel_with(sink, "", options, patient())
}

pub fn channel_with(sink: &Sink, login: &str, options: &str, timeouts: SmtpTimeouts) -> SmtpChannel {
    let url = format!("smtp://{login}{}{options}", sink.address());
    SmtpChannel::with_timeouts(SmtpConfig::parse(&url).expect("a URL"), timeouts).expect("a channel")
}

/// The kind and reason of an outcome in a few words.
pub fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::HandedOff { .. } => "handed off".to_owned(),
        Outcome::Rejected(refusal) => format!("rejected {}", refusal.reason),
        Outcome::Deferred { refusal, .. } => format!("deferred {}", refusal.reason),
        Outcome::NotAttempted { refusal, .. } => format!("not attempted {}", refusal.reason),
        Outcome::Uncertain(refusal) => format!("uncertain {}", refusal.reason),
    }
}

/// The obstacle, the reason and the text of an outcome that no recipient caused.
pub fn stopped(outcome: &Outcome) -> (Obstacle, &'static str, &str) {
    match outcome {
        Outcome::NotAttempted { refusal, obstacle, .. } => (*obstacle, refusal.reason, &refusal.text),
        other => panic!("{other:?}"),
    }
}

/// A script that gives one reply to one command.
pub fn replies(verb: Verb, reply: &'static str) -> Option<Hook> {
    Some(Arc::new(
        move |step: &Step<'_>| {
            if step.verb == verb { Answer::Reply(reply.to_owned()) } else { Answer::Proceed }
        },
    ))
}

pub fn shorts(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(short).collect()
}

/// A certificate, and the file that makes it trusted.
pub struct Certified {
    pub tls: SinkTls,
    ca_file: tempfile::NamedTempFile,
}

/// A certificate for this machine that signs itself.
pub fn certified(implicit: bool) -> Certified {
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let mut certified = certified_by(&params);
    certified.tls.implicit = implicit;
    certified
}

/// A self-signed certificate with the given parameters.
pub fn certified_by(params: &CertificateParams) -> Certified {
    let key = KeyPair::generate().unwrap();
    let certificate_pem = params.self_signed(&key).unwrap().pem();
    let named = certificate_pem.clone();
    Certified::shown(certificate_pem, key.serialize_pem(), &named)
}

impl Certified {
    /// A certificate that is shown, with its key, where a file names another.
    pub fn shown(certificate_pem: String, key_pem: String, named: &str) -> Self {
        let ca_file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca_file.path(), named).unwrap();
        Self { tls: SinkTls { certificate_pem, key_pem, implicit: false }, ca_file }
    }

    /// The option of the URL that trusts it.
    pub fn option(&self) -> String {
        format!("ca_file={}", self.ca_file.path().display())
    }
}

//! What a valid configuration may still get wrong.

use crate::config::{Config, Email};
use crate::wiring;
use postrider_core::delivery::POISONED;
use postrider_core::time::Zones;
use postrider_store::inspection::PoisonedJob;
use serde_json::{Value, json};
use std::net::IpAddr;

/// What to do about recipients that failed as poisoned.
pub(super) const POISONED_REMEDY: &str =
    "read \"When the process dies while it renders\" in docs/operations.md, then try them again with retry-failed";

/// One thing to think about.
pub(super) struct Warning {
    path: &'static str,
    what: String,
    remedy: &'static str,
}

impl Warning {
    pub(super) fn document(&self) -> Value {
        json!({ "path": self.path, "what": self.what, "remedy": self.remedy })
    }

    pub(super) fn line(&self) -> String {
        format!("warning  {}", self.sentence())
    }

    pub(super) fn sentence(&self) -> String {
        format!("{}: {}; {}", self.path, self.what, self.remedy)
    }
}

/// Recipients whose messages ended the process.
pub(super) fn poisoned(found: &PoisonedJob) -> Warning {
    let PoisonedJob { campaign, job, template_version, first_seq, recipients } = found;
    let others = match recipients - 1 {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    let what = format!(
        "the process ended twice while it rendered the message of recipient {first_seq}{others} in job {job} of campaign \
         {campaign} with template version {template_version}"
    );
    Warning { path: POISONED, what, remedy: POISONED_REMEDY }
}

/// Looks at the age of zone data, at where requests come in, at where mail leaves, and at where its links lead.
pub(super) fn warnings(config: &Config) -> Vec<Warning> {
    older_zones(config).into_iter().chain(in_the_open(config)).chain(mail(config)).collect()
}

/// Older data read new requests by old rules.
fn older_zones(config: &Config) -> Option<Warning> {
    let (given, built_in) = (config.time.zones.as_ref()?, Zones::built_in());
    given.is_older_than(&built_in).then(|| {
        let (older, newer) = (given.version(), built_in.version());
        let what = format!("the folder holds version {older}, older than the built-in {newer}");
        let remedy = "update the system's package tzdata, or remove the key";
        Warning { path: "time.zone_data", what, remedy }
    })
}

/// Whoever stands between can read tokens and secrets.
fn in_the_open(config: &Config) -> Option<Warning> {
    config.server.is_in_the_open().then(|| {
        let what =
            "other machines can reach it, and requests are not encrypted: tokens and secrets can be read on the way";
        let remedy = "set server.tls.cert_file and key_file, or put a proxy in front and set the https public_url";
        Warning { path: "server.listen", what: what.to_owned(), remedy }
    })
}

/// A server on this machine is a trial, so nothing is said.
fn mail(config: &Config) -> Vec<Warning> {
    let Some(Email::Smtp(smtp)) = &config.channels.email else { return Vec::new() };
    let mut warnings = Vec::new();
    if let Some(what) = smtp.route.exposure() {
        let remedy = "write tls=required in the URL, or smtps://";
        warnings.push(Warning { path: "channels.email.url", what: what.to_owned(), remedy });
    }
    if !smtp.route.is_local() {
        let url = wiring::public_url(config, None);
        let remedy = "set it to the https address at which readers reach the server";
        if is_loopback(&url) {
            let what = format!("the links in mail begin with {url}, which no reader can open");
            warnings.push(Warning { path: "server.public_url", what, remedy });
        } else if !url.starts_with("https://") {
            let what =
                format!("the links in mail begin with {url}, and one-click unsubscription needs https (RFC 8058)");
            warnings.push(Warning { path: "server.public_url", what, remedy });
        }
    }
    warnings
}

/// Whether a URL leads to the machine that opens it.
fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => authority.split(':').next().unwrap_or(authority),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load};

    #[test]
    fn zone_data_older_than_the_built_in_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Zulu"), postrider_core::time::testkit::fixed_zone(0)).unwrap();
        let variable = ("POSTRIDER__TIME__ZONE_DATA".to_owned(), folder.path().display().to_string());
        for (first_line, is_named) in [("# version 1999a\n", true), ("# version 2999a\n", false), ("# none\n", false)] {
            std::fs::write(folder.path().join("tzdata.zi"), first_line).unwrap();
            let config = load(None, std::iter::once(variable.clone()), Overrides::default()).unwrap();
            let lines: Vec<String> = warnings(&config).iter().map(Warning::line).collect();
            let is_there = lines.iter().any(|line| line.contains("version 1999a, older than the built-in 2"));
            assert_eq!(is_there, is_named, "{lines:?}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_known_in_every_form() {
        for url in ["http://127.0.0.1:8080", "http://localhost/x", "https://[::1]:8443/", "http://0.0.0.0:80"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["https://mail.example", "http://192.0.2.1:8080", "https://127.0.0.1.example"] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}

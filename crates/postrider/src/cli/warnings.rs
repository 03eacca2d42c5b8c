//! What a valid configuration may still get wrong.

use crate::config::{Config, Email};
use crate::wiring;
use serde_json::{Value, json};
use std::net::IpAddr;

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
        format!("warning  {}: {}; {}", self.path, self.what, self.remedy)
    }
}

/// Looks at where mail leaves and where its links lead. A server on this machine is a trial, so nothing is said.
pub(super) fn warnings(config: &Config) -> Vec<Warning> {
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

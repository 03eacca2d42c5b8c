//! `[server]` and `[auth]`.

use super::section::{Given, Section};
use crate::listener::TlsFiles;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

const LISTEN_DEFAULT: &str = "127.0.0.1:8080";
/// On, off.
const SWITCH: &[&str] = &["on", "off"];
/// Most connections that may be configured.
const CONNECTIONS_MAX: u64 = 1_000_000;
const HEAD_DEFAULT_MS: u64 = 10_000;
const IDLE_DEFAULT_MS: u64 = 75_000;
const STALL_DEFAULT_MS: u64 = 30_000;
const TIMEOUT_MIN_MS: u64 = 100;
const TIMEOUT_MAX_MS: u64 = 600_000;
const TOKEN_LIFETIME_DEFAULT_S: u64 = 3_600;
const TOKEN_LIFETIME_MIN_S: u64 = 60;
const TOKEN_LIFETIME_MAX_S: u64 = 86_400;

/// Where requests are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `HOST:PORT`; port 0 takes any free one.
    pub listen: String,
    /// As given, without a slash at its end; see [`Server::public_url`].
    pub public_url: Option<String>,
    /// Certificate and key, if the listener speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Whether `GET /metrics` is served: at `metrics_listen`, or at `listen` if that is a loopback address.
    pub metrics: bool,
    /// Where metrics are served instead of at `listen`: `HOST:PORT`.
    pub metrics_listen: Option<String>,
    /// Origins whose pages may call the API from a browser, each a scheme, a host and at most a port.
    pub cors_origins: Vec<String>,
    /// Most connections at once; if it is not given, what the limit of open files allows.
    pub connections_max: Option<u64>,
    /// How long a client may take for the head of a request, in milliseconds.
    pub head_timeout_ms: u64,
    /// How long a connection is kept without a request, in milliseconds.
    pub idle_timeout_ms: u64,
    /// How long a body may bring nothing and an answer may be left unread, in milliseconds.
    pub stall_timeout_ms: u64,
}

impl Server {
    /// The address under which the world reaches the server that listens at `bound`. If none is configured it is the
    /// address itself, or the loopback address for a server that listens at all of them.
    #[must_use]
    pub fn public_url(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("{}://{}", self.scheme(), SocketAddr::new(host, bound.port()))
    }

    /// What the listener itself speaks.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Whether only this machine can connect.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.listen.parse::<SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => self.listen.rsplit_once(':').is_some_and(|(host, _)| host.eq_ignore_ascii_case("localhost")),
        }
    }

    /// Whether whoever stands between can read tokens and secrets: neither this server nor, as far as we know, a
    /// proxy in front of it encrypts.
    #[must_use]
    pub fn is_in_the_open(&self) -> bool {
        let is_proxied = self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        !self.is_loopback() && self.tls.is_none() && !is_proxied
    }

    /// Whether metrics are served at `listen`.
    #[must_use]
    pub fn metrics_at_listen(&self) -> bool {
        self.metrics && self.metrics_listen.is_none() && self.is_loopback()
    }

    pub(super) fn read(mut section: Section<'_>) -> Self {
        let listen = address(&mut section, "listen");
        let public_url = web_url(&mut section, "public_url");
        let metrics = section.word("metrics", SWITCH, |word| SWITCH.iter().position(|known| *known == word));
        let metrics = metrics.is_none_or(|given| given.value == 0);
        let metrics_listen = address(&mut section, "metrics_listen");
        let tls = tls(section.section("tls"));
        let cors_origins = origins(&mut section);
        let connections_max = section.optional_integer("connections_max", 1..=CONNECTIONS_MAX);
        let mut timeout = |key, default| section.integer(key, default, TIMEOUT_MIN_MS..=TIMEOUT_MAX_MS);
        let head_timeout_ms = timeout("head_timeout_ms", HEAD_DEFAULT_MS);
        let idle_timeout_ms = timeout("idle_timeout_ms", IDLE_DEFAULT_MS);
        let stall_timeout_ms = timeout("stall_timeout_ms", STALL_DEFAULT_MS);
        section.finish();
        Self {
            listen: listen.unwrap_or_else(|| LISTEN_DEFAULT.to_owned()),
            public_url,
            tls,
            metrics,
            metrics_listen,
            cors_origins,
            connections_max,
            head_timeout_ms,
            idle_timeout_ms,
            stall_timeout_ms,
        }
    }
}

/// Tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// As given, without a slash at its end; if it is not, the public URL is the issuer.
    pub issuer: Option<String>,
    /// How long a token is valid, in seconds.
    pub token_lifetime_s: u64,
}

impl Auth {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let issuer = web_url(&mut section, "issuer");
        let range = TOKEN_LIFETIME_MIN_S..=TOKEN_LIFETIME_MAX_S;
        let token_lifetime_s = section.integer("token_lifetime_s", TOKEN_LIFETIME_DEFAULT_S, range);
        section.finish();
        Self { issuer, token_lifetime_s }
    }
}

/// An address of the web, without the slash at its end.
fn web_url(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let given: Given<String> = section.text(key)?;
    let rest = given.value.strip_prefix("https://").or_else(|| given.value.strip_prefix("http://"));
    let plain = |rest: &str| {
        !rest.starts_with(['/', ':']) && !rest.chars().any(|c| c.is_whitespace() || matches!(c, '?' | '#' | '@'))
    };
    if rest.is_some_and(|rest| !rest.is_empty() && plain(rest)) {
        return Some(given.value.trim_end_matches('/').to_owned());
    }
    section.refuse(&given, "is not such an address", "write http:// or https://, a host and at most a path");
    None
}

fn address(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let given = section.text(key)?;
    if is_host_and_port(&given.value) {
        return Some(given.value);
    }
    section.refuse(&given, &format!("is {:?}", given.value), "write HOST:PORT, such as 127.0.0.1:8080");
    None
}

/// Both files or none.
fn tls(mut section: Section<'_>) -> Option<TlsFiles> {
    let (cert, key) = (section.text("cert_file"), section.text("key_file"));
    let files = match (cert, key) {
        (Some(cert), Some(key)) => {
            Some(TlsFiles { cert_file: PathBuf::from(cert.value), key_file: PathBuf::from(key.value) })
        }
        (Some(_), None) => {
            section.miss("key_file", "is missing", "name the file with the key of cert_file");
            None
        }
        (None, Some(_)) => {
            section.miss("cert_file", "is missing", "name the file with the certificate of key_file");
            None
        }
        (None, None) => None,
    };
    section.finish();
    files
}

/// Origins, separated by commas.
fn origins(section: &mut Section<'_>) -> Vec<String> {
    let Some(given) = section.text("cors_origins") else { return Vec::new() };
    let origins: Vec<String> = given.value.split(',').map(|origin| origin.trim().to_ascii_lowercase()).collect();
    if let Some(wrong) = origins.iter().find(|origin| !is_origin(origin)) {
        let remedy = "write origins such as https://app.example.com, separated by commas, without a path";
        section.refuse(&given, &format!("holds {wrong:?}, which is no origin"), remedy);
        return Vec::new();
    }
    origins
}

fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| is_host_and_port(host) || is_host_and_port(&format!("{host}:0")))
}

/// Whether the text is a host, a colon and a port; an IPv6 host stands in brackets.
fn is_host_and_port(text: &str) -> bool {
    if text.parse::<SocketAddr>().is_ok() {
        return true;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let named = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    named && port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listen_address_is_a_host_and_a_port() {
        for good in ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:80", "localhost:65535", "mail.example.com:1"] {
            assert!(is_host_and_port(good), "{good}");
        }
        for bad in
            ["", "8080", ":8080", "localhost", "localhost:", "localhost:65536", "::1:80", "a b:1", "h:+1", "h:-1"]
        {
            assert!(!is_host_and_port(bad), "{bad}");
        }
    }

    #[test]
    fn the_public_url_follows_the_bound_address_unless_given() {
        let problems = std::cell::RefCell::default();
        let mut server = Server::read(Section::root(std::collections::BTreeMap::new(), &problems));
        for (bound, expected) in [
            ("127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("0.0.0.0:4000", "http://127.0.0.1:4000"),
            ("[::]:4000", "http://[::1]:4000"),
        ] {
            assert_eq!(server.public_url(bound.parse().unwrap()), expected);
        }
        server.public_url = Some("https://mail.example.com".to_owned());
        assert_eq!(server.public_url("0.0.0.0:4000".parse().unwrap()), "https://mail.example.com");
    }
}

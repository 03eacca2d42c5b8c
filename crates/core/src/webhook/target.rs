//! Where an event is sent to: the one way in which a URL is read, and what may be reached.
//!
//! Read strictly (RFC 3986 §3), so that nobody else reads the same text differently: no credentials, no fragment, no
//! numbers that some programs take for addresses.

use super::address::{Network, is_public};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest URL of an endpoint, in characters.
pub const TARGET_CHARS_MAX: usize = 2_000;
/// Longest name of a host, in characters (RFC 1035 §2.3.4), and of one of its labels.
const NAME_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;
/// Names that never mean a host of the public Internet (RFC 6761, RFC 6762, RFC 9476, ICANN for `internal`).
const PRIVATE_NAMES: &[&str] = &["localhost", "local", "internal", "home.arpa", "onion", "test", "invalid", "alt"];

/// How a target is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the open.
    Http,
    /// Encrypted.
    Https,
}

/// Who is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name, in small letters.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// A URL, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How.
    pub scheme: Scheme,
    /// Whom.
    pub host: Host,
    /// At which port.
    pub port: u16,
    /// Path and query, beginning with a slash.
    pub path: String,
}

/// What may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetPolicy {
    /// Addresses that are not public too, and those in the open.
    pub allow_private: bool,
    /// Public addresses in the open too.
    pub allow_http: bool,
    /// Networks that may be reached although they are not public, also in the open.
    pub networks: Vec<Network>,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, to stand after its name: `must begin with …`.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        if url.chars().count() > TARGET_CHARS_MAX {
            return Err("is longer than 2000 characters");
        }
        if let Some(odd) =
            url.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`'))
        {
            return Err(if odd.is_ascii() {
                "contains a character that must be percent-encoded"
            } else {
                "must be ASCII: write the host as xn--… and percent-encode the rest"
            });
        }
        let (scheme, rest) = url.split_once("://").ok_or("must begin with https://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err("must begin with https://"),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if path.contains('#') {
            return Err("must not contain a fragment");
        }
        if authority.contains('@') {
            return Err("must not contain credentials");
        }
        let (host, port) = read_authority(authority)?;
        let port = match port {
            None => scheme.port(),
            Some(text) => read_port(text)?,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self { scheme, host, port, path: format!("{slash}{path}") })
    }

    /// The value of the `Host` header: the port only if it is not the usual one.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(IpAddr::V4(v4)) => v4.to_string(),
            Host::Address(IpAddr::V6(v6)) => format!("[{v6}]"),
        };
        if self.port == self.scheme.port() { host } else { format!("{host}:{}", self.port) }
    }
}

impl Scheme {
    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl TargetPolicy {
    /// Judges what a URL alone tells. What a name leads to is judged by [`TargetPolicy::check_address`], at each
    /// connection.
    ///
    /// # Errors
    /// Why not, to stand after its name.
    pub fn check(&self, target: &Target) -> Result<(), &'static str> {
        match &target.host {
            Host::Address(address) => self.check_address(target.scheme, *address),
            Host::Name(_) if self.allow_private || !self.networks.is_empty() => Ok(()),
            Host::Name(name) if is_private_name(name) => Err("names a private host"),
            Host::Name(_) if target.scheme == Scheme::Http && !self.allow_http => Err("must begin with https://"),
            Host::Name(_) => Ok(()),
        }
    }

    /// Judges an address that is about to be connected to.
    ///
    /// # Errors
    /// Why not, to stand after its name.
    pub fn check_address(&self, scheme: Scheme, address: IpAddr) -> Result<(), &'static str> {
        if !is_public(address) {
            let allowed = self.allow_private || self.networks.iter().any(|network| network.contains(address));
            return if allowed { Ok(()) } else { Err("leads to an address that is not public") };
        }
        if scheme == Scheme::Http && !self.allow_http {
            return Err("must begin with https://");
        }
        Ok(())
    }
}

fn read_authority(authority: &str) -> Result<(Host, Option<&str>), &'static str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (inner, after) = rest.split_once(']').ok_or("has a host that cannot be read")?;
        let address: Ipv6Addr = inner.parse().map_err(|_| "has a host that cannot be read")?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err("has a host that cannot be read"),
        };
        return Ok((Host::Address(address.into()), port));
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    Ok((read_host(host)?, port))
}

fn read_host(host: &str) -> Result<Host, &'static str> {
    let host = host.to_ascii_lowercase();
    // One dot at the end says that the name is whole; it is the same host.
    let name = host.strip_suffix('.').unwrap_or(&host);
    if name.is_empty() || name.len() > NAME_CHARS_MAX {
        return Err("has no host");
    }
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    for label in name.split('.') {
        let fits =
            !label.is_empty() && label.len() <= LABEL_CHARS_MAX && !label.starts_with('-') && !label.ends_with('-');
        if !fits || !label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Err("has a host that cannot be read");
        }
    }
    // Some programs read 2130706433, 0x7f000001 and 0177.1 as addresses; no name ends in a number.
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit())
        || (last.starts_with("0x") && u128::from_str_radix(&last[2..], 16).is_ok())
        || last == "0x"
    {
        return Err("has a host that is a number: write an address as 192.0.2.1");
    }
    Ok(Host::Name(name.to_owned()))
}

fn read_port(text: &str) -> Result<u16, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { text.parse().unwrap_or(0) } else { 0 };
    if port == 0 { Err("has a port that is none") } else { Ok(port) }
}

/// Whether a name is known not to be one of the public Internet. A name without a dot is one of the local network.
fn is_private_name(name: &str) -> bool {
    let within = |zone: &&str| name.strip_suffix(*zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || PRIVATE_NAMES.iter().any(within)
}

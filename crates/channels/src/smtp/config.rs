//! Reading the URL that says where email leaves.
//!
//! Not here: certificates and connections. Invariant: neither an error nor `Debug` ever shows the password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// Port of a relay without login (RFC 5321 §4.5.4.2).
const PORT_RELAY: u16 = 25;
/// Port of message submission (RFC 6409 §3.1).
const PORT_SUBMISSION: u16 = 587;
/// Port of submission with TLS from the first byte (RFC 8314 §7.3).
const PORT_SUBMISSIONS: u16 = 465;
/// Shortest password that is looked for in what a server says, in bytes.
const SECRET_BYTES_MIN: usize = 4;
/// Shortest part of a secret that is looked for, in bytes.
const ECHO_BYTES_MIN: usize = 8;

/// Where email leaves, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpConfig {
    /// Name or address of the server; an IPv6 address without brackets.
    pub(crate) host: String,
    /// Port of the server.
    pub(crate) port: u16,
    /// User and password.
    pub(crate) credentials: Option<Credentials>,
    /// How the conversation is encrypted.
    pub(crate) security: Security,
    /// What we call ourselves in EHLO; by default our address as a literal.
    pub(crate) hello: Option<String>,
    /// Certificates to trust instead of those of the platform.
    pub(crate) ca_file: Option<PathBuf>,
}

/// User and password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// Name to log in with.
    pub(crate) user: String,
    /// Its secret.
    pub(crate) password: String,
}

impl Credentials {
    /// A text without the password and without both parts in the form in which AUTH sends them.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        let Self { user, password } = self;
        let whole = BASE64.encode(format!("\0{user}\0{password}"));
        let mut secrets = vec![whole, BASE64.encode(password), BASE64.encode(user)];
        // Hiding a password of a few letters would spell it out by what is missing.
        secrets.extend((password.len() >= SECRET_BYTES_MIN).then(|| password.clone()));
        let known = secrets.iter().filter(|secret| !secret.is_empty());
        let text = known.clone().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
        let secrets: Vec<String> = known.map(|secret| secret.to_ascii_lowercase()).collect();
        // A server may repeat it in other letters, or only a part.
        let is_secret = |word: &str| {
            let word = word.to_ascii_lowercase();
            secrets
                .iter()
                .any(|secret| word.contains(secret) || (word.len() >= ECHO_BYTES_MIN && secret.contains(&word)))
        };
        let lines = text.split('\n').map(|line| {
            line.split(' ').map(|word| if is_secret(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// How the conversation is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the first byte (`smtps://`).
    Implicit,
    /// STARTTLS, or nothing is sent.
    Required,
    /// STARTTLS where the server offers it.
    Opportunistic,
    /// Never encrypted, because somebody asked for it.
    None,
}

/// Why a URL does not say where email leaves; one sentence without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrlError(String);

impl fmt::Display for SmtpUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SmtpUrlError {}

impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("credentials", &self.credentials.as_ref().map(|_| "redacted"))
            .field("security", &self.security)
            .field("hello", &self.hello)
            .field("ca_file", &self.ca_file)
            .finish()
    }
}

impl std::str::FromStr for SmtpConfig {
    type Err = SmtpUrlError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Self::parse(url)
    }
}

impl SmtpConfig {
    /// Reads `smtp://[user:pass@]host[:port][?tls=none|opportunistic|required&hello=NAME&ca_file=PATH]` or
    /// `smtps://…`. User, password and options are percent-decoded. Without a port: 25, with a login 587, with
    /// `smtps` 465.
    ///
    /// # Errors
    /// One sentence about the first thing that is wrong.
    pub fn parse(url: &str) -> Result<Self, SmtpUrlError> {
        let (scheme, rest) =
            url.trim().split_once("://").ok_or_else(|| fault("The SMTP URL must begin with smtp:// or smtps://."))?;
        let implicit = match scheme.to_ascii_lowercase().as_str() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(fault("The SMTP URL must begin with smtp:// or smtps://.")),
        };
        if rest.contains('#') {
            return Err(fault("The SMTP URL may not hold a #; write it as %23."));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = place.strip_suffix('/').unwrap_or(place);
        let (login, server) = place.rsplit_once('@').map_or((None, place), |(login, server)| (Some(login), server));
        let credentials = login.map(parse_login).transpose()?;
        let (host, port) = parse_server(server)?;
        let default_port = match (implicit, &credentials) {
            (true, _) => PORT_SUBMISSIONS,
            (false, Some(_)) => PORT_SUBMISSION,
            (false, None) => PORT_RELAY,
        };
        let mut config = Self {
            host,
            port: port.unwrap_or(default_port),
            credentials,
            security: if implicit { Security::Implicit } else { Security::Opportunistic },
            hello: None,
            ca_file: None,
        };
        for option in query.split('&').filter(|option| !option.is_empty()) {
            config.set(option)?;
        }
        Ok(config)
    }

    /// The server without the login, such as `smtp://mail.example:25`.
    #[must_use]
    pub fn place(&self) -> String {
        let scheme = if self.security == Security::Implicit { "smtps" } else { "smtp" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{scheme}://{host}:{}", self.port)
    }

    /// Whether the server is on this machine, as far as its name says.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let is_loopback = self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_loopback || self.host.eq_ignore_ascii_case("localhost")
    }

    /// What may travel unencrypted to a server on another machine, and why; one sentence, or nothing.
    #[must_use]
    pub fn exposure(&self) -> Option<&'static str> {
        match self.security {
            _ if self.is_local() => None,
            Security::None if self.credentials.is_some() => {
                Some("tls=none sends the password and all mail unencrypted")
            }
            Security::None => Some("tls=none sends all mail unencrypted"),
            Security::Opportunistic => Some(
                "tls=opportunistic sends mail unencrypted if the server, or somebody in between, offers no STARTTLS",
            ),
            Security::Required | Security::Implicit => None,
        }
    }

    /// Takes one `name=value` of the query.
    fn set(&mut self, option: &str) -> Result<(), SmtpUrlError> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value =
            decode(value).ok_or_else(|| fault("An option of the SMTP URL is not correctly percent-encoded."))?;
        match name {
            "tls" if self.security == Security::Implicit => {
                return Err(fault("smtps:// is encrypted from the first byte; leave out the tls option."));
            }
            "tls" => {
                self.security = match value.as_str() {
                    "none" => Security::None,
                    "opportunistic" => Security::Opportunistic,
                    "required" => Security::Required,
                    _ => return Err(fault("The tls option must be none, opportunistic or required.")),
                };
            }
            "hello" if is_hello(&value) => self.hello = Some(value),
            "hello" => return Err(fault("The hello option must be a host name or an address in square brackets.")),
            "ca_file" if !value.is_empty() => self.ca_file = Some(PathBuf::from(value)),
            "ca_file" => return Err(fault("The ca_file option must be the path of a PEM file.")),
            _ => return Err(fault("The SMTP URL knows only the options tls, hello and ca_file.")),
        }
        Ok(())
    }
}

fn parse_login(login: &str) -> Result<Credentials, SmtpUrlError> {
    let (user, password) =
        login.split_once(':').ok_or_else(|| fault("The login of the SMTP URL must be written user:password."))?;
    let broken = || fault("The login of the SMTP URL is not correctly percent-encoded.");
    let (user, password) = (decode(user).ok_or_else(broken)?, decode(password).ok_or_else(broken)?);
    if user.is_empty() || user.contains('\0') || password.contains('\0') {
        return Err(fault("The login of the SMTP URL needs a user, and neither part may hold a zero byte."));
    }
    Ok(Credentials { user, password })
}

fn parse_server(server: &str) -> Result<(String, Option<u16>), SmtpUrlError> {
    let (host, port) = if let Some(rest) = server.strip_prefix('[') {
        let (host, after) =
            rest.split_once(']').ok_or_else(|| fault("The IPv6 address of the SMTP URL lacks its closing bracket."))?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(fault("The SMTP URL has something in brackets that is not an IPv6 address."));
        }
        let port = match after.strip_prefix(':') {
            None if after.is_empty() => None,
            None => return Err(fault("After the IPv6 address of the SMTP URL only a port may follow.")),
            Some(port) => Some(port),
        };
        (host, port)
    } else {
        server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port)))
    };
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
    if !is_name {
        return Err(fault(
            "The SMTP URL needs a host name or address; special characters of a login must be percent-encoded.",
        ));
    }
    let port = match port {
        None => None,
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 => Some(number),
            _ => return Err(fault("The port of the SMTP URL must be a number from 1 to 65535.")),
        },
    };
    Ok((host.to_owned(), port))
}

/// Whether this may stand in EHLO (RFC 5321 §4.1.1.1): a domain or an address literal.
fn is_hello(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 255
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

/// Percent-decodes to UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn fault(sentence: &str) -> SmtpUrlError {
    SmtpUrlError(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_how() {
        let table = [
            ("smtp://mx.example", "mx.example", 25, Security::Opportunistic),
            ("SMTP://mx.example/", "mx.example", 25, Security::Opportunistic),
            ("smtp://u:p@mx.example", "mx.example", 587, Security::Opportunistic),
            ("smtp://u:p@mx.example:25?tls=none", "mx.example", 25, Security::None),
            ("smtp://127.0.0.1:2525?tls=required", "127.0.0.1", 2525, Security::Required),
            ("smtps://u:p@mx.example", "mx.example", 465, Security::Implicit),
            ("smtp://[::1]:26", "::1", 26, Security::Opportunistic),
            ("smtp://[::1]", "::1", 25, Security::Opportunistic),
        ];
        for (url, host, port, security) in table {
            let config = SmtpConfig::parse(url).expect(url);
            assert_eq!((config.host.as_str(), config.port, config.security), (host, port, security), "{url}");
        }
    }

    #[test]
    fn logins_and_options_are_percent_decoded() {
        let config = SmtpConfig::parse("smtp://a%40b.c:p%3Aw%2Fd%25@h?hello=mail.example&ca_file=/a%20b.pem").unwrap();
        let credentials = config.credentials.unwrap();
        assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("a@b.c", "p:w/d%"));
        assert_eq!(config.hello.as_deref(), Some("mail.example"));
        assert_eq!(config.ca_file, Some(PathBuf::from("/a b.pem")));
    }

    #[test]
    fn a_bad_url_gets_one_sentence_without_the_password() {
        let table = [
            "mx.example",
            "http://h",
            "smtp://",
            "smtp://u:hunter2@",
            "smtp://hunter2@h",
            "smtp://u:hunter2%@h",
            "smtp://u:hunter2/x@h:y",
            "smtp://h:0",
            "smtp://h:65536",
            "smtp://u:hunter2@h?tls=maybe",
            "smtps://u:hunter2@h?tls=none",
            "smtp://h?insecure=1",
            "smtp://h?hello=a%0d%0ab",
            "smtp://h?ca_file=",
            "smtp://[::1",
            "smtp://[x]",
            "smtp://[::1]9",
            "smtp://u:hunter2#@h",
            "smtp://:hunter2@h",
            "smtp://h\r\nx",
        ];
        for url in table {
            let error = SmtpConfig::parse(url).expect_err(url).to_string();
            assert!(error.ends_with('.') && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn what_may_travel_unencrypted_to_another_machine_is_known() {
        let table = [
            ("smtp://mx.example", Some("tls=opportunistic")),
            ("smtp://u:p@mx.example?tls=none", Some("the password and all mail")),
            ("smtp://192.0.2.1?tls=none", Some("tls=none sends all mail")),
            ("smtp://mx.example?tls=required", None),
            ("smtps://mx.example", None),
            ("smtp://127.0.0.1:2525", None),
            ("smtp://[::1]?tls=none", None),
            ("smtp://LocalHost", None),
        ];
        for (url, says) in table {
            let found = SmtpConfig::parse(url).unwrap().exposure();
            assert_eq!(found.is_some(), says.is_some(), "{url}");
            assert!(found.unwrap_or_default().contains(says.unwrap_or_default()), "{url}: {found:?}");
        }
    }

    #[test]
    fn the_place_of_a_server_is_named_without_its_login() {
        for (url, place) in [
            ("smtp://u:p@mx.example", "smtp://mx.example:587"),
            ("smtps://mx.example", "smtps://mx.example:465"),
            ("smtp://[::1]", "smtp://[::1]:25"),
        ] {
            assert_eq!(SmtpConfig::parse(url).unwrap().place(), place);
        }
    }

    #[test]
    fn what_a_server_repeats_of_a_login_is_hidden() {
        let credentials = SmtpConfig::parse("smtp://bob:hunter22@h").unwrap().credentials.unwrap();
        for (said, shown) in [
            ("no: AUTH PLAIN AGJvYgBodW50ZXIyMg==", "no: AUTH PLAIN …"),
            ("no: AUTH PLAIN AGJVYGBODW50ZXIYMG==", "no: AUTH PLAIN …"),
            ("no: 'AGJvYgBodW50ZXIyMg=='\nbye", "no: '…'\nbye"),
            ("no: AGJvYgBodW50", "no: …"),
            ("no: HUNTER22 is wrong", "no: … is wrong"),
            ("5.7.8 authentication failed for bob", "5.7.8 authentication failed for bob"),
        ] {
            assert_eq!(credentials.hidden_in(said), shown);
        }
    }

    #[test]
    fn debug_hides_the_login() {
        let shown = format!("{:?}", SmtpConfig::parse("smtp://bob:hunter2@h").unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("bob"), "{shown}");
    }
}

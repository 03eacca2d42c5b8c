//! Opening a conversation: connect, greeting, EHLO, STARTTLS, AUTH.
//!
//! Invariant: a password leaves only over an encrypted connection, to this machine itself, or where encryption was
//! switched off by name; and nothing that arrived before TLS is believed after it (CVE-2021-33515).

use super::classify::{Parties, Phase, Verdict, classify};
use super::config::{Credentials, Security, SmtpConfig};
use super::connection::{Broken, Connection, Offers};
use super::reply::Reply;
use super::timeouts::SmtpTimeouts;
use super::tls::Tls;
use crate::refusal::{Stop, TEXT_CHARS_MAX};
use crate::wire::Wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use postrider_core::channel::{Obstacle, Outcome};
use rustls::pki_types::ServerName;
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsStream;

/// One way to a mail server, shared by its lanes.
pub(super) struct Route {
    pub(super) config: SmtpConfig,
    pub(super) timeouts: SmtpTimeouts,
    pub(super) tls: Tls,
}

impl Route {
    /// Opens a conversation that is ready for MAIL.
    pub(super) async fn open(&self) -> Result<Connection, Broken> {
        let config = &self.config;
        let stream = self.connect(&self.resolve().await?).await?;
        let mut connection = Connection::new(Wire::Plain(stream), self.timeouts);
        if config.security == Security::Implicit {
            connection = self.encrypt(connection).await?;
        }
        // A server that accepts a connection and then closes it or stays silent may have enough of them.
        let greeting = connection.reply(self.timeouts.command).await.map_err(Broken::of_connections)?;
        require(Phase::Opening, &greeting)?;
        self.say_hello(&mut connection).await?;
        let wanted = matches!(config.security, Security::Required | Security::Opportunistic);
        if wanted && connection.offers.starttls {
            let reply = connection.ask(b"STARTTLS\r\n").await?;
            require(Phase::StartTls, &reply)?;
            connection = self.encrypt(connection).await?;
            self.say_hello(&mut connection).await?;
        } else if config.security == Security::Required {
            return Err(Broken::new("tls_unavailable", "The server does not offer STARTTLS, and tls=required."));
        }
        if let Some(credentials) = &config.credentials {
            let is_local = connection.wire.tcp().peer_addr().is_ok_and(|address| address.ip().is_loopback());
            if !may_log_in(connection.wire.is_encrypted(), is_local, config.security) {
                let text = "The password is not sent unencrypted; tls=none would allow it.";
                return Err(Broken::new("auth_needs_tls", text));
            }
            log_in(&mut connection, credentials).await?;
        }
        Ok(connection)
    }

    /// Looks the server's name up.
    async fn resolve(&self) -> Result<Vec<SocketAddr>, Broken> {
        let (host, port) = (self.config.host.as_str(), self.config.port);
        match timeout(self.timeouts.connect, lookup_host((host, port))).await {
            Ok(Ok(found)) => Ok(found.collect()),
            Ok(Err(error)) => Err(Broken::new("name_not_found", &format!("name not found ({error})"))),
            Err(_) => Err(Broken::new("name_not_found", "name not found (the name servers did not answer in time)")),
        }
    }

    /// Connects to the first address that accepts.
    async fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Broken> {
        let mut fault = Broken::new("name_not_found", "name not found (it has no address)");
        for &address in addresses {
            let error = match timeout(self.timeouts.connect, TcpStream::connect(address)).await {
                // Each write is a whole group of commands; holding it back for more would only add waiting.
                Ok(Ok(stream)) => match stream.set_nodelay(true) {
                    Ok(()) => return Ok(stream),
                    Err(error) => Ok(error),
                },
                Ok(Err(error)) => Ok(error),
                Err(late) => Err(late),
            };
            let ip = address.ip();
            fault = match error {
                Ok(error) if error.kind() == ErrorKind::ConnectionRefused => Broken::new(
                    "connect_refused",
                    &format!("{ip} refused the connection; nothing listens at this port"),
                ),
                Ok(error) => Broken::new("connect_failed", &format!("no connection to {ip}: {error}")),
                Err(_) => Broken::new("connect_timeout", &format!("{ip} did not accept a connection in time")),
            };
        }
        Err(fault)
    }

    /// Adds where it happened to an outcome that is not about one recipient.
    pub(super) fn described(&self, mut outcome: Outcome) -> Outcome {
        if let Outcome::NotAttempted { refusal, .. } | Outcome::Uncertain(refusal) = &mut outcome {
            refusal.text =
                crate::refusal::printable(&format!("{}: {}", self.config.place(), refusal.text), TEXT_CHARS_MAX);
        }
        outcome
    }

    async fn encrypt(&self, connection: Connection) -> Result<Connection, Broken> {
        if connection.has_unread() {
            return Err(Broken::new("tls_failed", "The server sent something in plain text after it agreed to TLS."));
        }
        let failed = |text: &str| Broken::new("tls_failed", text);
        let (stream, connector) = match (connection.wire, &self.tls) {
            (Wire::Plain(stream), Tls::Ready(connector)) => (stream, connector),
            (_, Tls::Unusable(error)) => return Err(failed(&error.to_string())),
            (_, Tls::Ready(_) | Tls::Off) => return Err(failed("TLS cannot begin here.")),
        };
        let name = ServerName::try_from(self.config.host.clone())
            .map_err(|_| failed("The server's name cannot stand in a certificate."))?;
        let stream = match timeout(self.timeouts.connect, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return Err(failed(&format!("no TLS: {error}; a private certificate needs ca_file")));
            }
            Err(_) => return Err(failed("The TLS handshake was not done in time.")),
        };
        Ok(Connection::new(Wire::Tls(Box::new(TlsStream::Client(stream))), self.timeouts))
    }

    /// EHLO, or HELO for a server that does not know it.
    async fn say_hello(&self, connection: &mut Connection) -> Result<(), Broken> {
        let name = match (&self.config.hello, connection.wire.tcp().local_addr()) {
            (Some(name), _) => name.clone(),
            (None, Ok(address)) if address.is_ipv4() => format!("[{}]", address.ip()),
            (None, Ok(address)) => format!("[IPv6:{}]", address.ip()),
            (None, Err(_)) => "localhost".to_owned(),
        };
        let reply = connection.ask(format!("EHLO {name}\r\n").as_bytes()).await?;
        if reply.class() == 5 {
            let reply = connection.ask(format!("HELO {name}\r\n").as_bytes()).await?;
            require(Phase::Opening, &reply)?;
            connection.offers = Offers::default();
        } else {
            require(Phase::Opening, &reply)?;
            connection.offers = read_offers(&reply.text);
        }
        Ok(())
    }
}

/// Whether a password may leave: encrypted, to this machine itself, or because encryption was switched off by name.
const fn may_log_in(is_encrypted: bool, is_local: bool, security: Security) -> bool {
    is_encrypted || is_local || matches!(security, Security::None)
}

/// Reads the lines of the reply to EHLO; the first is the server's name.
fn read_offers(text: &str) -> Offers {
    let mut offers = Offers::default();
    for line in text.lines().skip(1) {
        let line = line.to_ascii_uppercase();
        // AUTH= is how servers older than RFC 4954 wrote it.
        let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
        match words.next() {
            Some("PIPELINING") => offers.pipelining = true,
            Some("8BITMIME") => offers.eight_bit = true,
            Some("SMTPUTF8") => offers.utf8 = true,
            Some("STARTTLS") => offers.starttls = true,
            Some("SIZE") => offers.size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or(0)),
            Some("AUTH") => {
                for mechanism in words {
                    offers.auth_plain |= mechanism == "PLAIN";
                    offers.auth_login |= mechanism == "LOGIN";
                }
            }
            _ => {}
        }
    }
    offers
}

async fn log_in(connection: &mut Connection, credentials: &Credentials) -> Result<(), Broken> {
    let Credentials { user, password } = credentials;
    let reply = if connection.offers.auth_plain {
        let mut command = "AUTH PLAIN ".to_owned();
        BASE64.encode_string(format!("\0{user}\0{password}"), &mut command);
        command.push_str("\r\n");
        connection.ask(command.as_bytes()).await?
    } else if connection.offers.auth_login {
        let mut reply = connection.ask(b"AUTH LOGIN\r\n").await?;
        for secret in [user, password] {
            if reply.code != 334 {
                break;
            }
            let mut answer = BASE64.encode(secret);
            answer.push_str("\r\n");
            reply = connection.ask(answer.as_bytes()).await?;
        }
        reply
    } else {
        return Err(Broken::new("auth_unavailable", "The server offers no login by PLAIN or LOGIN."));
    };
    // A server may repeat the command that it did not like.
    require(Phase::Login, &Reply { text: credentials.hidden_in(&reply.text), ..reply })
}

/// The reply must be a success; whatever else it is, the conversation ends.
fn require(phase: Phase, reply: &Reply) -> Result<(), Broken> {
    match classify(phase, reply, &Parties::NONE) {
        Verdict::Accepted => Ok(()),
        Verdict::Stopped(stop) => Err(Broken::from(stop)),
        Verdict::Rejected(refusal) | Verdict::Deferred(refusal, _) => {
            Err(Broken::from(Stop { refusal, obstacle: Obstacle::Route, after_ms: None }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_needs_a_secret_way_or_an_explicit_word() {
        assert!(!may_log_in(false, false, Security::Opportunistic));
        assert!(!may_log_in(false, false, Security::Required));
        assert!(may_log_in(true, false, Security::Opportunistic));
        assert!(may_log_in(false, true, Security::Opportunistic));
        assert!(may_log_in(false, false, Security::None));
    }

    #[test]
    fn offers_are_read_whatever_their_case() {
        let offers = read_offers("mx pipelining\npipelining\nSIZE 1000\n8bitmime\nAUTH=LOGIN PLAIN\nXFOO\nSMTPUTF8");
        let expected = Offers {
            pipelining: true,
            eight_bit: true,
            utf8: true,
            size: Some(1000),
            starttls: false,
            auth_plain: true,
            auth_login: true,
        };
        assert_eq!(offers, expected);
        assert_eq!(read_offers("PIPELINING\nSIZE"), Offers { size: Some(0), ..Offers::default() });
    }
}

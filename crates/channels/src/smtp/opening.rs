//! Opening a conversation: connect, greeting, EHLO, STARTTLS, AUTH.
//!
//! Invariants: a password leaves only over an encrypted connection, to this machine itself, or where encryption was
//! switched off by name; nothing that arrived before TLS is believed after it (CVE-2021-33515); and a server that has
//! offered TLS once is never spoken to without it again, unless encryption was switched off by name.

use super::classify::{Parties, Phase, Verdict, classify};
use super::config::{Credentials, Security};
use super::connection::{Broken, Connection, Offers};
use super::reply::Reply;
use super::route::Route;
use super::timeouts::SmtpTimeouts;
use super::tls::{self, Tls};
use crate::refusal::Stop;
use crate::wire::Wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use postrider_core::channel::{Line, Obstacle, ProbeStep};
use rustls::pki_types::ServerName;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsStream;

/// One opening on its way, with what it has seen.
pub(super) struct Opening<'a> {
    route: &'a Route,
    timeouts: SmtpTimeouts,
    line: Arc<dyn Line>,
    /// The steps that succeeded.
    pub(super) seen: Vec<ProbeStep>,
    /// The step that is under way.
    pub(super) step: &'static str,
}

impl<'a> Opening<'a> {
    pub(super) const fn new(route: &'a Route, timeouts: SmtpTimeouts, line: Arc<dyn Line>) -> Self {
        Self { route, timeouts, line, seen: Vec::new(), step: "resolve" }
    }

    /// Opens a conversation that is ready for MAIL.
    pub(super) async fn open(&mut self) -> Result<Connection, Broken> {
        let security = self.route.config.security;
        let addresses = self.resolve().await?;
        let stream = self.connect(&addresses).await?;
        let mut connection = Connection::new(Wire::Plain(stream), self.timeouts, Arc::clone(&self.line));
        if security == Security::Implicit {
            connection = self.encrypt(connection).await?;
        }
        self.step = "greeting";
        // A server that accepts a connection and then closes it or stays silent may have enough of them.
        let greeting = connection.reply(self.timeouts.greeting).await.map_err(Broken::of_connections)?;
        require(Phase::Opening, &greeting)?;
        self.saw(greeting.line());
        self.say_hello(&mut connection).await?;
        if matches!(security, Security::Required | Security::Opportunistic) {
            connection = self.start_tls(connection).await?;
        }
        if let Some(credentials) = &self.route.config.credentials {
            self.step = "login";
            let is_local = connection.wire.tcp().peer_addr().is_ok_and(|address| address.ip().is_loopback());
            if !may_log_in(connection.wire.is_encrypted(), is_local, security) {
                let text = "The password is not sent unencrypted; tls=none would allow it.";
                return Err(Broken::new("auth_needs_tls", text));
            }
            let late = |_| Broken::new("reply_timeout", "The server did not answer the login in time.");
            let login = timeout(self.timeouts.login, log_in(&mut connection, credentials));
            let reply = login.await.map_err(late)??;
            self.saw(reply.line());
        }
        Ok(connection)
    }

    /// Notes that the present step succeeded.
    fn saw(&mut self, found: impl Into<String>) {
        self.seen.push(ProbeStep { name: self.step, result: Ok(found.into()) });
    }

    /// Looks the server's name up.
    async fn resolve(&mut self) -> Result<Vec<SocketAddr>, Broken> {
        let (host, port) = (self.route.config.host.as_str(), self.route.config.port);
        let missing = |why: &str| Broken::new("name_not_found", &format!("name not found ({why})"));
        let found: Vec<SocketAddr> = match timeout(self.timeouts.connect, lookup_host((host, port))).await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => return Err(missing(&error.to_string())),
            Err(_) => return Err(Broken::new("name_timeout", "The name servers did not answer in time.")),
        };
        if found.is_empty() {
            return Err(missing("it has no address"));
        }
        self.saw(found.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", "));
        Ok(found)
    }

    /// Connects to the first address that accepts. They share the wait evenly, so that one that stays silent leaves time
    /// for the others.
    async fn connect(&mut self, addresses: &[SocketAddr]) -> Result<TcpStream, Broken> {
        self.step = "connect";
        let mut fault = Broken::new("connect_failed", "there is no address");
        let wait = self.timeouts.connect / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        for &address in addresses {
            match connect_to(address, wait).await {
                Ok(stream) => {
                    self.saw(format!("connected to {address}"));
                    return Ok(stream);
                }
                Err(broken) => fault = broken,
            }
        }
        Err(fault)
    }

    /// STARTTLS where it is offered; where it is not, an error unless the route may do without.
    async fn start_tls(&mut self, mut connection: Connection) -> Result<Connection, Broken> {
        self.step = "starttls";
        if connection.offers.starttls {
            self.route.has_offered_tls.store(true, Ordering::Relaxed);
            let reply = connection.ask(b"STARTTLS\r\n", self.timeouts.starttls).await?;
            require(Phase::StartTls, &reply)?;
            self.saw(reply.line());
            connection = self.encrypt(connection).await?;
            self.say_hello(&mut connection).await?;
            return Ok(connection);
        }
        if self.route.config.security == Security::Required {
            return Err(Broken::new("tls_unavailable", "The server does not offer STARTTLS, and tls=required."));
        }
        if self.route.has_offered_tls.load(Ordering::Relaxed) {
            let text =
                "The server offered STARTTLS before and does not any more; perhaps somebody in between hides it.";
            return Err(Broken::new("tls_unavailable", text));
        }
        Ok(connection)
    }

    async fn encrypt(&mut self, connection: Connection) -> Result<Connection, Broken> {
        self.step = "tls";
        if connection.has_unread() {
            return Err(Broken::new("tls_failed", "The server sent something in plain text after it agreed to TLS."));
        }
        let failed = |text: &str| Broken::new("tls_failed", text);
        let (stream, connector) = match (connection.wire, &self.route.tls) {
            (Wire::Plain(stream), Tls::Ready(connector)) => (stream, connector),
            (_, Tls::Unusable(error)) => return Err(failed(&error.to_string())),
            (_, Tls::Ready(_) | Tls::Off) => return Err(failed("TLS cannot begin here.")),
        };
        let name = ServerName::try_from(self.route.config.host.clone())
            .map_err(|_| failed("The server's name cannot stand in a certificate."))?;
        let stream = match timeout(self.timeouts.connect, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(failed(&format!("no TLS: {error}{}", tls::advice(&error)))),
            Err(_) => return Err(Broken::new("tls_timeout", "The server did not finish the TLS handshake in time.")),
        };
        self.saw(tls::describe(stream.get_ref().1));
        let wire = Wire::Tls(Box::new(TlsStream::Client(stream)));
        Ok(Connection::new(wire, self.timeouts, Arc::clone(&self.line)))
    }

    /// EHLO, or HELO for a server that does not know it.
    async fn say_hello(&mut self, connection: &mut Connection) -> Result<(), Broken> {
        self.step = "ehlo";
        let name = match (&self.route.config.hello, connection.wire.tcp().local_addr()) {
            (Some(name), _) => name.clone(),
            (None, Ok(address)) if address.is_ipv4() => format!("[{}]", address.ip()),
            (None, Ok(address)) => format!("[IPv6:{}]", address.ip()),
            (None, Err(_)) => "localhost".to_owned(),
        };
        let wait = self.timeouts.hello;
        let mut reply = connection.ask(format!("EHLO {name}\r\n").as_bytes(), wait).await?;
        if reply.class() == 5 {
            reply = connection.ask(format!("HELO {name}\r\n").as_bytes(), wait).await?;
            require(Phase::Opening, &reply)?;
            connection.offers = Offers::default();
        } else {
            require(Phase::Opening, &reply)?;
            connection.offers = read_offers(&reply.text);
        }
        self.saw(format!("offers {}", reply.text.lines().skip(1).collect::<Vec<_>>().join(", ")));
        Ok(())
    }
}

async fn connect_to(address: SocketAddr, wait: Duration) -> Result<TcpStream, Broken> {
    let failed = |error| Broken::new("connect_failed", &format!("no connection to {}: {error}", address.ip()));
    match timeout(wait, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => {
            // Each write is a whole group of commands; holding it back for more would only add waiting.
            stream.set_nodelay(true).map_err(failed)?;
            Ok(stream)
        }
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            let text = format!("{} refused the connection; perhaps nothing listens at this port", address.ip());
            Err(Broken::new("connect_refused", &text))
        }
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => {
            let text = format!("{} did not accept a connection in time", address.ip());
            Err(Broken::new("connect_timeout", &text))
        }
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

/// Logs in; returns what the server said.
async fn log_in(connection: &mut Connection, credentials: &Credentials) -> Result<Reply, Broken> {
    let Credentials { user, password } = credentials;
    let wait = connection.timeouts.login;
    let reply = if connection.offers.auth_plain {
        let mut command = "AUTH PLAIN ".to_owned();
        BASE64.encode_string(format!("\0{user}\0{password}"), &mut command);
        command.push_str("\r\n");
        connection.ask(command.as_bytes(), wait).await?
    } else if connection.offers.auth_login {
        let mut reply = connection.ask(b"AUTH LOGIN\r\n", wait).await?;
        for secret in [user, password] {
            if reply.code != 334 {
                break;
            }
            let mut answer = BASE64.encode(secret);
            answer.push_str("\r\n");
            reply = connection.ask(answer.as_bytes(), wait).await?;
        }
        reply
    } else {
        return Err(Broken::new("auth_unavailable", "The server does not offer AUTH PLAIN or AUTH LOGIN."));
    };
    // A server may repeat the command that it did not like.
    let reply = Reply { text: credentials.hidden_in(&reply.text), ..reply };
    require(Phase::Login, &reply)?;
    Ok(reply)
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

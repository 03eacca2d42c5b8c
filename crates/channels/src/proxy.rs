//! A TCP proxy that goes silent the way networks do, for tests and drills.
//!
//! It sits between a client and a real server, acknowledges what it receives, and passes on only what its path allows.
//! Invariant: bytes are held or passed in order, never lost or changed, on a connection that is not forgotten or cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Bytes that are passed on at once, at most.
const CHUNK_BYTES: usize = 16 * 1_024;

/// What passes between the client and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Path {
    /// Everything.
    #[default]
    Open,
    /// Only what the server says: requests are held.
    RequestsHeld,
    /// Only what the client says: answers are held.
    AnswersHeld,
    /// Nothing. New connections are accepted, and held as well.
    Silent,
    /// Half of the next answer of each connection; then that connection is silent for ever.
    HalfAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Answers,
}

#[derive(Debug, Clone, Copy, Default)]
struct Rules {
    path: Path,
    /// How many connections there were so far.
    opened: u64,
    /// Connections with a lower number are silent for ever.
    forgotten_below: u64,
    /// Connections with a lower number are closed.
    cut_below: u64,
}

impl Rules {
    const fn passes(&self, number: u64, direction: Direction) -> bool {
        if number < self.forgotten_below {
            return false;
        }
        match self.path {
            Path::Open | Path::HalfAnswer => true,
            Path::RequestsHeld => matches!(direction, Direction::Answers),
            Path::AnswersHeld => matches!(direction, Direction::Requests),
            Path::Silent => false,
        }
    }
}

/// A running proxy on loopback; ends with all its connections when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    rules: watch::Sender<Rules>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Starts a proxy in front of a server, such as `127.0.0.1:5432`. Call within a tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start(server: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let rules = watch::Sender::new(Rules::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, rules.clone()));
        Ok(Self { address, rules, _accepting: accepting })
    }

    /// Where clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what passes. What was held passes as soon as the path allows it.
    pub fn set(&self, path: Path) {
        self.rules.send_modify(|rules| rules.path = path);
    }

    /// Makes every existing connection silent for ever, as a firewall that lost its state does. New ones pass.
    pub fn forget(&self) {
        self.rules.send_modify(|rules| rules.forgotten_below = rules.opened);
    }

    /// Closes every existing connection.
    pub fn cut(&self) {
        self.rules.send_modify(|rules| rules.cut_below = rules.opened);
    }

    /// How many connections there were so far.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.rules.borrow().opened
    }
}

async fn accept(listener: TcpListener, server: String, rules: watch::Sender<Rules>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let mut number = 0;
        rules.send_modify(|rules| {
            number = rules.opened;
            rules.opened += 1;
        });
        connections.spawn(carry(client, server.clone(), number, rules.clone()));
        while connections.try_join_next().is_some() {}
    }
}

/// Carries one connection until one side ends it or it is cut.
async fn carry(client: TcpStream, server: String, number: u64, rules: watch::Sender<Rules>) {
    let mut cut = rules.subscribe();
    let carried = async {
        let server = TcpStream::connect(server).await?;
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let requests = pump(from_client, to_server, number, Direction::Requests, rules.subscribe());
        let answers = pump(from_server, to_client, number, Direction::Answers, rules.subscribe());
        // Whichever side ends the connection ends it for both.
        tokio::select! {
            ended = requests => ended,
            ended = answers => ended,
        }
    };
    tokio::select! {
        ended = carried => if let Err(error) = ended {
            tracing::debug!(%error, "a connection of the proxy ended");
        },
        _ = cut.wait_for(|rules| number < rules.cut_below) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    direction: Direction,
    mut rules: watch::Receiver<Rules>,
) -> io::Result<()> {
    let mut bytes = vec![0; CHUNK_BYTES];
    loop {
        let length = from.read(&mut bytes).await?;
        // The end of a connection that is silent does not come through either.
        let Ok(now) = rules.wait_for(|rules| rules.passes(number, direction)).await.map(|rules| *rules) else {
            return Ok(());
        };
        if length == 0 {
            return Ok(());
        }
        if now.path == Path::HalfAnswer && direction == Direction::Answers {
            to.write_all(&bytes[..length / 2]).await?;
            return std::future::pending().await;
        }
        to.write_all(&bytes[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that repeats what it receives.
    async fn echo() -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn exchange(stream: &mut TcpStream) {
        stream.write_all(b"hello!").await.unwrap();
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello!");
    }

    fn is_silent(stream: &TcpStream) -> bool {
        stream.try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    #[tokio::test]
    async fn held_bytes_pass_when_the_path_opens_and_a_forgotten_connection_stays_silent() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        exchange(&mut old).await;
        for path in [Path::RequestsHeld, Path::AnswersHeld, Path::Silent] {
            proxy.set(path);
            old.write_all(b"hello!").await.unwrap();
            let mut new = TcpStream::connect(proxy.address()).await.unwrap();
            new.write_all(b"hello!").await.unwrap();
            assert!(is_silent(&old), "{path:?}");
            proxy.set(Path::Open);
            for stream in [&mut old, &mut new] {
                let mut answer = [0; 6];
                stream.read_exact(&mut answer).await.unwrap();
                assert_eq!(&answer, b"hello!", "{path:?}");
            }
        }
        proxy.forget();
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        old.write_all(b"hello!").await.unwrap();
        exchange(&mut new).await;
        assert!(is_silent(&old));
        proxy.set(Path::HalfAnswer);
        new.write_all(b"hello!").await.unwrap();
        let mut half = [0; 3];
        new.read_exact(&mut half).await.unwrap();
        assert_eq!(&half, b"hel");
        proxy.cut();
        assert_eq!(new.read(&mut half).await.unwrap_or_default(), 0, "it is closed");
        assert_eq!(proxy.opened(), 5);
    }
}

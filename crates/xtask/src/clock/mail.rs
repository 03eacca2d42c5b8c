//! A mail server that takes everything and notes when.

use super::real_ms;
use crate::Outcome;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Every message so far: its recipient, and the real time at which it arrived, in milliseconds.
type Arrivals = Arc<Mutex<Vec<(String, i64)>>>;

/// The server. It runs as long as the chore.
pub struct MailServer {
    address: SocketAddr,
    arrivals: Arrivals,
}

impl MailServer {
    /// Starts it on a free port; each message takes it `pause_ms`.
    pub fn start(pause_ms: u64) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, arrivals) = (listener.local_addr()?, Arrivals::default());
        let shared = Arc::clone(&arrivals);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let arrivals = Arc::clone(&shared);
                // A conversation that breaks off is the client's to report.
                std::thread::spawn(move || drop(converse(stream, &arrivals, Duration::from_millis(pause_ms))));
            }
        });
        Ok(Self { address, arrivals })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes what has arrived since the last call.
    pub fn take(&self) -> Vec<(String, i64)> {
        std::mem::take(&mut self.arrivals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much has arrived since the last [`MailServer::take`].
    pub fn count(&self) -> usize {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

fn converse(mut stream: TcpStream, arrivals: &Arrivals, pause: Duration) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 clock ESMTP\r\n")?;
    let (mut line, mut recipient, mut is_text) = (String::new(), String::new(), false);
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if is_text {
            if line == ".\r\n" {
                is_text = false;
                std::thread::sleep(pause);
                arrivals.lock().unwrap_or_else(PoisonError::into_inner).push((recipient.clone(), real_ms()));
                stream.write_all(b"250 taken\r\n")?;
            }
            continue;
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => b"250-clock\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
            "RCPT" => {
                line.trim_end().clone_into(&mut recipient);
                b"250 ok\r\n"
            }
            "DATA" => {
                is_text = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer)?;
    }
}

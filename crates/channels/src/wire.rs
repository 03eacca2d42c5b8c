//! A TCP connection that may be encrypted, as both ends of a conversation use it.
//!
//! Invariant: every byte that may have reached the kernel is counted, so the caller knows whether the end of a
//! message can have left.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// Room made in a buffer before each read, in bytes.
const READ_BYTES: usize = 16 * 1024;
/// Most bytes given to TLS at once: one record (RFC 8446 §5.1).
const RECORD_BYTES: usize = 16 * 1024;

/// One end of a connection.
pub(crate) enum Wire {
    /// Bytes as they are.
    Plain(TcpStream),
    /// Bytes inside TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Whether the bytes are encrypted.
    pub(crate) const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The TCP connection below.
    pub(crate) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Appends what has arrived to the buffer; 0 is the end of the connection.
    pub(crate) async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        buffer.reserve(READ_BYTES);
        match self {
            Self::Plain(stream) => stream.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
    }

    /// Writes all bytes. `left` is kept at the number of bytes that may have left, also when this fails or is
    /// dropped half-way.
    pub(crate) async fn write(&mut self, bytes: &[u8], left: &mut usize) -> io::Result<()> {
        *left = 0;
        match self {
            Self::Plain(stream) => {
                while *left < bytes.len() {
                    let written = stream.write(&bytes[*left..]).await?;
                    if written == 0 {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                    *left += written;
                }
                Ok(())
            }
            Self::Tls(stream) => {
                let mut written = 0;
                while written < bytes.len() {
                    let end = bytes.len().min(written + RECORD_BYTES);
                    // A record may leave although the call that made it fails, so all of it must count as gone.
                    *left = end;
                    let taken = stream.write(&bytes[written..end]).await?;
                    if taken == 0 {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                    written += taken;
                }
                stream.flush().await
            }
        }
    }

    /// Whether a read would not wait: the peer closed, failed, or said something nobody asked for.
    pub(crate) async fn has_news(&mut self) -> bool {
        let mut byte = [0_u8; 1];
        poll_fn(|context| {
            let mut probe = ReadBuf::new(&mut byte);
            let polled = match self {
                Self::Plain(stream) => Pin::new(stream).poll_read(context, &mut probe),
                Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, &mut probe),
            };
            Poll::Ready(polled.is_ready())
        })
        .await
    }

    /// Ends the connection; errors no longer matter to anybody.
    pub(crate) async fn shut_down(&mut self) {
        let _ended = match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        };
    }
}

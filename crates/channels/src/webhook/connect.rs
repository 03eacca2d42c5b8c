//! Finding and judging an address, connecting to it, and TLS.

use super::Shared;
use postrider_core::env::BoxFuture;
use postrider_core::webhook::{Host, NotDelivered, Scheme, Target};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Addresses of one host that are tried.
const ADDRESSES_TRIED_MAX: usize = 4;

/// An open connection.
pub(super) type Wire = Pin<Box<dyn Duplex>>;

/// What can be read and written.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

/// Looks a name up as the system does.
pub(super) fn resolve(name: String, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, String>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name, port)).await;
        found.map(Iterator::collect).map_err(|error| error.to_string())
    })
}

/// Connects to a target that may be reached.
pub(super) async fn open(shared: &Shared, target: &Target) -> Result<Wire, NotDelivered> {
    let policy = &shared.config.policy;
    policy.check(target).map_err(refused)?;
    let found = match &target.host {
        Host::Address(address) => vec![SocketAddr::new(*address, target.port)],
        Host::Name(name) => (shared.resolve)(name.clone(), target.port)
            .await
            .map_err(|error| failed("resolve_failed", &format!("The host could not be found: {error}.")))?,
    };
    let mut verdict = Err(failed("resolve_failed", "The host has no address."));
    let mut tried = 0;
    for address in found {
        if let Err(problem) = policy.check_address(target.scheme, address.ip()) {
            verdict = verdict.map_err(|_| refused(problem));
            continue;
        }
        if tried == ADDRESSES_TRIED_MAX {
            break;
        }
        tried += 1;
        match TcpStream::connect(address).await {
            Ok(stream) => return secured(shared, target, stream).await,
            Err(error) => verdict = Err(failed("connect_failed", &format!("No connection: {error}."))),
        }
    }
    verdict
}

async fn secured(shared: &Shared, target: &Target, stream: TcpStream) -> Result<Wire, NotDelivered> {
    // One write is one request; holding it back for more would only add waiting.
    stream.set_nodelay(true).map_err(|error| failed("connect_failed", &format!("No connection: {error}.")))?;
    if target.scheme == Scheme::Http {
        return Ok(Box::pin(stream));
    }
    let connector = shared.tls.as_ref().map_err(|error| failed("tls_failed", error))?;
    let name = match &target.host {
        Host::Address(address) => ServerName::IpAddress((*address).into()),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| failed("tls_failed", "The host's name cannot stand in a certificate."))?,
    };
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::pin(stream)),
        Err(error) => Err(failed("tls_failed", &format!("No TLS: {error}."))),
    }
}

fn refused(problem: &str) -> NotDelivered {
    failed("target_refused", &format!("The URL {problem}."))
}

pub(super) fn failed(reason: &'static str, text: &str) -> NotDelivered {
    NotDelivered { reason, text: text.to_owned() }
}

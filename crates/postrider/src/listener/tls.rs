//! TLS of the listener: certificate and key are files, read anew when they change.
//!
//! Invariant: whoever connects is served with the last pair that fitted together.

use crate::lifecycle::Stop;
use crate::system::SystemClock;
use postrider_core::env::Clock as _;
use postrider_core::time::{SECOND_MS, Timestamp};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// What is offered, most wanted first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files of a certificate with the chain that signed it, and of its key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// A certificate and a key that fit together.
pub struct Identity {
    server: Arc<ServerConfig>,
    begins_at: Timestamp,
    ends_at: Timestamp,
}

impl TlsFiles {
    /// Reads both files.
    ///
    /// # Errors
    /// One sentence that names the file and what is wrong with it.
    pub fn read(&self) -> Result<Identity, String> {
        let (cert, key) = (self.cert_file.display(), self.key_file.display());
        let chain = CertificateDer::pem_file_iter(&self.cert_file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("the certificate {cert} cannot be read as PEM: {error}"))?;
        let leaf = chain.first().ok_or_else(|| format!("{cert} holds no certificate in PEM"))?;
        let leaf = Certificate::from_der(leaf).map_err(|error| format!("{cert} is no X.509 certificate: {error}"))?;
        let private = PrivateKeyDer::from_pem_file(&self.key_file)
            .map_err(|error| format!("the key {key} cannot be read as PEM: {error}"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    format!("the key {key} does not belong to the first certificate in {cert}")
                }
                error => format!("the certificate {cert} and the key {key} cannot be used: {error}"),
            })?;
        server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        let validity = leaf.tbs_certificate.validity;
        let instant = |time: x509_cert::time::Time| {
            Timestamp::from_millis(i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX))
        };
        let (begins_at, ends_at) = (instant(validity.not_before), instant(validity.not_after));
        Ok(Identity { server: Arc::new(server), begins_at, ends_at })
    }

    /// What changes when somebody writes the files.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.cert_file, &self.key_file].map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

impl Identity {
    /// Why clients will not accept the certificate now, in one clause, if they will not.
    #[must_use]
    pub fn untimely(&self, now: Timestamp) -> Option<String> {
        if now.millis_since(self.ends_at) > 0 {
            return Some(format!("the certificate expired at {}", self.ends_at));
        }
        let is_early = self.begins_at.millis_since(now) > SECOND_MS;
        is_early.then(|| format!("the certificate is not valid before {}", self.begins_at))
    }
}

/// The TLS of a running listener. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// Reads the files, and reads them again whenever they change until the server stops.
    ///
    /// # Errors
    /// As [`TlsFiles::read`].
    pub fn start(files: TlsFiles, stop: Stop) -> Result<Self, String> {
        let stamp = files.stamp();
        let identity = files.read()?;
        if let Some(problem) = identity.untimely(SystemClock.now()) {
            tracing::warn!("clients will refuse the TLS of the listener: {problem}");
        }
        let tls = Self(Arc::new(RwLock::new(identity.server)));
        tokio::spawn(tls.clone().follow(files, stamp, stop));
        Ok(tls)
    }

    async fn follow(self, files: TlsFiles, mut stamp: [Option<(SystemTime, u64)>; 2], stop: Stop) {
        let mut last_failure = None;
        while tokio::time::timeout(LOOK, stop.requested()).await.is_err() {
            let seen = files.stamp();
            if seen == stamp {
                continue;
            }
            match files.read() {
                Ok(identity) => {
                    (stamp, last_failure) = (seen, None);
                    let problem = identity.untimely(SystemClock.now());
                    *self.0.write().unwrap_or_else(PoisonError::into_inner) = identity.server;
                    match problem {
                        None => tracing::info!("the listener uses the new certificate"),
                        Some(problem) => tracing::warn!("clients will refuse the new certificate: {problem}"),
                    }
                }
                // It is tried again even if the files stay as they are: a change of permissions leaves no trace in them.
                // It is tried again even if the files stay as they are: `chmod` changes neither their size nor their time.
                Err(error) => {
                    let failure = (seen, error);
                    if last_failure.as_ref() != Some(&failure) {
                        let error = &failure.1;
                        tracing::error!("reading the new certificate failed; the old one stays in use: {error}");
                    }
                    last_failure = Some(failure);
                }
            }
        }
    }

    /// Takes handshakes with the pair in use.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

//! Certificates: whom we trust, and the handshake's settings.
//!
//! Invariant: a certificate is always verified; there is no switch against it.

use super::config::{Security, SmtpConfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Why the certificates to trust cannot be read; one sentence.
#[derive(Debug)]
pub struct SmtpTlsError(String);

impl fmt::Display for SmtpTlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SmtpTlsError {}

/// What starts TLS as the configuration says; nothing where TLS is never used.
pub(super) fn client(config: &SmtpConfig) -> Result<Option<TlsConnector>, SmtpTlsError> {
    if config.security == Security::None {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SmtpTlsError(format!("TLS cannot be set up: {error}.")))?;
    let client = match &config.ca_file {
        Some(path) => {
            let unreadable = |what: &dyn fmt::Display| {
                SmtpTlsError(format!("The ca_file {} cannot be used: {what}.", path.display()))
            };
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
            if roots.is_empty() {
                return Err(unreadable(&"it holds no certificate"));
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        None => builder
            .with_platform_verifier()
            .map_err(|error| SmtpTlsError(format!("The certificates of the platform cannot be used: {error}.")))?
            .with_no_client_auth(),
    };
    Ok(Some(TlsConnector::from(Arc::new(client))))
}

//! Certificates: whom we trust, and the handshake's settings.
//!
//! Invariant: a certificate is always verified; there is no switch against it.

use super::config::{Security, SmtpConfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::fmt;
use std::path::Path;
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

/// What can be said about TLS before anybody has been called.
pub(super) enum Tls {
    /// The configuration does without.
    Off,
    /// Ready for handshakes.
    Ready(TlsConnector),
    /// It cannot be done, which matters only if the server offers it.
    Unusable(SmtpTlsError),
}

/// Reads the certificates to trust. Where TLS is opportunistic, a platform without certificates is no error yet: a
/// relay that offers no TLS needs none.
pub(super) fn client(config: &SmtpConfig) -> Result<Tls, SmtpTlsError> {
    let connector = match (&config.ca_file, config.security) {
        (_, Security::None) => return Ok(Tls::Off),
        (Some(path), _) => trusting_file(path)?,
        (None, Security::Opportunistic) => match trusting_platform() {
            Ok(client) => client,
            Err(error) => return Ok(Tls::Unusable(error)),
        },
        (None, Security::Implicit | Security::Required) => trusting_platform()?,
    };
    Ok(Tls::Ready(TlsConnector::from(Arc::new(connector))))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, SmtpTlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SmtpTlsError(format!("TLS cannot be set up: {error}.")))
}

fn trusting_file(path: &Path) -> Result<ClientConfig, SmtpTlsError> {
    let unreadable =
        |what: &dyn fmt::Display| SmtpTlsError(format!("The ca_file {} cannot be used: {what}.", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"it holds no certificate"));
    }
    Ok(builder()?.with_root_certificates(roots).with_no_client_auth())
}

fn trusting_platform() -> Result<ClientConfig, SmtpTlsError> {
    let unreadable = |error| SmtpTlsError(format!("The certificates of the platform cannot be used: {error}."));
    Ok(builder()?.with_platform_verifier().map_err(unreadable)?.with_no_client_auth())
}

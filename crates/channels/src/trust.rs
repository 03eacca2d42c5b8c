//! Certificates: whom we trust, and the handshake's settings.
//!
//! Invariant: a certificate is always verified; there is no switch against it.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}."))
}

/// Trusts the certificates of a file alone; else one sentence.
pub(crate) fn file(path: &Path) -> Result<ClientConfig, String> {
    let unreadable = |what: &dyn fmt::Display| format!("The ca_file {} cannot be used: {what}.", path.display());
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

/// Trusts whom the platform trusts; else one sentence.
pub(crate) fn platform() -> Result<ClientConfig, String> {
    let unreadable = |error| format!("The certificates of the platform cannot be used: {error}.");
    Ok(builder()?.with_platform_verifier().map_err(unreadable)?.with_no_client_auth())
}

//! Certificates: whom we trust, and the handshake's settings.
//!
//! Invariant: a certificate is always verified; there is no switch against it. How a certificate of the file is
//! accepted for itself is in [`pinned`].

mod pinned;

use pinned::Pinned;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}."))
}

/// Trusts the certificates of a file alone: each of them for itself, and what the authorities among them signed. Else
/// one sentence.
pub(crate) fn file(path: &Path) -> Result<ClientConfig, String> {
    let unreadable = |what: &dyn fmt::Display| format!("The ca_file {} cannot be used: {what}.", path.display());
    let (mut roots, mut certificates) = (RootCertStore::empty(), Vec::new());
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        // An anchor may sign for any name, whatever it says of itself (RFC 5280 §6.1.1 d).
        if pinned::is_authority(&certificate).map_err(|error| unreadable(&error))? {
            roots.add(certificate.clone()).map_err(|error| unreadable(&error))?;
        }
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(unreadable(&"it holds no certificate"));
    }
    let chains = match roots.is_empty() {
        true => None,
        false => Some(
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map_err(|error| unreadable(&error))?,
        ),
    };
    let verifier = Pinned::new(chains, provider(), certificates);
    Ok(builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Trusts whom the platform trusts; else one sentence.
pub(crate) fn platform() -> Result<ClientConfig, String> {
    let unreadable = |error| format!("The certificates of the platform cannot be used: {error}.");
    Ok(builder()?.with_platform_verifier().map_err(unreadable)?.with_no_client_auth())
}

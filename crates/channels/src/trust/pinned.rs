//! Accepting a certificate that the operator named, for itself.
//!
//! A certificate made by `openssl req -x509` says that it is an authority, and the rules of the web (RFC 5280 §4.2.1.9)
//! then refuse it as that of a server. Whoever names that very certificate has answered the question that those rules
//! ask. Invariant: its dates and its name are checked like any other's.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

/// The common name in a subject (RFC 4519 §2.3).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Verifies chains as usual, and accepts each named certificate for itself.
#[derive(Debug)]
pub(super) struct Pinned {
    /// None if no authority was named.
    chains: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Pinned {
    pub(super) const fn new(
        chains: Option<Arc<WebPkiServerVerifier>>,
        provider: Arc<CryptoProvider>,
        certificates: Vec<CertificateDer<'static>>,
    ) -> Self {
        Self { chains, provider, certificates }
    }
}

/// Whether a certificate may sign others: its basic constraints say so (RFC 5280 §4.2.1.9).
pub(super) fn is_authority(der: &CertificateDer<'_>) -> Result<bool, String> {
    let unreadable = |error| format!("a certificate is no X.509: {error}");
    let certificate = Certificate::from_der(der).map_err(unreadable)?.tbs_certificate;
    let constraints = certificate.get::<BasicConstraints>().map_err(unreadable)?;
    Ok(constraints.is_some_and(|(_, constraints)| constraints.ca))
}

/// Whether a certificate is good for a server now, whoever signed it.
fn check(der: &CertificateDer<'_>, server: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate =
        Certificate::from_der(der).map_err(|_| Error::from(CertificateError::BadEncoding))?.tbs_certificate;
    let instant = |time: x509_cert::time::Time| UnixTime::since_unix_epoch(time.to_unix_duration());
    let (not_before, not_after) = (instant(certificate.validity.not_before), instant(certificate.validity.not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    verify_server_name(&ParsedCertificate::try_from(der)?, server).or_else(|error| {
        // Without alternative names the common name is all the name that there is.
        let has_names = !matches!(certificate.get::<SubjectAltName>(), Ok(None));
        let mut parts = certificate.subject.0.iter().flat_map(|part| part.0.iter());
        let is_named = parts
            .any(|part| part.oid == COMMON_NAME && part.value.value().eq_ignore_ascii_case(server.to_str().as_bytes()));
        if !has_names && is_named { Ok(()) } else { Err(error) }
    })
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.certificates.iter().any(|named| named == end_entity) {
            return check(end_entity, server_name, now).map(|()| ServerCertVerified::assertion());
        }
        match &self.chains {
            Some(chains) => chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

//! What a mail route does about TLS. Whom we trust is in [`crate::trust`].

use super::config::{Security, SmtpConfig};
use crate::trust;
use rustls::{CertificateError, ClientConnection};
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

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

/// What to do about a handshake that failed, if there is something to say.
pub(super) fn advice(error: &std::io::Error) -> &'static str {
    let cause = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_))) => {
            "; no trusted authority signed its certificate: name the certificate, or that of its authority, as ca_file"
        }
        Some(rustls::Error::InvalidMessage(_)) => "; perhaps the server does not speak TLS at this port",
        _ => "",
    }
}

/// The version of a connection and the certificate of the server, in a few words.
pub(super) fn describe(connection: &ClientConnection) -> String {
    let version = connection.protocol_version().and_then(|version| version.as_str()).unwrap_or("TLS");
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    match certificate.and_then(|certificate| Certificate::from_der(certificate).ok()) {
        Some(Certificate { tbs_certificate, .. }) => format!(
            "{version}, certificate of {} signed by {}, valid until {}",
            tbs_certificate.subject, tbs_certificate.issuer, tbs_certificate.validity.not_after
        ),
        None => version.to_owned(),
    }
}

/// Reads the certificates to trust. Where TLS is opportunistic, a platform without certificates is no error yet: a
/// relay that offers no TLS needs none.
pub(super) fn client(config: &SmtpConfig) -> Result<Tls, SmtpTlsError> {
    let connector = match (&config.ca_file, config.security) {
        (_, Security::None) => return Ok(Tls::Off),
        (Some(path), _) => trust::file(path).map_err(SmtpTlsError)?,
        (None, Security::Opportunistic) => match trust::platform() {
            Ok(client) => client,
            Err(error) => return Ok(Tls::Unusable(SmtpTlsError(error))),
        },
        (None, Security::Implicit | Security::Required) => trust::platform().map_err(SmtpTlsError)?,
    };
    Ok(Tls::Ready(TlsConnector::from(Arc::new(connector))))
}

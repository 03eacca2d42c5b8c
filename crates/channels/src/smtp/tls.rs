//! What a mail route does about TLS. Whom we trust is in [`crate::trust`].

use super::config::{Security, SmtpConfig};
use crate::trust;
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
        (Some(path), _) => trust::file(path).map_err(SmtpTlsError)?,
        (None, Security::Opportunistic) => match trust::platform() {
            Ok(client) => client,
            Err(error) => return Ok(Tls::Unusable(SmtpTlsError(error))),
        },
        (None, Security::Implicit | Security::Required) => trust::platform().map_err(SmtpTlsError)?,
    };
    Ok(Tls::Ready(TlsConnector::from(Arc::new(connector))))
}

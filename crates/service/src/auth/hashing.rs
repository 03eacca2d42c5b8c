//! Hashes of client secrets: argon2id (RFC 9106), on threads that may block, few at a time.

use crate::ServiceError;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use postrider_core::error::Code;
use postrider_store::StoreError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes computed at once: each takes a core and [`SecretCost::memory_kib`].
const AT_ONCE_MAX: usize = 2;
/// Requests that may wait for one; more are turned away.
const WAITING_MAX: usize = 200;
/// Bytes of salt (RFC 9106 §3.1).
pub(super) const SALT_BYTES: usize = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretCost {
    /// Memory, in KiB, at least 8.
    pub memory_kib: u32,
    /// Passes over it, at least 1.
    pub passes: u32,
}

impl SecretCost {
    /// The cost for production: some 25 ms of one core.
    pub const STANDARD: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    fn argon2(self) -> Result<Argon2<'static>, ServiceError> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).map_err(failed)?;
        Ok(Argon2::from(params))
    }
}

/// Bounds how many hashes are computed.
pub(super) struct Hashing {
    at_once: Arc<Semaphore>,
    admitted: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { at_once: Arc::new(Semaphore::new(AT_ONCE_MAX)), admitted: Semaphore::new(AT_ONCE_MAX + WAITING_MAX) }
    }
}

impl Hashing {
    /// Hashes a secret into PHC form.
    pub async fn hash(&self, cost: SecretCost, secret: String, salt: [u8; SALT_BYTES]) -> Result<String, ServiceError> {
        self.blocking(move || {
            let hash = cost.argon2()?.hash_password_with_salt(secret.as_bytes(), &salt).map_err(failed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the secret belongs to the hash. Without one it does not, at the same cost, so that the time an answer
    /// takes does not tell which clients there are.
    pub async fn verify(&self, cost: SecretCost, secret: String, hash: Option<String>) -> Result<bool, ServiceError> {
        self.blocking(move || match hash {
            Some(hash) => Ok(Argon2::default().verify_password(secret.as_bytes(), hash.as_str()).is_ok()),
            None => {
                let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
                let salt = [0; SALT_BYTES];
                cost.argon2()?.hash_password_into(secret.as_bytes(), &salt, &mut output).map_err(failed)?;
                Ok(false)
            }
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| Code::Unavailable)?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(failed)?;
        // The turn ends with the work, even if nobody waits for it any more.
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}

/// A failure that no request can cause.
pub(super) fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Failed(StoreError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: SecretCost = SecretCost { memory_kib: 8, passes: 1 };

    #[tokio::test]
    async fn only_the_secret_itself_belongs_to_its_hash() {
        let hashing = Hashing::default();
        let hash = hashing.hash(CHEAP, "right".into(), [7; SALT_BYTES]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        for (secret, hash, expected) in [
            ("right", Some(hash.clone()), true),
            ("wrong", Some(hash.clone()), false),
            ("", Some(hash), false),
            ("right", None, false),
            ("right", Some("not a hash".into()), false),
        ] {
            assert_eq!(hashing.verify(CHEAP, secret.into(), hash).await.unwrap(), expected, "{secret}");
        }
    }
}

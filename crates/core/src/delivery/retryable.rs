//! Which failures a further job may try again.

/// Reasons that are about the address itself: another try says the same.
const FOR_GOOD: &[&str] = &["mailbox_unavailable", "mailbox_disabled", "domain_unavailable", "address_refused"];

/// Stable reason: the process ended twice while it rendered the message of this recipient alone.
pub const POISONED: &str = "poisoned";

/// Whether what a recipient failed for can pass: a quota, a policy, a full mailbox, exhausted retries, a field that was
/// missing. What is about the address itself cannot.
#[must_use]
pub fn can_pass(reason: Option<&str>) -> bool {
    reason.is_none_or(|reason| !FOR_GOOD.contains(&reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_the_address_stays_and_all_else_can_pass() {
        let pass = [
            "retries_exhausted",
            "quota_exceeded",
            "policy_refused",
            "throttled",
            "sender_refused",
            "relay_denied",
            "mailbox_full",
            "message_too_large",
            "content_refused",
            "render_failed",
            POISONED,
            "refused",
        ];
        assert!(pass.iter().all(|reason| can_pass(Some(reason))));
        assert!(can_pass(None));
        assert!(FOR_GOOD.iter().all(|reason| !can_pass(Some(reason))));
    }
}

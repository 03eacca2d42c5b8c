//! Notices panics of the product: its tasks catch them and go on, which a world must not take for health.

use std::sync::{Mutex, Once, PoisonError};

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes panics from now on.
pub(crate) fn watch() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            if place.starts_with("crates/") && !place.starts_with("crates/sim/") {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            }
            before(panic);
        }));
    });
}

/// How many there were; they are the process's, not one world's.
pub(crate) fn number() -> usize {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// The last one.
pub(crate) fn last() -> String {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner).last().cloned().unwrap_or_default()
}

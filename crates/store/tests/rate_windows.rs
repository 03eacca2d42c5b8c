//! Windows of requests are replaced by one process at a time, and forgotten when nothing is left in them.

#![cfg(test)]

use postrider_core::id::ClientId;
use postrider_core::rate_limit::RateClass;
use postrider_core::time::Timestamp;
use postrider_store::rate_windows::RateKey;
use postrider_store::{Store, StoreError, on_both};
use uuid::Uuid;

fn key(class: RateClass) -> RateKey {
    RateKey { client: ClientId::from(Uuid::from_u128(1)), class }
}

/// Counts one request, as a process does.
async fn count(store: &Store, now: Timestamp) {
    let counted = store.write_guarded("test.count", move |tx| {
        loop {
            let mut stored = tx.rate_window(key(RateClass::Read))?;
            stored.window.count(1, now);
            if tx.rate_window_put(key(RateClass::Read), &stored, now)? {
                return Ok::<_, StoreError>(());
            }
        }
    });
    counted.await.unwrap();
}

async fn spent(store: &Store, key: RateKey) -> u32 {
    let window = store.read("test.window", move |tx| tx.rate_window(key)).await;
    let window: Result<_, StoreError> = window;
    window.unwrap().window.spent()
}

on_both! {
    nobody_overwrites_what_another_counted => |store: Store| async move {
        let now = Timestamp::from_millis(1_000_000);
        futures_util::future::join_all((0..40).map(|_| count(&store, now))).await;
        assert_eq!(spent(&store, key(RateClass::Read)).await, 40);
        assert_eq!(spent(&store, key(RateClass::Write)).await, 0);
    };

    a_window_is_kept_until_nothing_is_left_in_it => |store: Store| async move {
        let now = Timestamp::from_millis(1_000_000);
        count(&store, now).await;
        for (later_ms, left) in [(61_000, 1), (120_000, 0)] {
            let later = now.plus_millis(later_ms);
            let forgotten: Result<u64, StoreError> =
                store.write("test.forget", move |tx| tx.rate_windows_forget(later)).await;
            forgotten.unwrap();
            assert_eq!(spent(&store, key(RateClass::Read)).await, left, "{later_ms}");
        }
    };
}

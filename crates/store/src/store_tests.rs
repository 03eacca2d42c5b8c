//! Reads whose caller has gone.

use crate::error::StoreError;
use crate::testkit::{Database, fresh_store};
use crate::tx::Tx;
use futures_util::FutureExt as _;
use std::sync::{Arc, Mutex, mpsc};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_read_takes_up_a_reader_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Database::Sqlite, folder.path()).await;
    let sqlite = store.sqlite().unwrap();
    let (end, ends) = mpsc::channel::<()>();
    let ends = Arc::new(Mutex::new(ends));
    for _ in 0..crate::sqlite::READERS {
        let (store, ends) = (store.clone(), Arc::clone(&ends));
        let (begin, begun) = tokio::sync::oneshot::channel();
        let mut begin = Some(begin);
        let read = tokio::spawn(async move {
            let work = move |_: &mut Tx<'_>| {
                begin.take().map(|begin| begin.send(()));
                assert!(ends.lock().unwrap().recv().is_err(), "it ends with its sender");
                Ok::<_, StoreError>(())
            };
            store.read("test", work).await
        });
        begun.await.unwrap();
        read.abort();
        assert!(read.await.unwrap_err().is_cancelled());
    }
    assert!(sqlite.reader().now_or_never().is_none(), "as many reads still run as there are readers");
    drop(end);
    assert!(sqlite.reader().await.is_some());
}

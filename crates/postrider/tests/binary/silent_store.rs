//! Units of work on a PostgreSQL server that falls silent in the middle of them.

use postrider_channels::proxy::{Path, Proxy};
use postrider_store::testkit::{Database, fresh_url};
use postrider_store::{CONNECTIONS_DEFAULT, DatabaseUrl, OpenMode, Store, StoreError, Trouble, Tx};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

postrider_store::statements! { "silent_store_test":
    MAKE = "CREATE TABLE marks (mark BIGINT NOT NULL)";
    MARK = "INSERT INTO marks (mark) VALUES ($1)";
    MARKS = "SELECT COUNT(*) FROM marks";
    // It takes a moment, and no answer comes before it is over.
    SLOW = fork sqlite "SELECT 1" postgres "SELECT CAST(1 AS BIGINT) FROM pg_sleep(0.3)";
}

/// How long the units of these tests may take.
const LIMIT: Duration = Duration::from_secs(1);
/// How long recovery from silence may take: the limit, its grace, a ping, a new connection, and a busy machine.
const RECOVERED_MAX: Duration = Duration::from_secs(8);

/// A store that reaches its server over a proxy, and one that does not.
async fn scene(connections: usize) -> (Arc<Proxy>, Store, Store) {
    let folder = tempfile::tempdir().unwrap();
    let DatabaseUrl::Postgres(url) = fresh_url(Database::Postgres, folder.path()).await else { unreachable!() };
    let (before, rest) = url.split_once('@').unwrap();
    let (server, after) = rest.split_once('/').unwrap();
    let proxy = Arc::new(Proxy::start(server.to_owned()).await.unwrap());
    let behind = DatabaseUrl::Postgres(format!("{before}@{}/{after}", proxy.address()));
    let store = Store::open_with(&behind, OpenMode::Create, connections).await.unwrap();
    let direct = Store::open_apart(&DatabaseUrl::Postgres(url)).await.unwrap();
    direct.write("test", |tx| tx.execute(&MAKE, &[])).await.unwrap();
    (proxy, store, direct)
}

async fn marks(store: &Store) -> Result<i64, StoreError> {
    store.read_within("test", LIMIT, |tx| tx.query_number(&MARKS, &[])).await
}

fn mark(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute(&MARK, &[1.into()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_in_doubt_and_no_statement_before_it_is() {
    let (proxy, store, direct) = scene(CONNECTIONS_DEFAULT).await;
    for (path, is_committed) in [(Path::AnswersHeld, 1), (Path::RequestsHeld, 0)] {
        let before = marks(&direct).await.unwrap();
        let strike = Arc::clone(&proxy);
        let silenced = store.write_guarded_within("test", LIMIT, move |tx| {
            mark(tx)?;
            strike.set(path);
            Ok::<_, StoreError>(())
        });
        let failed = silenced.await.unwrap_err();
        assert!(matches!(failed, StoreError::Ambiguous(_)), "{path:?}: {failed}");
        assert_eq!(marks(&direct).await.unwrap() - before, is_committed, "{path:?}");
        assert_eq!(store.trouble(), Some(Trouble::Silent), "{path:?}");

        let silenced = store.write_guarded_within("test", LIMIT, mark).await.unwrap_err();
        assert!(matches!(silenced, StoreError::Silent(_) | StoreError::Busy(_)), "{path:?}: {silenced}");
        proxy.set(Path::Open);
        while marks(&store).await.is_err() {}
        assert_eq!(store.trouble(), None, "{path:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_are_silent_for_ever_are_replaced_whether_they_were_busy_or_idle() {
    let (proxy, store, direct) = scene(4).await;
    // Four connections, then two of them at work and two idle when they all fall silent.
    let all = futures(4, &store).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let begun = Instant::now();
    let strike = Arc::clone(&proxy);
    let busy = store.write_guarded_within("test", LIMIT, move |tx| {
        mark(tx)?;
        strike.forget();
        mark(tx)
    });
    assert!(matches!(busy.await.unwrap_err(), StoreError::Silent(_)));
    // The next unit of work gets no connection from before.
    let after = futures(8, &store).await;
    assert!(after.iter().all(Result::is_ok), "{after:?}");
    assert!(begun.elapsed() < RECOVERED_MAX, "{:?}", begun.elapsed());
    assert_eq!(marks(&direct).await.unwrap(), 0, "the server rolled back what was left open");
}

/// Lets all connections fall silent, for longer than one is trusted without being asked. Returns since when.
async fn forgotten_while_idle(proxy: &Proxy) -> Instant {
    let idle_since = Instant::now();
    proxy.forget();
    while idle_since.elapsed() < Duration::from_millis(1_200) {
        tokio::task::yield_now().await;
    }
    idle_since
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_fell_silent_while_it_was_idle_is_noticed_before_it_is_used() {
    let (proxy, store, _direct) = scene(4).await;
    futures(4, &store).await;
    let idle_since = forgotten_while_idle(&proxy).await;
    let work = store.read("test", |tx| tx.query_number(&MARKS, &[])).await;
    assert!(work.is_ok(), "{work:?}");
    assert!(idle_since.elapsed() < RECOVERED_MAX, "{:?}", idle_since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_for_a_connection_fails_in_time_and_a_closed_store_ends_everything() {
    let (proxy, store, _direct) = scene(1).await;
    let holder = store.clone();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let mut begin = Some(begin);
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let ends = std::sync::Mutex::new(ends);
    let held = tokio::spawn(async move {
        let hold = move |_: &mut Tx<'_>| {
            begin.take().map(|begin| begin.send(()));
            assert!(ends.lock().unwrap().recv().is_err(), "it ends with its sender");
            Ok::<_, StoreError>(())
        };
        holder.read("test", hold).await
    });
    begun.await.unwrap();
    let refused = marks(&store).await.unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)), "{refused}");
    assert_eq!(store.trouble(), None, "a server that is busy is in no trouble");
    drop(end);
    held.await.unwrap().unwrap();

    proxy.set(Path::Silent);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.write("test", mark).await }
    });
    let closing = Instant::now();
    assert!(store.close(Duration::from_secs(5)).await);
    assert!(waiting.await.unwrap().is_err());
    assert!(closing.elapsed() < Duration::from_secs(3), "{:?}", closing.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_names_every_host_with_what_it_said_and_no_password() {
    let (proxy, _store, direct) = scene(1).await;
    let DatabaseUrl::Postgres(url) = direct.url().clone() else { unreachable!() };
    proxy.set(Path::Silent);
    let server = url.split_once('@').unwrap().1.split('/').next().unwrap();
    let (silent, gone) = (proxy.address(), "127.0.0.1:1");
    let wrong =
        |hosts: &str| format!("postgres://postgres:hunter2@{hosts}/no_such_database?sslmode=disable&connect_timeout=1");
    let hosts = format!("{silent},{gone},{server}");
    let url = DatabaseUrl::parse(&wrong(&hosts)).unwrap();
    let told = Store::open(&url).await.err().unwrap().to_string();
    for part in [
        format!("{silent} said: no answer within 1 s"),
        format!("{gone} said: error connecting to server"),
        format!("{server} said: database \"no_such_database\" does not exist"),
    ] {
        assert!(told.contains(&part), "{part}: {told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(format!("{url:?}"), format!("postgres://{hosts}/no_such_database"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_look_that_ends_before_the_ping_says_silent_once_and_the_next_one_has_a_new_connection() {
    let (proxy, store, _direct) = scene(4).await;
    futures(4, &store).await;
    forgotten_while_idle(&proxy).await;
    let first = marks(&store).await.unwrap_err();
    assert!(matches!(first, StoreError::Silent(_)), "{first}");
    assert_eq!(store.trouble(), Some(Trouble::Silent));
    marks(&store).await.unwrap();
    assert_eq!(store.trouble(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_hosts_leave_time_for_a_living_one_whatever_the_url_says_and_are_called_silent() {
    let (proxy, _store, direct) = scene(1).await;
    let DatabaseUrl::Postgres(url) = direct.url().clone() else { unreachable!() };
    proxy.set(Path::Silent);
    let server = url.split_once('@').unwrap().1.split('/').next().unwrap();
    let behind = |hosts: String| DatabaseUrl::Postgres(format!("{}&connect_timeout=10", url.replace(server, &hosts)));
    let store = Store::open(&behind(format!("{0},{0},{server}", proxy.address()))).await.unwrap();
    store.read("test", |tx| tx.query_number(&MARKS, &[])).await.unwrap();
    let begun = Instant::now();
    let silent = Store::open(&behind(format!("{0},{0},{0}", proxy.address()))).await.err().unwrap();
    assert!(matches!(silent, StoreError::Silent(_)), "{silent}");
    assert!(begun.elapsed() < RECOVERED_MAX, "{:?}", begun.elapsed());
}

/// The number of reads at once.
async fn futures(count: usize, store: &Store) -> Vec<Result<i64, StoreError>> {
    let mut reads = tokio::task::JoinSet::new();
    for _ in 0..count {
        let store = store.clone();
        reads.spawn(async move { store.read("test", |tx| tx.query_number(&SLOW, &[])).await });
    }
    reads.join_all().await
}

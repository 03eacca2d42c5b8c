//! What a unit of work promises, on both databases.

#![cfg(test)]

use postrider_store::{Store, StoreError, on_both, statements};

statements! { "transactions":
    MAKE = "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";
    COUNT = "SELECT COUNT(*) FROM schema_migrations WHERE version >= 100";
    READ = "SELECT CAST(name AS BIGINT) FROM schema_migrations WHERE version = $1";
    RAISE = "UPDATE schema_migrations SET name = $1 WHERE version = $2";
}

async fn count(store: &Store) -> i64 {
    store.read("count", |tx| tx.query_number(&COUNT, &[])).await.unwrap()
}

on_both! {
    a_refused_unit_of_work_leaves_nothing => |store: Store| async move {
        let refused = store.write("refused", |tx| {
            tx.execute(&MAKE, &[100.into(), "x".into()])?;
            Err::<(), _>(StoreError::Failed("no".into()))
        });
        assert!(refused.await.is_err());
        assert_eq!(count(&store).await, 0);
    };

    a_panic_takes_back_only_its_own_work => |store: Store| async move {
        let panics = store.write("panics", |tx| -> Result<(), StoreError> {
            tx.execute(&MAKE, &[100.into(), "x".into()])?;
            panic!("as planned")
        });
        let works = store.write("works", |tx| tx.execute(&MAKE, &[101.into(), "x".into()]));
        let (panics, works) = tokio::join!(panics, works);
        assert!(panics.is_err());
        assert_eq!(works.unwrap(), 1);
        assert_eq!(count(&store).await, 1);
    };

    a_unique_key_is_a_conflict => |store: Store| async move {
        let make = |tx: &mut postrider_store::Tx<'_>| tx.execute(&MAKE, &[987_654.into(), "x".into()]);
        assert_eq!(store.write("make", make).await.unwrap(), 1);
        let Err(StoreError::Conflict(said)) = store.write("make", make).await else { panic!("a conflict is expected") };
        assert!(!said.contains("987654"), "what goes to the log must not repeat the row: {said}");
    };

    many_at_once_lose_no_update => |store: Store| async move {
        store.write("make", |tx| tx.execute(&MAKE, &[100.into(), "0".into()])).await.unwrap();
        let mut tasks = Vec::new();
        for _ in 0..32 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..4 {
                    let raise = store.write("raise", |tx| {
                        let value = tx.query_number(&READ, &[100.into()])?;
                        tx.execute(&RAISE, &[(value + 1).to_string().into(), 100.into()])
                    });
                    raise.await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let value = store.read("read", |tx| tx.query_number(&READ, &[100.into()])).await.unwrap();
        assert_eq!(value, 128);
    };
}

//! Searches for people, on both databases.

#![cfg(test)]

use postrider_core::id::{ProfileId, TenantId};
use postrider_core::person_search::lookups;
use postrider_core::time::Timestamp;
use postrider_store::person_search::READ_MAX;
use postrider_store::profiles::ProfileRow;
use postrider_store::{Store, on_both, statements};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_777_626_000_000);

statements! { "searched":
    MAKE_TENANT = "INSERT INTO tenants (id, name, mail_cutoff_minutes, last_touchpoint_id, created_at, updated_at) \
        VALUES ($1, 'a tenant', 1020, 0, 0, 0)";
}

fn person(number: u128, name: &str, email: &str) -> ProfileRow {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ProfileRow {
        email: some(email),
        first_name: some(first),
        last_name: some(last),
        ..ProfileRow::empty(ProfileId::from(Uuid::from_u128(number)), NOW)
    }
}

async fn make(store: &Store, number: u128, people: Vec<ProfileRow>) -> TenantId {
    let tenant = TenantId::from(Uuid::from_u128(number));
    let made = store.write("make", move |tx| {
        tx.execute(&MAKE_TENANT, &[postrider_store::value::id(tenant)])?;
        people.chunks(500).try_for_each(|people| tx.profiles_insert(tenant, people))
    });
    made.await.unwrap();
    tenant
}

/// The numbers of the people that all pages of a search have, and how many pages there were.
async fn found(store: &Store, tenant: TenantId, search: &str, limit: usize) -> (Vec<u128>, usize) {
    let lookups = lookups(search).unwrap();
    let (mut numbers, mut place, mut pages) = (Vec::new(), None, 0);
    loop {
        let (lookups, after) = (lookups.clone(), place.clone());
        let page = store.read("find", move |tx| tx.profiles_search(tenant, &lookups, after.as_ref(), limit));
        let page = page.await.unwrap();
        assert!(page.people.len() <= limit);
        numbers.extend(page.people.iter().map(|row| Uuid::from(row.id).as_u128()));
        (place, pages) = (page.next, pages + 1);
        if place.is_none() {
            return (numbers, pages);
        }
    }
}

on_both! {
    everybody_is_found_by_each_field_and_by_nobody_elses => |store: Store| async move {
        let mut people = vec![
            person(1, "Jürgen Müller", "j.mueller@example.com"),
            person(2, "Jurga Petraitė", "jp@example.com"),
            person(3, "Anna-Lena O’Brien", "anna@example.com"),
            person(4, "anna Zimmer", "zimmer@example.com"),
            person(5, "", "anna.b@example.com"),
            person(6, "محمد علي", "m@example.com"),
            person(7, "% _", "percent@example.com"),
        ];
        people[0].phone = Some("+4915112345678".into());
        people[1].customer_id = Some("C-100".into());
        people[2].customer_id = Some("C-1".into());
        let mine = make(&store, 1, people).await;
        let other = make(&store, 2, vec![person(99, "Jürgen Müller", "j.mueller@example.com")]).await;
        for (search, wanted) in [
            ("jürg", vec![2, 1]),
            ("JURG", vec![2, 1]),
            ("jürgen m", vec![1]),
            ("Müller, Jürgen", vec![1]),
            ("muller", vec![1]),
            ("j.mueller@example.com", vec![1]),
            ("J.Mue", vec![1]),
            ("0151 123 45678", vec![1]),
            ("+49 (0)151", vec![1]),
            ("C-1", vec![3, 2]),
            ("anna", vec![3, 4, 5]),
            ("obrien", vec![3]),
            ("مُحَمَّد", vec![6]),
            ("%", vec![7]),
            ("_", vec![7]),
            ("🎉", vec![]),
            ("' OR 1=1 --", vec![]),
            ("00000000-0000-0000-0000-000000000004", vec![4]),
            ("", vec![7, 6, 5, 4, 3, 2, 1]),
        ] {
            for limit in [1, 2, 100] {
                assert_eq!(found(&store, mine, search, limit).await.0, wanted, "{search:?} by {limit}");
            }
        }
        assert_eq!(found(&store, other, "jürgen", 10).await.0, vec![99]);
    };

    a_search_that_many_match_reads_a_bounded_number_of_rows_for_each_page => |store: Store| async move {
        // All match by name and again by address: the second time they are read and left out.
        let count = u128::try_from(READ_MAX).unwrap() + 500;
        let people = (1..=count).map(|number| person(number, "Ada", &format!("ada{number:05}@example.com")));
        let tenant = make(&store, 1, people.collect()).await;
        let (numbers, pages) = found(&store, tenant, "a", 100).await;
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
        assert!(pages <= 18, "{pages} pages");
    };

    a_name_that_is_changed_is_found_by_the_new_one_alone => |store: Store| async move {
        let tenant = make(&store, 1, vec![person(1, "Ada Byron", "ada@example.com")]).await;
        let changed = person(1, "Ada Lovelace", "ada@example.com");
        store.write("change", move |tx| tx.profiles_update(tenant, [&changed])).await.unwrap();
        assert_eq!(found(&store, tenant, "byron", 10).await.0, Vec::<u128>::new());
        assert_eq!(found(&store, tenant, "lovelace ada", 10).await.0, vec![1]);
    };
}

/// People of an older schema have no keys; bringing the schema up to date gives them theirs.
#[tokio::test]
async fn people_of_an_older_schema_are_found_by_name() {
    use postrider_store::testkit::{Database, fresh_store, of_version};
    for database in [Database::Sqlite, Database::Postgres] {
        let (folder, older) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = fresh_store(database, folder.path()).await;
        let people = (1..=1_200).map(|number| person(number, "Jürgen Müller", &format!("p{number}@example.com")));
        let tenant = make(&store, 1, people.collect()).await;
        let url = of_version(7, &store, database, older.path()).await;
        let store = Store::open(&url).await.unwrap();
        assert_eq!(found(&store, tenant, "muller jurgen", 100).await.0.len(), 1_200, "{database:?}");
    }
}

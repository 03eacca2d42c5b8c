//! Profiles, lists and suppressions, on both databases.

#![cfg(test)]

use postrider_core::audience::{Consent, SuppressionReason};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ListId, ProfileId, SuppressionId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::lists::ListRow;
use postrider_store::profiles::{MatchKey, ProfileRow};
use postrider_store::suppressions::{SuppressionFilter, SuppressionRow};
use postrider_store::{Store, StoreError, Tx, on_both, statements};
use std::collections::BTreeSet;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_777_626_000_000);

statements! { "people":
    MAKE_TENANT = "INSERT INTO tenants (id, name, mail_cutoff_minutes, last_touchpoint_id, created_at, updated_at) \
        VALUES ($1, 'a tenant', 1020, 0, 0, 0)";
    MEMBERS = "SELECT COUNT(*) FROM list_members WHERE list_id = $1";
}

fn tenant(number: u128) -> TenantId {
    Uuid::from_u128(number).into()
}

fn person(number: u128) -> ProfileRow {
    let email = Some(format!("person{number}@example.com"));
    ProfileRow { email, ..ProfileRow::empty(ProfileId::from(Uuid::from_u128(number)), NOW) }
}

fn list(number: u128, name: &str) -> ListRow {
    ListRow {
        id: ListId::from(Uuid::from_u128(number)),
        name: name.into(),
        description: None,
        member_count: 0,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn make_tenant(store: &Store, number: u128) -> TenantId {
    let tenant = tenant(number);
    let made = store.write("make_tenant", move |tx| tx.execute(&MAKE_TENANT, &[postrider_store::value::id(tenant)]));
    made.await.unwrap();
    tenant
}

/// Upserts people by email the way the service does: look up, then insert or update, under the lock.
fn upsert(tx: &mut Tx<'_>, tenant: TenantId, people: &[ProfileRow], list: ListId) -> Result<(), StoreError> {
    tx.profiles_lock(tenant)?;
    let emails: Vec<&str> = people.iter().filter_map(|person| person.key(MatchKey::Email)).collect();
    let found = tx.profiles_by_keys(tenant, MatchKey::Email, &emails)?;
    let known: BTreeSet<&str> = found.iter().filter_map(|person| person.key(MatchKey::Email)).collect();
    let fresh: Vec<ProfileRow> =
        people.iter().filter(|person| !known.contains(person.key(MatchKey::Email).unwrap())).cloned().collect();
    tx.profiles_insert(tenant, &fresh)?;
    tx.profiles_update(tenant, &found)?;
    let members: Vec<ProfileId> = found.iter().chain(&fresh).map(|person| person.id).collect();
    tx.list_members_add(tenant, list, &members, NOW)?.expect("the list is there");
    Ok(())
}

on_both! {
    a_profile_comes_back_as_it_was_written => |store: Store| async move {
        let (mine, other) = (make_tenant(&store, 1).await, make_tenant(&store, 2).await);
        let whole = ProfileRow {
            phone: Some("+4930123456".into()),
            customer_id: Some("C-1".into()),
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            timezone: Some("Europe/Berlin".into()),
            locale: Some("de-DE".into()),
            push_tokens: Some(r#"["a"]"#.into()),
            address: Some(r#"{"city":"Berlin"}"#.into()),
            consent_email: Consent::Granted,
            consent_sms: Consent::Denied,
            attributes: r#"{"plan":"gold"}"#.into(),
            ..person(7)
        };
        let wanted = whole.clone();
        store.write("test", move |tx| tx.profiles_insert(mine, std::slice::from_ref(&whole))).await.unwrap();
        let (found, missed, by_phone, elsewhere) = store
            .read("test", move |tx| {
                let id = person(7).id;
                let by_phone = tx.profiles_by_keys(mine, MatchKey::Phone, &["+1", "+4930123456"])?;
                let elsewhere = tx.profiles_by_keys(other, MatchKey::CustomerId, &["C-1"])?;
                Ok::<_, StoreError>((tx.profile_get(mine, id)?, tx.profile_get(other, id)?, by_phone, elsewhere))
            })
            .await
            .unwrap();
        assert!(found == Some(wanted.clone()), "every column is read as it was written");
        assert!(missed.is_none() && elsewhere.is_empty(), "another tenant sees nothing");
        assert_eq!(by_phone, vec![wanted]);
    };

    a_key_passes_from_one_profile_to_another_in_one_set => |store: Store| async move {
        let tenant = make_tenant(&store, 1).await;
        let swapped = store
            .write("test", move |tx| {
                let (mut one, mut two) = (person(1), person(2));
                tx.profiles_insert(tenant, &[one.clone(), two.clone()])?;
                std::mem::swap(&mut one.email, &mut two.email);
                tx.profiles_rekey(tenant, &[one.clone(), two.clone()], &[one.id, two.id])?;
                tx.profiles_by_keys(tenant, MatchKey::Email, &["person2@example.com"])
            })
            .await
            .unwrap();
        assert_eq!(swapped.len(), 1);
        assert_eq!(swapped[0].id, person(1).id);
    };

    many_at_once_make_no_double_and_lose_no_member => |store: Store| async move {
        const PEOPLE: u128 = 600;
        let tenant = make_tenant(&store, 1).await;
        let everybody = list(1, "Everybody");
        let list = everybody.id;
        store.write("test", move |tx| tx.list_insert(tenant, &everybody)).await.unwrap();
        let mut tasks = Vec::new();
        for task in 0..8_u128 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for part in 0..3 {
                    // Each task sees the same people in another order and under ids of its own.
                    let mut people: Vec<ProfileRow> = (part * 200..part * 200 + 300)
                        .map(|number| number % PEOPLE)
                        .map(|number| ProfileRow {
                            id: Uuid::from_u128((task + 1) * 1_000_000 + number).into(),
                            ..person(number)
                        })
                        .collect();
                    if task % 2 == 1 {
                        people.reverse();
                    }
                    store.write_guarded("test", move |tx| upsert(tx, tenant, &people, list)).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let (profiles, members, counted) = store
            .read("test", move |tx| {
                let members = tx.query_number(&MEMBERS, &[postrider_store::value::id(list)])?;
                Ok::<_, StoreError>((tx.profile_count(tenant)?, members, tx.list_get(tenant, list)?))
            })
            .await
            .unwrap();
        assert_eq!((profiles, members), (600, 600));
        assert_eq!(counted.unwrap().member_count, 600);
    };

    members_come_and_go_and_the_count_follows => |store: Store| async move {
        let (mine, other) = (make_tenant(&store, 1).await, make_tenant(&store, 2).await);
        store
            .write("test", move |tx| {
                tx.list_insert(mine, &list(1, "Mine"))?;
                tx.profiles_insert(mine, &[person(1), person(2)])?;
                tx.profiles_insert(other, &[person(3)])?;
                let id = list(1, "").id;
                let everybody = [person(1).id, person(2).id, person(1).id, person(3).id];
                let added = tx.list_members_add(mine, id, &everybody, NOW)?;
                assert_eq!(added, Some(vec![true, true, false, false]), "nobody twice, nobody of another tenant");
                assert_eq!(tx.list_members_add(other, id, &[person(3).id], NOW)?, None);
                assert_eq!(tx.list_get(mine, id)?.map(|list| list.member_count), Some(2));
                let removed = tx.list_members_remove(mine, id, &[person(2).id, person(3).id], NOW)?;
                assert_eq!(removed, Some(vec![true, false]));
                let page = tx.list_members_page(mine, id, 10, 0)?;
                assert_eq!(page.iter().map(|member| member.profile.id).collect::<Vec<_>>(), [person(1).id]);
                assert_eq!(tx.list_get(mine, id)?.map(|list| list.member_count), Some(1));
                assert!(tx.list_delete(mine, id, NOW)?);
                assert_eq!(tx.list_get(mine, id)?, None);
                assert_eq!(tx.list_by_name(mine, "Mine")?, None);
                assert_eq!((tx.lists_count(mine)?, tx.lists_page(mine, 10, 0)?.len()), (0, 0));
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    };

    a_suppression_is_never_shortened_by_a_later_one => |store: Store| async move {
        let (tenant, other) = (make_tenant(&store, 1).await, make_tenant(&store, 2).await);
        let entry = |number: u128, reason, expires_at| SuppressionRow {
            id: SuppressionId::from(Uuid::from_u128(number)),
            channel: ChannelKind::Email,
            address: "a@example.com".into(),
            reason,
            created_at: NOW,
            expires_at,
            erased_at: None,
        };
        store
            .write("test", move |tx| {
                let soon = NOW.plus_millis(1_000);
                let put = tx.suppression_put(tenant, &entry(1, SuppressionReason::Manual, Some(soon)))?;
                assert_eq!(put.expires_at, Some(soon));
                let active = tx.suppressions_active(tenant, ChannelKind::Email, &["a@example.com", "b"], NOW)?;
                assert_eq!(active, ["a@example.com"]);
                let elsewhere = tx.suppressions_active(other, ChannelKind::Email, &["a@example.com"], NOW)?;
                assert!(elsewhere.is_empty(), "another tenant's entries are its own");
                let over = tx.suppressions_active(tenant, ChannelKind::Email, &["a@example.com"], soon)?;
                assert!(over.is_empty(), "an entry that has run out suppresses nobody");
                let longer = tx.suppression_put(tenant, &entry(2, SuppressionReason::Unsubscribed, None))?;
                assert_eq!((longer.id, longer.expires_at), (put.id, None));
                let kept = tx.suppression_put(tenant, &entry(3, SuppressionReason::Manual, Some(soon)))?;
                assert_eq!((kept.reason, kept.expires_at), (SuppressionReason::Unsubscribed, None));
                let sms = tx.suppressions_active(tenant, ChannelKind::Sms, &["a@example.com"], NOW)?;
                assert!(sms.is_empty(), "channels do not share entries");
                assert!(tx.suppression_delete(tenant, put.id)?);
                assert!(!tx.suppression_delete(tenant, put.id)?);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    };

    a_listing_of_suppressions_is_complete_and_newest_first => |store: Store| async move {
        let tenant = make_tenant(&store, 1).await;
        store
            .write("test", move |tx| {
                for number in 1..=5_u32 {
                    let row = SuppressionRow {
                        id: SuppressionId::from(Uuid::from_u128(number.into())),
                        channel: if number % 2 == 0 { ChannelKind::Sms } else { ChannelKind::Email },
                        address: format!("address {number}"),
                        reason: SuppressionReason::Manual,
                        created_at: NOW.plus_millis(i64::from(number / 3)),
                        expires_at: None,
                        erased_at: None,
                    };
                    tx.suppression_put(tenant, &row)?;
                }
                let mut filter = SuppressionFilter::default();
                let mut seen = Vec::new();
                loop {
                    let page = tx.suppressions_list(tenant, &filter, 2)?;
                    let Some(last) = page.last() else { break };
                    filter.after = Some((last.created_at, last.id));
                    seen.extend(page.into_iter().map(|row| row.address));
                }
                assert_eq!(seen, ["address 5", "address 4", "address 3", "address 2", "address 1"]);
                let filter = SuppressionFilter {
                    channel: Some(ChannelKind::Sms),
                    address: Some("address 4".into()),
                    after: None,
                };
                assert_eq!(tx.suppressions_list(tenant, &filter, 10)?.len(), 1);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    };
}

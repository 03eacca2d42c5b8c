//! Campaigns on both databases.

#![cfg(test)]

use postrider_core::campaign::{AudienceSide, AudienceType, AuthoringStatus, CampaignType, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, TenantId, VersionId};
use postrider_core::schedule::{Intent, IntentCommand, IntentFacts, Mode, TenantTime, decide_intent};
use postrider_core::time::Timestamp;
use postrider_store::campaign_audiences::AudienceBinding;
use postrider_store::campaign_listing::CampaignFilter;
use postrider_store::campaigns::Campaign;
use postrider_store::value::id;
use postrider_store::{Store, StoreError, on_both, statements};
use uuid::Uuid;

statements! { "campaigns_test":
    TENANT = "INSERT INTO tenants (id, name, mail_cutoff_minutes, last_touchpoint_id, created_at, updated_at) \
        VALUES ($1, 'T', 1020, 0, 0, 0)";
    LIST = "INSERT INTO lists (tenant_id, id, name, member_count, created_at, updated_at) \
        VALUES ($1, $2, 'Customers', 7, 0, 0)";
}

const TENANT_ID: u128 = 1;
const OTHER_TENANT_ID: u128 = 2;

fn tenant() -> TenantId {
    Uuid::from_u128(TENANT_ID).into()
}

fn other_tenant() -> TenantId {
    Uuid::from_u128(OTHER_TENANT_ID).into()
}

fn campaign(number: u128) -> Campaign {
    let at = Timestamp::from_millis(1_000 + i64::try_from(number).unwrap());
    Campaign {
        id: CampaignId::from(Uuid::from_u128(number)),
        campaign_type: CampaignType::Broadcast,
        channel: ChannelKind::Email,
        name: format!("Campaign {number}"),
        description: None,
        category: "general".into(),
        tags: vec!["general".into()],
        external_id: None,
        metadata: None,
        authoring_status: AuthoringStatus::Draft,
        execution_status: ExecutionStatus::NotScheduled,
        current_version_id: Some(VersionId::from(Uuid::from_u128(1_000 + number))),
        template_id: None,
        template_name: None,
        sender_profile_id: None,
        subject_line: None,
        intent: None,
        created_at: at,
        updated_at: at,
        archived_at: None,
    }
}

fn intent() -> Intent {
    let facts = IntentFacts {
        channel: ChannelKind::Email,
        authoring_status: AuthoringStatus::Draft,
        tenant: TenantTime::default(),
    };
    let command = IntentCommand {
        mode: Mode::At,
        send_at: Some("2026-05-01T09:00".into()),
        batch_date: None,
        timezone: Some("America/New_York".into()),
    };
    decide_intent(&facts, &command, Timestamp::from_millis(0)).unwrap()
}

async fn insert(store: &Store, campaign: Campaign) -> bool {
    store.write("insert", move |tx| tx.campaign_insert(tenant(), &campaign)).await.unwrap()
}

async fn tenants(store: &Store) {
    let make = store.write("tenants", |tx| {
        tx.execute(&TENANT, &[Uuid::from_u128(TENANT_ID).into()])?;
        tx.execute(&TENANT, &[Uuid::from_u128(OTHER_TENANT_ID).into()])
    });
    make.await.unwrap();
}

async fn page(store: &Store, filter: CampaignFilter, after: Option<(Timestamp, CampaignId)>) -> Vec<Campaign> {
    store.read("list", move |tx| tx.campaigns_list(tenant(), &filter, after, 3)).await.unwrap()
}

on_both! {
    a_campaign_is_read_as_it_was_written => |store: Store| async move {
        tenants(&store).await;
        let whole = Campaign {
            description: Some("why".into()),
            tags: vec!["general".into(), "ünï \"quoted\"".into()],
            external_id: Some("crm-1".into()),
            metadata: Some(r#"{"a":1}"#.into()),
            subject_line: Some("Hi".into()),
            intent: Some(intent()),
            ..campaign(1)
        };
        assert!(insert(&store, whole.clone()).await);
        let read = store.read("get", move |tx| {
            let own = tx.campaign_get(tenant(), Uuid::from_u128(1).into())?;
            let others = tx.campaign_get(other_tenant(), Uuid::from_u128(1).into())?;
            Ok::<_, StoreError>((own, others))
        });
        assert_eq!(read.await.unwrap(), (Some(whole), None));
    };

    an_external_id_belongs_to_one_live_campaign => |store: Store| async move {
        tenants(&store).await;
        let named = |number| Campaign { external_id: Some("crm-1".into()), ..campaign(number) };
        assert!(insert(&store, named(1)).await);
        assert!(!insert(&store, named(2)).await);
        assert!(insert(&store, campaign(3)).await);
    };

    only_a_draft_takes_an_intent_and_a_taken_back_one_is_a_draft_with_a_new_version => |store: Store| async move {
        tenants(&store).await;
        insert(&store, campaign(1)).await;
        let (now, one) = (Timestamp::from_millis(5_000), CampaignId::from(Uuid::from_u128(1)));
        let steps = store.write("steps", move |tx| {
            let set = tx.campaign_set_intent(tenant(), one, &intent(), now)?;
            let published = tx.campaign_publish(tenant(), one, now)?;
            let again = tx.campaign_publish(tenant(), one, now)?;
            let late = tx.campaign_set_intent(tenant(), one, &intent(), now)?;
            let back = tx.campaign_to_draft(tenant(), one, Uuid::from_u128(9).into(), now)?;
            let others = tx.campaign_publish(other_tenant(), one, now)?;
            Ok::<_, StoreError>(([set, published, again, late, back, others], tx.campaign_get(tenant(), one)?))
        });
        let (steps, read) = steps.await.unwrap();
        assert_eq!(steps, [true, true, false, false, true, false]);
        let expected = Campaign {
            intent: Some(intent()),
            current_version_id: Some(Uuid::from_u128(9).into()),
            updated_at: now,
            ..campaign(1)
        };
        assert_eq!(read, Some(expected));
    };

    audiences_are_replaced_whole_and_carry_names => |store: Store| async move {
        tenants(&store).await;
        insert(&store, campaign(1)).await;
        let one = CampaignId::from(Uuid::from_u128(1));
        let binding = |side, number| AudienceBinding {
            side,
            audience_id: Uuid::from_u128(number),
            audience_type: AudienceType::Audience,
        };
        let names = store.write("bind", move |tx| {
            tx.execute(&LIST, &[id(tenant()), Uuid::from_u128(50).into()])?;
            tx.execute(&LIST, &[id(other_tenant()), Uuid::from_u128(51).into()])?;
            tx.campaign_audiences_replace(tenant(), one, &[binding(AudienceSide::Include, 99)])?;
            let bindings = [
                binding(AudienceSide::Include, 51),
                binding(AudienceSide::Include, 50),
                binding(AudienceSide::Exclude, 50),
            ];
            tx.campaign_audiences_replace(other_tenant(), one, &[])?;
            tx.campaign_audiences_replace(tenant(), one, &bindings)?;
            let bound = tx.campaign_audiences(tenant(), one)?;
            assert_eq!(tx.campaign_audiences_list(tenant(), &[one, Uuid::from_u128(2).into()])?, bound);
            assert_eq!(tx.campaign_audiences(other_tenant(), one)?, []);
            let names = bound.into_iter().map(|it| (it.binding.side, it.name, it.member_count));
            Ok::<_, StoreError>(names.collect::<Vec<_>>())
        });
        let customers = (Some("Customers".to_owned()), Some(7));
        let expected = vec![
            (AudienceSide::Exclude, customers.0.clone(), customers.1),
            (AudienceSide::Include, None, None),
            (AudienceSide::Include, customers.0, customers.1),
        ];
        assert_eq!(names.await.unwrap(), expected);
    };

    pages_stay_while_campaigns_are_added => |store: Store| async move {
        tenants(&store).await;
        for number in 1..=5 {
            insert(&store, campaign(number)).await;
        }
        let ids = |page: &[Campaign]| page.iter().map(|it| Uuid::from(it.id).as_u128()).collect::<Vec<_>>();
        let first = page(&store, CampaignFilter::default(), None).await;
        assert_eq!(ids(&first), [5, 4, 3]);
        insert(&store, campaign(6)).await;
        let last = first.last().unwrap();
        let second = page(&store, CampaignFilter::default(), Some((last.created_at, last.id))).await;
        assert_eq!(ids(&second), [2, 1]);
    };

    filters_hold_together => |store: Store| async move {
        tenants(&store).await;
        insert(&store, Campaign { tags: vec!["general".into(), "Spring".into()], ..campaign(1) }).await;
        insert(&store, Campaign { name: "50% off_now".into(), category: "promotional".into(), ..campaign(2) }).await;
        insert(&store, Campaign { channel: ChannelKind::Sms, external_id: Some("CRM-9".into()), ..campaign(3) }).await;
        let cases: [(CampaignFilter, &[u128]); 9] = [
            (CampaignFilter { tag: Some("Spring".into()), ..Default::default() }, &[1]),
            (CampaignFilter { tag: Some("spring".into()), ..Default::default() }, &[]),
            (CampaignFilter { tag: Some("Spr".into()), ..Default::default() }, &[]),
            (CampaignFilter { search: Some("0% OFF_".into()), ..Default::default() }, &[2]),
            (CampaignFilter { search: Some("50%off".into()), ..Default::default() }, &[]),
            (CampaignFilter { search: Some("crm".into()), ..Default::default() }, &[3]),
            (CampaignFilter { category: Some("promotional".into()), ..Default::default() }, &[2]),
            (CampaignFilter { channel: Some(ChannelKind::Email), status: Some(AuthoringStatus::Draft),
                execution_status: Some(ExecutionStatus::NotScheduled), ..Default::default() }, &[2, 1]),
            (CampaignFilter { status: Some(AuthoringStatus::Archived), ..Default::default() }, &[]),
        ];
        for (filter, expected) in cases {
            let found = page(&store, filter.clone(), None).await;
            let found: Vec<u128> = found.iter().map(|it| Uuid::from(it.id).as_u128()).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
    };
}

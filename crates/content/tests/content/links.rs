//! Unsubscribe links: right for their holder, worthless when changed.

use postrider_content::{UnsubscribeKey, token, unsubscribe_url, verify};
use postrider_core::env::Entropy;
use postrider_core::id::{DeliveryId, ManifestId};
use proptest::prelude::*;

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

fn a_delivery(seq: u64) -> DeliveryId {
    let manifest: ManifestId = "01890000-0000-7000-8000-000000000000".parse().expect("an id");
    DeliveryId::of(manifest, seq)
}

#[test]
fn a_token_names_its_delivery() {
    let key = UnsubscribeKey::generate(&Sevens);
    let made = token(a_delivery(42), &key);
    assert_eq!(made.len(), 43);
    assert!(made.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{made}");
    assert_eq!(verify(&made, &key), Some(a_delivery(42)));
    let stored = UnsubscribeKey::from_slice(key.secret()).expect("32 bytes");
    assert_eq!(verify(&made, &stored), Some(a_delivery(42)));
    assert!(UnsubscribeKey::from_slice(&[7; 31]).is_none());
    assert_eq!(format!("{key:?}"), "UnsubscribeKey");
}

#[test]
fn another_key_and_other_texts_are_nothing() {
    let key = UnsubscribeKey::new([1; 32]);
    assert_eq!(verify(&token(a_delivery(1), &UnsubscribeKey::new([2; 32])), &key), None);
    for text in ["", "x", "not a token", &"A".repeat(43), &"A".repeat(44), &"A".repeat(10_000), "ä", "%00"] {
        assert_eq!(verify(text, &key), None, "{text}");
    }
}

#[test]
fn a_url_has_one_slash_between() {
    for base in ["https://m.example.org", "https://m.example.org/"] {
        assert_eq!(unsubscribe_url(base, "abc"), "https://m.example.org/u/abc");
    }
}

proptest! {
    #[test]
    fn any_change_of_a_token_is_seen(seq in 1_u64..1 << 40, at in 0_usize..43, by in 0_usize..64) {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let key = UnsubscribeKey::new([9; 32]);
        let made = token(a_delivery(seq), &key);
        let mut changed = made.clone().into_bytes();
        changed[at] = ALPHABET[by];
        let changed = String::from_utf8(changed).unwrap();
        let expected = (changed == made).then(|| a_delivery(seq));
        prop_assert_eq!(verify(&changed, &key), expected);
    }
}

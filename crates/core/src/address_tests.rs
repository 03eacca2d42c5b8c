//! Addresses as people type them.

use super::*;
use proptest::prelude::*;

#[test]
fn email_addresses_take_their_normal_form() {
    for (text, normal) in [
        ("Ada@Example.COM", "ada@example.com"),
        ("  ada@example.com\n", "ada@example.com"),
        ("a.b+tag@mail.example.co.uk", "a.b+tag@mail.example.co.uk"),
        ("o'brien!#$%&*/=?^_`{|}~-@example.com", "o'brien!#$%&*/=?^_`{|}~-@example.com"),
        ("root@localhost", "root@localhost"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ADA@BÜCHER.example", "ada@bücher.example"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("re\u{301}gis@example.com", "r\u{e9}gis@example.com"),
    ] {
        assert_eq!(normalize_email(text).as_deref(), Ok(normal), "{text}");
    }
}

#[test]
fn what_is_no_email_address_is_told_why() {
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_label = format!("a@{}.com", "b".repeat(64));
    let long_whole = format!(
        "{}@{}.com",
        "a".repeat(64),
        ["b".repeat(60), "c".repeat(60), "d".repeat(60), "e".repeat(20)].join(".")
    );
    for (text, clue) in [
        ("", "empty"),
        ("   ", "empty"),
        ("ada", "no @"),
        ("ada@@example.com", "more than one @"),
        ("a@b@example.com", "more than one @"),
        ("Ada <ada@example.com>", "bare address"),
        ("\"ada lovelace\"@example.com", "quoted"),
        ("\"\"@example.com", "quoted"),
        ("ada@[127.0.0.1]", "IP address"),
        ("ada lovelace@example.com", "blank"),
        ("ada@exam ple.com", "blank"),
        ("ada@example.com\r\nBcc: eve@example.com", "blank"),
        ("ada\u{0}@example.com", "control"),
        ("@example.com", ""),
        ("ada@", ""),
        (".ada@example.com", "form"),
        ("ada.@example.com", "form"),
        ("a..da@example.com", "form"),
        ("ada@example..com", "form"),
        ("ada@.example.com", "form"),
        ("ada@example.com.", "form"),
        ("ada@-example.com", "hyphen"),
        ("ada@example-.com", "hyphen"),
        ("ada@exa_mple.com", "no domain has"),
        ("ada@10.0.0.1", "top-level"),
        ("ada,eve@example.com", "form"),
        (&long_local, "64 octets"),
        (&long_label, "63 octets"),
        (&long_whole, "254 octets"),
    ] {
        let problem = normalize_email(text).expect_err(text);
        assert!(problem.contains(clue), "{text}: {problem}");
    }
}

#[test]
fn the_domain_is_what_follows_the_at() {
    assert_eq!(email_domain("ada@example.com"), "example.com");
    assert_eq!(email_domain("nothing"), "");
}

#[test]
fn phone_numbers_take_their_normal_form() {
    for (text, normal) in [
        ("+49 (30) 1234-567", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("+1.212.555.0100", "+12125550100"),
        (" +4989\u{2011}123456 ", "+4989123456"),
        ("+1234567", "+1234567"),
        ("+123456789012345", "+123456789012345"),
    ] {
        assert_eq!(normalize_phone(text).as_deref(), Ok(normal), "{text}");
    }
    for (text, clue) in [
        ("", "empty"),
        ("()", "empty"),
        ("030 1234567", "country code"),
        ("2125550100", "country code"),
        ("+0 30 1234567", "begins with 0"),
        ("+123456", "7 to 15"),
        ("+1234567890123456", "7 to 15"),
        ("+49301234x5", "other than digits"),
        ("++4930123456", "other than digits"),
        ("+", "7 to 15"),
    ] {
        let problem = normalize_phone(text).expect_err(text);
        assert!(problem.contains(clue), "{text}: {problem}");
    }
}

fn postal(name: &str, line1: &str, city: &str, code: &str, country: &str) -> PostalAddress {
    let [name, line1, city, postal_code, country] = [name, line1, city, code, country].map(str::to_owned);
    PostalAddress { name, line1, city, postal_code, country, ..PostalAddress::default() }
}

#[test]
fn a_postal_address_says_what_it_lacks() {
    let whole = postal("Ada Lovelace", "12 St James's Square", "London", "SW1Y 4JH", "gb");
    assert_eq!(whole.missing(), Vec::<&str>::new());
    assert_eq!(whole.lines(), ["Ada Lovelace", "12 St James's Square", "London SW1Y 4JH", "GB"]);
    assert_eq!(postal("Ada", "Weg 1", "Berlin", "10115", "DE").lines()[2], "10115 Berlin");
    assert_eq!(postal("", " ", "", "", "").missing(), ["name", "line1", "city", "postal_code"]);
    assert_eq!(postal("Ada", "1 Queen's Road", "Central", "", "HK").missing(), Vec::<&str>::new());
    assert_eq!(postal("Ada", "Weg 1", "Berlin", "", "DE").missing(), ["postal_code"]);
    let company = PostalAddress { company: "Engines Ltd".into(), ..postal("", "1 Road", "Bath", "BA1", "") };
    assert_eq!(company.missing(), Vec::<&str>::new());
    assert!(PostalAddress::default().is_empty());
}

#[test]
fn postal_addresses_compare_by_what_is_printed() {
    let one = postal("Ada  Lovelace", "Weg 1", "Berlin", "10115", "de");
    let two = postal("ADA LOVELACE ", "weg 1", "BERLIN", "10115", "DE");
    assert_eq!(one.key(), two.key());
    assert_ne!(one.key(), postal("Ada Lovelace", "Weg 2", "Berlin", "10115", "de").key());
}

#[test]
fn a_postal_address_hides_itself_from_logs() {
    assert_eq!(format!("{:?}", postal("Ada", "Weg 1", "Berlin", "10115", "DE")), "PostalAddress");
}

proptest! {
    #[test]
    fn the_normal_form_of_an_email_is_its_own_normal_form(text in "[ ]?[a-zA-ZäÉ0-9.+_-]{1,20}@[a-zA-Zß0-9.-]{1,20}") {
        if let Ok(normal) = normalize_email(&text) {
            prop_assert_eq!(normalize_email(&normal), Ok(normal.clone()));
            prop_assert!(normal.len() <= EMAIL_OCTETS_MAX);
            prop_assert!(!normal.contains(char::is_whitespace));
        }
    }

    #[test]
    fn no_text_breaks_the_checks(text in "\\PC{0,60}") {
        let _ = normalize_email(&text);
        if let Ok(phone) = normalize_phone(&text) {
            prop_assert!(phone.starts_with('+') && (8..=16).contains(&phone.len()));
            prop_assert_eq!(normalize_phone(&phone), Ok(phone));
        }
    }
}

#[test]
fn the_name_line_is_the_name_else_the_company_else_first_and_last_name() {
    let place =
        PostalAddress { line1: "Weg 1".into(), city: "Ulm".into(), postal_code: "89073".into(), ..Default::default() };
    for (name, company, first, last, expected) in [
        ("Ada L.", "", Some("Eve"), None, Some("Ada L.")),
        ("", "Shop", Some("Eve"), Some("Adams"), Some("Shop")),
        ("", "", Some("Eve"), Some("Adams"), Some("Eve Adams")),
        ("", "", None, Some(" Adams "), Some("Adams")),
        (" ", " ", None, None, None),
    ] {
        let address =
            PostalAddress { name: name.into(), company: company.into(), ..place.clone() }.named_for(first, last);
        assert_eq!(address.missing().first().copied(), expected.is_none().then_some("name"), "{expected:?}");
        assert_eq!(expected.unwrap_or("Weg 1"), address.lines()[0]);
    }
    assert!(PostalAddress::default().named_for(Some("Eve"), Some("Adams")).is_empty(), "a name alone is no address");
}

#[test]
fn what_cannot_be_seen_around_an_address_is_dropped_and_refused_inside() {
    for around in ["\u{feff}", "\u{200b}", "\u{a0}", "\u{202a}", "\u{2066}", "\u{200e}", "\u{ad}", "\t"] {
        let wrap = |text: &str| format!("{around}{text}{around}");
        assert_eq!(normalize_email(&wrap("b@nb.test")).as_deref(), Ok("b@nb.test"), "{around:?}");
        assert_eq!(normalize_phone(&wrap("+49 151 12345678")).as_deref(), Ok("+4915112345678"), "{around:?}");
        assert_eq!(normalize_customer_id(&wrap("A 17")).as_deref(), Ok("A 17"), "{around:?}");
    }
    for inside in ["\u{200b}", "\u{feff}", "\u{202e}", "\u{ad}"] {
        assert!(normalize_email(&format!("b{inside}c@nb.test")).is_err(), "{inside:?}");
        assert!(normalize_phone(&format!("+49{inside}15112345678")).is_err(), "{inside:?}");
        assert!(normalize_customer_id(&format!("A{inside}17")).is_err(), "{inside:?}");
    }
}

#[test]
fn the_prefix_of_national_calls_and_digits_of_other_scripts_are_read() {
    for (text, normal) in [
        ("+49 (0)151 12345678", "+4915112345678"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("0049(0)151/12345678", "+4915112345678"),
        ("tel:+49-151-12345678", "+4915112345678"),
        ("＋４９ １５１ １２３４５６７８", "+4915112345678"),
        ("+٤٩١٥١١٢٣٤٥٦٧٨", "+4915112345678"),
    ] {
        assert_eq!(normalize_phone(text).as_deref(), Ok(normal), "{text}");
    }
}

#[test]
fn numbers_that_a_spreadsheet_rounded_identify_no_one() {
    for text in ["4.91512E+11", "4,91512E+11", "1E+15", "4.9e+11"] {
        assert!(normalize_customer_id(text).unwrap_err().contains("its last digits are gone"), "{text}");
        assert!(normalize_phone(text).unwrap_err().contains("its last digits are gone"), "{text}");
    }
    for text in ["1E5", "E+5", "A4E+11", "4.91512E+", "12"] {
        assert_eq!(normalize_customer_id(text).as_deref(), Ok(text));
    }
}

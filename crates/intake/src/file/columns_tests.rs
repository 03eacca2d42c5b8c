//! What people call their columns.

use super::columns::Columns;
use super::mapping::Mapping;
use super::report::ImportError;
use crate::IntakeError;
use crate::people::MatchKey;
use proptest::prelude::*;

fn names(headers: &[&str], map: &[(&str, &str)]) -> Vec<String> {
    let columns = columns(headers, map).unwrap();
    columns.targets.iter().map(super::columns::Target::name).collect()
}

fn columns(headers: &[&str], map: &[(&str, &str)]) -> Result<Columns, ImportError> {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let columns = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Columns::new(&headers, &Mapping { columns, ..Mapping::default() })
}

fn code(error: &ImportError) -> &'static str {
    match error {
        ImportError::Service(IntakeError::Refused(refusal)) => refusal.code.as_str(),
        other => panic!("{other}"),
    }
}

#[test]
fn headers_find_their_fields() {
    for (headers, expected) in [
        (&["E-Mail", "Vorname", "Nachname", "Telefon"][..], &["email", "first_name", "last_name", "phone"][..]),
        (&["email address", "First Name", "Last Name"], &["email", "first_name", "last_name"]),
        (&[" E-MAIL-ADRESSE ", "Name"], &["email", "name"]),
        (&["Name", "Vorname", "email"], &["last_name", "first_name", "email"]),
        (&["Email", "Email Address"], &["email", "email_address"]),
        (&["email", "Lieblingsfarbe", "Größe (cm)", "2nd"], &["email", "lieblingsfarbe", "groesse_cm", "column_2nd"]),
        (&["email", "", "  ", "campaign"], &["email", "column_2", "column_3", "campaign_2"]),
        (&["email", "plan", "Plan"], &["email", "plan", "plan_2"]),
        (&["email", "Straße", "PLZ", "Ort"], &["email", "address.line1", "address.postal_code", "address.city"]),
        (&["email", "PLZ", "Ort"], &["email", "address.postal_code", "address.city"]),
        (&["email", "city"], &["email", "address.city"]),
        (&["email", "Opt-in", "opt_out", "SMS consent"], &["email", "consent.email", "opt_out", "consent.sms"]),
        (&["email", "UNSUB_TIME", "Status"], &["email", "opt_out.email", "status"]),
        (&["email", "postrider_line", "postrider_severity", "postrider_reason"], &["email", "-", "-", "-"]),
        (&["email", "日本"], &["email", "riben"]),
        (&["email", "address", "consent", "push_tokens"], &["email", "address.line1", "consent.email", "push_tokens"]),
    ] {
        assert_eq!(names(headers, &[]), expected, "{headers:?}");
    }
}

#[test]
fn the_caller_has_the_last_word_about_columns() {
    let headers = ["Kontakt", "E-Mail", "Notiz", "Herkunft"];
    let map = [("kontakt", "email"), ("Notiz", "-"), ("HERKUNFT", "source")];
    assert_eq!(names(&headers, &map), ["email", "e_mail", "-", "source"]);
    assert_eq!(names(&["email", "where"], &[("where", "address.city")]), ["email", "address.city"]);
    for (column, field) in [
        ("Nothing", "email"),
        ("Notiz", "address"),
        ("Notiz", "consent"),
        ("Notiz", "two words"),
        ("Notiz", "campaign"),
        ("Notiz", "address.planet"),
    ] {
        let error = columns(&headers, &[(column, field)]).unwrap_err();
        assert_eq!(code(&error), "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID", "{column}={field}");
    }
}

#[test]
fn two_columns_cannot_be_told_to_be_one_field() {
    let error = columns(&["a", "b"], &[("a", "email"), ("b", "email")]).unwrap_err();
    assert_eq!(code(&error), "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID");
}

#[test]
fn rows_are_matched_by_the_best_column_there_is() {
    for (headers, wanted, expected) in [
        (&["phone", "email", "customer id"][..], None, Some(MatchKey::Email)),
        (&["phone", "Kundennummer"], None, Some(MatchKey::CustomerId)),
        (&["Handy"], None, Some(MatchKey::Phone)),
        (&["colour"], None, None),
        (&["phone", "email"], Some(MatchKey::Phone), Some(MatchKey::Phone)),
        (&["email"], Some(MatchKey::CustomerId), None),
    ] {
        assert_eq!(columns(headers, &[]).unwrap().match_key(wanted).ok(), expected, "{headers:?}");
    }
}

#[test]
fn a_file_without_headers_is_told_so() {
    let error = columns(&["ada@example.com", "Ada"], &[]).unwrap_err();
    assert_eq!(code(&error), "JOURNEY_API.PUBLIC.IMPORTS.FILE_INVALID");
}

proptest! {
    #[test]
    fn every_column_gets_a_field_of_its_own(headers in prop::collection::vec(".{0,80}", 1..40)) {
        prop_assume!(!headers.iter().any(|header| header.contains('@')));
        let columns = Columns::new(&headers, &Mapping::default()).unwrap();
        prop_assert_eq!(columns.targets.len(), headers.len());
        let mut names: Vec<String> = columns
            .targets
            .iter()
            .filter(|target| matches!(target, super::columns::Target::Attribute(_)))
            .map(super::columns::Target::name)
            .collect();
        let count = names.len();
        for name in &names {
            prop_assert!(crate::people::is_attribute_name(name), "{}", name);
        }
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), count);
    }
}

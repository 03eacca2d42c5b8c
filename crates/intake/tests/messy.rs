//! A file as people have them: what each of its rows becomes.
#![cfg(test)]

use postrider_core::audience::Consent;
use postrider_core::import::ImportFormat;
use postrider_intake::file::mapping::Mapping;
use postrider_intake::file::source::Source;
use postrider_intake::write::Entry;
use postrider_store::profiles::MatchKey;
use std::io::Cursor;

const MESSY: &str = "\u{feff}E-Mail;Vorname;Telefon;Opt-in;Abgemeldet;Straße;PLZ;Ort;Lieblingsfarbe;Notiz\r\n\
    Ada@Example.com;Ada;+49 30 123456;ja;;Hauptstr. 1;10115;Berlin;rot;\"zwei\r\nZeilen\"\r\n\
    \r\n\
    bob@example.com;Bob;030 123456;nein;;;;;;\r\n\
    no-address;Nobody;;;;;;;;\r\n\
    carl@example.com;Carl;;ja;x;;;;NULL;\r\n\
    ADA@example.com;;;;;;;;blau;\r\n\
    dora@example.com;Dora;;vielleicht;;;;;;\r\n\
    ;;;;;;;;;\r\n\
    emil@example.com;Emil;zu;viele;Zellen;in;dieser;einen;Zeile;wirklich;11\r\n\
    finn@example.com\r\n";

fn read(file: &str, mapping: &Mapping, key: Option<MatchKey>) -> (Source, Vec<Entry>) {
    let input = Box::new(Cursor::new(file.as_bytes().to_vec()));
    let mut source = Source::open(input, ImportFormat::Csv, mapping, key).unwrap();
    let rows = source.next_set(1_000).unwrap();
    (source, rows)
}

#[test]
fn a_messy_file_is_taken_row_by_row() {
    let (source, rows) = read(MESSY, &Mapping::default(), None);
    assert!(source.is_at_end());
    assert_eq!(source.bytes(), MESSY.len() as u64);
    let lines: Vec<u64> = rows.iter().map(|entry| entry.row.line).collect();
    assert_eq!(lines, [2, 5, 6, 7, 8, 9, 11, 12], "blank rows are none, and a cell can hold two lines");
    let taken = |place: usize| rows[place].parsed.as_ref().unwrap();
    let refused = |place: usize| rows[place].parsed.as_ref().err().unwrap().message();

    let ada = &taken(0).record;
    assert_eq!(ada.attributes["lieblingsfarbe"], Some("rot".into()));
    assert_eq!(ada.attributes["notiz"], Some("zwei\r\nZeilen".into()));
    assert_eq!(ada.consent[0], Some(Consent::Granted));
    assert!(taken(0).left_out.is_empty());
    let bob = taken(1);
    assert_eq!(bob.record.consent[0], Some(Consent::Denied));
    assert!(bob.left_out[0].message().starts_with("phone: has no country code"), "{}", bob.left_out[0].message());
    assert!(refused(2).contains("email: has no @"), "{}", refused(2));
    assert_eq!(taken(3).record.consent[0], Some(Consent::Denied), "a denial in a row beats the consent in it");
    assert!(!taken(3).record.attributes.contains_key("lieblingsfarbe"), "NULL says nothing");
    assert_eq!(taken(4).record.consent[0], None, "an empty cell says nothing");
    assert_eq!(taken(4).record.attributes["lieblingsfarbe"], Some("blau".into()));
    assert!(refused(5).contains("Opt-in: is neither yes nor no"), "consent is never guessed: {}", refused(5));
    assert!(refused(6).contains("has 11 cells under 10 columns"), "{}", refused(6));
    assert!(taken(7).left_out.is_empty(), "a short row lacks only what it does not say");
}

#[test]
fn columns_can_be_named_and_the_key_chosen() {
    let map = [("Kontakt", "email"), ("Nr", "customer_id"), ("Intern", "-"), ("newsletter", "attributes.newsletter")];
    let columns = map.map(|(column, field)| (column.to_owned(), field.to_owned())).to_vec();
    let mapping = Mapping { columns, ..Mapping::default() };
    let text = "Kontakt,Nr,Intern,newsletter\na@example.com,7,secret,weekly\nc@example.com,,x,\n";
    let (source, rows) = read(text, &mapping, Some(MatchKey::CustomerId));
    let named: Vec<String> = source.columns().into_iter().map(|(_, field)| field).collect();
    assert_eq!(named, ["email", "customer_id", "-", "newsletter"]);
    let record = &rows[0].parsed.as_ref().unwrap().record;
    assert_eq!(record.attributes.keys().collect::<Vec<_>>(), ["newsletter"]);
    assert!(rows[1].parsed.is_err(), "a row without its key cannot find a person");
}

#[test]
fn an_apostrophe_that_keeps_a_formula_from_being_calculated_is_no_part_of_the_text() {
    let text = "email,first_name,city,note\na@example.com,'=1+1,'s-Hertogenbosch,'-5 apples\n";
    let (_, rows) = read(text, &Mapping::default(), None);
    let record = &rows[0].parsed.as_ref().unwrap().record;
    assert_eq!(record.attributes["note"], Some("-5 apples".into()));
}

//! Which kind a column is, and that reading its cells loses nothing.

use super::columns::Columns;
use super::forms::Forms;
use super::mapping::Mapping;
use super::reading::{Cell, Decimal, Order, Reading, Separator, date, number};
use super::types::Types;
use proptest::prelude::*;
use serde_json::{Value, json};

fn seen(cells: &[&str]) -> Forms {
    let mut seen = Forms::default();
    for (line, cell) in (2..).zip(cells) {
        seen.look(cell, line);
    }
    seen
}

/// The kind of a column under a header, its misfits, its suggestion, and what is asked.
fn typed(header: &str, cells: &[&str], types: &[(&str, &str)]) -> (String, u64, Option<String>, Vec<String>) {
    let types = types.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
    let mapping = Mapping { types, ..Mapping::default() };
    let columns = Columns::new(&["email".to_owned(), header.to_owned()], &mapping).unwrap();
    let types = Types::of_table(&columns, &[Forms::default(), seen(cells)], &mapping).unwrap();
    let column = types.columns[1].clone().unwrap();
    (column.reading.word(), column.misfits, column.suggestion, types.questions)
}

fn word(cells: &[&str]) -> String {
    typed("x", cells, &[]).0
}

#[test]
fn a_column_is_of_a_kind_if_all_its_cells_are() {
    for (cells, expected) in [
        (&["298", "0", "-5", "", "n/a"][..], "number"),
        (&["77,02", "1.234,50", "1 234,50", "5"], "number:comma"),
        (&["77.02", "1,234.50", "1'234.50", "12345678.5"], "number"),
        (&["1.234", "77,5"], "number:comma"),
        (&["0.125", "1.234"], "number"),
        (&["00123", "45678"], "text"),
        (&["4915112345678901", "4915112345678902"], "text"),
        (&["491511234567"], "text"),
        (&["+5", "+7"], "text"),
        (&["12", "12a"], "text"),
        (&["5 %", "7 %"], "text"),
        (&["1e5"], "text"),
        (&["12.34.56"], "text"),
        (&["1,2,3"], "text"),
        (&["02.05.1954", "24.12.1990"], "date:dmy"),
        (&["2. 5. 1954"], "date:dmy"),
        (&["13/04/1990", "02/05/1954"], "date:dmy"),
        (&["04/13/1990", "02/05/1954"], "date:mdy"),
        (&["1954-05-02", "1990-04-13T10:00:00Z"], "date:dmy"),
        (&["1954/05/02", "1954.5.2"], "date:dmy"),
        (&["02.05.1954 13:45"], "date:dmy"),
        (&["31.02.1990"], "text"),
        (&["02.05.54"], "text"),
        (&["ja", "Nein", ""], "boolean"),
        (&["TRUE", "false"], "boolean"),
        (&["tak", "nie"], "boolean"),
        (&["no", "da"], "text"),
        (&["ja", "vielleicht"], "text"),
        (&["0", "1"], "number"),
        (&[r#"["a","b"]"#, "[]"], "list"),
        (&["neu;kaffee", "neu"], "text"),
        (&["", " "], "text"),
    ] {
        assert_eq!(word(cells), expected, "{cells:?}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_asked() {
    for (header, cells, named) in [
        ("geburtstag", &["02/05/1954", "05/05/1990"][..], "--type geburtstag=date:dmy"),
        ("joined", &["2-5-1954"], "date:mdy"),
        ("umsatz", &["1.234", "17"], "--type umsatz=number:comma"),
        ("birthday", &["45321", "33000"], "--type birthday=date:excel"),
    ] {
        let (kind, _, _, questions) = typed(header, cells, &[]);
        assert_eq!(kind, "text", "{header}");
        assert!(questions.len() == 1 && questions[0].contains(named), "{questions:?}");
    }
    let answered = typed("geburtstag", &["02/05/1954"], &[("geburtstag", "date:mdy")]);
    assert_eq!(answered, ("date:mdy".into(), 0, None, Vec::new()));
    assert_eq!(typed("umsatz", &["1.234"], &[("umsatz", "number")]).3.len(), 1, "the sign is still to be said");
    assert_eq!(typed("visits", &["45321"], &[]).0, "number");
    assert_eq!(typed("order_id", &["45321"], &[]).0, "text");
}

#[test]
fn a_cell_that_does_not_fit_is_told_with_its_line() {
    let mut cells = vec!["5"; 99];
    cells.push("five");
    let (kind, misfits, suggestion, questions) = typed("points", &cells, &[]);
    assert_eq!((kind.as_str(), misfits, questions.len()), ("text", 0, 0));
    let suggestion = suggestion.unwrap();
    assert!(suggestion.contains("99 of 100") && suggestion.contains("line 101"), "{suggestion}");
    assert!(suggestion.contains("--type points=number"), "{suggestion}");
    let (kind, misfits, ..) = typed("points", &cells, &[("points", "number")]);
    assert_eq!((kind.as_str(), misfits), ("number", 1));
    assert!(typed("tags", &["neu;kaffee", "neu"], &[]).2.unwrap().contains("tags=list:;"));
}

#[test]
fn a_kind_is_said_by_attribute_or_column_and_must_be_one() {
    for name in ["punkte", "Punkte"] {
        assert_eq!(typed("Punkte", &["5"], &[(name, "text")]).0, "text");
    }
    for (name, kind) in [("punkte", "colour"), ("punkte", "date:ymd"), ("nothing", "number"), ("email", "number")] {
        let mapping = Mapping { types: [(name.to_owned(), kind.to_owned())].into(), ..Mapping::default() };
        let columns = Columns::new(&["email".to_owned(), "Punkte".to_owned()], &mapping).unwrap();
        assert!(Types::of_table(&columns, &[], &mapping).is_err(), "{name}={kind}");
    }
}

#[test]
fn cells_become_values_of_their_kind() {
    let comma = Reading::Number(Decimal::Comma);
    let (day_first, days) = (Reading::Date(Order::DayFirst), Reading::Date(Order::Spreadsheet));
    for (reading, cell, expected) in [
        (comma, "1.234,50", json!(1234.5)),
        (comma, "1\u{a0}234", json!(1234)),
        (comma, "−3,5", json!(-3.5)),
        (day_first, "2.5.1954", json!("1954-05-02")),
        (day_first, "02.05.1954 9:05", json!("1954-05-02T09:05")),
        (day_first, "1954-05-02T10:00:00+02:00", json!("1954-05-02T10:00:00+02:00")),
        (days, "45321", json!("2024-01-30")),
        (Reading::Boolean, "Nein", json!(false)),
        (Reading::List(Separator::Char(';')), "neu; kaffee ;", json!(["neu", "kaffee"])),
        (Reading::List(Separator::Char('|')), "a|b", json!(["a", "b"])),
        (Reading::List(Separator::Json), r#"["a", 1]"#, json!(["a", "1"])),
    ] {
        assert_eq!(reading.read(cell), Cell::Value(expected), "{cell}");
    }
    for (reading, cell) in [(comma, "12 Euro"), (day_first, "32.01.1990"), (days, "soon"), (Reading::Boolean, "2")] {
        assert_eq!(reading.read(cell), Cell::Misfit, "{cell}");
    }
    assert_eq!(comma.read("n/a"), Cell::Nothing);
}

/// A number with its thousands grouped and this many places.
fn written(cents: i64, decimal: Decimal) -> String {
    let (point, group) = if decimal == Decimal::Comma { (',', ".") } else { ('.', ",") };
    let digits = (cents.abs() / 100).to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    format!("{}{}{point}{:02}", if cents < 0 { "-" } else { "" }, groups.join(group), cents.abs() % 100)
}

proptest! {
    #[test]
    fn a_number_is_read_as_it_was_written(cents in -999_999_999_999_i64..999_999_999_999, is_comma: bool) {
        let decimal = if is_comma { Decimal::Comma } else { Decimal::Point };
        let read = number(&written(cents, decimal), decimal).unwrap().as_f64().unwrap();
        prop_assert_eq!(format!("{:.2}", read), format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100));
    }

    #[test]
    fn a_date_is_read_as_it_was_written(year in 1000..9999, month in 1..=12, day in 1..=28) {
        let iso = format!("{year:04}-{month:02}-{day:02}");
        prop_assert_eq!(date(&format!("{day}.{month}.{year}"), Order::DayFirst), Some(iso.clone()));
        prop_assert_eq!(date(&format!("{month:02}/{day:02}/{year}"), Order::MonthFirst), Some(iso));
    }

    #[test]
    fn what_is_recognized_fits_every_cell(cells in prop::collection::vec("[-0-9.,/ 'jaenix;\\[\\]\"+]{0,12}", 1..20)) {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
        let mapping = Mapping::default();
        let columns = Columns::new(&["email".to_owned(), "x".to_owned()], &mapping).unwrap();
        let types = Types::of_table(&columns, &[Forms::default(), seen(&cells)], &mapping).unwrap();
        let reading = types.readings()[1];
        for cell in cells {
            let read = reading.read(cell);
            prop_assert_ne!(&read, &Cell::Misfit, "{} as {:?}", cell, reading);
            if let (Reading::Number(decimal), Cell::Value(Value::Number(value))) = (reading, &read) {
                prop_assert_eq!(number(&value.to_string(), Decimal::Point), Some(value.clone()), "{:?}", decimal);
            }
        }
    }
}

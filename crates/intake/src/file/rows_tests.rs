//! Tables as people have them.

use super::encoding::Decoding;
use super::mapping::Mapping;
use super::report::ImportError;
use super::rows::{NEVER_CLOSED, ROW_BYTES_MAX, Row, Rows};
use super::source::Source;
use postrider_core::import::ImportFormat;
use proptest::prelude::*;
use std::io::{Cursor, Read};

/// Header and rows, or why there are none.
fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<Row>), ImportError> {
    let (mut rows, header) = Rows::open(Box::new(Cursor::new(bytes.to_vec())), Decoding::default())?;
    let mut all = Vec::new();
    while let Some(row) = rows.next_row()? {
        all.push(row);
    }
    Ok((header.cells, all))
}

/// Lines and cells of the rows that are whole.
fn cells(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
    let rows = read(bytes).unwrap().1;
    rows.into_iter().filter(|row| row.problem.is_none()).map(|row| (row.line, row.cells)).collect()
}

fn table(rows: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
    rows.iter().map(|(line, cells)| (*line, cells.iter().map(|cell| (*cell).to_owned()).collect())).collect()
}

#[test]
fn every_way_to_write_a_table_is_read() {
    let expected = table(&[(2, &["a@example.com", "Zoë; née, Ada"]), (3, &["b@example.com", ""])]);
    for text in [
        "email,name\na@example.com,\"Zoë; née, Ada\"\nb@example.com,\n",
        "email,name\r\na@example.com,\"Zoë; née, Ada\"\r\nb@example.com,\r\n",
        "\u{feff}email,name\na@example.com,\"Zoë; née, Ada\"\nb@example.com,",
        "email;name\na@example.com;\"Zoë; née, Ada\"\nb@example.com;\n",
        "email\tname\na@example.com\tZoë; née, Ada\nb@example.com\t\n",
        "email,name\na@example.com,\"Zoë; née, Ada\"\nb@example.com\n",
        "email,name\na@example.com,\"Zoë; née, Ada\",,,\nb@example.com,,\n",
        "email,name\ra@example.com,\"Zoë; née, Ada\"\rb@example.com,\r",
        "email|name\na@example.com|Zoë; née, Ada\nb@example.com|\n",
    ] {
        assert_eq!(cells(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn lines_are_those_of_an_editor() {
    for mark in ["sep=;\r", "\"sep=;\"\r\n", "\u{feff}SEP=; \n"] {
        let text = format!("{mark}email;note\na@example.com;x,y\n");
        assert_eq!(cells(text.as_bytes()), table(&[(3, &["a@example.com", "x,y"])]), "{mark}");
    }
    let text = "sep=;\nemail;note\n\na@example.com;\"two\nlines\"\n;;\n\nb@example.com;x\n";
    let expected = table(&[(4, &["a@example.com", "two\nlines"]), (8, &["b@example.com", "x"])]);
    assert_eq!(cells(text.as_bytes()), expected);
}

#[test]
fn titles_above_a_table_are_left_out() {
    let text =
        "Customer report 2026\nGenerated: 2026-11-01\n\nemail;name;city\na@example.com;A;Bonn\nb@example.com;B;Ulm\n";
    let (rows, header) = Rows::open(Box::new(Cursor::new(text)), Decoding::default()).unwrap();
    assert_eq!((header.line, rows.title_lines()), (4, 3));
    assert_eq!(cells(text.as_bytes())[0], (5, vec!["a@example.com".into(), "A".into(), "Bonn".into()]));
    // One column has no other width.
    assert_eq!(cells(b"email\na@example.com\nb@example.com\n").len(), 2);
}

#[test]
fn old_bytes_are_read_as_windows_1252() {
    let bytes = b"email,name,price\na@example.com,M\xfcller,5\x80\nb@example.com,\xc3\xbc,1\nc@example.com,\x81,2\n";
    let rows = read(bytes).unwrap().1;
    assert_eq!(rows[0].cells, ["a@example.com", "Müller", "5€"]);
    assert_eq!(rows[1].cells, ["b@example.com", "ü", "1"]);
    assert!(rows[2].problem.as_deref().unwrap().contains("windows-1252"), "0x81 is no character there");
}

#[test]
fn cells_never_slip_under_another_column() {
    let text = "email,name\na@example.com,A,B\nb@example.com,\"open\nc@example.com,C\n";
    let rows = read(text.as_bytes()).unwrap().1;
    assert_eq!(rows[0].problem.as_deref(), Some("has 3 cells under 2 columns"));
    let swallowed = "email,name,note\na@example.com,\"open\nb@example.com,B,b\nc@example.com,C,c\n";
    let rows = read(swallowed.as_bytes()).unwrap().1;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].problem.as_deref().unwrap().contains("quotation mark"), "{:?}", rows[0]);
}

#[test]
fn what_is_no_table_is_told_in_a_sentence() {
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (b"\xef\xbb\xbf \n \n", "is empty"),
        (b"PK\x03\x04 rest", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0 rest", "spreadsheet"),
        (b"\xff\xfee\0m\0", "UTF-16"),
        (b"\xfe\xff\0e\0m", "UTF-16"),
        (b"e\0m\0a\0i\0l\0", "zero bytes"),
    ] {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("IMPORTS.FILE_INVALID"), "{error}");
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_the_import_with_its_line() {
    let mut text = b"email,name\na@example.com,A\nb@example.com,\"B\n".to_vec();
    text.extend(b"c@example.com,C\n".repeat(ROW_BYTES_MAX / 8));
    let error = read(&text).unwrap_err().to_string();
    assert!(error.contains("at line 3") && error.contains("quotation mark"), "{error}");
}

/// The line and the problem of each row that has one.
fn problems(text: &str) -> Vec<(u64, String)> {
    let rows = read(text.as_bytes()).unwrap().1;
    rows.into_iter().filter_map(|row| Some((row.line, row.problem?))).collect()
}

#[test]
fn a_file_that_ends_inside_quotation_marks_refuses_the_row_that_opens_them() {
    for text in [
        "email,name\na@example.com,\"Ann\nb@example.com,Bob\nc@example.com,Cid\n",
        "email,name\r\na@example.com,\"Ann\r\nb@example.com,Bob\r\nc@example.com,Cid",
        "email;name;x\ra@example.com;\"Ann\rb@example.com;Bob;1\r",
        "email,name\na@example.com,\"",
    ] {
        let problems = problems(text);
        assert_eq!(problems.len(), 1, "{text}");
        assert_eq!(problems[0], (2, NEVER_CLOSED.to_owned()), "{text}");
    }
    let late = "email,name\na@example.com,\"A\nB\"\nb@example.com,\"x\"\nc@example.com,\"C\n";
    assert_eq!(problems(late), [(5, NEVER_CLOSED.to_owned())]);
}

#[test]
fn text_behind_a_closing_quotation_mark_refuses_its_row_only() {
    let text = "email,size,note\na@example.com,\"Widget 5\"\",\"x\"\nb@example.com,\"M\" ,y\nc@example.com,5\" x 3\",z\n\
        d@example.com,\"say \"\"hi\"\"\",w\n";
    let problems = problems(text);
    let lines: Vec<u64> = problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3]);
    assert!(problems.iter().all(|(_, problem)| problem.contains("behind a closing quotation mark")), "{problems:?}");
    let kept = table(&[(4, &["c@example.com", "5\" x 3\"", "z"]), (5, &["d@example.com", "say \"hi\"", "w"])]);
    assert_eq!(cells(text.as_bytes()), kept);
}

#[test]
fn a_cell_that_looks_like_several_rows_refuses_its_row() {
    for text in [
        "email,name,city\na@example.com,\"Ann\nb@example.com,Bob,Bonn\nc@example.com,Cid\",Ulm\n",
        "id,name,city\n1,\"Ann\n2,Bob,Bonn\n3,Cid\",Ulm\n",
        "id,note\n1,\"call\nbob@example.com\"\n",
    ] {
        let problems = problems(text);
        assert!(problems.len() == 1 && problems[0].1.contains("perhaps several rows"), "{problems:?}");
    }
    let swallowed = "email,name,city\na@example.com,\"Ann\nb@example.com,Bob,Bonn\n\nc@example.com,Cid\",Ulm\n";
    assert_eq!(read(swallowed.as_bytes()).unwrap().1[0].rows, 3, "Ann, Bob and Cid");
    let address = "id,address,city\n1,\"1 Main St\nApt 4, door 2\",Bonn\n";
    assert_eq!(problems(address), []);
}

/// Gives bytes in pieces, as a slow disk would.
struct Pieces(Cursor<Vec<u8>>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        drop(read(&bytes));
    }

    #[test]
    fn no_text_of_a_table_makes_it_panic(text in "[a-z@.,;\"\t\r\n äé\u{feff}=]{0,400}") {
        drop(read(text.as_bytes()));
    }

    #[test]
    fn pieces_of_any_size_are_the_same_table(text in "[a-c,;\"\r\n ü]{1,200}", size in 1_usize..9) {
        let whole = read(text.as_bytes()).map_err(|error| error.to_string());
        let pieces = Rows::open(Box::new(Pieces(Cursor::new(text.into_bytes()), size)), Decoding::default())
            .and_then(|(mut rows, header)| {
                let mut all = Vec::new();
                while let Some(row) = rows.next_row()? {
                    all.push(row);
                }
                Ok((header.cells, all))
            })
            .map_err(|error| error.to_string());
        prop_assert_eq!(whole, pieces);
    }
}

#[test]
fn rows_of_very_many_cells_do_not_gather_in_memory() {
    let row = format!("a@example.com{}x\n", ",".repeat(200_000));
    let text = format!("email,name\n{}", row.repeat(6));
    let mut source = Source::open(Box::new(Cursor::new(text)), ImportFormat::Csv, &Mapping::default(), None).unwrap();
    let mut sets = Vec::new();
    loop {
        let set = source.next_set(500).unwrap();
        if set.is_empty() {
            break;
        }
        assert!(set.iter().all(|entry| entry.parsed.is_err()), "200,002 cells do not stand under 2 columns");
        sets.push(set.len());
    }
    assert_eq!(sets, [1; 6]);
}

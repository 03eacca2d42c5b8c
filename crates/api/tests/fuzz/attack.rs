//! What may be done to a request.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A change of the value of a body.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another value at one of its places; a number of [`crate::spoil::HOSTILE`].
    Replace(Index, Index),
    /// A place left out.
    Remove(Index),
    /// A field that nobody knows, or an entry more.
    Add(Index, Index),
    /// A place that gets the value of another.
    Copy(Index, Index),
}

/// A change of the bytes of a body.
#[derive(Debug, Clone)]
pub enum Bytes {
    Whole,
    Truncated(Index),
    /// These bytes somewhere in it.
    Inserted(Index, &'static [u8]),
    /// Its first field twice.
    Twice,
    /// Inside an array.
    Wrapped,
    Replaced(&'static [u8]),
    Nested(u32),
}

/// One request.
#[derive(Debug, Clone)]
pub struct Attack {
    pub operation: Index,
    pub example: Index,
    pub names_real: bool,
    pub sends_body: bool,
    /// What stands in the path; none: an id that is there.
    pub ids: Vec<Option<&'static str>>,
    /// Which query parameters, with which values.
    pub query: Vec<(Index, &'static str)>,
    pub headers: Vec<(&'static str, &'static [u8])>,
    pub changes: Vec<Change>,
    pub bytes: Bytes,
}

const IDS: &[&str] = &[
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "01890000-0000-7000-8000-000000000000",
    "018900000000700080000000000000000",
    "%00",
    "%ff%fe",
    "a%00b",
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%98%80",
    "0",
    "-1",
    "{id}",
    "'%20OR%201=1--",
    "01890000-0000-7000-8000-000000000000.9223372036854775808",
    "%20",
    "a:b",
    "*",
];

const QUERY_VALUES: &[&str] = &[
    "",
    "0",
    "-1",
    "1",
    "100",
    "99999999999999999999",
    "9223372036854775807",
    "1e9",
    "0x10",
    "%00",
    "%FF",
    "%F0%9F%98%80",
    "true",
    "null",
    "email",
    "draft",
    "pending",
    "%25",
    "%27%3B--",
    "%5B%5D",
    "_",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "f_________________________8",
    "01890000-0000-7000-8000-000000000000",
    "2026-02-30T00:00:00Z",
    "a,b,,c",
    "%E2%80%AE",
];

const HEADERS: &[(&str, &[u8])] = &[
    ("idempotency-key", b""),
    ("idempotency-key", b"6f1c2f4e-7d0b-4c1e-9a53-2b8f6f0f9a11"),
    ("idempotency-key", b"00000000-0000-0000-0000-000000000000"),
    ("idempotency-key", b"\"6f1c2f4e-7d0b-4c1e-9a53-2b8f6f0f9a11\""),
    ("idempotency-key", b"\xff\xfe"),
    ("accept", b"text/csv"),
    ("accept", b"application/x-ndjson"),
    ("accept", b"*/*;q=0"),
    ("accept", b",;q=x,/,"),
    ("accept", b"\xc3\xa9"),
    ("accept", b"text/csv;q=nan, application/json;q=2"),
    ("content-type", b""),
    ("content-type", b"application/json"),
    ("content-type", b"application/json; charset=utf-16"),
    ("content-type", b"text/plain"),
    ("content-type", b"multipart/form-data"),
    ("content-type", b"application/x-www-form-urlencoded"),
    ("content-type", b"\xff"),
    ("content-encoding", b"gzip"),
    ("x-correlation-id", b"\xff\xff"),
    ("x-correlation-id", b"'; DROP TABLE campaigns; --"),
    ("if-none-match", b"*"),
    ("range", b"bytes=0-0"),
    ("accept-language", b"\xf0\x9f\x98\x80"),
];

const INSERTED: &[&[u8]] =
    &[b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"}", b"{", b"\"", b",", b"\\u"];

const REPLACED: &[&[u8]] = &[
    b"",
    b" ",
    b"null",
    b"[]",
    b"0",
    b"\"\"",
    b"{",
    b"{}{}",
    b"{\"\":1}",
    b"{\"a\":1e400}",
    b"\xff\xfe{\0}\0",
    b"\xef\xbb\xbf{}",
    b"a=b&c=d",
    b"grant_type=client_credentials&client_id=%00&client_secret=%FF",
    b"grant_type=client_credentials&client_id=a&client_id=b&client_secret=c&scope=%00",
    b"List-Unsubscribe=One-Click",
    b"{\"name\":\"\\ud800\"}",
];

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        6 => (index(), index()).prop_map(|(place, value)| Change::Replace(place, value)),
        2 => index().prop_map(Change::Remove),
        2 => (index(), index()).prop_map(|(place, value)| Change::Add(place, value)),
        1 => (index(), index()).prop_map(|(place, other)| Change::Copy(place, other)),
    ]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    let index = any::<Index>;
    prop_oneof![
        12 => Just(Bytes::Whole),
        1 => index().prop_map(Bytes::Truncated),
        1 => (index(), select(INSERTED)).prop_map(|(place, bytes)| Bytes::Inserted(place, bytes)),
        1 => Just(Bytes::Twice),
        1 => Just(Bytes::Wrapped),
        1 => select(REPLACED).prop_map(Bytes::Replaced),
        1 => (1_u32..200_000).prop_map(Bytes::Nested),
    ]
}

/// Any request.
pub fn attacks() -> impl Strategy<Value = Attack> {
    let index = any::<Index>;
    let id = prop_oneof![6 => Just(None), 1 => select(IDS).prop_map(Some)];
    let head = (index(), index(), any::<bool>(), prop::bool::weighted(0.1), vec(id, 3));
    let query = prop_oneof![1 => Just(Vec::new()), 1 => vec((index(), select(QUERY_VALUES)), 0..4)];
    let headers = prop_oneof![3 => Just(Vec::new()), 1 => vec(select(HEADERS), 1..4)];
    (head, query, headers, vec(change(), 0..4), bytes()).prop_map(|(head, query, headers, changes, bytes)| {
        let (operation, example, names_real, sends_body, ids) = head;
        Attack { operation, example, names_real, sends_body, ids, query, headers, changes, bytes }
    })
}

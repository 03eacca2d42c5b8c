//! Dates in text, read by arithmetic alone: neither database has a function that reads them without failing on some
//! text or reading more than it should.

use std::fmt::Write as _;
use std::sync::LazyLock;

/// Every form of a date, with 9 for any digit: a day, or a day, `T`, and a time of day with or without offset.
static SHAPES: LazyLock<String> = LazyLock::new(|| {
    let mut shapes = "'9999-99-99'".to_owned();
    let seconds = (0..=9).map(|digits| match digits {
        0 => ":99".to_owned(),
        digits => format!(":99.{}", "9".repeat(digits)),
    });
    for seconds in std::iter::once(String::new()).chain(seconds) {
        for zone in ["", "Z", "+99:99", "-99:99"] {
            let _ = write!(shapes, ", '9999-99-99T99:99{seconds}{zone}'");
        }
    }
    shapes
});

/// Milliseconds since 1970 UTC of an expression that is text or NULL; NULL for what is no date: another form, a day
/// that does not exist, the hour 24, a leap second. Without an offset it is read as UTC; what is finer than a
/// millisecond is cut off.
pub(crate) fn date_ms(text: &str) -> String {
    let digits = (0..9).fold("t".to_owned(), |text, digit| format!("replace({text}, '{digit}', '9')"));
    let shapes = &*SHAPES;
    // `LIMIT 1` keeps PostgreSQL from putting the inner expressions in place of their names, over and over.
    format!(
        "(SELECT CASE WHEN mo BETWEEN 1 AND 12 AND d >= 1 AND h <= 23 AND mi <= 59 AND s <= 59 AND oh <= 23 AND om <= 59 \
        AND d <= CASE WHEN mo <> 2 THEN 30 + (mo + mo / 8) % 2 \
        WHEN y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0) THEN 29 ELSE 28 END \
        THEN (365 * my + my / 4 - my / 100 + my / 400 + (((mo + 9) % 12) * 306 + 5) / 10 + d - 1 - 865565) * 86400000 \
        + h * 3600000 + (mi - os * (oh * 60 + om)) * 60000 + s * 1000 + ms END FROM (SELECT y, mo, d, h, mi, s, \
        y + 400 - CASE WHEN mo <= 2 THEN 1 ELSE 0 END AS my, os, \
        CASE WHEN os = 0 THEN 0 ELSE CAST(substr(t, length(t) - 4, 2) AS BIGINT) END AS oh, \
        CASE WHEN os = 0 THEN 0 ELSE CAST(substr(t, length(t) - 1, 2) AS BIGINT) END AS om, \
        CASE fd WHEN 0 THEN 0 WHEN 1 THEN 100 WHEN 2 THEN 10 ELSE 1 END \
        * CASE fd WHEN 0 THEN 0 ELSE CAST(substr(t, 21, fd) AS BIGINT) END AS ms \
        FROM (SELECT t, CAST(substr(t, 1, 4) AS BIGINT) AS y, CAST(substr(t, 6, 2) AS BIGINT) AS mo, \
        CAST(substr(t, 9, 2) AS BIGINT) AS d, \
        CASE WHEN length(t) > 10 THEN CAST(substr(t, 12, 2) AS BIGINT) ELSE 0 END AS h, \
        CASE WHEN length(t) > 10 THEN CAST(substr(t, 15, 2) AS BIGINT) ELSE 0 END AS mi, \
        CASE WHEN substr(t, 17, 1) = ':' THEN CAST(substr(t, 18, 2) AS BIGINT) ELSE 0 END AS s, \
        CASE WHEN length(t) <= 16 THEN 0 WHEN substr(t, length(t) - 5, 1) = '+' THEN 1 \
        WHEN substr(t, length(t) - 5, 1) = '-' THEN -1 ELSE 0 END AS os, \
        CASE WHEN substr(t, 20, 1) <> '.' THEN 0 WHEN substr(q, 22, 1) <> '9' THEN 1 WHEN substr(q, 23, 1) <> '9' THEN 2 \
        ELSE 3 END AS fd FROM (SELECT t, {digits} AS q FROM (SELECT replace({text}, ' ', 'T') AS t LIMIT 1) AS ra \
        WHERE length(t) BETWEEN 10 AND 35 LIMIT 1) AS rb WHERE q IN ({shapes}) LIMIT 1) AS rc LIMIT 1) AS rd)"
    )
}

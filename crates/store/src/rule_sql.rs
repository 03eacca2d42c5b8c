//! Rules as conditions of SQL over `profiles AS p`.
//!
//! The one place that looks inside stored JSON (ADR 8). Values are always bound; what is written into the text is
//! made of constants. Invariants: each condition is true or false, never NULL, so that NOT means the same on both
//! databases; placeholders come in the order of their values; of each profile an attribute is read once, however many
//! conditions look at it.

use crate::rule_date::date_ms;
use crate::value::{Value, id};
use postrider_core::audience::rule::{Check, Comparison, Field, Number, Quantity, Rule, Scalar};
use postrider_core::channel::ChannelKind;
use postrider_core::id::ProfileId;
use postrider_core::time::Timestamp;
use std::fmt::Write as _;

/// Whose functions of JSON are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `json_extract` and `json_type`.
    Sqlite,
    /// `->>` and `json_typeof`.
    Postgres,
}

/// Writes conditions and gathers what they compare with.
pub(crate) struct Conditions<'v> {
    dialect: Dialect,
    now: Timestamp,
    values: &'v mut Vec<Value>,
    /// What the rule at work reads from stored JSON.
    reads: Vec<Read>,
}

/// A value inside stored JSON. For the one at place `n`, the condition has columns of the row `ra`.
#[derive(PartialEq, Eq)]
enum Read {
    /// An attribute: its kind `k{n}`, its value `v{n}`, and on PostgreSQL, where that is JSON, its text `t{n}`.
    Attribute(String),
    /// A line of the postal address: its text `v{n}`.
    AddressLine(&'static str),
    /// The date in the attribute at this place: `d{n}`, in milliseconds.
    Date(usize),
}

impl<'v> Conditions<'v> {
    /// Conditions whose values follow those that are bound already; dates relative to now are relative to `now`.
    pub(crate) const fn new(dialect: Dialect, now: Timestamp, values: &'v mut Vec<Value>) -> Self {
        Self { dialect, now, values, reads: Vec::new() }
    }

    /// Binds a value and answers its place.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn bind_text(&mut self, text: &str) -> String {
        format!("CAST({} AS TEXT)", self.bind(text))
    }

    /// The condition that a profile `p` belongs.
    pub(crate) fn of(&mut self, rule: &Rule) -> String {
        let condition = self.part(rule);
        let reads = std::mem::take(&mut self.reads);
        if reads.is_empty() {
            return condition;
        }
        let (mut columns, mut derived) = (Vec::new(), String::new());
        for (place, read) in reads.iter().enumerate() {
            match read {
                Read::Attribute(name) => {
                    columns.push(self.attribute_columns(place, name));
                    if self.dialect == Dialect::Postgres {
                        let Attribute { kind, .. } = self.attribute_at("rj", place);
                        let _ = write!(derived, ", {kind} AS k{place}, rj.v{place} #>> '{{}}' AS t{place}");
                    }
                }
                Read::AddressLine(line) => columns.push(match self.dialect {
                    Dialect::Sqlite => format!("json_extract(p.address, '$.{line}') AS v{place}"),
                    Dialect::Postgres => format!("CAST(p.address AS json) ->> '{line}' AS v{place}"),
                }),
                Read::Date(of) => {
                    let _ = write!(derived, ", {} AS d{place}", date_ms(&self.attribute_at("rj", *of).text));
                }
            }
        }
        // `LIMIT 1` and the `WHERE` keep both databases from putting the expressions in place of their names, which
        // would read the JSON anew for each condition.
        format!(
            "(SELECT {condition} FROM (SELECT rj.*{derived} FROM (SELECT {} LIMIT 1) AS rj LIMIT 1) AS ra WHERE 1 = 1)",
            columns.join(", ")
        )
    }

    /// The place of something that is read.
    fn place(&mut self, read: Read) -> usize {
        self.reads.iter().position(|known| *known == read).unwrap_or_else(|| {
            self.reads.push(read);
            self.reads.len() - 1
        })
    }

    /// The condition of a part of the rule, over `p` and the row `ra` of what is read.
    fn part(&mut self, rule: &Rule) -> String {
        match rule {
            Rule::All(parts) => self.joined(parts, " AND "),
            Rule::Any(parts) => self.joined(parts, " OR "),
            Rule::Not(part) => format!("NOT {}", self.part(part)),
            Rule::InList(list) => format!(
                "EXISTS (SELECT 1 FROM lists rl JOIN list_members rm ON rm.list_id = rl.id \
                WHERE rl.id = {} AND rl.tenant_id = p.tenant_id AND rm.profile_id = p.id)",
                self.bind(id(*list))
            ),
            Rule::Test(field, check) => self.test(field, check),
        }
    }

    /// Appends the condition to a statement over `profiles AS p`, and the bounds of a page.
    pub(crate) fn page(&mut self, sql: &mut String, rule: &Rule, end: Option<ProfileId>, limit: i64) {
        if let Some(end) = end {
            let end = self.bind(id(end));
            let _ = write!(sql, " AND p.id <= {end}");
        }
        let condition = self.of(rule);
        let limit = self.bind(limit);
        let _ = write!(sql, " AND {condition} ORDER BY p.id LIMIT {limit}");
    }

    fn joined(&mut self, parts: &[Rule], word: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.part(part)).collect();
        format!("({})", parts.join(word))
    }

    fn test(&mut self, field: &Field, check: &Check) -> String {
        match field {
            Field::Text(column) => self.text(&format!("p.{}", column.as_str()), check),
            Field::AddressLine(line) => {
                let place = self.place(Read::AddressLine(line));
                self.text(&format!("ra.v{place}"), check)
            }
            Field::Address => self.text("p.address", check),
            Field::PushTokens => match check {
                Check::Contains(token) => {
                    let token = self.bind_text(token);
                    match self.dialect {
                        Dialect::Sqlite => {
                            format!(
                                "EXISTS (SELECT 1 FROM json_each(p.push_tokens) AS re WHERE CASE re.type WHEN 'object' \
                            THEN COALESCE(json_extract(re.value, '$.token'), json_extract(re.value, '$.endpoint')) \
                            ELSE re.value END = {token})"
                            )
                        }
                        Dialect::Postgres => format!(
                            "EXISTS (SELECT 1 FROM json_array_elements(CAST(p.push_tokens AS json)) AS re (value) \
                            WHERE COALESCE(re.value ->> 'token', re.value ->> 'endpoint', re.value #>> '{{}}') = {token})"
                        ),
                    }
                }
                other => self.text("p.push_tokens", other),
            },
            Field::Consent(channel) => self.text(consent_column(channel.0), check),
            Field::CreatedAt => self.instant("p.created_at", check),
            Field::UpdatedAt => self.instant("p.updated_at", check),
            Field::Attribute(key) => self.attribute(key.as_str(), check),
        }
    }

    /// A check of an expression that is text or NULL. Of numbers and dates there are none in such a field.
    fn text(&mut self, expression: &str, check: &Check) -> String {
        match check {
            Check::Exists => format!("({expression} IS NOT NULL)"),
            Check::Missing => format!("({expression} IS NULL)"),
            Check::OneOf(values) => self.text_in(expression, "IN", values),
            Check::NoneOf(values) => self.text_in(expression, "NOT IN", values),
            Check::Contains(part) => {
                let part = self.bind_text(part);
                has_within(self.dialect, expression, &part)
            }
            Check::StartsWith(part) => {
                let part = self.bind_text(part);
                format!("((substr({expression}, 1, length({part})) = {part}) IS TRUE)")
            }
            Check::EndsWith(part) => {
                let part = self.bind_text(part);
                format!(
                    "((length({expression}) >= length({part}) \
                    AND substr({expression}, length({expression}) - length({part}) + 1) = {part}) IS TRUE)"
                )
            }
            Check::Compare(..) | Check::Between(..) => "(1 = 0)".to_owned(),
        }
    }

    fn text_in(&mut self, expression: &str, word: &str, values: &[Scalar]) -> String {
        let texts = values.iter().filter_map(|value| match value {
            Scalar::Text(text) => Some(text.as_str()),
            Scalar::Number(_) | Scalar::Bool(_) => None,
        });
        let places: Vec<String> = texts.map(|text| self.bind_text(text)).collect();
        format!("(({expression} {word} ({})) IS TRUE)", places.join(", "))
    }

    fn instant(&mut self, expression: &str, check: &Check) -> String {
        match check {
            Check::Exists => "(1 = 1)".to_owned(),
            Check::Compare(comparison, Quantity::Moment(moment)) => {
                let at = self.bind(moment.at(self.now));
                format!("(({expression} {} CAST({at} AS BIGINT)) IS TRUE)", sign(*comparison))
            }
            Check::Between(Quantity::Moment(low), Quantity::Moment(high)) => {
                let (low, high) = (self.bind(low.at(self.now)), self.bind(high.at(self.now)));
                format!("(({expression} BETWEEN CAST({low} AS BIGINT) AND CAST({high} AS BIGINT)) IS TRUE)")
            }
            _ => "(1 = 0)".to_owned(),
        }
    }

    fn attribute(&mut self, name: &str, check: &Check) -> String {
        let place = self.place(Read::Attribute(name.to_owned()));
        let attribute = self.attribute_at("ra", place);
        match check {
            Check::Exists => format!("(COALESCE({}, 'null') <> 'null')", attribute.kind),
            Check::Missing => format!("(COALESCE({}, 'null') = 'null')", attribute.kind),
            Check::OneOf(values) => self.one_of(&attribute, values),
            Check::NoneOf(values) => {
                let one_of = self.one_of(&attribute, values);
                format!("(COALESCE({}, 'null') <> 'null' AND NOT {one_of})", attribute.kind)
            }
            Check::Contains(part) => {
                let part = self.bind_text(part);
                let text = has_within(self.dialect, &attribute.text, &part);
                // SQLite's json_each has its own names for its columns.
                let list = match self.dialect {
                    Dialect::Sqlite => format!(
                        "({} IS 'array' AND EXISTS (SELECT 1 FROM {} AS re WHERE re.value = {part}))",
                        attribute.kind, attribute.items
                    ),
                    Dialect::Postgres => format!(
                        "CASE {} WHEN 'array' THEN EXISTS (SELECT 1 FROM json_array_elements_text({}) AS re (value) \
                        WHERE re.value = {part}) ELSE FALSE END",
                        attribute.kind, attribute.items
                    ),
                };
                format!("({text} OR {list})")
            }
            Check::StartsWith(_) | Check::EndsWith(_) => self.text(&attribute.text, check),
            Check::Compare(comparison, Quantity::Number(number)) => {
                let number = self.number(*number);
                format!("(({} {} {number}) IS TRUE)", attribute.number, sign(*comparison))
            }
            Check::Between(Quantity::Number(low), Quantity::Number(high)) => {
                let (low, high) = (self.number(*low), self.number(*high));
                format!("(({} BETWEEN {low} AND {high}) IS TRUE)", attribute.number)
            }
            Check::Compare(..) | Check::Between(..) => {
                let date = self.place(Read::Date(place));
                self.instant(&format!("ra.d{date}"), check)
            }
        }
    }

    fn one_of(&mut self, attribute: &Attribute, values: &[Scalar]) -> String {
        let mut parts = Vec::new();
        if values.iter().any(|value| matches!(value, Scalar::Text(_))) {
            parts.push(self.text_in(&attribute.text, "IN", values));
        }
        let numbers = values.iter().filter_map(|value| match value {
            Scalar::Number(number) => Some(*number),
            Scalar::Text(_) | Scalar::Bool(_) => None,
        });
        let places: Vec<String> = numbers.map(|number| self.number(number)).collect();
        if !places.is_empty() {
            parts.push(format!("(({} IN ({})) IS TRUE)", attribute.number, places.join(", ")));
        }
        for (wanted, condition) in [(true, &attribute.is_true), (false, &attribute.is_false)] {
            if values.contains(&Scalar::Bool(wanted)) {
                parts.push(format!("(({condition}) IS TRUE)"));
            }
        }
        format!("({})", parts.join(" OR "))
    }

    /// Binds a number. One that is not whole goes the way of the stored ones, from its JSON text, so that both are
    /// read alike.
    fn number(&mut self, number: Number) -> String {
        match (number, self.dialect) {
            (Number::Int(number), Dialect::Sqlite) => self.bind(number),
            (Number::Int(number), Dialect::Postgres) => format!("CAST({} AS BIGINT)", self.bind(number)),
            (Number::Real(number), Dialect::Sqlite) => format!("json_extract({}, '$')", self.bind(json_text(number))),
            (Number::Real(number), Dialect::Postgres) => {
                format!("CAST({} AS NUMERIC)", self.bind_text(&json_text(number)))
            }
        }
    }

    /// The columns of an attribute. Its name has nothing but letters, digits and underscores.
    fn attribute_columns(&mut self, place: usize, name: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => {
                let path = self.bind(format!("$.{name}"));
                format!("json_type(p.attributes, {path}) AS k{place}, json_extract(p.attributes, {path}) AS v{place}")
            }
            Dialect::Postgres => {
                let name = self.bind_text(name);
                format!("CAST(p.attributes AS json) -> {name} AS v{place}")
            }
        }
    }

    /// Expressions over the attribute at a place of a row.
    fn attribute_at(&self, row: &str, place: usize) -> Attribute {
        let value = format!("{row}.v{place}");
        match self.dialect {
            Dialect::Sqlite => {
                let kind = format!("{row}.k{place}");
                Attribute {
                    text: format!("CASE {kind} WHEN 'text' THEN {value} END"),
                    number: format!("CASE WHEN {kind} IN ('integer', 'real') THEN {value} END"),
                    is_true: format!("{kind} = 'true'"),
                    is_false: format!("{kind} = 'false'"),
                    items: format!("json_each({value})"),
                    kind,
                }
            }
            Dialect::Postgres => {
                let (kind, text) = match row {
                    "ra" => (format!("ra.k{place}"), format!("ra.t{place}")),
                    _ => (format!("json_typeof({value})"), format!("({value} #>> '{{}}')")),
                };
                Attribute {
                    text: format!("CASE {kind} WHEN 'string' THEN {text} END"),
                    number: format!("CASE {kind} WHEN 'number' THEN CAST({text} AS NUMERIC) END"),
                    is_true: format!("{kind} = 'boolean' AND {text} = 'true'"),
                    is_false: format!("{kind} = 'boolean' AND {text} = 'false'"),
                    items: value,
                    kind,
                }
            }
        }
    }
}

/// Expressions over one attribute; NULL where it is of another kind.
struct Attribute {
    /// The word that the database has for its kind.
    kind: String,
    text: String,
    number: String,
    is_true: String,
    is_false: String,
    items: String,
}

/// The condition that a text has another one within, which is not empty. Neither function folds case.
fn has_within(dialect: Dialect, text: &str, part: &str) -> String {
    let position = match dialect {
        Dialect::Sqlite => "instr",
        Dialect::Postgres => "strpos",
    };
    format!("(({position}({text}, {part}) > 0) IS TRUE)")
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::Greater => ">",
        Comparison::AtLeast => ">=",
    }
}

const fn consent_column(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Email => "p.consent_email",
        ChannelKind::Sms => "p.consent_sms",
        ChannelKind::Push => "p.consent_push",
        ChannelKind::DirectMail => "p.consent_direct_mail",
    }
}

/// The number as profiles have it: the shortest text that is read back the same.
fn json_text(number: f64) -> String {
    serde_json::Number::from_f64(number).map_or_else(|| "0".to_owned(), |number| number.to_string())
}

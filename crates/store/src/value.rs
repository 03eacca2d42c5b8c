//! Values on their way into and out of either database.

use crate::error::StoreError;
use postrider_core::id::Id;
use postrider_core::time::Timestamp;
use uuid::Uuid;

/// A value as both databases can hold it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// `BIGINT` / `INTEGER`.
    Int(i64),
    /// `BOOLEAN` / `INTEGER` 0 or 1.
    Bool(bool),
    /// `DOUBLE PRECISION` / `REAL`.
    Real(f64),
    /// `TEXT`.
    Text(String),
    /// `BYTEA` / `BLOB`.
    Blob(Vec<u8>),
    /// `UUID` / `BLOB` of 16 bytes.
    Uuid(Uuid),
    /// The values of a lookup, see [`crate::lookup`]: `TEXT[]` / a JSON array.
    Texts(Vec<String>),
}

impl Value {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Bool(_) => "a boolean",
            Self::Real(_) => "a number",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
            Self::Uuid(_) => "a uuid",
            Self::Texts(_) => "a list of texts",
        }
    }
}

macro_rules! into_value {
    ($($from:ty => |$v:ident| $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Self {
                $to
            }
        }
    )*};
}

into_value! {
    i64 => |v| Self::Int(v);
    bool => |v| Self::Bool(v);
    f64 => |v| Self::Real(v);
    &str => |v| Self::Text(v.to_owned());
    &String => |v| Self::Text(v.clone());
    String => |v| Self::Text(v);
    Vec<u8> => |v| Self::Blob(v);
    &[u8] => |v| Self::Blob(v.to_vec());
    Timestamp => |v| Self::Int(v.as_millis());
    Uuid => |v| Self::Uuid(v);
    &[&str] => |v| Self::Texts(v.iter().map(|&text| text.to_owned()).collect());
}

/// Typed ids are stored as their UUID.
#[must_use]
pub fn id<I: Id>(id: I) -> Value {
    Value::Uuid(id.uuid())
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Into::into)
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// Reads the value, or hands it back when it is of another kind.
    ///
    /// # Errors
    /// The expected kind, and the value.
    fn from_value(value: Value) -> Result<Self, (&'static str, Value)>;
}

macro_rules! from_value {
    ($($to:ty, $expected:literal: $($pattern:pat => $expr:expr),+;)*) => {$(
        impl FromValue for $to {
            fn from_value(value: Value) -> Result<Self, (&'static str, Value)> {
                match value { $($pattern => Ok($expr),)+ other => Err(($expected, other)) }
            }
        }
    )*};
}

from_value! {
    i64, "an integer": Value::Int(v) => v, Value::Bool(v) => i64::from(v);
    bool, "a boolean": Value::Bool(v) => v, Value::Int(v) => v != 0;
    f64, "a number": Value::Real(v) => v;
    String, "text": Value::Text(v) => v;
    Vec<u8>, "bytes": Value::Blob(v) => v;
    Timestamp, "an instant": Value::Int(v) => Timestamp::from_millis(v);
}

impl FromValue for Uuid {
    fn from_value(value: Value) -> Result<Self, (&'static str, Value)> {
        match value {
            Value::Uuid(uuid) => Ok(uuid),
            Value::Blob(bytes) => Self::from_slice(&bytes).map_err(|_| ("a uuid", Value::Blob(bytes))),
            other => Err(("a uuid", other)),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, (&'static str, Value)> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// One row of an answer, read from left to right.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<Value>,
    column: usize,
}

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter(), column: 0 }
    }

    /// What was not read yet.
    pub(crate) fn rest(self) -> Vec<Value> {
        self.values.collect()
    }

    /// Reads the next column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it holds another kind of value or there is none.
    #[expect(clippy::should_implement_trait, reason = "the type of the next column is the caller's choice")]
    pub fn next<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let column = self.column;
        self.column += 1;
        T::from_value(self.values.next().unwrap_or_default()).map_err(|(expected, value)| StoreError::Corrupt {
            column,
            expected,
            found: value.kind().to_owned(),
        })
    }

    /// Reads the next column as a typed id.
    ///
    /// # Errors
    /// As [`Row::next`].
    pub fn id<I: Id>(&mut self) -> Result<I, StoreError> {
        self.next::<Uuid>().map(I::from)
    }

    /// Reads the next column as a typed id that may be absent.
    ///
    /// # Errors
    /// As [`Row::next`].
    pub fn optional_id<I: Id>(&mut self) -> Result<Option<I>, StoreError> {
        Ok(self.next::<Option<Uuid>>()?.map(I::from))
    }

    /// Reads the next column as one of a closed set of words, such as `ChannelKind::parse`.
    ///
    /// # Errors
    /// As [`Row::next`]; also for a word that is not in the set.
    pub fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        let column = self.column;
        let word: String = self.next()?;
        parse(&word).ok_or(StoreError::Corrupt { column, expected: "a known word", found: word })
    }

    /// Reads the next column as one of a closed set of words that may be absent.
    ///
    /// # Errors
    /// As [`Row::word`].
    pub fn optional_word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let column = self.column;
        let Some(word) = self.next::<Option<String>>()? else { return Ok(None) };
        match parse(&word) {
            Some(value) => Ok(Some(value)),
            None => Err(StoreError::Corrupt { column, expected: "a known word", found: word }),
        }
    }
}

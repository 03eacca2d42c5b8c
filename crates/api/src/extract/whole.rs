//! Whole numbers in bodies: JSON has one kind of number, so `60.0` is the whole number 60 (JSON Schema, core §4.2.3).

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A whole number that fits its type, or nothing.
pub fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let whole = number.as_i64().or_else(|| number.as_f64().and_then(exact));
    let fitting = whole.and_then(|whole| T::try_from(whole).ok());
    fitting
        .map(Some)
        .ok_or_else(|| Error::custom(format!("invalid value: `{number}`, expected a whole number that fits")))
}

/// The whole number that a floating one is, if it is one that it can tell from its neighbours.
fn exact(number: f64) -> Option<i64> {
    let text = (number.fract() == 0.0 && number.abs() < 9e15).then(|| format!("{number:.0}"))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "whole")]
        rate: Option<u32>,
    }

    fn read(text: &str) -> Option<Option<u32>> {
        serde_json::from_str::<Body>(text).ok().map(|body| body.rate)
    }

    #[test]
    fn a_number_is_whole_by_its_value() {
        for text in [r#"{"rate":60}"#, r#"{"rate":60.0}"#, r#"{"rate":6e1}"#] {
            assert_eq!(read(text), Some(Some(60)), "{text}");
        }
        assert_eq!((read("{}"), read(r#"{"rate":null}"#)), (Some(None), Some(None)));
        for text in
            [r#"{"rate":60.5}"#, r#"{"rate":-1}"#, r#"{"rate":4294967296}"#, r#"{"rate":1e300}"#, r#"{"rate":"6"}"#]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

//! Lookups of many values at once: `column IN ($2, $3, …)`.
//!
//! Not `ANY`, which SQLite lacks. Sets are padded with NULL, which equals nothing, to a few sizes, so that few
//! statements are ever prepared.

use crate::value::Value;
use std::fmt::Write as _;

/// Most values in one lookup.
pub const LOOKUP_MAX: usize = 500;
/// How many places a lookup can have.
const SIZES: [usize; 5] = [1, 16, 32, 128, LOOKUP_MAX];

/// The places of a lookup of `values` (at most [`LOOKUP_MAX`]) after those `bound` already has, and the values
/// appended to `bound`: `$4, $5`.
pub(crate) fn places<'v>(bound: &mut Vec<Value>, values: impl ExactSizeIterator<Item = &'v str>) -> String {
    let first = bound.len() + 1;
    let size = SIZES.into_iter().find(|&size| size >= values.len()).unwrap_or(LOOKUP_MAX);
    bound.extend(values.map(Value::from));
    bound.resize(first - 1 + size, Value::Null);
    let mut places = format!("${first}");
    for place in first + 1..first + size {
        let _ = write!(places, ", ${place}");
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_is_padded_with_null_to_the_next_size() {
        let mut bound = vec![Value::from(1)];
        assert_eq!(places(&mut bound, ["a"].into_iter()), "$2");
        assert_eq!(bound, vec![Value::from(1), "a".into()]);
        let places = places(&mut bound, ["b", "c"].into_iter());
        assert!(places.starts_with("$3, $4, $5") && places.ends_with(", $18"), "{places}");
        assert_eq!(bound.len(), 18);
        assert_eq!(bound[4..], vec![Value::Null; 14]);
    }
}

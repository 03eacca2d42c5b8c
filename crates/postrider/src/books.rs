//! The accounts of a campaign as people and programs read them.

use postrider_core::delivery::{Counts, DeliveryState};
use serde_json::{Map, Value};

pub use postrider_core::wording::grouped;

/// The parts whose sum is `frozen`, by their names in the API and in its order.
pub const PARTS: [(&str, DeliveryState); 9] = [
    ("pending", DeliveryState::Pending),
    ("inFlight", DeliveryState::InFlight),
    ("sent", DeliveryState::Sent),
    ("failed", DeliveryState::Failed),
    ("suppressed", DeliveryState::Suppressed),
    ("skipped", DeliveryState::Skipped),
    ("expired", DeliveryState::Expired),
    ("canceled", DeliveryState::Canceled),
    ("uncertain", DeliveryState::Uncertain),
];

/// `frozen`, its parts and what is missing between them, one below the other.
#[must_use]
pub fn table(counts: &Counts, difference: i64) -> String {
    let width = grouped(counts.frozen()).len();
    let row = |sign: char, name: &str, count: i64| format!("  {sign} {name:<12}{:>width$}\n", grouped(count));
    let mut table = row(' ', "frozen", counts.frozen() + difference);
    for (index, (name, state)) in PARTS.into_iter().enumerate() {
        table.push_str(&row(if index == 0 { '=' } else { '+' }, name, counts.of(state)));
    }
    table.push_str(&row(' ', "difference", difference));
    table
}

/// `frozen` and its parts as the API writes them.
#[must_use]
pub fn document(counts: &Counts) -> Value {
    let mut object = Map::new();
    object.insert("frozen".to_owned(), counts.frozen().into());
    object.extend(PARTS.into_iter().map(|(name, state)| (name.to_owned(), counts.of(state).into())));
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lines_up() {
        let mut counts = Counts::default();
        counts.add(DeliveryState::Sent, 1_045);
        counts.add(DeliveryState::Suppressed, 3);
        let table = table(&counts, 0);
        assert!(
            table.starts_with(
                "    frozen      1,048\n  = pending         0\n  + inFlight        0\n  + sent        1,045\n"
            ),
            "{table}"
        );
        assert!(table.ends_with("  + uncertain       0\n    difference      0\n"), "{table}");
    }
}

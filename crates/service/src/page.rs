//! Pages of listings: stable while entries are added.

use postrider_core::time::Timestamp;

/// One page, and the place after which the next one begins, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, I> {
    /// The entries, in the order of the listing.
    pub items: Vec<T>,
    /// Time and id of the last entry, if more follow.
    pub next: Option<(Timestamp, I)>,
}

impl<T, I> Page<T, I> {
    /// Makes a page of `limit` from the rows of a query that asked for one more.
    #[must_use]
    pub fn of(mut items: Vec<T>, limit: i64, place: impl FnOnce(&T) -> (Timestamp, I)) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(place);
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_page_with_a_successor_has_a_next() {
        let place = |&n: &i64| (Timestamp::from_millis(n), n);
        assert_eq!(Page::of(vec![3, 2, 1], 2, place), Page { items: vec![3, 2], next: place(&2).into() });
        assert_eq!(Page::of(vec![3, 2], 2, place), Page { items: vec![3, 2], next: None });
        assert_eq!(Page::of(vec![], 2, place), Page { items: vec![], next: None });
    }
}

//! How many rows a set has: many while nobody else writes, because a commit then costs least for each row, and few
//! as soon as others do, because they wait for the set.

use postrider_store::profiles::PROFILES_PER_SET;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows of the smallest set; SQLite writes them in about 10 ms.
const ROWS_MIN: usize = PROFILES_PER_SET;
/// Rows of the largest set. They bound the memory of an import, which holds three sets at most. Their pages fit into
/// SQLite's cache even if every key is at another place, and keep its log below the size at which reads are interrupted.
const ROWS_MAX: usize = 4 * PROFILES_PER_SET;

/// The pace of one importer.
#[derive(Clone)]
pub(super) struct Pace(Arc<AtomicUsize>);

impl Pace {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(ROWS_MIN)))
    }

    /// How many rows the next set has.
    pub(super) fn rows(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes note of a set that was written, and whether others wrote meanwhile.
    pub(super) fn wrote(&self, others_wrote: bool) {
        let rows = if others_wrote { self.rows() / 4 } else { self.rows() * 2 };
        self.0.store(rows.clamp(ROWS_MIN, ROWS_MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_grow_while_nobody_else_writes_and_shrink_when_others_do() {
        let pace = Pace::new();
        let rows = |others_wrote: bool| {
            pace.wrote(others_wrote);
            pace.rows()
        };
        assert_eq!([rows(false), rows(false), rows(false)], [2 * ROWS_MIN, ROWS_MAX, ROWS_MAX]);
        assert_eq!([rows(true), rows(true), rows(false)], [ROWS_MIN, ROWS_MIN, 2 * ROWS_MIN]);
    }
}

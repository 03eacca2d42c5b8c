//! How many recipients one chunk of the ledger takes.

/// The most recipients in one chunk.
pub const CHUNK_MAX: i64 = 500;
/// The fewest recipients in one chunk, unless the audience ends: a smaller chunk costs more transactions than messages.
const CHUNK_MIN: i64 = 10;
/// Chunks that each connection gets of what was read so far; with two, the connections finish close together.
const CHUNKS_FOR_EACH_CONNECTION: i64 = 2;

/// The size of the next chunk, between 10 (or a whole window) and [`CHUNK_MAX`], when `read` members of the audience are
/// in earlier chunks.
///
/// Sending begins before the size of the audience is known, so chunks grow with what was read: whatever the size turns
/// out to be, no chunk holds more than its share, and all connections have work until the end. A large audience reaches
/// the largest size after about a hundred chunks.
#[must_use]
pub fn chunk_size(read: i64, connections: usize, window: usize) -> i64 {
    let number = |count: usize| i64::try_from(count).unwrap_or(CHUNK_MAX);
    let shares = number(connections.max(1)).saturating_mul(CHUNKS_FOR_EACH_CONNECTION);
    let least = number(window).clamp(CHUNK_MIN, CHUNK_MAX);
    (read / shares).clamp(least, CHUNK_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The chunks of an audience.
    fn sizes(people: i64, connections: usize, window: usize) -> Vec<i64> {
        let (mut sizes, mut frozen) = (Vec::new(), 0);
        while frozen < people {
            let size = chunk_size(frozen, connections, window).min(people - frozen);
            sizes.push(size);
            frozen += size;
        }
        sizes
    }

    #[test]
    fn a_small_campaign_has_work_for_every_connection_and_a_large_one_has_large_chunks() {
        for (people, connections, chunks, largest) in
            [(30, 10, 3, 10), (100, 10, 10, 10), (997, 10, 54, 50), (997, 1, 12, 252), (1_000_000, 10, 2_090, 500)]
        {
            let sizes = sizes(people, connections, 10);
            let max = sizes.iter().copied().max().unwrap_or_default();
            assert!(sizes.len() <= chunks && max <= largest, "{people}: {} chunks of up to {max}", sizes.len());
        }
        assert_eq!(chunk_size(0, 10, 200), 200, "a window is not cut");
        assert_eq!(chunk_size(i64::MAX, usize::MAX, usize::MAX), CHUNK_MAX);
    }

    proptest! {
        #[test]
        fn no_chunk_is_larger_than_the_share_of_a_connection(
            people in 1_i64..100_000, connections in 1_usize..50, window in 1_usize..50,
        ) {
            let least = i64::try_from(window).unwrap_or_default().max(CHUNK_MIN);
            let share = (people / i64::try_from(connections).unwrap_or(1)).max(least);
            for size in sizes(people, connections, window) {
                prop_assert!((1..=CHUNK_MAX).contains(&size) && size <= share, "{size} of {people}");
            }
        }
    }
}

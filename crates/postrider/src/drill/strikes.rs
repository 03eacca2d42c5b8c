//! The kinds of strikes, and the order in which a drill makes them.

use clap::ValueEnum;

/// A kind of strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Strike {
    /// A node is killed (SIGKILL) and started again.
    Kills,
    /// A node is stopped (SIGSTOP) for longer than its leases last.
    Stops,
    /// The database, which the drill has started itself, is restarted at once, without a clean end.
    Restarts,
    /// The path of a node to its mail server or its database goes silent, in one direction or both.
    Paths,
    /// A node is started with a wall clock that is ten minutes ahead or behind.
    Clocks,
}

impl Strike {
    /// All of them, in the order in which they alternate.
    pub const ALL: [Self; 5] = [Self::Kills, Self::Stops, Self::Restarts, Self::Paths, Self::Clocks];

    /// The word for it, as on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::Stops => "stops",
            Self::Restarts => "restarts",
            Self::Paths => "paths",
            Self::Clocks => "clocks",
        }
    }
}

/// How often strikes of a kind other than kills are made.
const OTHERS: u32 = 2;

/// The strikes of a drill in their order: the kinds alternate.
pub fn plan(kinds: &[Strike], kills: u32) -> Vec<Strike> {
    let number = |kind: Strike| if kind == Strike::Kills { kills } else { OTHERS };
    let rounds = kinds.iter().map(|kind| number(*kind)).max().unwrap_or_default();
    let of_round = |round| Strike::ALL.into_iter().filter(move |kind| kinds.contains(kind) && number(*kind) > round);
    (0..rounds).flat_map(of_round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_alternate_and_each_is_made_as_often_as_it_should() {
        use Strike::{Clocks, Kills, Stops};
        assert_eq!(plan(&[Kills], 3), [Kills; 3]);
        assert_eq!(plan(&[Clocks, Kills, Stops], 3), [Kills, Stops, Clocks, Kills, Stops, Clocks, Kills]);
        assert!(plan(&[], 3).is_empty());
    }
}

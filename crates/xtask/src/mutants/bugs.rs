//! The list of planted bugs. A name stands here, and in the code at the place of the bug or in `store/src/planted.rs`.

/// A planted bug.
#[derive(Debug)]
pub struct Bug {
    /// What turns it on.
    pub name: &'static str,
    /// What it does, as a sentence.
    pub does: &'static str,
    /// Who must notice it, in the order in which they are asked.
    pub caught_by: &'static [Catcher],
}

/// Who notices a bug.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Catcher {
    /// Tests of a crate.
    Tests {
        /// The folder of the crate.
        package: &'static str,
        /// `lib`, or a file of its folder `tests`.
        target: &'static str,
        /// Parts of their names; all of them if there is none.
        names: &'static [&'static str],
    },
    /// Worlds of the simulation on SQLite, from seed 1 on.
    Worlds {
        /// How many.
        count: u64,
    },
}

const fn tests(package: &'static str, target: &'static str, names: &'static [&'static str]) -> Catcher {
    Catcher::Tests { package, target, names }
}

const fn worlds(count: u64) -> Catcher {
    Catcher::Worlds { count }
}

const fn bug(name: &'static str, does: &'static str, caught_by: &'static [Catcher]) -> Bug {
    Bug { name, does, caught_by }
}

const GUARDS: Catcher = tests("store", "guards", &["a_guard_of_yesterday_changes_nothing"]);

const TWO_TENANTS: Catcher = tests("store", "two_tenants", &[]);

/// Every planted bug.
pub const BUGS: &[Bug] = &[
    bug("hold_ignores_the_fence", "A lane marks and records under a fence that is worth nothing.", &[GUARDS]),
    bug("renewal_ignores_the_fence", "A node renews the lease of a chunk that another one holds.", &[GUARDS]),
    bug("rescue_ignores_the_fence", "A chunk is taken from a holder that nobody looked at.", &[GUARDS]),
    bug("rescue_ignores_a_renewal", "A chunk is taken whose lease was renewed since it was read.", &[GUARDS]),
    bug(
        "rescue_is_early",
        "A chunk is taken 20 s before its lease ends.",
        &[tests("engine", "lib", &["nobody_is_rescued_before_the_lease_ends"])],
    ),
    bug("start_is_early", "A job begins a second before it is due.", &[worlds(50)]),
    bug("planner_ignores_the_fence", "A planner that lost its lease goes on freezing.", &[GUARDS]),
    bug("courier_ignores_the_fence", "A node records an event that another one has sent since.", &[GUARDS]),
    bug("budget_is_not_compared", "Two lanes take from the budget of a job at once, and both go on.", &[GUARDS]),
    bug(
        "tenant_budget_is_not_compared",
        "Two lanes take from the budget of a tenant at once, and both go on.",
        &[GUARDS],
    ),
    bug(
        "rescue_retries_under_hold",
        "Recipients in doubt are tried again where the policy is `hold`.",
        &[tests("engine", "lib", &["a_crash_before_any_window_doubles_nothing::sqlite"])],
    ),
    bug("tenant_is_missing_in_drop_of_limit", "A tenant drops a rate limit of all tenants.", &[TWO_TENANTS]),
    bug("tenant_is_missing_in_drop_of_budget", "A tenant drops a budget of all tenants.", &[TWO_TENANTS]),
    bug("tenant_is_missing_in_take", "A take from the budget of a tenant is one from those of all.", &[TWO_TENANTS]),
    bug("tenant_is_missing_in_move", "A job is moved by its id alone.", &[GUARDS]),
];

//! The list of planted bugs. A name is here, and in the code at the place of the bug or in `store/src/planted.rs`.

/// A planted bug.
#[derive(Debug)]
pub struct Bug {
    /// What turns it on.
    pub name: &'static str,
    /// What it does, as a sentence.
    pub does: &'static str,
    /// The catchers that must notice it, in the order in which they run.
    pub caught_by: &'static [Catcher],
}

/// Tests or worlds that notice a bug.
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
    bug("hold_ignores_the_fence", "A lane marks and records under a fence that it has lost.", &[GUARDS]),
    bug("renewal_ignores_the_fence", "A node renews the lease of a chunk that another one holds.", &[GUARDS]),
    bug("rescue_ignores_the_fence", "A chunk is taken from a holder that the rescuer did not look at.", &[GUARDS]),
    bug("rescue_ignores_a_renewal", "A chunk is taken whose lease was renewed since it was read.", &[GUARDS]),
    bug(
        "rescue_is_early",
        "A chunk is taken 20 s before its lease ends.",
        &[tests("engine", "lib", &["no_recipient_is_rescued_before_the_lease_ends"])],
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
    bug(
        "tenant_is_missing_in_take",
        "A take from the budget of one tenant is a take from the budgets of all.",
        &[TWO_TENANTS],
    ),
    bug("tenant_is_missing_in_move", "A job is moved by its id alone.", &[GUARDS]),
    bug(
        "synchronous_is_off",
        "SQLite confirms commits before they are on the disk.",
        &[tests("store", "lib", &["every_connection_keeps_what_it_promises"])],
    ),
    bug(
        "restart_forgets_a_budget",
        "After a restart a job takes from a full budget.",
        &[tests("engine", "lib", &["a_restart_keeps_what_was_taken_from_both_budgets::sqlite"])],
    ),
    bug(
        "restart_forgets_a_tenant_budget",
        "After a restart a tenant takes from a full budget.",
        &[tests("engine", "lib", &["a_restart_keeps_what_was_taken_from_both_budgets::sqlite"])],
    ),
    bug("resume_tries_failed_ones_again", "A resume with `retry` sends to recipients that failed.", &[GUARDS]),
    bug("resume_tries_sent_ones_again", "A resume with `retry` sends to recipients that were reached.", &[GUARDS]),
    bug(
        "resume_opens_no_chunk",
        "A resume with `retry` leaves the recipients in a chunk that no lane claims.",
        &[tests("engine", "lib", &["the_uncertain_are_tried_again_when_a_person_says_so::sqlite"])],
    ),
    bug(
        "giving_up_forgets_doubts",
        "Recipients in doubt expire or are canceled as if no message had reached them.",
        &[GUARDS],
    ),
    bug("ledger_changes_any_state", "A recipient is changed although its state has changed since.", &[GUARDS]),
    bug(
        "consent_is_not_looked_at_again",
        "A person who withdraws consent after the freeze gets the message.",
        &[tests("engine", "lib", &["who_changes_their_mind_after_the_freeze_is_spared::sqlite"])],
    ),
    bug(
        "pending_ones_are_not_counted",
        "A job ends while recipients wait.",
        &[tests("engine", "lib", &["a_deferred_recipient_is_tried_again_later::sqlite"])],
    ),
    bug(
        "rescue_writes_no_attempt",
        "A recipient whose lease was lost has no attempt that records it.",
        &[tests("engine", "lib", &["no_recipient_is_rescued_before_the_lease_ends::sqlite"])],
    ),
    bug(
        "keeper_never_renews",
        "A slow window loses its chunk.",
        &[tests("engine", "lib", &["a_slow_window_keeps_its_chunk::sqlite"])],
    ),
    bug(
        "no_rescue_at_a_start",
        "After a restart chunks wait for their leases.",
        &[tests("engine", "lib", &["chunks_of_a_killed_process_go_on_at_the_next_start"])],
    ),
    bug(
        "late_answer_changes_who_is_final",
        "A late answer changes recipients that are final.",
        &[tests("engine", "lib", &["a_late_answer_changes_no_final_recipient::sqlite"])],
    ),
    bug(
        "failed_are_not_counted",
        "The counters of a chunk miss failed recipients.",
        &[tests("engine", "lib", &["one_bad_recipient_fails_alone::sqlite"])],
    ),
    bug(
        "marks_go_on_after_a_cancel",
        "A claimed chunk goes on after its job was canceled or paused.",
        &[tests("engine", "lib", &["a_canceled_job_stops_between_windows::sqlite"])],
    ),
    bug(
        "an_earlier_doubt_is_forgotten",
        "A recipient that an earlier attempt may have reached fails at the next.",
        &[tests("engine", "lib", &["a_recipient_that_may_have_been_reached_never_fails::sqlite"])],
    ),
    bug(
        "the_horizon_never_ends",
        "The horizon begins again with each attempt.",
        &[tests("engine", "lib", &["no_recipient_is_tried_longer_than_the_horizon::sqlite"])],
    ),
    bug(
        "hand_over_ignores_the_finish",
        "After a pause of the process a window leaves at or after the latest finish.",
        &[tests("engine", "lib", &["after_a_pause_nothing_leaves_at_the_latest_finish::sqlite"])],
    ),
    bug(
        "hand_over_ignores_a_stand_still",
        "After a pause of the process a window leaves although the lease is over.",
        &[tests("engine", "lib", &["after_a_pause_beyond_the_lease_no_marked_message_leaves::sqlite"])],
    ),
    bug(
        "a_start_is_not_told",
        "A job begins without its event.",
        &[tests("engine", "lib", &["a_crash_after_any_commit_tells_nothing_false::sqlite"])],
    ),
    bug(
        "addresses_are_not_compared",
        "Two people who share an address get a message each.",
        &[tests("engine", "lib", &["one_phone_shared_by_many_rings_once::sqlite"])],
    ),
    bug(
        "exclusions_are_ignored",
        "An excluded person gets the message.",
        &[tests("engine", "lib", &["exclusion_and_duplicates_are_counted_not_frozen::sqlite"])],
    ),
    bug(
        "suppressions_of_all_count",
        "An address that one tenant suppresses is suppressed for all.",
        &[tests("store", "people", &["a_suppression_is_never_shortened_by_a_later_one"])],
    ),
];

//! Planted bugs: switches that `cargo xtask mutants` turns on, one at a time, to prove that the tests notice each.
//!
//! Without the feature `planted` a switch is the constant `false`. No crate turns the feature on by itself, so the
//! product does not contain the bugs. The list of them is `crates/xtask/src/mutants/bugs.rs`.

/// Whether the planted bug of that name is turned on.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn planted(_name: &str) -> bool {
    false
}

/// Whether the planted bug of that name is turned on.
#[cfg(feature = "planted")]
#[must_use]
pub fn planted(name: &str) -> bool {
    bug() == Some(name)
}

/// The bug that is turned on in this process: the value of `POSTRIDER_PLANTED`, read once.
#[cfg(feature = "planted")]
#[must_use]
pub fn bug() -> Option<&'static str> {
    static BUG: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    BUG.get_or_init(|| std::env::var("POSTRIDER_PLANTED").ok()).as_deref()
}

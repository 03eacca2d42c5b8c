//! Whatever is sent, the answer is one of the document, and never that something failed on our side.
//!
//! Every operation of the OpenAPI document is sent its examples, spoilt: in the values of the body, in its bytes, in
//! path, query and headers. `POSTRIDER_FUZZ_CASES` sets how many requests each database gets, `POSTRIDER_FUZZ_SEED`
//! which.

#![cfg(test)]

mod attack;
mod operations;
mod spoil;
#[path = "../support/mod.rs"]
mod support;

use attack::attacks;
use operations::Target;
use postrider_store::testkit::Database;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};
use std::collections::BTreeMap;

/// Requests to each database, unless the environment says otherwise.
const CASES: u32 = 1_500;
/// Requests to one set of objects: they are deleted and spoilt in time.
const CASES_PER_TARGET: u32 = 150;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn fuzz(database: Database) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = number("POSTRIDER_FUZZ_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(CASES);
    let seed = number("POSTRIDER_FUZZ_SEED").unwrap_or(1);
    let mut answers = BTreeMap::<u16, u32>::new();
    for round in 0..cases.div_ceil(CASES_PER_TARGET) {
        let target = runtime.block_on(Target::on(database));
        let config = Config {
            cases: CASES_PER_TARGET,
            failure_persistence: None,
            rng_algorithm: RngAlgorithm::ChaCha,
            rng_seed: RngSeed::Fixed(seed + u64::from(round)),
            max_shrink_iters: 200,
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(&attacks(), |attack| {
            let complaint = runtime.block_on(target.complaint(&attack));
            complaint.map_or(Ok(()), |complaint| Err(TestCaseError::fail(complaint)))
        });
        if let Err(TestError::Fail(reason, attack)) = outcome {
            panic!("seed {}: {reason}\n{attack:#?}", seed + u64::from(round));
        }
        for (status, count) in target.answers.into_inner().unwrap() {
            *answers.entry(status).or_default() += count;
        }
    }
    // Requests of which none passes would prove little.
    let all: u32 = answers.values().sum();
    let passed: u32 = answers.range(200..300).map(|(_, count)| count).sum();
    assert!(passed * 10 > all && answers.contains_key(&409), "{answers:?}");
}

#[test]
fn nothing_that_is_sent_fails_on_sqlite() {
    fuzz(Database::Sqlite);
}

#[test]
fn nothing_that_is_sent_fails_on_postgres() {
    fuzz(Database::Postgres);
}

#[test]
fn every_operation_with_a_body_is_sent_one() {
    for operation in operations::operations() {
        let is_form = operation.path == "/oauth/token" || operation.path.starts_with("/unsubscribe");
        let names = operation.name();
        assert!(!operation.takes_body || is_form || !operation.bodies.is_empty(), "{names} has no example");
    }
}

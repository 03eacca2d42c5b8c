//! Several `postrider serve` on one database: what must hold over all of them.

use crate::support::{Home, Server};
use postrider_store::testkit::Database;
use std::time::Instant;

/// Asks each server so many times, all at once; answers how often each said yes.
fn hammer(servers: &[Server], until: usize, ask: impl Fn(&Server) -> bool + Sync) -> Vec<usize> {
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            servers.iter().map(|server| scope.spawn(|| (0..until).filter(|_| ask(server)).count())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn two_processes_keep_one_limit() {
    const LIMIT: usize = 300;
    for database in [Database::Postgres, Database::Sqlite] {
        let home = Home::on(database, &format!("[rate_limits]\nread = {LIMIT}\nwrite = 40\n"));
        let (_, id, secret) = home.tenant_and_client();
        let servers = [home.serve(&["--role", "api"]), home.serve(&["--role", "api"])];
        let authorization = format!("Bearer {}", servers[0].token(&id, &secret));
        let headers = [("authorization", &*authorization)];
        #[expect(clippy::disallowed_methods, reason = "the limit of a real server is one of real time")]
        let begun = Instant::now();
        let ask = |server: &Server| server.request("GET", "/public/v1/tenant", &headers, "").0 == 200;
        let shares: Vec<usize> = hammer(&servers, LIMIT, ask);
        let passed: usize = shares.iter().sum();
        assert!(shares.iter().all(|share| *share > 0), "{database:?}: {shares:?}");
        let minutes = begun.elapsed().as_secs() / 60 + 1;
        let most = LIMIT * usize::try_from(minutes).unwrap();
        assert!((LIMIT..=most + most / 10).contains(&passed), "{database:?}: {passed} passed in {minutes} minutes");
        let body = r#"{"name":"Friends"}"#;
        let write = |server: &Server| server.request("POST", "/public/v1/lists", &headers, body).0 == 201;
        assert_eq!(hammer(&servers, 10, write), [10, 10], "the other class has its own");
        let (_, id, secret) = home.tenant_and_client();
        let other = format!("Bearer {}", servers[1].token(&id, &secret));
        let other = [("authorization", &*other)];
        assert_eq!(servers[1].request("GET", "/public/v1/tenant", &other, "").0, 200, "and so has another client");
    }
}

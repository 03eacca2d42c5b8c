//! `POST /oauth/token` of a real server, with many strangers at it.

use crate::support::Home;
use postrider_store::testkit::Database;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Strangers that ask at the same time, each again and again.
const STRANGERS: usize = 200;
/// Tokens that the client fetches meanwhile.
const TOKENS: usize = 10;

/// Sends the strangers home, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn two_hundred_strangers_keep_no_client_from_its_token() {
    for database in [Database::Sqlite, Database::Postgres] {
        let home = Home::on(database, "");
        let (_, id, secret) = home.tenant_and_client();
        let server = home.serve(&["--role", "api"]);
        let (ended, refused) = (AtomicBool::new(false), AtomicUsize::new(0));
        let stranger = |number: usize| {
            let form = format!(
                "grant_type=client_credentials&client_id=018f0000-0000-7000-8000-{number:012}&client_secret=made-up"
            );
            while !ended.load(Ordering::Relaxed) {
                let headers = [("content-type", "application/x-www-form-urlencoded")];
                let mut answer = String::new();
                // Whoever is turned away at the door is no answer to count.
                let Ok(mut stream) = server.ask("POST", "/oauth/token", &headers, &form) else { continue };
                if stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 401") {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            let _end = End(&ended);
            for number in 0..STRANGERS {
                let stranger = &stranger;
                scope.spawn(move || stranger(number));
            }
            while refused.load(Ordering::Relaxed) < STRANGERS {
                std::thread::yield_now();
            }
            for _ in 0..TOKENS {
                server.token(&id, &secret);
            }
        });
    }
}

//! Import jobs over HTTP: from the file that somebody has to people on a list and rows to be mended.
#![cfg(test)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request, header};
use postrider_core::scope::Scope;
use postrider_store::StoreError;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::{BASE, TestAnswer, TestApp, api_request};

const DATABASES: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// A job, driven as a client would.
struct Job<'a> {
    app: &'a TestApp,
    made: Value,
}

impl<'a> Job<'a> {
    async fn new(app: &'a TestApp, body: Value) -> Self {
        let made = app.as_admin().post("/import-jobs", body).await;
        assert_eq!(made.status, 201, "{}", made.json);
        Self { app, made: made.data().clone() }
    }

    fn path(&self, rest: &str) -> String {
        format!("/import-jobs/{}{rest}", self.made["id"].as_str().unwrap())
    }

    async fn upload(&self, file: impl Into<Body>) -> TestAnswer {
        self.upload_as("text/csv", file).await
    }

    async fn upload_as(&self, media_type: &str, file: impl Into<Body>) -> TestAnswer {
        let token = self.app.token(Scope::ALL).await;
        let mut request = api_request(Method::PUT, &self.path("/file"), &token, None, None);
        request.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        *request.body_mut() = file.into();
        self.app.send(request).await
    }

    async fn map(&self, body: Value) -> TestAnswer {
        self.app.as_admin().post(&self.path("/mapping"), body).await
    }

    async fn start(&self) -> TestAnswer {
        self.app.as_admin().post(&self.path("/start"), json!({})).await
    }

    async fn get(&self) -> Value {
        self.app.as_admin().get(&self.path("")).await.data().clone()
    }

    async fn errors(&self) -> Vec<Value> {
        let page = self.app.as_admin().get(&self.path("/errors")).await;
        page.data()["items"].as_array().unwrap().clone()
    }

    async fn errors_as(&self, media_type: &str) -> String {
        let token = self.app.token(Scope::ALL).await;
        let mut request = api_request(Method::GET, &self.path("/errors"), &token, None, None);
        request.headers_mut().insert(header::ACCEPT, media_type.parse().unwrap());
        let answer = self.app.send(request).await;
        assert!(answer.header("content-type").starts_with(media_type));
        String::from_utf8(answer.bytes).unwrap()
    }

    /// Starts it and works until it is over.
    async fn run(&self) -> Value {
        self.start().await.data();
        while self.app.service.importer().step().await.unwrap() {}
        self.get().await
    }
}

/// Read, created, updated, unchanged, refused.
fn counts(job: &Value) -> [i64; 5] {
    let of = |name: &str| job["counts"][name].as_i64().unwrap();
    let counts = ["read", "created", "updated", "unchanged", "refused"].map(of);
    assert_eq!(counts[0], counts[1..].iter().sum::<i64>(), "every row is accounted for: {job}");
    counts
}

#[tokio::test]
async fn a_table_becomes_people_on_a_list_and_rows_to_be_mended() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let body = json!({ "objectName": "profiles", "fileName": "leads.csv", "fileSize": 98_304, "createList": true,
            "listName": "Leads" });
        let job = Job::new(&app, body).await;
        assert_eq!((&job.made["state"], &job.made["format"]), (&json!("pending"), &json!("csv")));
        assert_eq!(job.made["jobId"], job.made["id"]);
        assert_eq!(job.made["landingPath"], format!("{BASE}{}", job.path("/file")));

        let file = "\u{feff}E-Mail;Vorname;Telefon;Notiz\r\nAda@example.test;Ada;+49 30 123456;\"zwei\r\nZeilen\"\r\n\
            nobody;Nobody;;x\r\nbob@example.test;Bob;030 1;y\r\n";
        let uploaded = job.upload(file).await;
        let uploaded = uploaded.data();
        assert_eq!((&uploaded["state"], &uploaded["fileSize"]), (&json!("ready"), &json!(file.len())));
        assert_eq!(uploaded["matchKey"], "email");
        let columns = &uploaded["columns"];
        assert_eq!(
            columns[0],
            json!({ "column": "E-Mail", "field": "email", "question": null,
            "samples": ["Ada@example.test", "nobody", "bob@example.test"] })
        );
        assert_eq!(columns[3]["field"], "notiz");

        let mapped = job.map(json!({ "columns": { "Notiz": "note" } })).await;
        assert_eq!(mapped.data()["columns"][3]["field"], "note");
        let started = job.start().await;
        assert_eq!((started.status, &started.data()["state"]), (202, &json!("running")));
        assert_eq!(started.data()["columns"][0]["samples"], json!([]), "samples are gone with the start");
        let list = format!("/lists/{}", started.data()["listId"].as_str().unwrap());
        app.as_admin().delete(&list).await.refused(409, "JOURNEY_API.PUBLIC.LISTS.IN_USE");
        while app.service.importer().step().await.unwrap() {}
        let done = job.get().await;
        assert_eq!(
            (&done["state"], &done["progress"], &done["error"]),
            (&json!("completed"), &json!(1.0), &Value::Null)
        );
        assert_eq!(counts(&done), [3, 2, 0, 0, 1]);
        assert_eq!((&done["counts"]["fieldsLeftOut"], &done["counts"]["addedToList"]), (&json!(1), &json!(2)));

        let list = app.as_admin().get(&list).await;
        assert_eq!((&list.data()["name"], &list.data()["memberCount"]), (&json!("Leads"), &json!(2)));
        let errors = job.errors().await;
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0]["line"], 4);
        assert_eq!((&errors[0]["severity"], &errors[0]["path"]), (&json!("error"), &json!("email")));
        assert_eq!(
            (&errors[0]["value"], &errors[0]["code"]),
            (&json!("nobody"), &json!("JOURNEY_API.VALIDATION.REQUEST_INVALID"))
        );
        assert_eq!(errors[0]["record"]["Vorname"], "Nobody");
        assert_eq!((&errors[1]["severity"], &errors[1]["path"]), (&json!("warning"), &json!("phone")));

        // Mended and sent again, the rest is unchanged.
        let mended = job.errors_as("text/csv").await.replace("nobody", "nora@example.test");
        assert!(
            mended.starts_with("E-Mail,Vorname,Telefon,Notiz,postrider_line,postrider_severity,postrider_reason\r\n"),
            "{mended}"
        );
        let again = Job::new(&app, json!({ "targetListId": done["listId"] })).await;
        again.upload_as("application/octet-stream", mended).await.data();
        let again = again.run().await;
        assert_eq!(counts(&again), [2, 1, 1, 0, 0], "the note goes under another name now");
    }
}

#[tokio::test]
async fn lines_of_json_are_taken_as_an_upsert_would_each_by_itself() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let lines = [
            r#"{"email":"ada@example.test","first_name":"Ada","address":{"city":"Berlin"},"tags":["a","b"],"vip":true}"#,
            "",
            r#"{"record":{"email":"bob@example.test","consent":{"email":"granted"}}}"#,
            r#"{"email":"ada@example.test","first_name":null}"#,
            r#"{"email":"carl@example.test","email":"other@example.test"}"#,
            r#"{"email":"dora@example.test","address":{"city":"a","city":"b"}}"#,
            r#"{"email":"emil@example.test","nested":{"a":1}}"#,
            r#"{"email":7}"#,
            r#"["ada@example.test"]"#,
            r#"{"email":"finn@example.test""#,
            r#"{"first_name":"Nobody"}"#,
            "{\"email\":\"gus@example.test\",\"x\\u0000\":1}",
            r#"{"email":"hal@example.test","phone":"030 1"}"#,
        ];
        let mut file = lines.join("\n").into_bytes();
        file.extend_from_slice(b"\n{\"email\":\"ida@example.test\",\"first_name\":\"\xff\"}\n");
        file.extend_from_slice(format!("{{\"email\":\"{}\"}}\n", "x".repeat(300_000)).as_bytes());
        file.extend_from_slice(b"{\"email\":\"last@example.test\"}");
        let job = Job::new(&app, json!({ "fileName": "people.jsonl" })).await;
        let uploaded = job.upload_as("application/octet-stream", file.clone()).await;
        assert_eq!((&uploaded.data()["state"], &uploaded.data()["format"]), (&json!("ready"), &json!("jsonl")));
        let done = job.run().await;
        assert_eq!((&done["state"], counts(&done)), (&json!("completed"), [15, 3, 1, 0, 11]));
        let errors: Vec<(u64, String)> = job
            .errors()
            .await
            .iter()
            .map(|error| (error["line"].as_u64().unwrap(), error["message"].as_str().unwrap().to_owned()))
            .collect();
        for (place, (line, part)) in [
            (5, "email: is given more than once"),
            (6, "address.city: is given more than once"),
            (7, "nested: must not be an object"),
            (8, "email: must be text"),
            (9, "row: is not a JSON object"),
            (10, "row: is not JSON"),
            (11, "email: is needed"),
            (12, "is not a name for an attribute"),
            (13, "phone: has no country code"),
            (14, "row: is not written in UTF-8"),
            (15, "row: is longer than 256 KiB"),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(errors[place].0, line, "{errors:?}");
            assert!(errors[place].1.contains(part), "{:?}", errors[place]);
        }
        // The same file again knows it all, but for the person who stands in it twice.
        let again = Job::new(&app, json!({ "format": "jsonl" })).await;
        again.upload(file).await.data();
        assert_eq!(counts(&again.run().await), [15, 0, 2, 2, 11]);
        let mended = job.errors_as("application/x-ndjson").await.replace("\"030 1\"", "\"+49301\"");
        let mending = Job::new(&app, json!({})).await;
        mending.upload_as("application/x-ndjson", mended).await.data();
        assert_eq!(counts(&mending.run().await), [11, 1, 0, 0, 10], "hal is mended");
    }
}

#[tokio::test]
async fn fields_of_records_can_be_renamed_and_left_out() {
    let app = TestApp::new().await;
    let job = Job::new(&app, json!({ "format": "jsonl" })).await;
    job.upload(r#"{"Mail":"ada@example.test","Ort":"Berlin","secret":"x"}"#).await.data();
    for (columns, part) in
        [(json!({ "Mail": "two words" }), "no field"), (json!({ "a": "email", "b": "email" }), "both")]
    {
        let refused = job.map(json!({ "columns": columns })).await;
        let error = refused.refused(400, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_INVALID");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
    let mapped = job.map(json!({ "mapping": { "Mail": "email", "Ort": "address.city" }, "ignore": ["secret"] })).await;
    assert_eq!(mapped.data()["columns"][0]["field"], "email");
    assert_eq!(counts(&job.run().await), [1, 1, 0, 0, 0]);
    let found = app.as_admin().post("/profiles/upsert", json!({ "record": { "email": "ada@example.test" } })).await;
    let person = app.as_admin().get(&format!("/profiles/{}", found.data()["id"].as_str().unwrap())).await;
    let record = &person.data()["record"];
    assert_eq!((&record["address"]["city"], &record["secret"]), (&json!("Berlin"), &Value::Null));
}

#[tokio::test]
async fn what_is_no_file_of_people_is_refused_when_it_comes() {
    let app = TestApp::new().await;
    for (format, file, part) in [
        ("csv", &b""[..], "is empty"),
        ("csv", b"email,name\n", "no rows below"),
        ("csv", b"\xff\xfee\0m\0", "no rows below"),
        ("csv", b"email\na@example.test\n\0\n", "zero bytes"),
        ("csv", b"ada@example.test\nbob@example.test\n", "email address in its first line"),
        ("csv", b"PK\x03\x04", "spreadsheet"),
        ("csv", b"\x1f\x8b\x08", "compressed"),
        ("jsonl", b"", "is empty"),
        ("jsonl", b"[{\"email\":\"a@example.test\"}]", "JSON array"),
        ("jsonl", b"email\na@example.test\n", "holds no record"),
    ] {
        let job = Job::new(&app, json!({ "format": format })).await;
        let refused = job.upload(file.to_vec()).await;
        let error = refused.refused(422, "JOURNEY_API.PUBLIC.IMPORTS.FILE_INVALID");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        let job_now = job.get().await;
        assert_eq!((&job_now["state"], &job_now["fileSize"]), (&json!("pending"), &Value::Null));
        // The right file can still come.
        job.upload(if format == "csv" { "email\na@example.test\n" } else { r#"{"email":"a@example.test"}"# })
            .await
            .data();
    }
    let quote = format!("email,note\na@example.test,\"open\n{}", "z@example.test,z\n".repeat(30_000));
    let job = Job::new(&app, json!({ "format": "csv" })).await;
    job.upload(quote).await.refused(422, "JOURNEY_API.PUBLIC.IMPORTS.FILE_INVALID");
}

#[tokio::test]
async fn a_table_that_breaks_in_its_middle_is_refused_with_its_line_before_anybody_is_imported() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let good: String = (0..600).map(|n| format!("p{n}@example.test,x\n")).collect();
        let broken = format!("email,note\n{good}q@example.test,\"open\n{}", "z@example.test,z\n".repeat(30_000));
        let job = Job::new(&app, json!({})).await;
        let refused = job.upload(broken).await;
        let error = refused.refused(422, "JOURNEY_API.PUBLIC.IMPORTS.FILE_INVALID");
        assert!(error["message"].as_str().unwrap().contains("at line 602"), "{error}");
        job.start().await.refused(409, "JOURNEY_API.PUBLIC.IMPORTS.FILE_MISSING");
        assert_eq!(counts(&job.get().await), [0, 0, 0, 0, 0]);
    }
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_before_and_while_it_comes() {
    let app = TestApp::with_settings(Database::Sqlite, |settings| settings.import_file_max_bytes = 1_000_000).await;
    let code = "JOURNEY_API.PUBLIC.IMPORTS.FILE_TOO_LARGE";
    app.as_admin().post("/import-jobs", json!({ "fileSize": 1_000_001 })).await.refused(413, code);
    let job = Job::new(&app, json!({ "fileSize": 1_000_000 })).await;
    let chunks = (0..50).map(|_| Ok::<_, std::io::Error>("email,name\n".repeat(10_000)));
    let endless = Body::from_stream(futures_util::stream::iter(chunks));
    job.upload(endless).await.refused(413, code);
    assert_eq!(job.get().await["uploadedBytes"], 0);
    let token = app.token(Scope::ALL).await;
    let mut request = api_request(Method::PUT, &job.path("/file"), &token, None, None);
    request.headers_mut().insert(header::CONTENT_LENGTH, "1000001".parse().unwrap());
    app.send(request).await.refused(413, code);
    // Other routes keep their own limit, and this one has none of theirs.
    let rows: String = (0..40_000).map(|n| format!("p{n}@example.test\n")).collect();
    job.upload(format!("email\n{rows}")).await.data();
    let mut request = api_request(Method::PUT, &job.path("/file"), &token, None, None);
    request.headers_mut().insert(header::CONTENT_LENGTH, "1000001".parse().unwrap());
    app.send(request).await.refused(413, code);
    assert_eq!(job.get().await["state"], "ready", "a file that is refused unseen takes no other's place");
}

/// Rows of this file fill three parts and a bit.
fn file_of_parts() -> String {
    format!("email\n{}", "a@example.test\n".repeat(60_000))
}

#[tokio::test]
async fn the_files_of_a_tenant_share_a_room_that_deleted_and_ended_jobs_leave() {
    const FULL: &str = "JOURNEY_API.PUBLIC.IMPORTS.STORAGE_FULL";
    for database in DATABASES {
        let app = TestApp::with_settings(database, |settings| settings.import_tenant_max_bytes = 2_000_000).await;
        let (file, bytes) = (file_of_parts(), file_of_parts().len());
        let (first, second, third) =
            (Job::new(&app, json!({})).await, Job::new(&app, json!({})).await, Job::new(&app, json!({})).await);
        first.upload(file.clone()).await.data();
        second.upload(file.clone()).await.data();
        // Neither a whole body nor an endless one leaves anything behind.
        let endless =
            futures_util::stream::iter((0..50).map(|_| Ok::<_, std::io::Error>("email,name\n".repeat(10_000))));
        for body in [Body::from(file.clone()), Body::from_stream(endless)] {
            let refused = third.upload(body).await;
            let message = refused.refused(409, FULL)["message"].as_str().unwrap().to_owned();
            assert!(message.contains("of 2000000 at most; delete import jobs"), "{message}");
            assert_eq!(third.get().await["uploadedBytes"], 0);
        }
        assert_eq!(first.get().await["uploadedBytes"], bytes);
        // A file that takes the place of another one of the same job needs the room of one.
        first.upload(file.clone()).await.data();
        app.as_admin().delete(&second.path("")).await.data();
        third.upload(file.clone()).await.data();
        let fourth = Job::new(&app, json!({})).await;
        fourth.upload(file.clone()).await.refused(409, FULL);
        first.run().await;
        fourth.upload(file.clone()).await.data();
        app.clock.advance(8 * 24 * 60 * 60 * 1_000);
        app.service.importer().sweep().await.unwrap();
        let later = Job::new(&app, json!({})).await;
        later.upload(file).await.data();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_at_the_same_time_do_not_pass_the_limit_of_their_tenant() {
    for database in DATABASES {
        let app = TestApp::with_settings(database, |settings| settings.import_tenant_max_bytes = 2_000_000).await;
        let jobs: Vec<Job<'_>> = futures_util::future::join_all((0..6).map(|_| Job::new(&app, json!({})))).await;
        // Without a length, so that only the parts are counted.
        let sent = jobs.iter().map(|job| {
            let pieces: Vec<_> =
                (0..4).map(|_| Ok::<_, std::io::Error>(file_of_parts()[..225_000].to_owned())).collect();
            job.upload(Body::from_stream(futures_util::stream::iter(pieces)))
        });
        let answers = futures_util::future::join_all(sent).await;
        let taken = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(taken <= 2 && answers.iter().all(|answer| [200, 409].contains(&answer.status)));
        let stored: Result<i64, StoreError> = app.store.read("test", |tx| tx.query_number(&STORED, &[])).await;
        assert!(stored.unwrap() <= 2_000_000);
        let again = Job::new(&app, json!({})).await;
        let room = 2_000_000 - 900_000 * taken;
        again.upload("email\n".to_owned() + &"a@example.test\n".repeat(room.min(900_000) / 15 - 1)).await.data();
    }
}

#[tokio::test]
async fn the_upload_url_needs_no_token_and_ends() {
    let app = TestApp::new().await;
    let job = Job::new(&app, json!({ "fileName": "a.csv" })).await;
    let url = job.made["uploadUrl"].as_str().unwrap().to_owned();
    let put = |body: &'static str| Request::put(url.clone()).header("content-type", "text/csv").body(Body::from(body));
    assert_eq!(app.send(put("email\na@example.test\n").unwrap()).await.data()["state"], "ready");
    assert_eq!(app.send(put("Mail\nb@example.test\n").unwrap()).await.data()["columns"][0]["column"], "Mail");
    let text = app.as_admin().get(&job.path("")).await;
    assert!(!String::from_utf8_lossy(&text.bytes).contains("import-uploads"), "the URL is told once");
    app.clock.advance(24 * 60 * 60 * 1_000);
    let late = app.send(put("email\nc@example.test\n").unwrap()).await;
    late.refused(404, "JOURNEY_API.PUBLIC.IMPORTS.UPLOAD_URL_INVALID");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_a_job_that_waits_and_no_rubbish() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let job = Job::new(&app, json!({ "format": "csv" })).await;
        let whole = format!("email\n{}", "a@example.test\n".repeat(60_000));
        let pieces = vec![Ok(whole.clone()), Err(std::io::Error::other("the client went away"))];
        let broken = job.upload(Body::from_stream(futures_util::stream::iter(pieces))).await;
        broken.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(job.get().await["state"], "pending");
        job.start().await.refused(409, "JOURNEY_API.PUBLIC.IMPORTS.FILE_MISSING");
        job.upload(whole).await.data();
        assert_eq!(parts(&app).await, 7, "the whole ones of the first upload are still there");
        app.service.importer().sweep().await.unwrap();
        assert_eq!(parts(&app).await, 4);
        assert_eq!(counts(&job.run().await), [60_000, 1, 0, 59_999, 0]);
        app.service.importer().sweep().await.unwrap();
        assert_eq!(parts(&app).await, 0, "the file goes when the job is over");
    }
}

postrider_store::statements! { "import_jobs_test":
    PARTS = "SELECT COUNT(*) FROM import_job_parts";
    JOBS = "SELECT COUNT(*) FROM import_jobs";
    STORED = "SELECT CAST(COALESCE(SUM(uploaded_bytes), 0) AS BIGINT) FROM import_jobs";
}

async fn parts(app: &TestApp) -> i64 {
    let parts: Result<i64, StoreError> = app.store.read("test", |tx| tx.query_number(&PARTS, &[])).await;
    parts.unwrap()
}

#[tokio::test]
async fn jobs_are_listed_deleted_and_forgotten_in_time() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let (waiting, done, running) =
            (Job::new(&app, json!({})).await, Job::new(&app, json!({})).await, Job::new(&app, json!({})).await);
        for job in [&done, &running] {
            job.upload("email\na@example.test\nnobody\n").await.data();
        }
        done.run().await;
        running.start().await.data();
        let page = app.as_admin().get("/import-jobs?limit=2").await;
        assert_eq!(page.data()["items"].as_array().unwrap().len(), 2);
        let next = page.data()["nextCursor"].as_str().unwrap();
        let rest = app.as_admin().get(&format!("/import-jobs?limit=2&cursor={next}")).await;
        assert_eq!(rest.data()["items"].as_array().unwrap().len(), 1);
        let ended = app.as_admin().get("/import-jobs?state=completed").await;
        assert_eq!(ended.data()["items"][0]["id"], done.made["id"]);

        app.as_admin().delete(&running.path("")).await.data();
        app.as_admin().get(&running.path("")).await.refused(404, "JOURNEY_API.PUBLIC.IMPORTS.NOT_FOUND");
        assert!(!app.service.importer().step().await.unwrap(), "what was deleted does not run");
        app.clock.advance(8 * 24 * 60 * 60 * 1_000);
        app.service.importer().sweep().await.unwrap();
        app.as_admin().get(&waiting.path("")).await.refused(404, "JOURNEY_API.PUBLIC.IMPORTS.NOT_FOUND");
        assert_eq!(done.errors().await.len(), 1, "what ended is kept longer");
        app.clock.advance(23 * 24 * 60 * 60 * 1_000);
        app.service.importer().sweep().await.unwrap();
        let left: Result<i64, StoreError> = app.store.read("test", |tx| tx.query_number(&JOBS, &[])).await;
        assert_eq!(left.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_a_job_is_asked_for_must_make_sense() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    for (body, path) in [
        (json!({ "objectName": "orders" }), "objectName"),
        (json!({ "format": "xlsx" }), "format"),
        (json!({ "createList": true }), "listName"),
        (json!({ "listName": " " }), "listName"),
        (json!({ "matchKey": "shoe" }), "matchKey"),
        (json!({ "fileName": "a\u{0}" }), "fileName"),
        (json!({ "createAudience": true }), "createAudience"),
    ] {
        let refused = admin.post("/import-jobs", body).await;
        let error = refused.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path);
    }
    let job = Job::new(&app, json!({ "matchKey": "customer_id" })).await;
    let multipart = job.upload_as("multipart/form-data; boundary=x", "--x--").await;
    multipart.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
    let pending = job.upload("Mail,Nr\na@example.test,7\n").await;
    assert_eq!(pending.data()["state"], "pending");
    assert!(pending.data()["problem"].as_str().unwrap().contains("customer id"), "{}", pending.json);
    job.start().await.refused(409, "JOURNEY_API.PUBLIC.IMPORTS.MAPPING_REQUIRED");
    let ready = job.map(json!({ "columns": { "Nr": "customer_id" } })).await;
    assert_eq!((&ready.data()["state"], &ready.data()["problem"]), (&json!("ready"), &Value::Null));
    assert_eq!(counts(&job.run().await), [1, 1, 0, 0, 0]);
}

//! Nodes behind pgbouncer in transaction mode, where the next transaction may be served by any connection.

use crate::client::Client;
use crate::support::{CONFIG, Home};
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const ADVICE: &str = "pgbouncer is needed and not found: run `cargo xtask test`, which installs it on Debian, or install \
    the package pgbouncer (apt-get install pgbouncer)";

/// A running pgbouncer in front of one schema of the test server; ended when dropped.
struct Pooler {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Pooler {
    fn start(server: &str, connect_query: &str, more: &str) -> Self {
        let (host, server_port) = server.split_once(':').unwrap_or((server, "5432"));
        // Its user, who is not root, must be able to read what is in it.
        let folder = tempfile::Builder::new().prefix("postrider-pooler-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n\
            pooled = host={host} port={server_port} dbname=postgres user=postgres pool_size=3 \
            connect_query='{connect_query}'\n\
            [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
            pool_mode = transaction\nmax_client_conn = 200\n{more}"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(program());
        command.arg("--quiet").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n") {
            command.args(["--user", "nobody"]);
        }
        let mut child = command.spawn().expect(ADVICE);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "pgbouncer ended at its start");
            std::thread::yield_now();
        }
        Self { child, port, _folder: folder }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Debian keeps it where only root looks for programs.
fn program() -> &'static str {
    const DEBIAN: &str = "/usr/sbin/pgbouncer";
    if Path::new(DEBIAN).exists() { DEBIAN } else { "pgbouncer" }
}

/// Starts a pooler in front of the database of a home, and writes it into the configuration, with more. On each of its
/// connections to the server it first chooses the schema, and then does what `first` adds.
fn pooled(home: &Home, first: &str, more: &str) -> Pooler {
    let config = home.folder.path().join(CONFIG);
    let text = std::fs::read_to_string(&config).unwrap();
    let url = text.lines().find_map(|line| line.strip_prefix("url = ")).unwrap();
    let server = url.split_once('@').unwrap().1.split('/').next().unwrap();
    let schema = url.split_once("search_path%3D").unwrap().1.trim_end_matches('"');
    let pooler = Pooler::start(server, &format!("SET search_path TO {schema}{first}"), "");
    let pooled = format!("\"postgres://postgres@127.0.0.1:{}/pooled?sslmode=disable\"", pooler.port);
    std::fs::write(&config, format!("{}\n{more}", text.replace(url, &pooled))).unwrap();
    pooler
}

#[test]
fn two_nodes_work_through_a_pooler_that_shares_connections_between_transactions() {
    const PEOPLE: usize = 600;
    let home = Home::on(Database::Postgres, "");
    let mail = home.folder.path().join("mail");
    let channel = format!("[channels.email]\nadapter = \"sandbox\"\nfolder = {:?}\n", mail.display().to_string());
    let _pooler = pooled(&home, "", &channel);

    let (_, id, secret) = home.tenant_and_client();
    let nodes = [home.serve(&[]), home.serve(&[])];
    nodes.iter().for_each(|node| node.until_ready());
    let clients = nodes.each_ref().map(|node| Client::new(node, &id, &secret));
    let campaigns = clients.each_ref().map(|client| client.draft(PEOPLE));
    for (client, campaign) in clients.iter().zip(&campaigns) {
        client.post(&format!("{campaign}/send-jobs"), json!({}));
    }
    for campaign in &campaigns {
        // Each is looked at through the other node, too.
        for client in &clients {
            let is_over = |status: &Value| !status["execution"]["finishedAt"].is_null();
            let done = client.until(&format!("{campaign}/status"), is_over);
            assert_eq!(done["execution"]["counts"]["sent"], PEOPLE, "{done}");
        }
    }
    assert_eq!(std::fs::read_dir(&mail).unwrap().count(), campaigns.len() * PEOPLE);
    for node in nodes {
        node.signal("TERM");
        let (code, log) = node.wait();
        assert_eq!(code, 0, "{log}");
        assert_eq!(log.matches("behind a pooler").count(), 1, "{log}");
        assert!(!log.contains("ERROR") && !log.contains("prepared statement"), "{log}");
    }
}

#[test]
fn a_drill_behind_a_pooler_that_drops_the_options_of_a_url_refuses_and_leaves_nothing() {
    let home = Home::new();
    let url = std::env::var("POSTRIDER_TEST_POSTGRES_URL").expect("cargo xtask test starts a server");
    let server = url.split_once('@').unwrap().1.split('/').next().unwrap();
    let dropped = "ignore_startup_parameters = extra_float_digits,options\n";
    let pooler = Pooler::start(server, "SELECT 1", dropped);
    let pooled = format!("postgres://postgres@127.0.0.1:{}/pooled?sslmode=disable", pooler.port);
    let ran = home.run(&["drill", "--database-url", &pooled, "--recipients", "100", "--kills", "1", "--nodes", "1"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("drops the options") && !ran.stderr.contains("is left"), "{}", ran.stderr);
}

#[test]
fn names_of_statements_that_others_left_on_the_connections_of_a_pooler_cost_no_tries() {
    const LEFT: u32 = 300;
    let home = Home::on(Database::Postgres, "");
    let leave = format!(
        "; DO $$ BEGIN FOR i IN 0..{LEFT} LOOP EXECUTE ''PREPARE s'' || i || '' AS SELECT 1''; END LOOP; END $$"
    );
    let _pooler = pooled(&home, &leave, "");
    home.tenant_and_client();
}

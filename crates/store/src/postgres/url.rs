//! Reads the URL of a PostgreSQL database, adds settings to it, and shows it without secrets.

use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host as Name, LoadBalanceHosts};

/// How long a connection to one host may take, until it can be used.
const CONNECT_MAX: Duration = Duration::from_secs(4);
/// How long trying all hosts may take, whatever the URL says: less than a unit of work, which could not tell otherwise
/// whether its server is silent.
pub(super) const CONNECT_ALL_MAX: Duration = Duration::from_secs(6);
/// After this time TCP probes a connection without traffic, at this interval, and gives it up after this many probes.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_RETRIES: u32 = 3;
/// How long what was sent may stay unacknowledged by TCP.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(10);
/// The port that is not shown.
const PORT_USUAL: u16 = 5432;

/// One of the servers of a URL.
pub(super) struct Host {
    /// Its name in messages.
    pub(super) name: String,
    pub(super) config: Config,
}

impl Host {
    /// How long connecting may take.
    pub(super) fn connect_max(&self) -> Duration {
        self.config.get_connect_timeout().copied().unwrap_or(CONNECT_MAX).min(CONNECT_ALL_MAX)
    }
}

/// Reads a URL.
pub(crate) fn config(url: &str) -> Result<Config, tokio_postgres::Error> {
    url.parse()
}

/// Each server of a URL, with how a silent connection is noticed. What the URL says of it counts.
pub(super) fn hosts(url: &str) -> Result<Vec<Host>, tokio_postgres::Error> {
    let mut config = config(url)?;
    if config.get_application_name().is_none() {
        config.application_name("postrider");
    }
    if !url.contains("keepalives_idle=") {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
    }
    let count = config.get_hosts().len().max(config.get_hostaddrs().len());
    let ports = config.get_ports().len();
    // One server needs no splitting, a random order is left to the driver, and it refuses hosts and ports that do not fit.
    let is_whole = count < 2
        || config.get_load_balance_hosts() == LoadBalanceHosts::Random
        || (ports > 1 && ports != count)
        || (!config.get_hosts().is_empty()
            && !config.get_hostaddrs().is_empty()
            && config.get_hosts().len() != config.get_hostaddrs().len());
    if is_whole {
        return Ok(vec![Host { name: named(&config, 0), config }]);
    }
    Ok((0..count).map(|index| Host { name: named(&config, index), config: only(&config, index) }).collect())
}

/// The same configuration for one of its hosts.
fn only(config: &Config, index: usize) -> Config {
    let mut one = Config::new();
    match config.get_hosts().get(index) {
        Some(Name::Tcp(name)) => _ = one.host(name),
        #[cfg(unix)]
        Some(Name::Unix(folder)) => _ = one.host_path(folder),
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(index) {
        one.hostaddr(*address);
    }
    if let Some(port) = port(config, index) {
        one.port(port);
    }
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(name) = config.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    if let Some(limit) = config.get_connect_timeout() {
        one.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding());
    one
}

fn port(config: &Config, index: usize) -> Option<u16> {
    config.get_ports().get(index).or_else(|| config.get_ports().first()).copied()
}

/// A host and its port if it is not the usual one. What does not look like a name is left out: it may be a part of a
/// password that was not escaped.
fn named(config: &Config, index: usize) -> String {
    let host = match config.get_hosts().get(index) {
        Some(Name::Tcp(host)) => plain(host),
        #[cfg(unix)]
        Some(Name::Unix(folder)) => plain(&folder.to_string_lossy()),
        None => config.get_hostaddrs().get(index).map(ToString::to_string),
    };
    let port = port(config, index).filter(|port| *port != PORT_USUAL).map(|port| format!(":{port}"));
    format!("{}{}", host.as_deref().unwrap_or("…"), port.unwrap_or_default())
}

fn plain(text: &str) -> Option<String> {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c)).then(|| text.to_owned())
}

/// A URL without its user and password: the hosts and the database.
pub(crate) fn shown(url: &str) -> String {
    let Ok(config) = config(url) else { return "postgres://…".to_owned() };
    let count = config.get_hosts().len().max(config.get_hostaddrs().len()).max(1);
    let hosts: Vec<String> = (0..count).map(|index| named(&config, index)).collect();
    let name = config.get_dbname().and_then(plain);
    format!("postgres://{}/{}", hosts.join(","), name.as_deref().unwrap_or("…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_the_whole_configuration_and_its_own_port() {
        let url = "postgres://bob:hunter2@one:1111,two:2222/d?target_session_attrs=read-write&connect_timeout=3\
            &keepalives_idle=77&sslmode=disable";
        let hosts = hosts(url).unwrap();
        let names: Vec<&str> = hosts.iter().map(|host| &*host.name).collect();
        assert_eq!(names, ["one:1111", "two:2222"]);
        let whole = config(url).unwrap();
        for (host, port) in hosts.iter().zip([1111, 2222]) {
            let config = &host.config;
            assert_eq!((config.get_ports(), config.get_hosts().len()), (&[port][..], 1));
            assert_eq!(config.get_password(), whole.get_password());
            assert_eq!(config.get_target_session_attrs(), whole.get_target_session_attrs());
            assert_eq!(host.connect_max(), Duration::from_secs(3), "the URL counts");
            assert_eq!(config.get_keepalives_idle(), Duration::from_secs(77), "the URL counts");
            assert_eq!(config.get_keepalives_retries(), Some(KEEPALIVE_RETRIES));
            assert_eq!(config.get_tcp_user_timeout(), Some(&UNACKNOWLEDGED_MAX));
            assert_eq!((config.get_dbname(), config.get_ssl_mode()), (Some("d"), whole.get_ssl_mode()));
        }
        assert_eq!(shown(url), "postgres://one:1111,two:2222/d");
        assert!(!shown("postgres://bob:p@ss@one,two/d").contains("ss@"));
    }
}

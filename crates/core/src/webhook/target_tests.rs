//! What may be reached, case by case.

use super::*;

fn public_only() -> TargetPolicy {
    TargetPolicy::default()
}

fn verdict(policy: &TargetPolicy, url: &str) -> Result<(), &'static str> {
    Target::parse(url).and_then(|target| policy.check(&target))
}

#[test]
fn only_the_public_internet_is_reached() {
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "64:ff9b::808:808",
        "100::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2001:10::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "3fff::1",
        "5f00::1",
        "4000::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn what_only_some_programs_take_for_an_address_is_refused() {
    for url in [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://017700000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://0/",
        "https://0x/",
        "https://1.2.3.4.5/",
        "https://256.256.256.256/",
        "https://127.0.0.1./",
        "https://127.0.0.01/",
        "https://[::1%25lo]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[0:0:0:0:0:ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://\u{2460}\u{2461}\u{2466}.0.0.1/",
        "https://127。0。0。1/",
        "https://%31%32%37.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://127.0.0.1#@example.com/",
        "https://example.com@127.0.0.1/",
        "https://user:pass@example.com/",
        "https://@example.com/",
        "https://[::1/",
        "https://[::1]x/",
        "https:///path",
        "https://",
        "https://:443/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:+80/",
        "https://example.com:/",
        "https://exa mple.com/",
        "https://-a.example/",
        "https://a..example/",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "example.com",
        "",
        "https:example.com",
        "http://example.com/",
        "https://localhost/",
        "https://api.localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://intranet/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://router.home.arpa/",
        "https://169.254.169.254/latest/meta-data/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com/#x",
    ] {
        assert!(verdict(&public_only(), url).is_err(), "{url}");
    }
}

#[test]
fn what_is_fine_is_read_as_written() {
    let target = Target::parse("HTTPS://Hooks.Example.COM:8443/a/b%20c?d=e&f").unwrap();
    let host = Host::Name("hooks.example.com".into());
    assert_eq!(target, Target { scheme: Scheme::Https, host, port: 8443, path: "/a/b%20c?d=e&f".into() });
    assert_eq!(target.authority(), "hooks.example.com:8443");
    for (url, path, authority) in [
        ("https://example.com", "/", "example.com"),
        ("https://example.com?x=1", "/?x=1", "example.com"),
        ("https://example.com.:443/", "/", "example.com"),
        ("https://8.8.8.8/x", "/x", "8.8.8.8"),
        ("https://[2606:4700:4700::1111]:9/", "/", "[2606:4700:4700::1111]:9"),
        ("https://xn--bcher-kva.example/", "/", "xn--bcher-kva.example"),
        ("https://my_host.example/", "/", "my_host.example"),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!((target.path.as_str(), target.authority().as_str()), (path, authority), "{url}");
        assert_eq!(public_only().check(&target), Ok(()), "{url}");
    }
}

#[test]
fn the_operator_may_allow_more() {
    let private = TargetPolicy { allow_private: true, ..TargetPolicy::default() };
    for url in ["http://127.0.0.1:9000/", "https://[::1]/", "http://receiver:80/", "https://10.0.0.1/"] {
        assert_eq!(verdict(&private, url), Ok(()), "{url}");
    }
    assert!(verdict(&private, "http://8.8.8.8/").is_err(), "the open Internet is not spoken to in the open");
    let open = TargetPolicy { allow_http: true, ..TargetPolicy::default() };
    assert_eq!(verdict(&open, "http://example.com/"), Ok(()));
    assert!(verdict(&open, "http://127.0.0.1/").is_err());
    let networks = TargetPolicy { networks: vec![Network::parse("10.1.0.0/16").unwrap()], ..TargetPolicy::default() };
    assert_eq!(verdict(&networks, "http://10.1.2.3/"), Ok(()));
    assert_eq!(verdict(&networks, "https://[::ffff:10.1.2.3]/"), Ok(()));
    assert!(verdict(&networks, "https://10.2.0.1/").is_err());
    assert!(networks.check_address(Scheme::Https, "127.0.0.1".parse().unwrap()).is_err());
}

#[test]
fn networks_are_read_strictly() {
    for text in ["10.0.0.0/8", "192.168.1.0/24", "127.0.0.1", "0.0.0.0/0", "fd00::/8", "::1/128", "::/0"] {
        assert!(Network::parse(text).is_some(), "{text}");
    }
    for text in
        ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "fd00::1/8", "fd00::/129", "", "x", "/8", "10.0.0.0/-1"]
    {
        assert!(Network::parse(text).is_none(), "{text}");
    }
    let all = Network::parse("0.0.0.0/0").unwrap();
    assert!(all.contains("255.255.255.255".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
}

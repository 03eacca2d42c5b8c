//! Which certificates `ca_file` takes.

use crate::support::{Certified, certified_by, channel, message, sink, stopped};
use postrider_channels::sink::SinkOptions;
use postrider_core::channel::{Channel as _, Outcome};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, date_time_ymd};

/// What `openssl req -x509` makes: an authority that is used as a server's certificate.
fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

async fn send(certified: &Certified) -> Outcome {
    let sink = sink(SinkOptions { tls: Some(certified.tls.clone()), ..SinkOptions::default() }).await;
    let channel = channel(&sink, &format!("?tls=required&{}", certified.option()));
    channel.lane().send(&[message(0)]).await.remove(0)
}

#[tokio::test]
async fn a_certificate_that_signs_itself_is_accepted_for_itself() {
    let mut named_in_subject = params(&[]);
    named_in_subject.distinguished_name.push(DnType::CommonName, "127.0.0.1");
    for params in [params(&["127.0.0.1"]), named_in_subject] {
        let outcome = send(&certified_by(&params)).await;
        assert!(matches!(outcome, Outcome::HandedOff { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn its_name_and_its_dates_are_checked_all_the_same() {
    let mut over = params(&["127.0.0.1"]);
    (over.not_before, over.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let mut to_come = params(&["127.0.0.1"]);
    (to_come.not_before, to_come.not_after) = (date_time_ymd(2100, 1, 1), date_time_ymd(2101, 1, 1));
    let mut named_otherwise_too = params(&["mail.example"]);
    named_otherwise_too.distinguished_name.push(DnType::CommonName, "127.0.0.1");
    for (params, says) in [
        (over, "certificate expired"),
        (to_come, "not valid yet"),
        (params(&["mail.example"]), "not valid for name"),
        (named_otherwise_too, "not valid for name"),
    ] {
        let outcome = send(&certified_by(&params)).await;
        let (_, reason, text) = stopped(&outcome);
        assert!(reason == "tls_failed" && text.contains(says), "{says}: {text}");
    }
}

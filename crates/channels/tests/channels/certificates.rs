//! Which certificates `ca_file` takes.

use crate::support::{Certified, certified_by, channel, message, sink, stopped};
use postrider_channels::sink::SinkOptions;
use postrider_core::channel::{Channel as _, Outcome};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

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

/// A server's certificate that another certificate of the file signed, which is an authority or not.
fn signed_by(is_ca: IsCa) -> Certified {
    let signer_key = KeyPair::generate().unwrap();
    let mut signer = CertificateParams::new(["mail.example".to_owned()]).unwrap();
    signer.is_ca = is_ca;
    let named = signer.self_signed(&signer_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(signer, signer_key)).unwrap().pem();
    Certified::shown(leaf, key.serialize_pem(), &named)
}

#[tokio::test]
async fn only_an_authority_of_the_file_vouches_for_others() {
    let outcome = send(&signed_by(IsCa::Ca(BasicConstraints::Unconstrained))).await;
    assert!(matches!(outcome, Outcome::HandedOff { .. }), "{outcome:?}");
    for no_authority in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let outcome = send(&signed_by(no_authority)).await;
        let (_, reason, text) = stopped(&outcome);
        assert!(reason == "tls_failed" && text.contains("UnknownIssuer"), "{text}");
    }
}

//! The message as an independent parser sees it.

use super::*;
use mail_parser::{Address, MessageParser, MimeHeaders, PartType};
use postrider_core::time::Timestamp;
use proptest::prelude::*;

fn email() -> EmailBody {
    EmailBody {
        from_address: "news@shop.example".to_owned(),
        from_name: "Shop".to_owned(),
        reply_to: None,
        to_name: "Ada".to_owned(),
        subject: "Hello".to_owned(),
        text: "Text".to_owned(),
        html: Some("<p>Text</p>".to_owned()),
        message_id: "0198.1@shop.example".to_owned(),
        date: Timestamp::from_millis(1_777_626_000_000),
        unsubscribe_url: Some("https://shop.example/u/abc".to_owned()),
        is_test: false,
    }
}

fn lines_normalised(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned()
}

fn text_of(part: Option<&mail_parser::MessagePart<'_>>) -> String {
    match part.map(|part| &part.body) {
        Some(PartType::Text(text) | PartType::Html(text)) => lines_normalised(text),
        other => panic!("not a text: {other:?}"),
    }
}

fn single<'a>(address: Option<&'a Address<'a>>) -> (&'a str, &'a str) {
    let address = address.expect("an address field");
    assert_eq!(address.iter().count(), 1);
    let one = address.first().expect("one address");
    (one.name.as_deref().unwrap_or(""), one.address.as_deref().unwrap_or(""))
}

/// Asserts what holds of every message, and answers its parts as the parser sees them.
fn check(email: &EmailBody) {
    let bytes = build("key-1", "ada@example.net", email).expect("a message");
    assert_eq!(bytes, build("key-1", "ada@example.net", email).expect("a message"), "the same bytes each time");
    assert!(bytes.is_ascii() && !bytes.contains(&0), "only seven bits travel");
    let raw = String::from_utf8(bytes.clone()).expect("ASCII");
    assert!(raw.ends_with("\r\n"), "the last line ends");
    for line in raw.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
    }
    let message = MessageParser::default().parse(&bytes).expect("it parses");
    let mut names: Vec<&str> = message.headers().iter().map(|header| header.name()).collect();
    let mut expected = vec!["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];
    if email.reply_to.is_some() {
        expected.push("Reply-To");
    }
    if email.unsubscribe_url.is_some() {
        expected.extend(["List-Unsubscribe", "List-Unsubscribe-Post"]);
    }
    if email.is_test {
        expected.push("X-Postrider-Test");
    }
    if email.html.is_none() {
        expected.push("Content-Transfer-Encoding");
    }
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected, "no field more, no field less");
    assert_eq!(message.subject().unwrap_or(""), header::clean(&email.subject));
    assert_eq!(single(message.from()), (header::clean(&email.from_name).as_str(), email.from_address.as_str()));
    assert_eq!(single(message.to()), (header::clean(&email.to_name).as_str(), "ada@example.net"));
    assert_eq!(message.message_id(), Some(email.message_id.as_str()));
    assert_eq!(message.date().map(mail_parser::DateTime::to_timestamp), Some(email.date.as_millis() / 1000));
    match &email.html {
        None => {
            assert_eq!(message.parts.len(), 1);
            assert_eq!(text_of(message.part(0)), lines_normalised(&email.text));
        }
        Some(html) => {
            assert_eq!(message.parts.len(), 3, "one container and two parts");
            assert!(message.parts[0].is_content_type("multipart", "alternative"));
            assert!(
                message.parts[1].is_content_type("text", "plain") && message.parts[2].is_content_type("text", "html")
            );
            assert_eq!(text_of(message.part(1)), lines_normalised(&email.text));
            assert_eq!(text_of(message.part(2)), lines_normalised(html));
        }
    }
}

#[test]
fn a_marketing_email_looks_like_this() {
    let bytes = build("key-1", "ada@example.net", &email()).unwrap();
    let expected = "From: \"Shop\" <news@shop.example>\r\n\
        To: \"Ada\" <ada@example.net>\r\n\
        Subject: Hello\r\n\
        Date: Fri, 01 May 2026 09:00:00 +0000\r\n\
        Message-ID: <0198.1@shop.example>\r\n\
        List-Unsubscribe: <https://shop.example/u/abc>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative;\r\n boundary=\"=_key-1\"\r\n\
        \r\n--=_key-1\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nText\r\n\
        \r\n--=_key-1\r\n\
        Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<p>Text</p>\r\n\
        \r\n--=_key-1--\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_test_says_so_in_a_header() {
    let email = EmailBody { is_test: true, ..email() };
    check(&email);
    let raw = String::from_utf8(build("k", "a@b.example", &email).unwrap()).unwrap();
    assert!(raw.contains("\r\nX-Postrider-Test: 1\r\n"));
}

#[test]
fn hostile_values_stay_values() {
    let hostile = [
        "x\r\nBcc: victim@example.org",
        "x\nBcc: victim@example.org\n\nbody",
        "x\r\n\r\n.\r\nMAIL FROM:<a@b>",
        "=?UTF-8?Q?faked?=",
        "\"quoted\" \\ <a@b>, c@d",
        "a\0b\u{7f}c\u{85}d",
        "--=_key-1\r\nContent-Type: text/html\r\n\r\nevil\r\n--=_key-1--",
        "Grüße, 世界 🎉 وسلام",
        "  spaced   out  ",
        "(comment) group: a@b; [x]",
        "",
    ];
    for value in hostile {
        for long in [1, 40] {
            let value = value.repeat(long);
            let email = EmailBody {
                from_name: value.clone(),
                to_name: value.clone(),
                subject: value.clone(),
                text: value.clone(),
                html: Some(value.clone()).filter(|html| !html.is_empty()),
                ..email()
            };
            check(&email);
            check(&EmailBody { html: None, reply_to: Some("r@shop.example".to_owned()), ..email });
        }
    }
}

#[test]
fn a_url_cannot_leave_its_brackets() {
    for url in ["https://x.example/\r\nBcc: a@b", "https://x.example/>,<mailto:a@b>", "https://x.example/é \u{2028}"] {
        let email = EmailBody { unsubscribe_url: Some(url.to_owned()), ..email() };
        check(&email);
        let raw = String::from_utf8(build("k", "a@b.example", &email).unwrap()).unwrap();
        let line = raw.split("\r\n").find(|line| line.starts_with("List-Unsubscribe: ")).unwrap();
        assert!(line.ends_with('>') && line.matches(['<', '>', ',', ' ']).count() == 3, "{line}");
    }
}

#[test]
fn addresses_are_checked() {
    let broken = "a@b\r\nBcc: c@d";
    assert_eq!(build("k", broken, &email()), Err(Unfit::Recipient));
    assert_eq!(build("k", "a@b", &EmailBody { from_address: broken.to_owned(), ..email() }), Err(Unfit::Sender));
    assert_eq!(build("k", "a@b", &EmailBody { reply_to: Some(broken.to_owned()), ..email() }), Err(Unfit::Sender));
}

/// Text of letters, signs that mean something somewhere, and controls.
fn any_text(most: usize) -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        4 => any::<char>(),
        4 => proptest::char::range(' ', '~'),
        2 => prop::sample::select(vec!['\r', '\n', '\0', '\t', ' ', '.', '=', '?', '_', '"', '\\', '<', '>', ',', ':', ';', '(', ')', '-']),
    ];
    prop::collection::vec(sign, 0..most).prop_map(|signs| signs.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_parser_sees_what_was_meant(
        subject in any_text(120),
        from_name in any_text(60),
        to_name in any_text(60),
        text in any_text(600),
        html in prop::option::of(any_text(600).prop_filter("a part", |html| !html.is_empty())),
        url in prop::option::of(any_text(60)),
    ) {
        check(&EmailBody { subject, from_name, to_name, text, html, unsubscribe_url: url, ..email() });
    }
}

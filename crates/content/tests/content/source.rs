//! The JSON of a template's content: what is read, what is refused and with which path.

use postrider_content::{TemplateSource, limits};
use postrider_core::channel::ChannelKind::{self, DirectMail, Email, Push, Sms};
use postrider_core::error::Code;

fn refused(channel: ChannelKind, json: &str, message: &str) {
    let refusal = TemplateSource::parse(channel, json).expect_err(json);
    assert_eq!((refusal.code, refusal.message().as_str()), (Code::RequestInvalid, message), "{json}");
}

#[test]
fn content_reads_back_as_written() {
    for (channel, json) in [
        (Email, r#"{"subject":"","html":"<p>{{ x }}</p>"}"#),
        (Email, r#"{"subject":"s","html":"h","text":"t","preheader":"p"}"#),
        (Sms, r#"{"text":"\"quoted\" ä"}"#),
        (Push, r#"{"title":"","body":"b"}"#),
        (Push, r#"{"title":"t","body":"b","url":"u","data":{"a":"1","b":"2"}}"#),
        (DirectMail, r#"{"format":"postcard_4x6","source":"<p>"}"#),
    ] {
        let source = TemplateSource::parse(channel, json).expect(json);
        assert_eq!(source.to_json(), json);
        assert_eq!(source.channel(), channel);
        assert!(!format!("{source:?}").contains('"'));
    }
    let with_nulls = r#"{"title":"t","body":"b","url":null,"data":null}"#;
    assert_eq!(TemplateSource::parse(Push, with_nulls).unwrap().to_json(), r#"{"title":"t","body":"b"}"#);
}

#[test]
fn a_wrong_shape_names_its_path() {
    refused(Email, r#"{"subject":"s"}"#, "content.html: is required");
    refused(
        Email,
        r#"{"subject":"s","html":"h","body":"b"}"#,
        "content.body: is not a field of this channel's content",
    );
    refused(Email, r#"{"subject":7,"html":"h"}"#, "content.subject: invalid type: integer `7`, expected a string");
    refused(Email, r#""text""#, "content: invalid type: string \"text\", expected struct EmailSource");
    refused(Sms, r#"{"text":"a","text":"b"}"#, "content: duplicate field `text`");
    refused(
        Push,
        r#"{"title":"t","body":"b","data":{"k":1}}"#,
        "content.data.k: invalid type: integer `1`, expected a string",
    );
    refused(Sms, r#"{"text":"x"} y"#, "content: trailing characters");
    refused(
        DirectMail,
        r#"{"format":"a5","source":"x"}"#,
        "content.format: must be one of letter_a4, letter_us, postcard_a6, postcard_4x6",
    );
}

#[test]
fn blanks_nuls_and_sizes_are_refused() {
    refused(Email, r#"{"subject":"s","html":" \n"}"#, "content.html: must not be empty");
    refused(Sms, r#"{"text":""}"#, "content.text: must not be empty");
    refused(Sms, r#"{"text":"a\u0000b"}"#, "content.text: must not contain the character NUL");
    let with = |field: &str, length: usize| {
        let long = "ä".repeat(length);
        let subject = if field == "subject" { &long } else { "s" };
        let html = if field == "html" { &long } else { "h" };
        format!(r#"{{"subject":"{subject}","html":"{html}"}}"#)
    };
    assert!(TemplateSource::parse(Email, &with("subject", limits::SUBJECT_MAX_CHARS)).is_ok());
    refused(Email, &with("subject", 999), "content.subject: must have at most 998 characters");
    assert!(TemplateSource::parse(Email, &with("html", limits::HTML_MAX_BYTES / 2)).is_ok());
    refused(Email, &with("html", 524_289), "content.html: must have at most 1048576 bytes");
    let data: Vec<String> = (0..33).map(|n| format!(r#""k{n}":"v""#)).collect();
    refused(
        Push,
        &format!(r#"{{"title":"t","body":"b","data":{{{}}}}}"#, data.join(",")),
        "content.data: must have at most 32 entries",
    );
}

//! Every error says where.

use crate::support::{ada, an_email, render, sms};
use postrider_content::{CompiledTemplate, EmailSource, RecipientFields, Rendered, TemplateError, TemplateSource};
use postrider_core::error::{Code, Refusal};

fn place(error: &TemplateError) -> (Option<usize>, Option<usize>) {
    (error.line, error.column)
}

#[test]
fn what_does_not_compile_tells_line_and_column() {
    for (template, line, column) in [
        ("{{ first_name", 1, 4),
        ("one\ntwo {{ first_name }", 2, 19),
        ("one\n  {% if vip %}x", 2, 15),
        ("ä€😀 {{ 1 + }}", 1, 12),
        ("{% endif %}", 1, 4),
        ("\n\n{{ first_name|shout }}", 3, 15),
        ("{{ plan is splendid }}", 1, 12),
        ("{{ nothing() }}", 1, 4),
        ("{{ debug() }}", 1, 4),
        ("{{ namespace() }}", 1, 4),
        ("{% include 'x' %}", 1, 4),
        ("{% extends 'x' %}", 1, 4),
        ("{% import 'x' as y %}", 1, 4),
        ("{% macro m() %}{% endmacro %}", 1, 4),
    ] {
        let error = sms(template, &ada()).expect_err(template);
        assert_eq!(place(&error), (Some(line), Some(column)), "{template}: {error}");
        assert_eq!(error.path, "content.text");
        assert!(error.to_string().starts_with(&format!("line {line}, column {column}: ")), "{error}");
    }
}

#[test]
fn messages_say_what_is_wrong() {
    for (template, message) in [
        ("{{ first_name|shout }}", "line 1, column 15: filter shout is unknown"),
        ("{{ plan is splendid }}", "line 1, column 12: test splendid is unknown"),
        ("{{ nothing() }}", "line 1, column 4: function nothing is unknown"),
        ("{% if vip %}", "line 1, column 11: unexpected end of input, expected end of block"),
    ] {
        assert_eq!(sms(template, &ada()).expect_err(template).to_string(), message);
    }
}

#[test]
fn a_refusal_names_the_part_and_the_place() {
    let email =
        EmailSource { preheader: Some("{{ x".to_owned()), ..an_email("<p>{{ first_name }}</p>\n<p>{% if %}</p>") };
    let error = CompiledTemplate::compile(&TemplateSource::Email(email.clone()), None).expect_err("does not compile");
    let refusal = Refusal::from(error);
    assert_eq!(refusal.code, Code::TemplateInvalid);
    assert!(refusal.message().starts_with("content.html: line 2, column "), "{}", refusal.message());

    let email = EmailSource { html: "<p>x".to_owned(), ..email };
    let error = CompiledTemplate::compile(&TemplateSource::Email(email.clone()), None).expect_err("does not compile");
    assert_eq!(error.path, "content.preheader");
    let error = CompiledTemplate::compile(&TemplateSource::Email(email), Some("{{")).expect_err("does not compile");
    assert_eq!(error.path, "subjectLine");
}

#[test]
fn what_fails_for_one_recipient_says_where_and_spares_the_others() {
    let template = TemplateSource::Email(an_email("<p>\n{{ points * 2 }}</p>"));
    let template = CompiledTemplate::compile(&template, None).expect("compiles");
    assert!(matches!(render(&template, &ada()), Ok(Rendered::Email { .. })));
    let without = RecipientFields { attributes_json: "", ..ada() };
    let error = render(&template, &without).expect_err("nothing cannot be multiplied");
    assert_eq!((error.path.as_str(), place(&error)), ("content.html", (Some(2), Some(4))));
}

#[test]
fn stored_fields_that_are_no_object_are_an_error_without_a_place() {
    for json in ["[]", "7", "{", "{}x", "{\"plan\":}", "null"] {
        let recipient = RecipientFields { attributes_json: json, ..ada() };
        let error = sms("{{ plan }}", &recipient).expect_err(json);
        assert_eq!(place(&error), (None, None));
        assert!(!error.to_string().contains("plan"), "{error}");
    }
}

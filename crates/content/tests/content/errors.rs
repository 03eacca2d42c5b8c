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
        ("{{ first_name", 1, 1),
        ("one\ntwo {{ first_name }", 2, 5),
        ("one\n  {% if vip %}x", 2, 3),
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
        ("x {# never", 1, 3),
        ("{{ 'never }}", 1, 4),
        ("{% raw %}never", 1, 1),
        ("{{ first_name <b>Hi</b> {{ plan }}", 1, 1),
        ("{{\u{a0}first_name }}", 1, 3),
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
        ("{{ nothing() }}", "line 1, column 4: function nothing is unknown: there are range and dict"),
        ("{% if vip %}", "line 1, column 1: this {% if %} is never closed: write {% endif %} behind what it is for"),
        ("{{ x", "line 1, column 1: this {{ is never closed: write }} behind it"),
        ("{{\u{a0}x }}", "line 1, column 3: the character U+00A0 (no-break space) cannot stand in a tag"),
        ("{{ x|round(1, 'up', 3) }}", "line 1, column 6: filter round takes precision, method"),
        ("{{ x|default: \"you\" }}", "line 1, column 13: arguments stand in brackets: write default(\"you\")"),
        ("{{{ x }}}", "line 1, column 1: three braces are Handlebars: write {{ x }}, or {{ x|safe }} if it is HTML"),
        ("{% if vip %}x{% end %}", "line 1, column 17: write {% endif %}"),
        ("{% unless vip %}x{% endunless %}", "line 1, column 4: write {% if not … %}…{% endif %}"),
        ("{% assign x = 1 %}", "line 1, column 4: write {% set name = … %}"),
        ("{% if vip }}x{% endif %}", "line 1, column 11: a tag that begins with {% ends with %}, not }}"),
        ("{{ x %}", "line 1, column 6: a tag that begins with {{ ends with }}, not %}"),
        ("{% if plan = 'gold' %}x{% endif %}", "line 1, column 12: = sets a value: write == to compare"),
        ("{{ “x” }}", "line 1, column 4: U+201C (a curly quotation mark) cannot stand in a tag: write \" or '"),
    ] {
        assert_eq!(sms(template, &ada()).expect_err(template).to_string(), message);
    }
}

#[test]
fn habits_of_other_languages_get_the_sentence_that_says_ours() {
    for (template, ours) in [
        ("{{#if vip}}x{{/if}}", "{% if"),
        ("{{/if}}", "{% endif %}"),
        ("{{#each tags}}x{{/each}}", "{% for"),
        ("{{else}}", "{% else %}"),
        ("{{ .Subscriber.FirstName }}", "without a dot"),
        ("{{ $first_name }}", "without $"),
        ("{{> footer}}", "no partials"),
        ("{{! note }}", "{# … #}"),
        ("{{ vip && plan }}", "write and"),
        ("{{ vip || plan }}", "write or"),
        ("{{ !vip }}", "write not"),
        ("{{ vip ? 'a' : 'b' }}", "a if b else c"),
        ("{{ plan ?? 'x' }}", "default("),
        ("{{ plan|upcase }}", "write upper"),
        ("{{ <b>plan</b> }}", "HTML stands in the tag"),
        ("{{ plan|default(&quot;x&quot;) }}", "encoded the quotation mark"),
        ("{{&nbsp;plan }}", "&nbsp;"),
        ("{% elsif vip %}", "{% elif … %}"),
        ("{% if vip %}{% else if plan %}{% endif %}", "{% elif … %}"),
        ("{% if vip %}{% endfor %}", "{% endif %}"),
        ("{% include 'footer' %}", "stands alone"),
        ("{% unsubscribe %}", "{{ unsubscribe_url }}"),
        ("{{ if vip }}", "{% if … %}"),
        ("{% for tag of tags %}{% endfor %}", "{% for item in list %}"),
    ] {
        let message = sms(template, &ada()).expect_err(template).message;
        assert!(message.contains(ours), "{template}: {message}");
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

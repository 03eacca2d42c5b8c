//! Tags that an editor damaged, and tags of other systems.

use crate::support::{ada, an_email, email, sms};
use postrider_content::{CompiledTemplate, PushSource, SmsSource, TemplateError, TemplateSource};
use std::collections::BTreeMap;

fn compile(html: &str) -> Result<CompiledTemplate, TemplateError> {
    CompiledTemplate::compile(&TemplateSource::Email(an_email(html)), None)
}

#[test]
fn a_damaged_tag_is_refused_where_it_is() {
    for (html, column, says) in [
        ("<a href=\"%7B%7B%20unsubscribe_url%20%7D%7D\">x</a>", 10, "{{ unsubscribe_url }}"),
        ("<a href=\"%7b%7bunsubscribe_url%7d%7d\">x</a>", 10, "{{ unsubscribe_url }}"),
        ("<a href='https://x.example/?id=%7B%7Bcustomer_id%7D%7D'>x</a>", 32, "{{ customer_id }}"),
        ("<a href=\"&#123;&#123;unsubscribe_url&#125;&#125;\">x</a>", 10, "{{ unsubscribe_url }}"),
        ("Hi &lbrace;&lbrace; first_name &rbrace;&rbrace;", 4, "{{ first_name }}"),
        ("Hi \\{\\{ first_name \\}\\}", 4, "{{ first_name }}"),
        ("Hi { { first_name } }", 4, "{{ first_name }}"),
        ("<a href=\"http://{{ unsubscribe_url }}\">x</a>", 10, "remove http://"),
        ("<a href=\"https://{{unsubscribe_url}}\">x</a>", 10, "remove https://"),
        ("<a href=\"HTTPS://{{ unsubscribe_url|safe }}\">x</a>", 10, "remove HTTPS://"),
        ("<a href=\"mailto:{{ unsubscribe_url }}\">x</a>", 10, "remove mailto:"),
        ("<a href=\"https://www.x.example/{{ unsubscribe_url }}\">x</a>", 10, "remove https://www.x.example/"),
        ("{% set u = unsubscribe_url %}<a href=\"http://{{ u }}\">x</a>", 39, "remove http://"),
        ("<a href=“{{ unsubscribe_url }}”>x</a>", 8, "curly"),
        ("<a href=\"unsubscribe_url\">x</a>", 8, "{{ unsubscribe_url }}"),
        ("{{ first_name|default(“you”) }}", 23, "U+201C"),
        ("<a href=\"%7B%25 if vip %25%7D\">x</a>", 10, "{% … %}"),
    ] {
        let error = compile(html).map(drop).expect_err(html);
        assert_eq!(
            (error.path.as_str(), error.line, error.column),
            ("content.html", Some(1), Some(column)),
            "{html}: {error}"
        );
        assert!(error.message.contains(says), "{html}: {error}");
    }
    sms("Bye: https://{{ unsubscribe_url }}", &ada()).expect_err("in a text message too");
    let push = |url: &str| {
        let push = PushSource { title: "t".into(), body: "b".into(), url: Some(url.into()), data: BTreeMap::new() };
        CompiledTemplate::compile(&TemplateSource::Push(push), None).map(drop)
    };
    push("https://{{ unsubscribe_url }}").expect_err("in a push notification too");
    push("{{ unsubscribe_url }}").expect("the link alone");
}

#[test]
fn links_that_only_look_damaged_are_left_alone() {
    for html in [
        "<a href=\"https://x.example/?q=%7B%22a%22%3A1%7D\">x</a>",
        "<a href=\"https://click.example/?to={{ unsubscribe_url|urlencode }}\">x</a>",
        "<a href=\"https://{{ shop }}/{{ customer_id }}\">x</a>",
        "<a href=\" {{ unsubscribe_url }}\">x</a>",
        "Unsubscribe:{{ unsubscribe_url }}",
        "<script>var a = { { b: 1 } }</script>",
        "100% {a} \\ & = \"x\"",
    ] {
        compile(html).expect(html);
    }
}

#[test]
fn css_is_css_and_tags_work_in_it() {
    for (html, expected) in [
        (
            "<style>@media screen{#outlook a{padding:0}}</style>x",
            "<style>@media screen{#outlook a{padding:0}}</style>x",
        ),
        ("<STYLE type=\"text/css\">a{#b{}}</STYLE>{# gone #}x", "<STYLE type=\"text/css\">a{#b{}}</STYLE>x"),
        ("<style>a{color:{{ plan }}}{% if vip %}b{}{% endif %}</style>", "<style>a{color:gold}b{}</style>"),
        ("<script>f({#x:1})</script>", "<script>f({#x:1})</script>"),
        ("<style>{# a comment #}a{}</style>", "<style>a{}</style>"),
        ("<styles>{# gone #}</styles>", "<styles></styles>"),
    ] {
        assert_eq!(email(an_email(html), &ada()).1, expected);
    }
    let error = compile("<style>a{#b{}}</style>\n<p>{#outlook</p>").map(drop).expect_err("a comment without an end");
    assert_eq!((error.line, error.column), (Some(2), Some(4)), "{error}");
}

#[test]
fn the_way_out_counts_only_where_it_can_be_read() {
    for (html, shows) in [
        ("<a href=\"{{ unsubscribe_url }}\">x</a>", true),
        ("{% set u = unsubscribe_url %}{{ u }}", true),
        ("{% set u %}<a href=\"{{ unsubscribe_url }}\">x</a>{% endset %}{{ u }}", true),
        ("{{ 'https://x.example/?u=' ~ unsubscribe_url }}", true),
        ("{% if vip %}{{ unsubscribe_url }}{% endif %}", true),
        ("{% if unsubscribe_url %}x{% endif %}", false),
        ("{% set u = unsubscribe_url %}", false),
        ("{# {{ unsubscribe_url }} #}", false),
        ("<!-- {{ unsubscribe_url }} -->", false),
        ("{% raw %}{{ unsubscribe_url }}{% endraw %}", false),
        ("x", false),
    ] {
        assert_eq!(compile(html).expect(html).uses_unsubscribe_url(), shows, "{html}");
    }
    let source = TemplateSource::Email(an_email("x"));
    let in_subject = CompiledTemplate::compile(&source, Some("{{ unsubscribe_url }}")).expect("compiles");
    assert!(!in_subject.uses_unsubscribe_url());
}

#[test]
fn foreign_tags_are_told_with_part_and_place() {
    let source = TemplateSource::Email(postrider_content::EmailSource {
        subject: "Hi *|FNAME|*".to_owned(),
        ..an_email("<p>{{ '*|no|*' }}</p>\n<p>%%first_name%%</p>")
    });
    let template = CompiledTemplate::compile(&source, None).expect("compiles");
    let tags: Vec<_> =
        template.foreign_tags().iter().map(|tag| (tag.path.as_str(), tag.line, tag.column, tag.tag.as_str())).collect();
    assert_eq!(tags, [("content.subject", 1, 4, "*|FNAME|*"), ("content.html", 2, 4, "%%first_name%%")]);
}

#[test]
fn fields_are_told_by_what_becomes_of_them() {
    let text = "{{ first_name }}{{ last_name|default('x') }}{{ plan|upper }}{% if city %}{{ city }}{% endif %}\
                {{ nick or 'x' }}{{ 'a' ~ b }}{{ c if c else 'x' }}{% for t in tags %}{{ t }}{% endfor %}{{ unsubscribe_url }}\
                {% if points > 100 and level == 3 %}{% endif %}{{ price * 2 }}{{ x + y }}{{ n + 1 }}{{ -m }}{{ r|round }}\
                {% if plan == 'gold' %}{% endif %}";
    let source = TemplateSource::Sms(SmsSource { text: text.to_owned() });
    let template = CompiledTemplate::compile(&source, None).expect("compiles");
    let bare: Vec<_> = template.fields_without_default().iter().map(String::as_str).collect();
    assert_eq!(bare, ["b", "first_name", "plan", "r"]);
    let numbers: Vec<_> = template.compared_with_numbers().iter().map(String::as_str).collect();
    assert_eq!(numbers, ["level", "m", "n", "points", "price", "r"]);
}

//! What a template becomes for a recipient.

use crate::support::{a_campaign, ada, an_email, email, render, sms};
use postrider_content::{
    CompiledTemplate, DirectMailSource, EmailSource, PushSource, RecipientFields, Rendered, SmsSource, TemplateSource,
};
use std::collections::BTreeMap;

#[test]
fn every_name_has_its_value() {
    for (template, expected) in [
        ("Hi {{ first_name }}!", "Hi Ada!"),
        ("[{{ last_name }}]", "[]"),
        ("{{ email }} {{ phone }} {{ customer_id }}", "ada@example.org +4915112345678 c-1"),
        ("{{ timezone }} {{ locale }}", "Europe/London en-GB"),
        ("{{ address.city }}[{{ address.line2 }}][{{ address.nope.deeper }}]", "London[][]"),
        ("{{ plan }} {{ points }} {{ rate }} {{ vip }}", "gold 1250 0.5 true"),
        ("{{ tags|join(', ') }}", "a, b"),
        ("[{{ gone }}][{{ never_heard_of }}][{{ never.heard.of }}]", "[][][]"),
        ("{{ last_name|default('friend') }}", "friend"),
        ("{{ none }}{{ vip and not vip }}", "false"),
        ("{% if vip %}yes{% else %}no{% endif %}", "yes"),
        ("{% set first_name = first_name|upper %}{{ first_name }}", "ADA"),
        ("{% with plan = plan|title %}{{ plan }}{% endwith %}", "Gold"),
        ("{{ campaign.name }} / {{ sender.fromName }}", "Spring & Summer / Ada's Shop"),
        ("{{ unsubscribe_url }}", "https://mail.example.org/u/token"),
        ("{% raw %}{{ first_name }}{% endraw %}", "{{ first_name }}"),
        ("<b>{{ '<' }}</b>\n", "<b><</b>\n"),
    ] {
        assert_eq!(sms(template, &ada()).expect(template), expected, "{template}");
    }
}

#[test]
fn an_attribute_never_takes_the_place_of_a_known_name() {
    let recipient = RecipientFields {
        email: Some("real@example.org"),
        attributes_json: r#"{"email":"x","first_name":"x","campaign":"x","sender":"x","unsubscribe_url":"x",
            "address":{"city":"x"},"consent":"x","push_tokens":"x","colour":"red"}"#,
        ..RecipientFields::default()
    };
    let template = "{{ email }}|{{ first_name }}|{{ campaign.name }}|{{ sender.fromName }}|{{ unsubscribe_url }}|\
                    {{ address.city }}|{{ consent }}|{{ push_tokens }}|{{ colour }}";
    let expected = "real@example.org||Spring & Summer|Ada's Shop|https://mail.example.org/u/token||||red";
    assert_eq!(sms(template, &recipient).expect("renders"), expected);
}

#[test]
fn html_escapes_fields_and_text_does_not() {
    let recipient = RecipientFields { first_name: Some("<script>alert('x')</script> & \"co\""), ..ada() };
    let source = EmailSource {
        subject: "For {{ first_name }}".to_owned(),
        text: Some("Dear {{ first_name }}".to_owned()),
        preheader: Some("5 < 6 & {{ first_name }}".to_owned()),
        ..an_email("<body><p title=\"{{ first_name }}\">{{ first_name }}</p></body>")
    };
    let (subject, html, text) = email(source, &recipient);
    assert_eq!(subject, "For <script>alert('x')</script> & \"co\"");
    assert_eq!(text, "Dear <script>alert('x')</script> & \"co\"");
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("<p title=\"&lt;script&gt;alert("), "{html}");
    assert!(html.contains("5 &lt; 6 &amp; &lt;script&gt;"), "{html}");
}

#[test]
fn a_link_stays_whole_in_html() {
    let recipient = RecipientFields { attributes_json: r#"{"cart":"https://x.example/c?a=1&b='2'"}"#, ..ada() };
    let html =
        email(an_email("<a href=\"{{ unsubscribe_url }}\">{{ cart }}</a>{{ '<b>'|safe }}{{ ['<'] }}"), &recipient).1;
    let expected = "<a href=\"https://mail.example.org/u/token\">https://x.example/c?a=1&amp;b=&#39;2&#39;</a><b>";
    assert!(html.starts_with(expected), "{html}");
    assert_eq!(html.matches('<').count(), 3, "{html}");
}

#[test]
fn a_subject_is_one_line_and_the_campaigns_own_goes_first() {
    let source = EmailSource { subject: " Hello\r\nBcc: {{ first_name }}\t! ".to_owned(), ..an_email("<p>x") };
    assert_eq!(email(source.clone(), &ada()).0, "Hello Bcc: Ada !");
    let recipient = RecipientFields { first_name: Some("A\r\nX-Evil: 1\u{0}\u{85}"), ..ada() };
    assert_eq!(email(source.clone(), &recipient).0, "Hello Bcc: A X-Evil: 1 !");
    let template = CompiledTemplate::compile(&TemplateSource::Email(source), Some("Only for {{ first_name }}"));
    let Ok(Rendered::Email { subject, .. }) = render(&template.expect("compiles"), &ada()) else { panic!("renders") };
    assert_eq!(subject, "Only for Ada");
}

#[test]
fn a_preheader_goes_first_in_the_body() {
    let span = "<span style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">Ada&#39;s news</span>";
    for (before, after) in [
        ("<html><head><title>a < b <body></title></head><body class=\"a>b\">", "<p>x</p></body></html>"),
        ("<!--[if mso]><body class=\"mso\"><![endif]--><BODY>", "<p>x"),
        ("<!DOCTYPE html><html><head></head>", "<p>x"),
        ("", "<p>x"),
    ] {
        let source = EmailSource {
            preheader: Some(" {{ first_name }}'s news ".to_owned()),
            ..an_email(&format!("{before}{after}"))
        };
        let (_, html, text) = email(source, &ada());
        assert_eq!(html, format!("{before}{span}{after}"));
        assert_eq!(text, "x");
    }
}

#[test]
fn every_channel_renders() {
    let push = TemplateSource::Push(PushSource {
        title: "Hi {{ first_name }}".to_owned(),
        body: "{{ points }} points".to_owned(),
        url: Some(" https://x.example/{{ customer_id }}".to_owned()),
        data: BTreeMap::from([("plan.a".to_owned(), "{{ plan }}".to_owned())]),
    });
    let push = render(&CompiledTemplate::compile(&push, None).expect("compiles"), &ada()).expect("renders");
    let Rendered::Push { title, body, url, data } = push else { panic!("a push") };
    assert_eq!((title.as_str(), body.as_str()), ("Hi Ada", "1250 points"));
    assert_eq!(url.as_deref(), Some("https://x.example/c-1"));
    assert_eq!(data, BTreeMap::from([("plan.a".to_owned(), "gold".to_owned())]));

    for (source, expected) in [("<p>{{ first_name }}", "<p>A&amp;B"), ("Dear {{ first_name }}", "Dear A&B")] {
        let piece = DirectMailSource { format: "letter_a4".to_owned(), source: source.to_owned() };
        let template = CompiledTemplate::compile(&TemplateSource::DirectMail(piece), None).expect("compiles");
        let recipient = RecipientFields { first_name: Some("A&B"), ..ada() };
        let Ok(Rendered::DirectMail { format, source }) = render(&template, &recipient) else { panic!("a piece") };
        assert_eq!((format.as_str(), source.as_str()), ("letter_a4", expected));
    }
}

#[test]
fn fields_are_known_or_told() {
    let source = TemplateSource::Sms(SmsSource {
        text: "{{ first_name }} {{ frist_name }} {{ address.city }} {{ address.zip }} {{ campaign.name }} {{ campaign.id }} \
               {{ sender.number }} {{ unsubscribe_url }} {{ plan }} {{ tags[0] }} {{ consent }}\
               {% for tag in tags %}{{ tag }}{{ loop.index }}{% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}"
            .to_owned(),
    });
    let template = CompiledTemplate::compile(&source, None).expect("compiles");
    let attributes = ["plan", "tags", "consent"];
    let unknown = template.unknown_fields(|name| attributes.contains(&name));
    assert_eq!(unknown, ["address.zip", "campaign.id", "consent", "frist_name"]);
    assert!(template.uses_unsubscribe_url());
    assert!(template.fields().contains("address.city"));
    let without = TemplateSource::Sms(SmsSource { text: "Hi".to_owned() });
    assert!(!CompiledTemplate::compile(&without, None).expect("compiles").uses_unsubscribe_url());
}

#[test]
fn one_template_serves_many_threads() {
    let source = TemplateSource::Sms(SmsSource { text: "{{ customer_id }}".to_owned() });
    let template = CompiledTemplate::compile(&source, None).expect("compiles");
    let campaign = a_campaign();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let (template, campaign) = (&template, &campaign);
            threads.spawn(move || {
                for n in 0..200 {
                    let id = format!("{thread}-{n}");
                    let recipient = RecipientFields { customer_id: Some(&id), ..RecipientFields::default() };
                    let rendered = template.render(campaign, &recipient, "");
                    assert!(rendered == Ok(Rendered::Sms { text: id.clone() }));
                }
            });
        }
    });
}

//! A template from a stranger costs bounded time, memory and stack.

use crate::support::{ada, an_email, render, sms};
use postrider_content::{CompiledTemplate, RecipientFields, SmsSource, TemplateSource, limits};

/// Half of what a thread of the runtime has: what keeps the limits must fit with room to spare.
const STACK_BYTES: usize = 1 << 20;

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(test).expect("a thread starts");
    thread.join().expect("the thread ends well");
}

/// What compiles for longer hangs; linear time takes less than a second.
const HANGS: std::time::Duration = std::time::Duration::from_secs(40);

/// The problem of a template that is refused when it is compiled.
fn refused(template: &str) -> String {
    let source = TemplateSource::Sms(SmsSource { text: template.to_owned() });
    CompiledTemplate::compile(&source, None).expect_err(template).message
}

#[test]
fn what_would_take_too_much_for_everybody_is_refused() {
    for (template, message) in [
        ("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "memory"),
        ("{% set l = range(1000) %}{% for a in l %}{% for b in l %}{% endfor %}{% endfor %}", "work"),
        ("{% for a in range(1000) %}{% set x = range(9999)|list|sort|length %}{% endfor %}", "memory"),
        ("{{ 'x' * 1000000000 }}", "cannot calculate with text"),
        ("{{ ['x'] * 1000000000 }}", "cannot calculate with a list"),
        ("{{ '%1000000000d'|format(1) }}", "a width of at most 100"),
        ("{{ 'a'|indent(1000000000) }}", "a width from 0 to 100"),
        ("{{ [1]|batch(1000000000, 0)|list|length }}", "a size from 0 to 100000"),
        ("{{ [1]|batch(100000, 0) }}", "memory"),
        ("{{ [1]|slice(100000) }}", "memory"),
        ("{{ [1]|tojson(indent=10000000000000) }}", "an indent from 0 to 8"),
        ("{{ range(99999)|join(', ') }}", "memory"),
        ("{{ range(10000000000) }}", "at most 100000"),
        ("{{ 2 ** 100000 }}", "too large"),
        ("{{ 9999999999999999999999 * 9999999999999999999999 }}", "too large"),
        ("{{ 1 // 0 }}", "divides by zero"),
        (
            "{% set x = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' %}{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}",
            "memory",
        ),
        (
            "{{ 'aaaaaaaaaaaaaaaaaaaa'|replace('a', 'aaaaaaaaaaaaaaaaaaaa')|replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')|replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }}",
            "memory",
        ),
    ] {
        let refused = refused(template);
        assert!(refused.contains(message), "{template}: {refused}");
    }
}

/// Templates whose operations are few, and each reads a text of hundreds of kilobytes.
#[test]
fn every_operation_is_charged_for_the_text_that_it_reads() {
    let dots = ".".repeat(1_000_000);
    let zeros = "0".repeat(1_000_000);
    let spaces = " ".repeat(600_000);
    let long = "a".repeat(200_000);
    for filter in ["sum", "map", "sort", "min", "max", "unique", "groupby"] {
        let template = format!("{{% set x = range(900)|{filter}(attribute='{dots}') %}}");
        assert!(refused(&template).contains("work"), "{filter}");
    }
    for (template, times) in [
        (format!("range(9)|join('', attribute='{dots}')"), 2),
        (format!("range(9)|selectattr('{dots}')"), 2),
        (format!("range(9)|rejectattr('{dots}', 'defined')"), 2),
        (format!("1|attr('{dots}')"), 2),
        (format!("[1]|attr('{zeros}')"), 100),
        (format!("'{spaces}' is empty"), 100),
        (format!("'a'|replace('{long}', 'b')"), 100),
        (format!("'a'|split('{long}')"), 100),
        (format!("'{long}' in 'a'"), 100),
        (format!("['{long}', '{long}']|max"), 40),
        (format!("['{long}', '{long}']|unique"), 40),
    ] {
        let shown: String = template.chars().take(40).collect();
        let template = format!("{{% for i in range({times}) %}}{{% set x = {template} %}}{{% endfor %}}");
        assert!(refused(&template).contains("work"), "{shown}");
    }
    let members = format!(
        "{{% set z = '{long}z' %}}{{% set m = {{'{long}x': 1, '{long}y': 2}} %}}\
         {{% for i in range(100) %}}{{% set x = m[z] %}}{{% endfor %}}"
    );
    assert!(refused(&members).contains("work"), "members");
    let branches = "{% elif x %}".repeat(5_000);
    let branches = format!("{{% for i in range(3000) %}}{{% if x %}}{branches}{{% endif %}}{{% endfor %}}");
    assert!(refused(&branches).contains("work"), "branches that nobody knows the way of");
    let ruled = format!("{{% set x = '{}'|striptags %}}", "<hr>".repeat(95_000));
    assert!(refused(&ruled).contains("memory"), "rules");
}

#[test]
fn a_long_text_is_no_number() {
    let spaces = " ".repeat(1_000);
    assert_eq!(sms(&format!("{{{{ '{spaces}7'|int(1) }}}}"), &ada()).expect("renders"), "1");
    assert_eq!(sms("{{ ' 7 '|int(1) }}", &ada()).expect("renders"), "7");
}

#[test]
fn text_in_too_many_pieces_is_refused() {
    assert!(refused(&"x{##}".repeat(limits::TEXTS_MAX + 1)).contains("more than 40000 pieces"));
    let names: String = (0..limits::OPERATIONS_MAX).map(|n| format!("a{n},")).collect();
    assert!(refused(&format!("{{% set {names}b = x %}}")).contains("more than 20000 operations"));
}

#[test]
fn what_takes_too_much_for_one_recipient_fails_for_that_one() {
    let bombs = [
        "{% if boom %}{{ [1]|tojson(indent=10000000000000) }}{% endif %}hello",
        "{% if boom %}{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}{% endif %}hello",
        "{{ range(count)|join }}hello",
        "{% for a in range(count) %}{% for b in range(count) %}{{ a }}{% endfor %}{% endfor %}hello",
        "{{ 'a'|indent(count) }}hello",
        "{% if boom %}{{ plan * 100000 }}{% endif %}hello",
    ];
    for bomb in bombs {
        let quiet = RecipientFields { attributes_json: r#"{"count":0}"#, ..ada() };
        let rendered = sms(bomb, &quiet).expect(bomb);
        assert!(rendered.ends_with("hello"), "{bomb}");
        let loud = r#"{"boom":true,"count":99999,"plan":"gold"}"#;
        sms(bomb, &RecipientFields { attributes_json: loud, ..ada() }).expect_err(bomb);
    }
}

#[test]
fn large_output_stops_at_its_limit() {
    let large = format!("{{% for a in range(n) %}}{}{{% endfor %}}", "x".repeat(1_000));
    let template = CompiledTemplate::compile(&TemplateSource::Email(an_email(&large)), None).expect("compiles");
    let many = |n: &'static str| RecipientFields { attributes_json: n, ..ada() };
    let error = render(&template, &many(r#"{"n":3000}"#)).expect_err("three megabytes are too much");
    assert_eq!(error.message, format!("this renders to more than {} bytes", limits::OUTPUT_MAX_BYTES));
    assert_eq!((error.path.as_str(), error.line, error.column), ("content.html", Some(1), Some(24)));
    let error = sms(&large, &many(r#"{"n":20}"#)).expect_err("twenty kilobytes are too much for an SMS");
    assert_eq!(error.message, format!("this renders to more than {} bytes", limits::SHORT_OUTPUT_MAX_BYTES));
    let always = large.replace("range(n)", "range(20)");
    assert_eq!(refused(&always), error.message, "what is too large for everybody is refused when it is saved");
}

#[test]
fn what_would_exhaust_the_stack_is_refused() {
    on_a_small_stack(|| {
        let n = 100_000;
        for template in [
            format!("{{{{ a{} }}}}", "+a".repeat(n)),
            format!("{{{{ a{} }}}}", ".a".repeat(n)),
            format!("{{{{ a{} }}}}", "|e".repeat(n)),
            format!("{{{{ a{} }}}}", "()".repeat(n)),
            format!("{{{{ a{} }}}}", "[a]".repeat(n)),
            format!("{{{{ a{} }}}}", "~'}}'".repeat(n)),
            format!("{{{{ a{} }}}}", "~{'a':{}}".repeat(n)),
            format!("{{{{ {}a }}}}", "not ".repeat(n)),
            format!("{{{{ {}a }}}}", "-".repeat(n)),
            format!("{{{{ {}a }}}}", "+".repeat(n)),
            format!("{{{{ {}a }}}}", "(".repeat(n)),
            format!("{{{{ {}a }}}}", "[".repeat(n)),
            format!("{{{{ a{} }}}}", "**a".repeat(n)),
            format!("{{{{- a{} }}}}", " if a else a".repeat(n)),
            format!("{{{{- a{} }}}}", " is not none".repeat(n)),
            format!("{{# }} #}}{{% raw %}}{{{{ {{% endraw %}}{{{{ a{} }}}}", "+a".repeat(n)),
            "{% if a %}".repeat(n),
            "{% set x %}".repeat(n),
            "{% filter upper %}".repeat(n),
            format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(n)),
            "{% set x = [x] %}".repeat(n),
            "{% set x = x|batch(1) %}".repeat(n),
            "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}".to_owned(),
        ] {
            let shown: String = template.chars().take(40).collect();
            let error = sms(&template, &ada()).expect_err(&shown);
            assert_eq!(error.line, Some(1), "{shown}");
        }
    });
}

#[test]
fn what_keeps_the_limits_fits_the_stack() {
    on_a_small_stack(|| {
        let ifs = "{% if not a %}".repeat(limits::BLOCK_DEPTH - 2);
        let fors = "{% for a in [1] %}".repeat(limits::BLOCK_DEPTH - 2);
        let (ends, end_fors) =
            ("{% endif %}".repeat(limits::BLOCK_DEPTH - 2), "{% endfor %}".repeat(limits::BLOCK_DEPTH - 2));
        let deep = limits::EXPRESSION_DEPTH - 3;
        for template in [
            format!(
                "{ifs}{{% if a %}}{}{{{{ {}a }}}}{{% endif %}}{ends}",
                "{% elif a %}".repeat(1_000),
                "not ".repeat(deep)
            ),
            format!("{ifs}{{{{ {}1{} }}}}{ends}", "[".repeat(deep), "]".repeat(deep)),
            format!("{fors}{{{{ a{} }}}}{end_fors}", "|upper".repeat(deep)),
            format!("{fors}{{{{ {}a{} }}}}{end_fors}", "(".repeat(deep), ")".repeat(deep)),
            format!("{{{{ a{} }}}}", " ~ a".repeat(5_000)),
            format!(
                "{}{{{{ x == [x] }}}}{{{{ x|tojson }}}}{{{{ x }}}}",
                "{% set x = [x] %}".repeat(limits::VALUE_DEPTH - 1)
            ),
            format!("{}{{{{ x }}}}", "{% set x = {'a': x} %}".repeat(limits::VALUE_DEPTH - 1)),
        ] {
            let shown: String = template.chars().take(60).collect();
            sms(&template, &ada()).expect(&shown);
        }
    });
}

#[test]
fn large_templates_are_read_in_one_pass() {
    for piece in [
        "{{ a }}",
        "{{ a",
        "{#",
        "{% set a = a %}",
        "{% if a %}{% endif %}",
        "{% raw %}",
        "{",
        "<style>{#",
        "%7B%7B",
        "*|",
    ] {
        let large = piece.repeat(limits::HTML_MAX_BYTES / piece.len());
        drop(CompiledTemplate::compile(&TemplateSource::Email(an_email(&large)), None));
    }
    let link = "{{ unsubscribe_url }}".repeat(15_000);
    let fields: String = (0..9_000).map(|n| format!("f{n},")).collect();
    let written: String = (0..9_000).map(|n| format!("{{{{ f{n} }}}}")).collect();
    for large in [
        format!("<!--{}{link}", "!".repeat(600_000)),
        format!("{}{link}", "<!--!-->".repeat(60_000)),
        format!("{{{{ a{} }}}}", " ~ a".repeat(limits::OPERATIONS_MAX / 2 - 1)),
        format!("{{% if [{fields}] %}}{written}{{% endif %}}"),
    ] {
        let shown: String = large.chars().take(40).collect();
        let (done, when_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let compiled = CompiledTemplate::compile(&TemplateSource::Email(an_email(&large)), None);
            drop(done.send(compiled.map(drop)));
        });
        let compiled = when_done.recv_timeout(HANGS).unwrap_or_else(|_| panic!("{shown} hangs"));
        compiled.expect(&shown);
    }
}

#[test]
fn a_link_in_a_comment_is_no_way_out() {
    for (html, shows) in [
        ("<!-- {{ unsubscribe_url }} -->", false),
        ("<!-- {{ unsubscribe_url }}", false),
        ("<!-- <!-- --> {{ unsubscribe_url }} <!-- -->", true),
        ("<!--> {{ unsubscribe_url }}", true),
        ("<!-- a --><!-- {{ unsubscribe_url }} --> b", false),
        ("--> {{ unsubscribe_url }} <!--", true),
    ] {
        let template = CompiledTemplate::compile(&TemplateSource::Email(an_email(html)), None).expect(html);
        assert_eq!(template.uses_unsubscribe_url(), shows, "{html}");
    }
}

#[test]
fn raw_text_and_strings_do_not_count_as_code() {
    let long = "x".repeat(3_000);
    assert_eq!(sms(&format!("{{% raw %}}{{{{ {long} {{% endraw %}}"), &ada()).expect("raw").len(), 3_004);
    assert_eq!(sms(&format!("{{{{ '{long}' }}}}"), &ada()).expect("a string").len(), 3_000);
    assert_eq!(sms(&format!("{{# {long} #}}"), &ada()).expect("a comment"), "");
}

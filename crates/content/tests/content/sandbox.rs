//! A template from a stranger costs bounded time, memory and stack.

use crate::support::{ada, an_email, render, sms};
use postrider_content::{CompiledTemplate, TemplateSource, limits};

/// Half of what a thread of the runtime has: what keeps the limits must fit with room to spare.
const STACK_BYTES: usize = 1 << 20;

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(test).expect("a thread starts");
    thread.join().expect("the thread ends well");
}

#[test]
fn endless_work_stops() {
    for template in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{% set x = range(100000)|list|sort|length %}{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{% for a in range(100) %}{% set x = 'x' * 1000000 %}{% endfor %}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ 'a'|indent(1000000000) }}",
        "{{ [1]|batch(1000000000, 0)|list|length }}",
    ] {
        let error = sms(template, &ada()).expect_err(template);
        assert_eq!(error.message, "does too much work for one message", "{template}");
    }
}

#[test]
fn large_output_stops_at_its_limit() {
    let large = format!("{{% for a in range(3000) %}}{}{{% endfor %}}", "x".repeat(1_000));
    let template = CompiledTemplate::compile(&TemplateSource::Email(an_email(&large)), None).expect("compiles");
    let error = render(&template, &ada()).expect_err("three megabytes are too much");
    assert_eq!(error.message, format!("renders to more than {} bytes", limits::OUTPUT_MAX_BYTES));
    assert_eq!(error.path, "content.html");
    let error = sms(&large.replace("3000", "20"), &ada()).expect_err("twenty kilobytes are too much for an SMS");
    assert_eq!(error.message, format!("renders to more than {} bytes", limits::SHORT_OUTPUT_MAX_BYTES));
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
            format!("{{{{ a{} }}}}", "~'}}'".repeat(n)),
            format!("{{{{ a{} }}}}", "~{'a':{}}".repeat(n)),
            format!("{{{{ {}a }}}}", "not ".repeat(n)),
            format!("{{{{ {}a }}}}", "-".repeat(n)),
            format!("{{{{ {}a }}}}", "(".repeat(n)),
            format!("{{{{- a{} }}}}", " if a else a".repeat(n)),
            format!("{{# }} #}}{{% raw %}}{{{{ {{% endraw %}}{{{{ a{} }}}}", "+a".repeat(n)),
            "{% if a %}".repeat(n),
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
        let ifs = "{% if a %}".repeat(70);
        let ends = "{% endif %}".repeat(70);
        let elifs = "{% elif a %}".repeat(limits::ELIF_MAX);
        let code = limits::TAG_MAX_CODE_BYTES - 10;
        let sets = limits::BLOCK_WRAPS_MAX;
        for template in [
            format!("{ifs}{{% if a %}}{elifs}{{{{ {}a }}}}{{% endif %}}{ends}", "-".repeat(code)),
            format!("{ifs}{{% if a %}}{elifs}{{{{ a{} }}}}{{% endif %}}{ends}", "()".repeat(code / 2)),
            format!("{ifs}{{{{ a{} }}}}{ends}", ".a".repeat(code / 2)),
            format!("{}{{{{ x == [x] }}}}{{{{ x|tojson }}}}{{{{ x }}}}", "{% set x = [x] %}".repeat(sets)),
            format!("{}{{{{ x }}}}", "{% set x = {'a': x} %}".repeat(sets)),
        ] {
            // Whether it renders or errs is its own affair; it must come back.
            drop(sms(&template, &ada()).map_err(|error| assert!(error.line.is_some(), "{error}")));
        }
    });
}

#[test]
fn raw_text_and_strings_do_not_count_as_code() {
    let long = "x".repeat(3_000);
    assert_eq!(sms(&format!("{{% raw %}}{{{{ {long} {{% endraw %}}"), &ada()).expect("raw").len(), 3_004);
    assert_eq!(sms(&format!("{{{{ '{long}' }}}}"), &ada()).expect("a string").len(), 3_000);
    assert_eq!(sms(&format!("{{# {long} #}}"), &ada()).expect("a comment"), "");
}

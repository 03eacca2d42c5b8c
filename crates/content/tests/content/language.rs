//! What the language means, one line each.

use crate::support::{ada, sms};
use postrider_content::RecipientFields;

/// A shop's recipient; `points` and `total` are texts, as a CSV file brings them.
fn customer() -> RecipientFields<'static> {
    RecipientFields {
        attributes_json: r#"{"points":"50","total":"77,02","level":3,"price":1234.5,"tags":"neu;kaffee","list":[3,1,2],
            "books":[{"title":"B","price":2,"tags":["x"]},{"title":"a","price":10}],"empty":"","zero":0,"bonus":"7"}"#,
        ..ada()
    }
}

#[test]
fn values_become_what_people_expect() {
    for (template, expected) in [
        ("{{ points > 100 }} {{ points < 100 }} {{ level >= 3 }}", "false true true"),
        ("{{ points == 50 }} {{ points == '50' }} {{ tags == 3 }}", "true true false"),
        ("{{ nothing > 1 }} {{ nothing < 1 }} {{ nothing == none }}", "false false true"),
        (
            "{{ points * 2 }} {{ points + 1 }} {{ points + bonus }} {{ points + 'x' }} {{ points ~ bonus }}",
            "100 51 57 50x 507",
        ),
        (
            "{{ 7 / 2 }} {{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 10 }} {{ 1 + 2 * 3 }} {{ -level }} {{ 4 / 2 }}",
            "3.5 3 1 1024 7 -3 2.0",
        ),
        ("{{ tags|join(', ') }}|{{ list|join(', ') }}|{{ nothing|join(', ') }}", "neu;kaffee|3, 1, 2|"),
        (
            "{% for t in tags %}[{{ t }}]{% endfor %}{% for t in tags|split(';') %}[{{ t }}]{% endfor %}",
            "[neu;kaffee][neu][kaffee]",
        ),
        (
            "{% for x in nothing %}x{% else %}none{% endfor %}{% for x in empty %}x{% else %}none{% endfor %}",
            "nonenone",
        ),
        (
            "{{ list|sort|join }}{{ list|sort(reverse=true)|join }}{{ list|reverse|join }}{{ list|sum }}{{ list|max }}{{ list|min }}",
            "123321213631",
        ),
        ("{{ books|sort(attribute='title')|map(attribute='title')|join }}", "aB"),
        (
            "{{ books|selectattr('price', 'gt', 5)|map(attribute='title')|join }}{{ books|sum(attribute='price') }}",
            "a12",
        ),
        (
            "{% for b in books %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ b.title }}{{ loop.cycle('o', 'e') }} {% endfor %}",
            "1truefalseBo 2falsetrueae ",
        ),
        ("{% for b in books if b.price > 5 %}{{ loop.length }}{{ b.title }}{% endfor %}", "1a"),
        ("{% for k, v in books[0]|items %}{{ k }}={{ v }};{% endfor %}", "title=B;price=2;tags=[\"x\"];"),
        ("{% for k, v in {'a': 1} %}{{ k }}{{ v }}{% endfor %}", "a1"),
        ("{% for row in list|batch(2, 0) %}{{ row|join }},{% endfor %}", "31,20,"),
        ("{% set x = 1 %}{% for i in list %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "4231"),
        ("{% if zero %}a{% elif empty %}b{% elif nothing %}c{% else %}d{% endif %}", "d"),
        (
            "{{ nothing|default('x') }}{{ empty|default('x') }}{{ empty|default('x', true) }}{{ empty|d('y', boolean=true) }}",
            "xxy",
        ),
        (
            "{{ price|number(2, ',', '.') }} {{ -1234567|number(0, '.', ',') }} {{ '%05.1f|%-4s|%d'|format(price, 'a', level) }}",
            "1.234,50 -1,234,567 1234.5|a   |3",
        ),
        (
            "{{ price|round }} {{ 2.345|round(2) }} {{ 2.5|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ nothing|round }}",
            "1235.0 2.35 2 0 7 ",
        ),
        (
            "{{ 'hello world'|title }} {{ 'hELLO'|capitalize }} {{ 'straße'|upper }} {{ ' x '|trim }} {{ 'a-b'|replace('-', '+') }}",
            "Hello World Hello STRASSE x a+b",
        ),
        (
            "{{ 'one two three'|truncate(9) }} {{ 'one two three'|truncate(9, true) }} {{ 'one'|truncate(3) }}",
            "one... one tw... one",
        ),
        (
            "{{ 'a b&c'|urlencode }} {{ '<a>'|e }} {{ '<b>x</b> y'|striptags }} {{ 'a b c'|wordcount }}",
            "a%20b%26c &lt;a&gt; x y 3",
        ),
        (
            "{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[1:] }}{{ list[:2]|join }}{{ list[9] }}{{ list.0 }}{{ books[1]['title'] }}",
            "acbc313a",
        ),
        (
            "{{ 'a' in 'abc' }} {{ 3 in list }} {{ 'title' in books[0] }} {{ 9 not in list }} {{ 'x' in nothing }}",
            "true true true true false",
        ),
        (
            "{{ level is defined }} {{ nothing is defined }} {{ nothing is none }} {{ level is not none }} {{ level is odd }} {{ 9 is divisibleby 3 }}",
            "true false true true true true",
        ),
        (
            "{{ list|tojson }} {{ {'a': [1, none]}|tojson }} {{ \"<'&\"|tojson }}",
            "[3, 1, 2] {\"a\": [1, null]} \"\\u003c\\u0027\\u0026\"",
        ),
        (
            "{% set note %}Hi {{ first_name }}{% endset %}[{{ note }}]{% filter upper %}{{ note }}{% endfilter %}",
            "[Hi Ada]HI ADA",
        ),
        ("a {{- first_name -}} b {%- if true -%} c {%- endif %} d", "aAdabc d"),
        ("{{ 'yes' if level > 2 else 'no' }}{{ 'yes' if level > 5 }}", "yes"),
        (
            "{{ first_name.upper() }} {{ first_name|length }} {{ first_name|first }} {{ first_name|reverse }}",
            "ADA 3 A adA",
        ),
        (
            "{{ [1, 2] + [3] }} {{ ('a', 'b')|join }} {{ dict(a=1).a }} {{ range(3)|join }} {{ range(5, 0, -2)|join(' ') }}",
            "[1, 2, 3] ab 1 012 5 3 1",
        ),
        (
            "{{ 18446744073709551615 }} {{ 0.1 }} {{ not level }} {{ level and points }} {{ nothing or 'x' }}",
            "18446744073709551615 0.1 false 50 x",
        ),
        ("{% for g, items in books|groupby('price') %}{{ g }}:{{ items|length }} {% endfor %}", "2:1 10:1 "),
        ("{{ 'a,b'|split(',')|unique|join('+') }} {{ ['b', 'A', 'b']|unique|sort|join }}", "a+b Ab"),
    ] {
        assert_eq!(sms(template, &customer()).expect(template), expected, "{template}");
    }
}

#[test]
fn what_a_value_does_not_allow_names_the_field_and_not_its_value() {
    for (template, message) in [
        ("{% if total > 100 %}x{% endif %}", "total is text: text cannot be compared with a number"),
        ("{% if 100 < total %}x{% endif %}", "total is text: a number cannot be compared with text"),
        ("{{ total * 2 }}", "total is text: cannot calculate with text"),
        ("{{ total + 1 }}", "total is text: cannot calculate with text: write ~ to join text"),
        ("{{ tags * 100 }}", "tags is text: cannot calculate with text"),
        ("{{ list * 100 }}", "list is a list: cannot calculate with a list"),
        ("{{ nothing * 2 }}", "nothing is empty: cannot calculate with empty"),
        ("{{ total|round }}", "filter round of total: needs a number, not text"),
        ("{{ level // (points - 50) }}", "divides by zero"),
        ("{% for x in level %}{% endfor %}", "level is a number: a loop needs a list"),
        ("{% if books > 1 %}x{% endif %}", "books is a list: a list cannot be compared with a number"),
    ] {
        let error = sms(template, &customer()).expect_err(template);
        assert_eq!(error.message, message, "{template}");
        assert_eq!(error.line, Some(1));
    }
}

#[test]
fn what_depends_on_nobody_is_tried_when_it_is_saved_and_the_rest_is_not() {
    let nobody = RecipientFields::default();
    for certain in
        ["{{ 1 // 0 }}", "{% set n = 0 %}{{ 1 // n }}", "{% for i in [0] %}{{ 1 // i }}{% endfor %}", "{{ 'x'|round }}"]
    {
        assert!(sms(certain, &nobody).is_err(), "{certain}");
    }
    for fine in [
        "{% if vip %}{{ 1 // 0 }}{% endif %}",
        "{% set n = 0 %}{% if vip %}{% set n = 1 %}{% endif %}{{ 'x' if not vip else 1 // n }}",
        "{% for t in tags %}{{ 1 // 0 }}{% endfor %}",
        "{{ 'x' or 1 // 0 }}",
        "{{ vip and 1 // 0 }}",
        "{% set n %}{{ vip }}{% endset %}{{ 'x' if n == '' else n|round }}",
    ] {
        sms(fine, &nobody).expect(fine);
    }
}

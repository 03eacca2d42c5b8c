//! Templates and recipients that a generator makes to do harm: whatever they say, a rendering ends within its bounds.
//!
//! The programs run in a process of their own that has 1 GB of address space and bounded processor time; the memory of
//! each rendering is counted.
//! `POSTRIDER_FUZZ_CASES` sets how many programs are tried, `POSTRIDER_FUZZ_SEED` which.

#![cfg(test)]

use peak_alloc::PeakAlloc;
use postrider_content::{
    CampaignContext, CampaignFields, CompiledTemplate, EmailSource, RecipientFields, TemplateSource,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Tells the process that it is the one with limits.
const CHILD: &str = "POSTRIDER_HOSTILE_CHILD";
/// Address space of the process that runs the programs, in KiB.
const ADDRESS_SPACE_KIB: usize = 1_000_000;
/// Programs that are tried, unless the environment says otherwise.
const CASES: u32 = 400;
/// Processor time of that process, in seconds for each program: what takes more does work that nothing charges.
const PROGRAM_MAX_SECONDS: u32 = 1;
/// Most memory that one rendering may have at once, in bytes.
const RENDERING_MAX_BYTES: usize = 16_000_000;

/// How many programs are tried.
fn cases() -> u32 {
    number("POSTRIDER_FUZZ_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(CASES)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A small value, a huge one or one of the recipient.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("''".to_owned()),
        Just("0".to_owned()),
        Just("-1".to_owned()),
        Just("2".to_owned()),
        Just("9999".to_owned()),
        Just("100000".to_owned()),
        Just("10000000000000".to_owned()),
        Just("170141183460469231731687303715884105727".to_owned()),
        Just("1000000000.5".to_owned()),
        Just("none".to_owned()),
        Just("true".to_owned()),
        Just("x".to_owned()),
        Just("y".to_owned()),
        Just("big".to_owned()),
        Just("deep".to_owned()),
        Just("list".to_owned()),
        Just("people".to_owned()),
        Just("loop.index".to_owned()),
        Just("range(n)".to_owned()),
        Just("range(9999)".to_owned()),
        Just("range(100000)".to_owned()),
        Just("['a', 1, [2, {'b': 3}]]".to_owned()),
        "'[a-z%<&é ]{0,40}'",
        ("[a-z0 .<&]|é|<hr>|&amp;", 0_usize..20_000).prop_map(|(piece, times)| format!("'{}'", piece.repeat(times))),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (inner.clone(), filter(inner.clone())).prop_map(|(value, filter)| format!("({value})|{filter}")),
            (two.clone(), "[-+*/%~]|//|\\*\\*|and|or|in|==|<")
                .prop_map(|((one, two), op)| format!("(({one}) {op} ({two}))")),
            two.clone().prop_map(|(one, two)| format!("[{one}, {two}, {one}, {two}, {one}, {two}]")),
            two.clone().prop_map(|(one, two)| format!("{{'a': {one}, 'b': {two}}}")),
            two.clone().prop_map(|(one, two)| format!("({one} ~ {two} ~ {one} ~ {two} ~ {one})")),
            two.prop_map(|(one, two)| format!("({one})[{two}]")),
            inner.prop_map(|value| format!("range({value})")),
        ]
    })
}

fn filter(value: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    let plain = "upper|lower|title|capitalize|trim|e|safe|urlencode|striptags|string|tojson|length|first|last|list|\
                 reverse|sort|unique|sum|min|max|items|values|dictsort|lines|wordcount|int|float|abs|round|split|join";
    let one = prop_oneof![
        Just("join"),
        Just("batch"),
        Just("slice"),
        Just("indent"),
        Just("truncate"),
        Just("tojson"),
        Just("round"),
        Just("number"),
        Just("split"),
        Just("groupby"),
        Just("attr"),
        Just("default"),
        Just("format"),
        Just("trim"),
    ];
    prop_oneof![
        plain,
        (one, value.clone()).prop_map(|(name, argument)| format!("{name}({argument})")),
        (value.clone(), value.clone()).prop_map(|(one, two)| format!("replace({one}, {two})")),
        ("sum|map|sort|join|min|max|unique|groupby", value.clone())
            .prop_map(|(name, path)| format!("{name}(attribute={path})")),
        (value.clone(), "odd|empty|lower|number|defined")
            .prop_map(|(path, test)| format!("selectattr({path}, '{test}')")),
        (value.clone(), value).prop_map(|(one, two)| format!("batch({one}, {two})")),
        "map\\('(upper|tojson|list|join|length|sort)'\\)",
        "select\\('(odd|string|defined)'\\)",
    ]
}

/// A program: loops in loops, variables that grow, blocks that are captured.
fn program() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        value().prop_map(|value| format!("{{{{ {value} }}}}")),
        value().prop_map(|value| format!("{{% set x = {value} %}}")),
        value().prop_map(|value| format!("{{% set y = {value} %}}")),
        Just("{% set x = x ~ x ~ x ~ x %}".to_owned()),
        Just("{% set x = [x, x, x, x] %}".to_owned()),
        "[a-z<]{0,200}",
    ];
    let block = prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
    block.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (value(), inner.clone()).prop_map(|(over, body)| format!("{{% for x in {over} %}}{body}{{% endfor %}}")),
            (value(), inner.clone())
                .prop_map(|(over, body)| format!("{{% for x in {over} if x %}}{body}{{% else %}}{body}{{% endfor %}}")),
            (value(), inner.clone()).prop_map(|(condition, body)| format!("{{% if {condition} %}}{body}{{% endif %}}")),
            inner.clone().prop_map(|body| format!("{{% set x %}}{body}{{% endset %}}")),
            inner.clone().prop_map(|body| format!(
                "{{% filter upper|replace('A', 'AAAAAAAAAAAAAAAA') %}}{body}{{% endfilter %}}"
            )),
            prop::collection::vec(inner, 2..4).prop_map(|bodies| bodies.concat()),
        ]
    })
}

/// A recipient with as much as the service stores of one.
fn hostile_attributes() -> String {
    let mut deep = "1".to_owned();
    for _ in 0..100 {
        deep = format!("[{deep},1]");
    }
    let list: Vec<usize> = (0..2_000).collect();
    let people: Vec<_> = (0..300).map(|n| serde_json::json!({ "name": format!("P{n}"), "tags": ["a", "b"] })).collect();
    let attributes = serde_json::json!({ "big": "<&é".repeat(4_000), "list": list, "people": people, "n": 99_999 });
    attributes.to_string().replacen('{', &format!("{{\"deep\":{deep},"), 1)
}

/// Runs work, and tells how many bytes more than before it had at once.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let done = work();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

#[test]
fn no_program_takes_more_than_it_is_given() {
    if std::env::var_os(CHILD).is_some() {
        try_programs();
        return;
    }
    let program = std::env::current_exe().unwrap();
    let seconds = cases() * PROGRAM_MAX_SECONDS;
    let script = format!(
        "ulimit -v {ADDRESS_SPACE_KIB} && ulimit -t {seconds} && \
         exec \"$0\" --exact no_program_takes_more_than_it_is_given --nocapture"
    );
    let child = std::process::Command::new("sh").arg("-c").arg(script).arg(program).env(CHILD, "1").output().unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{}: {said}{}", child.status, String::from_utf8_lossy(&child.stderr));
    assert!(said.contains("rendered within"), "{said}");
}

/// What became of the programs.
#[derive(Default)]
struct Counts {
    compiled: usize,
    rendered: usize,
    most_bytes: usize,
}

fn try_programs() {
    let attributes = hostile_attributes();
    let recipient =
        RecipientFields { email: Some("ada@example.org"), attributes_json: &attributes, ..RecipientFields::default() };
    let campaign = CampaignContext::new(&CampaignFields::default());
    let cases = cases();
    let seed = number("POSTRIDER_FUZZ_SEED").unwrap_or(1);
    let config = Config {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 200,
        ..Config::default()
    };
    let counts = std::cell::RefCell::new(Counts::default());
    let outcome = TestRunner::new(config).run(&program(), |text| {
        let email = EmailSource { subject: "x".to_owned(), html: format!("{text}."), text: None, preheader: None };
        let source = TemplateSource::Email(email);
        let (template, at_once) = peak_of(|| CompiledTemplate::compile(&source, None));
        prop_assert!(at_once < RENDERING_MAX_BYTES, "{at_once} bytes at once to compile");
        let Ok(template) = template else { return Ok(()) };
        let (rendered, at_once) = peak_of(|| template.render(&campaign, &recipient, "https://x.example").is_ok());
        prop_assert!(at_once < RENDERING_MAX_BYTES, "{at_once} bytes at once to render");
        let mut counts = counts.borrow_mut();
        counts.compiled += 1;
        counts.rendered += usize::from(rendered);
        counts.most_bytes = counts.most_bytes.max(at_once);
        Ok::<(), TestCaseError>(())
    });
    if let Err(TestError::Fail(reason, text)) = outcome {
        panic!("seed {seed}: {reason}\n{text}");
    }
    let Counts { compiled, rendered, most_bytes } = counts.into_inner();
    // Programs of which none renders would prove little.
    assert!(compiled * 5 > cases as usize && rendered * 5 > compiled, "{rendered} of {compiled} of {cases}");
    println!("{rendered} of {compiled} programs rendered within {most_bytes} bytes");
}

#[test]
fn the_largest_messages_stay_within_their_bounds() {
    let campaign = CampaignContext::new(&CampaignFields::default());
    let letters = format!(r#"{{"a":"{}","n":2000}}"#, "<".repeat(60_000));
    let recipient = RecipientFields { attributes_json: &letters, ..RecipientFields::default() };
    for html in [
        "{% for i in range(n) %}<a href=\"x\">xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</a>{% endfor %}",
        "{% for i in range(7) %}{{ a }}{% endfor %}",
        "{% for i in range(7) %}{% set x = a ~ a ~ a ~ a %}{% endfor %}{{ a }}",
        "{% set x %}{% for i in range(6) %}{{ a }}{% endfor %}{% endset %}{{ x }}",
        "{% set x = range(n * 10) %}{{ x|join(', ') }}",
        "<a href=\"{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}\">x</a>",
    ] {
        for text in [None, Some(html.to_owned())] {
            let email =
                EmailSource { subject: "x".to_owned(), html: html.to_owned(), text, preheader: Some("x".into()) };
            let template = CompiledTemplate::compile(&TemplateSource::Email(email), None).expect(html);
            let (rendered, at_once) = peak_of(|| template.render(&campaign, &recipient, "https://x.example").is_ok());
            assert!(at_once < RENDERING_MAX_BYTES, "{at_once} bytes at once: {html}");
            println!("{rendered} {at_once} {html}");
        }
    }
    let names: String = (0..150_000).map(|n| format!("a{n},")).collect();
    for html in [
        "x{##}".repeat(209_715),
        "x{##}".repeat(39_999),
        format!("{{% set {names}b = x %}}"),
        "x{{ a }}".repeat(20_000),
        "{% if a %}x{% endif %}".repeat(20_000),
        "{% for a in a %}x{% else %}x{% endfor %}".repeat(9_999),
        "{{ a|truncate }}".repeat(9_999),
        "{{ [a] }}".repeat(9_999),
    ] {
        let shown: String = html.chars().take(20).collect();
        let email = EmailSource { subject: "x".to_owned(), html, text: None, preheader: None };
        let source = TemplateSource::Email(email);
        let (template, at_once) = peak_of(|| CompiledTemplate::compile(&source, None));
        println!("{} {at_once} to compile {shown}", template.is_ok());
        assert!(at_once < RENDERING_MAX_BYTES, "{at_once} bytes at once to compile {shown}");
    }
}

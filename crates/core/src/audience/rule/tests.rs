use super::*;
use crate::error::{Code, Detail};

fn map<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

fn test(field: &str, op: &str, value: Json) -> Json {
    map([("field", text(field)), ("op", text(op)), ("value", value)])
}

fn all(items: impl IntoIterator<Item = Json>) -> Json {
    map([("all", Json::List(items.into_iter().collect()))])
}

fn refused(json: &Json) -> (String, String) {
    let refusal = parse(json).expect_err("refused");
    assert_eq!(refusal.code, Code::RequestInvalid);
    let Detail::Field { path, problem, .. } = refusal.detail else { panic!("{refusal:?}") };
    (path, problem)
}

#[test]
fn a_bare_name_is_an_attribute_unless_it_is_well_known() {
    for (name, expected) in [
        ("email", "email"),
        ("address.city", "address.city"),
        ("consent.direct_mail", "consent.direct_mail"),
        ("plan", "attributes.plan"),
        ("attributes.plan", "attributes.plan"),
        ("Email", "attributes.Email"),
    ] {
        assert_eq!(Field::parse(name).unwrap().name(), expected);
    }
    for name in
        ["", "a b", "1st", "address.planet", "consent", "consent.fax", "attributes.email", "campaign", "a.b", "x'"]
    {
        assert!(Field::parse(name).is_err(), "{name}");
    }
}

#[test]
fn whatever_is_wrong_is_told_with_its_path() {
    let list = |items: &[i64]| Json::List(items.iter().map(|n| Json::Int(*n)).collect());
    let fine = test("plan", "equals", text("gold"));
    let cases = [
        (Json::Null, "rule"),
        (map([]), "rule"),
        (map([("all", Json::List(vec![]))]), "rule.all"),
        (map([("all", text("x"))]), "rule.all"),
        (map([("all", Json::List(vec![fine.clone()])), ("any", Json::Null)]), "rule.any"),
        (all([fine.clone(), test("plan", "is", text("x"))]), "rule.all[1].op"),
        (all([fine.clone(), test("created_at", "equals", text("x"))]), "rule.all[1].op"),
        (all([fine.clone(), test("plan", "gt", text("x"))]), "rule.all[1].value"),
        (all([fine.clone(), map([("not", test("no name", "exists", Json::Null))])]), "rule.all[1].not.field"),
        (test("first_name", "equals", Json::Int(1)), "rule.value"),
        (test("first_name", "in", Json::List(vec![text("a"), Json::Bool(true)])), "rule.value[1]"),
        (test("consent.email", "equals", text("yes")), "rule.value"),
        (test("plan", "exists", text("yes")), "rule.value"),
        (test("plan", "equals", Json::Null), "rule.value"),
        (test("plan", "equals", Json::Int(9_007_199_254_740_992)), "rule.value"),
        (test("plan", "equals", Json::Real(1e300)), "rule.value"),
        (test("plan", "contains", text("")), "rule.value"),
        (test("plan", "contains", text("\0")), "rule.value"),
        (test("plan", "between", list(&[1])), "rule.value"),
        (test("plan", "between", Json::List(vec![Json::Int(1), text("2026-01-01")])), "rule.value"),
        (test("created_at", "gt", Json::Int(1)), "rule.value"),
        (test("created_at", "before", text("2026-02-30")), "rule.value"),
        (test("created_at", "before", map([("ago", text("30x"))])), "rule.value.ago"),
        (test("created_at", "before", map([("ago", text("99999999w"))])), "rule.value.ago"),
        (test("created_at", "before", map([("since", text("30d"))])), "rule.value"),
        (map([("inList", text("friends"))]), "rule.inList"),
        (map([("field", text("plan"))]), "rule.op"),
        (map([("field", text("plan")), ("op", text("exists")), ("note", text("x"))]), "rule.note"),
    ];
    for (json, expected) in cases {
        let (path, problem) = refused(&json);
        assert_eq!(path, expected, "{problem}");
    }
}

#[test]
fn depth_conditions_and_values_are_bounded() {
    let fine = test("plan", "equals", text("gold"));
    let nested = |depth: usize| (1..depth).fold(fine.clone(), |inner, _| map([("not", inner)]));
    parse(&nested(RULE_DEPTH_MAX)).unwrap();
    assert!(refused(&nested(RULE_DEPTH_MAX + 1)).1.contains("nested"));
    let wide = |width: usize| all(vec![fine.clone(); width]);
    parse(&wide(RULE_CONDITIONS_MAX - 1)).unwrap();
    assert_eq!(refused(&wide(RULE_CONDITIONS_MAX)).0, "rule.all[99]");
    let many = |count: usize| test("plan", "in", Json::List(vec![Json::Int(1); count]));
    parse(&many(RULE_VALUES_MAX)).unwrap();
    assert_eq!(refused(&many(RULE_VALUES_MAX + 1)).0, "rule.value[500]");
    let long = |length: usize| test("plan", "equals", text(&"é".repeat(length)));
    parse(&long(RULE_TEXT_CHARS_MAX)).unwrap();
    refused(&long(RULE_TEXT_CHARS_MAX + 1));
}

#[test]
fn values_are_read_as_profiles_have_them() {
    let read = |json: &Json| match parse(json).unwrap() {
        Rule::Test(_, check) => check,
        other => panic!("{other:?}"),
    };
    let one = |value: &str| Check::OneOf(vec![Scalar::Text(value.to_owned())]);
    assert_eq!(read(&test("email", "equals", text(" Ann@Example.COM"))), one("ann@example.com"));
    assert_eq!(read(&test("phone", "equals", text("+49 30 1234567"))), one("+49301234567"));
    assert_eq!(read(&test("first_name", "equals", text("Ann"))), one("Ann"));
    let number = Check::OneOf(vec![Scalar::Number(Number::Int(1))]);
    assert_eq!(read(&test("plan", "equals", Json::Real(1.0))), number);
    let day = 24 * 60 * 60 * 1_000;
    let before = |moment| Check::Compare(Comparison::Less, Quantity::Moment(moment));
    assert_eq!(read(&test("plan", "before", map([("ago", text("30d"))]))), before(Moment::FromNow(-30 * day)));
    assert_eq!(read(&test("plan", "before", map([("ahead", text("2w"))]))), before(Moment::FromNow(14 * day)));
    let at = before(Moment::At(crate::time::Timestamp::parse("2026-05-01T00:00:00Z").unwrap()));
    for text_ in ["2026-05-01", "2026-05-01T00:00", "2026-05-01T02:00:00+02:00"] {
        assert_eq!(read(&test("plan", "lt", text(text_))), at, "{text_}");
    }
}

#[test]
fn a_rule_tells_its_fields_and_lists() {
    let id = "01890000-0000-7000-8000-000000000001";
    let rule = parse(&all([
        test("plan", "exists", Json::Null),
        map([("not", map([("inList", text(id))]))]),
        test("attributes.plan", "equals", text("x")),
        test("email", "exists", Json::Null),
    ]));
    let rule = rule.unwrap();
    assert_eq!(rule.fields().into_iter().collect::<Vec<_>>(), ["attributes.plan", "email"]);
    assert_eq!(rule.lists(), [("rule.all[1].not.inList".to_owned(), id.parse().unwrap())]);
}

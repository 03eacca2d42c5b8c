//! What holds for every template and every recipient.

use crate::support::{ada, an_email, email, sms};
use postrider_content::text::to_text;
use postrider_content::{EmailSource, RecipientFields, TemplateSource, sms_length};
use postrider_core::channel::ChannelKind;
use proptest::prelude::*;

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,20}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Text that looks like a template, more often than chance would have it.
fn template_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{ ".to_owned()),
        Just(" }}".to_owned()),
        Just("{% ".to_owned()),
        Just(" %}".to_owned()),
        Just("{# ".to_owned()),
        Just("if ".to_owned()),
        Just("endif".to_owned()),
        Just("for x in tags".to_owned()),
        Just("endfor".to_owned()),
        Just("set x = ".to_owned()),
        Just("first_name".to_owned()),
        Just("|upper".to_owned()),
        Just("'".to_owned()),
        Just("\n".to_owned()),
        "\\PC{0,6}",
        "[-+*/%~.,:()\\[\\]{}|<>=0-9]{0,3}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_attributes_render(json in any_json()) {
        let object = serde_json::json!({ "plan": json });
        let text = object.to_string();
        let recipient = RecipientFields { attributes_json: &text, ..ada() };
        let (_, html, _) = email(an_email("<p>{{ plan }}{% for x in tags %}{{ x }}{% endfor %}</p>"), &recipient);
        prop_assert_eq!(html.matches('<').count(), 2);
    }

    #[test]
    fn any_text_as_attributes_is_read_or_refused(text in "\\PC{0,60}") {
        let recipient = RecipientFields { attributes_json: &text, address_json: Some(&text), ..ada() };
        let rendered = sms("{{ plan }}{{ address.city }}", &recipient);
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok();
        prop_assert_eq!(rendered.is_ok(), is_object);
    }

    #[test]
    fn any_template_renders_or_says_where(text in template_like()) {
        if let Err(error) = sms(&text, &ada()) {
            let lines = text.matches('\n').count() + 1;
            prop_assert!(error.line.is_some_and(|line| line >= 1 && line <= lines), "{error}");
        }
    }

    #[test]
    fn a_recipients_data_is_never_markup(value in "[<>&\"'a-z/ =]{0,30}", last in "\\PC{0,20}") {
        let attributes = serde_json::json!({ "plan": value }).to_string();
        let recipient =
            RecipientFields { first_name: Some(&value), last_name: Some(&last), attributes_json: &attributes, ..ada() };
        let source = EmailSource {
            preheader: Some("{{ first_name }}{{ last_name }}".to_owned()),
            ..an_email("<p title=\"{{ last_name }}\">{{ first_name }}{{ plan|upper }}{{ first_name ~ plan }}</p>")
        };
        let (_, html, _) = email(source, &recipient);
        prop_assert_eq!(html.matches('<').count(), 4, "{}", html);
        prop_assert_eq!(html.matches('>').count(), 4, "{}", html);
    }

    #[test]
    fn what_is_shown_in_html_reads_the_same_as_text(name in "[a-zA-Z<>&\"'é;#]{1,30}") {
        let recipient = RecipientFields { first_name: Some(&name), ..ada() };
        let (_, _, text) = email(an_email("<p>{{ first_name }}</p>"), &recipient);
        prop_assert_eq!(text, name);
    }

    #[test]
    fn any_html_has_a_text(html in "(<(/?(p|a|li|ul|td|style|pre|!--)|[a-z]{0,3})( href=\"?)?>?|&[a-z#0-9]{0,5};?|\\PC){0,40}") {
        let text = to_text(&html);
        prop_assert!(text.trim_end().len() == text.len() || html.contains("pre"), "{text:?}");
    }

    #[test]
    fn any_json_is_content_or_a_refusal(json in any_json()) {
        for channel in ChannelKind::ALL {
            if let Err(refusal) = TemplateSource::parse(channel, &json.to_string()) {
                prop_assert!(refusal.message().starts_with("content"), "{}", refusal);
            }
        }
    }

    #[test]
    fn segments_hold_what_they_are_sized_for(text in "(\\PC|[a-z€]){0,400}") {
        let length = sms_length(&text);
        prop_assert!(length.segments >= 1 && length.segments <= length.units.max(1));
        prop_assert!(length.units <= length.segments * 160);
    }
}

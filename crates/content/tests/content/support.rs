//! Templates and recipients for tests.

use postrider_content::{
    CampaignContext, CampaignFields, CompiledTemplate, EmailSource, RecipientFields, Rendered, SmsSource,
    TemplateError, TemplateSource,
};
use std::collections::BTreeMap;

pub const UNSUBSCRIBE_URL: &str = "https://mail.example.org/u/token";

pub fn an_email(html: &str) -> EmailSource {
    EmailSource { subject: "Hello".to_owned(), html: html.to_owned(), text: None, preheader: None }
}

pub fn a_campaign() -> CampaignContext {
    CampaignContext::new(&CampaignFields {
        campaign_name: "Spring & Summer".to_owned(),
        sender: BTreeMap::from([("fromName".to_owned(), "Ada's Shop".to_owned())]),
    })
}

pub fn ada() -> RecipientFields<'static> {
    RecipientFields {
        email: Some("ada@example.org"),
        phone: Some("+4915112345678"),
        customer_id: Some("c-1"),
        first_name: Some("Ada"),
        last_name: None,
        timezone: Some("Europe/London"),
        locale: Some("en-GB"),
        address_json: Some(r#"{"line1":"1 Main St","city":"London","line2":null}"#),
        attributes_json: r#"{"plan":"gold","points":1250,"rate":0.5,"vip":true,"tags":["a","b"],"gone":null}"#,
    }
}

pub fn render(template: &CompiledTemplate, recipient: &RecipientFields<'_>) -> Result<Rendered, TemplateError> {
    template.render(&a_campaign(), recipient, UNSUBSCRIBE_URL)
}

/// Renders an email and tells `(subject, html, text)`.
pub fn email(source: EmailSource, recipient: &RecipientFields<'_>) -> (String, String, String) {
    let template = CompiledTemplate::compile(&TemplateSource::Email(source), None).expect("compiles");
    match render(&template, recipient).expect("renders") {
        Rendered::Email { subject, html, text } => (subject, html, text),
        _ => panic!("an email renders to an email"),
    }
}

/// Compiles an SMS and renders it.
pub fn sms(text: &str, recipient: &RecipientFields<'_>) -> Result<String, TemplateError> {
    let source = TemplateSource::Sms(SmsSource { text: text.to_owned() });
    match render(&CompiledTemplate::compile(&source, None)?, recipient)? {
        Rendered::Sms { text } => Ok(text),
        _ => panic!("an SMS renders to an SMS"),
    }
}

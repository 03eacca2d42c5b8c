//! Shapes of what handlers pass on as it is: they are read and checked elsewhere, and only described here.
#![expect(dead_code, reason = "these types are never made: they say in the OpenAPI document what a JSON value holds")]

use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The content of a template, by its channel. Fields are written `{{ first_name }}`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum TemplateContent {
    Email(EmailContent),
    Sms(SmsContent),
    Push(PushContent),
    DirectMail(DirectMailContent),
}

/// An email.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailContent {
    /// May be empty when every campaign gives its own.
    subject: String,
    html: String,
    /// Made from the HTML if absent.
    text: Option<String>,
    /// What inboxes show after the subject; plain text.
    preheader: Option<String>,
}

/// A text message.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsContent {
    text: String,
}

/// A push notification.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushContent {
    title: String,
    body: String,
    /// What a tap opens.
    url: Option<String>,
    /// More for the app: names as they are, values rendered.
    data: Option<BTreeMap<String, String>>,
}

/// A printed piece.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectMailContent {
    /// `letter_a4`, `letter_us`, `postcard_a6` or `postcard_4x6`.
    format: String,
    /// HTML if it begins with `<`, else plain text.
    source: String,
}

/// A rendered message: the parts of its channel.
#[derive(Serialize, ToSchema)]
#[schema(as = RenderedParts)]
pub struct RenderedParts {
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: String,
    /// Of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    subject: Option<String>,
    /// Of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    html: Option<String>,
    /// Of an email or a text message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    text: Option<String>,
    /// Of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    title: Option<String>,
    /// Of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// Of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Of a push notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    data: Option<BTreeMap<String, String>>,
    /// Of a printed piece: `letter_a4`, `letter_us`, `postcard_a6` or `postcard_4x6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    format: Option<String>,
    /// Of a printed piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<String>,
}

/// What a sender profile holds beside its name, by its channel; a field of another channel is refused.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SenderFields {
    /// Email: the address that messages come from.
    from_email: Option<String>,
    /// Email: the name that is shown with it, at most 200 characters.
    from_name: Option<String>,
    /// Email: where answers go, if not to `fromEmail`.
    reply_to: Option<String>,
    /// SMS: a number in E.164 or a short code; this or `senderId`.
    number: Option<String>,
    /// SMS: at most 11 letters, digits and spaces.
    sender_id: Option<String>,
    /// Push: the app, at most 200 characters.
    app: Option<String>,
    /// Direct mail: where pieces go back to.
    return_address: Option<ReturnAddress>,
}

/// Where a piece of mail goes back to: `name` or `company`, `line1` and `city` at least.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnAddress {
    /// At most 200 characters.
    name: Option<String>,
    /// At most 200 characters.
    company: Option<String>,
    /// At most 200 characters.
    line1: Option<String>,
    /// At most 200 characters.
    line2: Option<String>,
    /// At most 200 characters.
    city: Option<String>,
    /// At most 200 characters.
    region: Option<String>,
    /// At most 200 characters; read also as `postal_code`.
    postal_code: Option<String>,
    /// At most 200 characters.
    country: Option<String>,
}

/// What is known of a person. Every field beside these is an attribute of yours: text, number, boolean or list of texts.
#[derive(Serialize, ToSchema)]
pub struct ProfileRecord {
    /// Compared without regard to case.
    email: Option<String>,
    /// E.164.
    phone: Option<String>,
    /// At most 255 characters.
    customer_id: Option<String>,
    /// At most 255 characters.
    first_name: Option<String>,
    /// At most 255 characters.
    last_name: Option<String>,
    /// IANA name.
    timezone: Option<String>,
    /// BCP 47, such as `de-CH`.
    locale: Option<String>,
    /// At most 20.
    push_tokens: Option<Vec<PushToken>>,
    address: Option<PostalAddress>,
    consent: Option<ProfileConsent>,
    #[serde(flatten)]
    attributes: BTreeMap<String, AttributeValue>,
}

/// A device. A text alone is a token of FCM.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum PushToken {
    /// A token of FCM, at most 4,096 characters.
    Plain(String),
    App(AppToken),
    Web(WebPushSubscription),
}

/// An app on a device.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppToken {
    service: AppService,
    /// At most 4,096 characters.
    token: String,
    /// Which app, such as `com.example.shop`; at most 255 characters.
    app: Option<String>,
}

/// Who delivers to an app.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AppService {
    Fcm,
    Apns,
}

/// A subscription to Web Push, as a browser writes it.
#[derive(Serialize, ToSchema)]
pub struct WebPushSubscription {
    /// Always `webpush`; it may be left out.
    service: Option<String>,
    /// `https`, at most 2,000 characters.
    endpoint: String,
    keys: WebPushKeys,
}

/// Keys of a subscription to Web Push.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebPushKeys {
    /// An uncompressed P-256 point: 65 bytes as base64url.
    p256dh: String,
    /// 16 bytes as base64url.
    auth: String,
}

/// The value of an attribute. A date is text.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// At most 4,000 characters.
    Text(String),
    Number(f64),
    Boolean(bool),
    /// At most 100 texts.
    Texts(Vec<String>),
    /// Clears it; never in an answer.
    Cleared,
}

/// Where a person gets mail.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    /// At most 255 characters.
    name: Option<String>,
    /// At most 255 characters.
    company: Option<String>,
    /// At most 255 characters.
    line1: Option<String>,
    /// At most 255 characters.
    line2: Option<String>,
    /// At most 255 characters.
    city: Option<String>,
    /// At most 255 characters.
    region: Option<String>,
    /// At most 255 characters.
    postal_code: Option<String>,
    /// At most 255 characters.
    country: Option<String>,
}

/// Which channels a person agreed to.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileConsent {
    /// `granted`, `denied` or `unknown`.
    email: Option<String>,
    /// `granted`, `denied` or `unknown`.
    sms: Option<String>,
    /// `granted`, `denied` or `unknown`.
    push: Option<String>,
    /// `granted`, `denied` or `unknown`.
    direct_mail: Option<String>,
}

/// An address of a channel: text, or for direct mail the fields of a postal address.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ChannelAddress {
    Text(String),
    Postal(PostalAddress),
}

/// Why one record of many was refused.
#[derive(Serialize, ToSchema)]
pub struct RecordError {
    /// A stable code.
    code: String,
    /// What happened; for a field it begins with the path.
    message: String,
    /// For a field its `path` and `value`.
    #[schema(value_type = Object)]
    details: (),
    /// What to do, in one sentence.
    remediation: String,
}

//! What columns are called in the world, and which field each means.

/// The channels of a consent column, as bits in the order of [`crate::people::CONSENT_CHANNELS`].
pub type Channels = u8;
/// Email.
pub const EMAIL: Channels = 0b0001;
/// Text messages.
pub const SMS: Channels = 0b0010;
/// Push notifications.
pub const PUSH: Channels = 0b0100;
/// Printed mail.
pub const DIRECT_MAIL: Channels = 0b1000;
/// All of them.
pub const EVERY_CHANNEL: Channels = 0b1111;

/// What a column is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A well-known field of one text.
    Field(&'static str),
    /// A field of the postal address.
    Address(&'static str),
    /// A first name if there is no other, else the last name.
    Name,
    /// Yes is consent, no a denial.
    OptIn(Channels),
    /// Yes is a denial, no says nothing.
    OptOut(Channels),
    /// Any date is a denial.
    OptOutDate(Channels),
    /// A word such as `unsubscribed`, which is a denial; kept as an attribute too.
    Status,
    /// A column of our own file of refused rows.
    Ours,
}

/// Headers by their letters and digits in lower case, umlauts written out, parted by blanks; and what they mean.
const HEADERS: &[(&str, Meaning)] = &[
    (
        "email emailaddress mail mailaddress emailadresse mailadresse epost emailid contactemail \
        primaryemail subscriberemail email1 email1value correo correoelectronico courriel adressemail \
        adresseemail indirizzoemail",
        Meaning::Field("email"),
    ),
    (
        "phone phonenumber mobile mobilephone mobilenumber mobil mobilnummer mobiltelefon \
        mobiletelefonnummer handy handynummer cell cellphone telephone telephonenumber telefon \
        telefonnummer tel phone1value telefono smsnumber whatsapp rufnummer",
        Meaning::Field("phone"),
    ),
    (
        "customerid customernumber customerno kundennummer kundennr kundenid externalid contactid userid \
        memberid membernumber mitgliedsnummer subscriberid",
        Meaning::Field("customer_id"),
    ),
    ("firstname fname first givenname forename vorname rufname prenom nombre", Meaning::Field("first_name")),
    (
        "lastname lname last surname familyname nachname familienname zuname nom apellido apellidos \
        cognome",
        Meaning::Field("last_name"),
    ),
    ("name", Meaning::Name),
    ("timezone tz zeitzone", Meaning::Field("timezone")),
    ("locale language lang languagecode sprache langue idioma", Meaning::Field("locale")),
    ("pushtoken pushtokens devicetoken", Meaning::Field("push_tokens")),
    (
        "street streetaddress address address1 addressline1 adresse adresse1 anschrift strasse \
        strassehausnummer strasseundhausnummer strassenr strasseundnr line1 rue addressstreet \
        mailingstreet",
        Meaning::Address("line1"),
    ),
    ("address2 addressline2 adresse2 adresszusatz line2", Meaning::Address("line2")),
    ("city town ort wohnort stadt ville ciudad addresscity", Meaning::Address("city")),
    ("region state province county bundesland stateprovince addressregion", Meaning::Address("region")),
    ("zip zipcode postalcode postcode plz postleitzahl codepostal addresspostalcode", Meaning::Address("postal_code")),
    ("country countrycode land staat pays pais addresscountry", Meaning::Address("country")),
    ("company companyname organization organisation firma unternehmen", Meaning::Address("company")),
    ("addressname", Meaning::Address("name")),
    (
        "optin emailoptin optinemail optedin subscribed newsletter consent emailconsent consentemail \
        marketingconsent emailmarketingconsent acceptsmarketing acceptsemailmarketing einwilligung \
        newslettereinwilligung werbeeinwilligung permission",
        Meaning::OptIn(EMAIL),
    ),
    ("smsoptin optinsms smsconsent consentsms acceptssmsmarketing", Meaning::OptIn(SMS)),
    ("pushoptin pushconsent consentpush", Meaning::OptIn(PUSH)),
    ("directmailconsent consentdirectmail mailoptin postoptin", Meaning::OptIn(DIRECT_MAIL)),
    (
        "optout optedout donotcontact dnc nocontact widerspruch werbewiderspruch werbesperre blocked \
        blacklisted blocklisted gesperrt",
        Meaning::OptOut(EVERY_CHANNEL),
    ),
    (
        "unsubscribed unsubscribe emailoptout optoutemail emailoptedout hasoptedoutofemail donotemail \
        emailblacklisted abgemeldet newsletterabgemeldet austragung bounced",
        Meaning::OptOut(EMAIL),
    ),
    ("smsoptout optoutsms donotsms smsblacklisted", Meaning::OptOut(SMS)),
    ("directmailoptout donotmail postwiderspruch postsperre", Meaning::OptOut(DIRECT_MAIL)),
    ("optoutat optoutdate optouttime optedoutat", Meaning::OptOutDate(EVERY_CHANNEL)),
    (
        "unsubscribedat unsubscribedate unsubtime unsubscribetime abgemeldetam unsubscribedon",
        Meaning::OptOutDate(EMAIL),
    ),
    ("status emailstatus memberstatus subscriberstatus subscriptionstatus abostatus", Meaning::Status),
    ("postriderline postriderreason", Meaning::Ours),
];

/// What a header means, if it is known.
pub fn meaning(header: &str) -> Option<Meaning> {
    let letters: String = spelled_out(header).chars().filter(char::is_ascii_alphanumeric).collect();
    let known = HEADERS.iter().find(|(names, _)| names.split(' ').any(|name| name == letters));
    known.map(|(_, meaning)| *meaning)
}

/// A name in snake_case that templates can use, made of a header; empty if nothing is left of it.
pub fn snake_case(header: &str) -> String {
    let mut name = String::new();
    let mut gap = false;
    for c in spelled_out(header).chars() {
        if c.is_ascii_alphanumeric() {
            if gap && !name.is_empty() {
                name.push('_');
            }
            gap = false;
            name.push(c);
        } else {
            gap = true;
        }
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("column_{name}") } else { name }
}

/// Lower case, with the letters of western languages in ASCII.
fn spelled_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().to_lowercase().chars() {
        match c {
            'ä' | 'æ' => out.push_str("ae"),
            'ö' | 'œ' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' => out.push('a'),
            'ç' | 'č' | 'ć' => out.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ě' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' => out.push('i'),
            'ñ' | 'ń' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ø' => out.push('o'),
            'š' | 'ś' => out.push('s'),
            'ù' | 'ú' | 'û' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'ž' | 'ź' | 'ż' => out.push('z'),
            c => out.push(c),
        }
    }
    out
}

//! Files as other systems and other languages write them: who agreed, who said no, and what is asked first.
#![cfg(test)]

use postrider_core::audience::Consent;
use postrider_core::import::ImportFormat;
use postrider_intake::file::mapping::Mapping;
use postrider_intake::file::source::Source;
use postrider_intake::jobs::inspect::inspect;
use std::io::Cursor;

/// What a file says, in the order of its rows: the consent of email, `refused`, or nothing.
fn consents(file: &str, mapping: &Mapping) -> Vec<&'static str> {
    let format = if file.starts_with('{') { ImportFormat::Jsonl } else { ImportFormat::Csv };
    let input = Box::new(Cursor::new(file.as_bytes().to_vec()));
    let mut source = Source::open(input, format, mapping, None).unwrap();
    let rows = source.next_set(1_000).unwrap();
    let said = rows.iter().map(|row| match &row.parsed {
        Err(_) => "refused",
        Ok(parsed) => match parsed.record.consent[0] {
            Some(Consent::Granted) => "granted",
            Some(Consent::Denied) => "denied",
            Some(Consent::Unknown) | None => "",
        },
    });
    said.collect()
}

fn is_asked(file: &str, mapping: &Mapping) -> bool {
    let format = if file.starts_with('{') { ImportFormat::Jsonl } else { ImportFormat::Csv };
    let open = || -> Box<dyn std::io::Read + Send> { Box::new(Cursor::new(file.as_bytes().to_vec())) };
    inspect(&open, format, None, mapping).unwrap().has_doubts
}

fn named(file_name: &str) -> Mapping {
    Mapping { file_name: Some(file_name.to_owned()), ..Mapping::default() }
}

fn mapped(columns: &[(&str, &str)]) -> Mapping {
    let columns = columns.iter().map(|(column, field)| ((*column).to_owned(), (*field).to_owned())).collect();
    Mapping { columns, ..Mapping::default() }
}

#[test]
fn exports_of_other_systems_keep_who_said_no() {
    for (what, file, expected) in [
        (
            "Mailchimp, subscribed",
            "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID,NOTES,TAGS\n\
         a@e.test,A,2,2019-04-11 09:22:33,192.0.2.1,2019-04-11 09:23:00,192.0.2.1,1,x,,\nb@e.test,B,2,,,,,2,y,,\n",
            vec!["granted", ""],
        ),
        (
            "Mailchimp, unsubscribed",
            "Email Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,\
         UNSUB_REASON,LEID,EUID\na@e.test,2,2019-04-11 09:22:33,192.0.2.1,,,2020-01-02 03:04:05,May,no longer,1,x\n\
         b@e.test,2,2019-04-11 09:22:33,,,,,,,2,y\n",
            vec!["denied", "denied"],
        ),
        (
            "Mailchimp, cleaned",
            "Email Address,OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,LEID,EUID\n\
         a@e.test,2019-04-11 09:22:33,2020-01-02 03:04:05,May,1,x\nb@e.test,2019-04-11 09:22:33,,,2,y\n",
            vec!["denied", "denied"],
        ),
        (
            "Klaviyo",
            "Email,Klaviyo ID,First Name,Email Marketing Consent,SMS Marketing Consent\na@e.test,01A,A,SUBSCRIBED,\n\
         b@e.test,01B,B,UNSUBSCRIBED,SUBSCRIBED\nc@e.test,01C,C,NEVER_SUBSCRIBED,NEVER_SUBSCRIBED\n",
            vec!["granted", "denied", ""],
        ),
        (
            "Brevo",
            "CONTACT ID,EMAIL,VORNAME,EMAIL_BLACKLISTED,SMS_BLACKLISTED,ADDED_TIME\n\
         1,a@e.test,A,false,false,2024-01-01\n2,b@e.test,B,true,false,2024-01-01\n",
            vec!["", "denied"],
        ),
        ("Brevo, older", "EMAIL;BLACKLIST;SMS_BLACKLIST\na@e.test;0;0\nb@e.test;1;0\n", vec!["", "denied"]),
        (
            "HubSpot",
            "Record ID,Email,Unsubscribed from all email,Marketing contact status\n\
         1,a@e.test,false,Marketing contact\n2,b@e.test,true,Marketing contact\n3,c@e.test,,Non-marketing contact\n",
            vec!["", "denied", ""],
        ),
        (
            "HubSpot, opt-outs",
            "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information\n\
         a@e.test,,TRUE,,,\nb@e.test,550 no such user,,,,\nc@e.test,,,TRUE,,\nd@e.test,,,,,TRUE\n",
            vec!["denied", "denied", "denied", "denied"],
        ),
        (
            "Ghost",
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n\
         1,in@e.test,In,,true,false,,2024-01-01T00:00:00.000Z,,,\n2,out@e.test,Out,,false,false,,2024-01-01T00:00:00.000Z,,,\n",
            vec!["granted", "denied"],
        ),
        (
            "Shopify",
            "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address City,Phone,\
         Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n1,A,A,a@e.test,yes,Bonn,,no,1.00,1,,no,\n\
         2,B,B,b@e.test,no,Bonn,,no,1.00,1,,no,\n",
            vec!["granted", "denied"],
        ),
        (
            "listmonk",
            "uuid,email,name,attributes,status,created_at,updated_at\n1,a@e.test,A,{},enabled,2024-01-01,2024-01-01\n\
         2,b@e.test,B,{},blocklisted,2024-01-01,2024-01-01\n3,c@e.test,C,{},disabled,2024-01-01,2024-01-01\n",
            vec!["", "denied", "denied"],
        ),
        (
            "Keila",
            "Email,First name,Last name,Data,Status\na@e.test,A,A,{},active\nb@e.test,B,B,{},unsubscribed\n\
         c@e.test,C,C,{},unreachable\n",
            vec!["", "denied", "denied"],
        ),
        ("MailUp", "E-mail,OptOut_Date\na@e.test,20110122T111244\nb@e.test,\n", vec!["denied", ""]),
        ("a CRM", "Email,Has Opted Out Of Email,Do Not Call\na@e.test,1,0\nb@e.test,0,0\n", vec!["denied", ""]),
        (
            "a status",
            "email,status\na@e.test,subscribed\nb@e.test,inactive\nc@e.test,bounced\nd@e.test,complained\n\
         e@e.test,active\nf@e.test,pending\n",
            vec!["granted", "denied", "denied", "denied", "", "denied"],
        ),
    ] {
        let mut mapping = Mapping::default();
        if what == "a CRM" {
            assert!(is_asked(file, &mapping), "calls are none of our channels");
            mapping = mapped(&[("Do Not Call", "-")]);
        }
        assert!(!is_asked(file, &mapping), "{what}");
        assert_eq!(consents(file, &mapping), expected, "{what}");
    }
}

#[test]
fn the_name_of_a_file_of_mailchimp_tells_what_it_holds() {
    let file = "Email Address,OPTIN_TIME,LEID,EUID\na@e.test,2019-04-11 09:22:33,1,x\n";
    for (name, expected) in [
        ("subscribed_members_export_1.csv", "granted"),
        ("unsubscribed_members_export_1.csv", "denied"),
        ("cleaned_members_export_1.csv", "denied"),
        ("nonsubscribed_members_export_1.csv", ""),
    ] {
        assert_eq!(consents(file, &named(name)), [expected], "{name}");
    }
    let none = Mapping { preset: Some("none".into()), ..named("cleaned_1.csv") };
    assert_eq!(consents(file, &none), ["granted"]);
    let forced = Mapping { preset: Some("mailchimp_cleaned".into()), ..Mapping::default() };
    assert_eq!(consents(file, &forced), ["denied"]);
    let wrong = Mapping { preset: Some("nosuch".into()), ..Mapping::default() };
    let input = Box::new(Cursor::new(file.as_bytes().to_vec()));
    assert!(Source::open(input, ImportFormat::Csv, &wrong, None).is_err());
}

#[test]
fn columns_of_consent_are_known_in_every_language() {
    for file in [
        "Adres e-mail;Imię;Nazwisko;Kod pocztowy;Zgoda\na@e.test;A;A;00-001;tak\nb@e.test;B;B;00-001;nie\n",
        "E-Mail;Vorname;Einwilligung Newsletter\na@e.test;A;Ja\nb@e.test;B;Nein\n",
        "Courriel;Prénom;Abonné à la newsletter\na@e.test;A;oui\nb@e.test;B;non\n",
        "Correo electrónico;Nombre;Acepta publicidad\na@e.test;A;sí\nb@e.test;B;no\n",
        "Indirizzo e-mail;Nome;Consenso marketing\na@e.test;A;sì\nb@e.test;B;no\n",
        "E-mailadres;Voornaam;Toestemming\na@e.test;A;ja\nb@e.test;B;nee\n",
        "Endereço de e-mail;Nome;Aceita receber e-mails\na@e.test;A;Sim\nb@e.test;B;Não\n",
        "E-mail;Jméno;Příjmení;PSČ;Souhlas s marketingem\na@e.test;A;A;11000;Ano\nb@e.test;B;B;11000;Ne\n",
        "E-mail;Fornavn;Samtykke\na@e.test;A;Ja\nb@e.test;B;Nej\n",
        "E-post;Förnamn;Samtycke\na@e.test;A;Ja\nb@e.test;B;Nej\n",
        "E-post;Fornavn;Etternavn;Samtykke til markedsføring\na@e.test;A;A;Ja\nb@e.test;B;B;Nei\n",
        "Sähköposti;Etunimi;Markkinointilupa\na@e.test;A;Kyllä\nb@e.test;B;Ei\n",
        "E-mail cím;Keresztnév;Hozzájárulás\na@e.test;A;Igen\nb@e.test;B;Nem\n",
        "E-posta;Ad;Soyad;E-posta izni\na@e.test;A;A;Evet\nb@e.test;B;B;Hayır\n",
        "Adresă de e-mail;Prenume;Consimțământ\na@e.test;A;Da\nb@e.test;B;Nu\n",
        "Ηλεκτρονική διεύθυνση;Όνομα;Συγκατάθεση\na@e.test;A;Ναι\nb@e.test;B;Όχι\n",
        "Электронная почта;Имя;Согласие на рассылку\na@e.test;А;Да\nb@e.test;Б;Нет\n",
        "Електронна пошта;Ім'я;Згода\na@e.test;А;Так\nb@e.test;Б;Ні\n",
        "email,subscribed_to_emails\na@e.test,true\nb@e.test,false\n",
        "email,consent date,unsubscribed at\na@e.test,2024-01-01,\nb@e.test,2024-01-01,2024-02-01\n",
    ] {
        assert!(!is_asked(file, &Mapping::default()), "{file}");
        assert_eq!(consents(file, &Mapping::default()), ["granted", "denied"], "{file}");
    }
}

#[test]
fn what_only_looks_like_consent_is_asked_before_anybody_is_imported() {
    for file in [
        "email,email_disabled\na@e.test,true\n",
        "email,marketing_flag\na@e.test,0\n",
        "email,email_enabled\na@e.test,false\n",
        "email,active\na@e.test,no\n",
        "email,status\na@e.test,gold\n",
        "email,Zgoda\na@e.test,może\n",
        "email,newsletter\na@e.test,Weekly digest\n",
        "email,Zustand\na@e.test,abgemeldet\n",
        "email,optout_reason\na@e.test,moved\n",
        "email,Suppression list\na@e.test,B\n",
        "email,Samtykke telefon\na@e.test,nej\n",
        "email,opt out\na@e.test,3\n",
        "{\"email\":\"a@e.test\",\"email_disabled\":true}\n",
        "{\"email\":\"a@e.test\",\"status\":\"gold\"}\n",
    ] {
        assert!(is_asked(file, &Mapping::default()), "{file}");
        assert_ne!(consents(file, &Mapping::default()), ["granted"], "{file}");
    }
    for file in [
        "email,options,topic,shop,adoption\na@e.test,true,yes,no,no\n",
        "email,city,points\na@e.test,Bonn,7\n",
        "email,email_disabled\na@e.test,\n",
        "email,last_active\na@e.test,2024-01-01\n",
        "{\"email\":\"a@e.test\",\"plan\":\"pro\",\"consent\":{\"email\":\"granted\"}}\n",
    ] {
        assert!(!is_asked(file, &Mapping::default()), "{file}");
    }
}

#[test]
fn a_person_answers_what_a_column_is() {
    let file = "email,email_disabled\na@e.test,true\nb@e.test,false\n";
    for (field, expected) in [
        ("!consent.email", ["denied", "granted"]),
        ("consent.email", ["granted", "denied"]),
        ("opt_out.email", ["denied", ""]),
        ("email_disabled", ["", ""]),
        ("-", ["", ""]),
    ] {
        let mapping = mapped(&[("email_disabled", field)]);
        assert!(!is_asked(file, &mapping), "{field}");
        assert_eq!(consents(file, &mapping), expected, "{field}");
    }
    let file = "email,Zgoda\na@e.test,tak\nb@e.test,może\n";
    assert_eq!(consents(file, &mapped(&[("Zgoda", "consent.email")])), ["granted", "refused"]);
    let no = Mapping { no: vec!["Może".into()], ..Mapping::default() };
    assert!(!is_asked(file, &no));
    assert_eq!(consents(file, &no), ["granted", "denied"]);
}

#[test]
fn a_word_that_nobody_knows_is_found_in_the_last_row() {
    let mut file = String::from("email,newsletter\n");
    for number in 0..3_000 {
        file.push_str(&format!("p{number}@e.test,yes\n"));
    }
    assert!(!is_asked(&file, &Mapping::default()));
    file.push_str("last@e.test,perhaps\n");
    assert!(is_asked(&file, &Mapping::default()));
}

#[test]
fn records_of_json_say_no_by_the_names_that_tables_have() {
    let file = "{\"email\":\"a@e.test\",\"subscribed_to_emails\":false}\n\
        {\"email\":\"b@e.test\",\"unsubscribed\":true,\"consent\":{\"email\":\"granted\"}}\n\
        {\"email\":\"c@e.test\",\"status\":\"unsubscribed\",\"consent\":null}\n\
        {\"email\":\"d@e.test\",\"subscribed_to_emails\":true}\n\
        {\"email\":\"e@e.test\",\"subscribed_to_emails\":null}\n\
        {\"email\":\"f@e.test\",\"subscribed_to_emails\":\"perhaps\"}\n";
    assert_eq!(consents(file, &Mapping::default()), ["denied", "denied", "denied", "granted", "", "refused"]);
}

#[test]
fn a_row_keeps_which_column_said_what() {
    let file = "email,Opted in,unsub time\na@e.test,Yes,2020-01-02 03:04:05\n";
    let input = Box::new(Cursor::new(file.as_bytes().to_vec()));
    let mut source = Source::open(input, ImportFormat::Csv, &Mapping::default(), None).unwrap();
    let rows = source.next_set(1_000).unwrap();
    let Ok(parsed) = &rows[0].parsed else { panic!("the row is taken") };
    let said = parsed.consents.channels[0].as_ref().unwrap();
    assert_eq!((said.column.as_str(), said.words.as_str()), ("unsub time", "2020-01-02 03:04:05"));
    assert_eq!(said.at.map(|at| at.to_string()).as_deref(), Some("2020-01-02T03:04:05.000Z"));
}

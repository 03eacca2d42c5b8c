//! German, French and Dutch.

use super::Language;

pub const GERMAN: Language = Language {
    tag: "de",
    headers: &[
        ("email", "E-Mail-Adresse, Mailadresse, E-Post, E-Mail geschäftlich, E-Mail privat"),
        (
            "phone",
            "Telefon, Telefonnummer, Handy, Handynummer, Mobil, Mobilnummer, Mobiltelefon, Mobiltelefonnummer, Rufnummer, \
            Handy-Nr, Telefon mobil, Tel-Nr",
        ),
        ("customer_id", "Kundennummer, Kunden-Nr, Kunden-ID, Mitgliedsnummer, Mitglieds-Nr"),
        ("first_name", "Vorname, Rufname"),
        ("last_name", "Nachname, Familienname, Zuname"),
        ("timezone", "Zeitzone"),
        ("locale", "Sprache, Sprachcode"),
        (
            "address.line1",
            "Adresse, Adresse 1, Anschrift, Straße, Straße Hausnummer, Straße und Hausnummer, Straße Nr, Straße und Nr, \
            Str",
        ),
        ("address.line2", "Adresse 2, Adresszusatz"),
        ("address.city", "Ort, Wohnort, Stadt"),
        ("address.region", "Bundesland"),
        ("address.postal_code", "PLZ, Postleitzahl"),
        ("address.country", "Land, Länderkürzel, Ländercode"),
        ("address.company", "Firma, Unternehmen, Firmenname"),
        (
            "consent.email",
            "Einwilligung, Newsletter-Einwilligung, Einwilligung Newsletter, Einwilligung E-Mail, E-Mail-Einwilligung, \
            Werbeeinwilligung, Einwilligung Werbung, Zustimmung, Newsletter-Zustimmung, Zustimmung Newsletter, \
            Newsletter-Anmeldung, Newsletter angemeldet, Newsletter erwünscht, Newsletter abonniert, Werbung erlaubt, \
            Werbeerlaubnis, DSGVO-Einwilligung, DSGVO-Zustimmung, Einwilligung DSGVO, Marketing-Einwilligung, \
            Einwilligung Marketing, angemeldet, angemeldet am, Einwilligung am, Einwilligung vom, Einwilligungsdatum, \
            Opt-in-Datum, Newsletter gewünscht, Newsletter-Empfänger",
        ),
        ("consent.sms", "SMS-Einwilligung, Einwilligung SMS"),
        ("consent.direct_mail", "Einwilligung Post, Post-Einwilligung"),
        ("opt_out", "Widerspruch, Werbewiderspruch, Werbesperre, gesperrt, Kontaktsperre, nicht kontaktieren, Sperre"),
        (
            "opt_out.email",
            "abgemeldet, Newsletter abgemeldet, Newsletter-Abmeldung, Abmeldung, Austragung, ausgetragen, \
            E-Mail gesperrt, E-Mail-Sperre, Newsletter abbestellt, abbestellt, kein Newsletter, keine E-Mails, keine Werbung",
        ),
        ("opt_out.direct_mail", "Postwiderspruch, Postsperre"),
        ("opt_out_at.email", "abgemeldet am, Abmeldedatum, ausgetragen am, Abmeldung am, gesperrt am"),
        ("status", "Abo-Status, Newsletter-Status, Kontaktstatus, Abonnement-Status, E-Mail-Status, Empfängerstatus"),
    ],
    yes: "ja, j, wahr, erteilt, zugestimmt, eingewilligt, erlaubt, gewünscht, bestätigt, vorhanden",
    no: "nein, falsch, verweigert, nicht erteilt, abgelehnt, nicht erlaubt, nicht gewünscht, nicht zugestimmt, keine, kein",
    subscribed: "angemeldet, abonniert, eingetragen",
    active: "aktiv, unbekannt, registriert",
    denied: "abgemeldet, gesperrt, inaktiv, ausgetragen, abbestellt, widerrufen, widersprochen, unzustellbar, gekündigt, \
        deaktiviert, unbestätigt, ausstehend, gelöscht, ungültig, blockiert",
    smells: "einwillig, zustimm, abmeld, abgemeld, austrag, ausgetrag, abbestell, abonn, widerspr, \
        widerruf, werbung, werbe, sperre, gesperrt, dsgvo, kontaktsperr, unzustell",
};

pub const FRENCH: Language = Language {
    tag: "fr",
    headers: &[
        ("email", "courriel, adresse e-mail, adresse mail, adresse électronique, adresse courriel"),
        ("phone", "téléphone, numéro de téléphone, portable, téléphone portable, téléphone mobile, numéro de portable"),
        ("customer_id", "numéro client, n° client, code client, identifiant client, id client"),
        ("first_name", "prénom"),
        ("last_name", "nom, nom de famille"),
        ("name", "nom complet"),
        ("timezone", "fuseau horaire"),
        ("locale", "langue"),
        ("address.line1", "rue, adresse postale, adresse ligne 1"),
        ("address.line2", "complément d'adresse, adresse ligne 2"),
        ("address.city", "ville, commune"),
        ("address.postal_code", "code postal, cp"),
        ("address.country", "pays, code pays"),
        ("address.company", "société, entreprise, raison sociale"),
        (
            "consent.email",
            "consentement, consentement e-mail, consentement newsletter, consentement marketing, abonné, \
            abonné newsletter, abonné à la newsletter, inscrit, inscrit newsletter, inscrit à la newsletter, \
            inscription newsletter, accepte la newsletter, accepte les e-mails, autorisation e-mail, consentement rgpd, \
            accord, accepte newsletter",
        ),
        ("consent.sms", "consentement sms, accepte sms, accepte les sms"),
        ("opt_out", "opposition, ne pas contacter, liste noire"),
        (
            "opt_out.email",
            "désabonné, désinscrit, désinscription, désabonnement, ne pas envoyer d'e-mail, refus newsletter, \
            refus e-mail",
        ),
        ("opt_out_at.email", "date de désinscription, date de désabonnement, désinscrit le, désabonné le"),
        ("status", "statut, statut e-mail, statut abonnement, statut d'abonnement, statut du contact"),
    ],
    yes: "oui, o, vrai, accepté, accepte, accordé, donné, autorisé",
    no: "non, faux, refusé, refus, pas d'accord, non accordé, non donné",
    subscribed: "abonné, abonnée, inscrit, inscrite",
    active: "actif, active, inconnu, jamais abonné, non abonné",
    denied: "désabonné, désabonnée, désinscrit, désinscrite, inactif, bloqué, rejeté, plainte, retiré, supprimé, \
        non confirmé, en attente, invalide, résilié",
    smells: "consentement, desabonn, desinscri, abonn, inscri, rgpd, opposition, listenoire, nepascontacter",
};

pub const DUTCH: Language = Language {
    tag: "nl",
    headers: &[
        ("email", "e-mailadres, mailadres"),
        ("phone", "telefoon, telefoonnummer, mobiel, mobiele nummer, mobiel nummer, gsm, gsm nummer"),
        ("customer_id", "klantnummer, klant id, klantnr, lidnummer"),
        ("first_name", "voornaam"),
        ("last_name", "achternaam, familienaam"),
        ("name", "naam, volledige naam"),
        ("timezone", "tijdzone"),
        ("locale", "taal"),
        ("address.line1", "straat, adres, straat en huisnummer, straatnaam"),
        ("address.city", "plaats, woonplaats, stad, gemeente"),
        ("address.region", "provincie"),
        ("address.postal_code", "postcode"),
        ("address.company", "bedrijf, bedrijfsnaam, organisatie"),
        (
            "consent.email",
            "toestemming, toestemming e-mail, toestemming nieuwsbrief, nieuwsbrief, nieuwsbrief toestemming, aangemeld, \
            ingeschreven, aangemeld voor nieuwsbrief, ingeschreven nieuwsbrief, akkoord, marketing toestemming, \
            avg toestemming",
        ),
        ("consent.sms", "toestemming sms, sms toestemming"),
        ("opt_out", "geblokkeerd, bezwaar, niet benaderen, niet contacteren"),
        (
            "opt_out.email",
            "afgemeld, uitgeschreven, afmelding, uitschrijving, nieuwsbrief afgemeld, geen e-mail, geen mail",
        ),
        ("opt_out_at.email", "afgemeld op, uitgeschreven op, afmelddatum, uitschrijfdatum, datum afmelding"),
        ("status", "abonnementsstatus, nieuwsbriefstatus"),
    ],
    yes: "waar, akkoord, gegeven, toegestaan",
    no: "nee, onwaar, niet akkoord, geweigerd, niet gegeven, niet toegestaan, geen",
    subscribed: "aangemeld, ingeschreven, geabonneerd",
    active: "actief, onbekend",
    denied: "afgemeld, uitgeschreven, inactief, geblokkeerd, ingetrokken, onbevestigd, opgezegd, niet actief, verwijderd",
    smells: "toestemming, nieuwsbrief, afgemeld, afmeld, aangemeld, aanmeld, uitgeschr, uitschr, ingeschr, inschrij, \
        bezwaar, geblok",
};

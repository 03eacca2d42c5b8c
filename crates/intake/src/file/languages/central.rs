//! Polish, Czech and Hungarian.

use super::Language;

pub const POLISH: Language = Language {
    tag: "pl",
    headers: &[
        (
            "email",
            "adres e-mail, adres email, adres poczty elektronicznej, poczta elektroniczna, adres mailowy, poczta",
        ),
        ("phone", "numer telefonu, telefon komórkowy, komórka, nr telefonu"),
        ("customer_id", "numer klienta, nr klienta, id klienta, identyfikator klienta"),
        ("first_name", "imię"),
        ("last_name", "nazwisko"),
        ("name", "imię i nazwisko, nazwa"),
        ("timezone", "strefa czasowa"),
        ("locale", "język"),
        ("address.line1", "ulica, adres, ulica i numer"),
        ("address.city", "miasto, miejscowość"),
        ("address.region", "województwo"),
        ("address.postal_code", "kod pocztowy"),
        ("address.country", "kraj, państwo"),
        ("address.company", "nazwa firmy, przedsiębiorstwo"),
        (
            "consent.email",
            "zgoda, zgoda e-mail, zgoda na e-mail, zgoda marketingowa, zgoda na marketing, zgoda na newsletter, zgoda newsletter, \
            zgoda rodo, zapisany, zapisany do newslettera, subskrybent, zgoda na przetwarzanie danych, zgoda na mailing, \
            data zgody, zgoda handlowa, subskrypcja",
        ),
        ("consent.sms", "zgoda sms, zgoda na sms"),
        ("opt_out", "sprzeciw, zablokowany, nie kontaktować, czarna lista"),
        (
            "opt_out.email",
            "wypisany, wypisana, rezygnacja, zrezygnował, wypisany z newslettera, brak zgody, cofnięta zgoda",
        ),
        ("opt_out_at.email", "data wypisania, data rezygnacji, data wypisu"),
        ("status", "status subskrypcji, stan subskrypcji, status zgody"),
    ],
    yes: "tak, prawda, wyrażona, wyrażam, udzielona, zgoda",
    no: "nie, fałsz, niewyrażona, nie wyrażam, nie wyrażona, odmowa, brak zgody, brak",
    subscribed: "zapisany, zapisana, subskrybent",
    active: "aktywny, aktywna, nieznany",
    denied: "wypisany, wypisana, nieaktywny, nieaktywna, zablokowany, zablokowana, wycofana, wycofany, cofnięta, \
        niepotwierdzony, usunięty, rezygnacja",
    smells: "zgod, wypis, rezygn, sprzeciw, subskryb, subskryp, rodo, zablokow, czarnalista, niekontakt, marketingow",
};

pub const CZECH: Language = Language {
    tag: "cs",
    headers: &[
        ("email", "e-mailová adresa, emailová adresa, elektronická pošta"),
        ("phone", "telefonní číslo, mobilní telefon, číslo telefonu"),
        ("customer_id", "číslo zákazníka, zákaznické číslo, id zákazníka"),
        ("first_name", "jméno, křestní jméno"),
        ("last_name", "příjmení"),
        ("name", "celé jméno, jméno a příjmení"),
        ("timezone", "časové pásmo"),
        ("locale", "jazyk"),
        ("address.line1", "ulice, adresa, ulice a číslo"),
        ("address.city", "město, obec"),
        ("address.postal_code", "psč, poštovní směrovací číslo"),
        ("address.country", "země, stát"),
        ("address.company", "společnost, název firmy"),
        (
            "consent.email",
            "souhlas, souhlas e-mail, souhlas s marketingem, souhlas s newsletterem, marketingový souhlas, \
            odběr novinek, odběratel, přihlášen, přihlášen k odběru, souhlas se zasíláním, souhlas gdpr, \
            souhlas newsletter, souhlas se zasíláním novinek, súhlas",
        ),
        ("consent.sms", "souhlas sms"),
        ("opt_out", "blokován, zablokován, nekontaktovat, černá listina, námitka"),
        ("opt_out.email", "odhlášen, odhlášeno, odhlášení, odhlášen z odběru, nezasílat"),
        ("opt_out_at.email", "datum odhlášení, odhlášen dne"),
        ("status", "stav odběru, stav"),
    ],
    yes: "ano, áno, pravda, udělen, uděleno, udělený",
    no: "ne, nepravda, neudělen, neuděleno, odmítnuto, odmítnut",
    subscribed: "přihlášen, přihlášena, odběratel",
    active: "aktivní, neznámý",
    denied: "odhlášen, odhlášena, odhlášeno, neaktivní, blokován, zablokován, odvolán, nepotvrzen, smazán",
    smells: "souhlas, suhlas, odber, odhlas, prihlas, nezasil, nekontakt, zablokovan, blokovan",
};

pub const HUNGARIAN: Language = Language {
    tag: "hu",
    headers: &[
        ("email", "e-mail cím, emailcím, elektronikus levélcím, villámposta"),
        ("phone", "telefonszám, mobilszám, mobiltelefon"),
        ("customer_id", "ügyfélszám, vevőkód, ügyfélazonosító"),
        ("first_name", "keresztnév, utónév"),
        ("last_name", "vezetéknév, családnév"),
        ("name", "név, teljes név"),
        ("timezone", "időzóna"),
        ("locale", "nyelv"),
        ("address.line1", "utca, cím, utca házszám"),
        ("address.city", "város, település, helység"),
        ("address.region", "megye"),
        ("address.postal_code", "irányítószám, irsz"),
        ("address.country", "ország"),
        ("address.company", "cég, cégnév, vállalat"),
        (
            "consent.email",
            "hozzájárulás, hírlevél, hírlevél hozzájárulás, hírlevél feliratkozás, feliratkozott, feliratkozás, \
            marketing hozzájárulás, e-mail hozzájárulás, beleegyezés, engedély, gdpr hozzájárulás, feliratkozva",
        ),
        ("consent.sms", "sms hozzájárulás"),
        ("opt_out", "letiltva, letiltott, nem kereshető, tiltólista"),
        ("opt_out.email", "leiratkozott, leiratkozás, leiratkozva"),
        ("opt_out_at.email", "leiratkozás dátuma, leiratkozás ideje"),
        ("status", "állapot, státusz, feliratkozás állapota"),
    ],
    yes: "igen, igaz, megadva, hozzájárult",
    no: "nem, hamis, nincs megadva, elutasítva, nem járult hozzá",
    subscribed: "feliratkozott, feliratkozva",
    active: "aktív, ismeretlen",
    denied: "leiratkozott, leiratkozva, inaktív, letiltva, letiltott, visszavonva, megerősítetlen, törölt",
    smells: "hozzajarul, hirlevel, feliratk, leiratk, beleegy, letilt, tiltolist",
};

//! The people of the demonstration: made of nothing but their number, so that two runs meet the same ones.
//!
//! Some cannot be written to, so that the accounts have something to tell. All addresses are of the domains that
//! RFC 2606 §3 reserves for examples. Not here: how they get into Postrider.

use serde_json::{Value, json};

/// Given names and family names of one country, each with its spelling in an address.
struct Country {
    code: &'static str,
    city: &'static str,
    timezone: &'static str,
    locale: &'static str,
    given: [(&'static str, &'static str); NAMES],
    family: [(&'static str, &'static str); NAMES],
}

/// How many given names and family names a country has.
const NAMES: usize = 6;

/// Of how many people one has opted out, and which.
const DENIED: (u32, u32) = (25, 3);
/// Of how many people one has no address, and which.
const UNREACHABLE: (u32, u32) = (40, 7);
/// Of how many people one is on the suppression list, and which.
const SUPPRESSED: (u32, u32) = (50, 9);
/// Nobody with a higher number is on the suppression list, because each entry is a request.
const SUPPRESSED_NUMBER_MAX: u32 = 1_000;

const COUNTRIES: [Country; 10] = [
    Country {
        code: "DE",
        city: "Köln",
        timezone: "Europe/Berlin",
        locale: "de-DE",
        given: [
            ("Jürgen", "juergen"),
            ("Käthe", "kaethe"),
            ("Sören", "soeren"),
            ("Anja", "anja"),
            ("Björn", "bjoern"),
            ("Mia", "mia"),
        ],
        family: [
            ("Müller", "mueller"),
            ("Weiß", "weiss"),
            ("Schröder", "schroeder"),
            ("Fischer", "fischer"),
            ("Böhm", "boehm"),
            ("Krüger", "krueger"),
        ],
    },
    Country {
        code: "PL",
        city: "Łódź",
        timezone: "Europe/Warsaw",
        locale: "pl-PL",
        given: [
            ("Zofia", "zofia"),
            ("Paweł", "pawel"),
            ("Małgorzata", "malgorzata"),
            ("Łukasz", "lukasz"),
            ("Jacek", "jacek"),
            ("Bożena", "bozena"),
        ],
        family: [
            ("Wiśniewska", "wisniewska"),
            ("Dąbrowski", "dabrowski"),
            ("Wójcik", "wojcik"),
            ("Żak", "zak"),
            ("Kowalczyk", "kowalczyk"),
            ("Gołąb", "golab"),
        ],
    },
    Country {
        code: "FR",
        city: "Besançon",
        timezone: "Europe/Paris",
        locale: "fr-FR",
        given: [
            ("Zoé", "zoe"),
            ("François", "francois"),
            ("Hélène", "helene"),
            ("Loïc", "loic"),
            ("Maëlle", "maelle"),
            ("Jean-Noël", "jean-noel"),
        ],
        family: [
            ("Lefèvre", "lefevre"),
            ("D’Arcy", "darcy"),
            ("Garçon", "garcon"),
            ("Côté", "cote"),
            ("Noël", "noel"),
            ("Dubois", "dubois"),
        ],
    },
    Country {
        code: "GR",
        city: "Θεσσαλονίκη",
        timezone: "Europe/Athens",
        locale: "el-GR",
        given: [
            ("Ελένη", "eleni"),
            ("Γιώργος", "giorgos"),
            ("Μαρία", "maria"),
            ("Νίκος", "nikos"),
            ("Κατερίνα", "katerina"),
            ("Αλέξης", "alexis"),
        ],
        family: [
            ("Παπαδοπούλου", "papadopoulou"),
            ("Νικολάου", "nikolaou"),
            ("Γεωργίου", "georgiou"),
            ("Ιωάννου", "ioannou"),
            ("Δημητρίου", "dimitriou"),
            ("Αγγελής", "angelis"),
        ],
    },
    Country {
        code: "UA",
        city: "Львів",
        timezone: "Europe/Kyiv",
        locale: "uk-UA",
        given: [
            ("Оксана", "oksana"),
            ("Тарас", "taras"),
            ("Юлія", "yuliia"),
            ("Андрій", "andrii"),
            ("Соломія", "solomiia"),
            ("Євген", "yevhen"),
        ],
        family: [
            ("Шевченко", "shevchenko"),
            ("Ковальчук", "kovalchuk"),
            ("Мельник", "melnyk"),
            ("Бондаренко", "bondarenko"),
            ("Ткаченко", "tkachenko"),
            ("Гончар", "honchar"),
        ],
    },
    Country {
        code: "JP",
        city: "京都市",
        timezone: "Asia/Tokyo",
        locale: "ja-JP",
        given: [
            ("さくら", "sakura"),
            ("健太", "kenta"),
            ("陽菜", "hina"),
            ("大輔", "daisuke"),
            ("美咲", "misaki"),
            ("翔", "sho"),
        ],
        family: [
            ("佐藤", "sato"),
            ("鈴木", "suzuki"),
            ("高橋", "takahashi"),
            ("田中", "tanaka"),
            ("渡辺", "watanabe"),
            ("小林", "kobayashi"),
        ],
    },
    Country {
        code: "IN",
        city: "मुंबई",
        timezone: "Asia/Kolkata",
        locale: "hi-IN",
        given: [
            ("आरव", "aarav"),
            ("दीपिका", "deepika"),
            ("रोहन", "rohan"),
            ("अनन्या", "ananya"),
            ("विवेक", "vivek"),
            ("मीरा", "meera"),
        ],
        family: [
            ("शर्मा", "sharma"),
            ("पटेल", "patel"),
            ("सिंह", "singh"),
            ("गुप्ता", "gupta"),
            ("मेहता", "mehta"),
            ("राव", "rao"),
        ],
    },
    Country {
        code: "EG",
        city: "القاهرة",
        timezone: "Africa/Cairo",
        locale: "ar-EG",
        given: [
            ("فاطمة", "fatima"),
            ("عمر", "omar"),
            ("ليلى", "layla"),
            ("يوسف", "youssef"),
            ("نور", "nour"),
            ("كريم", "karim"),
        ],
        family: [
            ("حسن", "hassan"),
            ("علي", "ali"),
            ("منصور", "mansour"),
            ("سالم", "salem"),
            ("فهمي", "fahmy"),
            ("زكي", "zaki"),
        ],
    },
    Country {
        code: "US",
        city: "Española",
        timezone: "America/Denver",
        locale: "en-US",
        given: [
            ("Aaliyah", "aaliyah"),
            ("Seán", "sean"),
            ("Renée", "renee"),
            ("José", "jose"),
            ("Chloë", "chloe"),
            ("Bill", "bill"),
        ],
        family: [
            ("O’Connor", "oconnor"),
            ("Núñez", "nunez"),
            ("Smith-Jones", "smith-jones"),
            ("Nguyễn", "nguyen"),
            ("Beyer", "beyer"),
            ("King", "king"),
        ],
    },
    Country {
        code: "BR",
        city: "São Paulo",
        timezone: "America/Sao_Paulo",
        locale: "pt-BR",
        given: [
            ("João", "joao"),
            ("Conceição", "conceicao"),
            ("Luíza", "luiza"),
            ("Antônio", "antonio"),
            ("Inês", "ines"),
            ("Caio", "caio"),
        ],
        family: [
            ("Araújo", "araujo"),
            ("Gonçalves", "goncalves"),
            ("Magalhães", "magalhaes"),
            ("Conceição", "conceicao"),
            ("Simões", "simoes"),
            ("Lima", "lima"),
        ],
    },
];

/// One generated person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// From 1.
    number: u32,
}

/// How many of the generated people end in which part of the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// Those who can be written to.
    pub sent: i64,
    /// Those who opted out or are on the suppression list.
    pub suppressed: i64,
    /// Those without an address.
    pub skipped: i64,
}

/// The first so many people, in order.
pub fn people(count: u32) -> impl Iterator<Item = Person> {
    (1..=count).map(|number| Person { number })
}

/// What becomes of the first so many people.
#[must_use]
pub fn expected(count: u32) -> Expected {
    let mut expected = Expected::default();
    for person in people(count) {
        if person.is(UNREACHABLE) {
            expected.skipped += 1;
        } else if person.is(DENIED) || person.is_suppressed() {
            expected.suppressed += 1;
        } else {
            expected.sent += 1;
        }
    }
    expected
}

impl Person {
    /// Their address; some have none.
    #[must_use]
    pub fn email(self) -> Option<String> {
        if self.is(UNREACHABLE) {
            return None;
        }
        let (_, given, family) = self.names();
        let domain = ["example.com", "example.net", "example.org"][self.number as usize % 3];
        Some(format!("{}.{}.{}@{domain}", given.1, family.1, self.number))
    }

    /// Whether their address is to be put on the suppression list.
    #[must_use]
    pub const fn is_suppressed(self) -> bool {
        self.is(SUPPRESSED) && self.number <= SUPPRESSED_NUMBER_MAX
    }

    /// The key that tells them apart.
    #[must_use]
    pub fn customer_id(self) -> String {
        format!("demo-{:07}", self.number)
    }

    /// The profile, as `POST /records/profiles/upsert-batch` takes it.
    #[must_use]
    pub fn record(self) -> Value {
        let (country, given, family) = self.names();
        let consent = if self.is(DENIED) { "denied" } else { "granted" };
        let mut record = json!({
            "customer_id": self.customer_id(),
            "first_name": given.0,
            "last_name": family.0,
            "timezone": country.timezone,
            "locale": country.locale,
            "address": { "city": country.city, "country": country.code },
            "consent": { "email": consent },
        });
        if let Some(email) = self.email() {
            record["email"] = email.into();
        }
        record
    }

    const fn is(self, (of, which): (u32, u32)) -> bool {
        self.number % of == which
    }

    /// Everybody among the first 360 has a name of their own.
    fn names(self) -> (&'static Country, (&'static str, &'static str), (&'static str, &'static str)) {
        let index = self.number as usize - 1;
        let country = &COUNTRIES[index % COUNTRIES.len()];
        let round = index / COUNTRIES.len();
        let given = country.given[round % NAMES];
        let family = country.family[(round / NAMES + round) % NAMES];
        (country, given, family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_shares_a_key_or_an_address() {
        let keys: BTreeSet<String> = people(2_000).map(Person::customer_id).collect();
        let addresses: BTreeSet<String> = people(2_000).filter_map(Person::email).collect();
        assert_eq!(keys.len(), 2_000);
        assert_eq!(addresses.len(), 1_950);
        assert!(addresses.iter().all(|address| address.is_ascii()));
    }

    #[test]
    fn the_first_360_have_names_of_their_own() {
        let names: BTreeSet<_> = people(360).map(|person| (person.names().1.0, person.names().2.0)).collect();
        assert_eq!(names.len(), 360);
    }

    #[test]
    fn some_cannot_be_written_to_and_nobody_is_counted_twice() {
        for (count, sent, suppressed, skipped) in
            [(1, 1, 0, 0), (50, 45, 3, 2), (1_000, 915, 60, 25), (100_000, 93_480, 4_020, 2_500)]
        {
            assert_eq!(expected(count), Expected { sent, suppressed, skipped }, "{count} people");
        }
    }

    #[test]
    fn a_record_is_what_the_api_takes() {
        let records: Vec<Value> = people(7).map(Person::record).collect();
        assert_eq!(records[0]["email"], "juergen.mueller.1@example.net");
        assert_eq!(records[0]["consent"]["email"], "granted");
        assert_eq!(records[2]["consent"]["email"], "denied");
        assert_eq!(records[6].get("email"), None);
        assert_eq!(records[6]["customer_id"], "demo-0000007");
    }
}

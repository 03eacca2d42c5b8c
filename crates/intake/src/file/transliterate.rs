//! Headers of any script in the letters that templates can use.

use any_ascii::any_ascii_char;

/// Lower case, with every letter and digit written in ASCII: `Größe` is `groesse`, `Łódź` is `lodz`, `Дата` is `data`.
/// Umlauts are written out as German does it. Marks of other kinds, such as emoji, stay as they are.
pub fn transliterate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().to_lowercase().chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            'ä' | 'æ' => out.push_str("ae"),
            'ö' | 'œ' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            // A combining mark belongs to the letter before it.
            '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => {
                let letters = any_ascii_char(c).chars().filter(char::is_ascii_alphanumeric);
                out.extend(letters.map(|letter| letter.to_ascii_lowercase()));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::transliterate;

    #[test]
    fn headers_keep_their_letters() {
        for (header, expected) in [
            ("Imię", "imie"),
            ("Łódź", "lodz"),
            ("Größe", "groesse"),
            ("Prénom", "prenom"),
            ("Dirección", "direccion"),
            ("Příjmení", "prijmeni"),
            ("Születési idő", "szueletesi ido"),
            ("Ştiri și noutăți", "stiri si noutati"),
            ("Şehir", "sehir"),
            ("İsim", "isim"),
            ("Þór", "thor"),
            ("Øl", "ol"),
            ("Дата", "data"),
            ("Прізвище", "prizvishche"),
            ("Όνομα", "onoma"),
            ("姓名", "xingming"),
            ("이름", "ileum"),
            ("الاسم", "lsm"),
            ("ＩＤ", "id"),
            ("Email 📧", "email 📧"),
            ("e\u{301}te\u{301}", "ete"),
        ] {
            assert_eq!(transliterate(header), expected, "{header}");
        }
    }
}

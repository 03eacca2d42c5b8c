//! Licence expressions (SPDX 2.3, annex D), as far as crates use them: names, `AND`, `OR`, `WITH`, brackets, and the
//! slash that old crates write for `OR`.

/// Whether somebody who accepts the given licences, and no others, may use what stands under the expression.
pub fn permits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let permitted = any(&mut rest, allowed);
    permitted && rest.is_empty()
}

/// `all (OR all)*`
fn any(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut permitted = all(rest, allowed);
    while let ["OR", tail @ ..] = rest {
        *rest = tail;
        permitted |= all(rest, allowed);
    }
    permitted
}

/// `one (AND one)*`
fn all(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut permitted = one(rest, allowed);
    while let ["AND", tail @ ..] = rest {
        *rest = tail;
        permitted &= one(rest, allowed);
    }
    permitted
}

/// A name, a name with an exception, or an expression in brackets.
fn one(rest: &mut &[&str], allowed: &[&str]) -> bool {
    match *rest {
        ["(", tail @ ..] => {
            *rest = tail;
            let permitted = any(rest, allowed);
            let [")", tail @ ..] = rest else { return false };
            *rest = tail;
            permitted
        }
        [name, "WITH", exception, tail @ ..] => {
            *rest = tail;
            allowed.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, tail @ ..] => {
            *rest = tail;
            allowed.contains(name)
        }
        [] => false,
    }
}

#[test]
fn expressions_are_permitted_when_a_choice_is() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("GPL-3.0-only/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT AND ISC", true),
        ("(GPL-3.0-only OR MIT) AND ISC", true),
        ("GPL-3.0-only OR MIT AND ISC", true),
        ("MIT AND (GPL-3.0-only OR LGPL-2.1-only)", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("", false),
        ("(MIT", false),
        ("MIT)", false),
        ("MIT ISC", false),
    ] {
        assert_eq!(permits(expression, &allowed), expected, "{expression}");
    }
}

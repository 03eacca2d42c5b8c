//! Finds the merge tags of other systems in a template: here they are plain text, and recipients would read them.
//!
//! It finds only spellings that do not occur by accident. Linear time: no tag is longer than [`INNER_MAX_BYTES`].

use std::ops::Range;

/// Longest inside of a foreign tag, in bytes.
const INNER_MAX_BYTES: usize = 100;
/// Most foreign tags that are reported for one part.
const FOUND_MAX: usize = 20;
/// Words between single brackets that are tags wherever they are written, without case and without `_`, `-` and spaces.
const BRACKETED: [&str; 14] = [
    "fname",
    "lname",
    "firstname",
    "lastname",
    "fullname",
    "email",
    "emailaddress",
    "webversion",
    "webview",
    "optout",
    "unsubscribe",
    "unsubscribeurl",
    "unsubscribelink",
    "preferencesurl",
];

/// A merge tag of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTag {
    /// Which part, such as `content.html`, or `subjectLine` when the campaign gave the subject.
    pub path: String,
    /// Line in that part, from 1.
    pub line: usize,
    /// Column in that line, in characters, from 1.
    pub column: usize,
    /// The tag as it is written, such as `*|FNAME|*`.
    pub tag: String,
}

/// Where the foreign tags of a source are, in order. `own` are the places of our own tags, in order.
pub(crate) fn find(source: &str, own: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut own = own.iter().peekable();
    let mut at = 0;
    while let Some(step) = source[at..].find(['*', '%', '[', '<', '{', '$', '&']) {
        at += step;
        while own.next_if(|tag| tag.end <= at).is_some() {}
        if let Some(tag) = own.peek().filter(|tag| tag.start <= at) {
            at = tag.end;
            continue;
        }
        let until = own.peek().map_or(source.len(), |tag| tag.start);
        match length(&source[at..until], source[..at].chars().next_back()) {
            Some(length) => {
                found.push(at..at + length);
                if found.len() == FOUND_MAX {
                    return found;
                }
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// The length of the foreign tag at the beginning of `rest`, if there is one.
fn length(rest: &str, before: Option<char>) -> Option<usize> {
    match rest.as_bytes().first()? {
        // Mailchimp: *|FNAME|*, *|IF:VIP|*
        b'*' => between(rest, "*|", "|*", |inner| inner.starts_with(|c: char| c.is_ascii_alphanumeric())),
        // Salesforce: %%first_name%%, %%=v(@name)=%%; ActiveCampaign: %FIRSTNAME%; Mailgun: %recipient.name%
        b'%' => between(rest, "%%", "%%", |inner| is_words(inner) || (inner.starts_with('=') && inner.ends_with('=')))
            .or_else(|| between(rest, "%", "%", |inner| is_percent_word(inner, before))),
        b'[' => between(rest, "[[", "]]", is_words)
            .or_else(|| between(rest, "[%", "%]", |inner| !inner.trim().is_empty()))
            .or_else(|| between(rest, "[", "]", is_bracketed)),
        b'<' => between(rest, "<<", ">>", |inner| inner.trim() == inner && is_words(inner))
            .or_else(|| between(rest, "<%", "%>", |inner| !inner.trim().is_empty()))
            // Campaign Monitor and Sendy have elements of their own.
            .or_else(|| between(rest, "<", ">", |inner| matches!(inner, "unsubscribe" | "webversion"))),
        b'&' => between(rest, "&lt;&lt;", "&gt;&gt;", is_words),
        // Smarty: {$name}; AWeber: {!firstname}; CleverReach: {FIRSTNAME}; Mautic: {contactfield=firstname}
        b'{' => between(rest, "{", "}", |inner| {
            let name = inner.strip_prefix(['$', '!']).or_else(|| inner.strip_prefix("contactfield=")).unwrap_or(inner);
            is_name(name) && name.len() > 1
        }),
        b'$' => between(rest, "${", "}", is_name)
            .or_else(|| between(rest, "$[", "]$", |inner| inner.starts_with(|c: char| c.is_ascii_alphabetic()))),
        _ => None,
    }
}

/// The length of `open`, an inside on one line that `is` recognizes, and `close`.
fn between(rest: &str, open: &str, close: &str, is: impl Fn(&str) -> bool) -> Option<usize> {
    let inside = rest.strip_prefix(open)?;
    let window = &inside[..inside.floor_char_boundary(INNER_MAX_BYTES + close.len())];
    let inner = &window[..window.find(close)?];
    (!inner.contains('\n') && is(inner)).then_some(open.len() + inner.len() + close.len())
}

/// A name such as `first_name` or `contact.name`.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

/// Names with spaces and marks between them, such as `First Name` or `subscriber:firstname`.
fn is_words(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | ' '))
}

/// `FIRSTNAME` and `recipient.name`, but not what lies between two percent-encoded bytes of a URL.
fn is_percent_word(inner: &str, before: Option<char>) -> bool {
    let is_upper = inner.len() >= 3
        && inner.starts_with(|c: char| c.is_ascii_uppercase())
        && inner.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-'));
    let is_dotted = is_name(inner) && inner.contains(['_', '.']) && inner.chars().all(|c| !c.is_ascii_uppercase());
    let is_encoded = inner.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
        && before.is_some_and(|c| c.is_ascii_alphanumeric() || "/=?&-_.~+:;,%".contains(c));
    (is_upper || is_dotted) && !is_encoded
}

/// `[UNSUBSCRIBE]`, `[firstname,fallback=there]`, `[subscriber:firstname | default:reader]`.
fn is_bracketed(inner: &str) -> bool {
    let name = inner.split([',', '|']).next().unwrap_or(inner).trim();
    let name = name.rsplit(':').next().unwrap_or(name);
    let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect();
    let is_mailpoet = inner.starts_with("subscriber:") || inner.starts_with("link:");
    is_mailpoet || inner.contains("fallback=") || BRACKETED.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<&str> {
        find(source, &[]).into_iter().map(|range| &source[range]).collect()
    }

    #[test]
    fn merge_tags_of_other_systems_are_found() {
        for tag in [
            "*|FNAME|*",
            "*|IF:VIP|*",
            "%%first_name%%",
            "%%=v(@name)=%%",
            "%FIRSTNAME%",
            "%ADDRESS%",
            "%recipient.name%",
            "%unsubscribe_url%",
            "[[first_name]]",
            "[[First Name]]",
            "[%first_name%]",
            "[UNSUBSCRIBE]",
            "[Unsubscribe]",
            "[First Name]",
            "[firstname,fallback=you]",
            "[subscriber:firstname | default:reader]",
            "<<First Name>>",
            "&lt;&lt;name&gt;&gt;",
            "<%asm_group_unsubscribe_url%>",
            "<unsubscribe>",
            "{$unsubscribe}",
            "{!firstname}",
            "{first_name}",
            "{FIRSTNAME}",
            "{contactfield=firstname}",
            "${first_name}",
            "$[FNAME|x]$",
        ] {
            assert_eq!(found(&format!("<p>Hi {tag}, ä</p>")), [tag]);
        }
        assert_eq!(found("*|A|* %%b%%*|C|*"), ["*|A|*", "%%b%%", "*|C|*"]);
    }

    #[test]
    fn what_is_no_merge_tag_is_left_alone() {
        for source in [
            "50% off, 20% more",
            "100%% sure",
            "https://x.example/a%20FOO%20b?x=%C3%BCABC%C3%9F",
            "<style>a{color:red}@media{b{width:50%;height:10%}}</style>",
            "<!--[if mso]><b></b><![endif]-->",
            "[1] [see below] [x]",
            "a << b >> c",
            "{\"a\":1} {} { } {x}",
            "$5 ${} $[1]",
            "* | *",
            "<a href=\"x\">&lt;b&gt;</a>",
        ] {
            assert_eq!(found(source), Vec::<&str>::new(), "{source}");
        }
    }

    #[test]
    fn our_own_tags_are_passed_over() {
        let source = "{{ '*|A|*' }}*|B|*{# *|C|* #}";
        assert_eq!(find(source, &[0..13, 18..29]), vec![13..18]);
    }

    #[test]
    fn many_openings_take_one_pass() {
        for opening in ["*|", "%%a", "[[a", "<<a", "{a", "${a", "[", "%"] {
            assert!(found(&opening.repeat(300_000)).len() <= FOUND_MAX);
        }
    }
}

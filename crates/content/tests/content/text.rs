//! The text part made from HTML.

use crate::support::{ada, an_email, email};
use postrider_content::text::to_text;

#[test]
fn html_reads_well_as_text() {
    for (html, expected) in [
        ("<p>One\n  two</p><p>Three</p>", "One two\n\nThree"),
        ("a<br>b<br/><br>c", "a\nb\n\nc"),
        ("<h1>Title</h1>Text <b>bold</b><i>it</i>", "Title\n\nText boldit"),
        ("<ul><li>One</li><li>Two</ul>After", "* One\n* Two\n\nAfter"),
        ("<ol><li>One<ul><li>Inner</ul><li>Two</ol>", "1. One\n  * Inner\n2. Two"),
        ("<a href=\"https://x.example/?a=1&amp;b=2\">Shop now</a>!", "Shop now <https://x.example/?a=1&b=2>!"),
        ("<a href='https://x.example'>https://x.example</a>", "https://x.example"),
        ("<a href=mailto:a@x.example>a@x.example</a>", "a@x.example"),
        ("<a href=\"#top\">Up</a> <a name=x>y</a>", "Up y"),
        ("<a href=\"https://x.example\"><img src=y alt=\"Logo\"></a>", "Logo <https://x.example>"),
        ("<p><a href=\"u\"><table><tr><td>Go</td></tr></table></a></p>Next", "Go <u>\n\nNext"),
        ("<table><tr><td>A</td><td>B</td></tr><tr><td>C</td></tr></table>", "A B\nC"),
        ("<p>A</p><hr><p>B</p>", "A\n\n----------------------------------------\n\nB"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("&lt;b&gt; &amp;amp; &euro;5 &#39;&#x27;&nbsp;x &unknown; &", "<b> &amp; €5 '' x &unknown; &"),
        ("<style>p > a { }</style><script>if (a < b) '</p>'</script><title>T</title>x", "x"),
        ("<div style=\"display: none\">no <div>no</div> no</div>yes", "yes"),
        ("<!-- a > b --><!--[if mso]>no<![endif]-->yes", "yes"),
        ("a < b <3 c", "a < b <3 c"),
        ("ä<é>😀 <p title=\"<x>\">ö", "ä<é>😀\n\nö"),
        ("Hi\u{200b}&zwnj;&shy; there", "Hi there"),
        ("", ""),
        ("<p", ""),
        ("<!--", ""),
        ("&#0;&#xD800;&#99999999;&;", "&#0;&#xD800;&#99999999;&;"),
    ] {
        assert_eq!(to_text(html), expected, "{html}");
    }
}

#[test]
fn the_text_part_shows_what_the_html_says() {
    let recipient = postrider_content::RecipientFields { first_name: Some("<Ada> & \"co\""), ..ada() };
    let (_, _, text) = email(
        an_email("<body><p>Dear {{ first_name }},</p><p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p></body>"),
        &recipient,
    );
    assert_eq!(text, "Dear <Ada> & \"co\",\n\nUnsubscribe <https://mail.example.org/u/token>");
}

#[test]
fn a_text_part_is_never_empty() {
    let (subject, _, text) = email(an_email("<img src=\"https://x.example/all.png\">"), &ada());
    assert_eq!(text, subject);
    let blank = postrider_content::EmailSource { text: Some(" \n".to_owned()), ..an_email("<p>Body</p>") };
    assert_eq!(email(blank, &ada()).2, "Body");
}

#[test]
fn hostile_html_takes_one_pass() {
    let n = 50_000;
    for html in [
        "<div>".repeat(n),
        "<table><tr><td>x".repeat(n),
        "<ul><li>x".repeat(n),
        (0..n).map(|id| format!("<p><b id={id}></p>")).collect(),
        "<a href=\"".repeat(n),
        "<a href=x>".repeat(n),
        "<!--".repeat(n),
        "<style>".repeat(n),
        "<".repeat(n),
        "&".repeat(n),
        "</a>".repeat(n),
        "<div style=\"display:none\">".repeat(n),
    ] {
        let text = to_text(&html);
        assert!(text.len() <= html.len() * 4, "{} of {}", text.len(), html.len());
    }
}

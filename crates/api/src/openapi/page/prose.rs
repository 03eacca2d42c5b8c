//! Texts of the document as HTML: paragraphs, lists, `code` and **weight**, which is all they use.

/// Text that is nothing but text.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A description.
pub fn prose(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(paragraph).collect()
}

fn paragraph(text: &str) -> String {
    if !text.starts_with("- ") {
        return format!("<p>{}</p>", marked(text));
    }
    let items = text.lines().map(|line| format!("<li>{}</li>", marked(line.trim_start_matches("- "))));
    format!("<ul>{}</ul>", items.collect::<String>())
}

fn marked(text: &str) -> String {
    let escaped = escaped(text);
    let weighed = between(&escaped, "**", "b");
    between(&weighed, "`", "code")
}

/// Puts every second part between `mark`s into an element; a mark without its second stays what it is.
fn between(text: &str, mark: &str, element: &str) -> String {
    let parts: Vec<&str> = text.split(mark).collect();
    let mut marked = String::with_capacity(text.len());
    for (at, part) in parts.iter().enumerate() {
        let is_inside = at % 2 == 1;
        let is_closed = at + 1 < parts.len();
        match (is_inside, is_closed) {
            (false, _) => marked.push_str(part),
            (true, true) => marked.push_str(&format!("<{element}>{part}</{element}>")),
            (true, false) => marked.push_str(&format!("{mark}{part}")),
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_form() {
        for (text, html) in [
            ("", ""),
            ("a <b> & 'c'", "<p>a &lt;b&gt; &amp; &#39;c&#39;</p>"),
            ("`on` or `off`", "<p><code>on</code> or <code>off</code></p>"),
            ("one ` mark", "<p>one ` mark</p>"),
            ("**A.** b\n\nc", "<p><b>A.</b> b</p><p>c</p>"),
            ("- a\n- `b`: c", "<ul><li>a</li><li><code>b</code>: c</li></ul>"),
        ] {
            assert_eq!(prose(text), html, "{text}");
        }
    }
}

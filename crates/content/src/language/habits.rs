//! What people write who come from another template language or paste from a word processor, and what to write here.

/// The sentence about a character that cannot stand in a tag.
pub(crate) fn unexpected(c: char, rest: &str, block: bool) -> String {
    let (begin, end) = if block { ("{%", "%}") } else { ("{{", "}}") };
    match c {
        '}' if rest.starts_with("}}") => format!("a tag that begins with {begin} ends with {end}, not }}}}"),
        '}' => format!("one brace does not end a tag: write {end}"),
        '%' => format!("a tag that begins with {begin} ends with {end}, not %}}"),
        ')' | ']' => format!("nothing was opened that this {c} closes"),
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
            format!("U+{:04X} (a curly quotation mark) cannot stand in a tag: write \" or '", u32::from(c))
        }
        '&' if rest.starts_with("&&") => "&& is not an operator here: write and".to_owned(),
        '&' if rest.starts_with("&quot;") || rest.starts_with("&#39;") || rest.starts_with("&ldquo;") => {
            "an editor encoded the quotation mark: write \" or ' in a tag".to_owned()
        }
        '&' if rest.starts_with("&gt;") || rest.starts_with("&lt;") => {
            "an editor encoded the sign: write > or < in a tag".to_owned()
        }
        '&' if rest.starts_with("&nbsp;") => "an editor put &nbsp; into the tag: write a space".to_owned(),
        '!' => "! is not an operator here: write not".to_owned(),
        '?' if rest.starts_with("??") => "?? is not an operator here: write |default(\"…\")".to_owned(),
        '?' => "? is not an operator here: write a if b else c".to_owned(),
        '$' => "a field is written without $: {{ first_name }}".to_owned(),
        '@' => "a field is written without @: {{ first_name }}".to_owned(),
        '#' | '^' => {
            "# and ^ are Handlebars: write {% if x %}…{% endif %} or {% for x in list %}…{% endfor %}".to_owned()
        }
        _ => format!("{} cannot stand in a tag", named(c)),
    }
}

/// A character by its number, and by its name where people cannot see it.
fn named(c: char) -> String {
    let name = match c {
        '\u{a0}' => "no-break space",
        '\u{202f}' => "narrow no-break space",
        '\u{2007}' => "figure space",
        '\u{2009}' => "thin space",
        '\u{3000}' => "ideographic space",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{feff}' => "byte order mark",
        '\u{ad}' => "soft hyphen",
        '\u{2028}' => "line separator",
        '\u{2011}' => "non-breaking hyphen",
        '\u{2013}' => "en dash",
        '\u{2014}' => "em dash",
        '\u{2026}' => "ellipsis",
        c if c.is_control() || c.is_whitespace() => "an invisible character",
        c => return format!("the character {c} (U+{:04X})", u32::from(c)),
    };
    format!("the character U+{:04X} ({name})", u32::from(c))
}

/// The sentence about the beginning of `{{ … }}`, if it is of another language. `inside` follows the braces.
pub(crate) fn value_tag(inside: &str) -> Option<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    if let Some(name) = inside.strip_prefix('{') {
        let name = word(name);
        return Some(format!(
            "three braces are Handlebars: write {{{{ {name} }}}}, or {{{{ {name}|safe }}}} if it is HTML"
        ));
    }
    let inside = inside.trim_start();
    if let Some(section) = inside.strip_prefix(['#', '^']) {
        return Some(match word(section).as_str() {
            "each" | "foreach" => "this is Handlebars: write {% for item in list %}…{% endfor %}".to_owned(),
            "unless" => "this is Handlebars: write {% if not … %}…{% endif %}".to_owned(),
            "if" => "this is Handlebars: write {% if … %}…{% endif %}".to_owned(),
            _ => "this is Handlebars or Mustache: write {% if x %}…{% endif %} or {% for x in list %}…{% endfor %}"
                .to_owned(),
        });
    }
    if let Some(section) = inside.strip_prefix('/') {
        return Some(match word(section).as_str() {
            "each" | "foreach" => "this is Handlebars: write {% endfor %}".to_owned(),
            _ => "this is Handlebars: write {% endif %}".to_owned(),
        });
    }
    let sentence = match inside.as_bytes().first()? {
        b'>' => "there are no partials: put the text here".to_owned(),
        b'!' if inside[1..].starts_with(['-', ' ']) => "a comment is written {# … #}".to_owned(),
        b'&' if !inside[1..].contains(';') => format!("write {{{{ {}|safe }}}} for HTML", word(&inside[1..])),
        b'.' => "a field is written without a dot before it: {{ first_name }}".to_owned(),
        b'<' => "HTML stands in the tag: an editor put it there. Write the whole tag in one style: {{ first_name }}"
            .to_owned(),
        b'}' => "this tag is empty: write a field, such as {{ first_name }}".to_owned(),
        _ => match word(inside).as_str() {
            "else" if ends_after(inside, "else") => "write {% else %}".to_owned(),
            "end" if ends_after(inside, "end") => "write {% endif %} or {% endfor %}".to_owned(),
            "endif" | "endfor" if ends_after(inside, &word(inside)) => format!("write {{% {} %}}", word(inside)),
            word @ ("if" | "for" | "range" | "with") if begins_block(inside, word) => {
                format!("write {{% {} … %}} with percent signs", if word == "range" { "for" } else { word })
            }
            _ => return None,
        },
    };
    Some(sentence)
}

fn ends_after(inside: &str, word: &str) -> bool {
    inside[word.len()..].trim_start().trim_start_matches('-').starts_with("}}")
}

fn begins_block(inside: &str, word: &str) -> bool {
    let rest = &inside[word.len()..];
    rest.starts_with(' ') && rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '$'))
}

/// The sentence about a block that does not exist. `open` is the block that is open, if one is.
pub(crate) fn block(word: &str, open: Option<&str>) -> String {
    let close = open.map_or("{% endif %}".to_owned(), |open| format!("{{% end{open} %}}"));
    match word {
        "end" | "fi" | "done" => format!("write {close}"),
        "elseif" | "elsif" | "elif_" => "write {% elif … %}".to_owned(),
        "unless" => "write {% if not … %}…{% endif %}".to_owned(),
        "endunless" => "write {% endif %}".to_owned(),
        "foreach" | "each" | "tablerow" => "write {% for item in list %}…{% endfor %}".to_owned(),
        "endforeach" | "endeach" | "endtablerow" => "write {% endfor %}".to_owned(),
        "assign" | "let" | "var" => "write {% set name = … %}".to_owned(),
        "capture" => "write {% set name %}…{% endset %}".to_owned(),
        "endcapture" => "write {% endset %}".to_owned(),
        "case" | "when" | "switch" | "endcase" | "endswitch" => "write {% if … %}…{% elif … %}…{% endif %}".to_owned(),
        "comment" | "endcomment" => "a comment is written {# … #}".to_owned(),
        "verbatim" | "endverbatim" => "write {% raw %}…{% endraw %}".to_owned(),
        "autoescape" | "endautoescape" => {
            "fields are always escaped in HTML: write {{ field|safe }} where they are not to be".to_owned()
        }
        "unsubscribe" | "unsubscribe_link" | "unsubscribe_url" => "write {{ unsubscribe_url }}".to_owned(),
        "print" | "echo" => "write {{ … }}".to_owned(),
        "break" | "continue" => "a loop cannot be left early: write {% for x in list if … %}".to_owned(),
        "include" | "extends" | "import" | "from" | "block" | "endblock" | "macro" | "endmacro" | "call" | "render"
        | "layout" | "load" | "partial" => format!("{word} is not supported: a template stands alone"),
        "elif" | "else" | "endif" | "endfor" | "endset" | "endwith" | "endfilter" | "endraw" => match open {
            Some(open) => format!("{word} does not fit here: {open} is open, so write {close}"),
            None => format!("{word} does not fit here: no block is open"),
        },
        word => format!("{word} is not a block: there are if, for, set, with, filter and raw"),
    }
}

/// What to write for the filter of another language.
pub(crate) fn filter(name: &str) -> Option<&'static str> {
    Some(match name {
        "upcase" => "upper",
        "downcase" => "lower",
        "capfirst" => "capitalize",
        "size" | "len" => "length",
        "strip" | "lstrip" | "rstrip" => "trim",
        "strip_html" | "strip_tags" => "striptags",
        "fallback" | "default_if_none" | "ifnull" => "default(\"…\")",
        "append" | "prepend" | "concat" => "~ between texts",
        "plus" | "add" => "+",
        "minus" => "-",
        "times" => "*",
        "divided_by" => "/",
        "modulo" => "%",
        "url_encode" | "urlescape" => "urlencode",
        "json" | "json_encode" => "tojson",
        "raw" | "unescape" => "safe",
        "where" => "selectattr(\"name\", \"eq\", value)",
        "uniq" => "unique",
        "floatformat" | "number_format" | "number_with_delimiter" | "money" | "intcomma" | "currency" => {
            "number(2, \".\", \",\")"
        }
        "date" | "strftime" | "dateformat" | "date_format" => "the date as the text that readers are to see",
        "truncatewords" | "truncatechars" => "truncate(length)",
        _ => return None,
    })
}

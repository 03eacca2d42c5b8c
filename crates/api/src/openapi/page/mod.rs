//! `/docs`: the document as one page of HTML. No script, no other host; every text in it is escaped.

mod prose;
mod shape;

use super::assemble::object;
use prose::{escaped, prose};
use serde_json::Value;
use shape::{fields, shape};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn page(document: &Value) -> String {
    let title = text(&document["info"]["title"]);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head><body>\
         <header><h1>{title} <small>{}</small></h1>{}<p>This page as data: <a href=\"/openapi.json\">/openapi.json</a></p>\
         </header><nav>{}</nav><main>",
        text(&document["info"]["version"]),
        prose(document["info"]["description"].as_str().unwrap_or_default()),
        contents(document),
    );
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        let about = prose(tag["description"].as_str().unwrap_or_default());
        add(&mut page, format_args!("<section><h2 id=\"{}\">{name}</h2>{about}", anchor(&tag["name"])));
        for (path, method, operation) in operations(document, &tag["name"]) {
            section(&mut page, document, (path, method, operation));
        }
        page.push_str("</section>");
    }
    page.push_str("<section><h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in object(&document["components"]["schemas"]) {
        let name = escaped(name);
        add(&mut page, format_args!("<article id=\"schema-{name}\"><h3>{name}</h3>{}</article>", fields(schema)));
    }
    page.push_str("</section></main></body></html>\n");
    page
}

fn contents(document: &Value) -> String {
    let mut contents = String::from("<ul>");
    for tag in list(&document["tags"]) {
        add(&mut contents, format_args!("<li><a href=\"#{}\">{}</a><ul>", anchor(&tag["name"]), text(&tag["name"])));
        for (path, method, operation) in operations(document, &tag["name"]) {
            let label = operation["summary"].as_str().map_or_else(|| format!("{method} {path}"), escaped);
            add(&mut contents, format_args!("<li><a href=\"#{}\">{label}</a></li>", text(&operation["operationId"])));
        }
        contents.push_str("</ul></li>");
    }
    contents + "<li><a href=\"#schemas\">Schemas</a></li></ul>"
}

fn section(page: &mut String, document: &Value, (path, method, operation): (&str, &str, &Value)) {
    let id = text(&operation["operationId"]);
    let (verb, path) = (escaped(&method.to_uppercase()), escaped(path));
    add(page, format_args!("<article id=\"{id}\"><h3><b class=\"{method}\">{verb}</b> <code>{path}</code></h3>"));
    for what in ["summary", "description"] {
        page.push_str(&prose(operation[what].as_str().unwrap_or_default()));
    }
    let scopes = list(&operation["security"]).iter().flat_map(|way| list(&way["token"]));
    let scopes: Vec<String> = scopes.map(|scope| format!("<code>{}</code>", text(scope))).collect();
    let scopes = if scopes.is_empty() { "no token".to_owned() } else { scopes.join(" ") };
    add(page, format_args!("<p>Scope: {scopes} · operation <code>{id}</code></p>"));
    parameters(page, document, &operation["parameters"]);
    bodies(page, document, "Request", &operation["requestBody"]);
    for (status, response) in object(&operation["responses"]) {
        bodies(page, document, &escaped(status), resolved(document, response));
    }
    page.push_str("</article>");
}

fn parameters(page: &mut String, document: &Value, parameters: &Value) {
    page.push_str("<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>");
    for parameter in list(parameters) {
        let parameter = resolved(document, parameter);
        let required = if parameter["required"] == true { "required" } else { "optional" };
        let about = prose(parameter["description"].as_str().unwrap_or_default());
        let (name, place, kind) = (text(&parameter["name"]), text(&parameter["in"]), shape(&parameter["schema"]));
        add(page, format_args!("<tr><td><code>{name}</code><td>{place}, {required}<td>{kind}<td>{about}</tr>"));
    }
    page.push_str("</table>");
}

/// What a reference leads to; anything else itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|place| document.pointer(place.trim_start_matches('#')));
    reference.unwrap_or(value)
}

/// What a request carries or a response brings, with its examples.
fn bodies(page: &mut String, document: &Value, title: &str, body: &Value) {
    if body.is_null() {
        return;
    }
    let about = prose(body["description"].as_str().unwrap_or_default());
    add(page, format_args!("<h4>{title}</h4>{about}"));
    for (content_type, media) in object(&body["content"]) {
        let schema = &media["schema"];
        let data = &schema["properties"]["data"];
        // What an error narrows is its codes, and the description has just listed them.
        let common = &schema["allOf"][0];
        let kind = match (data.is_null(), common.is_null()) {
            (false, _) => format!("envelope of {}", shape(data)),
            (true, false) => shape(common),
            (true, true) => shape(schema),
        };
        add(page, format_args!("<p><code>{}</code> {kind}</p>", escaped(content_type)));
        if !common.is_null() {
            page.push_str("<details><summary>Examples</summary>");
        }
        for (name, example) in object(&media["examples"]) {
            let example = resolved(document, example);
            let json = escaped(&serde_json::to_string_pretty(&example["value"]).unwrap_or_default());
            let about = example["summary"].as_str().map_or_else(|| escaped(name), escaped);
            if common.is_null() {
                add(page, format_args!("<details><summary>Example: {about}</summary><pre>{json}</pre></details>"));
            } else {
                add(page, format_args!("<pre>{json}</pre>"));
            }
        }
        if !common.is_null() {
            page.push_str("</details>");
        }
    }
}

/// Operations of a tag: path, method, operation.
fn operations<'a>(document: &'a Value, tag: &'a Value) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let all = object(&document["paths"]).flat_map(|(path, item)| {
        object(item).map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.filter(move |(_, _, operation)| list(&operation["tags"]).contains(tag))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

/// A name as the end of an address.
fn anchor(name: &Value) -> String {
    let words = name.as_str().unwrap_or_default().split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn add(page: &mut String, what: std::fmt::Arguments<'_>) {
    page.write_fmt(what).expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_the_document_becomes_markup() {
        let evil = "<script>alert('x')</script>\"&";
        let document = json!({
            "info": { "title": evil, "version": evil, "description": evil },
            "tags": [{ "name": evil, "description": evil }],
            "paths": { evil: { "get": {
                "tags": [evil], "operationId": evil, "summary": evil, "description": evil,
                "security": [{ "token": [evil] }],
                "parameters": [{ "name": evil, "in": evil, "description": evil, "schema": { "type": evil } }],
                "requestBody": { "description": evil, "content": { evil: {
                    "schema": { "$ref": evil }, "examples": { evil: { "summary": evil, "value": evil } },
                } } },
                "responses": { evil: { "description": evil } },
            } } },
            "components": { "schemas": { evil: {
                "description": evil,
                "properties": { evil: { "description": evil, "enum": [evil], "format": evil, "const": evil } },
            } } },
        });
        let page = page(&document);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("script>\""), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
    }
}

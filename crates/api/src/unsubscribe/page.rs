//! The pages that people see. Whole in themselves: no script, no picture, no outside host.

use postrider_core::channel::ChannelKind;
use postrider_service::unsubscribe::UnsubscribeTarget;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.125rem/1.5 system-ui,sans-serif}\
main{max-width:30rem;padding:2rem 1.5rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}\
p{margin:0 0 1.5rem;overflow-wrap:anywhere}\
button{font:inherit;font-weight:600;padding:.75rem 1.5rem;border:0;border-radius:.5rem;color:#fff;background:#1d4ed8;\
cursor:pointer}\
button:hover{background:#1e40af}\
button:focus-visible{outline:3px solid #93c5fd;outline-offset:2px}";

/// What a person is told.
pub enum Page {
    /// Do you want to unsubscribe?
    Ask(UnsubscribeTarget),
    /// You are unsubscribed.
    Done(UnsubscribeTarget),
    /// There is no such link.
    NotFound,
    /// We could not do it.
    Failed,
}

impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let (title, body) = match self {
            Self::Ask(target) => (
                "Unsubscribe?",
                format!(
                    "<p>Press the button, and we will send no more {}.</p>\
                     <form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\
                     <button type=\"submit\">Unsubscribe</button></form>",
                    messages(target)
                ),
            ),
            Self::Done(target) => (
                "You are unsubscribed",
                format!("<p>We will send no more {}. You can close this page.</p>", messages(target)),
            ),
            Self::NotFound => (
                "This link does not work",
                "<p>It may have been cut off. Open it again from the message, or use the unsubscribe button of your \
                 mail program.</p>"
                    .to_owned(),
            ),
            Self::Failed => (
                "That did not work",
                "<p>Something failed on our side, and nothing was changed. Please try again in a minute.</p>"
                    .to_owned(),
            ),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1>{body}</main></body></html>\n"
        )
    }
}

/// What stops, such as `email to <strong>a***@example.com</strong>`.
fn messages(target: &UnsubscribeTarget) -> String {
    let (kind, somewhere) = match target.channel {
        ChannelKind::Email => ("email", "your address"),
        ChannelKind::Sms => ("text messages", "your number"),
        ChannelKind::Push => ("notifications", "your device"),
        ChannelKind::DirectMail => ("mail", "your postal address"),
    };
    match &target.masked_address {
        Some(address) => format!("{kind} to <strong>{}</strong>", escaped(address)),
        None => format!("{kind} to {somewhere}"),
    }
}

/// Text that is safe in HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_never_markup() {
        let masked_address = Some("'***@<script>alert(1)</script>&\"".to_owned());
        let html = Page::Ask(UnsubscribeTarget { channel: ChannelKind::Email, masked_address }).html();
        assert!(html.contains("<strong>&#39;***@&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;</strong>"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }
}

//! What each command does and is answered.

use super::script::{Answer, Verb};
use super::session::{Next, Session};
use super::words::parse_path;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::io;

/// Most recipients of one message (RFC 5321 §4.5.3.1.8 asks for at least 100).
const RECIPIENTS_MAX: usize = 1000;

impl Session {
    /// Asks the script, then acts.
    pub(super) async fn command(&mut self, verb: Verb, argument: &str) -> io::Result<Next> {
        let reply = match self.consult(verb, argument).await? {
            Answer::Close { bytes, .. } => {
                self.say_raw(&bytes);
                return Ok(Next::Close);
            }
            Answer::Reply(reply) => reply,
            Answer::Proceed | Answer::After(..) => self.ordinary_reply(verb, argument),
        };
        self.say(&reply);
        let taken = reply.starts_with(['2', '3']);
        match verb {
            _ if reply.starts_with("421") => return Ok(Next::Close),
            Verb::Mail if taken => {
                self.from = parse_path(argument, "FROM:").map(|(path, _)| path.to_owned());
                self.to.clear();
            }
            Verb::Mail => self.messages += 1,
            Verb::Rcpt if taken => self.to.extend(parse_path(argument, "TO:").map(|(path, _)| path.to_owned())),
            Verb::Rset | Verb::Ehlo | Verb::Helo => self.forget(),
            Verb::Data if reply.starts_with('3') => return self.read_message().await,
            Verb::StartTls if taken => {
                self.inbox.clear();
                self.read = 0;
                self.forget();
                return Ok(Next::Encrypt);
            }
            Verb::Quit => return Ok(Next::Close),
            _ => {}
        }
        Ok(Next::Continue)
    }

    /// Ends the transaction, if one had begun.
    pub(super) fn forget(&mut self) {
        if self.from.take().is_some() {
            self.messages += 1;
        }
        self.to.clear();
    }

    fn ordinary_reply(&self, verb: Verb, argument: &str) -> String {
        let reply = match verb {
            Verb::Connect => "220 sink.postrider.local ESMTP",
            Verb::Ehlo => return self.hello(),
            Verb::Helo => "250 sink.postrider.local",
            Verb::StartTls if self.offers_tls() => "220 2.0.0 ready for TLS",
            Verb::StartTls => "454 4.7.0 TLS not available",
            Verb::Mail if !self.logged_in => "530 5.7.0 authentication required",
            Verb::Mail if self.from.is_some() => "503 5.5.1 nested MAIL",
            Verb::Mail => match parse_path(argument, "FROM:") {
                None => "501 5.5.4 syntax: MAIL FROM:<address>",
                Some((_, parameters)) if self.is_too_large(declared_size(parameters)) => "552 5.3.4 message too large",
                Some(_) => "250 2.1.0 Ok",
            },
            Verb::Rcpt if self.from.is_none() => "503 5.5.1 need MAIL first",
            Verb::Rcpt if self.to.len() >= RECIPIENTS_MAX => "452 4.5.3 too many recipients",
            Verb::Rcpt if parse_path(argument, "TO:").is_none() => "501 5.5.4 syntax: RCPT TO:<address>",
            Verb::Rcpt => "250 2.1.5 Ok",
            Verb::Data if self.to.is_empty() => "503 5.5.1 need RCPT first",
            Verb::Data => "354 end with a dot",
            Verb::Dot | Verb::Rset | Verb::Noop => "250 2.0.0 Ok",
            Verb::Auth => "235 2.7.0 authenticated",
            Verb::Quit => "221 2.0.0 bye",
        };
        reply.to_owned()
    }

    fn offers_tls(&self) -> bool {
        self.shared.acceptor.is_some() && !self.wire.is_encrypted()
    }

    fn hello(&self) -> String {
        let options = &self.shared.options;
        let mut lines = vec!["sink.postrider.local".to_owned()];
        let offers = [
            (options.pipelining, "PIPELINING"),
            (options.smtputf8, "8BITMIME"),
            (options.smtputf8, "SMTPUTF8"),
            (self.offers_tls(), "STARTTLS"),
            (options.login.is_some(), "AUTH PLAIN LOGIN"),
            (true, "ENHANCEDSTATUSCODES"),
        ];
        lines.extend(offers.into_iter().filter(|(offered, _)| *offered).map(|(_, line)| line.to_owned()));
        lines.extend(options.size_bytes_max.map(|limit| format!("SIZE {limit}")));
        let last = lines.len() - 1;
        let mark = |at| if at == last { ' ' } else { '-' };
        lines.iter().enumerate().map(|(at, line)| format!("250{}{line}", mark(at))).collect::<Vec<_>>().join("\r\n")
    }

    pub(super) fn is_too_large(&self, bytes: usize) -> bool {
        self.shared.options.size_bytes_max.is_some_and(|limit| bytes > limit)
    }

    /// AUTH PLAIN and LOGIN (RFC 4954), with or without an initial response.
    pub(super) async fn authenticate(&mut self, argument: &str) -> io::Result<Next> {
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        // The challenges of LOGIN are "Username:" and "Password:".
        let challenges: &[&str] = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => &[""],
            "LOGIN" => &["VXNlcm5hbWU6", "UGFzc3dvcmQ6"],
            _ => return Ok(self.say("504 5.5.4 unknown mechanism")),
        };
        let mut given = Vec::new();
        for (at, challenge) in challenges.iter().enumerate() {
            let answer = if at == 0 && !initial.is_empty() {
                initial.to_owned()
            } else {
                self.say(&format!("334 {challenge}"));
                let Some(answer) = self.next_line().await? else { return Ok(Next::Close) };
                answer
            };
            if challenges.len() > 1 {
                given.push(0);
            }
            given.extend(BASE64.decode(answer).unwrap_or_default());
        }
        let wanted = self.shared.options.login.as_ref().map(|(user, password)| format!("\0{user}\0{password}"));
        if wanted.is_none_or(|wanted| wanted.as_bytes() != given) {
            return Ok(self.say("535 5.7.8 authentication failed"));
        }
        self.logged_in = true;
        self.command(Verb::Auth, mechanism).await
    }
}

/// The size that MAIL declares, or 0.
fn declared_size(parameters: &str) -> usize {
    let mut words = parameters.split(' ');
    words.find_map(|word| word.strip_prefix("SIZE=").and_then(|size| size.parse().ok())).unwrap_or(0)
}

//! The tokens of a tag, one after another.

use super::syntax::Fault;
use super::tokens::{Lexer, Token};

/// The tokens of a tag, with a look ahead of one.
pub(super) struct Tokens<'s> {
    pub(super) lexer: Lexer<'s>,
    peeked: Option<(Token, usize)>,
}

impl<'s> Tokens<'s> {
    pub(super) const fn new(lexer: Lexer<'s>) -> Self {
        Self { lexer, peeked: None }
    }

    /// The next token, which is taken.
    pub(super) fn next(&mut self) -> Result<(Token, usize), Fault> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.lexer.next(),
        }
    }

    /// The next token.
    pub(super) fn peek(&mut self) -> Result<&(Token, usize), Fault> {
        if self.peeked.is_none() {
            self.peeked = Some(self.lexer.next()?);
        }
        Ok(self.peeked.as_ref().expect("it was just read"))
    }

    /// Takes a sign, if it comes next.
    pub(super) fn take_sign(&mut self, wanted: &str) -> Result<bool, Fault> {
        let is_next = matches!(self.peek()?, (Token::Sign(sign), _) if *sign == wanted);
        if is_next {
            self.peeked = None;
        }
        Ok(is_next)
    }

    /// Takes a word, if it comes next.
    pub(super) fn take_name(&mut self, wanted: &str) -> Result<bool, Fault> {
        let is_next = matches!(self.peek()?, (Token::Name(name), _) if name == wanted);
        if is_next {
            self.peeked = None;
        }
        Ok(is_next)
    }

    /// Takes any word, if one comes next.
    pub(super) fn take_name_any(&mut self) -> Result<(), Fault> {
        if matches!(self.peek()?, (Token::Name(_), _)) {
            self.peeked = None;
        }
        Ok(())
    }

    pub(super) fn blame(&self, fault: Fault) -> Fault {
        self.lexer.blame(fault)
    }
}

//! Reads the blocks of a part and resolves its names. Expressions are read by `expressions`.
//!
//! Invariants: linear time, and no block or expression nests deeper than its limit.

use super::habits;
use super::pieces::{Piece, Pieces};
use super::stream::Tokens;
use super::syntax::{Expr, Fault, For, Kind, Name, Names, Node, Program};
use super::tokens::{Lexer, Token};
use crate::limits;
use std::collections::BTreeMap;
use std::ops::Range;

/// Reads one part.
pub(crate) struct Parser<'s, 'n> {
    source: &'s str,
    pieces: Pieces<'s>,
    names: &'n mut Names,
    /// Variables by name, the outermost scope first.
    scopes: Vec<BTreeMap<Box<str>, usize>>,
    slots: usize,
    /// Operations read so far.
    operations: usize,
    /// Pieces of text read so far.
    texts: usize,
    /// Blocks that are open.
    depth: usize,
    /// Loops that are open.
    pub(super) loops: usize,
    /// Brackets and operators that are open in an expression.
    pub(super) nesting: usize,
}

/// The tag that ended a list of nodes.
struct Ending<'s> {
    word: String,
    tokens: Tokens<'s>,
}

/// Reads a part; answers its program and where its tags are.
pub(crate) fn parse(source: &str, is_html: bool, names: &mut Names) -> Result<(Program, Vec<Range<usize>>), Fault> {
    let mut parser = Parser {
        source,
        pieces: Pieces::new(source, is_html),
        names,
        scopes: vec![BTreeMap::new()],
        slots: 0,
        operations: 0,
        texts: 0,
        depth: 0,
        loops: 0,
        nesting: 0,
    };
    let (nodes, _) = parser.nodes(None, &[])?;
    Ok((Program { nodes, slots: parser.slots }, parser.pieces.own))
}

impl<'s> Parser<'s, '_> {
    /// Reads until one of the tags `ends`, or to the end if no block is open. `open` is its word and place.
    fn nodes(
        &mut self,
        open: Option<(&'static str, usize)>,
        ends: &[&str],
    ) -> Result<(Vec<Node>, Option<Ending<'s>>), Fault> {
        self.depth += 1;
        if self.depth > limits::BLOCK_DEPTH {
            let at = open.map_or(0, |(_, at)| at);
            return Err(Fault::new(at, format!("blocks are nested more than {} deep", limits::BLOCK_DEPTH)));
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next()? {
            match piece {
                Piece::Text(range) => nodes.push(self.text(range)?),
                Piece::Tag { start, inside, block: false } => {
                    if let Some(sentence) = habits::value_tag(&self.source[inside..]) {
                        return Err(Fault::new(start, sentence));
                    }
                    let mut tokens = Tokens::new(Lexer::new(self.source, start, inside, false));
                    let value = self.choice(&mut tokens).and_then(|value| self.end(&mut tokens).map(|()| value));
                    nodes.push(Node::Write(value.map_err(|fault| tokens.blame(fault))?));
                }
                Piece::Tag { start, inside, block: true } => {
                    let mut tokens = Tokens::new(Lexer::new(self.source, start, inside, true));
                    let (word, at) = match tokens.next() {
                        Ok((Token::Name(word), at)) => (word, at),
                        Ok((_, at)) => {
                            let message = "a block begins with a word: if, for, set, with, filter or raw";
                            return Err(tokens.blame(Fault::new(at, message)));
                        }
                        Err(fault) => return Err(tokens.blame(fault)),
                    };
                    if ends.contains(&word.as_str()) {
                        self.depth -= 1;
                        // Most blocks hold one piece, and a list grows to room for four at once.
                        nodes.shrink_to_fit();
                        return Ok((nodes, Some(Ending { word, tokens })));
                    }
                    match word.as_str() {
                        "if" => nodes.push(self.if_block(tokens, start)?),
                        "for" => nodes.push(self.for_block(tokens, start)?),
                        "set" => nodes.push(self.set_block(tokens, start)?),
                        "with" => self.with_block(tokens, start, &mut nodes)?,
                        "filter" => nodes.push(self.filter_block(tokens, start)?),
                        word => return Err(Fault::new(at, habits::block(word, open.map(|(word, _)| word)))),
                    }
                }
            }
        }
        if let Some((word, at)) = open {
            let message = format!("this {{% {word} %}} is never closed: write {{% end{word} %}} behind what it is for");
            return Err(Fault::new(at, message));
        }
        self.depth -= 1;
        nodes.shrink_to_fit();
        Ok((nodes, None))
    }

    /// Reads the inside of a block up to its end tag, which stands alone.
    fn body(&mut self, open: (&'static str, usize)) -> Result<Vec<Node>, Fault> {
        let (nodes, ending) = self.nodes(Some(open), &[&format!("end{}", open.0)])?;
        self.close(ending)?;
        Ok(nodes)
    }

    /// Reads the end of an end tag. A name may follow the word: some repeat what they close.
    fn close(&mut self, ending: Option<Ending<'s>>) -> Result<(), Fault> {
        let Some(Ending { mut tokens, .. }) = ending else { return Ok(()) };
        self.tag(&mut tokens, |_, tokens| {
            tokens.take_name_any()?;
            Ok(())
        })
    }

    /// Reads a tag to its end; a mistake in it is blamed on the right place.
    fn tag<T>(
        &mut self,
        tokens: &mut Tokens<'s>,
        read: impl FnOnce(&mut Self, &mut Tokens<'s>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let read = read(self, tokens).and_then(|value| self.end(tokens).map(|()| value));
        read.map_err(|fault| tokens.blame(fault))
    }

    /// Reads the end of a tag and goes on behind it.
    fn end(&mut self, tokens: &mut Tokens<'s>) -> Result<(), Fault> {
        let (start, block) = (tokens.lexer.start(), tokens.lexer.is_block());
        match tokens.next()? {
            (Token::End { trims, .. }, _) => {
                self.pieces.go_on(start, tokens.lexer.at(), trims);
                Ok(())
            }
            (token, at) => Err(Fault::new(at, misplaced(&token, block))),
        }
    }

    fn if_block(&mut self, mut tokens: Tokens<'s>, at: usize) -> Result<Node, Fault> {
        let mut arms = Vec::new();
        let mut condition = self.tag(&mut tokens, |parser, tokens| parser.condition(tokens))?;
        loop {
            let (body, ending) = self.nodes(Some(("if", at)), &["elif", "else", "endif"])?;
            arms.push((condition, body));
            let Some(Ending { word, mut tokens }) = ending else { break };
            match word.as_str() {
                "elif" => condition = self.tag(&mut tokens, |parser, tokens| parser.condition(tokens))?,
                "else" => {
                    self.tag(&mut tokens, |_, tokens| match tokens.peek()? {
                        (Token::Name(word), at) if word == "if" => Err(Fault::new(*at, "write {% elif … %}")),
                        _ => Ok(()),
                    })?;
                    arms.shrink_to_fit();
                    return Ok(Node::If { arms, otherwise: self.body(("if", at))? });
                }
                _ => {
                    self.close(Some(Ending { word, tokens }))?;
                    break;
                }
            }
        }
        arms.shrink_to_fit();
        Ok(Node::If { arms, otherwise: Vec::new() })
    }

    /// Reads a condition; one with a single `=` is a slip.
    fn condition(&mut self, tokens: &mut Tokens<'s>) -> Result<Expr, Fault> {
        let condition = self.choice(tokens)?;
        match tokens.peek()? {
            (Token::Sign("="), at) => Err(Fault::new(*at, "= sets a value: write == to compare")),
            _ => Ok(condition),
        }
    }

    fn for_block(&mut self, mut tokens: Tokens<'s>, at: usize) -> Result<Node, Fault> {
        let first = self.slots;
        let (names, over) = self.tag_head(&mut tokens, |parser, tokens| {
            let names = parser.targets(tokens)?;
            if !tokens.take_name("in")? {
                return Err(Fault::new(tokens.peek()?.1, "write {% for item in list %}"));
            }
            // An `if` here is the loop's own.
            let over = parser.level(tokens, 1)?;
            Ok((names, parser.rest_of_list(tokens, over)?))
        })?;
        self.scopes.push(BTreeMap::new());
        let slots = names.into_iter().map(|name| self.declare(&name)).collect();
        let only_if = self.tag(&mut tokens, |parser, tokens| {
            let only_if = if tokens.take_name("if")? { Some(parser.choice(tokens)?) } else { None };
            match tokens.peek()? {
                (Token::Name(word), at) if word == "recursive" => Err(Fault::new(*at, "a loop cannot be recursive")),
                _ => Ok(only_if),
            }
        })?;
        self.loops += 1;
        let (body, ending) = self.nodes(Some(("for", at)), &["else", "endfor"])?;
        self.loops -= 1;
        self.scopes.pop();
        let inner = first..self.slots;
        let otherwise = match ending {
            Some(Ending { word, mut tokens }) if word == "else" => {
                self.tag(&mut tokens, |_, _| Ok(()))?;
                self.scopes.push(BTreeMap::new());
                let otherwise = self.body(("for", at))?;
                self.scopes.pop();
                otherwise
            }
            ending => {
                self.close(ending)?;
                Vec::new()
            }
        };
        Ok(Node::For(Box::new(For { slots, over, only_if, body, otherwise, inner })))
    }

    /// Reads the beginning of a tag; a mistake in it is blamed on the right place.
    fn tag_head<T>(
        &mut self,
        tokens: &mut Tokens<'s>,
        read: impl FnOnce(&mut Self, &mut Tokens<'s>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        read(self, tokens).map_err(|fault| tokens.blame(fault))
    }

    fn set_block(&mut self, mut tokens: Tokens<'s>, at: usize) -> Result<Node, Fault> {
        let (names, value, is_block) = self.tag(&mut tokens, |parser, tokens| {
            let names = parser.targets(tokens)?;
            if tokens.take_sign("=")? {
                let value = parser.choice(tokens)?;
                return Ok((names, parser.rest_of_list(tokens, value)?, false));
            }
            match tokens.peek()? {
                (Token::End { .. } | Token::Sign("|"), _) if names.len() == 1 => {
                    let captured = parser.expr(at, Kind::Captured)?;
                    Ok((names, parser.postfix(tokens, captured)?, true))
                }
                (Token::Sign("." | "["), at) => Err(Fault::new(*at, "only a plain name can be set")),
                (_, at) => Err(Fault::new(*at, "write {% set name = … %}")),
            }
        })?;
        let body = if is_block { self.body(("set", at))? } else { Vec::new() };
        let slots: Vec<usize> = names.into_iter().map(|name| self.declare(&name)).collect();
        Ok(match slots.first() {
            Some(slot) if is_block => Node::Capture { slot: Some(*slot), value, body },
            _ => Node::Set { slots, value },
        })
    }

    fn with_block(&mut self, mut tokens: Tokens<'s>, at: usize, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        self.scopes.push(BTreeMap::new());
        self.tag(&mut tokens, |parser, tokens| {
            while let (Token::Name(_), _) = tokens.peek()? {
                let names = parser.targets_of_one(tokens)?;
                if !tokens.take_sign("=")? {
                    return Err(Fault::new(tokens.peek()?.1, "write {% with name = … %}"));
                }
                let value = parser.choice(tokens)?;
                let slots = vec![parser.declare(&names)];
                nodes.push(Node::Set { slots, value });
                if !tokens.take_sign(",")? {
                    break;
                }
            }
            Ok(())
        })?;
        nodes.append(&mut self.body(("with", at))?);
        self.scopes.pop();
        Ok(())
    }

    fn filter_block(&mut self, mut tokens: Tokens<'s>, at: usize) -> Result<Node, Fault> {
        let value = self.tag(&mut tokens, |parser, tokens| {
            let captured = parser.expr(at, Kind::Captured)?;
            let first = parser.filter(tokens, captured)?;
            parser.postfix(tokens, first)
        })?;
        Ok(Node::Capture { slot: None, value, body: self.body(("filter", at))? })
    }

    /// The names on the left of `in` or `=`.
    fn targets(&mut self, tokens: &mut Tokens<'s>) -> Result<Vec<String>, Fault> {
        let is_bracketed = tokens.take_sign("(")?;
        let mut names = vec![self.targets_of_one(tokens)?];
        while tokens.take_sign(",")? {
            names.push(self.targets_of_one(tokens)?);
        }
        if is_bracketed && !tokens.take_sign(")")? {
            return Err(Fault::new(tokens.peek()?.1, "write ) behind the names"));
        }
        Ok(names)
    }

    fn targets_of_one(&mut self, tokens: &mut Tokens<'s>) -> Result<String, Fault> {
        match tokens.next()? {
            (Token::Name(name), at) if RESERVED.contains(&name.as_str()) => {
                Err(Fault::new(at, format!("{name} has a meaning of its own: choose another name")))
            }
            (Token::Name(name), at) => {
                self.count(at)?;
                Ok(name)
            }
            (_, at) => Err(Fault::new(at, "a name is missing here")),
        }
    }

    /// Gives a name its variable in the innermost scope.
    fn declare(&mut self, name: &str) -> usize {
        let next = self.slots;
        let scope = self.scopes.last_mut().expect("the outermost scope is never left");
        if let Some(slot) = scope.get(name) {
            return *slot;
        }
        scope.insert(name.into(), next);
        self.slots += 1;
        next
    }

    /// What a name stands for here.
    pub(super) fn resolve(&mut self, text: &str) -> Result<Name, Fault> {
        let slots: Vec<usize> = self.scopes.iter().rev().filter_map(|scope| scope.get(text).copied()).collect();
        self.operations += slots.len();
        Ok(Name { text: text.into(), slots, field: self.names.number(text) })
    }

    /// An expression, if it is not too deep and there are not too many.
    pub(super) fn expr(&mut self, at: usize, kind: Kind) -> Result<Expr, Fault> {
        let mut expr = Expr { at, depth: 0, kind };
        expr.depth = expr.children().iter().map(|child| child.depth).max().unwrap_or(0) + 1;
        self.counted(expr)
    }

    /// An expression whose depth is known, if it is not too deep and there are not too many.
    pub(super) fn counted(&mut self, expr: Expr) -> Result<Expr, Fault> {
        let at = expr.at;
        if expr.depth > limits::EXPRESSION_DEPTH {
            let message = format!("this has more than {} operations within one another", limits::EXPRESSION_DEPTH);
            return Err(Fault::new(at, message));
        }
        self.count(at)?;
        Ok(expr)
    }

    /// Counts one more operation.
    fn count(&mut self, at: usize) -> Result<(), Fault> {
        self.operations += 1;
        if self.operations > limits::OPERATIONS_MAX {
            return Err(Fault::new(at, format!("there are more than {} operations", limits::OPERATIONS_MAX)));
        }
        Ok(())
    }

    /// A piece of text, if there are not too many: each one takes memory as long as the template does.
    fn text(&mut self, range: Range<usize>) -> Result<Node, Fault> {
        self.texts += 1;
        if self.texts > limits::TEXTS_MAX {
            let message = format!("tags and comments cut the text into more than {} pieces", limits::TEXTS_MAX);
            return Err(Fault::new(range.start, message));
        }
        Ok(Node::Text(range))
    }
}

/// Words that cannot name a variable.
pub(super) const RESERVED: [&str; 14] =
    ["true", "True", "false", "False", "none", "None", "not", "and", "or", "if", "else", "is", "in", "loop"];

/// What is said of a token that does not belong where it is.
fn misplaced(token: &Token, block: bool) -> String {
    let close = if block { "%}" } else { "}}" };
    match token {
        Token::Name(name) => {
            format!("{name} does not fit here: write an operator before it, or {close} to end the tag")
        }
        Token::Text(_) => {
            format!("this text does not fit here: write an operator before it, or {close} to end the tag")
        }
        Token::Int(_) | Token::Float(_) => "this number does not fit here: write an operator before it".to_owned(),
        Token::Sign(":") => "arguments stand in brackets, as in default(\"friend\")".to_owned(),
        Token::Sign("=") => "= sets a value: write == to compare, or {% set name = … %}".to_owned(),
        Token::Sign(sign) => format!("{sign} does not fit here"),
        Token::End { .. } => "the tag ends too early".to_owned(),
    }
}

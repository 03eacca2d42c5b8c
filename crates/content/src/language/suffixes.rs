//! Reads what follows a value: members, indexes, filters and tests.

use super::checks::{self, Test};
use super::expressions::expect;
use super::filters::{self, Filter};
use super::parse::Parser;
use super::stream::Tokens;
use super::syntax::{Call, Expr, Fault, Kind};
use super::tokens::Token;

/// Methods of values in Python that are filters here, and their filters.
const METHODS: [(&str, &str); 11] = [
    ("upper", "upper"),
    ("lower", "lower"),
    ("title", "title"),
    ("capitalize", "capitalize"),
    ("strip", "trim"),
    ("trim", "trim"),
    ("replace", "replace"),
    ("split", "split"),
    ("items", "items"),
    ("keys", "list"),
    ("values", "values"),
];

impl<'s> Parser<'s, '_> {
    /// Reads members, indexes, filters and tests.
    pub(super) fn postfix(&mut self, tokens: &mut Tokens<'s>, value: Expr) -> Result<Expr, Fault> {
        let mut value = self.members(tokens, value)?;
        loop {
            if tokens.take_sign("|")? {
                value = self.filter(tokens, value)?;
            } else if tokens.take_name("is")? {
                value = self.test(tokens, value)?;
            } else if matches!(tokens.peek()?.0, Token::Sign("(")) {
                return Err(Fault::new(value.at, "this is no function and cannot be called"));
            } else {
                return Ok(value);
            }
            value = self.members(tokens, value)?;
        }
    }

    /// Reads members and indexes.
    pub(super) fn members(&mut self, tokens: &mut Tokens<'s>, mut value: Expr) -> Result<Expr, Fault> {
        loop {
            let at = value.at;
            if tokens.take_sign(".")? {
                value = self.member(tokens, value)?;
            } else if tokens.take_sign("[")? {
                let kind = self.nested(tokens, |parser, tokens| parser.index(tokens, value))?;
                value = self.expr(at, kind)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn member(&mut self, tokens: &mut Tokens<'s>, of: Expr) -> Result<Expr, Fault> {
        let at = of.at;
        match tokens.next()? {
            (Token::Name(name), _) if !matches!(tokens.peek()?.0, Token::Sign("(")) => {
                self.expr(at, Kind::Member(Box::new(of), name.into()))
            }
            (Token::Name(name), name_at) => {
                tokens.next()?;
                let arguments = self.nested(tokens, |parser, tokens| parser.items(tokens, ")"))?;
                let Some((_, filter)) = METHODS.iter().find(|(method, _)| *method == name) else {
                    return Err(Fault::new(
                        name_at,
                        format!("method {name} is unknown: write a filter, as in name|upper"),
                    ));
                };
                let filter = filters::find(filter).expect("every method is the method of a filter");
                let arguments = arguments.into_iter().map(|argument| (None, argument)).collect();
                self.call(at, name_at, filter, of, arguments)
            }
            (Token::Int(index), index_at) => {
                let index = self.expr(index_at, Kind::Int(index))?;
                self.expr(at, Kind::Index(Box::new((of, index))))
            }
            (_, at) => Err(Fault::new(at, "the name of a member is missing after the dot")),
        }
    }

    fn index(&mut self, tokens: &mut Tokens<'s>, of: Expr) -> Result<Kind, Fault> {
        let colon = |tokens: &mut Tokens<'s>| matches!(tokens.peek(), Ok((Token::Sign(":"), _)));
        let from = if colon(tokens) { None } else { Some(self.choice(tokens)?) };
        if tokens.take_sign(":")? {
            let to = if tokens.take_sign("]")? {
                None
            } else {
                let to = self.choice(tokens)?;
                expect(tokens, "]")?;
                Some(to)
            };
            return Ok(Kind::Slice(Box::new((of, from, to))));
        }
        expect(tokens, "]")?;
        Ok(match from {
            Some(Expr { kind: Kind::Text(name), .. }) => Kind::Member(Box::new(of), name),
            Some(index) => Kind::Index(Box::new((of, index))),
            None => Kind::Member(Box::new(of), "".into()),
        })
    }

    /// Reads a filter behind its `|`.
    pub(super) fn filter(&mut self, tokens: &mut Tokens<'s>, input: Expr) -> Result<Expr, Fault> {
        let (name, name_at) = match tokens.next()? {
            (Token::Name(name), at) => (name, at),
            (Token::Sign("|"), at) => return Err(Fault::new(at, "|| is not an operator here: write or")),
            (_, at) => return Err(Fault::new(at, "the name of a filter is missing after |")),
        };
        let Some(filter) = filters::find(&name) else {
            return Err(Fault::new(name_at, filters::unknown(&name)));
        };
        let arguments = match tokens.peek()? {
            (Token::Sign("("), _) => {
                tokens.next()?;
                self.nested(tokens, Self::arguments)?
            }
            (Token::Sign(":"), at) => {
                let at = *at;
                tokens.next()?;
                let said = match tokens.next() {
                    Ok((Token::Text(text), _)) => format!("\"{text}\""),
                    Ok((Token::Int(int), _)) => int.to_string(),
                    _ => "…".to_owned(),
                };
                return Err(Fault::new(at, format!("arguments stand in brackets: write {name}({said})")));
            }
            _ => Vec::new(),
        };
        self.call(input.at, name_at, filter, input, arguments)
    }

    /// Arguments up to the bracket, each with its name if it has one.
    fn arguments(&mut self, tokens: &mut Tokens<'s>) -> Result<Vec<(Option<String>, Expr)>, Fault> {
        let mut arguments = Vec::new();
        while !tokens.take_sign(")")? {
            let value = self.choice(tokens)?;
            let argument = match (&value.kind, tokens.take_sign("=")?) {
                (Kind::Name(name), true) => (Some(name.text.to_string()), self.choice(tokens)?),
                (_, true) => return Err(Fault::new(value.at, "the name of an argument is missing before =")),
                (_, false) => (None, value),
            };
            arguments.push(argument);
            if !tokens.take_sign(",")? {
                expect(tokens, ")")?;
                break;
            }
        }
        Ok(arguments)
    }

    /// A filter with its arguments in their places.
    fn call(
        &mut self,
        at: usize,
        name_at: usize,
        filter: Filter,
        input: Expr,
        given: Vec<(Option<String>, Expr)>,
    ) -> Result<Expr, Fault> {
        let place = |message: String| Fault::new(name_at, message);
        let arguments = filters::arrange(filter, given).map_err(place)?;
        self.expr(at, Kind::Filter(Box::new(Call { callee: filter, input, arguments })))
    }

    /// Reads a test behind its `is`.
    fn test(&mut self, tokens: &mut Tokens<'s>, input: Expr) -> Result<Expr, Fault> {
        let at = input.at;
        let is_not = tokens.take_name("not")?;
        let (name, name_at) = match tokens.next()? {
            (Token::Name(name), at) => (name, at),
            (Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")), at) => (sign.to_owned(), at),
            (_, at) => return Err(Fault::new(at, "the name of a test is missing after is")),
        };
        let Some(test) = checks::find(&name) else {
            return Err(Fault::new(name_at, checks::unknown(&name)));
        };
        let argument = self.test_argument(tokens, test)?;
        if argument.is_some() != test.takes_argument() {
            let takes = if test.takes_argument() { "takes one argument" } else { "takes no argument" };
            return Err(Fault::new(name_at, format!("test {name} {takes}")));
        }
        let call = Call { callee: test, input, arguments: vec![argument] };
        let value = self.expr(at, Kind::Test(Box::new(call)))?;
        if is_not { self.expr(at, Kind::Not(Box::new(value))) } else { Ok(value) }
    }

    /// The argument of a test, which needs no brackets.
    fn test_argument(&mut self, tokens: &mut Tokens<'s>, test: Test) -> Result<Option<Expr>, Fault> {
        match tokens.peek()? {
            (Token::Sign("("), _) => {
                tokens.next()?;
                let mut items = self.nested(tokens, |parser, tokens| parser.items(tokens, ")"))?;
                let argument = items.pop();
                match items.is_empty() {
                    true => Ok(argument),
                    false => Err(Fault::new(tokens.peek()?.1, "a test takes one argument at most")),
                }
            }
            (Token::Text(_) | Token::Int(_) | Token::Float(_) | Token::Name(_) | Token::Sign("["), _)
                if test.takes_argument() =>
            {
                self.nested(tokens, |parser, tokens| parser.primary(tokens)).map(Some)
            }
            _ => Ok(None),
        }
    }
}

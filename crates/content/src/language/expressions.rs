//! Reads expressions: operators by their rank, and values. What follows a value is read by `suffixes`.

use super::parse::Parser;
use super::stream::Tokens;
use super::syntax::{Comparison, Expr, Fault, Kind, LoopPart, Operator};
use super::tokens::Token;
use crate::limits;

/// Ranks of operators; the higher binds tighter.
const RANK_OR: u8 = 1;
const RANK_AND: u8 = 2;
const RANK_NOT: u8 = 3;
const RANK_COMPARE: u8 = 4;
const RANK_ADD: u8 = 5;
const RANK_JOIN: u8 = 6;
const RANK_MULTIPLY: u8 = 7;
const RANK_POWER: u8 = 8;
/// An operator between two expressions.
#[derive(Clone, Copy)]
enum Between {
    Or,
    And,
    Compare(Comparison),
    Calculate(Operator),
    Join,
}

impl Between {
    const fn rank(self) -> u8 {
        match self {
            Self::Or => RANK_OR,
            Self::And => RANK_AND,
            Self::Compare(_) => RANK_COMPARE,
            Self::Calculate(Operator::Add | Operator::Subtract) => RANK_ADD,
            Self::Join => RANK_JOIN,
            Self::Calculate(Operator::Power) => RANK_POWER,
            Self::Calculate(_) => RANK_MULTIPLY,
        }
    }

    fn of(token: &Token) -> Option<Self> {
        let sign = match token {
            Token::Sign(sign) => *sign,
            Token::Name(name) => name.as_str(),
            _ => return None,
        };
        Some(match sign {
            "or" => Self::Or,
            "and" => Self::And,
            "in" => Self::Compare(Comparison::In),
            "not" => Self::Compare(Comparison::NotIn),
            "==" => Self::Compare(Comparison::Equal),
            "!=" => Self::Compare(Comparison::Unequal),
            "<" => Self::Compare(Comparison::Less),
            "<=" => Self::Compare(Comparison::LessOrEqual),
            ">" => Self::Compare(Comparison::Greater),
            ">=" => Self::Compare(Comparison::GreaterOrEqual),
            "~" => Self::Join,
            "+" => Self::Calculate(Operator::Add),
            "-" => Self::Calculate(Operator::Subtract),
            "*" => Self::Calculate(Operator::Multiply),
            "/" => Self::Calculate(Operator::Divide),
            "//" => Self::Calculate(Operator::DivideWhole),
            "%" => Self::Calculate(Operator::Remainder),
            "**" => Self::Calculate(Operator::Power),
            _ => return None,
        })
    }
}

impl<'s> Parser<'s, '_> {
    /// Reads an expression: `a if b else c`, or less.
    pub(super) fn choice(&mut self, tokens: &mut Tokens<'s>) -> Result<Expr, Fault> {
        let mut value = self.level(tokens, RANK_OR)?;
        while tokens.take_name("if")? {
            let condition = self.level(tokens, RANK_OR)?;
            let otherwise = if tokens.take_name("else")? { Some(self.nested(tokens, Self::choice)?) } else { None };
            value = self.expr(value.at, Kind::Choice(Box::new((condition, value, otherwise))))?;
        }
        Ok(value)
    }

    /// Reads what is nested in something else, if that is not too deep.
    pub(super) fn nested<T>(
        &mut self,
        tokens: &mut Tokens<'s>,
        read: impl FnOnce(&mut Self, &mut Tokens<'s>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.nesting += 1;
        if self.nesting > limits::EXPRESSION_DEPTH {
            let message = format!("this has more than {} operations within one another", limits::EXPRESSION_DEPTH);
            return Err(Fault::new(tokens.peek()?.1, message));
        }
        let read = read(self, tokens);
        self.nesting -= 1;
        read
    }

    /// Reads operators of at least a rank.
    pub(super) fn level(&mut self, tokens: &mut Tokens<'s>, rank: u8) -> Result<Expr, Fault> {
        let (token, at) = tokens.peek()?;
        let at = *at;
        let mut left = if matches!(token, Token::Name(name) if name == "not") && rank <= RANK_NOT {
            tokens.next()?;
            let negated = self.nested(tokens, |parser, tokens| parser.level(tokens, RANK_NOT))?;
            self.expr(at, Kind::Not(Box::new(negated)))?
        } else {
            self.unary(tokens)?
        };
        let mut is_compared = false;
        while let Some(between) = Between::of(&tokens.peek()?.0).filter(|between| between.rank() >= rank) {
            let (_, at) = tokens.next()?;
            if matches!(between, Between::Compare(Comparison::NotIn)) && !tokens.take_name("in")? {
                return Err(Fault::new(at, "not does not fit here: write and not, or not in"));
            }
            if matches!(between, Between::Compare(_)) && std::mem::replace(&mut is_compared, true) {
                return Err(Fault::new(at, "comparisons cannot follow one another: write a < b and b < c"));
            }
            // What follows binds tighter; a power is read from the right.
            let next = between.rank() + u8::from(!matches!(between, Between::Calculate(Operator::Power)));
            let right = self.nested(tokens, |parser, tokens| parser.level(tokens, next))?;
            left = self.between(at, between, left, right)?;
        }
        Ok(left)
    }

    fn between(&mut self, at: usize, between: Between, left: Expr, right: Expr) -> Result<Expr, Fault> {
        let place = left.at;
        let kind = match between {
            Between::Or => Kind::Or(Box::new((left, right))),
            Between::And => Kind::And(Box::new((left, right))),
            Between::Compare(comparison) => Kind::Compare(comparison, Box::new((left, right))),
            Between::Calculate(operator) => {
                return self.expr(at, Kind::Calculate(operator, Box::new((left, right))));
            }
            Between::Join => {
                // Its depth grows with each item: to look at all of them every time would take quadratic time.
                let (depth, mut items) = match left.kind {
                    Kind::Join(items) => (left.depth, items),
                    kind => (left.depth + 1, vec![Expr { kind, ..left }]),
                };
                let depth = depth.max(right.depth + 1);
                items.push(right);
                return self.counted(Expr { at: place, depth, kind: Kind::Join(items) });
            }
        };
        self.expr(place, kind)
    }

    /// Reads a value with its sign; filters and tests are of both.
    fn unary(&mut self, tokens: &mut Tokens<'s>) -> Result<Expr, Fault> {
        let value = self.signed(tokens)?;
        self.postfix(tokens, value)
    }

    fn signed(&mut self, tokens: &mut Tokens<'s>) -> Result<Expr, Fault> {
        let at = tokens.peek()?.1;
        if tokens.take_sign("-")? {
            let negated = self.nested(tokens, Self::signed)?;
            let kind = match negated.kind {
                Kind::Int(int) => Kind::Int(-int),
                Kind::Float(float) => Kind::Float(-float),
                kind => Kind::Negate(Box::new(Expr { kind, ..negated })),
            };
            return self.expr(at, kind);
        }
        if tokens.take_sign("+")? {
            return self.nested(tokens, Self::signed);
        }
        let value = self.primary(tokens)?;
        self.members(tokens, value)
    }

    pub(super) fn primary(&mut self, tokens: &mut Tokens<'s>) -> Result<Expr, Fault> {
        let (token, at) = tokens.next()?;
        let kind = match token {
            Token::Text(text) => Kind::Text(text.into()),
            Token::Int(int) => Kind::Int(int),
            Token::Float(float) => Kind::Float(float),
            Token::Name(name) => return self.name(tokens, &name, at),
            Token::Sign("(") => {
                return self.nested(tokens, |parser, tokens| {
                    if tokens.take_sign(")")? {
                        return parser.expr(at, Kind::List(Vec::new()));
                    }
                    let inner = parser.choice(tokens)?;
                    let inner = parser.rest_of_list(tokens, inner)?;
                    expect(tokens, ")")?;
                    Ok(inner)
                });
            }
            Token::Sign("[") => {
                let items = self.nested(tokens, |parser, tokens| parser.items(tokens, "]"))?;
                Kind::List(items)
            }
            Token::Sign("{") => Kind::Map(self.nested(tokens, Self::entries)?),
            Token::End { .. } => return Err(Fault::new(at, "a value is missing here")),
            Token::Sign("|") => return Err(Fault::new(at, "a value is missing before |; for or, write or")),
            Token::Sign("=") => return Err(Fault::new(at, "= does not fit here: write == to compare")),
            Token::Sign(sign) => return Err(Fault::new(at, format!("a value is missing before {sign}"))),
        };
        self.expr(at, kind)
    }

    /// The rest of a list without brackets, if a comma follows its first item.
    pub(super) fn rest_of_list(&mut self, tokens: &mut Tokens<'s>, first: Expr) -> Result<Expr, Fault> {
        if !tokens.take_sign(",")? {
            return Ok(first);
        }
        let (at, mut items) = (first.at, vec![first]);
        while !matches!(tokens.peek()?.0, Token::End { .. } | Token::Sign(")")) {
            items.push(self.choice(tokens)?);
            if !tokens.take_sign(",")? {
                break;
            }
        }
        self.expr(at, Kind::List(items))
    }

    /// Expressions between commas, up to a bracket.
    pub(super) fn items(&mut self, tokens: &mut Tokens<'s>, close: &'static str) -> Result<Vec<Expr>, Fault> {
        let mut items = Vec::new();
        while !tokens.take_sign(close)? {
            items.push(self.choice(tokens)?);
            if !tokens.take_sign(",")? {
                expect(tokens, close)?;
                break;
            }
        }
        Ok(items)
    }

    fn entries(&mut self, tokens: &mut Tokens<'s>) -> Result<Vec<(Expr, Expr)>, Fault> {
        let mut entries = Vec::new();
        while !tokens.take_sign("}")? {
            let name = self.choice(tokens)?;
            expect(tokens, ":")?;
            entries.push((name, self.choice(tokens)?));
            if !tokens.take_sign(",")? {
                expect(tokens, "}")?;
                break;
            }
        }
        Ok(entries)
    }

    fn name(&mut self, tokens: &mut Tokens<'s>, name: &str, at: usize) -> Result<Expr, Fault> {
        let is_called = matches!(tokens.peek()?.0, Token::Sign("("));
        let kind = match name {
            "true" | "True" => Kind::Bool(true),
            "false" | "False" => Kind::Bool(false),
            "none" | "None" => Kind::None,
            "not" | "and" | "or" | "if" | "else" | "is" | "in" => {
                return Err(Fault::new(at, format!("a value is missing before {name}")));
            }
            "range" if is_called => {
                tokens.next()?;
                let arguments = self.nested(tokens, |parser, tokens| parser.items(tokens, ")"))?;
                if !(1..=3).contains(&arguments.len()) {
                    return Err(Fault::new(at, "range takes an end, or a start and an end, and perhaps a step"));
                }
                Kind::Range(arguments)
            }
            "dict" if is_called => {
                tokens.next()?;
                Kind::Map(self.nested(tokens, Self::named_entries)?)
            }
            "loop" if self.loops > 0 => return self.loop_part(tokens, at),
            _ if is_called => {
                return Err(Fault::new(at, format!("function {name} is unknown: there are range and dict")));
            }
            _ => Kind::Name(Box::new(self.resolve(name)?)),
        };
        self.expr(at, kind)
    }

    /// The arguments of `dict(a=1)`.
    fn named_entries(&mut self, tokens: &mut Tokens<'s>) -> Result<Vec<(Expr, Expr)>, Fault> {
        let mut entries = Vec::new();
        while !tokens.take_sign(")")? {
            let (Token::Name(name), at) = tokens.next()? else {
                return Err(Fault::new(tokens.peek()?.1, "write dict(name=value)"));
            };
            expect(tokens, "=")?;
            entries.push((self.expr(at, Kind::Text(name.into()))?, self.choice(tokens)?));
            if !tokens.take_sign(",")? {
                expect(tokens, ")")?;
                break;
            }
        }
        Ok(entries)
    }

    fn loop_part(&mut self, tokens: &mut Tokens<'s>, at: usize) -> Result<Expr, Fault> {
        let wanted = "loop is used as loop.index, index0, revindex, revindex0, first, last, length, previtem, nextitem or cycle(…)";
        if !tokens.take_sign(".")? {
            return Err(Fault::new(at, wanted));
        }
        let (Token::Name(part), _) = tokens.next()? else { return Err(Fault::new(at, wanted)) };
        let kind = match part.as_str() {
            "index" => Kind::Loop(LoopPart::Index),
            "index0" => Kind::Loop(LoopPart::Index0),
            "revindex" => Kind::Loop(LoopPart::Revindex),
            "revindex0" => Kind::Loop(LoopPart::Revindex0),
            "first" => Kind::Loop(LoopPart::First),
            "last" => Kind::Loop(LoopPart::Last),
            "length" => Kind::Loop(LoopPart::Length),
            "previtem" => Kind::Loop(LoopPart::Previous),
            "nextitem" => Kind::Loop(LoopPart::Next),
            "cycle" => {
                expect(tokens, "(")?;
                let items = self.nested(tokens, |parser, tokens| parser.items(tokens, ")"))?;
                if items.is_empty() {
                    return Err(Fault::new(at, "write loop.cycle(\"odd\", \"even\")"));
                }
                Kind::Cycle(items)
            }
            _ => return Err(Fault::new(at, wanted)),
        };
        self.expr(at, kind)
    }
}

/// Takes a sign that has to come next.
pub(super) fn expect(tokens: &mut Tokens<'_>, sign: &'static str) -> Result<(), Fault> {
    if tokens.take_sign(sign)? {
        return Ok(());
    }
    let (token, at) = tokens.peek()?;
    let message = match token {
        Token::Sign("=") => "= does not fit here: write == to compare".to_owned(),
        _ => format!("{sign} is missing here"),
    };
    Err(Fault::new(*at, message))
}

//! Expressions. The grammar reads them flat; precedence, from loose to tight: `or`, `and`, `not`, comparisons
//! (with `in between is matches`; they do not chain), `||`, `+ -`, `* / %`, a leading `-`.

use smol_str::SmolStr;

use super::{Kids, Pair, Reader, Rule};
use crate::ast::{BinaryOp, Expr, ExprKind, Literal, LiteralKind, Name, Path, UnaryOp};
use crate::layout::MAX_DEPTH;
use polity_text::diagnostics::{Diagnostic, Help, codes};
use polity_text::source::Span;

const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const MINUS: u8 = 8;

/// An expression and the height of its tree, which is bounded so that nobody who walks it runs out of stack.
struct Tall {
    expr: Expr,
    height: usize,
}

impl Tall {
    fn leaf(span: Span, kind: ExprKind) -> Self {
        Self { expr: Expr { span, kind }, height: 1 }
    }
}

impl Reader<'_> {
    /// An `expr` or `arith`. `None` where it nests too deeply, which is reported.
    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Option<Expr> {
        self.tall(pair).map(|tall| tall.expr)
    }

    fn tall(&mut self, pair: Pair<'_>) -> Option<Tall> {
        let span = self.span(&pair);
        let mut kids = Kids::of(pair);
        let tall = self.climb(&mut kids, 0)?;
        if tall.height > MAX_DEPTH { self.too_tall(span) } else { Some(tall) }
    }

    fn too_tall(&mut self, span: Span) -> Option<Tall> {
        self.report(codes::E0105, span, "this expression nests too deeply");
        if let Some(last) = self.diagnostics.last_mut() {
            last.help = Some(format!(
                "at most {MAX_DEPTH} operators may build on one another; for many values write `in [a, b, …]`"
            ));
        }
        None
    }

    /// Operators that bind at least as tightly as `least`.
    fn climb(&mut self, kids: &mut Kids<'_>, least: u8) -> Option<Tall> {
        let mut left = self.prefixed(kids)?;
        let mut compared: Option<Span> = None;
        while let Some(rule) = kids.rule() {
            let next = kids.0.peek()?;
            let text = next.as_str();
            let precedence = match rule {
                Rule::operator | Rule::sign => precedence(text),
                Rule::is_null | Rule::between | Rule::within => COMPARISON,
                _ => break,
            };
            if precedence < least {
                break;
            }
            let pair = kids.next()?;
            let here = self.span(&pair);
            if precedence == COMPARISON {
                if let Some(first) = compared {
                    self.push(
                        Diagnostic::new(codes::E0113, here, "comparisons do not chain")
                            .also(first, "the first comparison")
                            .help("join two comparisons with `and`, such as `1 < a and a < 5`"),
                    );
                }
                compared = Some(here);
            }
            left = match rule {
                Rule::operator | Rule::sign => {
                    let op = self.operator(text, here);
                    let right = self.climb(kids, precedence + 1)?;
                    let height = left.height.max(right.height) + 1;
                    let span = left.expr.span.to(right.expr.span);
                    let kind =
                        ExprKind::Binary { op, left: Box::new(left.expr), right: Box::new(right.expr) };
                    Tall { expr: Expr { span, kind }, height }
                }
                Rule::is_null => self.is_null(left, pair),
                Rule::between => self.between(left, pair)?,
                _ => self.within(left, pair)?,
            };
            // Long before the stack could end: the rest is not read.
            if left.height > 2 * MAX_DEPTH {
                return Some(left);
            }
        }
        Some(left)
    }

    /// An operand with the `not` and `-` before it.
    fn prefixed(&mut self, kids: &mut Kids<'_>) -> Option<Tall> {
        let mut prefixes = Vec::new();
        while matches!(kids.rule(), Some(Rule::not | Rule::minus)) {
            let pair = kids.next()?;
            let span = self.span(&pair);
            if pair.as_str() == "!" && prefixes.is_empty() {
                self.push(
                    Diagnostic::new(codes::E0112, span, "`!` is no operator here")
                        .help(Help::instead("not ", "write `not`"))
                        .certain(),
                );
            }
            prefixes.push((if pair.as_rule() == Rule::minus { UnaryOp::Minus } else { UnaryOp::Not }, span));
        }
        if let [(_, first), .., (_, last)] = prefixes.as_slice()
            && prefixes.len() > MAX_DEPTH
        {
            return self.too_tall(first.to(*last));
        }
        let mut tall = match prefixes.last() {
            None => return self.operand(kids.next()?),
            Some((UnaryOp::Not, _)) => self.climb(kids, NOT + 1)?,
            Some((UnaryOp::Minus, _)) => self.climb(kids, MINUS)?,
        };
        for (op, span) in prefixes.into_iter().rev() {
            let span = span.to(tall.expr.span);
            let kind = ExprKind::Unary { op, operand: Box::new(tall.expr) };
            tall = Tall { expr: Expr { span, kind }, height: tall.height + 1 };
        }
        Some(tall)
    }

    fn operand(&mut self, pair: Pair<'_>) -> Option<Tall> {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::call => self.call(pair),
            Rule::case => self.case(pair),
            Rule::number | Rule::string => {
                let literal = self.literal(&pair);
                Some(Tall::leaf(span, ExprKind::Literal(literal)))
            }
            Rule::label => Some(Tall::leaf(span, ExprKind::Label(self.label(&pair)))),
            Rule::paren => {
                let inner = self.tall(pair.into_inner().next()?)?;
                Some(Tall {
                    expr: Expr { span, kind: ExprKind::Paren(Box::new(inner.expr)) },
                    height: inner.height + 1,
                })
            }
            Rule::items => {
                let (items, height) = self.exprs(Kids::of(pair))?;
                Some(Tall { expr: Expr { span, kind: ExprKind::List(items) }, height })
            }
            Rule::record => {
                let mut entries = Vec::new();
                let mut height = 1;
                for entry in pair.into_inner() {
                    let mut kids = Kids::of(entry);
                    let name = kids.next()?;
                    let name = self.entry_name(&name);
                    let value = self.tall(kids.next()?)?;
                    height = height.max(value.height + 1);
                    entries.push((name, value.expr));
                }
                Some(Tall { expr: Expr { span, kind: ExprKind::Record(entries) }, height })
            }
            _ => None,
        }
    }

    /// The name of an entry of a record: a word, a dotted path or a text.
    pub(super) fn entry_name(&mut self, pair: &Pair<'_>) -> Name {
        if pair.as_rule() == Rule::string {
            let text = self.text(pair);
            return Name { text: text.value, span: text.span };
        }
        self.name(pair)
    }

    fn exprs(&mut self, kids: Kids<'_>) -> Option<(Vec<Expr>, usize)> {
        let mut items = Vec::new();
        let mut height = 1;
        for item in kids.0 {
            let item = self.tall(item)?;
            height = height.max(item.height + 1);
            items.push(item.expr);
        }
        Some((items, height))
    }

    fn call(&mut self, pair: Pair<'_>) -> Option<Tall> {
        let span = self.span(&pair);
        let mut kids = Kids::of(pair);
        let path = self.path(&kids.next()?);
        let Some(arguments) = kids.next() else {
            let kind = constant(&path, span).map_or(ExprKind::Path(path), ExprKind::Literal);
            return Some(Tall::leaf(span, kind));
        };
        let (arguments, height) = self.exprs(Kids::of(arguments))?;
        Some(Tall { expr: Expr { span, kind: ExprKind::Call { function: path, arguments } }, height })
    }

    /// `case when paid then 1 else 0 end`
    fn case(&mut self, pair: Pair<'_>) -> Option<Tall> {
        let span = self.span(&pair);
        let (mut branches, mut otherwise, mut height) = (Vec::new(), None, 1);
        for part in pair.into_inner() {
            let rule = part.as_rule();
            let mut kids = Kids::of(part);
            let first = self.tall(kids.next()?)?;
            height = height.max(first.height + 1);
            if rule == Rule::otherwise {
                otherwise = Some(Box::new(first.expr));
                continue;
            }
            let value = self.tall(kids.next()?)?;
            height = height.max(value.height + 1);
            branches.push((first.expr, value.expr));
        }
        Some(Tall { expr: Expr { span, kind: ExprKind::Case { branches, otherwise } }, height })
    }

    fn is_null(&mut self, left: Tall, pair: Pair<'_>) -> Tall {
        let span = left.expr.span.to(self.span(&pair));
        let negated = Kids::of(pair).has(Rule::negated);
        Tall {
            expr: Expr { span, kind: ExprKind::IsNull { operand: Box::new(left.expr), negated } },
            height: left.height + 1,
        }
    }

    fn between(&mut self, left: Tall, pair: Pair<'_>) -> Option<Tall> {
        let span = left.expr.span.to(self.span(&pair));
        let mut kids = Kids::of(pair);
        let negated = kids.has(Rule::negated);
        let low = self.tall(kids.next()?)?;
        let high = self.tall(kids.next()?)?;
        let height = left.height.max(low.height).max(high.height) + 1;
        let kind = ExprKind::Between {
            operand: Box::new(left.expr),
            low: Box::new(low.expr),
            high: Box::new(high.expr),
            negated,
        };
        Some(Tall { expr: Expr { span, kind }, height })
    }

    fn within(&mut self, left: Tall, pair: Pair<'_>) -> Option<Tall> {
        let span = left.expr.span.to(self.span(&pair));
        let mut kids = Kids::of(pair);
        let negated = kids.has(Rule::negated);
        let list = kids.next()?;
        let list = if list.as_rule() == Rule::path {
            let path = self.path(&list);
            Tall::leaf(path.span, ExprKind::Path(path))
        } else {
            self.operand(list)?
        };
        let height = left.height.max(list.height) + 1;
        let kind = ExprKind::In { operand: Box::new(left.expr), list: Box::new(list.expr), negated };
        Some(Tall { expr: Expr { span, kind }, height })
    }

    /// The operator, also where another language's sign for it was written.
    fn operator(&mut self, text: &str, span: Span) -> BinaryOp {
        let (op, ours) = match text {
            "and" => (BinaryOp::And, None),
            "&&" => (BinaryOp::And, Some("and")),
            "or" => (BinaryOp::Or, None),
            "=" => (BinaryOp::Equal, None),
            "==" => (BinaryOp::Equal, Some("=")),
            "!=" => (BinaryOp::NotEqual, None),
            "<>" => (BinaryOp::NotEqual, Some("!=")),
            "<" => (BinaryOp::Less, None),
            "<=" => (BinaryOp::LessEqual, None),
            ">" => (BinaryOp::Greater, None),
            ">=" => (BinaryOp::GreaterEqual, None),
            "matches" => (BinaryOp::Matches, None),
            "+" => (BinaryOp::Add, None),
            "-" => (BinaryOp::Subtract, None),
            "*" => (BinaryOp::Multiply, None),
            "/" => (BinaryOp::Divide, None),
            "%" => (BinaryOp::Modulo, None),
            _ => (BinaryOp::Concat, None),
        };
        if let Some(ours) = ours {
            self.push(
                Diagnostic::new(codes::E0112, span, format!("`{text}` is no operator here"))
                    .help(Help::write(ours))
                    .certain(),
            );
        }
        op
    }
}

/// `true`, `false` and `null`, which are words like any other to the grammar.
pub(super) fn constant(path: &Path, span: Span) -> Option<Literal> {
    let [name] = path.names.as_slice() else { return None };
    let kind = match SmolStr::as_str(&name.text) {
        "true" => LiteralKind::Bool(true),
        "false" => LiteralKind::Bool(false),
        "null" => LiteralKind::Null,
        _ => return None,
    };
    Some(Literal { span, kind })
}

fn precedence(operator: &str) -> u8 {
    match operator {
        "or" => 1,
        "and" | "&&" => 2,
        "||" => 5,
        "+" | "-" => 6,
        "*" | "/" | "%" => 7,
        _ => COMPARISON,
    }
}

//! The meanings of operators, functions and casts as a page of the language reference.

use std::fmt::Write;

use polity_model::Scalar;
use polity_model::expr::BinaryOp;
use polity_model::meaning::{FUNCTIONS, arithmetic, cast};

/// One scalar of each kind that arithmetic and casts tell apart.
const KINDS: &[Scalar] = &[
    Scalar::Bool,
    Scalar::SmallInt,
    Scalar::Int,
    Scalar::BigInt,
    Scalar::Float,
    Scalar::Decimal { precision: 6, scale: 2 },
    Scalar::Text { max: None },
    Scalar::Uuid,
    Scalar::Inet,
    Scalar::Json,
    Scalar::ObjectId,
    Scalar::Date,
    Scalar::Time,
    Scalar::Timestamp,
    Scalar::Interval,
    Scalar::Email,
];

const SIGNS: &[(&str, BinaryOp)] = &[
    ("+", BinaryOp::Add),
    ("-", BinaryOp::Subtract),
    ("*", BinaryOp::Multiply),
    ("/", BinaryOp::Divide),
    ("%", BinaryOp::Modulo),
];

const HEAD: &str = "\
# Expressions

What every operator, function and cast means, by the types of its operands: the same in every store and in the Rust
client. Written from the compiler's own table (`model/meaning.rs`); a test keeps it true. What a store cannot do so is an
error there ([E0509](../text/errors/E0509.md), [E0615](../text/errors/E0615.md)). How an expression is read stands in
[the language](language.md#expressions).

## Absence

`and`, `or` and `not` know three answers: `false and null` is `false`, `true or null` is `true`, and otherwise what is
absent makes the answer absent. A comparison, `in`, `between`, `matches`, arithmetic, `||` and a cast have no value where an
operand has none; `is null` always has one. A path into json leads to a text, `1` and `true` included, and to nothing where
nothing or `null` stands. A `check` holds unless it is false; a `where` and the condition of a `case` hold
only where they are true.

A field that is never absent cannot be computed of what may be ([E0345](../text/errors/E0345.md)). Within a branch of `case`
its condition is known: `case when discount is null then price else price - discount end` is always there.

## Constants

What is made of literals alone is computed by the compiler, exactly: `2000000000 * 2` is a `bigint` like any other, and stores
are told the result. A literal takes the type of what it meets; one that its place does not admit is an error
([E0307](../text/errors/E0307.md)), also within lists, maps and records. A quotient that has no end is written
`round(1 / 3, 4)`.

## Rounding and limits

A whole number that is computed beyond its type, a decimal with more digits before the point than its field, a text that is
too long and a division by zero refuse the row. The compiler says so where limits show that it can happen
([W0345](../text/errors/W0345.md), [W0346](../text/errors/W0346.md)) or must ([E0346](../text/errors/E0346.md)). Two
`smallint` are computed as `int`, two `int` as `int`, whatever the field is that holds the result.

A decimal result is rounded when it comes into its field, a half away from zero: `1.005` in a `decimal(6, 2)` is `1.01`.
Nothing rounds before, but a quotient, a cast and `round`. How many digits a quotient of decimals has, each store decides;
where it is neither rounded nor comes into a field, MongoDB refuses it, as it does a result of more than 34 digits and a part of
a millisecond.

## Order

Numbers are ordered by value, days, times, moments and lengths of time by time, truth values and enums not at all, uuids and
addresses by their bytes, texts by their code points, whatever collation a database has. Beside a `float` a number is compared
as a double. Documents hold an address as a text, and json with an order of its names, so MongoDB compares neither
([E0615](../text/errors/E0615.md)).

## Arithmetic

";

const LINKS: &str = "
## `case`

`case when CONDITION then VALUE … else VALUE end` is the first value whose condition is true, and absent where none is and
there is no `else`. All values are single ones of one type; numbers are of the type that holds all of them. What stands in a
branch is computed only where its condition is true, so `case when b = 0 then 0 else a / b end` divides by no zero.

## Where stores say it

| | operators | functions |
|---|---|---|
| PostgreSQL | [9.3](https://www.postgresql.org/docs/current/functions-math.html), [9.9](https://www.postgresql.org/docs/current/functions-datetime.html) | [9.4](https://www.postgresql.org/docs/current/functions-string.html), [9.18](https://www.postgresql.org/docs/current/functions-conditional.html) |
| MongoDB | [arithmetic](https://www.mongodb.com/docs/manual/reference/mql/expressions-arithmetic/) | [`$switch`](https://www.mongodb.com/docs/manual/reference/operator/aggregation/switch/), [`$trunc`](https://www.mongodb.com/docs/manual/reference/operator/aggregation/trunc/), [`$trim`](https://www.mongodb.com/docs/manual/reference/operator/aggregation/trim/), [`$min`](https://www.mongodb.com/docs/manual/reference/operator/aggregation/min/) |
| Rust client | [`rust_decimal`](https://docs.rs/rust_decimal/latest/rust_decimal/struct.Decimal.html), checked integers | `polity_runtime::expr` |
";

/// `docs/expressions.md`: each operator, function and cast with its types and its meaning.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(HEAD);
    operators(&mut out);
    out.push_str("\n## Functions\n\n| | gives | absent |\n|---|---|---|\n");
    for called in FUNCTIONS {
        let _ = writeln!(out, "| `{}` | {} | {} |", called.form, called.gives, called.absent.words());
    }
    casts(&mut out);
    out.push_str(LINKS);
    out
}

/// A row for each meaning that a sign has, with the types that it has it for.
fn operators(out: &mut String) {
    out.push_str("| | gives | meaning |\n|---|---|---|\n");
    for (sign, op) in SIGNS {
        let mut rows: Vec<(String, &str, Vec<String>)> = Vec::new();
        for a in KINDS {
            for b in KINDS {
                let Some((gives, meaning)) = arithmetic(*op, *a, *b) else { continue };
                let (gives, words) = (kind(gives), meaning.words());
                let operands = format!("`{} {sign} {}`", a.word(), b.word());
                match rows.iter_mut().find(|(known, known_words, _)| *known == gives && *known_words == words)
                {
                    Some((.., all)) => all.push(operands),
                    None => rows.push((gives, words, vec![operands])),
                }
            }
        }
        for (gives, words, operands) in rows {
            let _ = writeln!(out, "| {} | `{gives}` | {words} |", operands.join(", "));
        }
    }
    out.push_str("| `text \\|\\| text` | `text` | the one behind the other |\n");
}

fn casts(out: &mut String) {
    out.push_str("\n## Casts\n\n| to | of | meaning |\n|---|---|---|\n");
    for to in KINDS {
        let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
        for from in KINDS.iter().filter(|from| *from != to) {
            let Some(meaning) = cast(*from, *to) else { continue };
            let from = format!("`{}`", from.word());
            match rows.iter_mut().find(|(words, _)| *words == meaning.words()) {
                Some((_, all)) => all.push(from),
                None => rows.push((meaning.words(), vec![from])),
            }
        }
        for (words, from) in rows {
            let _ = writeln!(out, "| `{}` | {} | {words} |", form(*to), from.join(", "));
        }
    }
}

fn form(to: Scalar) -> String {
    match to {
        Scalar::Decimal { .. } => "decimal(x, 6, 2)".to_owned(),
        to => format!("{}(x)", to.word()),
    }
}

fn kind(scalar: Scalar) -> String {
    scalar.word().to_owned()
}

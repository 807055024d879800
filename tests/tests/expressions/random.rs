//! Random expressions, each of a type that is known, and random rows.

use proptest::prelude::*;
use proptest::sample::select;

use super::held::{FIELDS, Question, Row};

type Text = BoxedStrategy<String>;

/// The kinds of value that expressions are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Big,
    Decimal,
    Float,
    Bool,
    Text,
    Day,
    Moment,
    Length,
}

impl Kind {
    const ALL: &[Kind] = &[
        Kind::Int,
        Kind::Big,
        Kind::Decimal,
        Kind::Float,
        Kind::Bool,
        Kind::Text,
        Kind::Day,
        Kind::Moment,
        Kind::Length,
    ];

    /// The type of a field that holds it.
    fn name(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::Big => "bigint",
            Kind::Decimal => "decimal(20, 4)",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::Text => "text",
            Kind::Day => "date",
            Kind::Moment => "timestamp",
            Kind::Length => "interval",
        }
    }

    /// Fields, and literals that take their type of what they meet.
    fn leaves(self) -> Text {
        let one = |all: &'static [&'static str]| select(all).prop_map(str::to_owned).boxed();
        match self {
            Kind::Int => one(&["a", "b", "s", "o", "a", "b"]),
            Kind::Big => one(&["n"]),
            Kind::Decimal => one(&["d", "e", "x"]),
            Kind::Float => one(&["f", "g"]),
            Kind::Bool => one(&["p", "q"]),
            Kind::Text => one(&["t", "u", "v", "j.k"]),
            Kind::Day => one(&["day", "last"]),
            Kind::Moment => one(&["at", "til"]),
            Kind::Length => one(&["w"]),
        }
    }

    fn literal(self) -> Text {
        let one = |all: &'static [&'static str]| select(all).prop_map(str::to_owned).boxed();
        match self {
            Kind::Int | Kind::Big => one(&["1", "2", "3", "7", "100"]),
            Kind::Decimal => one(&["0.5", "1.19", "2.00", "10.005"]),
            Kind::Float => one(&["0.5", "1.25", "3.0"]),
            Kind::Bool => one(&["true", "false"]),
            Kind::Text => one(&["\"a\"", "\"B \"", "\"$t\"", "\"é\"", "\"12\""]),
            Kind::Day => one(&["2026-02-28", "2024-02-29"]),
            Kind::Moment => one(&["2026-02-28"]),
            Kind::Length => one(&["1h", "2d", "90s"]),
        }
    }
}

/// Questions, and rows that all of them are about.
pub fn asked() -> impl Strategy<Value = (Vec<Question>, Vec<Row>)> {
    (prop::collection::vec(question(), 8), prop::collection::vec(row(), 6))
}

fn question() -> impl Strategy<Value = Question> {
    let kind = select(Kind::ALL);
    kind.prop_flat_map(|kind| expr(kind, 3).prop_map(move |expr| Question { ty: kind.name(), expr }))
}

fn row() -> impl Strategy<Value = Row> {
    FIELDS.iter().map(|(name, ty)| value(name, ty)).collect::<Vec<_>>().prop_map(Row::new)
}

fn value(name: &str, ty: &str) -> Text {
    let plain = ty.trim_end_matches('?');
    let one = |all: &'static [&'static str]| select(all).prop_map(str::to_owned).boxed();
    let value = match (name, plain) {
        (_, "int") => prop_oneof![
            (-12i32..13).prop_map(|n| n.to_string()),
            one(&["2147483647", "-2147483648", "40000"])
        ]
        .boxed(),
        (_, "smallint") => {
            prop_oneof![(-12i32..13).prop_map(|n| n.to_string()), one(&["32767", "-32768"])].boxed()
        }
        (_, "bigint") => prop_oneof![
            (-12i32..13).prop_map(|n| n.to_string()),
            one(&["9007199254740993", "9223372036854775807", "-9223372036854775808"])
        ]
        .boxed(),
        (_, "decimal(8, 2)") => (-1000i32..1000).prop_map(|n| decimal(n, 2)).boxed(),
        (_, "decimal(10, 4)") => (-100_000i32..100_000).prop_map(|n| decimal(n, 4)).boxed(),
        (_, "float") => prop_oneof![
            (-40i32..40).prop_map(|n| (f64::from(n) / 8.0).to_string()),
            one(&["0.1", "10.7", "9007199254740992", "-0.3"])
        ]
        .boxed(),
        (_, "bool") => one(&["t", "f"]),
        (_, "date") => {
            (1u32..29, 1u32..13, 2020u32..2028).prop_map(|(d, m, y)| format!("{y}-{m:02}-{d:02}")).boxed()
        }
        (_, "timestamp") => (1u32..29, 1u32..13, 0u32..24, 0u32..1000)
            .prop_map(|(d, m, h, ms)| format!("2026-{m:02}-{d:02}T{h:02}:05:00.{ms:03}Z"))
            .boxed(),
        (_, "interval") => (-200_000_000i64..200_000_000).prop_map(|n| n.to_string()).boxed(),
        (_, "json") => {
            one(&["{}", r#"{"k":1}"#, r#"{"k":"Ab "}"#, r#"{"k":true}"#, r#"{"k":null}"#, r#"{"k":"12"}"#])
        }
        (_, "int[]") => one(&["1", "1,2", "3,3,3"]),
        (_, "bytes") => one(&["", "00", "0102ff"]),
        _ => one(&["a", "", " B", "é", "$t", "12", "ÄB c", "\u{1F600}", "a\nb", "true", "Zz"]),
    };
    if ty.ends_with('?') { prop_oneof![Just(String::new()), value].boxed() } else { value }
}

fn decimal(units: i32, scale: u32) -> String {
    let step = 10i32.pow(scale);
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", units.abs() / step, units.abs() % step, width = scale as usize)
}

/// An expression of a kind.
fn expr(kind: Kind, depth: u32) -> Text {
    if depth == 0 {
        return kind.leaves();
    }
    let below = move |kind| expr(kind, depth - 1);
    // An operand beside one that tells its type.
    let beside = move |kind: Kind| prop_oneof![2 => expr(kind, depth - 1), 1 => kind.literal()].boxed();
    let own = match kind {
        Kind::Int => prop_oneof![
            3 => binary(below(Kind::Int), &["+", "-", "*", "/", "%"], beside(Kind::Int)),
            1 => call("abs", below(Kind::Int)),
            1 => below(Kind::Int).prop_map(|a| format!("-({a})")),
            1 => call("length", below(Kind::Text)),
            1 => Just("length(l)".to_owned()),
            1 => Just("length(y)".to_owned()),
            1 => binary(below(Kind::Day), &["-"], below(Kind::Day)),
            1 => prop_oneof![call("int", below(Kind::Decimal)), call("int", below(Kind::Float)), call("int", below(Kind::Text))],
        ]
        .boxed(),
        Kind::Big => prop_oneof![
            3 => binary(below(Kind::Big), &["+", "-", "*", "/", "%"], prop_oneof![below(Kind::Int), beside(Kind::Big)].boxed()),
            1 => prop_oneof![call("bigint", below(Kind::Decimal)), call("bigint", below(Kind::Float)), call("bigint", below(Kind::Int))],
            1 => call("abs", below(Kind::Big)),
        ]
        .boxed(),
        Kind::Decimal => prop_oneof![
            3 => binary(below(Kind::Decimal), &["+", "-", "*", "%"], prop_oneof![beside(Kind::Decimal), below(Kind::Int)].boxed()),
            2 => (binary(below(Kind::Decimal), &["/"], beside(Kind::Decimal)), 0u8..5).prop_map(|(a, n)| format!("round({a}, {n})")),
            1 => (below(Kind::Decimal), 0u8..4).prop_map(|(a, n)| format!("round({a}, {n})")),
            1 => prop_oneof![below(Kind::Float), below(Kind::Int), below(Kind::Decimal)].prop_map(|a| format!("decimal({a}, 10, 2)")),
            1 => call("abs", below(Kind::Decimal)),
        ]
        .boxed(),
        Kind::Float => prop_oneof![
            3 => binary(below(Kind::Float), &["+", "-", "*", "/"], prop_oneof![beside(Kind::Float), below(Kind::Int), below(Kind::Decimal)].boxed()),
            1 => prop_oneof![call("float", below(Kind::Int)), call("float", below(Kind::Decimal)), call("float", below(Kind::Big))],
            1 => prop_oneof![call("round", below(Kind::Float)), call("abs", below(Kind::Float))],
        ]
        .boxed(),
        Kind::Bool => condition(depth),
        Kind::Text => prop_oneof![
            2 => prop_oneof![call("lower", below(Kind::Text)), call("upper", below(Kind::Text)), call("trim", below(Kind::Text))],
            2 => binary(below(Kind::Text), &["||"], beside(Kind::Text)),
            1 => prop_oneof![call("text", below(Kind::Int)), call("text", below(Kind::Bool)), Just("text(d)".to_owned()), Just("text(n)".to_owned())],
        ]
        .boxed(),
        Kind::Day => prop_oneof![
            2 => binary(below(Kind::Day), &["+", "-"], prop_oneof![below(Kind::Length), select(&["3d", "36h", "1mo", "2y", "90s"][..]).prop_map(str::to_owned)].boxed()),
            1 => call("date", below(Kind::Moment)),
            1 => truncated(below(Kind::Day)),
        ]
        .boxed(),
        Kind::Moment => prop_oneof![
            2 => binary(below(Kind::Moment), &["+", "-"], prop_oneof![below(Kind::Length), select(&["3d", "36h", "1mo", "2y"][..]).prop_map(str::to_owned)].boxed()),
            1 => call("timestamp", below(Kind::Day)),
            1 => truncated(below(Kind::Moment)),
        ]
        .boxed(),
        Kind::Length => prop_oneof![
            1 => binary(below(Kind::Moment), &["-"], below(Kind::Moment)),
            1 => binary(below(Kind::Length), &["+", "-"], beside(Kind::Length)),
            1 => binary(below(Kind::Length), &["*"], select(&["2", "3", "s"][..]).prop_map(str::to_owned).boxed()),
        ]
        .boxed(),
    };
    let choice = (below(Kind::Bool), below(kind), beside(kind), any::<bool>()).prop_map(
        |(when, one, other, is_open)| {
            let otherwise = if is_open { String::new() } else { format!(" else {other}") };
            format!("(case when {when} then {one}{otherwise} end)")
        },
    );
    let first = (below(kind), beside(kind)).prop_map(|(one, other)| format!("coalesce({one}, {other})"));
    let has_order = !matches!(kind, Kind::Bool | Kind::Text);
    let extreme = (below(kind), beside(kind), any::<bool>()).prop_map(move |(one, other, is_least)| {
        if !has_order {
            return one;
        }
        format!("{}({one}, {other})", if is_least { "least" } else { "greatest" })
    });
    prop_oneof![3 => kind.leaves(), 6 => own, 1 => choice, 1 => first, 1 => extreme].boxed()
}

fn condition(depth: u32) -> Text {
    let below = move |kind| expr(kind, depth - 1);
    let compared = select(Kind::ALL).prop_flat_map(move |kind| {
        let signs: &'static [&'static str] =
            if kind == Kind::Bool { &["=", "!="] } else { &["=", "!=", "<", "<=", ">", ">="] };
        let other = match kind {
            Kind::Big | Kind::Int => {
                prop_oneof![below(kind), below(Kind::Float), below(Kind::Decimal), kind.literal()].boxed()
            }
            Kind::Decimal => prop_oneof![below(kind), below(Kind::Float), kind.literal()].boxed(),
            kind => prop_oneof![below(kind), kind.literal()].boxed(),
        };
        binary(below(kind), signs, other)
    });
    let logic = binary(below(Kind::Bool), &["and", "or"], below(Kind::Bool));
    let among = (select(&[Kind::Int, Kind::Text, Kind::Decimal, Kind::Day][..]), any::<bool>())
        .prop_flat_map(move |(kind, not)| {
            (below(kind), kind.literal(), kind.literal()).prop_map(move |(one, low, high)| {
                let not = if not { "not " } else { "" };
                format!("({one} {not}in [{low}, {high}])")
            })
        });
    let between = select(&[Kind::Int, Kind::Big, Kind::Decimal, Kind::Day, Kind::Length][..]).prop_flat_map(
        move |kind| {
            (below(kind), kind.literal(), kind.literal())
                .prop_map(|(one, low, high)| format!("({one} between {low} and {high})"))
        },
    );
    let patterns = select(&[r"^\\w*$", r"^.b", r"\\s", r"^[^\\d]*$", "a$"][..]);
    prop_oneof![
        5 => compared,
        2 => logic,
        1 => below(Kind::Bool).prop_map(|a| format!("(not {a})")),
        1 => (select(Kind::ALL).prop_flat_map(below), any::<bool>())
            .prop_map(|(a, not)| format!("({a} is {}null)", if not { "not " } else { "" })),
        1 => among,
        1 => between,
        1 => (below(Kind::Text), patterns).prop_map(|(a, pattern)| format!("({a} matches \"{pattern}\")")),
    ]
    .boxed()
}

fn binary(left: Text, signs: &'static [&'static str], right: Text) -> Text {
    (left, select(signs), right).prop_map(|(left, sign, right)| format!("({left} {sign} {right})")).boxed()
}

fn call(function: &'static str, argument: Text) -> Text {
    argument.prop_map(move |argument| format!("{function}({argument})")).boxed()
}

fn truncated(moment: Text) -> Text {
    let units = select(&["hour", "day", "week", "month", "quarter", "year"][..]);
    (units, moment).prop_map(|(unit, moment)| format!("date_trunc(\"{unit}\", {moment})")).boxed()
}

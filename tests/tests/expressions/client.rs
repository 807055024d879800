//! The generated crate's answers: one crate with an entity for each expression that it computes.

use std::fmt::Write;

use polity_runtime::Decimal;
use polity_tests::project::{build, text};
use polity_tests::workspace::Workspace;

use super::held::{Answer, FIELDS, Held, Row, names};

/// The most expressions of one crate, which is compiled as a whole.
const MOST: usize = 250;

/// The signs between the values of a row, and between rows.
const SEPARATORS: [char; 2] = ['\u{1f}', '\u{1e}'];

/// The outcome of asking the client.
pub struct Answers {
    pub all: usize,
    /// How many of them the client computes, and was asked.
    pub carried: usize,
    pub rows: usize,
    /// Where it differs from PostgreSQL.
    pub different: Vec<String>,
}

/// Asks the client about each row of the expressions that it computes; a caller of `new` hands the others in.
pub fn ask<'h>(held: impl Iterator<Item = &'h Held>) -> Answers {
    let held: Vec<&Held> = held.collect();
    let carried = carried(&held);
    let artifacts = build(&source(&carried));
    let program = program(&carried);
    let workspace =
        Workspace::new("expressions_workspace", &[("asked", artifacts, ("examples/answers.rs", &program))]);
    let printed = workspace.cargo("run --quiet --example answers");
    let mut own = printed.split_terminator(SEPARATORS[1]);
    let mut answers = Answers { all: held.len(), carried: carried.len(), rows: 0, different: Vec::new() };
    for held in carried {
        for (row, right) in asked(held) {
            let own = own.next().expect("an answer for each row");
            answers.rows += 1;
            if !is_same(held.question.ty, own, right) {
                let what = format!("{} ({})", held.question.expr, held.question.ty);
                answers.different.push(format!("{what}: {right:?}, the client {own:?} | {:?}", row.values));
            }
        }
    }
    answers
}

/// The questions that the client answers itself: `new` computes their values, where it would leave others absent.
fn carried<'h>(held: &[&'h Held]) -> Vec<&'h Held> {
    let core = text(&build(&source(held)), "rust/src/core.rs");
    let is_carried = |at: usize| {
        let (_, from) =
            core.split_once(&format!("pub fn new(new: NewP{at})")).expect("each is made by `new`");
        let (made, _) = from.split_once("\n    }").expect("it ends");
        made.contains("r: Default::default()")
    };
    held.iter().enumerate().filter(|(at, _)| is_carried(*at)).map(|(_, held)| *held).take(MOST).collect()
}

fn source(held: &[&Held]) -> String {
    let mut source = String::from(
        "platform asked { environments: [dev] }\nstore main: postgres 15 { database: \"asked\" }\n\
         schema core in main {\n",
    );
    for (at, Held { question, .. }) in held.iter().enumerate() {
        let fields = FIELDS.iter().filter(|(name, _)| names(&question.expr, name));
        let fields: String = fields.map(|(name, ty)| format!("{name}: {ty}; ")).collect();
        let _ = writeln!(
            source,
            "entity P{at} {{ id: int key; {fields}r: {}? computed ({}) }}",
            question.ty, question.expr
        );
    }
    source + "}\n"
}

/// A program that prints the client's answers.
fn program(held: &[&Held]) -> String {
    let mut program = include_str!("../fixtures/answers.rs").to_owned();
    let mut rows = String::new();
    for (at, held) in held.iter().enumerate() {
        let fields = || FIELDS.iter().enumerate().filter(|(_, (name, _))| names(&held.question.expr, name));
        let mut values = String::new();
        for (place, (name, (_, ty))) in fields().map(|(_, field)| (field.0, field)).enumerate() {
            let read = match *ty {
                "int[]?" => "list",
                ty if ty.ends_with('?') => "maybe",
                _ => "value",
            };
            let _ = write!(values, ", {name}: {read}(row[{place}])?");
        }
        let _ = write!(
            program,
            "\nfn answer_{at}(row: &[&str]) -> Answer {{\n    let new = core::NewP{at} {{ id: 1.into(){values} }};\n    \
             Ok(core::P{at}::new(new).map_err(told)?.r.map(|r| r.to_string()))\n}}\n"
        );
        for (row, _) in asked(held) {
            let values = fields().map(|(place, (_, ty))| read(ty, &row.values[place]));
            let values: Vec<String> = std::iter::once(at.to_string()).chain(values).collect();
            rows += &values.join(&SEPARATORS[0].to_string());
            rows.push(SEPARATORS[1]);
        }
    }
    let arms: String = (0..held.len()).map(|at| format!("        \"{at}\" => answer_{at}(row),\n")).collect();
    let _ = write!(
        program,
        "\nfn answer(of: &str, row: &[&str]) -> Answer {{\n    match of {{\n{arms}        _ => unreachable!(),\n    }}\n}}\n\
         \nconst ROWS: &str = {rows:?};\n"
    );
    program
}

/// The rows that are asked about. PostgreSQL rounds what has more digits than its column; the client takes no such number.
fn asked(held: &Held) -> impl Iterator<Item = &(Row, Answer)> {
    let fits = |(ty, value): (&str, &str)| {
        let Some((_, scale)) = ty.trim_end_matches([')', '?']).split_once(", ") else { return true };
        let digits = value.split_once('.').map_or(0, |(_, digits)| digits.len());
        digits <= scale.parse().expect("a number of digits")
    };
    held.rows.iter().filter(move |(row, _)| {
        FIELDS.iter().zip(&row.values).all(|((_, ty), value)| fits((ty, value.as_str())))
    })
}

/// A value as Rust reads it.
fn read(ty: &str, value: &str) -> String {
    match (ty.trim_end_matches('?'), value) {
        ("bool", value) if !value.is_empty() => value.starts_with('t').to_string(),
        _ => value.to_owned(),
    }
}

/// Whether the client has what PostgreSQL has: the same number however it is written, or the same text.
fn is_same(ty: &str, own: &str, right: &Answer) -> bool {
    let (own, right) = match (own.split_at_checked(1), right) {
        (Some(("=", own)), Ok(Some(right))) => (own, right.as_str()),
        (Some(("-", "")), Ok(None)) => return true,
        (Some(("!", _)), Err(())) => return true,
        _ => return false,
    };
    if ty.starts_with("decimal") {
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        number(own) == number(right)
    } else if ty == "float" {
        let number = |text: &str| text.parse::<f64>().expect("a number").to_bits();
        number(own) == number(right)
    } else {
        own == right
    }
}

//! Expressions as computed fields, each of an entity in both stores, and what the stores make of the same rows.

use std::collections::BTreeMap;
use std::fmt::Write;

use polity_tests::engines::{Mongo, Postgres};
use polity_tests::project::{compile, text};
use serde_json::{Value as Json, json};

use super::table;

/// The fields that expressions are made of, with their types.
pub const FIELDS: &[(&str, &str)] = &[
    ("a", "int"),
    ("b", "int"),
    ("s", "smallint"),
    ("n", "bigint"),
    ("d", "decimal(8, 2)"),
    ("e", "decimal(10, 4)"),
    ("f", "float"),
    ("g", "float"),
    ("t", "text(20)"),
    ("u", "text(20)"),
    ("p", "bool"),
    ("day", "date"),
    ("last", "date"),
    ("at", "timestamp"),
    ("til", "timestamp"),
    ("w", "interval"),
    ("o", "int?"),
    ("v", "text(20)?"),
    ("q", "bool?"),
    ("x", "decimal(8, 2)?"),
    ("j", "json"),
    ("l", "int[]?"),
    ("y", "bytes"),
];

/// The values of fields of which a row says nothing.
const USUAL: &[&str] = &[
    "7",
    "2",
    "3",
    "9",
    "2.50",
    "1.2345",
    "2.5",
    "-0.5",
    "ab",
    "é x",
    "true",
    "2026-01-31",
    "2026-03-01",
    "2026-01-31T23:30:00.500Z",
    "2026-02-02T00:00:00.000Z",
    "90000",
    "",
    "",
    "",
    "",
    r#"{"k":1}"#,
    "",
    "0102",
];

/// An expression, and the type of what it comes to.
#[derive(Debug, Clone)]
pub struct Question {
    pub ty: &'static str,
    pub expr: String,
}

/// A row: the values of [`FIELDS`] in their order, each as PostgreSQL reads it (milliseconds of an interval); nothing for
/// what is absent.
#[derive(Debug, Clone)]
pub struct Row {
    /// The one question that it is for, where it is for one.
    of: Option<usize>,
    pub values: Vec<String>,
    /// The right answer, where it is known; `refused` for a row that no store takes.
    answer: Option<&'static str>,
}

impl Row {
    pub fn new(values: Vec<String>) -> Self {
        Self { of: None, values, answer: None }
    }

    /// A usual row with `a=1, b=2` said otherwise.
    pub fn of(question: usize, given: &str, answer: &'static str) -> Self {
        let mut values: Vec<String> = USUAL.iter().map(|value| (*value).to_owned()).collect();
        for one in given.split("; ").filter(|one| !one.is_empty()) {
            let (name, value) = one.split_once('=').expect("`a=1`");
            let at = FIELDS.iter().position(|(field, _)| *field == name).expect("a field");
            values[at] = value.to_owned();
        }
        Self { of: Some(question), values, answer: Some(answer) }
    }
}

/// A question, and what PostgreSQL made of each of its rows.
pub struct Held {
    pub question: Question,
    pub rows: Vec<(Row, Answer)>,
}

/// A value as PostgreSQL writes it, nothing for what is absent; an error where it refuses the row.
pub type Answer = Result<Option<String>, ()>;

impl Held {
    /// The questions of the table, whose answers it says.
    pub fn of_table() -> Vec<Self> {
        let of = |(of, (ty, expr, rows)): (usize, &table::Case)| {
            let answer = |value: &'static str| match value {
                "refused" => Err(()),
                "" => Ok(None),
                value => Ok(Some(value.to_owned())),
            };
            let rows = rows.iter().map(|(given, value)| (Row::of(of, given, value), answer(value)));
            Self { question: Question { ty, expr: (*expr).to_owned() }, rows: rows.collect() }
        };
        table::TABLE.iter().enumerate().map(of).collect()
    }
}

/// The outcome of some questions.
#[derive(Debug, Default)]
pub struct Answers {
    /// Why the compiler refused some.
    pub refused: BTreeMap<usize, String>,
    /// Where stores differ.
    pub different: Vec<String>,
}

/// Both stores.
pub struct Stores {
    postgres: Postgres,
    mongo: Mongo,
    /// How often something was asked.
    times: usize,
    /// The questions so far that came to something, with the answers.
    pub held: Vec<Held>,
}

impl Stores {
    pub fn open() -> Option<Self> {
        let mut postgres = Postgres::database()?;
        postgres.run("set timezone = 'UTC'; create schema core").expect("a schema");
        Some(Self { postgres, mongo: Mongo::database()?, times: 0, held: Vec::new() })
    }

    /// Asks both stores each question about each row.
    pub fn ask(&mut self, questions: &[Question], rows: &[Row]) -> Answers {
        let mut answers = Answers::default();
        let first = self.times;
        self.times += questions.len();
        let artifacts = loop {
            let source = source(questions, &answers.refused, first);
            let compiled = compile(&source);
            match compiled.artifacts {
                Some(artifacts) => break artifacts,
                None => answers.refuse(&source, first, &compiled.diagnostics),
            }
        };
        let schema = text(&artifacts, "main/schema.sql");
        for (of, question) in questions.iter().enumerate() {
            if answers.refused.contains_key(&of) {
                continue;
            }
            let number = first + of;
            let start = schema.find(&format!("CREATE TABLE core.p{number} (")).expect("the table");
            let end = schema[start..].find("\n);").expect("its end") + start;
            self.postgres
                .run(&format!("{}\n);", &schema[start..end]))
                .unwrap_or_else(|e| panic!("{question:?}: {e}"));
            let validator = text(&artifacts, &format!("docs/validators/d{number}.json"));
            let validator: Json = serde_json::from_str(&validator).expect("JSON");
            let made = self.mongo.command(json!({ "create": format!("d{number}"), "validator": validator }));
            made.unwrap_or_else(|e| panic!("{question:?}: {e}"));
            self.held.push(Held { question: question.clone(), rows: Vec::new() });
            for (id, row) in rows.iter().enumerate().filter(|(_, row)| row.of.is_none_or(|asked| asked == of))
            {
                let place = Place { number, id, question, row, validator: &validator };
                answers.different.extend(self.differ(&place));
            }
        }
        answers
    }

    /// How the stores differ about a row, where they do.
    fn differ(&mut self, place: &Place<'_>) -> Option<String> {
        let Place { number, id, question, row, .. } = place;
        let shown: Vec<String> =
            FIELDS.iter().zip(&row.values).map(|((name, _), v)| format!("{name}={v}")).collect();
        let said = |what: String| {
            Some(format!("{} ({}): {what} | {}", question.expr, question.ty, shown.join("; ")))
        };
        let answer = self.postgres.rows(&place.insert());
        let found = match &answer {
            Ok(rows) => rows[0][0].clone(),
            Err(_) => Some("refused".to_owned()),
        };
        if let Some(held) = self.held.last_mut() {
            let answer = answer.as_ref().map(|rows| rows[0][0].clone()).map_err(drop);
            held.rows.push(((*row).clone(), answer));
        }
        let shown = found.clone().unwrap_or_default();
        if row.answer.is_some_and(|right| right != shown) {
            return said(format!(
                "PostgreSQL has {shown}, not {}: {answer:?}",
                row.answer.unwrap_or_default()
            ));
        }
        let collection = format!("d{number}");
        let document = place.document();
        if answer.is_err() {
            let own = self.computed(place, &document)?;
            let mut held = document;
            held["r"] = own.clone();
            let taken = self.mongo.insert(&collection, held).is_ok();
            return if taken {
                said(format!("PostgreSQL refuses the row, and MongoDB holds {own}"))
            } else {
                None
            };
        }
        let mut right = document.clone();
        if let Some(found) = &found {
            right["r"] = bson(question.ty, found);
        }
        if let Err(error) = self.mongo.insert(&collection, right) {
            let own = self.computed(place, &document);
            return said(format!("PostgreSQL has {shown:?}, MongoDB {own:?}: {error}"));
        }
        let mut wrong = document;
        wrong["_id"] = json!(id + 10_000);
        if found.is_some() && self.mongo.insert(&collection, wrong.clone()).is_ok() {
            return said(format!("PostgreSQL has {shown}, and MongoDB takes nothing for it"));
        }
        wrong["_id"] = json!(id + 20_000);
        wrong["r"] = another(question.ty, &shown);
        let taken = self.mongo.insert(&collection, wrong.clone()).is_ok();
        if taken { said(format!("PostgreSQL has {shown}, and MongoDB takes {}", wrong["r"])) } else { None }
    }

    /// The value that MongoDB computes itself; `None` where it fails.
    fn computed(&mut self, place: &Place<'_>, document: &Json) -> Option<Json> {
        let expression = find(&place.validator["$expr"]).or_else(|| find(place.validator))?;
        self.mongo
            .command(json!({ "delete": "raw", "deletes": [{ "q": {}, "limit": 0 }] }))
            .expect("deletes");
        self.mongo.insert("raw", document.clone()).expect("inserts");
        let pipeline = json!([{ "$project": { "r": expression } }]);
        let found =
            self.mongo.list(json!({ "aggregate": "raw", "pipeline": pipeline, "cursor": {} })).ok()?;
        Some(found[0]["r"].clone())
    }
}

impl Answers {
    /// Notes the questions that the compiler refused.
    fn refuse(&mut self, source: &str, first: usize, found: &[polity::diagnostics::Diagnostic]) {
        let before = self.refused.len();
        for diagnostic in found.iter().filter(|found| found.is_error()) {
            let label = diagnostic.primary.as_ref().expect("a place");
            let start = source[..label.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
            let entity = source[start..].split("entity ").nth(1).expect("an entity");
            let number: String = entity[1..].chars().take_while(char::is_ascii_digit).collect();
            let number: usize = number.parse().expect("the entity has a number");
            self.refused.insert(number - first, format!("{} {}", diagnostic.code, diagnostic.message));
        }
        assert!(self.refused.len() > before, "{found:#?}");
    }
}

/// A question about a row, in the entities of that number.
struct Place<'p> {
    number: usize,
    id: usize,
    question: &'p Question,
    row: &'p Row,
    validator: &'p Json,
}

impl Place<'_> {
    fn fields(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        let all = FIELDS.iter().zip(&self.row.values).map(|((name, ty), value)| (*name, *ty, value.as_str()));
        all.filter(|(name, ty, value)| {
            !(value.is_empty() && ty.ends_with('?')) && names(&self.question.expr, name)
        })
    }

    fn insert(&self) -> String {
        let (mut columns, mut values) = ("id".to_owned(), self.id.to_string());
        for (name, ty, value) in self.fields() {
            let _ = write!(columns, ", \"{name}\"");
            let quoted = value.replace('\'', "''");
            let _ = match ty {
                "interval" => write!(values, ", make_interval(secs => {value} / 1000.0)"),
                "bytes" => write!(values, ", '\\x{value}'"),
                "int[]?" => write!(values, ", '{{{value}}}'"),
                _ => write!(values, ", '{quoted}'"),
            };
        }
        let answer = match self.question.ty {
            "timestamp" => r#"to_char(r at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#,
            "interval" => "round(extract(epoch from r) * 1000)::bigint::text",
            _ => "r::text",
        };
        format!("insert into core.p{} ({columns}) values ({values}) returning {answer}", self.number)
    }

    fn document(&self) -> Json {
        let mut document = json!({ "_id": self.id });
        for (name, ty, value) in self.fields() {
            document[name] = bson(ty.trim_end_matches('?'), value);
        }
        document
    }
}

/// Whether a name stands in an expression, so that an entity needs the field.
pub fn names(expr: &str, name: &str) -> bool {
    expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
}

/// A platform with an entity in each store for each question that was not refused, on a line of its own.
fn source(questions: &[Question], refused: &BTreeMap<usize, String>, first: usize) -> String {
    let mut source = String::from(
        "platform asked { environments: [dev] }\nstore main: postgres 15 { database: \"asked\" }\n\
         store docs: mongodb 7 {}\n",
    );
    for (of, Question { ty, expr }) in
        questions.iter().enumerate().filter(|(of, _)| !refused.contains_key(of))
    {
        let fields = FIELDS.iter().filter(|(name, _)| names(expr, name));
        let fields: String = fields.map(|(name, ty)| format!("{name}: {ty}; ")).collect();
        let members = format!("id: int key; {fields}r: {ty}? computed ({expr})");
        let number = first + of;
        let _ = writeln!(source, "schema core in main {{ entity P{number} {{ {members} }} }}");
        let _ = writeln!(source, "entity D{number} in docs {{ {members} }}");
    }
    source
}

/// A value in Extended JSON, of the text in which PostgreSQL has it.
fn bson(ty: &str, value: &str) -> Json {
    match ty {
        "bool" => json!(value.starts_with('t')),
        "int" | "smallint" => json!({ "$numberInt": value }),
        "bigint" | "interval" => json!({ "$numberLong": value }),
        "float" => json!({ "$numberDouble": value }),
        "date" => json!({ "$date": format!("{value}T00:00:00Z") }),
        "timestamp" => json!({ "$date": value }),
        "json" => serde_json::from_str(value).expect("JSON"),
        "int[]" => json!(value.split(',').map(|n| n.parse::<i32>().expect("a number")).collect::<Vec<_>>()),
        "bytes" => json!({ "$binary": { "base64": base64(value), "subType": "00" } }),
        ty if ty.starts_with("decimal") => json!({ "$numberDecimal": value }),
        _ => json!(value),
    }
}

/// Bytes of hexadecimal digits, in base64.
fn base64(digits: &str) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let triples = digits.as_bytes().chunks(6).map(|triple| {
        let text = std::str::from_utf8(triple).expect("ASCII");
        let bits = usize::from_str_radix(&format!("{text:0<6}"), 16).expect("hexadecimal");
        let signs = [18, 12, 6, 0].map(|by| char::from(SIGNS[(bits >> by) & 63]));
        let kept: String = signs[..triple.len() / 2 + 1].iter().collect();
        format!("{kept:=<4}")
    });
    triples.collect()
}

/// A value of the type that is another one.
fn another(ty: &str, value: &str) -> Json {
    match ty {
        "bool" => json!(!value.starts_with('t')),
        "int" | "smallint" => json!({ "$numberInt": if value == "4711" { "4712" } else { "4711" } }),
        "bigint" | "interval" => json!({ "$numberLong": if value == "4711" { "4712" } else { "4711" } }),
        "float" => json!({ "$numberDouble": "4711.25" }),
        "date" | "timestamp" => json!({ "$date": "1999-01-02T00:00:00Z" }),
        ty if ty.starts_with("decimal") => json!({ "$numberDecimal": "47.11" }),
        "time" => json!("01:02:03.4"),
        _ => json!(format!("{value}!")),
    }
}

/// The expression that the computed field is held to, in a validator.
fn find(within: &Json) -> Option<Json> {
    match within {
        Json::Object(entries) => {
            if let Some(Json::Array(sides)) = entries.get("$eq")
                && (sides[0] == json!("$r") || sides[0] == json!({ "$ifNull": ["$r", null] }))
            {
                return Some(sides[1].clone());
            }
            entries.values().find_map(find)
        }
        Json::Array(items) => items.iter().find_map(find),
        _ => None,
    }
}

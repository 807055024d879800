//! A field of each form in every place that holds one.

use std::fmt::Write;
use std::str::FromStr;

use polity_runtime::{
    Country, Currency, Date, Decimal, Email, Interval, Language, Phone, Time, Timestamp, Url, Uuid,
};
use polity_tests::engines::{Mongo, Postgres};
use polity_tests::project::{build, text};
use serde_json::{Value as Json, json};

/// A form of texts, and who else judges one.
pub struct Form {
    pub name: &'static str,
    /// The type, as a source writes it.
    ty: &'static str,
    /// Whether the client reads a text of it.
    client: fn(&str) -> bool,
    /// Whether a column and a document hold it as a text, so that they are as strict as jsonb.
    is_text: bool,
    /// Whether a document holds it as a text.
    in_documents: bool,
    /// Whether a column reads the text; of a length of time it does not know the sign, which a driver writes otherwise.
    in_columns: bool,
}

const fn form(name: &'static str, ty: &'static str, client: fn(&str) -> bool) -> Form {
    Form { name, ty, client, is_text: true, in_documents: true, in_columns: true }
}

/// A form of what has a type of its own in a column, which reads more.
const fn typed(name: &'static str, ty: &'static str, client: fn(&str) -> bool, in_documents: bool) -> Form {
    Form { name, ty, client, is_text: false, in_documents, in_columns: true }
}

fn reads<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

fn matches(pattern: &str, text: &str) -> bool {
    polity_runtime::regex_lite::Regex::new(pattern).expect("a pattern").is_match(text)
}

pub const FORMS: &[Form] = &[
    form("email", "email", reads::<Email>),
    form("phone", "phone", reads::<Phone>),
    form("url", "url", reads::<Url>),
    form("country", "country", reads::<Country>),
    form("currency", "currency", reads::<Currency>),
    form("language", "language", reads::<Language>),
    form("word", r#"text matches "^\\w+$""#, |text| matches(r"^\w+$", text)),
    form("digits", r#"text matches "^\\d\\D?$""#, |text| matches(r"^\d\D?$", text)),
    form("blank", r#"text matches "^[\\sx]+\\S$""#, |text| matches(r"^[\sx]+\S$", text)),
    form("dot", r#"text matches "^a.b$""#, |text| matches("^a.b$", text)),
    form("other", r#"text matches "^[^a]\\W$""#, |text| matches(r"^[^a]\W$", text)),
    form("three", "text(3)", |text| text.chars().count() <= 3),
    typed("inet", "inet", |text| polity_runtime::stored::address(text).is_ok(), true),
    typed("time", "time", reads::<Time>, true),
    typed("date", "date", reads::<Date>, false),
    typed("timestamp", "timestamp", reads::<Timestamp>, false),
    Form { in_columns: false, ..typed("interval", "interval", reads::<Interval>, false) },
    typed("bigint", "bigint", reads::<i64>, false),
    typed("decimal", "decimal(5, 2)", reads::<Decimal>, false),
    typed("uuid", "uuid", reads::<Uuid>, false),
];

pub struct Stores {
    postgres: Postgres,
    mongo: Mongo,
}

impl Stores {
    pub fn open() -> Option<Self> {
        let (mut postgres, mut mongo) = (Postgres::server()?, Mongo::database()?);
        let artifacts = build(&source());
        postgres.script(&text(&artifacts, "main/roles.sql")).expect("roles");
        postgres.script_as("forms_migrator", &text(&artifacts, "main/schema.sql")).expect("the schema");
        postgres.run("set timezone = 'UTC'").expect("a zone");
        for form in FORMS.iter().filter(|form| form.in_documents) {
            let validator = text(&artifacts, &format!("docs/validators/d_{}.json", form.name));
            let validator: Json = serde_json::from_str(&validator).expect("JSON");
            let made = mongo.command(json!({ "create": format!("d_{}", form.name), "validator": validator }));
            made.expect("a collection");
        }
        Some(Self { postgres, mongo })
    }

    /// Whether a member of a record within jsonb takes the text.
    pub fn takes(&mut self, form: &Form, text: &str) -> bool {
        self.inserts(&format!("j_{}", form.name), &json!({ "x": text }).to_string())
    }

    /// Where the places of a form differ about a text.
    pub fn differ(&mut self, form: &Form, text: &str) -> Option<String> {
        let name = form.name;
        let within = self.takes(form, text);
        let listed = self.inserts(&format!("l_{name}"), &json!([{ "x": text }]).to_string());
        let column = !form.in_columns || self.inserts(&format!("p_{name}"), text);
        let document = form.in_documents.then(|| {
            let document = json!({ "_id": { "$oid": oid() }, "v": text });
            self.mongo.insert(&format!("d_{name}"), document).is_ok()
        });
        let client = (form.client)(text);
        let is_one = if form.is_text {
            within == column && within == client
        } else {
            // What reads more holds and reads what jsonb takes.
            !within || (column && client)
        };
        let is_one = is_one && within == listed && document.is_none_or(|document| document == within);
        (!is_one).then(|| {
            format!("{name} {text:?}: jsonb {within}, list {listed}, column {column}, document {document:?}, client {client}")
        })
    }

    fn inserts(&mut self, table: &str, value: &str) -> bool {
        let value = value.replace('\'', "''");
        self.postgres.run(&format!("insert into core.{table} (v) values ('{value}')")).is_ok()
    }
}

/// A fresh id.
fn oid() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:024x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn source() -> String {
    let mut source = String::from(
        "platform forms { environments: [dev] }\nstore main: postgres 15 { database: \"forms\" }\nstore docs: mongodb 7 {}\n",
    );
    for Form { name, ty, in_documents, .. } in FORMS {
        for (prefix, value) in
            [("p", (*ty).to_owned()), ("j", format!("{{ x: {ty} }}")), ("l", format!("{{ x: {ty} }}[]"))]
        {
            let entity = format!("{}{name}", prefix.to_uppercase());
            let _ = writeln!(
                source,
                "schema core in main {{ entity {entity} as \"{prefix}_{name}\" {{ id: bigint key = identity(); v: {value} }} }}"
            );
        }
        if *in_documents {
            let _ =
                writeln!(source, "entity D{name} in docs as \"d_{name}\" {{ id: object_id key; v: {ty} }}");
        }
    }
    source
}

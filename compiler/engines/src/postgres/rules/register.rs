//! The names of a database: two things that the source names alike, and, whatever their origin, two of which one would take
//! the place of the other.

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::super::lower::clashes::{self, Clash};
use super::super::lower::database::Database;
use super::super::lower::names::LIMIT;
use super::super::lower::placement::Placement;
use super::super::lower::scripted::{self, Kind, Made};
use super::super::lower::{given, lower};
use super::doubled::doubled;
use super::entities;
use super::record_size::is_too_large;
use super::resealed::resealed;
use super::spread_otherwise::spread_otherwise;
use super::uncastable::uncastable;
use super::unfilled::unfilled;
use super::unmanaged::unmanaged;
use polity_govern::Stored;
use polity_model::written_out::WrittenOut;
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0205, E0530, W0501};
use polity_text::source::Span;

/// Relations and functions of one name, in the source or among all that is created.
pub(super) fn register(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let made = scripted::made_in(platform, store);
    relations(platform, store, &made, found);
    functions(&made, found);
    let mut sizes = WrittenOut::new(platform);
    if platform.entities_in(store.id).any(|entity| is_too_large(entity, &mut sizes)) {
        return;
    }
    let database = Database::lower(platform, store);
    long_names(&database, found);
    // What is broken is not compared.
    if found.iter().any(Diagnostic::is_error) {
        return;
    }
    let lowered = lower(&database);
    found.extend(clashes::among(&database, &lowered, &made).into_iter().map(|clash| told(clash, store)));
    unfilled(&database, &lowered, found);
    uncastable(&database, &lowered, found);
    spread_otherwise(&database, &lowered, found);
    resealed(&database, &lowered, found);
    doubled(&database, &lowered, found);
    unmanaged(&database, &lowered, found);
    platform.keep(store.id, (database.into_drawn(), lowered));
}

/// Tells of two objects of one name where the source names one of them.
fn told(clash: Clash, store: &Store) -> Diagnostic {
    let message = format!("two objects of the database would be `{}`", clash.name);
    let help = match clash.script {
        Some(_) => "rename what the script makes",
        None => "give the one that the source names another stored name with `as \"…\"`",
    };
    let mut places = clash.script.into_iter().chain(clash.source);
    let place = places.next().unwrap_or(store.named.span);
    let error = Diagnostic::new(E0530, place, message).note(clash.objects).help(help);
    places.fold(error, |error, place| error.also(place, "the other comes from this"))
}

/// Names that PostgreSQL would cut off: each is stored under a shorter one that stays the same.
fn long_names(database: &Database, found: &mut Vec<Diagnostic>) {
    for name in &database.names.shortened {
        found.push(
            Diagnostic::new(
                W0501,
                name.span,
                format!("`{}` has {} bytes, and PostgreSQL keeps {LIMIT}", name.whole, name.whole.len()),
            )
            .here(format!("stored as `{}`", name.stored))
            .help("give it, or the table that its name begins with, a shorter name with `as \"…\"`"),
        );
    }
}

fn relations(platform: &Stored, store: &Store, made: &[Made], found: &mut Vec<Diagnostic>) {
    let placement = Placement::shared(platform, store);
    let all: Vec<&Entity> = entities(platform, store).collect();
    let mut named = given::relations(&placement, &all);
    for entity in &all {
        let whole = given::indexes(entity).filter(|(_, aliased, _)| *aliased);
        named.extend(whole.map(|(name, _, span)| (placement.schema_of(entity), name.clone(), span)));
    }
    let made = made.iter().filter(|made| made.kind == Kind::Relation && !made.gives_way);
    named.extend(made.map(|made| (made.schema.clone(), made.name.clone(), made.span)));
    let mut taken: HashMap<(SmolStr, SmolStr), Span> = HashMap::new();
    for (schema, name, span) in named {
        let message = format!("two relations would be stored as `{schema}.{name}`");
        if let Some(first) = taken.insert((schema, name), span) {
            twice(message, first, span, found);
        }
    }
}

fn functions(made: &[Made], found: &mut Vec<Diagnostic>) {
    let mut taken: HashMap<(&SmolStr, &SmolStr, &Kind), Span> = HashMap::new();
    for made in made.iter().filter(|made| matches!(made.kind, Kind::Function(_)) && !made.gives_way) {
        if let Some(first) = taken.insert((&made.schema, &made.name, &made.kind), made.span) {
            let message = format!("two scripts would make the function `{}.{}`", made.schema, made.name);
            twice(message, first, made.span, found);
        }
    }
}

/// Reports the second of two, unless it was reported that they are stored alike.
fn twice(message: String, first: Span, second: Span, found: &mut Vec<Diagnostic>) {
    let is_there = |reported: &Diagnostic| {
        let at = reported.primary.as_ref().map(|label| label.span);
        reported.code == E0205 && (at == Some(first) || at == Some(second))
    };
    if first != second && found.iter().any(is_there) {
        return;
    }
    found.push(
        Diagnostic::new(E0205, second, message)
            .also(first, "this has the name already")
            .note("tables, views, sequences and indexes of a schema share one space of names")
            .help("give it another name; without `as` an index begins with the name of its table"),
    );
}

#[cfg(test)]
mod tests {
    use polity::Options;
    use polity::compile;
    use polity_text::source::Sources;

    /// Returns the errors and the lines with an index or a unique constraint, for a table `things` with these clauses.
    fn said(clauses: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
             schema core in main {{\n  entity Thing as \"things\" {{\n    id: int key\n    a: int\n    {clauses}\n  }}\n}}\n"
        );
        let compiled = compile(&Sources::single("shop.polity", &source), &Options::default());
        let schema = compiled.artifacts.as_ref().and_then(|a| a.get("main/schema.sql")).unwrap_or_default();
        let schema = String::from_utf8_lossy(schema);
        let made = schema.lines().filter(|line| line.contains(" INDEX ") || line.contains(" UNIQUE "));
        let errors = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.clone());
        errors.chain(made.map(|line| line.trim().to_owned())).collect()
    }

    #[test]
    fn a_stored_name_is_the_whole_name() {
        assert_eq!(said("index by_a (a)"), ["CREATE INDEX things_by_a ON core.things (a);"]);
        assert_eq!(said("index by_a (a) as \"A's\""), ["CREATE INDEX \"A's\" ON core.things (a);"]);
        assert_eq!(said("unique (a) as \"sole\""), ["CONSTRAINT sole UNIQUE (a)"]);
    }

    #[test]
    fn a_stored_name_that_is_taken_is_refused() {
        assert_eq!(said("index (a) as \"things\""), ["two relations would be stored as `core.things`"]);
        assert_eq!(said("index (a) as \"\""), ["a stored name has at least one character"]);
    }

    /// A view of the rows that are not deleted has no name of its own in the source, so both entities are shown.
    #[test]
    fn a_name_of_a_view_of_live_rows_that_is_taken_is_told_at_the_entities() {
        let user = "entity User as \"users\" { id: int key; deleted_at: timestamp? soft_delete }";
        for other in [
            "entity Other as \"users_live\" { id: int key }",
            "view Other as \"users_live\" { sql \"select 1 as id\"; id: int }",
        ] {
            let source = format!(
                "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\nschema core in main {{ {user}\n{other} }}\n"
            );
            let sources = Sources::single("shop.polity", &source);
            let found = polity::check(&sources, None);
            let clash = found.iter().find(|d| d.code.as_str() == "E0530").expect("it is told");
            let at = |label: &polity_text::diagnostics::Label| sources.text(label.span).to_owned();
            assert_eq!(clash.primary.as_ref().map(at).as_deref(), Some("Other"), "{other}");
            assert_eq!(clash.others.iter().map(at).collect::<Vec<_>>(), ["User"], "{other}");
        }
    }

    /// Returns the codes for a platform with these items in schema `core`, and others.
    fn codes(items: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n{items}\n"
        );
        let compiled = compile(&Sources::single("shop.polity", &source), &Options::default());
        let errors = compiled.diagnostics.iter().filter(|d| d.is_error());
        errors.map(|d| d.code.to_string()).collect()
    }

    #[test]
    fn what_scripts_make_is_of_the_source() {
        const TABLE: &str = "schema core in main { entity T as \"t\" { id: int key } }\n";
        let with = |sql: &str| codes(&format!("{TABLE}sql once \"a\" \"\"\"{sql}\"\"\""));
        assert_eq!(with("create sequence core.other"), Vec::<String>::new());
        assert_eq!(with("create sequence core.t"), ["E0205"]);
        assert_eq!(with("create sequence if not exists core.t"), Vec::<String>::new());
        assert_eq!(with("create index t on core.t (id)"), ["E0205"]);
        let function = "create function core.f() returns int language sql as 'select 1'";
        assert_eq!(with(function), Vec::<String>::new());
        assert_eq!(with(&format!("{function}; {function}")), ["E0205"]);
    }

    #[test]
    fn a_schema_stored_as_public_shares_it_with_what_stands_in_none() {
        let entity = "entity A as \"a\" in main { id: int key }";
        let schema = "schema p as \"public\" in main { entity B as \"a\" { id: int key } }";
        assert_eq!(codes(&format!("{entity}\n{schema}")), ["E0205"]);
        assert_eq!(codes(&format!("{entity}\n{}", schema.replace("\"a\"", "\"b\""))), Vec::<String>::new());
    }
}

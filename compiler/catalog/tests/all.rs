//! Catalogs of random shape: their file is read as it was written, and no object is made before what it needs.

mod document;
mod keyed;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polity_catalog::relational::{
    Argument, Catalog, Column, ColumnValue, DefaultPrivileges, DefaultRights, Firing, Function, FunctionBody,
    Grant, Job, Language, Name, Object, ObjectId, ObjectKind, Privilege, Reach, Schema, Sequence,
    SequenceMore, Table, Target, TransitionTables, Trigger, View, ViewKind, Volatility,
};
use proptest::prelude::*;
use smol_str::SmolStr;

fn name(number: usize) -> Name {
    Name::new("core", format!("o{number}"))
}

fn table(number: usize) -> Table {
    Table {
        name: name(number),
        owner: "owner".into(),
        columns: Vec::new(),
        partitioned: None,
        partition_of: None,
        storage: BTreeMap::new(),
        row_security: false,
        unforced: false,
        unlogged: false,
        comment: SmolStr::default(),
    }
}

fn function(number: usize, body: FunctionBody) -> Function {
    Function {
        name: name(number),
        owner: "owner".into(),
        arguments: Vec::new(),
        returns: Some("integer".into()),
        language: Language::Sql,
        volatility: Volatility::Volatile,
        parallel_safe: false,
        strict: false,
        leakproof: false,
        security_definer: false,
        settings: Vec::new(),
        body,
    }
}

fn view(number: usize, query: String) -> View {
    View {
        name: name(number),
        owner: "owner".into(),
        kind: ViewKind::OfReader,
        query,
        comment: SmolStr::default(),
        column_comments: BTreeMap::new(),
    }
}

/// The kinds that one object can be, each with what it names.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Table,
    View,
    Atomic,
    Text,
}

fn kinds() -> impl Strategy<Value = Vec<(Kind, Vec<prop::sample::Index>)>> {
    let kind = prop_oneof![Just(Kind::Table), Just(Kind::View), Just(Kind::Atomic), Just(Kind::Text)];
    prop::collection::vec((kind, prop::collection::vec(any::<prop::sample::Index>(), 0..4)), 1..40)
}

/// A catalog in which an object needs only such as stand before it in the list, and may mention any in a text. The second
/// value holds what each needs.
fn catalog(kinds: &[(Kind, Vec<prop::sample::Index>)]) -> (Catalog, BTreeMap<Name, Vec<Name>>) {
    let (mut catalog, mut needs) = (Catalog::default(), BTreeMap::new());
    // The order of names says nothing about the order of needs.
    let number = |at: usize| (at * 7919 + 13) % 10_007;
    for (at, (kind, others)) in kinds.iter().enumerate() {
        let earlier = others.iter().filter(|_| at > 0).map(|other| name(number(other.index(at.max(1)))));
        let earlier: Vec<Name> = earlier.collect();
        let calls = earlier.iter().map(|name| format!("{name}()")).collect::<Vec<_>>().join(" + ");
        let own = name(number(at));
        match kind {
            Kind::Table => {
                let mut table = table(number(at));
                table.columns.push("c".into());
                catalog.insert(table);
                catalog.insert(Column {
                    table: own.clone(),
                    name: "c".into(),
                    ty: "integer".into(),
                    required: true,
                    value: ColumnValue::Default(calls),
                    hidden_from_planner: false,
                    uncompressed: false,
                    sequence: SmolStr::default(),
                    comment: SmolStr::default(),
                });
            }
            Kind::View => drop(catalog.insert(view(number(at), format!("SELECT 1 FROM {calls}")))),
            Kind::Atomic => drop(catalog.insert(function(number(at), FunctionBody::Atomic(calls)))),
            Kind::Text => {
                let any = others.iter().map(|other| name(number(other.index(kinds.len()))).to_string());
                let text = any.collect::<Vec<_>>().join(" ");
                drop(catalog.insert(function(number(at), FunctionBody::Text(text))));
            }
        }
        let held = if matches!(kind, Kind::Text) { Vec::new() } else { earlier };
        needs.insert(own, held);
    }
    (catalog, needs)
}

fn named(object: &Object) -> Name {
    match object {
        Object::Table(table) => table.name.clone(),
        Object::View(view) => view.name.clone(),
        Object::Function(function) => function.name.clone(),
        other => panic!("{other:?} is neither table, view nor function"),
    }
}

proptest! {
    #[test]
    fn nothing_is_made_before_what_it_needs(kinds in kinds()) {
        let (catalog, needs) = catalog(&kinds);
        let order: Vec<Name> = catalog.dependencies().creation().into_iter().map(named).collect();
        prop_assert_eq!(order.len(), kinds.len());
        let place: HashMap<&Name, usize> = order.iter().enumerate().map(|(at, name)| (name, at)).collect();
        for (name, needed) in &needs {
            for other in needed {
                prop_assert!(place[other] < place[name], "{} needs {}: {:?}", name, other, order);
            }
        }
        let removal: Vec<Name> = catalog.dependencies().removal().into_iter().map(named).collect();
        prop_assert_eq!(removal.len(), kinds.len());
        let place: HashMap<&Name, usize> = removal.iter().enumerate().map(|(at, name)| (name, at)).collect();
        for (name, needed) in &needs {
            for other in needed {
                prop_assert!(place[name] < place[other], "{} needs {}: {:?}", name, other, removal);
            }
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_written(kinds in kinds(), text in ".*") {
        let (mut catalog, _) = catalog(&kinds);
        catalog.insert(Schema { name: text.as_str().into(), owner: "owner".into(), comment: text.as_str().into() });
        let sequence = Name::new(text.as_str(), text.as_str());
        catalog.insert(Sequence {
            name: sequence.clone(), owner: "o".into(), least: -3, start: 7, more: SequenceMore::default(), comment: SmolStr::default(),
        });
        catalog.grant(Grant {
            on: Target::Sequence(sequence),
            to: text.as_str().into(),
            by: Some("owner".into()),
            privileges: BTreeMap::from([
                (Privilege::Select, Reach::Whole),
                (Privilege::Insert, Reach::Columns(vec![text.as_str().into()])),
            ]),
            grantable: BTreeSet::from([Privilege::Insert]),
        });
        catalog.grant(Grant {
            on: Target::Database,
            to: text.as_str().into(),
            by: None,
            privileges: BTreeMap::from([
                (Privilege::Connect, Reach::Whole),
                (Privilege::Temporary, Reach::Whole),
            ]),
            grantable: BTreeSet::new(),
        });
        catalog.insert(Job {
            name: text.as_str().into(),
            schedule: "7 3 * * *".into(),
            command: text.clone(),
            role: text.as_str().into(),
            comment: text.as_str().into(),
        });
        let rights = DefaultRights {
            privileges: BTreeSet::from([Privilege::Usage]),
            grantable: BTreeSet::from([Privilege::Usage]),
        };
        for within in [None, Some(text.as_str().into())] {
            catalog.insert(DefaultPrivileges {
                by: text.as_str().into(),
                on: ObjectKind::LargeObjects,
                within,
                rights: BTreeMap::from([(text.as_str().into(), rights.clone())]),
            });
        }
        let read = Catalog::from_json(&catalog.to_json());
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(catalog));
    }
}

#[test]
fn a_file_that_is_none_is_refused_and_says_why() {
    let said = |text: &str| Catalog::from_json(text).map(drop).map_err(|error| error.to_string());
    assert!(said("").is_err_and(|error| error.starts_with("not a catalog: ")));
    assert!(said("{}").is_err_and(|error| error.contains("format")));
    assert!(said(r#"{"format": 2, "objects": []}"#).is_err_and(|error| error.contains("format 2")));
    let twice = r#"{"format": 1, "objects": [
        {"extension": {"name": "a", "schema": "e"}}, {"extension": {"name": "a", "schema": "f"}}]}"#;
    assert!(said(twice).is_err_and(|error| error.contains("twice")));
    assert_eq!(said(r#"{"format": 1, "objects": []}"#), Ok(()));
}

#[test]
fn rights_on_the_same_object_are_one() {
    let grant = |reach: Reach, privilege| Grant {
        on: Target::Relation(name(1)),
        to: "app".into(),
        by: Some("owner".into()),
        privileges: BTreeMap::from([(privilege, reach)]),
        grantable: BTreeSet::new(),
    };
    let columns = |names: &[&str]| Reach::Columns(names.iter().copied().map(SmolStr::new).collect());
    let mut catalog = Catalog::default();
    catalog.grant(grant(columns(&["a"]), Privilege::Select));
    catalog.grant(grant(columns(&["b", "a"]), Privilege::Select));
    catalog.grant(grant(columns(&["a"]), Privilege::Update));
    catalog.grant(grant(Reach::Whole, Privilege::Update));
    catalog.grant(grant(columns(&["a"]), Privilege::Update));
    let id = ObjectId::Grant(Target::Relation(name(1)), "app".into());
    let Some(Object::Grant(held)) = catalog.get(&id) else { panic!("{catalog:?}") };
    assert_eq!(held.privileges[&Privilege::Select], columns(&["a", "b"]));
    assert_eq!(held.privileges[&Privilege::Update], Reach::Whole);
}

/// A trigger's function can be made after its table, and cannot go before it.
#[test]
fn tables_go_before_the_functions_of_their_triggers() {
    let mut catalog = Catalog::default();
    catalog.insert(table(2));
    catalog.insert(function(1, FunctionBody::Text(String::new())));
    catalog.insert(Trigger {
        table: name(2),
        name: "t".into(),
        before: true,
        events: Vec::new(),
        each_row: true,
        condition: None,
        function: name(1),
        arguments: Vec::new(),
        columns: Vec::new(),
        rows: TransitionTables::default(),
        firing: Firing::default(),
    });
    let names = |objects: Vec<&Object>| objects.into_iter().map(named).collect::<Vec<_>>();
    assert_eq!(names(catalog.dependencies().creation()), [name(2), name(1)]);
    assert_eq!(names(catalog.dependencies().removal()), [name(2), name(1)]);
}

/// A text that is read when it runs is no reason not to make a function, where everything goes round.
#[test]
fn a_circle_through_a_text_is_opened_there() {
    let mut catalog = Catalog::default();
    let mut own = table(3);
    own.columns.push("c".into());
    catalog.insert(own);
    catalog.insert(Column {
        table: name(3),
        name: "c".into(),
        ty: "integer".into(),
        required: false,
        value: ColumnValue::Default(format!("{}()", name(1))),
        hidden_from_planner: false,
        uncompressed: false,
        sequence: SmolStr::default(),
        comment: SmolStr::default(),
    });
    let mut mentions = function(1, FunctionBody::Text(format!("SELECT 1 FROM {}", name(3))));
    catalog.insert(mentions.clone());
    let names = |objects: Vec<&Object>| objects.into_iter().map(named).collect::<Vec<_>>();
    assert_eq!(names(catalog.dependencies().creation()), [name(1), name(3)]);
    // Another function of that name and other arguments is another object.
    mentions.arguments = vec![Argument { name: "a".into(), ty: "text".into(), default: None }];
    assert_eq!(catalog.insert(mentions), None);
}

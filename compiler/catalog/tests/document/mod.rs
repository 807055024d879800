//! The catalog of a document engine: its file, and the order that means nothing in it.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use polity_catalog::document::{
    Action, BsonType, Catalog, Collection, EncryptedField, Index, Items, Key, KeyKind, Literal, Number,
    Object, Others, Property, Role, Schema, Sharding, TextSearch, User, View,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;
use smol_str::SmolStr;

fn name() -> impl Strategy<Value = SmolStr> {
    ".{0,8}".prop_map(SmolStr::from)
}

fn bson_type() -> impl Strategy<Value = BsonType> {
    use BsonType::*;
    prop::sample::select(vec![
        Double, String, Object, Array, BinData, ObjectId, Bool, Date, Null, Int, Long, Decimal, Number,
    ])
}

fn number() -> impl Strategy<Value = Number> {
    let double = |number: f64| serde_json::Number::from_f64(number).map(Number::Double);
    prop_oneof![
        any::<i64>().prop_map(Number::Whole),
        any::<f64>().prop_filter_map("JSON has no infinity", double),
        "-?[0-9]{1,30}(\\.[0-9]{1,9})?".prop_map(|digits| Number::Decimal(digits.into())),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![name().prop_map(Literal::Text), name().prop_map(|uuid| Literal::Uuid { uuid })]
}

fn plain() -> impl Strategy<Value = Schema> {
    let words = (option::of(bson_type()), any::<bool>(), name(), ".{0,9}", vec(literal(), 0..3));
    let numbers = (option::of(number()), option::of(number()), option::of(number()));
    let sizes = (option::of(any::<u32>()), option::of(any::<u32>()), vec(".{0,9}", 0..3));
    (words, numbers, sizes).prop_map(|(words, numbers, sizes)| {
        let (bson_type, nullable, title, description, allowed) = words;
        let (minimum, maximum, multiple_of) = numbers;
        let (min_length, max_items, patterns) = sizes;
        Schema {
            bson_type,
            nullable,
            title,
            description,
            allowed: allowed.into_iter().collect(),
            minimum,
            maximum,
            multiple_of,
            min_length,
            max_items,
            patterns,
            ..Schema::default()
        }
    })
}

fn schema() -> impl Strategy<Value = Schema> {
    plain().prop_recursive(4, 24, 4, |inner| {
        let property = (any::<bool>(), vec(name(), 0..2), inner.clone())
            .prop_map(|(required, needs, schema)| Property { required, needs, schema });
        let each = |schema| Items::Each(Box::new(schema));
        let items = prop_oneof![
            Just(Items::Any),
            inner.clone().prop_map(each),
            vec(inner.clone(), 0..3).prop_map(Items::Tuple),
        ];
        let others = prop_oneof![
            Just(Others::Any),
            Just(Others::Refused),
            inner.prop_map(|schema| Others::Each(Box::new(schema))),
        ];
        (plain(), vec((name(), property), 0..4), items, others).prop_map(
            |(plain, properties, items, others)| Schema {
                properties: properties.into_iter().collect(),
                items,
                others,
                ..plain
            },
        )
    })
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    use KeyKind::*;
    let kind = prop::sample::select(vec![Ascending, Descending, Hashed, Sphere, Text]);
    vec((name(), kind).prop_map(|(path, kind)| Key { path, kind }), 1..4)
}

fn collection() -> impl Strategy<Value = Object> {
    let encrypted = (name(), option::of(bson_type()), name(), any::<bool>())
        .prop_map(|(path, bson_type, key, searchable)| EncryptedField { path, bson_type, key, searchable });
    let check = name().prop_map(|field| json!({ "$gt": [format!("${field}"), 0.1] }));
    (name(), schema(), vec(check, 0..3), vec(encrypted, 0..2))
        .prop_map(|(name, schema, checks, encrypted)| Collection { name, schema, checks, encrypted }.into())
}

fn index() -> impl Strategy<Value = Object> {
    let text = (vec((name(), any::<u32>()), 1..3), name()).prop_map(|(weights, language)| TextSearch {
        weights: weights.into_iter().collect(),
        language,
        language_field: "l".into(),
    });
    let settings = (any::<bool>(), option::of(any::<u64>()), option::of(text), any::<bool>());
    (name(), name(), keys(), settings).prop_map(|(collection, name, keys, settings)| {
        let (unique, expire_after_seconds, text, hidden) = settings;
        let filter = unique.then(|| json!({ name.as_str(): { "$exists": true } }));
        let options = BTreeMap::from([("collation".into(), json!({ "locale": collection.as_str() }))]);
        Index { collection, name, keys, unique, filter, expire_after_seconds, text, hidden, options }.into()
    })
}

fn role() -> impl Strategy<Value = Object> {
    use Action::*;
    let actions = prop::sample::subsequence(vec![Find, Insert, Update, Remove], 0..4)
        .prop_map(|actions| actions.into_iter().collect::<BTreeSet<_>>());
    (name(), vec((name(), actions), 0..4))
        .prop_map(|(name, privileges)| Role { name, privileges: privileges.into_iter().collect() }.into())
}

fn object() -> impl Strategy<Value = Object> {
    prop_oneof![
        collection(),
        index(),
        role(),
        (name(), keys()).prop_map(|(collection, keys)| Sharding { collection, keys }.into()),
        (name(), name(), vec((name(), any::<bool>()), 0..3)).prop_map(|(name, of, shows)| View {
            name,
            of,
            shows: shows.into_iter().collect()
        }
        .into()),
        (name(), vec(name(), 0..3)).prop_map(|(name, roles)| User {
            name,
            roles: roles.into_iter().collect()
        }
        .into()),
    ]
}

proptest! {
    #[test]
    fn a_joined_schema_takes_what_both_take(one in schema(), other in schema()) {
        let joined = one.joined(&other);
        prop_assert!(joined.includes(&one) && joined.includes(&other), "{joined:#?}");
        prop_assert!(one.includes(&one) && Schema::default().includes(&joined));
    }

    #[test]
    fn a_file_is_read_as_it_was_written(objects in vec(object(), 0..6)) {
        let catalog: Catalog = objects.into_iter().collect();
        let read = Catalog::from_json(&catalog.to_json());
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(catalog.clone()));
        let again = Catalog::from_json(&catalog.to_json()).expect("it is the same text").to_json();
        prop_assert_eq!(again, catalog.to_json());
    }

    /// Fields of a schema may stand in any order; keys of an index may not.
    #[test]
    fn order_is_no_difference_but_in_a_key(
        (fields, shuffled) in vec((name(), plain()), 2..6).prop_flat_map(|fields| {
            let fields: BTreeMap<SmolStr, Schema> = fields.into_iter().collect();
            let fields: Vec<_> = fields.into_iter().collect();
            (Just(fields.clone()), Just(fields).prop_shuffle())
        }),
        keys in keys(),
    ) {
        let of = |fields: &[(SmolStr, Schema)]| {
            let property = |schema: &Schema| Property { schema: schema.clone(), ..Property::default() };
            let properties = fields.iter().map(|(name, schema)| (name.clone(), property(schema))).collect();
            Schema { properties, ..Schema::of(BsonType::Object) }
        };
        prop_assert_eq!(of(&fields), of(&shuffled));
        let sharding = |keys: Vec<Key>| Sharding { collection: "c".into(), keys };
        let mut turned = keys.clone();
        turned.reverse();
        prop_assert_eq!(sharding(keys.clone()) == sharding(turned.clone()), keys == turned);
    }
}

/// Documents of 100 levels, with the stack of a program's main thread.
#[test]
fn a_deep_schema_is_read() {
    let within = |schema: Schema| Schema {
        properties: [("a".into(), Property { required: true, schema, ..Property::default() })].into(),
        others: Others::Refused,
        ..Schema::of(BsonType::Object)
    };
    let works = move || {
        let schema = (0..100).fold(Schema::of(BsonType::Int), |schema, _| within(schema));
        let collection = Collection { name: "c".into(), schema, checks: Vec::new(), encrypted: Vec::new() };
        let catalog = Catalog::from_iter([collection.into()]);
        assert_eq!(Catalog::from_json(&catalog.to_json()).expect("it is not too deep"), catalog);
    };
    thread::Builder::new().stack_size(8 << 20).spawn(works).expect("a thread").join().expect("it ends");
}

#[test]
fn a_file_that_is_none_is_refused_and_says_why() {
    let said = |text: &str| Catalog::from_json(text).map(drop).map_err(|error| error.to_string());
    let user = |name: &str| format!(r#"{{"user": {{"name": "{name}", "roles": []}}}}"#);
    let file = |objects: &[String]| format!(r#"{{"format": 1, "objects": [{}]}}"#, objects.join(", "));
    assert_eq!(
        said(&"[".repeat(100_000)),
        Err("not a catalog: it has 100000 levels, where at most 512 are expected".to_owned())
    );
    assert_eq!(said(&file(&[user(&format!("\\\"{}", "[".repeat(999)))])), Ok(()), "a name has no levels");
    assert_eq!(
        said(&file(&[user("a"), user("a")])),
        Err("not a catalog: it holds User(\"a\") twice".to_owned())
    );
    assert!(said(r#"{"format": 7, "objects": []}"#).is_err_and(|error| error.contains("format 7")));
    assert!(said(&(file(&[]) + " more")).is_err_and(|error| error.contains("trailing")));
    assert_eq!(said(&file(&[])), Ok(()));
}

#[test]
fn a_narrower_schema_does_not_include_a_wider_one() {
    let text = |most: u32| Schema { max_length: Some(most), ..Schema::of(BsonType::String) };
    let document = |fields: &[(&str, bool)]| {
        let property = |required| Property { required, schema: text(9), ..Property::default() };
        let properties = fields.iter().map(|(name, required)| (SmolStr::from(*name), property(*required)));
        let properties = properties.collect();
        Schema { properties, others: Others::Refused, ..Schema::of(BsonType::Object) }
    };
    for (wide, narrow) in [
        (text(9), text(8)),
        (Schema::of(BsonType::Number), Schema::of(BsonType::Long)),
        (Schema { nullable: true, ..text(9) }, text(9)),
        (text(9), Schema { allowed: ["a".into()].into(), ..text(9) }),
        (document(&[("a", false)]), document(&[("a", true)])),
        (document(&[("a", true), ("b", false)]), document(&[("a", true)])),
        (
            Schema { minimum: Some(Number::Whole(1)), ..Schema::default() },
            Schema { minimum: Some(Number::Decimal("1.5".into())), ..Schema::default() },
        ),
    ] {
        assert!(wide.includes(&narrow), "{wide:#?}");
        assert!(!narrow.includes(&wide), "{narrow:#?}");
        assert_eq!(wide.joined(&narrow), wide);
        assert_eq!(narrow.joined(&wide), wide);
    }
    let (before, after) = (document(&[("a", true), ("b", true)]), document(&[("a", true), ("c", true)]));
    assert_eq!(after.joined(&before), document(&[("a", true), ("c", false), ("b", false)]));
    let (number, words) = (Schema::of(BsonType::Long), Schema::of(BsonType::String));
    assert_eq!(number.joined(&words).any_of, [number, words]);
}

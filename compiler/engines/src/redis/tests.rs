//! From a source to its catalog: what changes there when the source does, and that files say all of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::lower::server;
use super::*;
use polity_catalog::Identified;
use polity_catalog::keyed::{self, Field, ObjectId, Part, Piece, Rights, Value};
use polity_text::source::Sources;

const HEAD: &str = "platform shop { environments: [dev, prod] }\n\
                    store cache: redis 7 { max_memory: 64MiB, in prod { max_memory: 1GiB } }\n";

/// Keyspaces and channels of many kinds, in no order that a sort would give.
const KEYSPACES: &[&str] = &[
    "keyspace Session in cache { pattern \"session:{user: uuid}\"; value json { token: text #secret, at: timestamp? }; ttl 1h }",
    "keyspace Hits in cache { pattern \"hits:{day: date}\"; value counter; ttl 90d; database 3 }",
    "keyspace Jobs in cache { pattern \"jobs\"; value list of text; max_length 3 }",
    "keyspace Card in cache { pattern \"card:{id: int}:{of: text}\"; value hash { name: text, city: text? }; together by (id) }",
    "keyspace Feed in cache { pattern \"feed\"; value stream { what: text; groups [workers]; dead_letter }; max_length 2 }",
    "keyspace Login in cache { pattern \"login:{ip: inet #personal}\"; limit 3 per 15m sliding }",
    "keyspace Note in cache { pattern \"note:{id: int}\"; value text(80) }",
    "channel Notices in cache { pattern \"user:{user: uuid}:notices\"; value text }",
    "channel Alerts in cache { pattern \"alerts\"; value int }",
];

const SERVICES: &str = "
service api {
  write cache.Session, cache.Jobs
  read cache.Session
  consume cache.Feed as workers
  publish cache.Notices
}
";

fn valid(source: &str) -> Valid {
    let (governed, mut found) = polity::govern(&Sources::single("test.polity", source), None);
    let valid = polity::gate(governed, crate::rules_of, &mut found);
    valid.unwrap_or_else(|| panic!("{source}\n{found:#?}"))
}

fn lowered(source: &str) -> keyed::Catalog {
    let valid = valid(source);
    server(&valid, &valid.stores[0], None).catalog
}

fn source(keyspaces: &[&str], rest: &str) -> String {
    format!("{HEAD}{}\n{rest}", keyspaces.join("\n"))
}

/// The identities of objects that two catalogs do not share: gone, new and changed.
fn differences(before: &keyed::Catalog, after: &keyed::Catalog) -> [BTreeSet<ObjectId>; 3] {
    let ids =
        |catalog: &keyed::Catalog| -> BTreeSet<ObjectId> { catalog.objects().map(Object::id).collect() };
    let (old, new) = (ids(before), ids(after));
    let changed = old.intersection(&new).filter(|id| before.get(id) != after.get(id)).cloned();
    [&old - &new, &new - &old, changed.collect()]
}

/// A catalog without the orders that the engine keeps and nobody asks for.
fn unordered(catalog: &keyed::Catalog) -> keyed::Catalog {
    fn rights(rights: &mut Rights) {
        rights.keys.sort_by(|a, b| a.glob.cmp(&b.glob));
        rights.channels.sort();
        rights.commands.sort();
    }
    fn fields(fields: &mut [Field]) {
        fields.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let mut out = keyed::Catalog::default();
    for object in catalog.objects() {
        let mut object = object.clone();
        match &mut object {
            Object::User(user) => {
                rights(&mut user.rights);
                user.selectors.iter_mut().for_each(rights);
                user.selectors.sort_by_key(|selector| format!("{selector:?}"));
            }
            Object::Keyspace(keyspace) => match &mut keyspace.value {
                Value::Json(of) | Value::Hash(of) | Value::Document(of) => fields(of),
                _ => {}
            },
            _ => {}
        }
        out.insert(object);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_a_source_means_nothing(
        keyspaces in Just(KEYSPACES.to_vec()).prop_shuffle(),
        services in any::<bool>(),
    ) {
        let rest = if services { SERVICES } else { "" };
        let (before, after) = (lowered(&source(KEYSPACES, rest)), lowered(&source(&keyspaces, rest)));
        let [gone, new, changed] = differences(&before, &after);
        prop_assert_eq!((gone.len(), new.len()), (0, 0));
        // One selector lists the keys of all keyspaces of a kind, in the order of the source.
        prop_assert!(changed.iter().all(|id| *id == ObjectId::User("shop_app".into())), "{:?}", changed);
        prop_assert_eq!(unordered(&before), unordered(&after));
    }
}

#[test]
fn the_order_of_fields_is_listed_and_means_nothing() {
    let before = lowered(&source(KEYSPACES, ""));
    let turned: Vec<String> = KEYSPACES
        .iter()
        .map(|keyspace| keyspace.replace("name: text, city: text?", "city: text?, name: text"))
        .collect();
    let turned: Vec<&str> = turned.iter().map(String::as_str).collect();
    let after = lowered(&source(&turned, ""));
    let [gone, new, changed] = differences(&before, &after);
    assert_eq!((gone.len(), new.len()), (0, 0));
    assert_eq!(changed, BTreeSet::from([ObjectId::Keyspace("Card".into())]));
    assert_eq!(unordered(&before), unordered(&after));
}

#[test]
fn one_more_keyspace_changes_only_what_is_its_own() {
    let added = "keyspace Basket in cache { pattern \"basket:{id: int}\"; value text; ttl 1d }";
    let keyspaces = [&[added], KEYSPACES].concat();
    let own = || {
        let functions = ["put", "claim", "drop"];
        let functions = functions.map(|operation| ObjectId::Function(format!("basket_{operation}").into()));
        functions.into_iter().chain([ObjectId::Keyspace("Basket".into())]).collect::<BTreeSet<_>>()
    };
    // Services may do what their lines say and no more.
    let (before, after) = (lowered(&source(KEYSPACES, SERVICES)), lowered(&source(&keyspaces, SERVICES)));
    assert_eq!(differences(&before, &after), [BTreeSet::new(), own(), BTreeSet::new()]);
    // The application may use every keyspace.
    let (before, after) = (lowered(&source(KEYSPACES, "")), lowered(&source(&keyspaces, "")));
    let application = BTreeSet::from([ObjectId::User("shop_app".into())]);
    assert_eq!(differences(&before, &after), [BTreeSet::new(), own(), application.clone()]);
    assert_eq!(differences(&after, &before), [own(), BTreeSet::new(), application]);
}

#[test]
fn one_more_field_changes_one_keyspace_by_a_few_lines() {
    let longer: Vec<String> = KEYSPACES
        .iter()
        .map(|keyspace| keyspace.replace("at: timestamp?", "device: text(40)?, at: timestamp?"))
        .collect();
    let longer: Vec<&str> = longer.iter().map(String::as_str).collect();
    let (before, after) = (lowered(&source(KEYSPACES, "")), lowered(&source(&longer, "")));
    let changed = BTreeSet::from([ObjectId::Keyspace("Session".into())]);
    assert_eq!(differences(&before, &after), [BTreeSet::new(), BTreeSet::new(), changed]);
    let (before, after) = (before.to_json(), after.to_json());
    let mut old = before.lines().peekable();
    let added: Vec<&str> = after.lines().filter(|line| old.next_if_eq(line).is_none()).collect();
    assert_eq!(old.next(), None, "no line goes");
    assert!((1..=12).contains(&added.len()), "{added:#?}");
}

/// An environment with settings of its own has another configuration, and a file for it.
#[test]
fn environments_vary_in_what_they_set() {
    let valid = valid(&source(KEYSPACES, ""));
    let shared = server(&valid, &valid.stores[0], None);
    assert_eq!(shared.variation(&"dev".into()), None);
    let varied: Vec<ObjectId> = shared.variation(&"prod".into()).unwrap().objects().map(Object::id).collect();
    assert_eq!(varied, [ObjectId::Configuration]);
    let files = print::configuration::files(&shared, &[&"dev".into(), &"prod".into()]);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["redis.conf", "redis-prod.conf"]);
    assert!(files[0].1.contains("maxmemory 67108864\n") && files[1].1.contains("maxmemory 1073741824\n"));
}

/// Every object of a catalog is in one of its files.
#[test]
fn the_files_say_all_that_the_catalog_holds() {
    let valid = valid(&source(KEYSPACES, SERVICES));
    let shared = server(&valid, &valid.stores[0], None);
    let library = print::library::text(&shared, None).unwrap();
    let (acl, json) = (print::users::acl(&shared), print::keyspaces::text(&shared));
    let mut seen = 0;
    for object in shared.catalog.objects() {
        let (file, text) = match object {
            Object::Configuration(_) => continue,
            Object::Keyspace(keyspace) => (&json, format!("\"name\": \"{}\"", keyspace.name)),
            Object::Channel(channel) => (&json, format!("\"name\": \"{}\"", channel.name)),
            Object::Library(one) => (&library, one.code.clone()),
            Object::Fragment(fragment) => (&library, fragment.code.clone()),
            Object::Function(one) => {
                (&library, format!("function_name = '{}', callback = {}", one.name, one.callback))
            }
            Object::User(user) => (&acl, format!("user {} ", user.name)),
        };
        assert!(file.contains(&text), "{text}\n{file}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    let functions: usize = shared.functions().values().map(Vec::len).sum();
    assert_eq!(library.matches("register_function").count(), functions);
    assert_eq!(acl.lines().count(), shared.users().count());
}

const TENANTS: &str = r#"
platform shop { environments: [dev] }
store cache: redis 7 {}
tenancy by tenant_id: uuid
tier own { isolation: database }
tenant acme: own { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
keyspace Note in cache { pattern "note:{id: int}"; value text }
global keyspace Rate in cache { pattern "rate:{currency: currency}"; value float }
"#;

/// On a server of its own a tenant is the only one.
#[test]
fn a_server_of_one_tenant_holds_its_keys_alone() {
    let valid = valid(TENANTS);
    let store = &valid.stores[0];
    let placed = Redis.lower(&valid, store);
    let only = |placed: &Placed<'_>| {
        let Catalog::Keyed(catalog) = &placed.catalog else { panic!("{placed:?}") };
        let note = catalog.keyspace(&"Note".into()).unwrap();
        let Some(Part::Tenant { parameter, only }) = note.key.parts.first() else { panic!("{note:?}") };
        assert_eq!(parameter.name, "tenant");
        let rate = catalog.keyspace(&"Rate".into()).unwrap();
        assert!(rate.key.parts.iter().all(|part| !matches!(part, Part::Tenant { .. })), "{rate:?}");
        (placed.tenant.map(|tenant| tenant.named.name.to_string()), only.clone(), keys::glob(&note.key))
    };
    let id = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
    let found: Vec<_> = placed.iter().map(only).collect();
    let expected = [
        (None, None, "*:note:*".to_owned()),
        (Some("acme".to_owned()), Some(id.into()), format!("{id}:note:*")),
    ];
    assert_eq!(found, expected);
}

/// Braces of a tag are text of the key, and the parameter in them is told.
#[test]
fn a_hash_tag_is_a_part_of_its_key() {
    let catalog = lowered(&source(KEYSPACES, ""));
    let card = catalog.keyspace(&"Card".into()).unwrap();
    assert_eq!(keys::shown(&card.key), "card:{{id}}:{of}");
    assert_eq!(keys::example(&card.key).as_deref(), Some("card:{42}:example"));
    let tagged =
        card.key.pieces().into_iter().filter(|piece| matches!(piece, Piece::Parameter { tagged: true, .. }));
    assert_eq!(tagged.count(), 1);
    let jobs = catalog.keyspace(&"Jobs".into()).unwrap();
    assert_eq!(
        jobs.companion.as_ref().map(|companion| keys::shown(&companion.key)),
        Some("{jobs}:processing".to_owned())
    );
}

//! The scripts of a MongoDB store make on a real server what its catalogs say: in the database that tenants share, and in
//! one that a tenant has of its own.

use polity::{Options, Sources};
use polity_catalog::Catalog;
use polity_catalog::document::{self, Action, Index, Key, KeyKind, Literal, Object, Schema};
use polity_engines::engine_of;
use polity_tests::engines::Mongo;
use polity_tests::project::{on_disk, valid};
use serde_json::{Value, json};

const SHOP: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 7 { database: "shop" }
tenancy by tenant_id: text(20)
tier small { isolation: row; accept client_enforced in documents because "the repository puts the tenant into every filter" }
tier large { isolation: database; prefix: "{tenant}_" }
tenant ours:   large { id: "ours" }
tenant theirs: small { id: "theirs" }
enum Status { open, closed }
entity Visit in documents {
  id: uuid key
  page: text(80)
  status: Status = open
  seen: bigint?
  at: timestamp
  index (page, at desc)
  unique (seen)
  retain 30d after at
}
global entity Country in documents { id: uuid key; name: text; note: text }
service desk { read Visit; write Visit; read Country (id, name); write Country }
service guide { read Country; delete Visit }
"#;

#[test]
fn scripts_make_what_catalogs_say() {
    let valid = valid(&Sources::single("shop.polity", SHOP));
    let store = &valid.stores[0];
    let folder = on_disk(&polity::emit(&valid, &Options::default()));
    let placed = engine_of(store).lower(&valid, store);
    assert_eq!(placed.len(), 2);
    for placed in placed {
        let Some(mut mongo) = Mongo::database() else { return };
        let Catalog::Document(catalog) = placed.catalog else { panic!("{:?}", placed.catalog) };
        let name = mongo.name().to_owned();
        let tenant = placed.tenant.map_or("", |tenant| tenant.named.name.as_str());
        let variables = [("POLITY_DATABASE", name.as_str()), ("POLITY_TENANT", tenant)];
        for script in ["apply.js", "roles.js"] {
            mongo.script_file(&folder.path().join("documents").join(script), &variables).expect("runs");
        }
        assert_eq!(found(&mut mongo), said(&catalog), "{tenant}");
    }
}

/// The objects of a catalog, a line a fact.
fn said(catalog: &document::Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    for object in catalog.objects() {
        match object {
            Object::Collection(collection) => {
                lines.extend(collection.schema.properties.iter().map(|(name, property)| {
                    let enumerated: Vec<Value> = property.schema.allowed.iter().map(literal).collect();
                    field(&collection.name, name, type_of(&property.schema), property.required, &enumerated)
                }));
            }
            Object::Index(index) => lines.push(said_of_index(index)),
            Object::View(view) => {
                let shows =
                    view.shows.iter().map(|(name, is_shown)| (name.to_string(), json!(u8::from(*is_shown))));
                lines.push(format!("view {} of {}: {}", view.name, view.of, shows.collect::<Value>()));
            }
            Object::Role(role) => lines.extend(role.privileges.iter().map(|(on, actions)| {
                let actions: Vec<&str> = actions.iter().copied().map(Action::name).collect();
                format!("role {} on {on}: {}", role.name, actions.join(" "))
            })),
            Object::Sharding(_) | Object::User(_) => {}
        }
    }
    lines.sort();
    lines
}

fn said_of_index(index: &Index) -> String {
    let key = index.keys.iter().map(|Key { path, kind }| match kind {
        KeyKind::Ascending => format!("{path} 1"),
        KeyKind::Descending => format!("{path} -1"),
        other => panic!("{other:?} is not in the source"),
    });
    index_line(
        &index.collection,
        &index.name,
        &key.collect::<Vec<_>>(),
        index.unique,
        &index.filter.clone().unwrap_or_default(),
        &json!(index.expire_after_seconds),
    )
}

/// The objects of a database, as the server lists them.
fn found(mongo: &mut Mongo) -> Vec<String> {
    let mut lines = Vec::new();
    for listed in mongo.list(json!({ "listCollections": 1 })).expect("listed") {
        let name = listed["name"].as_str().expect("a name");
        let options = &listed["options"];
        if name.starts_with("system.") {
            continue;
        }
        if listed["type"] == "view" {
            let (of, shows) =
                (options["viewOn"].as_str().expect("a name"), &options["pipeline"][0]["$project"]);
            lines.push(format!("view {name} of {of}: {shows}"));
            continue;
        }
        lines.extend(found_fields(name, &options["validator"]["$jsonSchema"]));
        for index in mongo.list(json!({ "listIndexes": name })).expect("listed") {
            lines.extend(found_index(name, &index));
        }
    }
    let answer = mongo.command(json!({ "rolesInfo": 1, "showPrivileges": true })).expect("told");
    for role in answer["roles"].as_array().expect("roles") {
        for privilege in role["privileges"].as_array().expect("privileges") {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let actions: Vec<String> =
                privilege["actions"].as_array().expect("actions").iter().map(text).collect();
            let on = text(&privilege["resource"]["collection"]);
            lines.push(format!("role {} on {on}: {}", text(&role["role"]), actions.join(" ")));
        }
    }
    lines.sort();
    lines
}

fn found_fields(collection: &str, schema: &Value) -> Vec<String> {
    assert_eq!(schema["additionalProperties"], false, "{schema}");
    let required = schema["required"].as_array().expect("some are");
    let properties = schema["properties"].as_object().expect("fields");
    let line = |(name, property): (&String, &Value)| {
        let enumerated = property["enum"].as_array().cloned().unwrap_or_default();
        let bson_type = property["bsonType"].as_str().expect("a type");
        field(collection, name, bson_type, required.contains(&json!(name)), &enumerated)
    };
    properties.iter().map(line).collect()
}

fn found_index(collection: &str, index: &Value) -> Option<String> {
    let name = index["name"].as_str().filter(|name| *name != "_id_")?;
    let key = index["key"].as_object().expect("a key").iter();
    let key: Vec<String> = key.map(|(path, kind)| format!("{path} {kind}")).collect();
    let is_unique = index["unique"] == true;
    let (filter, seconds) = (&index["partialFilterExpression"], &index["expireAfterSeconds"]);
    Some(index_line(collection, name, &key, is_unique, filter, seconds))
}

fn field(collection: &str, name: &str, bson_type: &str, is_required: bool, enumerated: &[Value]) -> String {
    format!("field {collection}.{name}: {bson_type} {is_required} {}", json!(enumerated))
}

fn index_line(
    collection: &str,
    name: &str,
    key: &[String],
    is_unique: bool,
    filter: &Value,
    seconds: &Value,
) -> String {
    format!("index {collection}.{name}: {} {is_unique} {filter} {seconds}", key.join(", "))
}

fn type_of(schema: &Schema) -> &'static str {
    schema.bson_type.map_or("", |bson_type| bson_type.name())
}

fn literal(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => json!(text.as_str()),
        Literal::Uuid { uuid } => json!({ "$uuid": uuid.as_str() }),
    }
}

//! `erase_subject.js` and `export_subject.js`: a person's documents gone, or in one answer.

use serde_json::{Map, Value as Json, json};

use super::lower::aggregation::Update;
use super::lower::{Lowered, collection};
use super::print::place;
use super::print::promote::{SEALS, moves};
use crate::withheld::{OTHER, SEALED, names_person};
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_govern::erasure::{Action, Inside, Plan, Rows};
use polity_model::{Entity, FieldId, Reference, Scalar, Store};
use polity_text::quoting::{javascript, shell};

/// The files, where anything of a person stands in the store.
pub(super) fn files(valid: &Valid, store: &Store) -> Vec<(&'static str, String)> {
    let plans = valid.erasure_plans();
    let plans: Vec<&Plan> = plans
        .iter()
        .filter(|plan| plan.rows.iter().any(|rows| valid[rows.entity].store == store.id))
        .collect();
    if plans.is_empty() {
        return Vec::new();
    }
    let anonymizes = plans
        .iter()
        .flat_map(|plan| &plan.rows)
        .any(|rows| rows.action == Action::Anonymize && valid[rows.entity].store == store.id);
    let people: Map<String, Json> = plans
        .iter()
        .map(|plan| {
            let steps: Vec<Json> =
                plan.rows.iter().filter_map(|rows| step(valid, store, plan, rows)).collect();
            (valid.entity_path(plan.subject), Json::Array(steps))
        })
        .collect();
    let people = javascript::literal(&Json::Object(people));
    let one = |file: &'static str, erases: bool| {
        let mut values = place::header(valid, store);
        let own = json!({
            "file": file,
            "sealed": javascript::literal(&json!(SEALED)),
            "other": javascript::literal(&json!(OTHER)),
            "erases": erases,
            "exports": !erases,
            "tenancy": valid.tenancy.is_some(),
            "tenant_type": valid.tenancy.as_ref().map(|t| type_name(valid.scalar(&t.ty))),
            "people": people,
            "many": plans.len() > 1,
            "anonymizes": erases && anonymizes,
            "about_anonymize": match erases && anonymizes {
                true => " One with `anonymize` stays, and becomes that.",
                false => "",
            },
            "batch": false,
            "seals": (erases && moves(valid)).then_some(SEALS),
        });
        if let Json::Object(own) = own {
            values.extend(own);
        }
        (file, polity_templates::render(polity_templates::mongodb::ERASE_SUBJECT, values))
    };
    vec![one("erase_subject.js", true), one("export_subject.js", false)]
}

/// Lines of a shell that name the tenant of `$POLITY_TENANT_ID`, where that has a database of its own.
pub(super) fn name_of_tenant(platform: &Stored) -> String {
    let own: String = platform
        .tenants_apart()
        .map(|tenant| {
            let (id, name) = (shell::word(tenant.id()), shell::word(&tenant.named.name));
            format!("  {id}) export POLITY_TENANT={name} ;;\n")
        })
        .collect();
    if own.is_empty() { own } else { format!("case $POLITY_TENANT_ID in\n{own}esac\n") }
}

/// `erase_tenant.js`, where anything in the store is one tenant's.
pub(super) fn tenant_file(valid: &Valid, store: &Store, lowered: &Lowered<'_>) -> Option<String> {
    let fields = lowered.tenant_fields.iter();
    let collections: Vec<Json> =
        fields.map(|(name, field)| json!({ "name": name.as_str(), "field": field.as_str() })).collect();
    if collections.is_empty() {
        return None;
    }
    let mut values = place::header(valid, store);
    let ty = valid.tenancy.as_ref().map(|tenancy| type_name(valid.scalar(&tenancy.ty)));
    values.insert("collections".to_owned(), json!(javascript::literal(&Json::Array(collections))));
    values.insert("own".to_owned(), json!(if ty == Some("uuid") { "UUID(id)" } else { "id" }));
    values.insert("seals".to_owned(), json!(moves(valid).then_some(SEALS)));
    Some(polity_templates::render(polity_templates::mongodb::ERASE_TENANT, values))
}

/// How one entity's rows are found; nothing where they are in another store and nobody here asks for them.
fn step(valid: &Valid, store: &Store, plan: &Plan, rows: &Rows) -> Option<Json> {
    let entity = &valid[rows.entity];
    let path = valid.entity_path(rows.entity);
    let mut step = Map::new();
    step.insert("entity".to_owned(), json!(path));
    if rows.entity == plan.subject {
        step.insert("subject".to_owned(), json!(true));
    }
    let is_here = entity.store == store.id;
    let sought: Vec<Json> = rows.sought.iter().map(|field| sought(valid, entity, *field)).collect();
    if !(is_here || rows.handed_on || rows.entity == plan.subject) {
        return None;
    }
    step.insert("sought".to_owned(), Json::Array(sought));
    if is_here {
        if rows.action == Action::Anonymize {
            let own = rows.emptied.iter().filter(|i| rows.by.contains(i));
            let emptied: Vec<FieldId> =
                own.flat_map(|i| &valid.reference(entity.id, *i).fields).copied().collect();
            let emptied: Vec<FieldId> =
                emptied.into_iter().filter(|field| entity.field(*field).ty.optional).collect();
            let update = Update::anonymizing(valid, entity, &emptied);
            step.insert("anonymize".to_owned(), Json::Array(update.stages));
        }
        step.insert("collection".to_owned(), json!(entity.named.stored.as_str()));
        if let Some(tenant) = entity.tenant.filter(|_| valid[plan.subject].tenant.is_some()) {
            step.insert("tenant".to_owned(), json!(collection::field_name(valid, entity, tenant).as_str()));
        }
        let by = rows.by.iter().map(|i| way(valid, entity, plan, valid.reference(entity.id, *i)));
        let inside = rows.inside.iter().map(|inside| way_inside(valid, entity, plan, inside));
        let by: Vec<Json> = by.chain(inside).collect();
        step.insert("by".to_owned(), Json::Array(by));
        let own = |i: &&usize| rows.action == Action::Anonymize && rows.by.contains(i);
        let emptied = rows.emptied.iter().filter(|i| !own(i)).map(|i| valid.reference(entity.id, *i));
        let emptied: Vec<Json> =
            emptied.map(|reference| emptied_way(valid, entity, plan, reference)).collect();
        if !emptied.is_empty() {
            step.insert("emptied".to_owned(), Json::Array(emptied));
        }
        let secret = entity.fields().filter(|(id, field)| {
            valid.is_labelled(entity.id, *id, "secret")
                || valid.blind_index_of(entity.id, *id).is_some()
                || valid.scalar(&field.ty) == Some(Scalar::Password)
        });
        let secrets: Vec<Json> =
            secret.map(|(id, _)| json!(collection::field_name(valid, entity, id).as_str())).collect();
        if rows.action == Action::Keep {
            step.insert("stays".to_owned(), json!(true));
        }
        step.insert("secrets".to_owned(), Json::Array(secrets));
        let name = |id| json!(collection::field_name(valid, entity, id).as_str());
        let sealed = entity.fields().map(|(id, _)| id).filter(|id| valid.encrypted(entity.id, *id).is_some());
        step.insert("sealed".to_owned(), sealed.map(name).collect());
        let people = entity.fields().map(|(id, _)| id).filter(|id| !entity.key.contains(id));
        let people = people.filter(|id| names_person(valid, entity, *id)).map(name);
        step.insert("people".to_owned(), people.collect());
        step.insert("handedOn".to_owned(), json!(rows.handed_on));
    }
    Some(Json::Object(step))
}

/// The name that other stores know a field by, the one in the documents, and its type.
fn sought(valid: &Valid, entity: &Entity, field: FieldId) -> Json {
    json!({
        "name": entity.field(field).named.name.as_str(),
        "field": collection::field_name(valid, entity, field).as_str(),
        "type": type_name(valid.scalar(&entity.field(field).ty)),
    })
}

/// A reference by which a document is the person's.
fn way(valid: &Valid, entity: &Entity, plan: &Plan, reference: &Reference) -> Json {
    let target = &valid[reference.target];
    let pairs = reference.fields.iter().zip(&reference.target_fields);
    let pairs =
        pairs.filter(|(_, field)| Some(**field) != target.tenant || valid[plan.subject].tenant.is_none());
    let fields: Vec<Json> = pairs
        .map(|(own, field)| {
            json!({
                "field": collection::field_name(valid, entity, *own).as_str(),
                "name": target.field(*field).named.name.as_str(),
            })
        })
        .collect();
    let mut way = Map::new();
    way.insert("to".to_owned(), json!(valid.entity_path(reference.target)));
    way.insert("fields".to_owned(), Json::Array(fields));
    if let Some((arm, field)) = reference.told_by(entity)
        && let Some(name) = collection::type_name(valid, entity, entity.field(field))
    {
        way.insert("where".to_owned(), json!({ name.as_str(): arm.as_str() }));
    }
    Json::Object(way)
}

/// A reference of rows of others, which is emptied where it leads to what goes.
fn emptied_way(valid: &Valid, entity: &Entity, plan: &Plan, reference: &Reference) -> Json {
    let mut way = way(valid, entity, plan, reference);
    let optional = reference.fields.iter().filter(|field| entity.field(**field).ty.optional);
    let names = optional.flat_map(|field| {
        let beside = collection::type_name(valid, entity, entity.field(*field));
        [Some(collection::field_name(valid, entity, *field).to_string()), beside.map(|name| name.to_string())]
    });
    let unset: Map<String, Json> = names.flatten().map(|name| (name, json!(""))).collect();
    way["unset"] = Json::Object(unset);
    way
}

/// A reference inside of a record by which a document is the person's.
fn way_inside(valid: &Valid, entity: &Entity, plan: &Plan, inside: &Inside) -> Json {
    let path = collection::path(valid, entity, &inside.path);
    let name = valid[plan.subject].field(inside.field).named.name.as_str();
    let mut way = Map::new();
    way.insert("to".to_owned(), json!(valid.entity_path(plan.subject)));
    way.insert("fields".to_owned(), json!([{ "field": path, "name": name }]));
    if let (Some(arm), Some(beside)) = (&inside.arm, collection::type_path(valid, entity, &inside.path)) {
        way.insert("where".to_owned(), json!({ beside: arm.as_str() }));
    }
    Json::Object(way)
}

/// The type that a text is converted to before it is looked for.
fn type_name(scalar: Option<Scalar>) -> &'static str {
    match scalar {
        Some(Scalar::Uuid) => "uuid",
        Some(Scalar::ObjectId) => "objectId",
        Some(Scalar::SmallInt | Scalar::Int) => "int",
        Some(Scalar::BigInt) => "long",
        _ => "string",
    }
}

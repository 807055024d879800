//! The JSON schema of the values: closed, so that a misspelt key is refused by `helm lint` and `helm install`.

use serde_json::{Map, Value as Json, json};

use super::super::config::{Style, key, specs_of};
use super::{around_schema, keys};
use polity_engines::surface::Faced;
use polity_model::Store;
use polity_model::settings::catalogue::{Kind, Spec};

/// The schema of `values.yaml` with any of the environments laid over it.
pub(super) fn schema(valid: &Faced<'_>, words: &[String]) -> Json {
    let stores: Map<String, Json> =
        valid.stores.iter().map(|store| (store.named.name.to_string(), store_schema(valid, store))).collect();
    let required: Vec<&str> = valid.stores.iter().map(|store| store.named.name.as_str()).collect();
    let mut environments: Vec<&str> = valid.environments.iter().map(|e| e.name.as_str()).collect();
    environments.insert(0, "");
    let mut out = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("Values of {}", valid.name),
        "type": "object",
        "required": ["platform", "environment", "stores"],
        "additionalProperties": false,
        "properties": {
            "platform": { "const": valid.name.as_str() },
            "environment": { "enum": environments },
            "production": { "type": "boolean" },
            "stores": {
                "type": "object",
                "required": required,
                "additionalProperties": false,
                "properties": stores,
            },
        },
    });
    out["definitions"] = around_schema::definitions();
    if let Some(properties) = out["properties"].as_object_mut() {
        properties.extend(around_schema::parts(words));
    }
    if keys::has_any(valid) {
        out["properties"]["encryptionKeys"] = encryption_keys(valid);
    }
    if !valid.services.is_empty() {
        out["properties"]["services"] = services(valid);
        out["properties"]["operators"] = operators();
        for name in ["services", "operators"] {
            out["required"].as_array_mut().into_iter().for_each(|names| names.push(json!(name)));
        }
    }
    if !valid.tenants.is_empty() {
        let part = || json!({ "type": "string" });
        out["properties"]["tenant"] = json!({
            "description": "Whose resources these are, where a tenant has some of its own.",
            "type": "object",
            "additionalProperties": false,
            "properties": { "name": part(), "id": part(), "tier": part() },
        });
    }
    out
}

fn encryption_keys(valid: &Faced<'_>) -> Json {
    let secrets = json!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": { "key": property(Kind::Secret), "index": property(Kind::Secret) },
    });
    let keys: Map<String, Json> =
        valid.encryption_keys.iter().map(|key| (key.named.name.to_string(), secrets.clone())).collect();
    json!({
        "description": "Where Kubernetes keeps encryption keys, and the roots of their blind indexes.",
        "type": "object",
        "additionalProperties": false,
        "properties": keys,
    })
}

fn services(valid: &Faced<'_>) -> Json {
    let services: Map<String, Json> = valid
        .services
        .iter()
        .map(|service| (service.named.name.to_string(), service_schema(valid)))
        .collect();
    json!({
        "description": "As whom each service logs in, and where its password is.",
        "type": "object",
        "additionalProperties": false,
        "properties": services,
    })
}

fn operators() -> Json {
    json!({
        "description": "Pods that migrate, maintain and measure the stores.",
        "type": "object",
        "required": ["podLabels"],
        "additionalProperties": false,
        "properties": { "podLabels": labels() },
    })
}

/// Labels of pods, none of which is an empty selector, which would select every pod.
fn labels() -> Json {
    json!({ "type": "object", "minProperties": 1, "additionalProperties": { "type": "string" } })
}

fn service_schema(valid: &Faced<'_>) -> Json {
    let login = json!({
        "type": "object",
        "required": ["user", "password"],
        "additionalProperties": false,
        "properties": { "user": { "type": "string" }, "password": property(Kind::Secret) },
    });
    let stores: Map<String, Json> =
        valid.stores.iter().map(|store| (store.named.name.to_string(), login.clone())).collect();
    json!({
        "type": "object",
        "required": ["podLabels", "stores"],
        "additionalProperties": false,
        "properties": {
            "about": { "type": "string" },
            "podLabels": labels(),
            "stores": { "type": "object", "additionalProperties": false, "properties": stores },
        },
    })
}

/// The schema of the rules on who may connect to a store; nobody is held back where they are `null`.
fn network() -> Json {
    let port = json!({ "type": "integer", "minimum": 1, "maximum": 65535 });
    json!({
        "description": "Who may connect, for templates/network-policies.yaml.",
        "type": ["object", "null"],
        "required": ["port", "podLabels"],
        "additionalProperties": false,
        "properties": {
            "port": port,
            "podLabels": labels(),
            "namespace": { "type": ["string", "null"] },
            "pool": {
                "type": ["object", "null"],
                "required": ["port", "podLabels"],
                "additionalProperties": false,
                "properties": { "port": port, "podLabels": labels() },
            },
            "extraIngress": {
                "description": "More rules, as Kubernetes writes them under `ingress`.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": { "from": { "type": "array" }, "ports": { "type": "array" } },
                },
            },
        },
    })
}

fn store_schema(valid: &Faced<'_>, store: &Store) -> Json {
    let mut properties = Map::new();
    properties.insert("engine".to_owned(), json!({ "const": store.engine.as_str() }));
    properties.insert("version".to_owned(), json!({ "type": "string" }));
    properties.extend(properties_of(&specs_of(store)));
    if !valid.services.is_empty() {
        properties.insert("network".to_owned(), network());
    }
    properties.insert(
        "jobs".to_owned(),
        json!({
            "description": "Maintenance to be run on a schedule.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "schedule"],
                "oneOf": [{ "required": ["sql"] }, { "required": ["command"] }],
                "additionalProperties": false,
                "properties": {
                    "name": { "type": "string" },
                    "schedule": { "type": "string" },
                    "sql": { "type": "string" },
                    "command": { "type": "string", "description": "For a shell that knows where the store is." },
                    "database": { "type": "string", "description": "The database of a tenant in which it runs, instead of the store's own." },
                    "tenant": { "type": "string", "description": "The tenant in whose place it runs, with Secrets of its own." },
                    "variables": { "type": "object", "additionalProperties": { "type": "string" } },
                    "about": { "type": "string" },
                },
            },
        }),
    );
    properties.extend(around_schema::of_store());
    json!({
        "type": "object",
        "description": store.named.docs.as_str(),
        "required": ["engine", "version"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn properties_of(specs: &[Spec]) -> Map<String, Json> {
    let mut out = Map::new();
    for spec in specs {
        let mut property = match (spec.name, spec.kind) {
            ("encryption", _) => encryption(),
            ("settings", Kind::Record(specs)) => parameters(specs),
            (_, kind) => property(kind),
        };
        if let Json::Object(map) = &mut property {
            map.insert("description".to_owned(), json!(spec.docs));
        }
        out.insert(key(spec.name, Style::Camel), property);
    }
    out
}

/// The type of a setting as `config` writes it. `null` is allowed wherever an environment may take a key away.
fn property(kind: Kind) -> Json {
    match kind {
        Kind::Bool => json!({ "type": ["boolean", "null"] }),
        Kind::Integer(low, high) => integer(low, high),
        Kind::Number => json!({ "type": ["number", "null"] }),
        Kind::Text | Kind::AnyWord => json!({ "type": ["string", "null"] }),
        Kind::Duration => json!({
            "type": ["integer", "string", "null"],
            "minimum": 0,
            "pattern": "^[0-9]+(ms|mo|y)$",
        }),
        Kind::Size => json!({
            "type": ["integer", "string", "null"],
            "minimum": 0,
            "pattern": "^[0-9]+(k|M|G|T|Ki|Mi|Gi|Ti)$",
        }),
        Kind::Percent => json!({ "type": ["string", "null"], "pattern": "^[0-9]+(\\.[0-9]+)?%$" }),
        Kind::Rate => {
            let count = json!({ "type": "integer", "minimum": 0 });
            let properties = [("count".to_owned(), count), ("per".to_owned(), property(Kind::Duration))];
            object(properties.into_iter().collect())
        }
        Kind::Word(words) => {
            let mut words: Vec<Json> = words.iter().map(|w| json!(w)).collect();
            words.push(Json::Null);
            json!({ "enum": words })
        }
        Kind::List(element) => json!({ "type": ["array", "null"], "items": property(*element) }),
        Kind::Record(specs) => object(properties_of(specs)),
        Kind::Map(element) => {
            json!({ "type": ["object", "null"], "additionalProperties": property(*element) })
        }
        Kind::Tagged(tags) => {
            let names: Vec<&str> = tags.iter().map(|(tag, _)| *tag).collect();
            let mut properties = Map::new();
            properties.insert("kind".to_owned(), json!({ "enum": names }));
            properties.extend(tags.iter().flat_map(|(_, specs)| properties_of(specs)));
            object(properties)
        }
        Kind::Secret => {
            let text = json!({ "type": ["string", "null"] });
            let names = ["secret", "key", "environmentVariable"];
            object(names.into_iter().map(|name| (name.to_owned(), text.clone())).collect())
        }
        Kind::OneOf(kinds) => json!({ "anyOf": kinds.iter().map(|k| property(*k)).collect::<Vec<_>>() }),
        Kind::Anything => json!({}),
    }
}

fn integer(low: i64, high: i64) -> Json {
    let mut out = Map::new();
    out.insert("type".to_owned(), json!(["integer", "null"]));
    if low != i64::MIN {
        out.insert("minimum".to_owned(), json!(low));
    }
    if high != i64::MAX {
        out.insert("maximum".to_owned(), json!(high));
    }
    Json::Object(out)
}

/// Parameters of the server itself, under their own names.
fn parameters(specs: &[Spec]) -> Json {
    let text_or = |kind: Kind| match kind {
        Kind::Size | Kind::Duration => {
            json!({ "type": ["string", "null"], "pattern": "^[0-9]+(B|kB|MB|GB|TB|ms)$" })
        }
        kind => property(kind),
    };
    let properties = specs.iter().map(|spec| {
        let mut property = text_or(spec.kind);
        if let Json::Object(map) = &mut property {
            map.insert("description".to_owned(), json!(spec.docs));
        }
        (spec.name.to_owned(), property)
    });
    object(properties.collect())
}

fn encryption() -> Json {
    let flag = json!({ "type": ["boolean", "null"] });
    let text = json!({ "type": ["string", "null"] });
    let part = |detail: &str| {
        object(
            [("enabled".to_owned(), flag.clone()), (detail.to_owned(), text.clone())].into_iter().collect(),
        )
    };
    object(
        [("atRest".to_owned(), part("algorithm")), ("inTransit".to_owned(), part("tlsVersion"))]
            .into_iter()
            .collect(),
    )
}

fn object(properties: Map<String, Json>) -> Json {
    json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties })
}

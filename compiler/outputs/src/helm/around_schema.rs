//! The schema of what stands around stores: jobs, containers, Secrets, and the choices of who installs a chart.

use serde_json::{Map, Value as Json, json};

/// The parts of the schema that every chart has, by their names; `words` are those below `global`.
pub(super) fn parts(words: &[String]) -> Map<String, Json> {
    let parts = [
        ("global", global(words)),
        (
            "jobs",
            json!({
                "description": "Jobs that lead stores on before a release, by their names.",
                "type": "object",
                "additionalProperties": job(),
            }),
        ),
        (
            "secrets",
            json!({
                "description": "The Secrets that the chart names, with the entries that it reads.",
                "type": "object",
                "additionalProperties": { "type": "array", "items": text() },
            }),
        ),
        ("files", closed(&[("image", text())])),
        ("certificates", closed(&[("secret", text()), ("key", text())])),
        ("podSecurityContext", anything("Of every pod, as Kubernetes writes it.")),
        ("resources", anything("Of every container that says none of its own.")),
        (
            "monitoring",
            closed(&[
                ("serviceMonitors", flag()),
                ("rules", flag()),
                ("interval", json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$" })),
                ("labels", labels()),
                ("prometheus", closed(&[("namespace", text()), ("podLabels", some_labels())])),
            ]),
        ),
        (
            "externalSecrets",
            closed(&[
                ("enabled", flag()),
                ("refreshInterval", json!({ "type": "string", "pattern": "^([0-9]+(s|m|h))+$" })),
                ("prefix", text()),
                (
                    "store",
                    closed(&[
                        ("kind", json!({ "enum": ["SecretStore", "ClusterSecretStore"] })),
                        ("name", text()),
                    ]),
                ),
            ]),
        ),
        ("rbac", closed(&[("readers", json!({ "type": "array", "items": { "type": "object" } }))])),
    ];
    parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect()
}

/// The parts of every store, whose definitions stand once.
pub(super) fn of_store() -> [(String, Json); 3] {
    ["runner", "exporter", "pooler"]
        .map(|name| (name.to_owned(), json!({ "$ref": format!("#/definitions/{name}") })))
}

/// The definitions of the parts of stores.
pub(super) fn definitions() -> Json {
    let runner = container(&[
        ("suspend", flag()),
        ("startingDeadlineSeconds", whole()),
        ("backoffLimit", whole()),
        ("activeDeadlineSeconds", whole()),
    ]);
    let exporter = container(&[
        ("enabled", flag()),
        ("port", port()),
        ("portName", text()),
        ("serviceLabels", labels()),
        ("namespace", text()),
    ]);
    let pooler = container(&[
        ("enabled", flag()),
        ("replicas", whole()),
        ("port", port()),
        ("users", closed(&[("secret", text()), ("key", text())])),
        ("settings", anything("Lines of pgbouncer.ini.")),
    ]);
    json!({ "runner": runner, "exporter": exporter, "pooler": pooler })
}

fn global(words: &[String]) -> Json {
    let secret = json!({
        "type": ["object", "null"],
        "properties": { "secretName": { "type": ["string", "null"], "description": "The Secret with the address of the store." } },
    });
    let mut properties: Map<String, Json> = words.iter().map(|word| (word.clone(), secret.clone())).collect();
    properties.insert(
        "imagePullSecrets".to_owned(),
        json!({ "type": ["array", "null"], "items": { "type": "object" } }),
    );
    json!({
        "description": "Shared by all charts of a release; others may read more of it.",
        "type": "object",
        "properties": properties,
    })
}

fn job() -> Json {
    container(&[
        ("enabled", flag()),
        ("weight", json!({ "type": ["integer", "null"] })),
        ("backoffLimit", whole()),
        ("activeDeadlineSeconds", whole()),
    ])
}

/// A container, with more parts.
fn container(more: &[(&str, Json)]) -> Json {
    let texts = || json!({ "type": ["array", "null"], "items": { "type": "string" } });
    let entry = closed(&[("secret", text()), ("key", text()), ("of", text()), ("perTenant", flag())]);
    let parts = [
        ("image", text()),
        ("command", texts()),
        ("args", texts()),
        (
            "variables",
            json!({
                "type": ["object", "null"],
                "additionalProperties": { "type": ["string", "number", "boolean"] },
            }),
        ),
        ("secrets", json!({ "type": ["object", "null"], "additionalProperties": entry })),
        ("envFromSecret", text()),
        ("files", texts()),
        ("fromImage", flag()),
        ("resources", anything("Of this container.")),
    ];
    closed(&parts.into_iter().chain(more.iter().cloned()).collect::<Vec<_>>())
}

fn closed(properties: &[(&str, Json)]) -> Json {
    let properties: Map<String, Json> =
        properties.iter().map(|(name, part)| ((*name).to_owned(), part.clone())).collect();
    json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties })
}

fn anything(docs: &str) -> Json {
    json!({ "type": ["object", "null"], "description": docs })
}

fn labels() -> Json {
    json!({ "type": ["object", "null"], "additionalProperties": { "type": "string" } })
}

/// Labels of pods, none of which would be an empty selector.
fn some_labels() -> Json {
    json!({ "type": "object", "minProperties": 1, "additionalProperties": { "type": "string" } })
}

fn text() -> Json {
    json!({ "type": ["string", "null"] })
}

fn flag() -> Json {
    json!({ "type": ["boolean", "null"] })
}

fn whole() -> Json {
    json!({ "type": ["integer", "null"], "minimum": 0 })
}

fn port() -> Json {
    json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 65535 })
}

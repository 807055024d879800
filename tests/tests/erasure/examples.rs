//! The platforms of the examples: every place that the plan of an erasure names is filled for two persons, in every store;
//! one is erased by the files as they were written, nothing is left of that one, and all of the other.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use polity::artifact::Artifacts;
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_govern::erasure::{Action, Plan};
use polity_model::keyspace::{Part, ValueShape};
use polity_model::{Entity, EntityId, Field, Keyspace, Scalar, TypeKind};
use polity_tests::engines::{Mongo, Postgres, Redis};
use polity_tests::project;
use serde_json::{Value as Json, json};

use super::support::left;
use super::values::{Maker, Owner, Row, plain, unbase64};

const TENANT: &str = "0191f3a0-0002-7000-8000-000000000001";
const ANA: Owner = Owner { name: "ana", digit: 'a', tenant: TENANT, country: "SN" };
const BEN: Owner = Owner { name: "ben", digit: 'b', tenant: TENANT, country: "FR" };
const CEM: Owner = Owner { name: "cem", digit: 'c', tenant: TENANT, country: "DE" };
const DAN: Owner = Owner { name: "dan", digit: 'd', tenant: TENANT, country: "IT" };

struct Example {
    name: &'static str,
    valid: Valid,
    plan: Plan,
    files: tempfile::TempDir,
    main: Postgres,
    documents: Mongo,
    /// The server of each store of keys, by the store's name.
    keyed: BTreeMap<String, Redis>,
}

#[test]
fn nothing_is_left_of_a_person_of_ismail() {
    let Some(example) = Example::installed("ismail", "ismail") else { return };
    example.erase_one();
}

#[test]
fn nothing_is_left_of_a_person_of_the_streaming_platform() {
    let Some(example) = Example::installed("spotify-ai-agent", "spotify_ai_agent") else { return };
    example.erase_one();
}

impl Example {
    fn installed(folder: &str, name: &'static str) -> Option<Self> {
        let mut found = Vec::new();
        let (platform, _) = polity::govern(&project::example_sources(folder), None);
        let valid = polity_govern::check::gate(platform, polity_engines::rules_of, &mut found)
            .expect("the example has no error");
        let artifacts = polity::emit(&valid, &polity::Options::default());
        let plan = valid.erasure_plans()[0].clone();
        let main = installed_rows(&artifacts, name)?;
        let (documents, files) = (Mongo::database()?, project::on_disk(&artifacts));
        let mut keyed = BTreeMap::new();
        for store in valid.stores.iter().filter(|store| store.engine == "redis") {
            let store = store.named.name.to_string();
            let server = installed_keys(&artifacts, &store, name)?;
            keyed.insert(store, server);
        }
        let example = Self { name, valid, plan, files, main, documents, keyed };
        // This server has no text indexes; all else is made.
        let made = example.script("apply.js", &[]).unwrap_or_else(|said| said);
        let unmade = made.lines().skip_while(|line| !line.starts_with("left for")).skip(1);
        assert!(unmade.into_iter().all(|line| line.contains("text indexes are not supported")), "{made}");
        Some(example)
    }

    fn maker(&self) -> Maker<'_> {
        Maker { platform: &self.valid, plan: &self.plan, bystanders: [CEM, DAN, BEN] }
    }

    fn engine(&self, entity: EntityId) -> &str {
        &self.valid[self.valid[entity].store].engine
    }

    /// Fills every entity and every place of the plan, what is referred to first.
    fn fill(&mut self) {
        let mut rows = Vec::new();
        let mut documents = Vec::new();
        let mut keys = Vec::new();
        let maker = self.maker();
        for entity in in_order(&self.valid) {
            let is_target = |other: &Entity| self.valid.references(other.id).any(|r| r.target == entity);
            let count = match self.valid.entities.iter().any(is_target) {
                true => 4,
                false if self.plan.rows_of(entity).is_some() => 2,
                false => 0,
            };
            for owner in [ANA, BEN, CEM, DAN].into_iter().take(count) {
                for row in maker.rows(entity, owner) {
                    match self.engine(entity) {
                        "postgres" => rows.push(self.insert(&row)),
                        _ => documents.push((row.entity.named.stored.to_string(), maker.document(&row))),
                    }
                }
            }
        }
        for places in &self.plan.keys {
            let keyspace = &self.valid[places.keyspace];
            let store = self.valid[keyspace.store].named.name.to_string();
            keys.extend([ANA, BEN].map(|owner| (store.clone(), self.key(keyspace, owner))));
        }
        for insert in rows {
            let enter = if self.valid.tenancy.is_some() {
                format!("select polity.enter('{TENANT}');")
            } else {
                String::new()
            };
            let script = format!("begin; {enter} {insert}; commit;");
            self.main
                .script_as(&format!("{}_migrator", self.name), &script)
                .unwrap_or_else(|e| panic!("{insert}: {e}"));
        }
        for (collection, document) in documents {
            let shown = document.to_string();
            self.documents
                .insert(&collection, document)
                .unwrap_or_else(|e| panic!("{collection}: {e}: {shown}"));
        }
        for (store, (database, command)) in keys {
            let server = self.keyed.get_mut(&store).expect("it was started");
            server.command(&["SELECT", &database.to_string()]).expect("selects");
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            server.command(&words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
        }
    }

    fn insert(&self, row: &Row<'_>) -> String {
        let entity = row.entity;
        let store = &self.valid[entity.store];
        let surface = polity_engines::engine_of(store).surface(&self.valid, store);
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (id, text) in &row.values {
            let field = entity.field(*id);
            let is_labelled = self.valid.is_anonymized(entity.id, *id);
            let refers = self.valid.references(entity.id).any(|r| r.fields.contains(id));
            // The database fills in what it can; a row is wanted in a partition of today.
            let is_left = field.default.is_some() && !is_labelled && !refers;
            if is_left
                && !(entity.identity().contains(id) && self.valid.scalar(&field.ty) == Some(Scalar::Uuid))
            {
                continue;
            }
            let name = &surface.entities[&entity.id].field(*id).name;
            let held = match &field.ty.kind {
                TypeKind::Struct(_) if field.inline.is_some() => {
                    let record: Json = serde_json::from_str(text).expect("JSON");
                    let members = record.as_object().expect("a record").iter();
                    members.map(|(member, value)| (format!("{name}_{member}"), plain(value))).collect()
                }
                TypeKind::List(element) if self.valid.scalar(element).is_some() => {
                    let list: Vec<Json> = serde_json::from_str(text).expect("JSON");
                    vec![(
                        name.to_string(),
                        format!("{{{}}}", list.iter().map(plain).collect::<Vec<_>>().join(",")),
                    )]
                }
                _ if self.valid.scalar(&field.ty).is_some_and(Scalar::is_bytes) => {
                    vec![(name.to_string(), format!("\\x{text}"))]
                }
                _ => vec![(name.to_string(), text.clone())],
            };
            for (column, value) in held {
                columns.push(format!("\"{column}\""));
                values.push(format!("'{}'", value.replace('\'', "''")));
            }
        }
        format!(
            "insert into {} ({}) values ({})",
            self.table(entity.id),
            columns.join(", "),
            values.join(", ")
        )
    }

    fn table(&self, entity: EntityId) -> String {
        let entity = &self.valid[entity];
        let schema = entity.schema.map_or("public", |schema| self.valid[schema].named.stored.as_str());
        format!("{schema}.{}", entity.named.stored)
    }

    /// The database of a key that is one person's, and the command that makes it.
    fn key(&self, keyspace: &Keyspace, owner: Owner) -> (u32, Vec<String>) {
        let maker = self.maker();
        let seed = maker.seed_of_keys(owner);
        let names: Vec<String> = keyspace
            .pattern
            .parameters
            .iter()
            .enumerate()
            .map(|(i, parameter)| {
                let cached = keyspace.cache.as_ref().map(|cache| (cache.source, cache.key[i]));
                match cached {
                    _ if i == 0 && self.valid.tenancy.is_some() && !keyspace.global => TENANT.to_owned(),
                    Some((source, field)) => maker.first(source, field, owner),
                    // What is no reference is the same for both, so that they share the key where nothing else tells them apart.
                    None => maker.text_of(
                        &parameter.ty,
                        &maker.seed_of_keys(if is_reference(&parameter.ty) { owner } else { CEM }),
                    ),
                }
            })
            .collect();
        let part = |part: &Part| match part {
            Part::Literal(text) => text.to_string(),
            Part::Parameter(at) => names[*at].clone(),
        };
        let key: String = keyspace.pattern.parts.iter().map(part).collect();
        let of = |ty| maker.text_of(ty, &seed);
        let record = |id| maker.record(id, &seed);
        let words: Vec<String> = match &keyspace.value {
            ValueShape::Scalar(ty) => vec!["SET".into(), key, of(ty)],
            ValueShape::Json(id) => vec!["SET".into(), key, record(*id).to_string()],
            ValueShape::Document(id) => vec!["JSON.SET".into(), key, "$".into(), record(*id).to_string()],
            ValueShape::Hash(id) => flat(vec!["HSET".into(), key], &record(*id)),
            ValueShape::Stream { fields, .. } => flat(vec!["XADD".into(), key, "*".into()], &record(*fields)),
            ValueShape::List(ty) => vec!["RPUSH".into(), key, of(ty)],
            ValueShape::Set(ty) => vec!["SADD".into(), key, of(ty)],
            ValueShape::SortedSet { of: ty, .. } => vec!["ZADD".into(), key, "1".into(), of(ty)],
            ValueShape::Geo(ty) => vec!["GEOADD".into(), key, "2.35".into(), "48.85".into(), of(ty)],
            ValueShape::Bloom(ty) => vec!["BF.ADD".into(), key, of(ty)],
            ValueShape::TimeSeries => vec!["TS.ADD".into(), key, "1000".into(), "1".into()],
            ValueShape::HyperLogLog => vec!["PFADD".into(), key, "1".into()],
            ValueShape::Bitmap => vec!["SETBIT".into(), key, "1".into(), "1".into()],
            ValueShape::Limiter => vec!["ZADD".into(), key, "1".into(), "1".into()],
            ValueShape::Counter => vec!["SET".into(), key, "1".into()],
            ValueShape::Entity(_) | ValueShape::Broken => {
                vec!["SET".into(), key, json!({ "of": format!("{}-", owner.name) }).to_string()]
            }
        };
        (keyspace.database.map_or(0, |(database, _)| database), words)
    }

    fn script(&self, file: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let mut all = vec![("POLITY_DATABASE", self.documents.name())];
        all.extend(variables);
        self.documents.script_file(&self.files.path().join("documents").join(file), &all)
    }

    /// As the page about erasure says: rows, documents, rows again, keys.
    fn erase(&self, subject: &str) {
        let rows = |found: &str| {
            let enter = if self.valid.tenancy.is_some() {
                format!("select polity.enter('{TENANT}');")
            } else {
                String::new()
            };
            let call = format!(
                "begin; {enter} select polity.erase_subject('{subject}', $found${found}$found$); commit;"
            );
            let said = self.main.script_as(&format!("{}_eraser", self.name), &call).expect("erases rows");
            said.lines().find(|line| line.starts_with('{')).expect("what it found").to_owned()
        };
        let found = rows("{}");
        let variables = [("POLITY_SUBJECT", subject), ("POLITY_FOUND", &found), ("POLITY_TENANT_ID", TENANT)];
        let found = self.script("erase_subject.js", &variables).expect("erases documents");
        let found = rows(&found);
        self.keyed.iter().for_each(|(store, server)| self.erase_keys(store, server, &found));
    }

    fn erase_keys(&self, store: &str, server: &Redis, found: &str) {
        let (tools, socket) = server.for_scripts().expect("redis-cli is there");
        let mut child = Command::new("sh")
            .arg(self.files.path().join(store).join("scripts/erase_subject.sh"))
            .arg("-s")
            .arg(socket)
            .env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default()))
            .env("POLITY_TENANT_ID", TENANT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        child.stdin.take().expect("an input").write_all(found.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
    }

    /// Whatever holds a text, as it is or as bytes, in every store: the place and what stands there.
    fn held(&mut self, text: &str) -> Vec<String> {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut found = left(&mut self.main, text);
        found.extend(left(&mut self.main, &hex));
        for entity in self.valid.entities.iter().filter(|entity| self.valid[entity.store].engine == "mongodb")
        {
            let name = &entity.named.stored;
            for document in self.documents.find(name, json!({})).expect("reads") {
                let shown = readable(&document).to_string();
                if shown.contains(text) {
                    found.push(format!("{name}: {shown}"));
                }
            }
        }
        found.extend(self.keys().into_iter().filter(|line| line.contains(text)));
        found.sort();
        found.dedup();
        found
    }

    /// Each value of each key of each database of each server.
    fn keys(&mut self) -> Vec<String> {
        self.keyed.values_mut().flat_map(keys_of).collect()
    }

    fn erase_one(mut self) {
        self.fill();
        let (ana, ben) = ("aaaaaaaa", "bbbbbbbb");
        let names = |owner: Owner| format!("{}-", owner.name);
        self.every_place_is_filled(ana);
        let others = |all: Vec<String>| -> Vec<String> {
            all.into_iter().filter(|line| !line.contains(ana)).collect()
        };
        let (kept, named) = (others(self.held(ben)), others(self.held(&names(BEN))));
        assert!(!self.held(&names(ANA)).is_empty() && !kept.is_empty() && !named.is_empty());

        let subject = self.maker().first(self.plan.subject, self.valid[self.plan.subject].identity()[0], ANA);
        self.erase(&subject);
        self.nothing_is_left(ana, &names(ANA));
        assert_eq!(others(self.held(ben)), kept);
        assert_eq!(others(self.held(&names(BEN))), named);

        // Once more finds nothing to do.
        let after = self.held(ben);
        self.erase(&subject);
        self.nothing_is_left(ana, &names(ANA));
        assert_eq!(self.held(ben), after);
    }

    fn every_place_is_filled(&mut self, id: &str) {
        for rows in &self.plan.rows {
            let count = match self.engine(rows.entity) {
                "postgres" => {
                    let sql = format!(
                        "select count(*) from {} t where to_jsonb(t)::text like '%{id}%'",
                        self.table(rows.entity)
                    );
                    self.main.run(&sql).expect("counts")
                }
                _ => {
                    let all =
                        self.documents.find(&self.valid[rows.entity].named.stored, json!({})).expect("reads");
                    all.iter()
                        .filter(|document| readable(document).to_string().contains(id))
                        .count()
                        .to_string()
                }
            };
            assert_ne!(count, "0", "{}", self.valid.entity_path(rows.entity));
        }
        let filled = self.keys().iter().filter(|line| line.contains(id)).count();
        assert!(filled >= self.plan.keys.len(), "{filled} of {}", self.plan.keys.len());
    }

    fn nothing_is_left(&mut self, id: &str, name: &str) {
        assert_eq!(self.held(name), Vec::<String>::new());
        assert!(!self.keys().iter().any(|line| line.contains(id)));
        for rows in &self.plan.rows {
            let entity = &self.valid[rows.entity];
            let path = self.valid.entity_path(rows.entity);
            let goes: Vec<String> = entity
                .fields()
                .filter(|(id, field)| field.ty.optional && self.valid.is_anonymized(entity.id, *id))
                .flat_map(|(_, field)| columns(&self.valid, field))
                .collect();
            match (rows.action, &*self.valid[entity.store].engine) {
                (Action::Delete, "postgres") => {
                    // Rows of others that refer to nobody of this one stay.
                    let key = &entity.field(entity.identity()[0]).named.stored;
                    let sql = format!(
                        "select count(*) from {} where \"{key}\"::text like '{id}%'",
                        self.table(rows.entity)
                    );
                    assert_eq!(self.main.run(&sql).expect("counts"), "0", "{path}");
                }
                (Action::Delete, _) => {
                    let all = self.documents.find(&entity.named.stored, json!({})).expect("reads");
                    assert!(
                        !all.iter().any(|document| readable(document).to_string().contains(id)),
                        "{path}"
                    );
                }
                (Action::Anonymize, "postgres") if !goes.is_empty() => {
                    let sql = format!(
                        "select coalesce(sum(num_nonnulls({})), 0), count(*) filter (where anonymized_at is null) from {} t
                          where \"{}\"::text like '{id}%'",
                        goes.join(", "),
                        self.table(rows.entity),
                        entity.field(entity.identity()[0]).named.stored,
                    );
                    assert_eq!(self.main.run(&sql).expect("counts"), "0|0", "{path}");
                }
                _ => {}
            }
        }
    }
}

fn installed_rows(artifacts: &Artifacts, name: &str) -> Option<Postgres> {
    let db = Postgres::server()?;
    for (role, file) in [("postgres", "main/roles.sql"), (&format!("{name}_migrator"), "main/schema.sql")] {
        db.script_as(role, &project::text(artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    Some(db)
}

fn keys_of(server: &mut Redis) -> Vec<String> {
    let mut found = Vec::new();
    for database in 0..16 {
        server.command(&["SELECT", &database.to_string()]).expect("selects");
        for key in server.command(&["KEYS", "*"]).expect("lists").lines().map(str::to_owned) {
            let kind = server.command(&["TYPE", &key]).expect("knows");
            let words: &[&str] = match kind.as_str() {
                "string" => &["GET", &key],
                "hash" => &["HGETALL", &key],
                "list" => &["LRANGE", &key, "0", "-1"],
                "set" => &["SMEMBERS", &key],
                "zset" => &["ZRANGE", &key, "0", "-1"],
                "stream" => &["XRANGE", &key, "-", "+"],
                "ReJSON-RL" => &["JSON.GET", &key],
                _ => &["EXISTS", &key],
            };
            let value = server.command(words).expect("reads");
            found.extend(value.lines().map(|line| format!("{database} {key}: {line}")));
        }
    }
    found
}

fn installed_keys(artifacts: &Artifacts, store: &str, name: &str) -> Option<Redis> {
    // Whoever fills it needs every right, so that of its configuration only the modules count.
    let conf = project::text(artifacts, &format!("{store}/redis.conf"));
    let modules: Vec<&str> = conf.lines().filter(|line| line.starts_with("loadmodule")).collect();
    let started = match modules.is_empty() {
        true => Redis::with_files(&[])?,
        false => Redis::with_modules(&[("redis.conf", &modules.join("\n"))])?,
    };
    let mut cache = started.unwrap_or_else(|log| panic!("{log}"));
    let library = project::text(artifacts, &format!("{store}/scripts/{name}.lua"));
    cache.command(&["FUNCTION", "LOAD", &library]).expect("loads");
    Some(cache)
}

/// The entities, each after the other entities that it refers to by references that a store enforces.
fn in_order(valid: &Valid) -> Vec<EntityId> {
    let mut order: Vec<EntityId> = Vec::new();
    while order.len() < valid.entities.len() {
        let before = order.len();
        for entity in valid.entities.iter().filter(|entity| !order.contains(&entity.id)).collect::<Vec<_>>() {
            let mut needed = valid.references(entity.id).filter(|r| r.enforced && r.target != entity.id);
            if needed.all(|reference| order.contains(&reference.target)) {
                order.push(entity.id);
            }
        }
        assert!(order.len() > before, "a ring of references");
    }
    order
}

fn is_reference(ty: &polity_model::Type) -> bool {
    matches!(ty.kind, TypeKind::Reference { .. } | TypeKind::Union(_))
}

/// `HSET key field value …`
fn flat(mut words: Vec<String>, record: &Json) -> Vec<String> {
    for (name, value) in record.as_object().expect("a record") {
        words.extend([name.clone(), plain(value)]);
    }
    words
}

/// A document whose bytes are shown as text and in hexadecimal.
fn readable(document: &Json) -> Json {
    match document {
        Json::Object(fields) => match fields.get("$binary").and_then(|b| b["base64"].as_str()) {
            Some(encoded) => {
                let bytes = unbase64(encoded);
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                json!(format!("{} {hex}", String::from_utf8_lossy(&bytes)))
            }
            None => fields.iter().map(|(name, value)| (name.clone(), readable(value))).collect(),
        },
        Json::Array(items) => items.iter().map(readable).collect(),
        other => other.clone(),
    }
}

/// The columns of a field: of a record that is spread, those of its members.
fn columns(platform: &Stored, field: &Field) -> Vec<String> {
    match (field.inline, &field.ty.kind) {
        (Some(_), TypeKind::Struct(record)) => {
            let members = platform.structs[record.index()].fields.iter();
            members.map(|member| format!("\"{}_{}\"", field.named.stored, member.named.stored)).collect()
        }
        _ => vec![format!("\"{}\"", field.named.stored)],
    }
}

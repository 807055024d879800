//! Values for every field of any platform: what is one person's can be told from what is another's.

use polity_govern::Stored;
use polity_govern::erasure::{Action, Plan};
use polity_model::types::Constraints;
use polity_model::{Entity, EntityId, FieldId, Scalar, StructId, Type, TypeKind};
use serde_json::{Map, Value as Json, json};

/// A person, and all that is the person's: rows of every entity, one for each way that leads from it to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// `ana`, which stands in every text that has to go with the person.
    pub name: &'static str,
    /// With which every id begins, eight times.
    pub digit: char,
    /// Where tenants share stores.
    pub tenant: &'static str,
    pub country: &'static str,
}

/// A row before it is written into any store.
pub struct Row<'p> {
    pub entity: &'p Entity,
    /// The fields that are not absent, as text.
    pub values: Vec<(FieldId, String)>,
    /// Which of its references, by their position, leads to whose row it is.
    pub way: Option<usize>,
}

/// The owner, the place and the numbers from which a value is made.
pub struct Seed {
    owner: Owner,
    number: usize,
    field: usize,
    way: usize,
    /// Whether it goes with the person, so that the person's name stands in it.
    goes: bool,
}

pub struct Maker<'p> {
    pub platform: &'p Stored,
    pub plan: &'p Plan,
    /// The people to whom a row refers where the reference is not about the row's own person.
    pub bystanders: [Owner; 3],
}

impl<'p> Maker<'p> {
    /// The rows of an entity that are one person's.
    pub fn rows(&self, id: EntityId, owner: Owner) -> Vec<Row<'p>> {
        let count = self.plan.rows_of(id).map_or(1, |rows| (rows.by.len() + rows.emptied.len()).max(1));
        (0..count).map(|way| self.row(id, owner, way)).collect()
    }

    fn row(&self, id: EntityId, owner: Owner, at: usize) -> Row<'p> {
        let entity = &self.platform[id];
        let mut ways = self.plan.rows_of(id).into_iter().flat_map(|rows| rows.by.iter().chain(&rows.emptied));
        let way = ways.nth(at).copied();
        let value = |(field, _)| Some((field, self.value(entity, field, owner, (at, way))?));
        Row { entity, values: entity.fields().filter_map(value).collect(), way }
    }

    /// The value of the first row of an owner.
    pub fn first(&self, id: EntityId, field: FieldId, owner: Owner) -> String {
        let found = self.row(id, owner, 0).values.into_iter().find(|(known, _)| *known == field);
        found.map_or_else(String::new, |(_, value)| value)
    }

    fn value(
        &self,
        entity: &'p Entity,
        id: FieldId,
        owner: Owner,
        (at, way): (usize, Option<usize>),
    ) -> Option<String> {
        let field = entity.field(id);
        if entity.tenant == Some(id) {
            return Some(owner.tenant.to_owned());
        }
        if field.computed.is_some() {
            return None;
        }
        let of_field =
            || self.platform.numbered_references(entity.id).filter(|(_, r)| r.fields.contains(&id));
        if let Some((i, reference)) = of_field().find(|(i, _)| Some(*i) == way).or_else(|| of_field().next())
        {
            let place = reference.fields.iter().position(|field| *field == id)?;
            let is_way = Some(i) == way;
            let leads = self.plan.rows_of(reference.target).is_some_and(|rows| rows.action != Action::Forget);
            if field.ty.optional && !is_way {
                return None;
            }
            let mut others = self.bystanders.into_iter().filter(|other| *other != owner);
            // Neighbours differ, since who pays is not who is paid.
            let whose = if is_way || !leads { owner } else { others.nth(i % 2)? };
            return Some(self.first(reference.target, reference.target_fields[place], whose));
        }
        if field.ty.optional && !self.platform.is_anonymized(entity.id, id) {
            return None;
        }
        Some(self.text(&field.ty, &field.constraints, &self.seed(entity, id, owner, at)))
    }

    fn seed(&self, entity: &Entity, id: FieldId, owner: Owner, way: usize) -> Seed {
        let goes = self.plan.rows_of(entity.id).is_some_and(|rows| rows.action == Action::Delete)
            || self.platform.is_anonymized(entity.id, id);
        Seed { owner, number: entity.id.index() * 1000 + id.index() * 10 + way, field: id.index(), way, goes }
    }

    fn text(&self, ty: &Type, constraints: &Constraints, seed: &Seed) -> String {
        let all = [constraints].into_iter().chain(self.named(ty));
        let all: Vec<&Constraints> = all.collect();
        if let Some(pattern) = all.iter().find_map(|c| c.matches.as_ref()) {
            return sample(&pattern.0, seed);
        }
        let Seed { owner, number, .. } = seed;
        let whose = if seed.goes { owner.name } else { "any" };
        let person = u32::from(owner.digit) - u32::from('a') + 1;
        match self.resolved(ty) {
            TypeKind::Enum(id) => self.platform[*id].values[0].named.stored.to_string(),
            TypeKind::Struct(_) | TypeKind::List(_) | TypeKind::Map(_) => self.json(ty, seed).to_string(),
            TypeKind::Reference { entity, field } => self.first(*entity, *field, *owner),
            TypeKind::Union(arms) => self.first(arms[0].entity, arms[0].field, *owner),
            TypeKind::Scalar(scalar) => match scalar {
                Scalar::Bool => "false".to_owned(),
                Scalar::SmallInt | Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal { .. } => {
                    let bound = |of: fn(&Constraints) -> Option<f64>| all.iter().find_map(|c| of(c));
                    let least = bound(|c| c.min.as_ref()?.0.0.parse().ok()).unwrap_or(1.0_f64).max(1.0);
                    let most = bound(|c| c.max.as_ref()?.0.0.parse().ok()).unwrap_or(f64::MAX);
                    let wide = matches!(scalar, Scalar::SmallInt | Scalar::Int | Scalar::BigInt);
                    let more = if wide { f64::from(person * 10) + seed.way as f64 } else { 0.0 };
                    (least + more).min(most).to_string()
                }
                Scalar::Text { max } => {
                    let text = format!("{whose}-{person}-{number}");
                    text.chars().take(max.map_or(100, |max| max as usize)).collect()
                }
                Scalar::Char { length } => {
                    format!("{whose}-{number:0>12}").chars().take(*length as usize).collect()
                }
                Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => {
                    let least =
                        all.iter().find_map(|c| c.min_length).map_or(8, |(length, _)| length as usize);
                    // The version that every ciphertext begins with, then the person.
                    let name = format!("\u{1}{whose}-{number:0>8}");
                    name.bytes()
                        .chain(std::iter::repeat(7))
                        .take(least.max(16))
                        .map(|b| format!("{b:02x}"))
                        .collect()
                }
                Scalar::Uuid => {
                    let digits = owner.digit.to_string().repeat(8);
                    format!("{digits}-{:04x}-4{:03x}-8000-00000000000{}", number / 1000, seed.field, seed.way)
                }
                Scalar::Inet => format!("10.{person}.{}.{}", seed.field, seed.way),
                Scalar::Json => json!({ whose: number }).to_string(),
                Scalar::ObjectId => format!("{number:024x}"),
                Scalar::Date => {
                    format!("2027-{:02}-{:02}", 3 * person + seed.way as u32 - 2, 1 + seed.field % 28)
                }
                Scalar::Timestamp => {
                    format!(
                        "2026-{:02}-{:02}T10:00:00Z",
                        3 * person + seed.way as u32 - 2,
                        1 + seed.field % 28
                    )
                }
                Scalar::Time => "10:00:00".to_owned(),
                Scalar::Interval => "1 day".to_owned(),
                Scalar::Email => format!("{whose}-{number}@example.org"),
                Scalar::Phone => format!("+2217700{person}{number:0>5}"),
                Scalar::Url => format!("https://example.org/{whose}-{number}"),
                Scalar::Country => owner.country.to_owned(),
                Scalar::Currency => "XOF".to_owned(),
                Scalar::Language => "fr".to_owned(),
                Scalar::GeoPoint => "POINT(2.35 48.85)".to_owned(),
                Scalar::GeoLine => "LINESTRING(2 48,3 49)".to_owned(),
                Scalar::GeoPolygon => "POLYGON((2 48,3 48,3 49,2 48))".to_owned(),
                Scalar::Vector { dimensions } => format!("[{}]", vec!["0"; *dimensions as usize].join(",")),
                Scalar::Password => format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${whose}-"),
            },
            TypeKind::Constrained(_) | TypeKind::Null | TypeKind::Broken => String::new(),
        }
    }

    /// As the client writes it inside of a record; as Redis holds it.
    fn json(&self, ty: &Type, seed: &Seed) -> Json {
        match self.resolved(ty) {
            TypeKind::Struct(record) => self.record(*record, seed),
            TypeKind::List(element) => json!([self.json(element, seed)]),
            TypeKind::Map(element) => json!({ "one": self.json(element, seed) }),
            TypeKind::Scalar(Scalar::Bool) => json!(false),
            TypeKind::Scalar(Scalar::SmallInt | Scalar::Int | Scalar::BigInt) => json!(1),
            TypeKind::Scalar(Scalar::Float) => json!(0.5),
            TypeKind::Scalar(Scalar::Json) => json!({}),
            _ => json!(self.text(ty, &Constraints::default(), seed)),
        }
    }

    /// A record, in the names of a store of Redis or of PostgreSQL.
    pub fn record(&self, record: StructId, seed: &Seed) -> Json {
        let values = self.platform[record].fields.iter().map(|member| {
            let value = match self.resolved(&member.ty) {
                TypeKind::Scalar(_) if member.constraints.matches.is_some() => {
                    json!(self.text(&member.ty, &member.constraints, seed))
                }
                _ => self.json(&member.ty, seed),
            };
            (member.named.stored.to_string(), value)
        });
        Json::Object(values.collect())
    }

    /// As a document holds it, in Extended JSON.
    pub fn document(&self, row: &Row<'p>) -> Json {
        let store = &self.platform[row.entity.store];
        let surface = polity_engines::engine_of(store).surface(self.platform, store);
        let mut out = Map::new();
        for (id, text) in &row.values {
            let field = row.entity.field(*id);
            let names = &surface.entities[&row.entity.id].field(*id).columns;
            out.insert(names[0].to_string(), self.bson(row.entity, &field.ty, text));
            if let (Some(name), TypeKind::Union(arms)) = (names.get(1), &field.ty.kind) {
                let reference = row
                    .way
                    .map(|way| self.platform.reference(row.entity.id, way))
                    .filter(|r| r.fields.contains(id));
                let arm = reference.and_then(|r| r.arm.clone()).unwrap_or_else(|| arms[0].stored.clone());
                out.insert(name.to_string(), json!(arm.as_str()));
            }
        }
        Json::Object(out)
    }

    fn bson(&self, entity: &Entity, ty: &Type, text: &str) -> Json {
        match self.resolved(ty) {
            TypeKind::Struct(record) => {
                let inside: Json = serde_json::from_str(text).expect("JSON");
                let members = self.platform[*record].fields.iter().filter_map(|member| {
                    let value = inside.get(member.named.stored.as_str())?;
                    let name = self.platform.stored_name(entity.store, &member.named).to_string();
                    Some((name, self.bson(entity, &member.ty, &plain(value))))
                });
                Json::Object(members.collect())
            }
            TypeKind::List(element) => {
                let inside: Vec<Json> = serde_json::from_str(text).expect("JSON");
                inside.iter().map(|value| self.bson(entity, element, &plain(value))).collect()
            }
            TypeKind::Map(element) => {
                let inside: Map<String, Json> = serde_json::from_str(text).expect("JSON");
                let values = inside
                    .iter()
                    .map(|(key, value)| (key.clone(), self.bson(entity, element, &plain(value))));
                Json::Object(values.collect())
            }
            _ => match self.platform.scalar(ty) {
                Some(Scalar::Bool) => json!(text == "true"),
                Some(Scalar::SmallInt | Scalar::Int) => json!({ "$numberInt": text }),
                Some(Scalar::BigInt) => json!({ "$numberLong": text }),
                Some(Scalar::Interval) => json!({ "$numberLong": "1000" }),
                Some(Scalar::Float) => json!({ "$numberDouble": text }),
                Some(Scalar::Decimal { .. }) => json!({ "$numberDecimal": text }),
                Some(Scalar::Uuid) => json!({ "$uuid": text }),
                Some(Scalar::ObjectId) => json!({ "$oid": text }),
                // A century later, or the server would delete what has expired while a test runs.
                Some(Scalar::Timestamp) => json!({ "$date": text.replacen("2026", "2126", 1) }),
                Some(Scalar::Date) => json!({ "$date": format!("{text}T00:00:00Z") }),
                Some(Scalar::Json) => serde_json::from_str(text).expect("JSON"),
                Some(Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym) => {
                    json!({ "$binary": { "base64": base64(&unhex(text)), "subType": "00" } })
                }
                Some(Scalar::GeoPoint) => json!({ "type": "Point", "coordinates": [2.35, 48.85] }),
                Some(Scalar::GeoPolygon) => {
                    json!({ "type": "Polygon", "coordinates": [[[2.0, 48.0], [3.0, 48.0], [3.0, 49.0], [2.0, 48.0]]] })
                }
                Some(Scalar::Vector { dimensions }) => json!(vec![0.0; dimensions as usize]),
                _ => json!(text),
            },
        }
    }

    pub fn seed_of_keys(&self, owner: Owner) -> Seed {
        Seed { owner, number: 7, field: 1, way: 0, goes: true }
    }

    pub fn text_of(&self, ty: &Type, seed: &Seed) -> String {
        self.text(ty, &Constraints::default(), seed)
    }

    fn named(&self, ty: &'p Type) -> Vec<&'p Constraints> {
        match &ty.kind {
            TypeKind::Constrained(id) => {
                let mut all = self.named(&self.platform[*id].base);
                all.push(&self.platform[*id].constraints);
                all
            }
            _ => Vec::new(),
        }
    }

    fn resolved<'t>(&self, ty: &'t Type) -> &'t TypeKind
    where
        'p: 't,
    {
        match &ty.kind {
            TypeKind::Constrained(id) => self.resolved(&self.platform[*id].base),
            kind => kind,
        }
    }
}

/// A text that fits a pattern of the examples.
fn sample(pattern: &str, seed: &Seed) -> String {
    let number = seed.number + usize::from(seed.owner.digit as u8) * 100_000;
    match pattern {
        "^ISM-[A-Z]{2}-[0-9]{8}$" => format!("ISM-SN-{number:08}"),
        "^[A-Z0-9-]+$" => format!("SKU-{number}"),
        "^[a-z0-9]+(-[a-z0-9]+)*$" => format!("any-{number}"),
        "^[0-9]{4}$" => "4242".to_owned(),
        other => panic!("say here what fits `{other}`"),
    }
}

pub fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().chain([&0, &0]).take(3).fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
        for i in 0..4 {
            out.push(if i <= chunk.len() { char::from(DIGITS[all >> (18 - 6 * i) & 63]) } else { '=' });
        }
    }
    out
}

pub fn unbase64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let mut out = Vec::new();
    for four in digits.chunks(4) {
        let all = four.iter().chain([&0, &0, &0]).take(4).fold(0_u32, |n, d| n << 6 | u32::from(*d));
        out.extend(all.to_be_bytes()[1..four.len()].iter());
    }
    out
}

//! Versions of keys: where a pattern or a value differs from what was sealed, clients write other keys than those of before,
//! which would misread what they hold.

use std::collections::BTreeMap;
use std::fmt::Write;

use smol_str::{SmolStr, format_smolstr};

use crate::history::SealedKeyspace;
use crate::keyspace::{Part, ValueShape};
use crate::{Field, Keyspace, Platform, StoreId, StructId, Type, TypeKind};

/// Gives the keys of whatever was sealed otherwise another beginning: `v2:`.
pub(super) fn lead_keys(platform: &mut Platform) {
    if platform.history.model.keyspaces.is_empty() {
        return;
    }
    for at in 0..platform.keyspaces.len() {
        let keyspace = &platform.keyspaces[at];
        let today = sealed(platform, keyspace);
        let version = match platform.history.model.keyspaces.get(&path(platform, keyspace)) {
            Some(known) if (&known.keys, &known.values) == (&today.keys, &today.values) => known.version,
            Some(known) => known.version + 1,
            None => 1,
        };
        let keyspace = &mut platform.keyspaces[at];
        keyspace.version = version;
        if version > 1 {
            keyspace.pattern.parts.insert(0, Part::Literal(format_smolstr!("v{version}:")));
        }
    }
}

/// Returns the keyspaces as they are to be sealed.
pub(super) fn to_seal(platform: &Platform) -> BTreeMap<SmolStr, SealedKeyspace> {
    let keyspaces = platform.keyspaces.iter();
    keyspaces.map(|keyspace| (path(platform, keyspace), sealed(platform, keyspace))).collect()
}

fn path(platform: &Platform, keyspace: &Keyspace) -> SmolStr {
    format_smolstr!("{}.{}", platform[keyspace.store].named.name, keyspace.named.name)
}

fn sealed(platform: &Platform, keyspace: &Keyspace) -> SealedKeyspace {
    let shape = Shape { platform, store: keyspace.store };
    SealedKeyspace { keys: shape.keys(keyspace), values: shape.values(keyspace), version: keyspace.version }
}

/// The texts of keys and values in a store.
struct Shape<'p> {
    platform: &'p Platform,
    store: StoreId,
}

impl Shape<'_> {
    /// Returns the pattern without the version before it.
    fn keys(&self, keyspace: &Keyspace) -> String {
        let mut out = String::new();
        for part in keyspace.pattern.parts.iter().skip(usize::from(keyspace.version > 1)) {
            let Part::Parameter(at) = part else {
                let Part::Literal(text) = part else { continue };
                out.push_str(text);
                continue;
            };
            let parameter = &keyspace.pattern.parameters[*at];
            let hashed = if parameter.labels.is_empty() { "" } else { " hashed" };
            let together = if keyspace.together_by.contains(at) { " together" } else { "" };
            let _ = write!(
                out,
                "{{{}: {}{hashed}{together}}}",
                parameter.name,
                self.ty(&parameter.ty, &mut Vec::new())
            );
        }
        out
    }

    fn values(&self, keyspace: &Keyspace) -> String {
        let of = |ty: &Type| self.ty(ty, &mut Vec::new());
        let record = |id: &StructId| self.record(*id, &mut Vec::new());
        match &keyspace.value {
            ValueShape::Scalar(ty) => format!("string {}", of(ty)),
            ValueShape::Json(id) => format!("json {}", record(id)),
            ValueShape::Document(id) => format!("document {}", record(id)),
            ValueShape::Hash(id) => format!("hash {}", record(id)),
            ValueShape::Stream { fields, .. } => format!("stream {}", record(fields)),
            ValueShape::List(ty) if keyspace.ttl.is_some() => format!("list of stamped {}", of(ty)),
            ValueShape::List(ty) => format!("list {}", of(ty)),
            ValueShape::Set(ty) => format!("set {}", of(ty)),
            ValueShape::SortedSet { of: ty, by, .. } => format!("sorted set {} by {}", of(ty), of(by)),
            ValueShape::Geo(ty) => format!("geo {}", of(ty)),
            ValueShape::Bloom(ty) => format!("bloom {}", of(ty)),
            ValueShape::Entity(id) => {
                format!("json {}", self.fields(&self.platform[*id].fields, &mut Vec::new()))
            }
            ValueShape::Counter => "counter".to_owned(),
            ValueShape::Bitmap => "bitmap".to_owned(),
            ValueShape::HyperLogLog => "hyperloglog".to_owned(),
            ValueShape::TimeSeries => "timeseries".to_owned(),
            ValueShape::Limiter => self.limiter(keyspace),
            ValueShape::Broken => String::new(),
        }
    }

    /// A window that slides holds moments, and one that begins with a first hit their number.
    fn limiter(&self, keyspace: &Keyspace) -> String {
        let slides = keyspace.limit.as_ref().is_some_and(|limit| limit.sliding);
        if slides { "limiter of moments".to_owned() } else { "limiter".to_owned() }
    }

    /// Returns the type with all that records in it are made of; `inside` are the records on the way there.
    fn ty(&self, ty: &Type, inside: &mut Vec<StructId>) -> String {
        let text = match &ty.kind {
            TypeKind::Struct(id) => self.record(*id, inside),
            TypeKind::List(element) => format!("{}[]", self.ty(element, inside)),
            TypeKind::Map(element) => format!("map<{}>", self.ty(element, inside)),
            TypeKind::Constrained(id) => self.ty(&self.platform[*id].base, inside),
            TypeKind::Enum(_) => "text".to_owned(),
            _ => self
                .platform
                .scalar(ty)
                .map_or_else(|| "union".to_owned(), |scalar| scalar.name().to_string()),
        };
        if ty.optional { format!("{text}?") } else { text }
    }

    fn record(&self, id: StructId, inside: &mut Vec<StructId>) -> String {
        let record = &self.platform[id];
        if inside.contains(&id) {
            return record.named.name.to_string();
        }
        inside.push(id);
        let text = self.fields(&record.fields, inside);
        inside.pop();
        text
    }

    fn fields(&self, fields: &[Field], inside: &mut Vec<StructId>) -> String {
        let field = |field: &Field| {
            let name = self.platform.stored_name(self.store, &field.named);
            let sealed = if field.declared.encrypted.is_some() { " encrypted" } else { "" };
            format!("{name}: {}{sealed}", self.ty(&field.ty, inside))
        };
        format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
    }
}

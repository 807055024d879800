//! Types: names of scalars with their arguments, named types, references, records.

use smol_str::{SmolStr, format_smolstr};

use super::names::{Scope, TYPES, written};
use super::outline::DEPTH;
use super::{Owner, Resolver};
use crate::diagnostics::codes::{E0201, E0206, E0211, E0301, E0303, E0304, E0305, E0306};
use crate::diagnostics::{Diagnostic, nearest};
use crate::model::types::Arm;
use crate::model::{
    ConstrainedId, EntityId, FieldId, Named, Scalar, Struct, StructId, Thing, Type, TypeKind,
};
use crate::source::Span;
use crate::syntax::ast::{self, Body, Literal, Suffix};

/// How far a thing that others are built on has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    New,
    Open,
    Done,
}

/// Where a type stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub scope: Scope,
    /// What a record that is embedded here is called: the path to it, such as `UserProfilePreferences`.
    pub path: &'a str,
}

/// The scalars that take no arguments.
pub(super) const SCALARS: &[(&str, Scalar)] = &[
    ("bool", Scalar::Bool),
    ("smallint", Scalar::SmallInt),
    ("int", Scalar::Int),
    ("bigint", Scalar::BigInt),
    ("float", Scalar::Float),
    ("text", Scalar::Text { max: None }),
    ("bytes", Scalar::Bytes),
    ("uuid", Scalar::Uuid),
    ("inet", Scalar::Inet),
    ("json", Scalar::Json),
    ("object_id", Scalar::ObjectId),
    ("date", Scalar::Date),
    ("time", Scalar::Time),
    ("timestamp", Scalar::Timestamp),
    ("interval", Scalar::Interval),
    ("email", Scalar::Email),
    ("phone", Scalar::Phone),
    ("url", Scalar::Url),
    ("country", Scalar::Country),
    ("currency", Scalar::Currency),
    ("language", Scalar::Language),
    ("geo.point", Scalar::GeoPoint),
    ("geo.line", Scalar::GeoLine),
    ("geo.polygon", Scalar::GeoPolygon),
    ("password", Scalar::Password),
];

/// The scalars that must have arguments, with an example.
const WITH_ARGUMENTS: &[(&str, &str)] =
    &[("decimal", "decimal(18, 2)"), ("char", "char(2)"), ("vector", "vector(384)")];

/// The most digits that every store and the client (`rust_decimal`) hold exactly.
const MAX_PRECISION: u64 = 28;
/// PostgreSQL's limit for `varchar(n)`.
const MAX_LENGTH: u64 = 10_485_760;
/// pgvector's limit.
const MAX_DIMENSIONS: u64 = 16_000;

impl<'t> Resolver<'t> {
    /// The named types, then the structs.
    pub(super) fn types(&mut self) {
        let declared = self.declared;
        let mut states = vec![State::New; declared.constrained.len()];
        for i in 0..declared.constrained.len() {
            self.constrained(ConstrainedId(i as u32), &mut states, 0);
        }
        self.struct_states = vec![State::New; declared.structs.len()];
        for i in 0..declared.structs.len() {
            self.struct_fields(StructId(i as u32));
        }
    }

    /// `type Sku = text(32) matches "…"`; those it is built on come first.
    fn constrained(&mut self, id: ConstrainedId, states: &mut [State], depth: usize) {
        if !matches!(states[id.index()], State::New) {
            return;
        }
        states[id.index()] = State::Open;
        let item = self.declared.constrained[id.index()];
        let name = self.platform[id].named.name.clone();
        if let ast::TypeKind::Named { path, .. } = &item.ty.kind {
            let found = self.names.find(&self.platform, &path.names, item.scope, TYPES);
            if let [Thing::Constrained(base)] = found[..] {
                if matches!(states[base.index()], State::Open) || depth > DEPTH {
                    self.error(
                        Diagnostic::new(E0211, path.span, format!("`{name}` is built on itself"))
                            .also(self.platform[base].named.span, "by way of this")
                            .help("build one of them on a scalar, such as `text(80)`"),
                    );
                    states[id.index()] = State::Done;
                    return;
                }
                self.constrained(base, states, depth + 1);
            }
        }
        let mut base = match &item.ty.kind {
            ast::TypeKind::Record(_) => {
                self.error(
                    Diagnostic::new(E0303, item.ty.span, "a record has a name by `struct`")
                        .help(format!("write `struct {name} {{ … }}`")),
                );
                Type::required(TypeKind::Broken)
            }
            ast::TypeKind::Reference(_) => {
                self.error(
                    Diagnostic::new(E0303, item.ty.span, "a reference has no constraints to name")
                        .help("write the reference at the field"),
                );
                Type::required(TypeKind::Broken)
            }
            _ => self.ty(item.ty, At { scope: item.scope, path: &name }),
        };
        if base.optional {
            base.optional = false;
            self.error(
                Diagnostic::new(E0303, item.ty.span, "whether a value may be absent is said at the field")
                    .help(format!("leave the `?` out here and write `{name}?` at the field")),
            );
        }
        self.platform[id].base = base;
        states[id.index()] = State::Done;
        self.constraints_of_type(id, item);
    }

    /// The fields of a declared struct, with their types.
    fn struct_fields(&mut self, id: StructId) {
        if !matches!(self.struct_states[id.index()], State::New) {
            return;
        }
        self.struct_states[id.index()] = State::Open;
        let block = self.declared.structs[id.index()];
        // Those that it includes come first; cycles were reported and cut when the outlines were drawn.
        let included: Vec<StructId> = self.struct_outlines[id.index()]
            .fields
            .iter()
            .filter_map(|f| match f.origin {
                super::outline::Origin::Included { of, .. } => Some(of),
                _ => None,
            })
            .collect();
        for of in included {
            self.struct_fields(of);
        }
        let name = self.platform[id].named.name.clone();
        let outlined = self.struct_outlines[id.index()].fields.clone();
        let fields = self.fields(Owner::Struct(id), &outlined, At { scope: block.scope, path: &name });
        self.platform[id].fields = fields;
        let labels = self.labels(&block.header.labels);
        self.platform[id].labels = labels;
        self.struct_states[id.index()] = State::Done;
    }

    /// A record without a name of its own; it is called after the path to it.
    pub(super) fn record(&mut self, body: &'t Body, span: Span, at: At<'_>) -> StructId {
        let id = StructId(self.platform.structs.len() as u32);
        let name = SmolStr::from(at.path);
        self.platform.structs.push(Struct {
            id,
            named: Named {
                stored: super::declare::snake_case(&name),
                name,
                aliased: false,
                docs: SmolStr::default(),
                span,
                was: None,
            },
            embedded: true,
            fields: Vec::new(),
            labels: Vec::new(),
        });
        self.struct_outlines.push(super::Outline::default());
        for stated in &body.statements {
            if let ast::Statement::Clause(clause) = &stated.kind
                && !matches!(clause.kind, ast::ClauseKind::Include(_))
            {
                self.error(
                    Diagnostic::new(E0206, clause.keyword, "a record holds fields and nothing else")
                        .help("what concerns rows stands in the entity"),
                );
            }
        }
        let outline = self.outline(body, at.scope, 0);
        let outlined = outline.fields.clone();
        self.struct_outlines[id.index()] = outline;
        let fields = self.fields(Owner::Struct(id), &outlined, at);
        self.platform[id].fields = fields;
        id
    }

    /// A type as written, with its `?` and `[]`.
    pub(super) fn ty(&mut self, ty: &'t ast::Type, at: At<'_>) -> Type {
        let mut out = match &ty.kind {
            ast::TypeKind::Named { path, arguments } => self.named_type(path, arguments, at.scope),
            ast::TypeKind::Reference(arms) => self.reference(arms, at.scope),
            ast::TypeKind::Map(element) => {
                let element = self.ty(element, at);
                if matches!(element.kind, TypeKind::Reference { .. } | TypeKind::Union(_)) {
                    self.list_of_references(ty.span, "a map");
                    TypeKind::Broken
                } else {
                    TypeKind::Map(Box::new(element))
                }
            }
            ast::TypeKind::Record(body) => TypeKind::Struct(self.record(body, ty.span, at)),
            ast::TypeKind::Broken => TypeKind::Broken,
        };
        let mut optional = false;
        for suffix in &ty.suffixes {
            match suffix {
                Suffix::Optional => optional = true,
                Suffix::List => {
                    if matches!(out, TypeKind::Reference { .. } | TypeKind::Union(_)) {
                        self.list_of_references(ty.span, "a list");
                        return Type::required(TypeKind::Broken);
                    }
                    out = TypeKind::List(Box::new(Type { kind: out, optional }));
                    optional = false;
                }
            }
        }
        Type { kind: out, optional }
    }

    fn list_of_references(&mut self, span: Span, what: &str) {
        self.error(
            Diagnostic::new(E0304, span, format!("{what} cannot hold references"))
                .note("no store checks them, and erasing what they point at would leave them dangling")
                .help("write a join entity: one row for each pair, with two references"),
        );
    }

    pub(super) fn named_type(&mut self, path: &ast::Path, arguments: &[Literal], scope: Scope) -> TypeKind {
        let name = written(path);
        let first = name.as_str();
        match first {
            "decimal" => return self.decimal(path, arguments),
            "char" => {
                let [length] = arguments else { return self.wrong_arguments(path) };
                let length = self.whole(length, 1, MAX_LENGTH);
                return length
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Char { length: n as u32 }));
            }
            "vector" => {
                let [n] = arguments else { return self.wrong_arguments(path) };
                let dimensions = self.whole(n, 1, MAX_DIMENSIONS);
                return dimensions
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Vector { dimensions: n as u32 }));
            }
            "text" if !arguments.is_empty() => {
                let [max] = arguments else { return self.wrong_arguments(path) };
                let max = self.whole(max, 1, MAX_LENGTH);
                return max
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Text { max: Some(n as u32) }));
            }
            _ => {}
        }
        if let Some((_, scalar)) = SCALARS.iter().find(|(known, _)| *known == first) {
            if !arguments.is_empty() {
                return self.wrong_arguments(path);
            }
            return TypeKind::Scalar(*scalar);
        }
        if !first.contains('.') && first.starts_with(|c: char| c.is_lowercase()) {
            self.unknown_scalar(path, first);
            return TypeKind::Broken;
        }
        if !arguments.is_empty() {
            return self.wrong_arguments(path);
        }
        match self.lookup(path, scope, TYPES) {
            Some(Thing::Enum(id)) => TypeKind::Enum(id),
            Some(Thing::Struct(id)) => TypeKind::Struct(id),
            Some(Thing::Constrained(id)) => TypeKind::Constrained(id),
            _ => TypeKind::Broken,
        }
    }

    fn decimal(&mut self, path: &ast::Path, arguments: &[Literal]) -> TypeKind {
        let [precision, scale] = arguments else { return self.wrong_arguments(path) };
        let Some(p) = self.whole(precision, 1, MAX_PRECISION) else { return TypeKind::Broken };
        let Some(s) = self.whole(scale, 0, p) else { return TypeKind::Broken };
        TypeKind::Scalar(Scalar::Decimal { precision: p as u16, scale: s as u16 })
    }

    fn wrong_arguments(&mut self, path: &ast::Path) -> TypeKind {
        let name = written(path);
        let example = WITH_ARGUMENTS.iter().find(|(known, _)| *known == name).map(|(_, example)| *example);
        let (message, help) = match example {
            Some(example) => (format!("`{name}` needs its size"), format!("write for example `{example}`")),
            None if name == "text" => (
                "`text` takes one number".to_owned(),
                "write `text(80)`, or `text` for any length".to_owned(),
            ),
            None => (format!("`{name}` takes no arguments"), format!("write `{name}`")),
        };
        self.error(Diagnostic::new(E0301, path.span, message).help(help));
        TypeKind::Broken
    }

    fn unknown_scalar(&mut self, path: &ast::Path, name: &str) {
        // What people write who come from SQL, TypeScript or Rust.
        let habit = match name {
            "string" | "str" | "varchar" | "string_" => Some("text"),
            "integer" | "int4" | "i32" | "serial" => Some("int"),
            "int8" | "i64" | "long" | "bigserial" => Some("bigint"),
            "int2" | "i16" | "short" => Some("smallint"),
            "boolean" => Some("bool"),
            "double" | "real" | "f64" | "number" => Some("float"),
            "numeric" | "money" => Some("decimal(18, 2)"),
            "datetime" | "timestamptz" | "instant" => Some("timestamp"),
            "jsonb" | "object" => Some("json"),
            "blob" | "bytea" | "binary" => Some("bytes"),
            "point" | "geometry" | "geography" => Some("geo.point"),
            "uri" => Some("url"),
            "ip" => Some("inet"),
            "duration" => Some("interval"),
            _ => None,
        };
        let known = SCALARS.iter().chain(&[("decimal", Scalar::Bool), ("char", Scalar::Bool)]);
        let near = habit.or_else(|| nearest(name, known.map(|(known, _)| *known)));
        let mut diagnostic = Diagnostic::new(E0201, path.span, format!("there is no type `{name}`"));
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("types of a project's own begin with a capital, as in `KycStatus`"),
        };
        self.error(diagnostic);
    }

    /// `-> core.User`, `-> core.User.email`, `-> Product as "PRODUCT" | core.Provider as "PROVIDER"`
    pub(super) fn reference(&mut self, arms: &[ast::Arm], scope: Scope) -> TypeKind {
        if let [arm] = arms {
            if let Some(stored) = &arm.stored {
                self.error(
                    Diagnostic::new(E0206, stored.span, "a reference to one entity stores no name for it")
                        .help("leave out the `as`; the field's own stored name comes after its modifiers"),
                );
            }
            return match self.target(&arm.path, scope) {
                Some((entity, field)) => TypeKind::Reference { entity, field },
                None => TypeKind::Broken,
            };
        }
        let mut out: Vec<Arm> = Vec::new();
        for arm in arms {
            let Some((entity, field)) = self.target(&arm.path, scope) else { return TypeKind::Broken };
            let stored = arm
                .stored
                .as_ref()
                .map_or_else(|| self.platform[entity].named.name.clone(), |s| s.value.clone());
            if out.iter().any(|a| a.stored == stored || a.entity == entity) {
                self.error(
                    Diagnostic::new(E0301, arm.path.span, format!("two arms are stored as `{stored}`")).help(
                        "each entity stands once, with a stored name of its own: `Product as \"PRODUCT\"`",
                    ),
                );
                return TypeKind::Broken;
            }
            out.push(Arm { entity, field, stored });
        }
        TypeKind::Union(out)
    }

    /// The field whose value a reference takes: the single key, or the unique field that the path goes on to.
    fn target(&mut self, path: &ast::Path, scope: Scope) -> Option<(EntityId, FieldId)> {
        let (entity, field) = self.lookup_entity_or_field(path, scope)?;
        let outline = &self.outlines[entity.index()];
        let name = self.platform[entity].named.name.clone();
        match field {
            Some((field, span)) => {
                if !outline.uniques.contains(&field) && !outline.broken {
                    let declared = outline.fields[field.index()].name.span;
                    self.error(
                        Diagnostic::new(E0306, span, format!("`{}` is not unique", written(path)))
                            .note("a reference must lead to one row")
                            .also(declared, "declared here")
                            .help(format!("refer to the key, `-> {name}`, or make the field `unique`")),
                    );
                    return None;
                }
                Some((entity, field))
            }
            None => match outline.key[..] {
                [key] => Some((entity, key)),
                // A missing key was reported at the entity.
                [] => None,
                _ => {
                    let fields: Vec<&str> =
                        outline.key.iter().map(|f| outline.fields[f.index()].name.text.as_str()).collect();
                    let columns: Vec<String> =
                        fields.iter().map(|f| format!("{}_{f}", super::declare::snake_case(&name))).collect();
                    self.error(
                        Diagnostic::new(
                            E0305,
                            path.span,
                            format!("the key of `{name}` has {} fields: {}", fields.len(), fields.join(", ")),
                        )
                        .also(self.platform[entity].named.span, "the entity")
                        .help(format!(
                            "declare a field for each and write `ref ({}) -> {}`",
                            columns.join(", "),
                            written(path)
                        )),
                    );
                    None
                }
            },
        }
    }

    /// What a type is, for messages: as the source would write it.
    pub(super) fn type_name(&self, ty: &Type) -> SmolStr {
        let name: SmolStr = match &ty.kind {
            TypeKind::Scalar(scalar) => scalar_name(*scalar),
            TypeKind::Constrained(id) => self.platform[*id].named.name.clone(),
            TypeKind::Enum(id) => self.platform[*id].named.name.clone(),
            TypeKind::Struct(id) => self.platform[*id].named.name.clone(),
            TypeKind::List(element) => format_smolstr!("{}[]", self.type_name(element)),
            TypeKind::Map(element) => format_smolstr!("map<{}>", self.type_name(element)),
            TypeKind::Reference { entity, .. } => format_smolstr!("-> {}", self.platform[*entity].named.name),
            TypeKind::Union(arms) => {
                let names: Vec<&str> =
                    arms.iter().map(|a| self.platform[a.entity].named.name.as_str()).collect();
                format_smolstr!("-> {}", names.join(" | "))
            }
            TypeKind::Null => "null".into(),
            TypeKind::Broken => "unknown".into(),
        };
        if ty.optional { format_smolstr!("{name}?") } else { name }
    }
}

pub(super) fn scalar_name(scalar: Scalar) -> SmolStr {
    match scalar {
        Scalar::Decimal { precision, scale } => format_smolstr!("decimal({precision}, {scale})"),
        Scalar::Text { max: Some(max) } => format_smolstr!("text({max})"),
        Scalar::Char { length } => format_smolstr!("char({length})"),
        Scalar::Vector { dimensions } => format_smolstr!("vector({dimensions})"),
        other => SCALARS.iter().find(|(_, s)| *s == other).map_or("", |(name, _)| name).into(),
    }
}

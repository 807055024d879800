//! Builders of Redis keys and channel names, with what the source says of them as constants.

use quote::quote;
use smol_str::SmolStr;
use syn::{Expr, ImplItem, Item, Type as RustType, Visibility};

use super::layout::Thing;
use super::names::Scope;
use super::tree::{self, Function, This};
use super::types::{Base, ModuleWriter, base, field_base, has_text, scalar_derives, scalar_ty};
use polity_model::keyspace::{Cache, DeadLetter, Moment, Part, Pattern, ValueShape};
use polity_model::{Channel, Duration, EntityId, FieldId, Keyspace, Scalar, Type};
use polity_text::quoting::markdown;

/// The key of a keyspace.
pub(super) fn keyspace(writer: ModuleWriter<'_>, of: &Keyspace) -> Vec<Item> {
    let together = Together { of: &of.together_by };
    let database = of.database.map_or(0, |(database, _)| database);
    let end = of.ends();
    let lifetime = end.map(|end| end.after);
    let mut note = format!("{}, in database {database}", markdown::code(&shown(&of.pattern, &together)));
    if let Some(held) = held(writer, &of.value) {
        note.push_str(&format!(": {held}"));
    }
    if of.is_of_quota() {
        note.push_str(": as often as its quota says");
    } else if let Some(limit) = &of.limit {
        note.push_str(&format!(": {} per {}", limit.count, limit.per));
    } else if let Some(ttl) = lifetime {
        note.push_str(&format!(", for {ttl}"));
    }
    note.push('.');

    let mut constants = vec![number("DATABASE", "The database that holds it.", "u32", database.into())];
    constants.extend(end.map(|end| duration("TTL", counted_from(end.from), end.after)));
    if let Some(limit) = of.limit.as_ref().filter(|limit| !limit.of_quota) {
        constants.push(number("LIMIT", "How often, within the window.", "u64", limit.count));
        constants.push(duration("WINDOW", "The window that the limit counts in.", limit.per));
    }
    if let Some((length, _)) = of.max_length {
        constants.push(number("MAX_LENGTH", "How many values it keeps.", "u64", length));
    }
    if let Some(cache) = &of.cache {
        constants.extend(of_cache(cache, lifetime));
    }
    if let ValueShape::Stream { groups, dead_letter, .. } = &of.value {
        let groups = tree::borrow(tree::array(groups.iter().map(|group| tree::text_literal(group))));
        constants.push(tree::constant(
            tree::docs(&["The groups that read it.".to_owned()]),
            "GROUPS",
            tree::static_slice(tree::static_text()),
            groups,
        ));
        if let Some(DeadLetter::Keyspace(stream, _)) = dead_letter {
            let stream = &writer.platform[*stream].named.name;
            constants.push(text("DEAD_LETTER", "Where what nobody could process goes.", stream));
        }
    }
    builder(
        writer,
        Thing::Keyspace(of.id),
        markdown::with(&of.named.docs, note),
        &of.pattern,
        constants,
        together,
        of.cache.as_ref(),
    )
}

/// Says from when on a time to live counts.
fn counted_from(moment: Moment) -> &'static str {
    match moment {
        Moment::FirstWrite => "How long a key lives after it was first written.",
        Moment::LastWrite => "How long a key lives after it was last written.",
        Moment::EachEntry => "How long each entry stays after it was added.",
        Moment::EachTimestamp => "How long each entry stays after its timestamp.",
        Moment::AnyEntry => "How long a key lives after anything in it was written.",
    }
}

/// The name of a channel.
pub(super) fn channel(writer: ModuleWriter<'_>, of: &Channel) -> Vec<Item> {
    let value = of.value.as_ref().map(|ty| format!(": {}", type_name(writer, ty))).unwrap_or_default();
    let together = Together { of: &[] };
    let note = format!("The channel {}{value}.", markdown::code(&shown(&of.pattern, &together)));
    builder(
        writer,
        Thing::Channel(of.id),
        markdown::with(&of.named.docs, note),
        &of.pattern,
        Vec::new(),
        together,
        None,
    )
}

/// The parameters that decide on which node of a cluster a key lives.
struct Together<'a> {
    of: &'a [usize],
}

fn of_cache(cache: &Cache, ttl: Option<Duration>) -> Vec<ImplItem> {
    let mut constants = Vec::new();
    if let (Some(percent), Some(ttl)) = (cache.refresh_at, ttl) {
        let after = ttl.at_least_milliseconds() / 100 * u64::from(percent);
        constants.push(milliseconds("REFRESH_AFTER", "When it is made anew, before it ends.", after));
    }
    if let Some(local) = &cache.local {
        constants.push(duration("LOCAL_TTL", "How long a process keeps a copy.", local.ttl));
        if let Some(bytes) = local.max_bytes {
            constants.push(number("LOCAL_MAX_BYTES", "How much a process keeps.", "u64", bytes));
        }
    }
    constants
}

fn builder(
    writer: ModuleWriter<'_>,
    thing: Thing,
    docs: Vec<String>,
    pattern: &Pattern,
    constants: Vec<ImplItem>,
    together: Together<'_>,
    cache: Option<&Cache>,
) -> Vec<Item> {
    let Some(name) = writer.layout.name(writer.module, thing) else { return Vec::new() };
    let mut attrs = tree::docs(&docs);
    let derives = ["Debug", "Clone", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash"];
    attrs.push(tree::list_attribute("derive", tree::word_list(&derives)));
    let mut members = vec![text("PATTERN", "The pattern of the source.", &shown(pattern, &together))];
    members.extend(constants);
    members.push(new(writer, pattern, together, cache));
    let ident = tree::ident(name);
    let default = pattern.parameters.is_empty().then(|| quote!(, Default));
    vec![
        tree::newtype(attrs, name, Visibility::Inherited, tree::named_ty("String")),
        tree::implementation(None, name, members),
        tree::macro_item("polity_runtime::redis_key", quote!(#ident #default)),
    ]
}

/// `new(user: UserId) -> Self`
fn new(
    writer: ModuleWriter<'_>,
    pattern: &Pattern,
    together: Together<'_>,
    cache: Option<&Cache>,
) -> ImplItem {
    let mut scope = Scope::with(&["hash_key"]);
    // The parameters of a cache are fields of what it caches, and so of the types of those.
    let field_of = |at: usize| cache.and_then(|cache| Some((cache.source, *cache.key.get(at)?)));
    let parameters: Vec<_> = pattern
        .parameters
        .iter()
        .enumerate()
        .map(|(at, p)| (scope.claim(&p.name), parameter(writer, &p.ty, field_of(at))))
        .collect();
    let by_value: Vec<(&str, bool)> =
        parameters.iter().map(|(name, (_, by_value))| (name.as_str(), *by_value)).collect();
    let key = key(pattern, together, &by_value);
    let mut inputs: Vec<(SmolStr, RustType)> =
        parameters.into_iter().map(|(name, (ty, _))| (name, ty)).collect();
    let mut docs = vec!["Builds the key from its parameters.".to_owned()];
    if pattern.parameters.iter().any(|p| !p.labels.is_empty()) {
        inputs.push(("hash_key".into(), tree::reference_to(tree::named_ty("polity_runtime::key::HashKey"))));
        docs = vec![
            "Builds the key from its parameters; those that carry a label go into it as a keyed hash."
                .to_owned(),
        ];
    }
    let mut attrs = tree::docs(&docs);
    attrs.push(tree::word_attribute("must_use"));
    if inputs.len() > 7 {
        let reason = "the pattern has as many parameters";
        attrs.push(tree::list_attribute("expect", quote!(clippy::too_many_arguments, reason = #reason)));
    }
    let made = tree::call(tree::path("Self"), [tree::method(key, "finish", [])]);
    let function = Function {
        attrs,
        vis: tree::public(),
        constant: false,
        name: "new",
        this: This::None,
        inputs,
        output: Some(tree::named_ty("Self")),
        body: vec![tree::give(made)],
    };
    function.build()
}

/// `Key::new().literal("session:").segment(&user)`. `parameters`: the name of each, and whether it is taken by value.
fn key(pattern: &Pattern, together: Together<'_>, parameters: &[(&str, bool)]) -> Expr {
    let mut key = tree::call(tree::path("polity_runtime::key::Key::new"), []);
    for part in &pattern.parts {
        key = match part {
            Part::Literal(literal) => tree::method(key, "literal", [tree::text_literal(literal)]),
            Part::Parameter(at) => {
                let (Some(parameter), Some((name, by_value))) =
                    (pattern.parameters.get(*at), parameters.get(*at))
                else {
                    continue;
                };
                let value = tree::expr(tree::path_in(None, name));
                let value = if *by_value { tree::borrow(value) } else { value };
                let segment = if parameter.labels.is_empty() {
                    |key, value| tree::method(key, "segment", [value])
                } else {
                    |key, value| tree::method(key, "hashed", [value, tree::named("hash_key")])
                };
                // A hash tag: what stands between braces decides on the slot.
                if together.of.contains(at) {
                    let key = tree::method(key, "literal", [tree::text_literal("{")]);
                    tree::method(segment(key, value), "literal", [tree::text_literal("}")])
                } else {
                    segment(key, value)
                }
            }
        };
    }
    key
}

/// The type of a parameter, and whether it is taken by value.
fn parameter(writer: ModuleWriter<'_>, ty: &Type, field: Option<(EntityId, FieldId)>) -> (RustType, bool) {
    let required = Type::required(ty.kind.clone());
    let base = match field {
        Some((entity, field)) => field_base(writer.platform, entity, field),
        None => base(writer.platform, &required),
    };
    let is_copied = |scalar: Scalar| scalar_derives(scalar).contains(&"Copy");
    let (ty, by_value) = match base {
        Base::Scalar(Scalar::Text { .. } | Scalar::Char { .. }) => (tree::named_ty("str"), false),
        Base::Scalar(scalar) if has_text(scalar) || scalar == Scalar::Inet => {
            (scalar_ty(scalar), is_copied(scalar))
        }
        Base::Id(entity, scalar) => match writer.layout.id_path(writer.module, entity) {
            Some(path) => (tree::ty(path), is_copied(scalar)),
            None => (scalar_ty(scalar), is_copied(scalar)),
        },
        Base::Enum(_) => (writer.ty(&required, None), true),
        Base::Constrained(_) => (writer.ty(&required, None), false),
        // Nothing else stands in a key; the resolver says so.
        Base::Scalar(_) | Base::Struct(_) | Base::List(_) | Base::Map(_) | Base::Union | Base::Unknown => {
            (tree::named_ty("str"), false)
        }
    };
    (if by_value { ty } else { tree::reference_to(ty) }, by_value)
}

/// Describes the value that a key holds, for the key's documentation.
fn held(writer: ModuleWriter<'_>, value: &ValueShape) -> Option<String> {
    let record = |id| link(writer, Thing::Struct(id)).unwrap_or_default();
    let name = |ty: &Type| type_name(writer, ty);
    Some(match value {
        ValueShape::Scalar(ty) => name(ty),
        ValueShape::Json(id) => format!("JSON of {}", record(*id)),
        ValueShape::Document(id) => format!("a RedisJSON document of {}", record(*id)),
        ValueShape::Hash(id) => format!("a hash of {}", record(*id)),
        ValueShape::Stream { fields, .. } => format!("a stream of {}", record(*fields)),
        ValueShape::List(ty) => format!("a list of {}", name(ty)),
        ValueShape::Set(ty) => format!("a set of {}", name(ty)),
        ValueShape::SortedSet { of, descending, .. } => {
            format!("a sorted set of {}, {} first", name(of), if *descending { "highest" } else { "lowest" })
        }
        ValueShape::Geo(ty) => format!("the places of {}", name(ty)),
        ValueShape::Counter => "a counter".to_owned(),
        ValueShape::Bitmap => "a bitmap".to_owned(),
        ValueShape::HyperLogLog => "a HyperLogLog".to_owned(),
        ValueShape::Bloom(ty) => format!("a Bloom filter of {}", name(ty)),
        ValueShape::TimeSeries => "a time series".to_owned(),
        ValueShape::Entity(id) => format!("JSON of {}", link(writer, Thing::Entity(*id))?),
        ValueShape::Limiter | ValueShape::Broken => return None,
    })
}

fn type_name(writer: ModuleWriter<'_>, ty: &Type) -> String {
    let linked = match base(writer.platform, ty) {
        Base::Struct(id) => link(writer, Thing::Struct(id)),
        Base::Enum(id) => link(writer, Thing::Enum(id)),
        Base::Constrained(id) => link(writer, Thing::Constrained(id)),
        Base::Id(entity, _) => writer.layout.id_path(writer.module, entity).map(|path| linked(&path)),
        _ => None,
    };
    linked.unwrap_or_else(|| {
        let ty = writer.ty(ty, None);
        format!("`{}`", quote!(#ty).to_string().replace(" :: ", "::").replace(" < ", "<").replace(" >", ">"))
    })
}

fn link(writer: ModuleWriter<'_>, thing: Thing) -> Option<String> {
    writer.layout.path(writer.module, thing).map(|path| linked(&path))
}

/// A link of rustdoc: [`Name`], with where it is if that is elsewhere.
fn linked(path: &syn::Path) -> String {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match names.split_last() {
        Some((name, [])) => format!("[`{name}`]"),
        Some((name, _)) => format!("[`{name}`]({})", names.join("::")),
        None => String::new(),
    }
}

/// The pattern with its parameters by name: `user:session:{user}`. A parameter that keys are kept together by has
/// doubled braces, as it has braces in the key.
fn shown(pattern: &Pattern, together: &Together<'_>) -> String {
    let part = |part: &Part| match part {
        Part::Literal(literal) => literal.to_string(),
        Part::Parameter(at) => {
            let name = pattern.parameters.get(*at).map(|p| p.name.as_str()).unwrap_or_default();
            if together.of.contains(at) { format!("{{{{{name}}}}}") } else { format!("{{{name}}}") }
        }
    };
    pattern.parts.iter().map(part).collect()
}

fn text(name: &str, docs: &str, value: &str) -> ImplItem {
    tree::constant(tree::docs(&[docs.to_owned()]), name, tree::static_text(), tree::text_literal(value))
}

fn number(name: &str, docs: &str, ty: &str, value: u64) -> ImplItem {
    tree::constant(
        tree::docs(&[docs.to_owned()]),
        name,
        tree::named_ty(ty),
        tree::number_literal(&value.to_string()),
    )
}

/// A length of time, at the shortest that a calendar may make it, since a store must not keep longer.
fn duration(name: &str, docs: &str, length: Duration) -> ImplItem {
    milliseconds(name, docs, length.at_least_milliseconds())
}

fn milliseconds(name: &str, docs: &str, count: u64) -> ImplItem {
    let (function, count) =
        if count.is_multiple_of(1000) { ("from_secs", count / 1000) } else { ("from_millis", count) };
    let value: Expr = tree::call(
        tree::path(&format!("std::time::Duration::{function}")),
        [tree::number_literal(&count.to_string())],
    );
    tree::constant(tree::docs(&[docs.to_owned()]), name, tree::named_ty("std::time::Duration"), value)
}

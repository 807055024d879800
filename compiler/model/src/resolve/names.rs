//! Finds the thing that a path names. A name is looked up in the schema it stands in, then in the store, then among
//! what stands outside of both, then in the whole project; where the last step finds two, the name is ambiguous.

use foldhash::{HashMap, HashSet};
use smol_str::SmolStr;

use super::Resolver;
use crate::{EntityId, FieldId, Platform, Scalar, SchemaId, StoreId, Thing};
use polity_syntax::ast;
use polity_text::diagnostics::codes::{E0201, E0202, E0204};
use polity_text::diagnostics::{Diagnostic, Help, nearest};
use polity_text::source::Span;

/// Where a thing stands: what its bare names are looked up in first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub store: Option<StoreId>,
    pub schema: Option<SchemaId>,
}

/// The kind of thing that a place in the source asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Store,
    Schema,
    Entity,
    Keyspace,
    Channel,
    View,
    Sequence,
    AuditLog,
    Enum,
    Struct,
    Constrained,
}

/// The number of mistakes after which similar names are no longer suggested.
const HELPED: usize = 200;

/// The kinds of things that may stand where a type is expected.
pub(super) const TYPES: &[Kind] = &[Kind::Enum, Kind::Struct, Kind::Constrained];

/// Everything that a schema or a store may hold, and themselves.
pub(super) const ANYTHING: &[Kind] = &[
    Kind::Entity,
    Kind::View,
    Kind::Keyspace,
    Kind::Channel,
    Kind::AuditLog,
    Kind::Sequence,
    Kind::Enum,
    Kind::Struct,
    Kind::Constrained,
    Kind::Schema,
    Kind::Store,
];

impl Kind {
    pub(super) fn of(thing: Thing) -> Self {
        match thing {
            Thing::Store(_) => Kind::Store,
            Thing::Schema(_) => Kind::Schema,
            Thing::Entity(_) | Thing::EntityField(..) => Kind::Entity,
            Thing::Keyspace(_) => Kind::Keyspace,
            Thing::Channel(_) => Kind::Channel,
            Thing::View(_) => Kind::View,
            Thing::Sequence(_) => Kind::Sequence,
            Thing::AuditLog(_) => Kind::AuditLog,
            Thing::Enum(_) => Kind::Enum,
            Thing::Struct(_) => Kind::Struct,
            Thing::Constrained(_) => Kind::Constrained,
        }
    }

    /// With its article, for messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Kind::Store => "a store",
            Kind::Schema => "a schema",
            Kind::Entity => "an entity",
            Kind::Keyspace => "a keyspace",
            Kind::Channel => "a channel",
            Kind::View => "a view",
            Kind::Sequence => "a sequence",
            Kind::AuditLog => "an audit log",
            Kind::Enum => "an enum",
            Kind::Struct => "a struct",
            Kind::Constrained => "a type",
        }
    }
}

/// Every named thing, by where it stands and by its name alone.
#[derive(Debug, Default)]
pub(super) struct Names {
    scoped: HashMap<(Scope, SmolStr), Thing>,
    anywhere: HashMap<SmolStr, Vec<Thing>>,
    /// In the order of the source, for "did you mean".
    all: Vec<(SmolStr, Thing)>,
    /// Names of things that could not be understood; whatever names them is not told so again.
    failed: HashSet<SmolStr>,
    /// Whether an item could not even be read, so that nothing is known to be missing from the project.
    pub has_broken_items: bool,
}

impl Names {
    /// Takes a name in a scope, unless another thing there has it.
    pub(super) fn add(&mut self, scope: Scope, name: &SmolStr, thing: Thing) -> Result<(), Thing> {
        if let Some(first) = self.scoped.get(&(scope, name.clone())) {
            return Err(*first);
        }
        self.scoped.insert((scope, name.clone()), thing);
        self.anywhere.entry(name.clone()).or_default().push(thing);
        self.all.push((name.clone(), thing));
        Ok(())
    }

    pub(super) fn fail(&mut self, name: &SmolStr) {
        self.failed.insert(name.clone());
    }

    /// Whether the path names something that could not be understood.
    pub(super) fn has_failed(&self, path: &ast::Path) -> bool {
        path.names.iter().any(|name| self.failed.contains(&name.text))
    }

    fn get(&self, scope: Scope, name: &SmolStr, wanted: &[Kind]) -> Option<Thing> {
        let thing = *self.scoped.get(&(scope, name.clone()))?;
        wanted.contains(&Kind::of(thing)).then_some(thing)
    }

    /// Finds all things that a path may mean among the wanted kinds: none, one, or several that are equally near.
    pub(super) fn find(
        &self,
        platform: &Platform,
        names: &[ast::Name],
        scope: Scope,
        wanted: &[Kind],
    ) -> Vec<Thing> {
        match names {
            [] => Vec::new(),
            [name] => {
                let in_store = Scope { store: scope.store, schema: None };
                for near in [scope, in_store, Scope::default()] {
                    if let Some(thing) = self.get(near, &name.text, wanted) {
                        return vec![thing];
                    }
                }
                let found = self.anywhere.get(&name.text).map_or(&[][..], Vec::as_slice);
                found.iter().copied().filter(|t| wanted.contains(&Kind::of(*t))).collect()
            }
            [outer @ .., name] => {
                let places = self.find(platform, outer, scope, &[Kind::Schema, Kind::Store]);
                // A schema and a store may share a name; then both are looked into.
                let mut places = places;
                if let [only] = outer
                    && let Some(all) = self.anywhere.get(&only.text)
                {
                    for thing in all {
                        if matches!(Kind::of(*thing), Kind::Schema | Kind::Store) && !places.contains(thing) {
                            places.push(*thing);
                        }
                    }
                }
                let mut found = Vec::new();
                for place in places {
                    let inside = match place {
                        Thing::Store(store) => Scope { store: Some(store), schema: None },
                        Thing::Schema(schema) => {
                            Scope { store: Some(platform[schema].store), schema: Some(schema) }
                        }
                        _ => continue,
                    };
                    found.extend(self.get(inside, &name.text, wanted));
                }
                found
            }
        }
    }
}

impl Resolver<'_> {
    /// Finds the thing that a path names, among the wanted kinds. Reports a path that names nothing, several things, or
    /// something else.
    pub(super) fn lookup(&mut self, path: &ast::Path, scope: Scope, wanted: &[Kind]) -> Option<Thing> {
        let found = self.names.find(&self.platform, &path.names, scope, wanted);
        match found[..] {
            [thing] => {
                self.mention(path.span, thing);
                Some(thing)
            }
            [] => {
                self.unknown(path, scope, wanted);
                None
            }
            [first, second, ..] => {
                self.ambiguous(path, first, second);
                None
            }
        }
    }

    pub(super) fn lookup_entity(&mut self, path: &ast::Path, scope: Scope) -> Option<EntityId> {
        match self.lookup(path, scope, &[Kind::Entity])? {
            Thing::Entity(id) => Some(id),
            _ => None,
        }
    }

    /// `core.User.email`: the entity, and the field where the path goes on to one.
    pub(super) fn lookup_entity_or_field(
        &mut self,
        path: &ast::Path,
        scope: Scope,
    ) -> Option<(EntityId, Option<(FieldId, Span)>)> {
        if let [outer @ .., last] = &path.names[..]
            && !outer.is_empty()
            && self.names.find(&self.platform, &path.names, scope, &[Kind::Entity]).is_empty()
            && let [Thing::Entity(entity)] =
                self.names.find(&self.platform, outer, scope, &[Kind::Entity])[..]
        {
            let field = self.field_of(entity, last)?;
            return Some((entity, Some((field, last.span))));
        }
        Some((self.lookup_entity(path, scope)?, None))
    }

    /// A field of an entity by its name; an unknown one is reported.
    pub(super) fn field_of(&mut self, entity: EntityId, name: &ast::Name) -> Option<FieldId> {
        let outline = &self.outlines[entity.index()];
        if let Some(field) = outline.by_name.get(&name.text) {
            return Some(*field);
        }
        if outline.broken || self.names.failed.contains(&name.text) {
            return None;
        }
        let near = nearest(&name.text, outline.fields.iter().map(|f| f.name.text.as_str()));
        let named = &self.platform[entity].named;
        let mut diagnostic =
            Diagnostic::new(E0201, name.span, format!("`{}` has no field `{}`", named.name, name.text))
                .also(named.span, "the entity");
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if !outline.fields.is_empty() && outline.fields.len() <= 20 {
            let all: Vec<&str> = outline.fields.iter().map(|f| f.name.text.as_str()).collect();
            diagnostic = diagnostic.help(format!("it has: {}", all.join(", ")));
        }
        self.error(diagnostic);
        None
    }

    fn unknown(&mut self, path: &ast::Path, scope: Scope, wanted: &[Kind]) {
        let Some(last) = path.names.last() else { return };
        if self.names.has_failed(path) {
            return;
        }
        // The thing is there, and is of another kind.
        if let [thing, ..] = self.names.find(&self.platform, &path.names, scope, ANYTHING)[..] {
            let found = Kind::of(thing).noun();
            let place = self.place_of(thing);
            let (is_type, wanted) = (wanted == TYPES, either(wanted));
            let diagnostic =
                Diagnostic::new(E0204, path.span, format!("`{}` is {found}, not {wanted}", written(path)))
                    .here(format!("{wanted} is expected"))
                    .also(place, "declared here");
            // `user: User`
            self.error(if is_type && matches!(thing, Thing::Entity(_)) {
                let text = format!("-> {}", written(path));
                diagnostic.help(Help::instead(text.clone(), format!("a reference is written `{text}`")))
            } else {
                diagnostic
            });
            return;
        }
        // Each looks through all names, so whoever makes many mistakes is helped with the first.
        let near = if self.found.len() < HELPED {
            let candidates = || self.names.all.iter().filter(|(_, t)| wanted.contains(&Kind::of(*t)));
            let same = candidates().find(|(name, _)| *name == last.text);
            same.or_else(|| {
                let name = nearest(&last.text, candidates().map(|(name, _)| name.as_str()))?;
                candidates().find(|(n, _)| n == name)
            })
            .map(|(_, thing)| self.path_to(*thing))
        } else {
            None
        };
        // `Text` and `geo.Point` are scalars in another spelling.
        let scalar = || nearest(&written(path), Scalar::PLAIN.iter().map(|(name, _)| *name));
        let near = near.or_else(|| if wanted == TYPES { scalar().map(str::to_owned) } else { None });
        let noun = either(wanted);
        let noun = format!(" {noun}").replace(" an ", " ").replace(" a ", " ");
        let noun = noun.trim_start();
        let mut diagnostic =
            Diagnostic::new(E0201, path.span, format!("there is no {noun} `{}`", written(path)));
        if let Some(near) = near {
            diagnostic = diagnostic.help(Help::instead(near.clone(), format!("did you mean `{near}`?")));
        }
        self.error(diagnostic);
    }

    fn ambiguous(&mut self, path: &ast::Path, first: Thing, second: Thing) {
        let (one, other) = (self.path_to(first), self.path_to(second));
        self.error(
            Diagnostic::new(E0202, path.span, format!("`{}` may be `{one}` or `{other}`", written(path)))
                .also(self.place_of(first), format!("`{one}`"))
                .also(self.place_of(second), format!("`{other}`"))
                .help(format!("say which is meant, `{one}` or `{other}`")),
        );
    }

    /// Where a thing was declared.
    pub(super) fn place_of(&self, thing: Thing) -> Span {
        let p = &self.platform;
        match thing {
            Thing::Store(id) => p[id].named.span,
            Thing::Schema(id) => p[id].named.span,
            Thing::Entity(id) => p[id].named.span,
            Thing::Keyspace(id) => p[id].named.span,
            Thing::Channel(id) => p[id].named.span,
            Thing::View(id) => p[id].named.span,
            Thing::Sequence(id) => p[id].named.span,
            Thing::AuditLog(id) => p[id].named.span,
            Thing::Enum(id) => p[id].named.span,
            Thing::Struct(id) => p[id].named.span,
            Thing::Constrained(id) => p[id].named.span,
            Thing::EntityField(id, _) => p[id].named.span,
        }
    }

    /// The shortest path that names a thing from anywhere.
    pub(super) fn path_to(&self, thing: Thing) -> String {
        let p = &self.platform;
        let name = match thing {
            Thing::Store(id) => &p[id].named.name,
            Thing::Schema(id) => &p[id].named.name,
            Thing::Entity(id) | Thing::EntityField(id, _) => &p[id].named.name,
            Thing::Keyspace(id) => &p[id].named.name,
            Thing::Channel(id) => &p[id].named.name,
            Thing::View(id) => &p[id].named.name,
            Thing::Sequence(id) => &p[id].named.name,
            Thing::AuditLog(id) => &p[id].named.name,
            Thing::Enum(id) => &p[id].named.name,
            Thing::Struct(id) => &p[id].named.name,
            Thing::Constrained(id) => &p[id].named.name,
        };
        let scope = self.declared.scopes.get(&thing).copied().unwrap_or_default();
        match (scope.schema, scope.store) {
            (Some(schema), _) => {
                let same_name = |s: &&crate::Schema| s.named.name == p[schema].named.name;
                if p.schemas.iter().filter(same_name).count() > 1 {
                    format!("{}.{}.{name}", p[p[schema].store].named.name, p[schema].named.name)
                } else {
                    format!("{}.{name}", p[schema].named.name)
                }
            }
            (None, Some(store)) => format!("{}.{name}", p[store].named.name),
            (None, None) => name.to_string(),
        }
    }
}

/// A path as it was written.
pub(super) fn written(path: &ast::Path) -> String {
    let names: Vec<&str> = path.names.iter().map(|n| n.text.as_str()).collect();
    names.join(".")
}

/// "an enum, a struct or a type"
fn either(kinds: &[Kind]) -> String {
    let nouns: Vec<&str> = kinds.iter().map(|k| k.noun()).collect();
    match &nouns[..] {
        _ if kinds == TYPES => "a type".to_owned(),
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if kinds.len() <= 4 => format!("{} or {last}", first.join(", ")),
        _ => "a thing".to_owned(),
    }
}

//! The names that things keep since they were sealed: the first, of which their ids are made, and those that stores have.

use std::collections::BTreeSet;

use smol_str::{SmolStr, format_smolstr};

use super::Resolver;
use crate::history::{SealedModel, SealedThing};
use crate::{Acceptance, EntityId, Field, Named, Platform, StructId};
use polity_text::naming::lower_camel;

impl Resolver<'_> {
    /// Gives whatever was sealed the names that it keeps. A thing that is new and has a first name that another had takes another
    /// first name.
    pub(super) fn sealed_names(&mut self) {
        let model = std::mem::take(&mut self.platform.history.model);
        if !model.is_empty() {
            let taken: BTreeSet<&SmolStr> = model.things.values().map(|thing| &thing.first).collect();
            for at in 0..self.platform.entities.len() {
                let id = EntityId(at as u32);
                let path = self.platform.entity_path(id);
                let place = path.split_once('.').map_or("", |(place, _)| place).to_owned();
                let before = self.platform[id].named.path_before(&place).unwrap_or_default();
                let sealed = model.things.get(path.as_str()).or_else(|| model.things.get(before.as_str()));
                let named = &mut self.platform[id].named;
                match sealed {
                    Some(thing) => keep(named, thing, model.things.contains_key(path.as_str())),
                    None => named.sealed = free(&taken, &path),
                }
                let was =
                    if sealed.is_some() && !model.things.contains_key(path.as_str()) { before } else { path };
                fields_of(&model, &was, true, &mut self.platform[id].fields);
            }
            for at in 0..self.platform.structs.len() {
                let record = &mut self.platform[StructId(at as u32)];
                let path = format!("struct {}", record.named.name);
                // A record may stand in stores that name its members otherwise.
                fields_of(&model, &path, false, &mut record.fields);
            }
        }
        self.platform.history.model = model;
    }
}

/// Gives fields the names that they keep, those of stores where `stored` says so; `path` is what the thing that has them was
/// sealed as.
fn fields_of(model: &SealedModel, path: &str, stored: bool, fields: &mut [Field]) {
    let known: BTreeSet<SmolStr> = fields
        .iter()
        .filter_map(|field| model.things.get(format!("{path}.{}", field.named.name).as_str()))
        .map(|thing| thing.first.clone())
        .collect();
    let prefix = format!("{path}.");
    let taken: BTreeSet<&SmolStr> = model
        .things
        .range(SmolStr::new(&prefix)..)
        .take_while(|(path, _)| path.starts_with(&prefix))
        .map(|(_, thing)| &thing.first)
        .collect();
    for field in fields {
        let named = &mut field.named;
        if let Some(thing) = model.things.get(format!("{path}.{}", named.name).as_str()) {
            keep(named, thing, stored);
        } else if let Some(thing) = named
            .was
            .as_ref()
            .and_then(|(was, _)| model.things.get(format!("{path}.{was}").as_str()))
            .filter(|thing| !known.contains(&thing.first))
        {
            keep(named, thing, false);
        } else {
            named.sealed = free(&taken, &named.name);
        }
    }
}

/// Gives a thing its first name, and its stored one unless it was renamed since or says another.
fn keep(named: &mut Named, thing: &SealedThing, is_called_so: bool) {
    named.sealed = Some(thing.first.clone());
    // What every `naming` makes of it stays open to the engine, which may have a name of its own for it, such as `_id`.
    let is_plain = named.stored == thing.stored && lower_camel(&named.name) == thing.stored;
    if is_called_so && !named.aliased && !is_plain {
        named.stored = thing.stored.clone();
        named.aliased = true;
    }
}

/// The first name of a new thing, where that of its name is another's.
fn free(taken: &BTreeSet<&SmolStr>, name: &str) -> Option<SmolStr> {
    let is_taken = |name: &SmolStr| taken.contains(name);
    if !is_taken(&name.into()) {
        return None;
    }
    (2_u32..).map(|n| format_smolstr!("{name}#{n}")).find(|name| !is_taken(name))
}

impl Acceptance {
    /// Returns the words by which it is known: `rewrite on core.User.age`.
    #[must_use]
    pub fn key(&self) -> SmolStr {
        format_smolstr!("{} on {}", self.risk, self.path)
    }

    /// Whether it speaks of what has this path, or of something that this is in.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl Platform {
    /// Returns the things of the source as they are to be sealed.
    #[must_use]
    pub fn to_seal(&self) -> SealedModel {
        let mut things = std::collections::BTreeMap::new();
        let mut add = |path: SmolStr, first: SmolStr, stored: SmolStr, id: SmolStr| {
            things.insert(path, SealedThing { first, stored, id });
        };
        for entity in &self.entities {
            let (id, path) = (entity.id, self.entity_path(entity.id));
            let shown = crate::stable_ids::as_text(self.stable_id(id)).into();
            add(path.clone().into(), self.first_path(id).into(), entity.named.stored.clone(), shown);
            for field in &entity.fields {
                let first = field.named.first_name();
                let shown = crate::stable_ids::as_text(self.stable_path_id(id, first)).into();
                let stored = self.stored_name(entity.store, &field.named);
                add(format_smolstr!("{path}.{}", field.named.name), first.clone(), stored, shown);
            }
        }
        for record in &self.structs {
            for field in &record.fields {
                let path = format_smolstr!("struct {}.{}", record.named.name, field.named.name);
                add(path, field.named.first_name().clone(), field.named.stored.clone(), SmolStr::default());
            }
        }
        let platform = &self.history.model.platform;
        let platform = if platform.is_empty() { self.name.clone() } else { platform.clone() };
        let mut model = SealedModel::new(platform, things);
        model.keyspaces = super::versions::to_seal(self);
        model.settings = crate::history::settings::to_seal(self);
        model.removed = self.history.model.removed.clone();
        let removed = self.removed.iter().filter(|one| matches!(&*one.what, "entity" | "field"));
        model.removed.extend(removed.map(|one| (one.path.clone(), one.because.clone())));
        model.accepted = self.history.model.accepted.clone();
        let accepted = self.accepted.iter();
        model.accepted.extend(accepted.map(|one| (one.key(), one.because.clone())));
        model
    }
}

//! A module for each service, with the types that it works with and what it may do with them.

use foldhash::{HashSet, HashSetExt};
use quote::quote;
use smol_str::SmolStr;
use syn::{ImplItem, Item, ItemMod, ItemUse, Path, Type, UseName, UsePath, UseRename, UseTree, Visibility};

use super::layout::{Layout, Thing};
use super::names::{Scope, camel_case};
use super::tree;
use polity_engines::surface::{Faced, StoredEntity};
use polity_govern::access::Privilege;
use polity_model::governance::Service;
use polity_model::{Entity, FieldId, Thing as Named};
use polity_text::quoting::markdown;

/// The fields that a service reads where these are some and not all: with the tenant, which tells its rows from others'.
pub(super) fn reads_in_part(entity: &Entity, mine: &[Privilege]) -> Option<Vec<FieldId>> {
    let read = read(entity, mine);
    (!read.is_empty() && read.len() < entity.fields.len()).then_some(read)
}

/// The fields that a service reads, in order.
fn read(entity: &Entity, mine: &[Privilege]) -> Vec<FieldId> {
    let read = granted(mine, "read");
    let fields = entity.fields().map(|(id, _)| id);
    fields.filter(|id| read.contains(id) || !read.is_empty() && entity.tenant == Some(*id)).collect()
}

fn granted(mine: &[Privilege], verb: &str) -> Vec<FieldId> {
    mine.iter().filter(|p| p.verb == verb).flat_map(|p| p.fields.iter().copied()).collect()
}

/// The rights that the lines of a service give it on one entity.
struct Given {
    read: Vec<FieldId>,
    insert: Vec<FieldId>,
    update: Vec<FieldId>,
    delete: bool,
}

impl Given {
    fn of(valid: &Faced<'_>, entity: &Entity, stored: &StoredEntity, mine: &[Privilege]) -> Self {
        let (write, append) = (granted(mine, "write"), granted(mine, "append"));
        let in_order = |wanted: &dyn Fn(FieldId) -> bool| -> Vec<FieldId> {
            entity.fields().map(|(id, _)| id).filter(|id| wanted(*id)).collect()
        };
        let filled_in = |id: FieldId| stored.field(id).is_filled_in;
        let softly = mine.iter().any(|p| p.verb == "soft_delete");
        let stays = |id: FieldId| stored.field(id).changing.is_empty();
        Self {
            read: read(entity, mine),
            insert: in_order(&|id| {
                let key = !write.is_empty() && entity.identity().contains(&id);
                (write.contains(&id) || append.contains(&id) || key) && !filled_in(id)
            }),
            update: in_order(&|id| {
                let marks = softly && entity.soft_delete() == Some(id);
                (write.contains(&id) || marks) && valid.append_only(entity.id).is_none() && !stays(id)
            }),
            delete: mine.iter().any(|p| p.verb == "delete"),
        }
    }
}

/// `pub mod wallet_api { pub struct Service; … }` for each.
pub(super) fn modules(valid: &Faced<'_>, layout: &Layout) -> Vec<Item> {
    let mut names = Scope::default();
    let module = |(at, service): (usize, &Service)| {
        let mut module = Module {
            valid,
            layout,
            service,
            at,
            scope: Scope::of_types(),
            uses: Vec::new(),
            rights: Vec::new(),
            said: HashSet::new(),
        };
        module.scope.claim("Service");
        module.fill();
        let name = names.claim(&service.named.name);
        module.item(&name)
    };
    valid.services.iter().enumerate().map(module).collect()
}

struct Module<'a> {
    valid: &'a Faced<'a>,
    layout: &'a Layout,
    service: &'a Service,
    at: usize,
    scope: Scope,
    /// The things that the module re-exports, each with its name here and its `use`.
    uses: Vec<(Thing, SmolStr, Item)>,
    rights: Vec<Item>,
    /// The pairs of name and right that are in `rights`, since two lines may give the same.
    said: HashSet<(SmolStr, String)>,
}

impl Module<'_> {
    fn fill(&mut self) {
        let by_entity = self.valid.privileges_by_entity(self.service);
        for entity in &self.valid.entities {
            if let Some(mine) = by_entity.get(&entity.id) {
                self.entity(entity, mine);
            }
        }
        for privilege in self.valid.privileges(self.service) {
            match privilege.on {
                Named::View(id) => {
                    let view = &self.valid[id];
                    let Some(name) = self.bring(Thing::View(id)) else { continue };
                    let relation = &self.valid.surfaces[view.store].views[&id];
                    let columns = view.columns.iter().map(|column| column.named.stored.clone()).collect();
                    self.may("Reads", &name, Some(("FROM", relation)), Some(columns));
                }
                Named::Keyspace(id) => self.key(Thing::Keyspace(id), &privilege.verb),
                Named::Channel(id) => self.key(Thing::Channel(id), &privilege.verb),
                _ => {}
            }
        }
    }

    fn entity(&mut self, entity: &Entity, mine: &[Privilege]) {
        let stored = self.valid.stored(entity);
        let given = Given::of(self.valid, entity, stored, mine);
        let columns = |fields: &[FieldId], changed: bool| -> Vec<SmolStr> {
            let fields = fields.iter().map(|id| stored.field(*id));
            fields.flat_map(|field| if changed { &field.changing } else { &field.columns }).cloned().collect()
        };
        let in_part = given.read.len() < entity.fields.len();
        let (read, insert, update) =
            (columns(&given.read, false), columns(&given.insert, false), columns(&given.update, true));
        if !given.read.is_empty() {
            let thing = if in_part { Thing::Part(self.at, entity.id) } else { Thing::Entity(entity.id) };
            let with_deleted = mine.iter().any(|p| p.verb == "read" && p.with_deleted);
            let live = stored.live.as_ref().filter(|_| !in_part && !with_deleted);
            let from = live.unwrap_or_else(|| stored.read_from(self.service, in_part));
            if let Some(name) = self.bring(thing) {
                self.may("Reads", &name, Some(("FROM", from)), Some(read));
            }
        }
        for (right, place, columns, has) in [
            ("Inserts", "INTO", Some(insert), !given.insert.is_empty()),
            ("Updates", "IN", Some(update), !given.update.is_empty()),
            ("Deletes", "FROM", None, given.delete),
        ] {
            if has && let Some(name) = self.bring(Thing::Entity(entity.id)) {
                self.may(right, &name, Some((place, &stored.name)), columns);
            }
        }
    }

    fn key(&mut self, thing: Thing, verb: &str) {
        let Some(name) = self.bring(thing) else { return };
        let verb_name = camel_case(verb);
        let verb = tree::named_ty(&format!("service::{verb_name}"));
        let key = tree::named_ty(&name);
        if self.said.insert((name.clone(), verb_name.clone())) {
            self.rights.push(implementation("May", [verb, key], Vec::new()));
        }
    }

    /// `impl Reads<User> for Service { const FROM: …; const COLUMNS: …; }`
    fn may(&mut self, right: &str, of: &str, place: Option<(&str, &str)>, columns: Option<Vec<SmolStr>>) {
        let mut constants = Vec::new();
        if let Some((name, value)) = place {
            constants.push(constant(name, tree::static_text(), tree::text_literal(value)));
        }
        if let Some(columns) = columns {
            let columns = tree::array(columns.iter().map(|column| tree::text_literal(column)));
            constants.push(constant(
                "COLUMNS",
                tree::static_slice(tree::static_text()),
                tree::borrow(columns),
            ));
        }
        if self.said.insert((of.into(), right.to_owned())) {
            self.rights.push(implementation(right, [tree::named_ty(of)], constants));
        }
    }

    /// Re-exports a thing, and gives its name here.
    fn bring(&mut self, thing: Thing) -> Option<SmolStr> {
        if let Some((_, name, _)) = self.uses.iter().find(|(known, ..)| *known == thing) {
            return Some(name.clone());
        }
        let (home, original) = self.layout.home(thing)?;
        let name = self.scope.claim(original);
        let item = use_of(tree::public(), &["super", "super", &home.name, original], &name);
        self.uses.push((thing, name.clone(), item));
        Some(name)
    }

    fn item(self, name: &str) -> Item {
        let called = &self.service.named.name;
        let mut marker_attrs = tree::docs(&[format!("The service {} itself.", markdown::code(called))]);
        marker_attrs.push(tree::list_attribute("derive", tree::word_list(&["Debug", "Clone", "Copy"])));
        let marker = Item::Struct(syn::ItemStruct {
            attrs: marker_attrs,
            vis: tree::public(),
            struct_token: Default::default(),
            ident: tree::ident("Service"),
            generics: Default::default(),
            fields: syn::Fields::Unit,
            semi_token: Some(Default::default()),
        });
        let name_of = constant("NAME", tree::static_text(), tree::text_literal(called));
        let mut items = vec![use_of(Visibility::Inherited, &["polity_runtime", "service"], "service")];
        items.extend(self.uses.into_iter().map(|(_, _, item)| item));
        items.push(marker);
        items.push(tree::implementation(Some(tree::path("service::Service")), "Service", vec![name_of]));
        items.extend(self.rights);
        let note = format!("What the service {} may do.", markdown::code(called));
        Item::Mod(ItemMod {
            attrs: tree::docs(&markdown::with(&self.service.named.docs, note)),
            vis: tree::public(),
            unsafety: None,
            mod_token: Default::default(),
            ident: tree::ident(name),
            content: Some((Default::default(), items)),
            semi: None,
        })
    }
}

/// `pub use super::super::core::User;`, with `as` where it goes by another name here.
fn use_of(vis: Visibility, path: &[&str], name: &str) -> Item {
    let last = path.last().copied().unwrap_or_default();
    let end = if last == name {
        UseTree::Name(UseName { ident: tree::ident(name) })
    } else {
        UseTree::Rename(UseRename {
            ident: tree::ident(last),
            as_token: Default::default(),
            rename: tree::ident(name),
        })
    };
    let tree = path.iter().rev().skip(1).fold(end, |tree, part| {
        let (ident, tree) = (tree::ident(part), Box::new(tree));
        UseTree::Path(UsePath { ident, colon2_token: Default::default(), tree })
    });
    Item::Use(ItemUse {
        attrs: Vec::new(),
        vis,
        use_token: Default::default(),
        leading_colon: None,
        tree,
        semi_token: Default::default(),
    })
}

/// `impl service::Reads<User> for Service { … }`
fn implementation(right: &str, of: impl IntoIterator<Item = Type>, items: Vec<ImplItem>) -> Item {
    let Type::Path(of) = tree::generic(&format!("service::{right}"), of) else {
        return Item::Verbatim(quote!());
    };
    let path: Path = of.path;
    tree::implementation(Some(path), "Service", items)
}

/// A constant in an `impl` of a trait, where no visibility is written.
fn constant(name: &str, ty: Type, value: syn::Expr) -> ImplItem {
    match tree::constant(Vec::new(), name, ty, value) {
        ImplItem::Const(mut constant) => {
            constant.vis = Visibility::Inherited;
            ImplItem::Const(constant)
        }
        other => other,
    }
}

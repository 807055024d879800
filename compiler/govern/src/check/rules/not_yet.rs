//! A construct of the language that the compiler does not carry out yet is an error where it is used, never ignored.

use foldhash::HashSet;

use crate::Governed;
use polity_model::adding::item_behind;
use polity_model::entity::Fate;
use polity_model::governance::Service;
use polity_model::keyspace::Held;
use polity_model::{Backfill, Entity, EnumId, Field, Named, StructId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0901;
use polity_text::source::Span;

/// Every use of a construct that is not lowered yet.
pub fn not_yet(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut uses: Vec<(Span, &str, &str)> = Vec::new();
    of_tenancy(platform, &mut uses);
    of_subjects(platform, &mut uses);
    platform.services.iter().for_each(|service| of_service(platform, service, &mut uses));
    let early = platform.backfills.iter().filter(|backfill| !is_sealed(platform, backfill));
    uses.extend(early.map(|one| (one.span, "`backfill`", NO_ROWS)));
    if !platform.history.has_before() {
        uses.extend(platform.removed.iter().map(|one| (one.span, "`removed`", BEFORE)));
        uses.extend(platform.accepted.iter().map(|one| (one.span, "`accept`", BEFORE)));
    }
    for entity in &platform.entities {
        if entity.global && platform.tenancy.is_none() {
            uses.push((entity.named.span, "`global`", "leave it out; without tenancy everything is shared"));
        }
        of_entity(platform, entity, &mut uses);
    }
    let held = records_held(platform);
    for record in &platform.structs {
        let is_held = held.contains(&record.id);
        record.fields.iter().for_each(|field| of_member(field, is_held, &mut uses));
        uses.extend(record.named.was.iter().map(|(_, span)| (*span, "`was`", RENAME)));
    }
    for view in &platform.views {
        for column in &view.columns {
            of_field(column, false, &mut uses);
            uses.extend(renamed_in_store(&column.named));
        }
    }
    for values in &platform.enums {
        if !platform.history.has_before() {
            uses.extend(values.removed.iter().map(|(_, _, span)| (*span, "`removed`", BEFORE)));
        }
        let renamed = values.values.iter().filter_map(|value| value.named.was.as_ref());
        let renamed: Vec<_> = renamed.collect();
        // The whole platform is looked through for an enum; it is where a value of one is called otherwise.
        let is_recoded = !renamed.is_empty() && is_recoded(platform, values.id);
        let not_yet = renamed.into_iter().filter(|_| !is_recoded).chain(&values.named.was);
        uses.extend(not_yet.map(|(_, span)| (*span, "`was`", RENAME)));
    }
    for keyspace in &platform.keyspaces {
        if keyspace.global && platform.tenancy.is_none() {
            uses.push((
                keyspace.named.span,
                "`global`",
                "leave it out; without tenancy everything is shared",
            ));
        }
        uses.extend(keyspace.named.was.iter().map(|(_, span)| (*span, "`was`", RENAME)));
    }
    for store in &platform.stores {
        for (_, overlay) in &store.settings.environments {
            if let Some(engine) = overlay.get("engine") {
                uses.push((engine.name_span, "another engine in one environment", "leave it out until then"));
            }
        }
    }
    found.extend(uses.into_iter().map(told));
}

fn told((span, what, help): (Span, &str, &str)) -> Diagnostic {
    let problem = Diagnostic::new(E0901, span, format!("{what} is not carried out yet"))
        .here("understood, but nothing would come of it")
        .help(help);
    match what {
        WITHOUT_TIER => item_behind(span, "tier standard { isolation: row }", problem),
        _ => problem,
    }
}

const WITHOUT_TIER: &str = "`tenancy` without a tier";

const NO_ROWS: &str = "it belongs to an entity that was sealed, in a store whose migrations are written";

/// Whether rows of the entity may be there, and a migration can fill them.
fn is_sealed(platform: &Governed, backfill: &Backfill) -> bool {
    let history = &platform.history;
    let first = platform.first_path(backfill.entity);
    if history.is_open() {
        return true;
    }
    history.places.contains_key(&platform[platform[backfill.entity].store].named.name)
        && history.model.things.values().any(|thing| thing.first == first)
}

fn of_service<'p>(platform: &Governed, service: &Service, uses: &mut Vec<(Span, &'p str, &'p str)>) {
    for privilege in platform.privileges(service) {
        // Of an engine that nobody knows, that is all there is to say.
        let engine = platform.store_of(privilege.on).and_then(|store| platform[store].about);
        if engine.is_some_and(|engine| !engine.gives_rights) {
            uses.push((privilege.span, "a service in this store", "leave the line out until then"));
            return;
        }
    }
}

/// A person can be erased where every store that holds anything of the person erases.
fn of_subjects<'p>(platform: &Governed, uses: &mut Vec<(Span, &'p str, &'p str)>) {
    for plan in platform.erasure_plans() {
        let Some(span) = platform[plan.subject].subject else { continue };
        let rows = plan.rows.iter().map(|rows| platform[rows.entity].store);
        let keys = plan.keys.iter().map(|keys| platform[keys.keyspace].store);
        let erases = |store: polity_model::StoreId| platform[store].about.is_some_and(|engine| engine.erases);
        if !rows.chain(keys).all(erases) {
            uses.push((
                span,
                "`subject` with data in this store",
                "leave it out until erasure is carried out",
            ));
        }
    }
}

/// Where the stored name stays, nothing is to be done but to keep the ids of ciphertexts.
fn renamed_in_store<'p>(named: &Named) -> Option<(Span, &'p str, &'p str)> {
    let (_, span) = named.was.as_ref().filter(|_| !named.aliased)?;
    let help = "keep the stored name with `as \"…\"`; that a store renames what it holds belongs to sealed migrations";
    Some((*span, "`was` with another name in the store", help))
}

const BEFORE: &str = "nothing was sealed yet, so there is nothing that changes; `polity seal initial` makes what is there history";

const RENAME: &str = "it belongs to sealed migrations; there is nothing to rename before the first is sealed";

/// A tier is carried out where every engine carries its isolation out.
fn of_tenancy<'p>(platform: &'p Governed, uses: &mut Vec<(Span, &'p str, &'p str)>) {
    let Some(tenancy) = &platform.tenancy else { return };
    let help = "leave it out until every store carries it out";
    for tier in &platform.tiers {
        let engines = || platform.stores.iter().filter_map(|store| store.about);
        if tier.isolation().is_some_and(|isolation| !engines().all(|e| e.carries_out(isolation))) {
            uses.push((tier.named.span, "`tier` with this isolation in every store", help));
        }
    }
    if platform.tiers.is_empty() {
        uses.push((tenancy.span, WITHOUT_TIER, "add `tier standard { isolation: row }`"));
    }
}

fn of_entity<'p>(platform: &Governed, entity: &'p Entity, uses: &mut Vec<(Span, &'p str, &'p str)>) {
    if let Some(projection) = &entity.projection {
        uses.push((projection.span, "a projection", "write the copy's fields out until then"));
    }
    if let Some(retain) = platform.retain(entity.id) {
        match retain.fate {
            Fate::Delete | Fate::Anonymize => {}
            Fate::ArchiveTo(_) => {
                uses.push((retain.span, "`then archive`", "leave `then archive` out to delete"))
            }
        }
    }
    if platform[entity.store].about.is_some_and(|engine| engine.publishes.is_none()) {
        let help = "publish from the client until then";
        uses.extend(entity.publishes.iter().map(|publish| (publish.span, "`publish` in this store", help)));
    }
    if !leads_on(platform, entity) {
        uses.extend(renamed_in_store(&entity.named));
        uses.extend(entity.fields.iter().filter_map(|field| renamed_in_store(&field.named)));
    }
    let anonymized = platform.retain(entity.id).is_some_and(|r| r.fate == Fate::Anonymize);
    entity.fields.iter().for_each(|field| of_field(field, anonymized, uses));
}

/// Whether an entity stands in a store of which migrations are written, and that was sealed.
fn leads_on(platform: &Governed, entity: &Entity) -> bool {
    let store = &platform[entity.store];
    let mut places = platform.history.places.keys();
    let is_sealed = places.any(|place| place.split('/').next() == Some(store.named.name.as_str()));
    (is_sealed || platform.history.is_open()) && store.about.is_some_and(|engine| engine.leads_on)
}

/// Whether values of an enum that are called otherwise get their new names wherever they may be: in fields of sealed entities that are
/// no part of a key.
fn is_recoded(platform: &Governed, values: EnumId) -> bool {
    let is_in_rows = |entity: &Entity, at: usize, field: &Field| {
        let is_key = entity.key.iter().any(|key| key.index() == at);
        let recodes = platform[entity.store].about.is_some_and(|engine| engine.recodes);
        !is_key && recodes && leads_on(platform, entity) && is_one_of(platform, &field.ty, values)
    };
    let in_entities = platform.entities.iter().all(|entity| {
        let mut fields = entity.fields.iter().enumerate();
        fields.all(|(at, field)| !holds(platform, &field.ty, values) || is_in_rows(entity, at, field))
    });
    let records = platform.structs.iter().flat_map(|record| &record.fields).map(|field| &field.ty);
    let kept = platform.keyspaces.iter().filter_map(|keyspace| match keyspace.value.held() {
        Held::Value(ty) => Some(ty),
        Held::Record(_) | Held::Entity(_) | Held::Nothing => None,
    });
    let published = platform.channels.iter().filter_map(|channel| channel.value.as_ref());
    platform.history.has_before()
        && in_entities
        && !records.chain(kept).chain(published).any(|ty| holds(platform, ty, values))
}

/// Whether a type is an enum, with conditions of its own or without.
fn is_one_of(platform: &Governed, ty: &Type, values: EnumId) -> bool {
    match &ty.kind {
        TypeKind::Enum(id) => *id == values,
        TypeKind::Constrained(id) => is_one_of(platform, &platform[*id].base, values),
        _ => false,
    }
}

/// Whether a value of a type may hold values of an enum.
fn holds(platform: &Governed, ty: &Type, values: EnumId) -> bool {
    match &ty.kind {
        TypeKind::List(element) | TypeKind::Map(element) => holds(platform, element, values),
        _ => is_one_of(platform, ty, values),
    }
}

/// The records that are the types of something. Those that are only included are fields of entities like any other.
fn records_held(platform: &Governed) -> HashSet<StructId> {
    let entities = platform.entities.iter().flat_map(|entity| &entity.fields);
    let records = platform.structs.iter().flat_map(|record| &record.fields);
    let columns = platform.views.iter().flat_map(|view| &view.columns);
    let mut held: HashSet<StructId> =
        entities.chain(records).chain(columns).filter_map(|field| record_in(platform, &field.ty)).collect();
    held.extend(platform.keyspaces.iter().filter_map(|keyspace| match keyspace.value.held() {
        Held::Record(id) => Some(id),
        Held::Value(ty) => record_in(platform, ty),
        Held::Entity(_) | Held::Nothing => None,
    }));
    let published = platform.channels.iter().filter_map(|channel| channel.value.as_ref());
    held.extend(published.filter_map(|ty| record_in(platform, ty)));
    held
}

fn record_in(platform: &Governed, ty: &Type) -> Option<StructId> {
    match &ty.kind {
        TypeKind::Struct(id) => Some(*id),
        TypeKind::List(element) | TypeKind::Map(element) => record_in(platform, element),
        TypeKind::Constrained(id) => record_in(platform, &platform[*id].base),
        _ => None,
    }
}

/// A field of a record.
fn of_member<'p>(field: &'p Field, is_held: bool, uses: &mut Vec<(Span, &'p str, &'p str)>) {
    if let Some(hashed) = field.declared.pseudonymous.as_ref().filter(|_| is_held) {
        uses.push((
            hashed.span,
            "`pseudonymous` inside of a record",
            "write the reference as a field of the entity, or the record as an entity of its own",
        ));
    }
    of_field(field, false, uses);
    uses.extend(renamed_in_store(&field.named));
}

fn of_field<'p>(field: &'p Field, anonymized: bool, uses: &mut Vec<(Span, &'p str, &'p str)>) {
    if let (Some(value), false) = (&field.anonymized, anonymized) {
        uses.push((value.span, "`anonymized as`", "it belongs to `then anonymize`"));
    }
}

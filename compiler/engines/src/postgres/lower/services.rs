//! Services: a role that logs in for each, with the rights that its lines give and no other.
//!
//! PostgreSQL reads before it writes: `UPDATE … WHERE`, `RETURNING` and `ON CONFLICT` need the right to read the
//! columns they name. So whoever may write or delete rows may also read what tells them apart: the tenant, the key
//! and the columns that are unique by themselves. Blind indexes only where it may do something to what they find.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::database::Database;
use super::expr::{joined, struct_of};
use super::index::plain_fields;
use super::lowered::Lowered;
use super::names::{LIMIT, fit, of_tenant};
use super::roles::Roles;
use super::table::{Column, Table};
use polity_catalog::relational::{Privilege, Reach, Target};
use polity_govern::Stored;
use polity_govern::access;
use polity_model::entity::Entity;
use polity_model::governance::{Service, Tenant};
use polity_model::written_sql::{self, SYSTEM_COLUMNS};
use polity_model::{Field, FieldId, Lineage, Store, Thing, TypeKind, ViewId};
use polity_text::tokens;

/// A service and what it may do in one store.
#[derive(Debug)]
pub(in crate::postgres) struct ServiceRole {
    pub(in crate::postgres) role: SmolStr,
    pub(super) docs: SmolStr,
    /// Whether it works across the tenants that share tables; in a place of its own a tenant is alone.
    pub(in crate::postgres) across: bool,
    pub(super) privileges: Vec<access::Privilege>,
}

/// Every service: one that does nothing in this database still logs in as nobody else.
pub(super) fn lower(platform: &Stored, store: &Store, tenant: Option<&Tenant>) -> Vec<ServiceRole> {
    let role = |service: &Service| ServiceRole {
        role: role_name(platform, tenant, service),
        docs: service.named.docs.clone(),
        across: service.across_tenants.is_some() && tenant.is_none(),
        privileges: platform
            .privileges(service)
            .iter()
            .filter(|p| is_in(platform, store, p.on))
            .cloned()
            .collect(),
    };
    platform.services.iter().map(role).filter(|service| !service.privileges.is_empty()).collect()
}

/// `shop_wallet_api`, or `shop_acme_wallet_api` in a database that a tenant has to itself: roles belong to the whole
/// server.
pub(in crate::postgres) fn role_name(
    platform: &Stored,
    tenant: Option<&Tenant>,
    service: &Service,
) -> SmolStr {
    let (platform, service) = (&platform.name, &service.named.name);
    let shared = format_smolstr!("{platform}_{service}");
    match tenant.map(|tenant| &tenant.named.name) {
        None => fit(&shared, LIMIT),
        Some(name) if shared.len() + 1 + tokens::LONGEST <= LIMIT => {
            format_smolstr!("{platform}_{name}_{service}")
        }
        Some(name) => of_tenant(&shared, name, LIMIT),
    }
}

fn is_in(platform: &Stored, store: &Store, on: Thing) -> bool {
    match on {
        Thing::Entity(id) => platform[id].store == store.id,
        Thing::View(id) => platform[id].store == store.id,
        Thing::AuditLog(id) => platform[id].store == store.id,
        _ => false,
    }
}

impl ServiceRole {
    /// The views that it is given.
    fn views(&self) -> impl Iterator<Item = ViewId> {
        self.privileges.iter().filter_map(|privilege| match privilege.on {
            Thing::View(id) => Some(id),
            _ => None,
        })
    }

    /// The columns that it reads of views: all of those that it is given, and of others what those name.
    fn views_read<'p>(&self, platform: &'p Stored) -> Vec<(ViewId, Vec<&'p SmolStr>)> {
        let read: BTreeSet<Lineage> = self.views().flat_map(|view| platform.named_with(view)).collect();
        let of = |view: ViewId| -> Vec<&'p SmolStr> {
            let columns = platform[view].columns.iter().enumerate();
            let read = columns.filter(|(i, _)| read.contains(&Lineage::Column(view, FieldId(*i as u32))));
            read.map(|(_, column)| &column.named.stored).collect()
        };
        let given: Vec<ViewId> = self.views().collect();
        let below = platform.view_order.iter().copied().filter(|view| !given.contains(view));
        let all = given.iter().copied().chain(below);
        all.map(|view| (view, of(view))).filter(|(_, columns)| !columns.is_empty()).collect()
    }

    /// Whether it reads a trail, which the role of its readers may.
    pub(super) fn reads_trails(&self) -> bool {
        self.privileges.iter().any(|p| p.verb == "read" && matches!(p.on, Thing::AuditLog(_)))
    }
}

/// Lowers the rights of every service.
pub(super) fn lower_rights(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    for service in &database.services {
        let role = &service.role;
        let usage = |schema: &SmolStr, lowered: &mut Lowered| {
            lowered.grant(Target::Schema(schema.clone()), &roles.owner, [role], &[Privilege::Usage]);
        };
        for table in database.tables.iter().chain(&database.common) {
            let rights = Rights::of(database, service, table).on(table);
            if !rights.is_empty() {
                usage(&table.name.schema, lowered);
                lowered.grant_parts(Target::Relation(table.name.0.clone()), &roles.owner, role, rights);
            }
        }
        for (id, columns) in service.views_read(database.platform) {
            let mut views = database.views.iter().chain(&database.common_views);
            if let Some(view) = views.find(|lowered| lowered.view.id == id) {
                usage(&view.name.schema, lowered);
                let all = columns.len() == view.view.columns.len();
                let reach = match all {
                    true => Reach::Whole,
                    false => Reach::Columns(columns.into_iter().cloned().collect()),
                };
                let on = Target::Relation(view.name.0.clone());
                let rights = BTreeMap::from([(Privilege::Select, reach)]);
                lowered.grant_parts(on, view.owner(database), role, rights);
            }
        }
    }
}

/// The columns of a field, as its table names them; of one that is `changed`, those that may be.
pub(in crate::postgres) fn columns(
    platform: &Stored,
    prefix: &str,
    field: &Field,
    changed: bool,
    out: &mut Vec<SmolStr>,
) {
    // Of a field of the entity its surface has asked that: this is for members of records, to which no rule adds.
    if changed && (field.declared.immutable.is_some() || field.computed.is_some()) {
        return;
    }
    let name = joined(prefix, &field.named.stored);
    if let Some(inner) = field.inline.and_then(|_| struct_of(platform, &field.ty)) {
        let prefix = format!("{name}_");
        platform[inner].fields.iter().for_each(|field| columns(platform, &prefix, field, changed, out));
        return;
    }
    let name = fit(&name, LIMIT);
    if matches!(field.ty.kind, TypeKind::Union(_)) {
        out.push(name.clone());
        out.push(fit(&format!("{name}_type"), LIMIT));
    } else {
        out.push(name);
    }
}

/// The rights of one service on one table, by column.
#[derive(Debug, Default)]
struct Rights<'t> {
    select: Vec<&'t str>,
    /// Columns that every table has, named by views; a right to the whole table holds them.
    system: Vec<&'static str>,
    insert: Vec<&'t str>,
    update: Vec<&'t str>,
    delete: bool,
}

impl<'t> Rights<'t> {
    fn of(database: &Database, service: &ServiceRole, table: &'t Table<'_>) -> Self {
        let entity = table.entity;
        let mut rights = Rights::default();
        let granted = |verb: &str| -> Vec<FieldId> {
            let mine =
                service.privileges.iter().filter(|p| p.on == Thing::Entity(entity.id) && p.verb == verb);
            mine.flat_map(|p| p.fields.iter().copied()).collect()
        };
        // What all tenants share is a copy in a database of one of them, and nobody there writes it.
        let copied = database.placement.tenant.is_some() && entity.global;
        let (read, mut write, mut append) = (granted("read"), granted("write"), granted("append"));
        if copied {
            write.clear();
            append.clear();
        }
        rights.delete = !copied
            && service.privileges.iter().any(|p| p.on == Thing::Entity(entity.id) && p.verb == "delete");
        let marks = !copied
            && service.privileges.iter().any(|p| p.on == Thing::Entity(entity.id) && p.verb == "soft_delete");
        let marked = entity.soft_delete().filter(|_| marks);
        let finds_rows = rights.delete || marks || !write.is_empty();
        let mut told_apart = if finds_rows { identifying(entity) } else { Vec::new() };
        told_apart.extend(marked);
        // A blind index is for those who look for what it finds, and they hold its key.
        told_apart.retain(|id| {
            let of = database.platform.blind_index_of(entity.id, *id);
            of.is_none_or(|of| [&read, &write, &append].iter().any(|fields| fields.contains(&of)))
        });
        let seen = seen_through_views(database, service, table);
        let is_tenant = |column: &Column| entity.tenant.is_some() && column.field == entity.tenant;
        rights.system.extend(SYSTEM_COLUMNS.into_iter().filter(|name| seen.contains(*name)));
        for column in &table.columns {
            let name = column.name.as_str();
            let Some(field) = column.field else { continue };
            let reads = read.contains(&field)
                // Rows of one's own tenant only are seen, so its column is no secret.
                || is_tenant(column) && !read.is_empty()
                || told_apart.contains(&field)
                || seen.contains(name);
            if reads {
                rights.select.push(name);
            }
            let computed = entity.field(field).computed.is_some();
            let inserts = append.contains(&field)
                || write.contains(&field)
                || !write.is_empty() && entity.identity().contains(&field);
            if inserts && !computed && !is_tenant(column) {
                rights.insert.push(name);
            }
            if (write.contains(&field) || marked == Some(field))
                && column.changeable
                && database.platform.append_only(entity.id).is_none()
            {
                rights.update.push(name);
            }
        }
        rights
    }

    /// Returns the privileges on the table: of all its columns as a whole, where the entity has them all.
    fn on(&self, table: &Table<'_>) -> BTreeMap<Privilege, Reach> {
        let of = |columns: &[&str]| Reach::Columns(columns.iter().copied().map(SmolStr::new).collect());
        let own = table.columns.iter().filter(|column| column.field.is_some()).count();
        let mut rights = BTreeMap::new();
        if self.select.len() == own && own == table.columns.len() {
            rights.insert(Privilege::Select, Reach::Whole);
        } else if !self.select.is_empty() {
            rights.insert(Privilege::Select, of(&[&self.select[..], &self.system].concat()));
        }
        for (right, columns) in [(Privilege::Insert, &self.insert), (Privilege::Update, &self.update)] {
            if !columns.is_empty() {
                rights.insert(right, of(columns));
            }
        }
        if self.delete {
            rights.insert(Privilege::Delete, Reach::Whole);
        }
        rights
    }
}

/// The fields that tell a row from the others: the tenant, the key, and those of unique constraints.
fn identifying(entity: &Entity) -> Vec<FieldId> {
    let mut fields = entity.key.clone();
    for unique in &entity.uniques {
        fields.extend(plain_fields(unique).into_iter().flatten());
    }
    fields
}

/// A row view shows what its reader may see of the tables below it, so whoever reads the view reads the columns that
/// its SQL names.
fn seen_through_views(database: &Database, service: &ServiceRole, table: &Table<'_>) -> BTreeSet<String> {
    let platform = database.platform;
    let below: BTreeSet<ViewId> = service.views().flat_map(|view| platform.row_views(view)).collect();
    let mut seen = BTreeSet::new();
    for view in below.into_iter().map(|view| &platform[view]) {
        if !view.reads.contains(&table.entity.id) {
            continue;
        }
        let words = words(database.placement.query_of(view));
        for (id, field) in table.entity.fields() {
            let is_used = view.uses.contains(&Lineage::Field(table.entity.id, id));
            let of_field = table.columns.iter().filter(|column| column.field == Some(id));
            let names: Vec<String> = of_field.map(|column| column.name.to_string()).collect();
            let is_named = |name: &String| words.contains(name);
            // Of a record in columns of its own only those are read that are named, where any is.
            let in_parts = field.inline.is_some() && !words.contains("*") && names.iter().any(is_named);
            seen.extend(
                names
                    .into_iter()
                    .filter(|name| is_used && !in_parts || (is_used || view.opaque) && is_named(name)),
            );
        }
        seen.extend(SYSTEM_COLUMNS.into_iter().filter(|name| words.contains(*name)).map(str::to_owned));
        seen.extend(table.entity.tenant.map(|id| table.entity.field(id).named.stored.to_string()));
    }
    seen
}

/// Every word of a query as PostgreSQL reads it, and `*` where one stands for columns.
fn words(sql: &str) -> BTreeSet<String> {
    let tokens = written_sql::tokens(sql).unwrap_or_default();
    let mut words = BTreeSet::new();
    // Neither `count(*)` nor a product stands for columns.
    let mut columns_may_follow = false;
    for token in tokens.into_iter().map(|token| token.token) {
        let follows = match &token {
            Token::Word(word) => matches!(word.keyword, Keyword::SELECT | Keyword::DISTINCT | Keyword::ALL),
            Token::Comma | Token::Period => true,
            _ => false,
        };
        match token {
            Token::Word(word) if word.quote_style.is_some() => words.insert(word.value),
            Token::Word(word) => words.insert(word.value.to_lowercase()),
            Token::Mul if columns_may_follow => words.insert("*".to_owned()),
            _ => false,
        };
        columns_may_follow = follows;
    }
    words
}

/// The roles that a service must not be taken for.
pub(in crate::postgres) fn reserved(platform: &Stored) -> Vec<SmolStr> {
    let databases = std::iter::once(None).chain(platform.tenants_apart().map(Some));
    let databases = databases.map(|tenant| Roles::of_database(platform, tenant));
    let schemas = platform.tenants_in_schemas().map(|tenant| Roles::of_schemas(platform, tenant));
    databases.chain(schemas).flat_map(Roles::into_names).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn only_a_star_that_stands_for_columns_counts() {
        for sql in ["SELECT * FROM a", "SELECT DISTINCT * FROM a", "SELECT b, a.* FROM a"] {
            assert!(words(sql).contains("*"), "{sql}");
        }
        for sql in ["SELECT count(*) FROM a", "SELECT b * 2 FROM a", "SELECT '*' FROM a"] {
            assert!(!words(sql).contains("*"), "{sql}");
        }
        assert!(words("SELECT \"Odd\", Plain FROM a").is_superset(&["Odd".into(), "plain".into()].into()));
    }
}

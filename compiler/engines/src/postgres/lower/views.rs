//! Views: the SQL that a person wrote, given the names and the types that the source declares.

use std::collections::BTreeMap;
use std::fmt::Write;

use smol_str::SmolStr;

use super::super::sql::{Ident, Name};
use super::database::Database;
use super::handwritten::{indented, tidy};
use super::lowered::Lowered;
use super::names::{LIMIT, Names, Space, fit};
use super::placement::Placement;
use super::types::column_type;
use super::view_identity::identity;
use polity_catalog::relational::{self, IndexColumn, Privilege, Target, ViewKind};
use polity_model::{FieldId, View, ViewIndex, ViewIndexColumn};

#[derive(Debug)]
pub(in crate::postgres) struct LoweredView<'a> {
    pub(in crate::postgres) view: &'a View,
    pub(in crate::postgres) name: Name,
    /// The form of the view under the name: where tenants are told apart, it cannot be the materialized view itself.
    pub(in crate::postgres) form: Form,
    /// The columns that tell the rows of a materialized view apart, and the name of the index on them.
    pub(super) identity: Option<(Vec<SmolStr>, SmolStr)>,
    /// The other indexes of its rows.
    indexes: Vec<RowIndex>,
    /// The function that refreshes it, where it is materialized.
    pub(in crate::postgres) refresher: Name,
}

/// An index of the stored rows of a view.
#[derive(Debug)]
struct RowIndex {
    name: SmolStr,
    columns: Vec<IndexColumn>,
}

/// The role whose rights decide which rows a view shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) enum Form {
    /// The reader of the view.
    Row,
    /// The role that shows figures: a tenant's, of rows that the view's reader may not see.
    Figures,
    /// The role that shows figures, over a materialized view of this name that holds the rows of every tenant.
    Stored(Name),
}

impl<'a> LoweredView<'a> {
    pub(super) fn lower(placement: &Placement, view: &'a View, names: &mut Names) -> Self {
        let platform = placement.platform;
        let schema = placement.schema_of_view(view);
        let name = Name::new(schema.clone(), fit(&view.named.stored, LIMIT));
        let scoped = platform.is_scoped_view(view.id);
        let space = || Space::Relations(schema.clone());
        let form = match scoped {
            true if view.materialized.is_some() => {
                let wanted = format!("{}_rows", name.name);
                let stored = names.derived(space(), &wanted, &name.to_string(), view.named.span);
                Form::Stored(Name::new(schema.clone(), stored))
            }
            true if view.figures => Form::Figures,
            _ => Form::Row,
        };
        let tenant = platform.tenancy.as_ref().filter(|_| scoped).map(|t| fit(&t.column, LIMIT));
        let identity =
            view.materialized.is_some().then(|| identity(platform, view)).flatten().map(|mut columns| {
                if let Some(tenant) = &tenant {
                    columns.retain(|column| column != tenant);
                    columns.insert(0, tenant.clone());
                }
                let wanted = format!("{}_{}_key", name.name, columns.join("_"));
                let index = names.derived(space(), &wanted, &name.to_string(), view.named.span);
                (columns, index)
            });
        let indexes =
            view.indexes.iter().map(|index| row_index(view, index, tenant.as_ref(), &name, names)).collect();
        let refresher = match view.materialized.is_some() {
            true => {
                let (space, wanted) = Self::wanted_refresher(placement, view);
                let stored = names.derived(space, &wanted, &name.to_string(), view.named.span);
                Name::new(placement.functions(), stored)
            }
            false => name.clone(),
        };
        Self { view, name, form, identity, indexes, refresher }
    }

    /// The name that its refresher wants, and the space of it.
    pub(super) fn wanted_refresher(placement: &Placement, view: &View) -> (Space, String) {
        let schema = fit(placement.whole_name(view.schema, false), LIMIT);
        let name = format!("refresh_{schema}_{}", fit(&view.named.stored, LIMIT));
        (Space::Functions(placement.functions()), name)
    }

    /// `REFRESH` that does not lock readers out, where the rows can be told apart.
    pub(super) fn refresh(&self) -> String {
        let concurrently = if self.identity.is_some() { " CONCURRENTLY" } else { "" };
        format!("REFRESH MATERIALIZED VIEW{concurrently} {}", self.stored())
    }

    /// The name of what the query fills or defines.
    pub(super) fn stored(&self) -> &Name {
        match &self.form {
            Form::Stored(rows) => rows,
            Form::Row | Form::Figures => &self.name,
        }
    }

    /// The role that owns the view under its name, and gives rights to it.
    pub(super) fn owner<'d>(&self, database: &'d Database) -> &'d SmolStr {
        match self.form {
            Form::Row => &database.roles.owner,
            Form::Figures | Form::Stored(_) => &database.roles.reader,
        }
    }
}

/// An index in the form that the database takes: a tenant's rows are found by the tenant first, as those of tables are.
fn row_index(
    view: &View,
    index: &ViewIndex,
    tenant: Option<&SmolStr>,
    name: &Name,
    names: &mut Names,
) -> RowIndex {
    let stored = |column: &ViewIndexColumn| fit(&view.columns[column.column.index()].named.stored, LIMIT);
    let own = index.columns.iter().filter(|column| Some(&stored(column)) != tenant);
    let said: Vec<SmolStr> = tenant.cloned().into_iter().chain(own.clone().map(stored)).collect();
    let end = match &index.name {
        Some(given) => given.to_string(),
        None => format!("{}_idx", said.join("_")),
    };
    let space = Space::Relations(name.schema.clone());
    let wanted = format!("{}_{end}", name.name);
    let index_name = names.derived(space, &wanted, &name.to_string(), index.span);
    let first = tenant.map(|tenant| IndexColumn::of(Ident(tenant).to_string()));
    let own = own.map(|column| IndexColumn {
        descending: column.descending,
        nulls_first: column.nulls_first.filter(|first| *first != column.descending),
        ..IndexColumn::of(Ident(&stored(column)).to_string())
    });
    RowIndex { name: index_name, columns: first.into_iter().chain(own).collect() }
}

/// Lowers a view in its form, and the rights that it needs and gives.
pub(super) fn lower(database: &Database, view: &LoweredView, lowered: &mut Lowered) {
    let roles = &database.roles;
    let owner = view.owner(database);
    let query = query(&database.placement, view.view);
    match &view.form {
        // A row view shows what its reader may see of the tables below it (`security_invoker`, from PostgreSQL 15).
        Form::Row => {
            let kind = match view.view.materialized {
                Some(_) => ViewKind::Materialized,
                None if database.major >= 15 => ViewKind::OfReader,
                None => ViewKind::OfOwner,
            };
            lower_one(view, &view.name, owner, kind, query, lowered);
        }
        Form::Figures => {
            lower_sight(database, view, lowered);
            lower_one(view, &view.name, owner, ViewKind::OfOwner, query, lowered);
        }
        // It is filled with the sight of its owner, so that is who sees the rows of every tenant.
        Form::Stored(rows) => {
            lower_one(view, rows, &roles.maintenance, ViewKind::Materialized, query, lowered);
            let reader = [&roles.reader];
            let schema = Target::Schema(view.name.schema.clone());
            lowered.grant(schema, &roles.owner, reader, &[Privilege::Usage]);
            let on = Target::Relation(rows.0.clone());
            lowered.grant(on, &roles.maintenance, reader, &[Privilege::Select]);
            let tenant = database.tenancy.as_ref().map_or_else(String::new, super::tenancy::Tenancy::own_row);
            let query = format!("SELECT * FROM {rows} WHERE {tenant}");
            lower_one(view, &view.name, owner, ViewKind::OfOwner, query, lowered);
        }
    }
    if database.services.is_empty() {
        let on = Target::Relation(view.name.0.clone());
        lowered.grant(on, owner, [&roles.app], &[Privilege::Select]);
    }
}

/// Lets the role that shows figures see what a view of figures is made of, for policies judge the owner of the view, by the
/// tenant of whoever reads it. Of views these are figures: E0825 refuses those of rows.
fn lower_sight(database: &Database, view: &LoweredView, lowered: &mut Lowered) {
    let (platform, roles) = (database.platform, &database.roles);
    let reader = [&roles.reader];
    let usage = |schema: &SmolStr, lowered: &mut Lowered| {
        lowered.grant(Target::Schema(schema.clone()), &roles.owner, reader, &[Privilege::Usage]);
    };
    usage(&view.name.schema, lowered);
    for entity in &view.view.reads {
        let table = database.placement.table_of(&platform[*entity]);
        usage(&table.schema, lowered);
        lowered.grant(Target::Relation(table.0), &roles.owner, reader, &[Privilege::Select]);
    }
    let known = || database.views.iter().chain(&database.common_views);
    let below = view.view.builds_on.iter().filter_map(|id| known().find(|known| known.view.id == *id));
    for below in below {
        usage(&below.name.schema, lowered);
        // What the role owns it may read.
        if below.owner(database) == &roles.owner {
            let on = Target::Relation(below.name.0.clone());
            lowered.grant(on, &roles.owner, reader, &[Privilege::Select]);
        }
    }
}

/// Lowers one view of this name, and the index on what tells its rows apart, which is on the stored one.
fn lower_one(
    of: &LoweredView,
    name: &Name,
    owner: &SmolStr,
    kind: ViewKind,
    query: String,
    lowered: &mut Lowered,
) {
    let commented = of.view.columns.iter().filter(|column| !column.named.docs.is_empty());
    lowered.add(relational::View {
        name: name.0.clone(),
        owner: owner.clone(),
        kind,
        query,
        comment: of.view.named.docs.clone(),
        column_comments: commented.map(|c| (c.named.stored.clone(), c.named.docs.clone())).collect(),
    });
    if kind != ViewKind::Materialized {
        return;
    }
    let identity = of.identity.iter().map(|(columns, index)| {
        (index, true, columns.iter().map(|name| IndexColumn::of(Ident(name).to_string())).collect())
    });
    let others = of.indexes.iter().map(|index| (&index.name, false, index.columns.clone()));
    for (index, unique, columns) in identity.chain(others) {
        lowered.add(relational::Index {
            name: relational::Name::new(name.schema.clone(), index.clone()),
            table: name.0.clone(),
            unique,
            nulls_not_distinct: false,
            method: SmolStr::new_static("btree"),
            columns,
            include: Vec::new(),
            storage: BTreeMap::new(),
            filter: None,
            invalid: false,
        });
    }
}

fn is_whole_number(ty: &str) -> bool {
    ["smallint", "integer", "bigint"].contains(&ty)
}

/// Writes the handwritten query of a view, with its columns cast to the declared types.
pub(in crate::postgres) fn query(placement: &Placement, view: &View) -> String {
    let columns: Vec<String> = view.columns.iter().map(|c| Ident(&c.named.stored).to_string()).collect();
    let width = columns.iter().map(String::len).max().unwrap_or(0) + "query.".len();
    let mut out = String::from(if view.columns.is_empty() { "SELECT query.*" } else { "SELECT " });
    for (i, (column, shown)) in view.columns.iter().zip(&columns).enumerate() {
        out.push_str(if i > 0 { ",\n       " } else { "" });
        let ty = column_type(placement.platform, &column.ty);
        let mut cast = format!("query.{shown}");
        if view.untyped.contains(&FieldId(i as u32)) && is_whole_number(&ty) {
            // Of a text that is no whole number the cast fails; a number of another type it would round.
            cast = format!("CAST({cast} AS text)");
        }
        let _ = write!(out, "CAST({cast:width$} AS {ty}) AS {shown}");
    }
    let _ = write!(out, "\n  FROM (\n{}\n       ) AS query", indented(&tidy(placement.query_of(view)), 8));
    out
}

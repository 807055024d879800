//! A store as PostgreSQL keeps it: everything that the files are written from, lowered once.

use smol_str::SmolStr;

use super::super::sql::Name;
use super::audit::Trail;
use super::checks::Needs;
use super::names::{LIMIT, Names, fit};
use super::roles::Roles;
use super::services::{self, ServiceRole};
use super::table::Table;
use super::tenancy::Tenancy;
use super::views::LoweredView;
use polity_govern::Governed;
use polity_govern::erasure::Plan;
use polity_model::entity::Entity;
use polity_model::expr::{ExprKind, Function};
use polity_model::governance::Tenant;
use polity_model::{Isolation, Schema, Store, Value};

pub(in crate::postgres) struct Database<'a> {
    pub(in crate::postgres) platform: &'a Governed,
    pub(in crate::postgres) store: &'a Store,
    pub(super) major: u32,
    /// The tenant that has this database, or these schemas of the shared one, to itself; otherwise `None`.
    pub(in crate::postgres) tenant: Option<&'a Tenant>,
    /// Where the functions stand that only these tables need.
    pub(in crate::postgres) own: SmolStr,
    pub(in crate::postgres) roles: Roles,
    pub(in crate::postgres) tenancy: Option<Tenancy>,
    /// The services that may do something in this database; without any, the application's group may do what the tables
    /// allow.
    pub(in crate::postgres) services: Vec<ServiceRole>,
    /// In the order of the source; those of the compiler's own (`polity`, `extensions`) are not among them.
    pub(in crate::postgres) schemas: Vec<(SmolStr, Option<&'a Schema>)>,
    pub(in crate::postgres) tables: Vec<Table<'a>>,
    /// The tables in the same database that belong to all tenants, where this is the schemas of one tenant.
    pub(in crate::postgres) common: Vec<Table<'a>>,
    pub(in crate::postgres) common_views: Vec<LoweredView<'a>>,
    pub(in crate::postgres) trails: Vec<Trail<'a>>,
    pub(in crate::postgres) views: Vec<LoweredView<'a>>,
    /// Extensions that are created in this database, in the order of the source.
    pub(in crate::postgres) extensions: Vec<SmolStr>,
    pub(super) needs: Needs,
    pub(in crate::postgres) names: Names,
    /// How a person is erased, here and in the other stores.
    pub(super) plans: &'a [Plan],
}

/// Extensions that cannot be created in an ordinary database: pg_cron lives in the one that `cron.database_name`
/// names.
const ELSEWHERE: &[&str] = &["pg_cron"];

impl<'a> Database<'a> {
    pub(in crate::postgres) fn lower(platform: &'a Governed, store: &'a Store) -> Self {
        Self::lower_for(platform, store, None)
    }

    /// The shared database, or the one that a tenant has to itself: of the same shape, and for no row but its own. Of a
    /// tenant with schemas of its own `platform` bears their names.
    pub(in crate::postgres) fn lower_for(
        platform: &'a Governed,
        store: &'a Store,
        tenant: Option<&'a Tenant>,
    ) -> Self {
        let major = store.version.major();
        let mut names = Names::default();
        let mut needs = Needs::default();
        let in_schemas = tenant.filter(|tenant| platform[tenant.tier].isolation() == Some(Isolation::Schema));
        let scoped = platform.scoped_schemas();
        let mut schemas: Vec<(SmolStr, Option<&Schema>)> = platform
            .schemas
            .iter()
            .filter(|schema| schema.store == store.id && (in_schemas.is_none() || scoped[schema.id.index()]))
            .map(|schema| (names.shorten(&schema.named.stored, schema.named.span), Some(schema)))
            .collect();
        let (entities, common): (Vec<&Entity>, Vec<&Entity>) = platform
            .entities_in(store.id)
            .filter(|e| e.projection.is_none() || e.store == store.id)
            .partition(|entity| in_schemas.is_none() || !entity.global);
        if entities.iter().any(|e| e.schema.is_none()) {
            schemas.push((SmolStr::new_static("public"), None));
        }
        // The names that people gave come first, so that those of the compiler give way to them.
        for entity in &entities {
            let table = super::table::table_name(platform, entity);
            names.given(&table.schema, &entity.named.stored, entity.named.span);
        }
        for sequence in platform.sequences.iter().filter(|s| s.store == store.id) {
            let schema = fit(&platform[sequence.schema].named.stored, LIMIT);
            names.given(&schema, &sequence.named.stored, sequence.named.span);
        }
        for log in platform.audit_logs.iter().filter(|log| log.store == store.id) {
            let schema = fit(&platform[log.schema].named.stored, LIMIT);
            names.given(&schema, &log.named.stored, log.named.span);
        }
        for view in platform.views.iter().filter(|view| view.store == store.id) {
            names.given(&super::views::schema_name(platform, view), &view.named.stored, view.named.span);
        }
        let trails: Vec<Trail> = platform
            .audit_logs
            .iter()
            .filter(|log| log.store == store.id)
            .map(|log| Trail::lower(platform, log, &mut names))
            .collect();
        let (views, common_views): (Vec<LoweredView>, Vec<LoweredView>) = platform
            .view_order
            .iter()
            .map(|view| &platform[*view])
            .filter(|view| view.store == store.id)
            .map(|view| LoweredView::lower(platform, view, &mut names))
            .partition(|lowered| in_schemas.is_none() || platform.is_scoped_view(lowered.view.id));
        let mut tables: Vec<Table> = entities
            .iter()
            .map(|entity| Table::lower(platform, entity, major, &mut names, &mut needs))
            .collect();
        let common = (common.into_iter())
            .map(|entity| Table::lower(platform, entity, major, &mut Names::default(), &mut Needs::default()))
            .collect();
        if let Some(tenant) = tenant {
            tables.iter_mut().for_each(|table| table.belong_to(tenant));
        }
        names.settle(&mut tables);
        for entity in &entities {
            for field in &entity.fields {
                for value in field.anonymized.iter().chain(&field.default) {
                    value.walk(&mut |e| {
                        needs.uuid_v7 |= matches!(&e.kind, ExprKind::Call { function: Function::UuidV7, .. });
                    });
                }
            }
        }
        Self {
            platform,
            store,
            major,
            tenant,
            roles: Roles::of(platform, tenant),
            tenancy: Tenancy::of(platform, store),
            services: services::lower(platform, store, tenant),
            own: in_schemas.map_or(SmolStr::new_static("polity"), |tenant| {
                own_functions(&platform[tenant.tier].prefix_of(tenant))
            }),
            schemas,
            tables,
            common,
            common_views,
            trails,
            views,
            extensions: if in_schemas.is_some() {
                Vec::new() // They are there.
            } else {
                extensions_inside(store)
            },
            needs,
            names,
            plans: platform.erasure_plans(),
        }
    }

    pub(in crate::postgres) fn lists_pg_cron(&self) -> bool {
        extensions(self.store).iter().any(|e| e == "pg_cron")
    }

    /// The name of the database on the server.
    pub(in crate::postgres) fn name(&self) -> SmolStr {
        let shared = shared_name(self.platform, self.store);
        match self.tenant {
            Some(tenant) if self.is_apart() => {
                SmolStr::new(format!("{}{shared}", self.platform[tenant.tier].prefix_of(tenant)))
            }
            _ => shared,
        }
    }

    /// Whether a tenant has the whole database to itself.
    pub(in crate::postgres) fn is_apart(&self) -> bool {
        self.tenant.is_some_and(|tenant| self.platform[tenant.tier].is_apart())
    }

    /// Whether some service works across the tenants that share these tables.
    pub(in crate::postgres) fn operates(&self) -> bool {
        self.tenancy.is_some() && self.services.iter().any(|service| service.across)
    }

    /// The groups that services are in.
    pub(in crate::postgres) fn groups(&self) -> Vec<&SmolStr> {
        let operator = self.operates().then_some(&self.roles.operator);
        std::iter::once(&self.roles.app).chain(operator).collect()
    }

    /// The prefix of the tenant's schemas in the shared database; `None` where this is the whole database.
    pub(in crate::postgres) fn prefix(&self) -> Option<String> {
        let tenant = self.tenant.filter(|_| !self.is_apart())?;
        Some(self.platform[tenant.tier].prefix_of(tenant))
    }

    /// The beginning of its jobs' names.
    pub(in crate::postgres) fn stem(&self) -> String {
        let stem = format!("{}/{}", self.platform.name, self.store.named.name);
        self.tenant.map_or(stem.clone(), |tenant| format!("{stem}/{}", tenant.named.name))
    }

    /// Whether the schema [`Database::own`] holds anything.
    pub(super) fn has_own_functions(&self) -> bool {
        if self.prefix().is_some() {
            return super::maintenance::is_needed(self) || super::erasure::is_needed(self);
        }
        self.tenancy.is_some()
            || (self.needs.uuid_v7 && self.major < 18)
            || self.needs.all_match
            || self.needs.all_within
            || super::maintenance::is_needed(self)
            || super::erasure::is_needed(self)
            || self.tables.iter().any(|t| t.entity.append_only.is_some())
    }

    /// The tables, each before those that it refers to: the order in which rows may go.
    pub(in crate::postgres) fn referrers_first(&self) -> Vec<&Table<'a>> {
        let mut place = vec![usize::MAX; self.platform.entities.len()];
        for (i, table) in self.tables.iter().enumerate() {
            place[table.entity.id.index()] = i;
        }
        let mut order = Vec::with_capacity(self.tables.len());
        let mut seen = vec![false; self.tables.len()];
        // A stack instead of recursion, because a chain of references may be as long as the platform is large.
        for start in 0..self.tables.len() {
            let mut stack = vec![(start, false)];
            while let Some((at, done)) = stack.pop() {
                if done {
                    order.push(at);
                } else if !seen[at] {
                    seen[at] = true;
                    stack.push((at, true));
                    for reference in self.tables[at].entity.references.iter().filter(|r| r.enforced) {
                        let target = place[reference.target.index()];
                        if target != usize::MAX && !seen[target] {
                            stack.push((target, false));
                        }
                    }
                }
            }
        }
        order.iter().rev().map(|i| &self.tables[*i]).collect()
    }
}

/// The name of the database that tenants share.
pub(super) fn shared_name(platform: &Governed, store: &Store) -> SmolStr {
    platform.database_name(store, None)
}

/// The schema of the functions that only a tenant's schemas need, by their prefix.
pub(super) fn own_functions(prefix: &str) -> SmolStr {
    SmolStr::new(format!("{prefix}polity"))
}

/// The extensions that are created in the shared database, in the order of the source.
pub(in crate::postgres) fn extensions_inside(store: &Store) -> Vec<SmolStr> {
    extensions(store).into_iter().filter(|name| !ELSEWHERE.contains(&name.as_str())).collect()
}

/// The extensions that the store lists under `extensions`, as written, each once.
pub(in crate::postgres) fn extensions(store: &Store) -> Vec<SmolStr> {
    let mut found = Vec::new();
    if let Some(Value::List(items)) = store.settings.base.get("extensions").map(|s| &s.value) {
        for item in items {
            if let Value::Word(name) | Value::Text(name) = item
                && !found.contains(name)
            {
                found.push(name.clone());
            }
        }
    }
    found
}

/// The name of a sequence.
pub(super) fn sequence_name(platform: &Governed, sequence: &polity_model::Sequence) -> Name {
    Name::new(fit(&platform[sequence.schema].named.stored, LIMIT), fit(&sequence.named.stored, LIMIT))
}

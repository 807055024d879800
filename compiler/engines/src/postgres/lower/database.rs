//! A store as PostgreSQL keeps it: everything that the files are written from, lowered once.

use std::collections::BTreeMap;

use foldhash::HashSet;
use smol_str::SmolStr;

use super::audit::Trail;
use super::checks::Needs;
use super::erasure::Leading;
use super::given;
use super::names::Names;
use super::outbox::Outbox;
use super::placement::Placement;
use super::roles::Roles;
use super::services::{self, ServiceRole};
use super::table::{Body, Table};
use super::tenancy::Tenancy;
use super::views::LoweredView;
use polity_govern::Stored;
use polity_govern::erasure::Plan;
use polity_model::entity::Entity;
use polity_model::expr::{ExprKind, Function};
use polity_model::{EntityId, Schema, Store, Value};

pub(in crate::postgres) struct Database<'a> {
    pub(in crate::postgres) platform: &'a Stored,
    pub(in crate::postgres) store: &'a Store,
    pub(in crate::postgres) major: u32,
    /// The place of its tables, which names them.
    pub(in crate::postgres) placement: Placement<'a>,
    /// Where the functions stand that only these tables need.
    pub(in crate::postgres) functions_schema: SmolStr,
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
    /// The messages that its tables publish.
    pub(in crate::postgres) outbox: Option<Outbox>,
    pub(in crate::postgres) views: Vec<LoweredView<'a>>,
    /// Extensions that are created in this database, in the order of the source.
    pub(in crate::postgres) extensions: Vec<SmolStr>,
    pub(super) needs: Needs,
    pub(in crate::postgres) names: Names,
    /// How a person is erased, here and in the other stores.
    pub(super) plans: &'a [Plan],
    /// The references by which rows of an entity are a person's, of whatever kind.
    pub(super) ways: BTreeMap<EntityId, Vec<usize>>,
    /// The rows here that lead to each kind of person.
    pub(super) leading: Vec<Leading<'a>>,
}

/// The tables of a place without the entities that they are made of, which takes most of the time that a database takes.
#[derive(Debug)]
pub(in crate::postgres) struct Drawn {
    bodies: Vec<Body>,
    outbox: Option<Outbox>,
    needs: Needs,
    names: Names,
}

impl Drawn {
    fn of(placement: &Placement<'_>, entities: &[&Entity], mut names: Names) -> Self {
        let mut needs = Needs::default();
        let mut tables: Vec<Table> =
            entities.iter().map(|entity| Table::lower(placement, entity, &mut names, &mut needs)).collect();
        if let Some(tenant) = placement.tenant {
            tables.iter_mut().for_each(|table| table.belong_to(tenant));
        }
        names.settle(&mut tables);
        let outbox = Outbox::of(placement, entities, &mut names);
        needs.uuid_v7 |= entities.iter().any(|entity| makes_uuid_v7(entity));
        Self { bodies: tables.into_iter().map(|table| table.body).collect(), outbox, needs, names }
    }
}

/// The rows of these entities that lead to each kind of person.
fn leading<'a>(platform: &'a Stored, entities: &[&Entity]) -> Vec<Leading<'a>> {
    let here: HashSet<EntityId> = entities.iter().map(|entity| entity.id).collect();
    platform.erasure_plans().iter().map(|plan| Leading::of(platform, &here, plan)).collect()
}

/// The references by which rows are a person's, those of all kinds of persons together.
fn ways(plans: &[Plan]) -> BTreeMap<EntityId, Vec<usize>> {
    let mut ways: BTreeMap<EntityId, Vec<usize>> = BTreeMap::new();
    for rows in plans.iter().flat_map(Plan::found_rows) {
        ways.entry(rows.entity).or_default().extend(&rows.by);
    }
    for by in ways.values_mut() {
        by.sort_unstable();
        by.dedup();
    }
    ways
}

/// Extensions that cannot be created in an ordinary database: pg_cron lives in the one that `cron.database_name`
/// names.
const ELSEWHERE: &[&str] = &["pg_cron"];

impl<'a> Database<'a> {
    /// The database that tenants share.
    pub(in crate::postgres) fn lower(platform: &'a Stored, store: &'a Store) -> Self {
        Self::lower_in(Placement::shared(platform, store))
    }

    /// The tables in a place: wherever they are, of the same shape, and in one of a tenant's own for no row but its own.
    pub(in crate::postgres) fn lower_in(placement: Placement<'a>) -> Self {
        Self::of(placement, None)
    }

    /// The database of a place whose tables were drawn before.
    pub(super) fn redrawn(placement: Placement<'a>, drawn: Drawn) -> Self {
        Self::of(placement, Some(drawn))
    }

    fn of(placement: Placement<'a>, drawn: Option<Drawn>) -> Self {
        let (platform, store) = (placement.platform, placement.store);
        let beside = placement.prefix().is_some();
        let mut names = Names::behind(placement.prefix());
        let schemas = lower_schemas(&placement, &mut names);
        let (entities, common): (Vec<&Entity>, Vec<&Entity>) =
            platform.entities_in(store.id).partition(|entity| !beside || !entity.global);
        given::take(&placement, &entities, &mut names);
        let logs = platform.audit_logs.iter().filter(|log| log.store == store.id);
        let trails = logs.map(|log| Trail::lower(&placement, log, &mut names)).collect();
        let views = platform.view_order.iter().map(|view| &platform[*view]);
        let (views, common_views): (Vec<LoweredView>, Vec<LoweredView>) = views
            .filter(|view| view.store == store.id)
            .map(|view| LoweredView::lower(&placement, view, &mut names))
            .partition(|lowered| !beside || platform.is_scoped_view(lowered.view.id));
        let Drawn { bodies, outbox, needs, names } =
            drawn.unwrap_or_else(|| Drawn::of(&placement, &entities, names));
        let tables = entities.iter().zip(bodies).map(|(entity, body)| Table { entity, body }).collect();
        let common = (common.into_iter())
            .map(|entity| Table::lower(&placement, entity, &mut Names::default(), &mut Needs::default()))
            .collect();
        Self {
            platform,
            store,
            major: store.version.major(),
            roles: Roles::of(&placement),
            tenancy: Tenancy::of(platform, store),
            services: services::lower(platform, store, placement.tenant),
            functions_schema: placement.functions(),
            schemas,
            tables,
            common,
            common_views,
            trails,
            outbox,
            views,
            // Beside the tables that all share they are there.
            extensions: if beside { Vec::new() } else { extensions_inside(store) },
            needs,
            names,
            leading: leading(platform, &entities),
            plans: platform.erasure_plans(),
            ways: ways(platform.erasure_plans()),
            placement,
        }
    }

    /// Gives back what its tables were drawn as.
    pub(in crate::postgres) fn into_drawn(self) -> Drawn {
        let bodies = self.tables.into_iter().map(|table| table.body).collect();
        Drawn { bodies, outbox: self.outbox, needs: self.needs, names: self.names }
    }

    pub(in crate::postgres) fn lists_pg_cron(&self) -> bool {
        extensions(self.store).iter().any(|e| e == "pg_cron")
    }

    /// Whether some service works across the tenants that share these tables.
    pub(in crate::postgres) fn operates(&self) -> bool {
        self.tenancy.is_some() && self.services.iter().any(|service| service.across)
    }

    /// Whether triggers write down what changes: into trails, or an outbox.
    pub(in crate::postgres) fn records(&self) -> bool {
        !self.trails.is_empty() || self.outbox.is_some()
    }

    /// The groups that services are in.
    pub(in crate::postgres) fn groups(&self) -> Vec<&SmolStr> {
        let operator = self.operates().then_some(&self.roles.operator);
        std::iter::once(&self.roles.app).chain(operator).collect()
    }

    /// The beginning of its jobs' names.
    pub(in crate::postgres) fn stem(&self) -> String {
        let stem = format!("{}/{}", self.platform.name, self.store.named.name);
        self.placement.tenant.map_or(stem.clone(), |tenant| format!("{stem}/{}", tenant.named.name))
    }

    /// Whether the schema [`Database::own`] holds anything.
    pub(super) fn has_own_functions(&self) -> bool {
        if self.placement.prefix().is_some() {
            return super::maintenance::is_needed(self) || super::erasure::is_needed(self);
        }
        self.tenancy.is_some()
            || (self.needs.uuid_v7 && self.major < 18)
            || self.needs.all_match
            || self.needs.all_within
            || self.needs.all_bytes_within
            || super::maintenance::is_needed(self)
            || super::erasure::is_needed(self)
            || self.tables.iter().any(|t| self.platform.append_only(t.entity.id).is_some())
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
                    for reference in
                        self.platform.references(self.tables[at].entity.id).filter(|r| r.enforced)
                    {
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

/// The schemas that hold something in a place, in the order of the source, and last the one of what stands in none.
fn lower_schemas<'a>(placement: &Placement<'a>, names: &mut Names) -> Vec<(SmolStr, Option<&'a Schema>)> {
    let whole = |schema: &Schema| placement.whole_name(Some(schema.id), true);
    let of_source =
        placement.schemas().map(|schema| (names.shorten(whole(schema), schema.named.span), Some(schema)));
    of_source.chain(placement.bare().map(|name| (name, None))).collect()
}

/// Whether a default of an entity, or what takes the place of what is anonymized, is a UUID of version 7.
fn makes_uuid_v7(entity: &Entity) -> bool {
    let mut makes = false;
    for value in entity.fields.iter().flat_map(|field| field.anonymized.iter().chain(&field.default)) {
        value.walk(&mut |e| {
            makes |= matches!(&e.kind, ExprKind::Call { function: Function::UuidV7, .. });
        });
    }
    makes
}

/// The extensions that are created in the shared database, in the order of the source.
pub(in crate::postgres) fn extensions_inside(store: &Store) -> Vec<SmolStr> {
    extensions(store).into_iter().filter(|name| !ELSEWHERE.contains(&name.as_str())).collect()
}

/// The extensions that the store lists under `extensions`, as written, each once.
pub(in crate::postgres) fn extensions(store: &Store) -> Vec<SmolStr> {
    let mut names = Vec::new();
    if let Some(Value::List(items)) = store.settings.base.get("extensions").map(|s| &s.value) {
        for item in items {
            if let Value::Word(name) | Value::Text(name) = item
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
    }
    names
}

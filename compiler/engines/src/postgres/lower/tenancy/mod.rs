//! Row isolation: who may see which rows, kept by the database itself.
//!
//! Two facts come first. A setting names the tenant, so this protects against a forgotten `WHERE` and not against
//! somebody who can run SQL of his own as a service's role. And it is as good as the server's minor version: row
//! security was repaired in minors.

mod guards;
mod moves;
pub(in crate::postgres) mod sight;
mod signed;

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::sql::{Ident, Literal, Name};
use super::database::Database;
use super::lowered::{Lowered, arguments, atomic, plpgsql, unmodified};
use super::names::{LIMIT, fit};
use super::table::Table;
use super::types::column_type;
pub(super) use guards::lower_guards;
pub(super) use moves::{freezes, moves, unless_moving};
use polity_catalog::relational::{self, Function, Privilege, Reach, Signature, Target, Volatility};
use polity_govern::Stored;
use polity_model::{Scalar, Store, Value};
use polity_templates::postgres::functions;

/// How rows are told apart.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Tenancy {
    /// The stored name of the tenant's column.
    pub(in crate::postgres) column: SmolStr,
    pub(in crate::postgres) ty: String,
    is_uuid: bool,
    /// Whether the setting holds only in the transaction that made it, because other clients use the same session.
    pub(in crate::postgres) bound: bool,
    /// Whether only who holds a key can say whose a transaction is.
    pub(in crate::postgres) signed: bool,
}

impl Tenancy {
    pub(super) fn of(platform: &Stored, store: &Store) -> Option<Self> {
        let tenancy = platform.tenancy.as_ref()?;
        Some(Self {
            column: fit(&tenancy.column, LIMIT),
            ty: column_type(platform, &tenancy.ty).into_owned(),
            is_uuid: platform.scalar(&tenancy.ty) == Some(Scalar::Uuid),
            bound: shares_sessions(platform, store),
            signed: is_signed(store),
        })
    }

    /// The type of what `polity.enter` takes.
    pub(super) fn entered(&self) -> &str {
        if self.signed { "text" } else { &self.ty }
    }

    /// Two tenants that nobody is.
    pub(in crate::postgres) fn nobodies(&self) -> (&'static str, &'static str) {
        match self.is_uuid {
            true => ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
            false => ("nobody", "nobody else"),
        }
    }

    /// Whether a row is the tenant's. The subquery is asked once a statement, not once a row.
    pub(super) fn own_row(&self) -> String {
        format!("{} = (SELECT polity.current_tenant())", Ident(&self.column))
    }

    /// The condition that an entry of a trail, which names the tenant by its text, is the tenant's.
    fn own_entry(&self) -> String {
        format!("{} = (SELECT polity.current_tenant()::text)", Ident(&self.column))
    }
}

/// Whether a pool gives one session to a client after the other, in any environment.
fn shares_sessions(platform: &Stored, store: &Store) -> bool {
    let environments = platform.environments.iter().map(|e| Some(e.id));
    std::iter::once(None).chain(environments).any(|environment| {
        let settings = platform.settings_of(store.id, environment);
        let Some(Value::Tagged { record, .. }) = settings.get("pool").map(|s| &s.value) else {
            return false;
        };
        matches!(record.get("mode").map(|s| &s.value), Some(Value::Word(mode)) if mode != "session")
    })
}

fn is_signed(store: &Store) -> bool {
    let context = store.settings.base.get("context").map(|setting| &setting.value);
    matches!(context, Some(Value::Word(word)) if word == "signed")
}

/// Lowers the functions that every guard asks, and the tables about tenants who move.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    let Some(tenancy) = &database.tenancy else { return };
    if database.placement.prefix().is_some() {
        return lower_rights(database, tenancy, lowered);
    }
    let roles = &database.roles;
    let mut callers = vec![&roles.app, &roles.reader];
    callers.extend(database.records().then_some(&roles.auditor));
    if !database.trails.is_empty() {
        callers.push(&roles.audit_reader);
    }
    if database.operates() {
        callers.push(&roles.operator);
    }
    if super::erasure::is_needed(database) {
        callers.push(&roles.eraser);
    }
    lowered.grant(polity(), &roles.owner, callers.iter().copied(), &[Privilege::Usage]);
    if tenancy.signed {
        // The one that owns them is not the one that everything else belongs to.
        callers.extend([&roles.owner, &roles.maintenance]);
        signed::lower(database, tenancy, &callers, lowered);
    } else {
        lower_context(database, tenancy, &callers, lowered);
    }
    sight::lower(database, lowered);
    moves::lower(database, tenancy, lowered);
    let body = polity_templates::render(functions::REQUIRE_TENANT, Words::of(database));
    let require = plpgsql(&Name::new(POLITY, "require_tenant"), &roles.owner, "trigger", &body);
    let docs = "Without a tenant a read finds nothing; a write that found nothing would look as if it had been done.";
    lowered.function(docs, require, []);
}

pub(super) const POLITY: &str = "polity";

fn polity() -> Target {
    Target::Schema(SmolStr::new_static(POLITY))
}

/// The words of bodies about tenants who move.
#[derive(Serialize)]
struct Words {
    freezes: bool,
    maintenance_text: String,
}

impl Words {
    fn of(database: &Database) -> Self {
        let maintenance_text = Literal(&database.roles.maintenance).to_string();
        Self { freezes: freezes(database), maintenance_text }
    }
}

/// Lowers the functions by which a session says whose it is, and by which everything asks.
fn lower_context(database: &Database, tenancy: &Tenancy, callers: &[&SmolStr], lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct TenantSetting {
        is_uuid: bool,
        bound: bool,
    }
    let owner = &database.roles.owner;
    let values = TenantSetting { is_uuid: tenancy.is_uuid, bound: tenancy.bound };
    let body = polity_templates::render(functions::CURRENT_TENANT, &values);
    let current = Function {
        volatility: Volatility::Stable,
        parallel_safe: true,
        ..atomic(&Name::new(POLITY, CURRENT_TENANT), owner, &unmodified(&tenancy.ty), &body)
    };
    let whose = if tenancy.bound {
        "The tenant of this transaction, or null. The setting names the moment at which its transaction began as well, so\n\
         that what the last client of a pooled connection left behind is nobody's tenant."
    } else {
        "The tenant of this session or transaction, or null where none is set or what is set is no tenant."
    };
    let docs = format!(
        "{whose}\nIt is STABLE and called as (SELECT polity.current_tenant()): once a statement, and never folded into a prepared plan."
    );
    lowered.function(&docs, current, callers.iter().copied());
    let body = polity_templates::render(functions::ENTER, &values);
    let enter = Function {
        arguments: arguments(&[("tenant", &tenancy.ty)]),
        ..atomic(&Name::new(POLITY, ENTER), owner, "void", &body)
    };
    let docs = "Sets the tenant for the rest of the transaction: the first statement of every one.";
    lowered.function(docs, enter, callers.iter().copied());
}

const CURRENT_TENANT: &str = "current_tenant";
const ENTER: &str = "enter";

/// Lowers the rights on the functions, which are those of the shared database.
fn lower_rights(database: &Database, tenancy: &Tenancy, lowered: &mut Lowered) {
    let roles = &database.roles;
    let mut callers = vec![&roles.app];
    if !database.trails.is_empty() {
        callers.push(&roles.audit_reader);
    }
    lowered.grant(polity(), &roles.owner, callers.iter().copied(), &[Privilege::Usage]);
    // Only the owner of a function gives the right to call it.
    let owner = if tenancy.signed { &roles.context } else { &roles.owner };
    let current = Signature::of(relational::Name::new(POLITY, CURRENT_TENANT));
    let enter = Signature {
        name: relational::Name::new(POLITY, ENTER),
        arguments: vec![unmodified(tenancy.entered())],
    };
    for function in [current, enter] {
        lowered.grant(Target::Function(function), owner, callers.iter().copied(), &[Privilege::Execute]);
    }
    if freezes(database) {
        let frozen = Target::Relation(relational::Name::new(POLITY, "frozen"));
        lowered.grant(frozen, &roles.owner, [&roles.app], &[Privilege::Select]);
    }
}

/// Returns the application's rights to read, insert and delete rows of its tenant, but not to write the tenant's column.
/// Rows of an append-only table cannot be deleted.
pub(super) fn row_rights(tenancy: &Tenancy, table: &Table, append_only: bool) -> BTreeMap<Privilege, Reach> {
    let given = table.columns.iter().map(|c| &c.name).filter(|name| **name != tenancy.column);
    let mut rights = BTreeMap::from([
        (Privilege::Select, Reach::Whole),
        (Privilege::Insert, Reach::Columns(given.cloned().collect())),
    ]);
    if !append_only {
        rights.insert(Privilege::Delete, Reach::Whole);
    }
    rights
}

impl Table<'_> {
    /// Whether each tenant has its own rows of it.
    pub(in crate::postgres) fn is_scoped(&self) -> bool {
        self.entity.tenant.is_some()
    }
}

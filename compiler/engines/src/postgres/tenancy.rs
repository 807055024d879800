//! Row isolation: who may see which rows, kept by the database itself.
//!
//! Two facts come first. A setting names the tenant, so this protects against a forgotten `WHERE` and not against
//! somebody who can run SQL of his own as a service's role. And it is as good as the server's minor version: row
//! security was repaired in minors.

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::names::{LIMIT, fit};
use super::schema::Created;
use super::sql::{Ident, List, Literal, Name};
use super::statements::Trigger;
use super::table::Table;
use super::types::column_type;
use polity_govern::Governed;
use polity_model::{Isolation, Scalar, Store, Value};

/// How rows are told apart.
#[derive(Debug, Clone)]
pub(super) struct Tenancy {
    /// The stored name of the tenant's column.
    pub(super) column: SmolStr,
    pub(super) ty: String,
    is_uuid: bool,
    /// Whether the setting holds only in the transaction that made it, because other clients use the same session.
    pub(super) bound: bool,
    /// Whether only who holds a key can say whose a transaction is.
    pub(super) signed: bool,
}

impl Tenancy {
    pub(super) fn of(platform: &Governed, store: &Store) -> Option<Self> {
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

    /// The default of the tenant's column.
    pub(super) fn default_value() -> String {
        "DEFAULT polity.current_tenant()".to_owned()
    }

    /// Two tenants that nobody is.
    pub(super) fn nobodies(&self) -> (&'static str, &'static str) {
        match self.is_uuid {
            true => ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
            false => ("nobody", "nobody else"),
        }
    }

    /// Whether a row is the tenant's. The subquery is asked once a statement, not once a row.
    pub(super) fn own(&self) -> String {
        format!("{} = (SELECT polity.current_tenant())", Ident(&self.column))
    }

    /// The condition that an entry of a trail, which names the tenant by its text, is the tenant's.
    fn own_entry(&self) -> String {
        format!("{} = (SELECT polity.current_tenant()::text)", Ident(&self.column))
    }
}

/// Whether a pool gives one session to a client after the other, in any environment.
fn shares_sessions(platform: &Governed, store: &Store) -> bool {
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

/// The functions that every guard asks.
pub(super) fn write_functions(database: &Database, created: &mut Created, out: &mut String) {
    #[derive(Serialize)]
    struct TenancyFunctions<'a> {
        ty: &'a str,
        is_uuid: bool,
        bound: bool,
        freezes: bool,
        moves: bool,
        audited: bool,
        auditor: String,
        app: String,
        callers: String,
        owner: String,
        maintenance: String,
        context: String,
        /// The roles that may call `polity.signed`, which returns what a signer would say.
        signing: String,
    }
    let Some(tenancy) = &database.tenancy else { return };
    if database.prefix().is_some() {
        return write_rights(database, tenancy, out);
    }
    let roles = &database.roles;
    let (mut callers, mut signing) = (vec![&roles.app, &roles.reader], vec![&roles.maintenance]);
    if !database.trails.is_empty() {
        callers.extend([&roles.auditor, &roles.audit_reader]);
    }
    if database.operates() {
        callers.push(&roles.operator);
    }
    if super::erasure::is_needed(database) {
        callers.push(&roles.eraser);
        signing.push(&roles.eraser);
    }
    let context = TenancyFunctions {
        ty: &tenancy.ty,
        is_uuid: tenancy.is_uuid,
        bound: tenancy.bound,
        freezes: freezes(database),
        moves: moves(database),
        app: database.groups(),
        owner: Ident(&roles.owner).to_string(),
        maintenance: Ident(&roles.maintenance).to_string(),
        context: Ident(&roles.context).to_string(),
        signing: List(&signing).to_string(),
        audited: !database.trails.is_empty(),
        auditor: Ident(&roles.auditor).to_string(),
        callers: callers.into_iter().map(|r| Ident(r).to_string()).collect::<Vec<_>>().join(", "),
    };
    let said = if tenancy.signed {
        polity_templates::postgres::CONTEXT_SIGNED
    } else {
        polity_templates::postgres::CONTEXT
    };
    out.push_str(&polity_templates::render(said, &context));
    out.push_str(&polity_templates::render(polity_templates::postgres::TENANCY, &context));
    out.push('\n');
    created.functions.extend([
        "polity.current_tenant()".to_owned(),
        format!("polity.enter({})", tenancy.entered()),
        "polity.require_tenant()".to_owned(),
    ]);
    if tenancy.signed {
        created.functions.extend([
            format!("polity.signed({})", tenancy.ty),
            "polity.signature(bytea, bytea, text, text)".to_owned(),
            "polity_key.add(bytea)".to_owned(),
        ]);
        created.schemas.push("polity_key".to_owned());
    }
    if moves(database) {
        created.functions.push("polity.require_settled(text, text)".to_owned());
    }
}

/// The functions are those of the shared database.
fn write_rights(database: &Database, tenancy: &Tenancy, out: &mut String) {
    let mut callers = vec![&database.roles.app];
    if !database.trails.is_empty() {
        callers.push(&database.roles.audit_reader);
    }
    let (callers, ty) = (List(&callers), tenancy.entered());
    let _ = writeln!(out, "GRANT USAGE ON SCHEMA polity TO {callers};");
    // Only the owner of a function gives the right to call it.
    let owner = if tenancy.signed { &database.roles.context } else { &database.roles.owner };
    let _ = writeln!(
        out,
        "SET ROLE {};\nGRANT EXECUTE ON FUNCTION polity.current_tenant(), polity.enter({ty}) TO {callers};\nSET ROLE {};",
        Ident(owner),
        Ident(&database.roles.owner)
    );
    if freezes(database) {
        let _ = writeln!(out, "GRANT SELECT ON polity.frozen TO {};", Ident(&database.roles.app));
    }
    out.push('\n');
}

/// Whether tenants can leave for schemas or a database of their own.
pub(super) fn freezes(database: &Database) -> bool {
    !database.is_apart() && moves(database)
}

/// Whether tenants can leave this database for another place, or come here from one.
pub(super) fn moves(database: &Database) -> bool {
    database.tenancy.is_some()
        && database.platform.tiers.iter().any(|tier| tier.isolation() != Some(Isolation::Row))
}

/// The end of a condition on rows that retention takes, so that rows of a tenant that is being moved out of here wait.
pub(super) fn unless_moving(database: &Database, tenant: &str) -> String {
    if !freezes(database) {
        return String::new();
    }
    let place = Literal(&database.prefix().unwrap_or_default()).to_string();
    format!(
        " AND NOT EXISTS (SELECT FROM polity.frozen f WHERE f.tenant::text = {tenant}::text AND f.place = {place} AND f.state <> 'left')"
    )
}

/// Writes the application's rights to read, insert and delete rows of its tenant, but not to write the tenant's column.
/// Rows of an append-only table cannot be deleted.
pub(super) fn write_row_grants(
    tenancy: &Tenancy,
    table: &Table,
    to: &Ident,
    append_only: bool,
    out: &mut String,
) -> std::fmt::Result {
    let given: Vec<&str> =
        table.columns.iter().map(|c| c.name.as_str()).filter(|name| *name != tenancy.column).collect();
    let rows = if append_only { "SELECT" } else { "SELECT, DELETE" };
    writeln!(out, "GRANT {rows}, INSERT ({}) ON {} TO {to};", List(&given), table.name)
}

/// The guards of every table of which each tenant has its own rows.
pub(super) fn write_guards(database: &Database, out: &mut String) {
    let Some(tenancy) = &database.tenancy else { return };
    let app = Ident(&database.roles.app).to_string();
    let reader = Ident(&database.roles.reader).to_string();
    let own = tenancy.own();
    let place = database.prefix().map_or(String::new(), |prefix| Literal(&prefix).to_string());
    let call = format!("polity.require_tenant({place})");
    for table in database.tables.iter().filter(|table| table.is_scoped()) {
        close(&table.name, out);
        guard(&table.name, &app, &own, out);
        if database.operates() {
            let operator = Ident(&database.roles.operator).to_string();
            guard_across(&table.name, &operator, &own, out);
        }
        // What it owns are views, and a view shows a tenant its own figures, whatever its SQL forgets.
        let _ = writeln!(
            out,
            "CREATE POLICY reader ON {}\n    FOR SELECT TO {reader} USING ({own});",
            table.name
        );
        let trigger = Trigger {
            name: "aa_require_tenant",
            moment: "BEFORE INSERT OR UPDATE OR DELETE",
            table: &table.name,
            each: "STATEMENT",
            call: &call,
        };
        let _ = writeln!(out, "{trigger}");
        refuse_merge(&table.name, out);
        // Only now: while the owner adds foreign keys it reads the partitions, and nothing may be hidden from it.
        for (partition, _) in super::schema::fixed_partitions(database, table) {
            close(&partition, out);
        }
        out.push('\n');
    }
    for trail in &database.trails {
        let auditor = Ident(&database.roles.auditor);
        let readers = format!("{app}, {}", Ident(&database.roles.audit_reader));
        for name in trail.tables() {
            close(&name, out);
            guard(&name, &readers, &tenancy.own_entry(), out);
            let _ = writeln!(
                out,
                "CREATE POLICY auditor ON {name}\n    TO {auditor} USING (true) WITH CHECK (true);\n"
            );
        }
    }
}

/// Reads the rows of every tenant and writes those of the one that it enters, whatever policies somebody adds by hand.
fn guard_across(table: &Name, to: &str, own: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "CREATE POLICY across ON {table}\n    FOR SELECT TO {to} USING (true);\nCREATE POLICY across_tenant ON {table}\n    TO {to}\n    USING ({own})\n    WITH CHECK ({own});"
    );
    for (verb, judged) in [("insert", "WITH CHECK"), ("update", "USING"), ("delete", "USING")] {
        let _ = writeln!(
            out,
            "CREATE POLICY across_{verb}_guard ON {table}\n    AS RESTRICTIVE FOR {} TO {to} {judged} ({own});",
            verb.to_uppercase()
        );
    }
}

/// `MERGE` whose actions read no column of the table goes over the rows of all tenants: it is refused where it would
/// change one, which tells that there is one, and a plan counts those that it skipped. PostgreSQL refuses `MERGE` on a
/// table that has a rule, and a rule for rows that there are none of does nothing else.
fn refuse_merge(table: &Name, out: &mut String) {
    let _ = writeln!(
        out,
        "-- MERGE could count the rows of every tenant, and a table with a rule refuses it.\nCREATE RULE no_merge AS ON DELETE TO {table} WHERE false DO ALSO NOTHING;"
    );
}

/// No row for anybody, the owner among them, whom no policy names: what a partition is when it is addressed itself.
pub(super) fn close(table: &Name, out: &mut String) {
    let _ = writeln!(
        out,
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
    );
}

/// A permissive policy lets the tenant's rows through, and a restrictive one keeps every other out, whatever
/// policies somebody adds by hand.
fn guard(table: &Name, to: &str, own: &str, out: &mut String) {
    for (name, kind) in [("tenant_guard", "AS RESTRICTIVE "), ("tenant", "")] {
        let _ = writeln!(
            out,
            "CREATE POLICY {name} ON {table}\n    {kind}TO {to}\n    USING ({own})\n    WITH CHECK ({own});"
        );
    }
}

impl Table<'_> {
    /// Whether each tenant has its own rows of it.
    pub(super) fn is_scoped(&self) -> bool {
        self.entity.tenant.is_some()
    }
}

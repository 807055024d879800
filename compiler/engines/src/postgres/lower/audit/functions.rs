//! Functions that write entries which no trigger writes, that erase values, and that judge a chain.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::calendar;
use super::super::lowered::Lowered;
use super::super::lowered::{arguments, plpgsql, settings, sql};
use super::lowering::Lowering;
use super::{Form, persons};
use polity_catalog::relational::{Function, Language, Volatility};
use polity_templates::postgres::functions;
use smol_str::SmolStr;

/// Lowers the functions of every trail, whatever its form.
pub(super) fn lower(lowering: &Lowering, lowered: &mut Lowered) {
    lowering.write(lowered);
    lowering.erase(lowered);
    if let Form::Serial { payload, anchor, head } = &lowering.trail.form {
        lowering.verify_strictly(payload, anchor, head, lowered);
    }
}

impl Lowering<'_, '_> {
    fn write(&self, lowered: &mut Lowered) {
        let trail = self.trail;
        let body = match &trail.form {
            Form::Serial { payload, head, .. } => self.writing_strictly(payload, head),
            Form::Plain | Form::Sealed { .. } => self.writing(),
        };
        let mut write = Function {
            arguments: self.with_tenant(&[
                ("operation", "text"),
                ("entity", "text"),
                ("row_key", "jsonb"),
                ("fields", "text[]"),
                ("subjects", "text[]"),
                ("old", "jsonb"),
                ("new", "jsonb"),
            ]),
            ..self.plpgsql(&trail.write(), "void", &body)
        };
        self.judged(&mut write);
        let docs = "Writes one entry. Only the functions of triggers and retention call it.";
        lowered.function(docs, write, [&self.database.roles.maintenance]);
    }

    fn writing(&self) -> String {
        #[derive(Serialize)]
        struct Write {
            log: String,
            /// The columns but for those that an erasure changes, and their values.
            names: String,
            values: String,
            /// The column of the salt, and its value, with what must follow them; or nothing.
            salted: &'static str,
            salt: &'static str,
        }
        let trail = self.trail;
        let counter = trail.counter().map(|name| Literal(&name.to_string()).to_string()).unwrap_or_default();
        let is_sealed = matches!(trail.form, Form::Sealed { .. });
        let server = if is_sealed { "cluster, xact, " } else { "" };
        let servers = match is_sealed {
            true => format!("{}(), pg_current_xact_id(), ", trail.cluster()),
            false => String::new(),
        };
        let tenant = self.shown_tenant().map_or_else(String::new, |tenant| format!("{tenant}, "));
        let of_tenant = self.tenant.map_or("", |_| "of_tenant, ");
        let who = "coalesce(nullif(current_setting('polity.actor', true), ''), session_user::text), session_user::text";
        let values = Write {
            log: trail.name.to_string(),
            names: format!("{server}seq, at, {tenant}actor, login, operation, entity, row_key, fields"),
            values: format!(
                "{servers}nextval({counter}), clock_timestamp(), {of_tenant}{who}, operation, entity, row_key, fields"
            ),
            salted: if is_sealed { "salt, " } else { "" },
            salt: if is_sealed { "uuid_send(gen_random_uuid()), " } else { "" },
        };
        polity_templates::render(functions::TRAIL_WRITE, values)
    }

    fn writing_strictly(&self, payload: &Name, head: &Name) -> String {
        #[derive(Serialize)]
        struct Write {
            log: String,
            payload: String,
            head: String,
            tenant: Option<String>,
            /// The column of the tenant and its value, each with what must follow it; or nothing.
            tenant_column: String,
            tenant_value: &'static str,
        }
        let tenant = self.shown_tenant();
        let values = Write {
            log: self.trail.name.to_string(),
            payload: payload.to_string(),
            head: head.to_string(),
            tenant_column: tenant.as_ref().map_or_else(String::new, |tenant| format!("{tenant}, ")),
            tenant_value: self.tenant.map_or("", |_| "of_tenant, "),
            tenant,
        };
        polity_templates::render(functions::TRAIL_WRITE_STRICTLY, values)
    }

    fn erase(&self, lowered: &mut Lowered) {
        #[derive(Serialize)]
        struct Erase {
            /// Whether tenants are moved, during which nothing is erased, and out of which place.
            settled: bool,
            place: String,
            forgetting: String,
            /// The call that proves that all entries are seen, where there are tenants.
            proof: Option<String>,
            /// The condition that an entry names the subject.
            named: String,
        }
        let (trail, database) = (self.trail, self.database);
        let of = trail.values();
        let tenant =
            self.shown_tenant().map_or_else(String::new, |tenant| format!(" AND {of}.{tenant} = $2"));
        let kept = trail.log.payloads.as_ref().map_or_else(String::new, |kept| {
            format!(" AND e.at < now() - interval '{}'", calendar::words(kept.duration))
        });
        let values = Erase {
            settled: super::super::tenancy::moves(database),
            place: Literal(database.placement.prefix().unwrap_or_default()).to_string(),
            forgetting: trail.forgetting(database),
            proof: self.proof(),
            named: format!(
                "{of}.subjects && ARRAY[{}] AND {of}.subjects <> '{{}}'{tenant}{kept}",
                self.names_of("$1")
            ),
        };
        let body = polity_templates::render(functions::TRAIL_ERASE, values);
        let mut erase = self.plpgsql(&trail.part("erase"), "bigint", &body);
        erase.language = Language::Sql;
        let subject: Vec<_> = std::iter::once(("subject", "text")).chain(self.tenant_argument()).collect();
        erase.arguments = arguments(&subject);
        self.judged(&mut erase);
        lowered.function(
            "Erases the values about a person, who is named by the entity and the key (`core.User 42`) or by the key alone;\n\
             the entries stay.",
            erase,
            [&database.roles.owner],
        );
    }

    /// All names that a row of this key may have in an entry.
    fn names_of(&self, key: &str) -> String {
        let database = self.database;
        let (platform, log) = (database.platform, self.trail.log.id);
        let audited = database.tables.iter().filter(|table| platform.has_entries_of(table.entity.id, log));
        let mut paths: Vec<String> = Vec::new();
        for table in audited {
            let named = persons::named(database, table.entity);
            paths.extend(named.iter().flat_map(persons::Named::paths).map(str::to_owned));
        }
        paths.extend(database.plans.iter().map(|plan| persons::path(database.platform, plan.subject)));
        paths.sort_unstable();
        paths.dedup();
        let named = paths.iter().map(|path| format!("{} || {key}", Literal(path)));
        std::iter::once(key.to_owned()).chain(named).collect::<Vec<_>>().join(", ")
    }

    fn verify_strictly(&self, payload: &Name, anchor: &Name, head: &Name, lowered: &mut Lowered) {
        let (trail, roles) = (self.trail, &self.database.roles);
        let values = Verify {
            log: trail.name.to_string(),
            payload: payload.to_string(),
            head: head.to_string(),
            anchor: anchor.to_string(),
            owner_text: Literal(&roles.owner).to_string(),
            of_tenant: OfTenant::new(self.tenant),
        };
        let tenant = if self.tenant.is_some() { "of_tenant text, " } else { "" };
        let returns = format!("TABLE ({tenant}seq bigint, at timestamptz, entry text, payload text)");
        let body = polity_templates::render(functions::TRAIL_VERIFY_STRICTLY, values);
        let verify = self.verifying(&returns, &body);
        lowered.function(
            "Judges the chain: an entry is `ok`, `TAMPERED`, or follows a `GAP`; its payload is `ok`, `erased` or\n\
             `TAMPERED`; a last entry that is gone is `MISSING`.",
            verify,
            [&roles.owner, &roles.audit_reader],
        );
    }

    /// A function that judges what was written from one time to another.
    pub(super) fn verifying(&self, returns: &str, body: &str) -> Function {
        let mut verify = sql(&self.trail.part("verify"), &self.database.roles.auditor, returns, body);
        verify.arguments = arguments(&[("since", "timestamptz"), ("until", "timestamptz")]);
        for (argument, default) in verify.arguments.iter_mut().zip(["'-infinity'", "'infinity'"]) {
            argument.default = Some(SmolStr::new_static(default));
        }
        verify.volatility = Volatility::Stable;
        verify.security_definer = true;
        self.judged(&mut verify);
        verify
    }

    /// A function that acts as the auditor.
    pub(super) fn plpgsql(&self, name: &Name, returns: &str, body: &str) -> Function {
        let mut function = plpgsql(name, &self.database.roles.auditor, returns, body);
        function.security_definer = true;
        function
    }

    /// Lets row security judge a function, where there is any.
    pub(super) fn judged(&self, function: &mut Function) {
        if self.tenant.is_some() {
            function.settings.extend(settings(&[("row_security", "on")]));
        }
    }

    /// The call that refuses to go on where a row of the trail is hidden, where there are tenants.
    pub(super) fn proof(&self) -> Option<String> {
        self.tenant?;
        let parts = self.trail.parts().into_iter();
        let parts = parts.map(|part| format!("{}::regclass", Literal(&part.name.to_string())));
        Some(format!("polity.require_every_row(ARRAY[{}])", parts.collect::<Vec<_>>().join(", ")))
    }

    fn tenant_argument(&self) -> Option<(&'static str, &'static str)> {
        self.tenant.map(|_| ("of_tenant", "text"))
    }

    fn with_tenant(&self, named: &[(&str, &str)]) -> Vec<polity_catalog::relational::Argument> {
        let all: Vec<_> = self.tenant_argument().into_iter().chain(named.iter().copied()).collect();
        arguments(&all)
    }

    /// The tenant's column, as SQL writes it.
    pub(super) fn shown_tenant(&self) -> Option<String> {
        self.tenant.map(|tenant| Ident(tenant).to_string())
    }
}

/// The words of the body that judges a chain.
#[derive(Serialize)]
struct Verify {
    log: String,
    payload: String,
    head: String,
    anchor: String,
    owner_text: String,
    #[serde(flatten)]
    of_tenant: OfTenant,
}

/// The column of the tenant, and parts of lines that name it, which are empty where there are no tenants.
#[derive(Serialize, Default)]
struct OfTenant {
    tenant: Option<String>,
    tenant_of: TenantOf,
    same_tenant: SameTenant,
    /// The columns by which entries that were judged come in order.
    order: &'static str,
}

/// The tenant of an entry `e` and of a head `h`, at the beginning of a list.
#[derive(Serialize, Default)]
struct TenantOf {
    entry: String,
    head: String,
}

/// The beginnings of conditions: a payload `p`, the entry `b` before, or an anchor `a` is of the tenant of an entry `e`; an
/// entry or an anchor is of the tenant of a head `h`.
#[derive(Serialize, Default)]
struct SameTenant {
    payload: String,
    before: String,
    anchor: String,
    last: String,
    last_anchor: String,
}

impl OfTenant {
    fn new(tenant: Option<&str>) -> Self {
        let Some(tenant) = tenant.map(|tenant| Ident(tenant).to_string()) else {
            return Self { order: "1", ..Self::default() };
        };
        let same = |one: char, other: char| format!("{one}.{tenant} = {other}.{tenant} AND ");
        Self {
            tenant_of: TenantOf { entry: format!("e.{tenant}, "), head: format!("h.{tenant}, ") },
            same_tenant: SameTenant {
                payload: same('p', 'e'),
                before: same('b', 'e'),
                anchor: same('a', 'e'),
                last: same('e', 'h'),
                last_anchor: same('a', 'h'),
            },
            order: "1, 2",
            tenant: Some(tenant),
        }
    }
}

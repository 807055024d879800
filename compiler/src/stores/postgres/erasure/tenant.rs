//! All that is a tenant's, gone: its rows where tenants share tables, its database where it has one.

use std::fmt::Write;

use smol_str::SmolStr;

use super::super::database::Database;
use super::super::roles::names;
use super::super::schema::header;
use super::super::sql::{Body, Ident, List, Literal, Remark};
use super::super::table::{Table, column_name};
use super::super::tenancy::freezes;
use crate::model::{EntityId, TypeKind};

/// What an erased tenant is called in the log: no entity is.
pub(super) const KIND: &str = "tenant";

/// Whether tenants share this database.
pub(super) fn is_shared(database: &Database) -> bool {
    database.tenancy.is_some() && database.tenant.is_none()
}

/// `polity.erase_tenant(tenant)`
pub(super) fn write(database: &Database, functions: &mut Vec<String>, out: &mut String) {
    let Some(tenancy) = database.tenancy.as_ref().filter(|_| is_shared(database)) else { return };
    let ty = &tenancy.ty;
    let roles = &database.roles;
    let docs = "Erases all that is a tenant's, what refers before what is referred to, and its trails. It may be run again at any\ntime. What all tenants share stays.";
    let _ = writeln!(
        out,
        "{}CREATE FUNCTION polity.erase_tenant(tenant {ty}) RETURNS void\n    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off\nAS {};",
        Remark(docs),
        Body(&body(database, &Ident(&tenancy.column).to_string()))
    );
    let _ = writeln!(out, "REVOKE ALL ON FUNCTION polity.erase_tenant({ty}) FROM PUBLIC;");
    let _ = writeln!(
        out,
        "GRANT EXECUTE ON FUNCTION polity.erase_tenant({ty}) TO {}, {};\n",
        Ident(&roles.owner),
        Ident(&roles.eraser)
    );
    functions.push(format!("polity.erase_tenant({ty})"));
}

fn body(database: &Database, tenant: &str) -> String {
    let mut body = String::from(
        "#variable_conflict use_column\nBEGIN\n    IF $1 IS NULL THEN\n        RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'no tenant is named';\n    END IF;\n    -- Two at once wait for each other.\n    PERFORM pg_advisory_xact_lock(hashtextextended('polity erases tenant ' || $1::text, 0));\n    PERFORM set_config('polity.retain', 'on', true);\n    SET CONSTRAINTS ALL DEFERRED;\n\n",
    );
    let order: Vec<&Table> = database.referrers_first().into_iter().filter(|t| t.is_scoped()).collect();
    let mut place = vec![usize::MAX; database.platform.entities.len()];
    for (i, table) in order.iter().enumerate() {
        place[table.entity.id.index()] = i;
    }
    for table in &order {
        for columns in held_back(table, &place) {
            let sets: Vec<String> =
                columns.iter().map(|column| format!("{} = NULL", Ident(column))).collect();
            let _ = writeln!(
                body,
                "    -- A ring\n    UPDATE {} SET {} WHERE {tenant} = $1;",
                table.name,
                sets.join(", ")
            );
        }
    }
    for table in &order {
        let _ = writeln!(body, "    DELETE FROM {} WHERE {tenant} = $1;", table.name);
    }
    for view in database.views.iter().filter(|view| view.view.materialized.is_some()) {
        let _ = writeln!(body, "    PERFORM {}();", view.refresher(database));
    }
    for name in database.trails.iter().flat_map(super::super::audit::Trail::tables) {
        let _ = writeln!(body, "    DELETE FROM {name} WHERE {tenant} = $1::text;");
    }
    if freezes(database) {
        body.push_str("    DELETE FROM polity.frozen WHERE tenant = $1;\n");
    }
    let _ = writeln!(
        body,
        "    DELETE FROM polity.erasure_log l WHERE l.tenant = $1::text;\n    INSERT INTO polity.erasure_log (tenant, entity, subject) VALUES ($1::text, {}, $1::text);\n    PERFORM set_config('polity.retain', '', true);\nEND;",
        Literal(KIND)
    );
    body
}

/// The columns of references that lead to what goes before.
fn held_back(table: &Table, place: &[usize]) -> Vec<Vec<SmolStr>> {
    let entity = table.entity;
    let own = place[entity.id.index()];
    let goes_before = |target: EntityId| place[target.index()] <= own;
    let back = entity.references.iter().filter(|r| r.enforced && r.optional && goes_before(r.target));
    let columns = back.map(|r| {
        let optional = r.fields.iter().filter(|field| entity.field(**field).ty.optional);
        let plain = optional.filter(|field| !matches!(entity.field(**field).ty.kind, TypeKind::Union(_)));
        plain.map(|field| column_name(entity, *field)).collect::<Vec<_>>()
    });
    columns.filter(|columns| !columns.is_empty()).collect()
}

/// `offboard.sql`, of a tenant that has a database or schemas to itself.
pub(in crate::stores::postgres) fn file(database: &Database) -> Option<String> {
    let tenant = database.tenant?;
    let place = match database.prefix() {
        Some(_) => {
            "its schemas and the roles that work there. Run by an administrator in the shared database."
        }
        None => "its database and the roles of it. Run by an administrator in another database.",
    };
    let mut out = header(
        database,
        &format!(
            "Takes away all that is {}'s: {place}\nWhat backups hold of it is in them until they end. Rows that the shared tables hold of it are erased there by\npolity.erase_tenant.",
            tenant.named.name
        ),
    );
    if database.lists_pg_cron() {
        let _ = writeln!(
            out,
            "-- In the database of pg_cron:\n-- SELECT cron.unschedule(jobid) FROM cron.job WHERE starts_with(jobname, {});\n",
            Literal(&format!("{}/", database.stem())).to_string().replace(['\n', '\r'], " ")
        );
    }
    if database.prefix().is_some() {
        let schemas = database.schemas.iter().map(|(name, _)| name).chain([&database.own]);
        let schemas: Vec<SmolStr> = schemas.filter(|name| *name != "public").cloned().collect();
        let _ = writeln!(out, "BEGIN;\n\nDROP SCHEMA IF EXISTS {} CASCADE;\n", List(&schemas));
    } else {
        let _ = writeln!(out, "DROP DATABASE IF EXISTS {} WITH (FORCE);\n", Ident(&database.name()));
    }
    for name in names(database) {
        let role = Ident(&name).to_string();
        if database.prefix().is_some() {
            // It has rights on what all share.
            let text = Literal(&format!("DROP OWNED BY {role}")).to_string();
            let exists = Literal(&name).to_string();
            let block = format!(
                "BEGIN\n    IF EXISTS (SELECT FROM pg_roles WHERE rolname = {exists}) THEN\n        EXECUTE {text};\n    END IF;\nEND;"
            );
            let _ = writeln!(out, "DO {};", Body(&block));
        }
        let _ = writeln!(out, "DROP ROLE IF EXISTS {role};");
    }
    if database.prefix().is_some() {
        out.push_str("\nCOMMIT;\n");
    }
    Some(out)
}

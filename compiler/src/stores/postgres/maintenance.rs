//! What a database needs done again and again: partitions made ahead, rows gone at the end of their retention,
//! materialized views refreshed. The work stands in functions of the schema `polity`, which a role that may do
//! nothing else calls on a schedule.

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::audit::records_deletes;
use super::calendar;
use super::database::Database;
use super::expr::Scope;
use super::names::fit;
use super::sql::{Body, Ident, List, Literal, Name, Remark};
use super::table::{ANONYMIZED_AT, Table, column_name};
use crate::model::entity::{Fate, PartitionKind, Retain};
use crate::model::{Duration, Platform, Scalar, Store, Type};
use crate::stores::Job;
use crate::syntax::ast::DurationUnit;
use crate::template;

/// How many rows one batch removes: short enough that nobody waits for it.
const BATCH: u32 = 5000;

/// What stands before the date in a partition's name may be this long, so that the whole stays within 63 bytes.
const STEM: usize = 52;

/// How a table's rows leave at the end of their retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// Whole partitions, because the field is the one that the table is partitioned by.
    Partitions,
    Batches,
    Anonymized,
}

pub(super) fn leaving(table: &crate::model::Entity) -> Option<Leaving> {
    let retain = table.retain.as_ref()?;
    Some(match retain.fate {
        Fate::Anonymize => Leaving::Anonymized,
        Fate::Delete | Fate::ArchiveTo(_) => {
            let by_range = table.partition.as_ref().is_some_and(|p| {
                matches!(p.kind, PartitionKind::Range(_))
                    && retain.after.is_some_and(|after| p.fields == [after])
            });
            if by_range { Leaving::Partitions } else { Leaving::Batches }
        }
    })
}

fn creates_partitions(database: &Database) -> bool {
    database.trails.iter().any(|trail| trail.partition.is_some())
        || database.tables.iter().any(|table| ranged(table).is_some())
}

fn drops_partitions(database: &Database) -> bool {
    database.trails.iter().any(|trail| trail.partition.is_some() && trail.log.retain.is_some())
        || database.tables.iter().any(|table| leaving(table.entity) == Some(Leaving::Partitions))
}

fn removes_batches(database: &Database) -> bool {
    database.trails.iter().any(|trail| trail.partition.is_none() && trail.log.retain.is_some())
        || database.tables.iter().any(|table| leaving(table.entity) == Some(Leaving::Batches))
}

fn anonymizes(database: &Database) -> bool {
    database.tables.iter().any(|table| leaving(table.entity) == Some(Leaving::Anonymized))
}

fn retains(database: &Database) -> bool {
    drops_partitions(database) || removes_batches(database) || anonymizes(database)
}

/// Whether the source asks for anything that runs on a schedule.
pub(super) fn is_scheduled(platform: &Platform, store: &Store) -> bool {
    platform.entities_in(store.id).any(|entity| entity.partition.is_some() || entity.retain.is_some())
        || platform.audit_logs.iter().any(|log| log.store == store.id)
        || platform.views.iter().any(|view| view.store == store.id && view.materialized.is_some())
}

/// Whether there is anything to do at all.
pub(super) fn is_needed(database: &Database) -> bool {
    creates_partitions(database)
        || retains(database)
        || database.views.iter().any(|view| view.view.materialized.is_some())
}

fn ranged<'t>(table: &'t Table) -> Option<(&'t crate::model::entity::PartitionPeriod, SmolStr)> {
    let partition = table.entity.partition.as_ref()?;
    match &partition.kind {
        PartitionKind::Range(period) => Some((period, column_name(table.entity, *partition.fields.first()?))),
        PartitionKind::Hash { .. } | PartitionKind::List => None,
    }
}

/// The functions, in `CREATE` form, with the rights to call them.
pub(super) fn write_functions(database: &Database, functions: &mut Vec<String>, out: &mut String) {
    #[derive(Serialize)]
    struct Context {
        owner: String,
        drops: bool,
        tenancy: bool,
    }
    let roles = &database.roles;
    let _ = writeln!(out, "SET ROLE {};\n", Ident(&roles.maintenance));
    if creates_partitions(database) {
        let drops = drops_partitions(database);
        let context =
            Context { owner: Ident(&roles.owner).to_string(), drops, tenancy: database.tenancy.is_some() };
        out.push_str(&template::render(
            include_str!("../../../../templates/postgres/partitions.sql.jinja"),
            context,
        ));
        functions
            .push("polity.add_partition(regclass, text, text, text, regtype, text, text, text)".to_owned());
        functions.push("polity.partition_ahead(regclass, text, text, text, integer, text)".to_owned());
        if drops {
            functions.push("polity.drop_partition_past(regclass, interval)".to_owned());
        }
        out.push('\n');
        function(
            database,
            "create_partitions",
            "integer",
            "Creates every partition that will be needed, and says how many were missing.",
            &creating(database),
            functions,
            out,
        );
    }
    if drops_partitions(database) {
        function(
            database,
            "drop_expired_partition",
            "boolean",
            "Drops one partition that is over age, referrers first; false once there is none.",
            &dropping(database),
            functions,
            out,
        );
    }
    if removes_batches(database) {
        function(
            database,
            "delete_expired_rows",
            "boolean",
            "Deletes one batch of rows that are over age, referrers first; false once there is none.",
            &deleting(database),
            functions,
            out,
        );
    }
    if anonymizes(database) {
        function(
            database,
            "anonymize_expired_rows",
            "boolean",
            "Anonymizes one batch of rows that are over age; false once there is none.",
            &anonymizing(database),
            functions,
            out,
        );
    }
    if retains(database) {
        write_retain(database, functions, out);
    }
    for view in database.views.iter().filter(|view| view.view.materialized.is_some()) {
        let name = view.refresher();
        let body = format!("BEGIN\n    {};\nEND;", view.refresh());
        let docs = format!("Refreshes {}.", view.name);
        function(database, &name.name, "void", &docs, &body, functions, out);
    }
    let _ = writeln!(out, "SET ROLE {};\n", Ident(&roles.owner));
}

/// One function that acts with the rights of maintenance, and that the scheduler's role may call.
fn function(
    database: &Database,
    name: &str,
    returns: &str,
    docs: &str,
    body: &str,
    functions: &mut Vec<String>,
    out: &mut String,
) {
    let name = Name::new("polity", name);
    // Where row security would hide rows, the function fails instead of finding nothing.
    let all_rows = if database.tenancy.is_some() { " SET row_security = off" } else { "" };
    let _ = writeln!(
        out,
        "{}CREATE FUNCTION {name}() RETURNS {returns}\n    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC'\n    SET lock_timeout = '2s'{all_rows}\nAS {};",
        Remark(docs),
        Body(body)
    );
    let roles = &database.roles;
    let _ = writeln!(out, "REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;");
    let _ = writeln!(
        out,
        "GRANT EXECUTE ON FUNCTION {name}() TO {}, {};\n",
        Ident(&roles.owner),
        Ident(&roles.cron)
    );
    functions.push(format!("{name}()"));
}

fn creating(database: &Database) -> String {
    let mut body = String::from("DECLARE\n    created integer := 0;\nBEGIN\n");
    let mut one = |name: &Name,
                   stem: &str,
                   key: &str,
                   period: &crate::model::entity::PartitionPeriod,
                   storage: &str| {
        let call = format!(
            "polity.partition_ahead({}::regclass, {}, {}, '{}', {}, {})",
            Literal(&name.to_string()),
            Literal(&fit(stem, STEM)),
            Literal(key),
            period.period.name(),
            period.ahead,
            Literal(storage)
        );
        guarded(&format!("created := created + {call};"), name, "new partitions wait for", &mut body);
    };
    for table in &database.tables {
        if let Some((period, key)) = ranged(table) {
            let storage =
                std::fmt::from_fn(|f| super::statements::write_storage(&table.storage, f)).to_string();
            one(&table.name, &table.name.name, &key, period, &storage);
        }
    }
    for trail in &database.trails {
        if let Some(period) = &trail.partition {
            one(&trail.name, &trail.name.name, "at", period, "");
            one(&trail.payload, &trail.payload.name, "at", period, "");
        }
    }
    body.push_str("    RETURN created;\nEND;");
    body
}

fn dropping(database: &Database) -> String {
    let mut body = String::from("DECLARE\n    gone text;\n    lost bigint;\nBEGIN\n");
    for table in database.referrers_first() {
        let Some(retain) = &table.entity.retain else { continue };
        if leaving(table.entity) != Some(Leaving::Partitions) {
            continue;
        }
        // A partition holds rows of every tenant, so the trail that all share says that it went.
        let shared = if database.tenancy.is_some() { "'', " } else { "" };
        let record = records_deletes(database, table).map(|trail| {
            format!(
                "EXECUTE format('SELECT count(*) FROM %s', gone) INTO lost;\n            PERFORM {}({shared}'DROP', {}, jsonb_build_object('partition', gone, 'rows', lost), '{{}}', '{{}}', NULL, NULL);\n            ",
                trail.write(),
                Literal(&table.name.to_string()),
            )
        });
        drop_one(&table.name, retain.duration, record.as_deref().unwrap_or(""), &mut body);
    }
    for trail in &database.trails {
        let (Some((keep, _)), Some(_)) = (trail.log.retain, trail.partition) else { continue };
        drop_one(&trail.payload, keep, "", &mut body);
        let anchor = if trail.log.chained {
            let inside = |sql: String| sql.replace('\'', "''").replace('%', "%%");
            let (into, order) = trail.anchoring(database);
            format!("EXECUTE format('{} FROM %s {}', gone);\n            ", inside(into), inside(order))
        } else {
            String::new()
        };
        drop_one(&trail.name, keep, &anchor, &mut body);
    }
    body.push_str("    RETURN false;\nEND;");
    body
}

fn drop_one(table: &Name, keep: Duration, before: &str, body: &mut String) {
    let work = format!(
        "gone := polity.drop_partition_past({}::regclass, interval '{}');\n        IF gone IS NOT NULL THEN\n            {before}EXECUTE format('DROP TABLE %s', gone);\n            RETURN true;\n        END IF;",
        Literal(&table.to_string()),
        calendar::words(keep)
    );
    guarded(&work, table, "its oldest partition stays until", body);
}

/// A step that gives up where it would have to wait, so that the others still run.
fn guarded(work: &str, table: &Name, consequence: &str, body: &mut String) {
    let message = format!("{table} is busy: {consequence} the next run").replace('%', "%%");
    let _ = writeln!(
        body,
        "    BEGIN\n        {work}\n    EXCEPTION\n        WHEN lock_not_available THEN\n            RAISE WARNING {};\n    END;",
        Literal(&message)
    );
}

fn deleting(database: &Database) -> String {
    let mut body = String::from("BEGIN\n");
    if database.tables.iter().any(|table| table.entity.append_only.is_some() && table.entity.retain.is_some())
    {
        body.push_str("    PERFORM set_config('polity.retain', 'on', true);\n");
    }
    for table in database.referrers_first() {
        let Some(retain) = &table.entity.retain else { continue };
        if leaving(table.entity) != Some(Leaving::Batches) || table.entity.key.is_empty() {
            continue;
        }
        let keys: Vec<SmolStr> = table.entity.key.iter().map(|id| column_name(table.entity, *id)).collect();
        let name = &table.name;
        let batch = batch(table, &keys, &over_age(database, table, retain), &after(table, retain));
        let _ = writeln!(
            body,
            "    DELETE FROM {name}\n     WHERE ({}) IN (\n{batch}           );\n    IF FOUND THEN\n        RETURN true;\n    END IF;",
            List(&keys)
        );
    }
    for trail in &database.trails {
        let (Some((keep, _)), None) = (trail.log.retain, trail.partition) else { continue };
        let keep = calendar::words(keep);
        if trail.log.chained {
            let (into, order) = trail.anchoring(database);
            let _ = writeln!(
                body,
                "    {into}\n      FROM {} WHERE at < now() - interval '{keep}' {order}\n    ON CONFLICT DO NOTHING;",
                trail.name
            );
        }
        for table in [&trail.payload, &trail.name] {
            let _ = writeln!(body, "    DELETE FROM {table} WHERE at < now() - interval '{keep}';");
        }
        body.push_str("    IF FOUND THEN\n        RETURN true;\n    END IF;\n");
    }
    body.push_str("    RETURN false;\nEND;");
    body
}

/// The keys of one batch of rows that are due, the oldest first.
fn batch(table: &Table, keys: &[SmolStr], due: &str, after: &str) -> String {
    let (name, keys) = (&table.name, List(keys));
    let Some(tenant) = table.entity.tenant.map(|id| column_name(table.entity, id)) else {
        return format!(
            "           SELECT {keys} FROM {name}\n            WHERE {due}\n            ORDER BY {after}\n            LIMIT {BATCH}\n              FOR UPDATE SKIP LOCKED\n"
        );
    };
    // Every index leads with the tenant, so the batch goes from one tenant to the next by way of the key.
    let tenant = Ident(&tenant);
    format!(
        "           WITH RECURSIVE polity_tenants (tenant) AS (\n               (SELECT {tenant} FROM {name} ORDER BY 1 LIMIT 1)\n               UNION ALL\n               SELECT (SELECT {tenant} FROM {name} WHERE {tenant} > polity_tenants.tenant ORDER BY 1 LIMIT 1)\n                 FROM polity_tenants\n                WHERE polity_tenants.tenant IS NOT NULL\n           )\n           SELECT due.*\n             FROM polity_tenants,\n          LATERAL (\n                  SELECT {keys} FROM {name}\n                   WHERE {tenant} = polity_tenants.tenant AND {due}\n                   ORDER BY {after}\n                   LIMIT {BATCH}\n                     FOR UPDATE SKIP LOCKED\n                  ) due\n            LIMIT {BATCH}\n"
    )
}

fn after(table: &Table, retain: &Retain) -> String {
    retain.after.map_or_else(|| "now()".to_owned(), |id| Ident(&column_name(table.entity, id)).to_string())
}

/// Whether a row is over age. What a calendar decides is decided in UTC.
fn over_age(database: &Database, table: &Table, retain: &Retain) -> String {
    let date = retain
        .after
        .is_some_and(|id| database.platform.scalar(&table.entity.field(id).ty) == Some(Scalar::Date));
    let now = if date { "(now() AT TIME ZONE 'UTC')::date" } else { "now()" };
    format!("{} < {now} - interval '{}'", after(table, retain), calendar::words(retain.duration))
}

fn anonymizing(database: &Database) -> String {
    let mut body = String::from("BEGIN\n    PERFORM set_config('polity.retain', 'on', true);\n");
    for table in database.referrers_first() {
        let Some(retain) = &table.entity.retain else { continue };
        if leaving(table.entity) != Some(Leaving::Anonymized) || table.entity.key.is_empty() {
            continue;
        }
        let keys: Vec<SmolStr> = table.entity.key.iter().map(|id| column_name(table.entity, *id)).collect();
        let name = &table.name;
        let mut sets: Vec<(SmolStr, String)> = vec![(SmolStr::new_static(ANONYMIZED_AT), "now()".to_owned())];
        let scope = Scope::columns(database.platform, &table.entity.fields, database.major);
        anonymized(database, table, &scope, &mut sets);
        let width = sets.iter().map(|(column, _)| Ident(column).to_string().len()).max().unwrap_or(0);
        let sets: Vec<String> = sets
            .iter()
            .map(|(column, value)| format!("{:width$} = {value}", Ident(column).to_string()))
            .collect();
        let due = format!("{} AND {ANONYMIZED_AT} IS NULL", over_age(database, table, retain));
        let batch = batch(table, &keys, &due, &after(table, retain));
        let _ = writeln!(
            body,
            "    UPDATE {name}\n       SET {}\n     WHERE ({}) IN (\n{batch}           );\n    IF FOUND THEN\n        RETURN true;\n    END IF;",
            sets.join(",\n           "),
            List(&keys)
        );
    }
    body.push_str("    RETURN false;\nEND;");
    body
}

/// What each labelled column becomes: nothing where it may be absent, otherwise what `anonymized as` says.
fn anonymized(database: &Database, table: &Table, scope: &Scope, sets: &mut Vec<(SmolStr, String)>) {
    let entity = table.entity;
    for (id, field) in entity.fields() {
        let optional_type = Type { kind: field.ty.kind.clone(), optional: true };
        if entity.key.contains(&id) || field.computed.is_some() {
            continue;
        }
        let value = match (&field.anonymized, field.labels.is_empty(), field.ty.optional) {
            (Some(value), ..) => scope.value_for(&optional_type, value),
            (None, false, true) => "NULL".to_owned(),
            _ => continue,
        };
        match super::expr::struct_of(database.platform, &field.ty) {
            Some(inner) if field.inline.is_some() => {
                for member in &database.platform[inner].fields {
                    let column = format!("{}_{}", field.named.stored, member.named.stored);
                    sets.push((fit(&column, super::names::LIMIT), "NULL".to_owned()));
                }
            }
            _ => sets.push((column_name(entity, id), value)),
        }
    }
}

/// A procedure may commit between batches only where it neither sets anything nor acts for another role, so it
/// does nothing but call the functions.
fn write_retain(database: &Database, functions: &mut Vec<String>, out: &mut String) {
    let mut body = String::from("BEGIN\n");
    let steps = [
        (drops_partitions(database), "drop_expired_partition"),
        (removes_batches(database), "delete_expired_rows"),
        (anonymizes(database), "anonymize_expired_rows"),
    ];
    for (wanted, step) in steps {
        if wanted {
            let _ = writeln!(body, "    WHILE polity.{step}() LOOP\n        COMMIT;\n    END LOOP;");
        }
    }
    body.push_str("END;");
    let _ = writeln!(
        out,
        "-- Carries out every retention, one short transaction after the other.\nCREATE PROCEDURE polity.retain()\n    LANGUAGE plpgsql\nAS {};",
        Body(&body)
    );
    let roles = &database.roles;
    out.push_str("REVOKE ALL ON PROCEDURE polity.retain() FROM PUBLIC;\n");
    let _ = writeln!(
        out,
        "GRANT EXECUTE ON PROCEDURE polity.retain() TO {}, {};\n",
        Ident(&roles.owner),
        Ident(&roles.cron)
    );
    functions.push("polity.retain()".to_owned());
}

/// What a scheduler runs, as the role that may do nothing else.
pub(super) fn jobs(database: &Database) -> Vec<Job> {
    let stem = format!("{}/{}", database.platform.name, database.store.named.name);
    let mut jobs = Vec::new();
    let daily = Duration { count: 1, unit: DurationUnit::Days };
    if creates_partitions(database) {
        jobs.push(Job {
            name: format!("{stem}/partitions"),
            schedule: calendar::cron(daily, 7),
            command: "SELECT polity.create_partitions()".to_owned(),
            docs: "Creates partitions before they are needed.".to_owned(),
        });
    }
    if retains(database) {
        jobs.push(Job {
            name: format!("{stem}/retain"),
            schedule: calendar::cron(daily, 17),
            command: "CALL polity.retain()".to_owned(),
            docs: "Removes what is over age.".to_owned(),
        });
    }
    for view in &database.views {
        if let Some(Some(every)) = view.view.materialized {
            jobs.push(Job {
                name: format!("{stem}/refresh_{}_{}", view.name.schema, view.name.name),
                schedule: calendar::cron(every, 27),
                command: format!("SELECT {}()", view.refresher()),
                docs: format!("Refreshes {}.", view.name),
            });
        }
    }
    jobs
}

/// `maintenance.sql`: the jobs as statements, for whoever schedules them.
pub(super) fn file(database: &Database) -> String {
    let mut out = super::schema::header(database, "What must be run on a schedule, and how often.");
    let cron = Ident(&database.roles.cron).to_string();
    let by = if database.lists_pg_cron() {
        "maintenance_cron.sql gives these to pg_cron."
    } else {
        "Whatever schedules them connects as this role; each runs outside a transaction."
    };
    let _ = writeln!(
        out,
        "-- {by} The role is {cron}.\n-- Each may be run at any time and any number of times.\n"
    );
    for job in jobs(database) {
        let _ = writeln!(
            out,
            "{}{};\n",
            Remark(&format!("{} Schedule: {} (UTC).", job.docs, job.schedule)),
            job.command
        );
    }
    out.trim_end().to_owned() + "\n"
}

/// `maintenance_cron.sql`: for the database in which pg_cron lives.
pub(super) fn cron_file(database: &Database) -> String {
    let jobs = jobs(database);
    let mut out = super::schema::header(
        database,
        "Run by an administrator in the database that cron.database_name names. It may be run again: a job of\nthe same name is replaced, and one that the platform no longer has is taken off the schedule.",
    );
    let stem = format!("{}/{}/", database.platform.name, database.store.named.name);
    let names: Vec<String> = jobs.iter().map(|job| Literal(&job.name).to_string()).collect();
    let _ = writeln!(
        out,
        "-- pg_cron connects as {}, so that role needs a line in pg_hba.conf or .pgpass, or cron.use_background_workers\n-- must be on.\n\nCREATE EXTENSION IF NOT EXISTS pg_cron;\n",
        Ident(&database.roles.cron)
    );
    let _ = writeln!(
        out,
        "SELECT cron.unschedule(jobid)\n  FROM cron.job\n WHERE starts_with(jobname, {})\n   AND jobname <> ALL (ARRAY[{}]::text[]);\n",
        Literal(&stem),
        names
            .iter()
            .map(String::as_str)
            .chain([Literal(&format!("{stem}history")).to_string().as_str()])
            .collect::<Vec<_>>()
            .join(", ")
    );
    for job in &jobs {
        let _ = writeln!(
            out,
            "{}SELECT cron.schedule_in_database({}, {}, {}, {}, {});\n",
            Remark(&job.docs),
            Literal(&job.name),
            Literal(&job.schedule),
            Literal(&job.command),
            Literal(&database.name()),
            Literal(&database.roles.cron)
        );
    }
    let _ = writeln!(
        out,
        "-- The history of the jobs grows and holds the text of each command.\nSELECT cron.schedule({}, '47 3 * * *', $$DELETE FROM cron.job_run_details WHERE end_time < now() - interval '14 days'$$);",
        Literal(&format!("{stem}history"))
    );
    out
}

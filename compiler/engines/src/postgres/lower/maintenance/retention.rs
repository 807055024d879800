//! How rows leave at the end of their retention: whole partitions, rows in batches, or values within rows.

use std::fmt::Write;

use smol_str::SmolStr;

use super::super::super::sql::{Ident, List, Literal, Name};
use super::super::audit::{Trail, holds_persons, records_deletes};
use super::super::calendar;
use super::super::database::Database;
use super::super::expr::Scope;
use super::super::lowered::{Lowered, plpgsql};
use super::super::names::{LIMIT, fit};
use super::super::table::{ANONYMIZED_AT, Table, arm_column, column_name};
use super::super::tenancy::unless_moving;
use super::{Leaving, anonymizes, drops_partitions, guarded, leaving, removes_batches};
use polity_catalog::relational::Function;
use polity_model::entity::Retain;
use polity_model::expr::ExprKind;
use polity_model::{Duration, Expr, Scalar, StructId, Type, TypeKind};

/// How many rows one batch removes: short enough that nobody waits for it.
const BATCH: u32 = 5000;

pub(super) fn dropping(database: &Database) -> String {
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
        let mut before = record.unwrap_or_default();
        if let Some(trail) = holds_persons(database, table) {
            let (tenant, key) = named(database, table);
            // No name holds a zero byte.
            let rows = format!("SELECT {tenant}, {key} FROM \0");
            let values = values_of(database, trail, table, &rows).replace('%', "%%").replace('\0', "%s");
            let _ = write!(before, "EXECUTE format({}, gone);\n            ", Literal(&values));
        }
        drop_one(&table.name, retain.duration, &before, &mut body);
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

pub(super) fn deleting(database: &Database) -> String {
    let mut body = beginning(database, Leaving::Batches);
    let gives_way = |table: &&Table| {
        leaving(table.entity).is_some()
            && (table.entity.append_only.is_some() || holds_persons(database, table).is_some())
    };
    if database.tables.iter().any(|table| gives_way(&table)) {
        body.push_str("    PERFORM set_config('polity.retain', 'on', true);\n");
    }
    for table in database.referrers_first() {
        let Some(retain) = &table.entity.retain else { continue };
        if leaving(table.entity) != Some(Leaving::Batches) || table.entity.key.is_empty() {
            continue;
        }
        let keys: Vec<SmolStr> = table.entity.key.iter().map(|id| column_name(table.entity, *id)).collect();
        let name = &table.name;
        let batch = batch(database, table, &keys, &over_age(database, table, retain), &after(table, retain));
        let change = format!("DELETE FROM {name}\n     WHERE ({}) IN (\n{batch}           )", List(&keys));
        carry_out(database, table, &change, &mut body);
    }
    for trail in &database.trails {
        let (Some((keep, _)), None) = (trail.log.retain, trail.partition) else { continue };
        let due = |table: &Name| {
            let column = database.tenancy.as_ref().map(|t| format!("{table}.{}", Ident(&t.column)));
            let settled = column.map_or_else(String::new, |column| unless_moving(database, &column));
            format!("at < now() - interval '{}'{settled}", calendar::words(keep))
        };
        if trail.log.chained {
            let (into, order) = trail.anchoring(database);
            let _ = writeln!(
                body,
                "    {into}\n      FROM {} WHERE {} {order}\n    ON CONFLICT DO NOTHING;",
                trail.name,
                due(&trail.name)
            );
        }
        for table in [&trail.payload, &trail.name] {
            let _ = writeln!(body, "    DELETE FROM {table} WHERE {};", due(table));
        }
        body.push_str("    IF FOUND THEN\n        RETURN true;\n    END IF;\n");
    }
    body.push_str("    RETURN false;\nEND;");
    body
}

/// Variables, where a trail holds values of the rows.
fn beginning(database: &Database, how: Leaving) -> String {
    let leave = database.tables.iter().filter(|table| leaving(table.entity) == Some(how));
    if leave.filter_map(|table| holds_persons(database, table)).next().is_some() {
        "#variable_conflict use_column\n<<retention>>\nDECLARE\n    tenants text[];\n    keys jsonb[];\nBEGIN\n".to_owned()
    } else {
        "BEGIN\n".to_owned()
    }
}

/// One batch; what a trail holds about a person of the rows goes with them.
fn carry_out(database: &Database, table: &Table, change: &str, body: &mut String) {
    let Some(trail) = holds_persons(database, table) else {
        let _ = writeln!(body, "    {change};\n    IF FOUND THEN\n        RETURN true;\n    END IF;");
        return;
    };
    let (tenant, key) = named(database, table);
    let rows = "SELECT * FROM unnest(retention.tenants, retention.keys)";
    let _ = writeln!(
        body,
        "    WITH polity_changed (tenant, row_key) AS (\n    {change}\n    RETURNING {tenant}, {key}\n    )\n    SELECT array_agg(c.tenant), array_agg(c.row_key) INTO retention.tenants, retention.keys FROM polity_changed c;\n    IF retention.keys IS NOT NULL THEN\n        {};\n        RETURN true;\n    END IF;",
        values_of(database, trail, table, rows)
    );
}

/// Returns the expressions by which an entry of a trail names the tenant and the key of a row.
fn named(database: &Database, table: &Table) -> (String, String) {
    let entity = table.entity;
    let tenant = match entity.tenant.filter(|_| database.tenancy.is_some()) {
        Some(tenant) => format!("{}::text", Ident(&column_name(entity, tenant))),
        None => "''".to_owned(),
    };
    let columns = entity.identity().iter().map(|field| column_name(entity, *field));
    let pairs: Vec<String> = columns.map(|name| format!("{}, {}", Literal(&name), Ident(&name))).collect();
    (tenant, format!("jsonb_build_object({})", pairs.join(", ")))
}

/// Takes the values of rows out of the trail: what changed, and by whom, stays. `rows` yields tenants and keys.
fn values_of(database: &Database, trail: &Trail, table: &Table, rows: &str) -> String {
    let (mut on, mut whose) = (String::new(), "''".to_owned());
    if let Some(tenancy) = &database.tenancy {
        let tenant = Ident(&tenancy.column);
        on = format!("e.{tenant} = p.{tenant} AND ");
        whose = format!("e.{tenant}");
    }
    format!(
        "DELETE FROM {} p USING {} e\n         WHERE {on}e.seq = p.seq AND e.at = p.at AND e.entity = format('%I.%I', {}, {})\n           AND ({whose}, e.row_key) IN ({rows})",
        trail.payload,
        trail.name,
        Literal(&table.name.schema),
        Literal(&table.name.name)
    )
}

/// The keys of one batch of rows that are due, the oldest first.
fn batch(database: &Database, table: &Table, keys: &[SmolStr], due: &str, after: &str) -> String {
    let (name, keys) = (&table.name, List(keys));
    let Some(tenant) = table.entity.tenant.map(|id| column_name(table.entity, id)) else {
        return format!(
            "           SELECT {keys} FROM {name}\n            WHERE {due}\n            ORDER BY {after}\n            LIMIT {BATCH}\n              FOR UPDATE SKIP LOCKED\n"
        );
    };
    // Every index leads with the tenant, so the batch goes from one tenant to the next by way of the key.
    let tenant = Ident(&tenant);
    let settled = unless_moving(database, "polity_tenants.tenant");
    format!(
        "           WITH RECURSIVE polity_tenants (tenant) AS (\n               (SELECT {tenant} FROM {name} ORDER BY 1 LIMIT 1)\n               UNION ALL\n               SELECT (SELECT {tenant} FROM {name} WHERE {tenant} > polity_tenants.tenant ORDER BY 1 LIMIT 1)\n                 FROM polity_tenants\n                WHERE polity_tenants.tenant IS NOT NULL\n           )\n           SELECT due.*\n             FROM polity_tenants,\n          LATERAL (\n                  SELECT {keys} FROM {name}\n                   WHERE {tenant} = polity_tenants.tenant AND {due}{settled}\n                   ORDER BY {after}\n                   LIMIT {BATCH}\n                     FOR UPDATE SKIP LOCKED\n                  ) due\n            LIMIT {BATCH}\n"
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

/// Which rows of a table its retention has not reached.
pub(in crate::postgres) fn kept(database: &Database, table: &Table) -> Option<String> {
    let retain = table.entity.retain.as_ref()?;
    Some(format!("({}) IS NOT TRUE", over_age(database, table, retain)))
}

/// Which entries of a trail its retention has not reached.
pub(in crate::postgres) fn kept_entries(trail: &Trail) -> Option<String> {
    let (keep, _) = trail.log.retain?;
    Some(format!("at >= now() - interval '{}'", calendar::words(keep)))
}

pub(super) fn anonymizing(database: &Database) -> String {
    let mut body = beginning(database, Leaving::Anonymized);
    body.push_str("    PERFORM set_config('polity.retain', 'on', true);\n");
    for table in database.referrers_first() {
        let Some(retain) = &table.entity.retain else { continue };
        if leaving(table.entity) != Some(Leaving::Anonymized) || table.entity.key.is_empty() {
            continue;
        }
        let keys: Vec<SmolStr> = table.entity.key.iter().map(|id| column_name(table.entity, *id)).collect();
        let name = &table.name;
        let mut sets: Vec<(SmolStr, String)> = vec![(SmolStr::new_static(ANONYMIZED_AT), "now()".to_owned())];
        sets.extend(anonymized(database, table));
        let width = sets.iter().map(|(column, _)| Ident(column).to_string().len()).max().unwrap_or(0);
        let sets: Vec<String> = sets
            .iter()
            .map(|(column, value)| format!("{:width$} = {value}", Ident(column).to_string()))
            .collect();
        let due = format!("{} AND {ANONYMIZED_AT} IS NULL", over_age(database, table, retain));
        let batch = batch(database, table, &keys, &due, &after(table, retain));
        let change = format!(
            "UPDATE {name}\n       SET {}\n     WHERE ({}) IN (\n{batch}           )",
            sets.join(",\n           "),
            List(&keys)
        );
        carry_out(database, table, &change, &mut body);
    }
    body.push_str("    RETURN false;\nEND;");
    body
}

/// Returns each column that is anonymized, with its new value: that of `anonymized as`, or without one `NULL`, where
/// the column may be absent.
pub(in crate::postgres) fn anonymized(database: &Database, table: &Table) -> Vec<(SmolStr, String)> {
    let entity = table.entity;
    let scope = Scope::columns(&database.placement, &entity.fields, database.major);
    let mut sets = Vec::new();
    for (id, field) in entity.fields() {
        let optional_type = Type { kind: field.ty.kind.clone(), optional: true };
        if entity.key.contains(&id) || field.computed.is_some() {
            continue;
        }
        let value =
            match (&field.anonymized, database.platform.is_anonymized(entity.id, id), field.ty.optional) {
                (Some(value), ..) => scope.value_for(&optional_type, value),
                (None, true, true) => "NULL".to_owned(),
                _ => continue,
            };
        match super::super::expr::struct_of(database.platform, &field.ty) {
            Some(inner) if field.inline.is_some() => {
                spread(database, &scope, &field.named.stored, inner, field.anonymized.as_ref(), &mut sets);
            }
            _ => {
                if value == "NULL" && matches!(field.ty.kind, TypeKind::Union(_)) {
                    sets.push((arm_column(entity, id), value.clone()));
                }
                sets.push((column_name(entity, id), value));
            }
        }
    }
    sets
}

/// The columns of a record that is spread: what the value says of each member, or its default; nothing without a value.
fn spread(
    database: &Database,
    scope: &Scope,
    prefix: &str,
    record: StructId,
    value: Option<&Expr>,
    sets: &mut Vec<(SmolStr, String)>,
) {
    let entries = value.and_then(|value| match &value.kind {
        ExprKind::Record(entries) => Some(entries),
        _ => None,
    });
    for member in &database.platform[record].fields {
        let column = format!("{prefix}_{}", member.named.stored);
        let given = entries.and_then(|entries| {
            let entry = entries.iter().find(|(name, _)| *name == member.named.name);
            entry.map(|(_, value)| value).or(member.default.as_ref())
        });
        match super::super::expr::struct_of(database.platform, &member.ty) {
            Some(inner) if member.inline.is_some() => {
                spread(database, scope, &column, inner, given, sets);
            }
            _ => {
                let ty = Type { kind: member.ty.kind.clone(), optional: true };
                let value = given.map_or_else(|| "NULL".to_owned(), |value| scope.value_for(&ty, value));
                if given.is_none() && matches!(member.ty.kind, TypeKind::Union(_)) {
                    sets.push((fit(&format!("{column}_type"), LIMIT), "NULL".to_owned()));
                }
                sets.push((fit(&column, LIMIT), value));
            }
        }
    }
}

/// A procedure may commit between batches only where it neither sets anything nor acts for another role, so it
/// does nothing but call the functions.
pub(super) fn lower_retain(database: &Database, lowered: &mut Lowered) {
    let own = Ident(&database.functions_schema);
    let mut body = String::from("BEGIN\n");
    let steps = [
        (drops_partitions(database), "drop_expired_partition"),
        (removes_batches(database), "delete_expired_rows"),
        (anonymizes(database), "anonymize_expired_rows"),
    ];
    for (wanted, step) in steps {
        if wanted {
            let _ = writeln!(body, "    WHILE {own}.{step}() LOOP\n        COMMIT;\n    END LOOP;");
        }
    }
    body.push_str("END;");
    let roles = &database.roles;
    let name = Name::new(database.functions_schema.clone(), "retain");
    let procedure =
        Function { returns: None, settings: Vec::new(), ..plpgsql(&name, &roles.maintenance, "", &body) };
    lowered.function(
        "Carries out every retention, one short transaction after the other.",
        procedure,
        [&roles.owner, &roles.cron],
    );
}

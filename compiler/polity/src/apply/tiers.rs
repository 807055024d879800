//! The texts of tiers, kept in the ledger of the shared database, from which `polity_ledger.create_tenant` and `provision.sh` make a tenant
//! that no line of the source names.

use std::collections::BTreeMap;

use super::ledger;
use super::plan::{Account, Place, Plan};
use crate::live::{Connection, Refused};
use polity_engines::change::Install;
use polity_model::history::sum;
use polity_text::tokens;

/// Brings the texts of all tiers up to date. An administrator does, since one runs them.
pub(super) fn refresh(live: &mut Connection, plan: &Plan, shared: &Account) -> Result<(), Refused> {
    let rows = live.query("SELECT tier, sha256 FROM polity_ledger.tiers", &[])?;
    let known: BTreeMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut made = false;
    for place in &plan.places {
        let Some(install) = &place.install else { continue };
        let row = row(plan, place, install, shared.files);
        if known.get(install.tier.as_str()).is_some_and(|sum| *sum == row.sum) {
            continue;
        }
        if !std::mem::replace(&mut made, true) {
            live.run(ledger::MAKE)?;
        }
        write(live, &row)?;
    }
    Ok(())
}

/// A row of `polity_ledger.tiers`.
struct Row<'p> {
    tier: &'p str,
    store: &'p str,
    is_apart: bool,
    shared_files: i32,
    prefix: &'p str,
    parameters: String,
    migrator: &'p str,
    roles: String,
    objects: &'p str,
    ledger: String,
    rows: String,
    registry: String,
    sum: String,
}

fn row<'p>(plan: &'p Plan, place: &'p Place, install: &'p Install, shared: usize) -> Row<'p> {
    let parameters: BTreeMap<&str, &str> =
        install.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // A function is in a transaction already.
    let bare = |line: &&str| !matches!(*line, "BEGIN;" | "COMMIT;");
    let roles = match place.is_apart {
        true => install.roles.clone(),
        false => install.roles.lines().filter(bare).flat_map(|line| [line, "\n"]).collect(),
    };
    let grant = ledger::grant(&format!("\"{}\"", place.migrator));
    let registry = registry(place);
    let mut row = Row {
        tier: &install.tier,
        store: &plan.store,
        is_apart: place.is_apart,
        shared_files: i32::try_from(shared).unwrap_or(i32::MAX),
        prefix: &install.prefix,
        parameters: serde_json::to_string(&parameters).unwrap_or_default(),
        migrator: &place.migrator,
        roles,
        objects: &install.objects,
        // What its functions name is no token of a tenant's.
        ledger: tokens::escaped(ledger::MAKE, true) + &grant,
        rows: migrations(place) + &registry,
        registry,
        sum: String::new(),
    };
    row.sum = sum(&format!(
        "{} {shared} {} {} {} {} {} {} {}",
        ledger::MAKE,
        row.prefix,
        row.parameters,
        row.migrator,
        row.roles,
        row.objects,
        row.ledger,
        row.rows
    ));
    row
}

/// The rows about the files that a new place of a tenant has behind it.
fn migrations(place: &Place) -> String {
    let row = |number: u32, name: &str, sum: &str| {
        format!("('{}', '{}', {number}, '{name}', '{sum}')", place.name, tokens::ROLE)
    };
    let rows: Vec<String> = place
        .files
        .iter()
        .chain(&place.scripts)
        .map(|file| row(file.number, &file.name.replace('\'', "''"), &file.sum))
        .collect();
    format!(
        "INSERT INTO polity_ledger.migrations (place, tenant, number, file, sha256) VALUES\n{};\n",
        rows.join(",\n")
    )
}

fn registry(place: &Place) -> String {
    let account = place.complete();
    let number = place.files.last().map_or(0, |file| file.number);
    format!(
        "INSERT INTO polity_ledger.registry (place, tenant, number, files, digest, scripts, parameters)\n\
         VALUES ('{}', '{}', {number}, {}, '{}', '{}', '${{tenant_parameters}}');\n",
        place.name,
        tokens::ROLE,
        account.files,
        account.digest,
        account.scripts
    )
}

fn write(live: &mut Connection, row: &Row<'_>) -> Result<(), Refused> {
    let sql = "INSERT INTO polity_ledger.tiers (tier, store, is_apart, shared_files, prefix, parameters, migrator,
                                                roles, objects, ledger, rows, registry, sha256)
               VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13)
               ON CONFLICT (tier) DO UPDATE
               SET store = EXCLUDED.store, is_apart = EXCLUDED.is_apart, shared_files = EXCLUDED.shared_files,
                   prefix = EXCLUDED.prefix, parameters = EXCLUDED.parameters, migrator = EXCLUDED.migrator,
                   roles = EXCLUDED.roles, objects = EXCLUDED.objects, ledger = EXCLUDED.ledger, rows = EXCLUDED.rows,
                   registry = EXCLUDED.registry, sha256 = EXCLUDED.sha256";
    let Row { tier, store, is_apart, shared_files, prefix, parameters, migrator, .. } = row;
    let Row { roles, objects, ledger, rows, registry, sum, .. } = row;
    live.query(
        sql,
        &[
            tier,
            store,
            is_apart,
            shared_files,
            prefix,
            parameters,
            migrator,
            roles,
            objects,
            ledger,
            rows,
            registry,
            sum,
        ],
    )
    .map(drop)
}

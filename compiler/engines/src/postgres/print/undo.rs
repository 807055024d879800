//! The undo of everything that the catalog makes, in an order in which objects can go.

use std::fmt::Write;

use smol_str::SmolStr;

use super::super::lower::lowered::Lowered;
use super::super::lower::roles::Roles;
use super::super::sql::{Ident, Qualified};
use super::functions::Called;
use super::rights::{shown, target};
use polity_catalog::relational::{Dependencies, Grant, Object, ViewKind};

/// Writes the statements, as the owner. Extensions and roles stay: they are the administrator's.
pub(in crate::postgres) fn undo(lowered: &Lowered, dependencies: &Dependencies<'_>, roles: &Roles) -> String {
    let mut out = String::new();
    take_rights_back(lowered, roles, &mut out);
    let _ = writeln!(out, "SET ROLE {};\n", Ident(&roles.owner));
    let mut run: (&str, Vec<String>) = ("", Vec::new());
    for object in dependencies.removal() {
        let (kind, name) = match object {
            Object::View(view) if view.kind == ViewKind::Materialized => {
                ("MATERIALIZED VIEW", Qualified(&view.name).to_string())
            }
            Object::View(view) => ("VIEW", Qualified(&view.name).to_string()),
            Object::Table(table) => ("TABLE", Qualified(&table.name).to_string()),
            Object::Function(function) => ("ROUTINE", Called(&function.signature()).to_string()),
            Object::Sequence(sequence) => ("SEQUENCE", Qualified(&sequence.name).to_string()),
            Object::Schema(schema) => ("SCHEMA", Ident(&schema.name).to_string()),
            _ => continue,
        };
        if kind != run.0 {
            write_run(&run, &mut out);
            run = (kind, Vec::new());
        }
        run.1.push(name);
    }
    write_run(&run, &mut out);
    out
}

fn write_run((kind, names): &(&str, Vec<String>), out: &mut String) {
    if !names.is_empty() {
        let _ = writeln!(out, "DROP {kind} IF EXISTS\n    {};", names.join(",\n    "));
    }
}

/// Takes back the rights that roles gave on objects that stay.
fn take_rights_back(lowered: &Lowered, roles: &Roles, out: &mut String) {
    let grants = lowered.catalog.objects().filter_map(|object| match object {
        Object::Grant(grant) if !lowered.catalog.holds(&grant.on) => Some((grant.by.as_ref()?, grant)),
        _ => None,
    });
    let mut grants: Vec<(&SmolStr, &Grant)> = grants.collect();
    grants.sort_by_key(|(by, _)| *by);
    let mut acting = "";
    for (by, grant) in grants {
        if by != acting {
            let _ = writeln!(out, "SET ROLE {};", Ident(by));
            acting = by;
        }
        let privileges = shown(&grant.privileges.iter().collect::<Vec<_>>());
        let _ = writeln!(out, "REVOKE {privileges} ON {} FROM {};", target(&grant.on), Ident(&grant.to));
    }
    if acting != roles.owner && !acting.is_empty() {
        out.push('\n');
    }
}

//! The undo of everything that the catalog makes, in an order in which objects can go.

use std::fmt::Write;

use smol_str::SmolStr;

use super::super::lower::lowered::Lowered;
use super::super::lower::roles::Roles;
use super::super::sql::{Ident, Qualified};
use super::functions::Called;
use super::rights::{shown, target};
use polity_catalog::relational::{Dependencies, Grant, Object, ObjectId, ViewKind};

/// Writes the statements, as the owner. Extensions and roles stay: they are the administrator's.
pub(in crate::postgres) fn undo(lowered: &Lowered, dependencies: &Dependencies<'_>, roles: &Roles) -> String {
    let mut out = String::new();
    let mut run = Run::default();
    for object in dependencies.removal() {
        let (kind, name, at) = match object {
            Object::View(view) if view.kind == ViewKind::Materialized => (
                "MATERIALIZED VIEW",
                Qualified(&view.name).to_string(),
                Some((&view.name.schema, &view.owner)),
            ),
            Object::View(view) => {
                ("VIEW", Qualified(&view.name).to_string(), Some((&view.name.schema, &view.owner)))
            }
            Object::Table(table) => {
                ("TABLE", Qualified(&table.name).to_string(), Some((&table.name.schema, &table.owner)))
            }
            Object::Function(function) => ("ROUTINE", Called(&function.signature()).to_string(), None),
            Object::Sequence(sequence) => ("SEQUENCE", Qualified(&sequence.name).to_string(), None),
            Object::Schema(schema) => ("SCHEMA", Ident(&schema.name).to_string(), None),
            _ => continue,
        };
        // The owner of a schema may drop whatever stands in it; in that of an administrator each owner drops its own.
        let is_ours = |schema: &SmolStr| lowered.catalog.get(&ObjectId::Schema(schema.clone())).is_some();
        let role = at.filter(|(schema, _)| !is_ours(schema)).map_or(&roles.owner, |(_, owner)| owner);
        if kind != run.kind || *role != run.role {
            run.write(&mut out);
            if *role != run.role {
                let _ = writeln!(out, "SET ROLE {};\n", Ident(role));
            }
            run = Run { role: role.clone(), kind, names: Vec::new() };
        }
        run.names.push(name);
    }
    run.write(&mut out);
    // Last, for who drops something in a schema that stays has to have the right to use it.
    take_rights_back(lowered, &run.role, &mut out);
    out
}

/// Objects of one kind that a role drops at once.
#[derive(Default)]
struct Run {
    role: SmolStr,
    kind: &'static str,
    names: Vec<String>,
}

impl Run {
    fn write(&self, out: &mut String) {
        if !self.names.is_empty() {
            let _ = writeln!(out, "DROP {} IF EXISTS\n    {};", self.kind, self.names.join(",\n    "));
        }
    }
}

/// Takes back the rights that roles gave on objects that stay; `acting` is the role that the session has.
fn take_rights_back(lowered: &Lowered, acting: &SmolStr, out: &mut String) {
    let grants = lowered.catalog.objects().filter_map(|object| match object {
        Object::Grant(grant) if !lowered.catalog.holds(&grant.on) => Some((grant.by.as_ref()?, grant)),
        _ => None,
    });
    let mut grants: Vec<(&SmolStr, &Grant)> = grants.collect();
    grants.sort_by_key(|(by, _)| *by);
    let mut acting = acting;
    for (by, grant) in grants {
        if by != acting {
            let _ = writeln!(out, "\nSET ROLE {};", Ident(by));
            acting = by;
        }
        let privileges = shown(&grant.privileges.iter().collect::<Vec<_>>());
        let _ = writeln!(out, "REVOKE {privileges} ON {} FROM {};", target(&grant.on), Ident(&grant.to));
    }
}

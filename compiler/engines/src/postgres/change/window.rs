//! The time in which both names of a table or a view work: until the contract a view has the old one, with the rights that clients of
//! before had. It can be read and written like what it shows, but for `COPY … FROM`, `TRUNCATE` and references.

use super::super::lower::database::Database;
use super::super::lower::sealed::Sealed;
use super::super::print::rights::{statements, target};
use super::super::sql::{Ident, Qualified};
use super::code::said;
use super::writer::{Cost, Writer};
use crate::change::LockMode;
use polity_catalog::origins::Origins;
use polity_catalog::relational::{
    Catalog, Grant, Name, Object, ObjectId, Privilege, Reach, Renames, Target, View, ViewKind,
};

/// A view that has the old name of something.
pub(super) struct Window {
    view: View,
    grants: Vec<Grant>,
}

/// Returns the windows of a change. There is none where the source accepts that the old name is gone at once (`accept break`).
pub(super) fn of(database: &Database, sealed: &Sealed, new: &Catalog, origins: &Origins) -> Vec<Window> {
    // Before that a view shows what its owner may see (`security_invoker`).
    if database.major < 15 {
        return Vec::new();
    }
    let is_accepted = |name: &Name| {
        let ids = [ObjectId::Table(name.clone()), ObjectId::View(name.clone())];
        let path = ids.iter().find_map(|id| origins.get(&id.to_string())).map(|origin| origin.path.as_str());
        let breaks = database.platform.accepted.iter().filter(|one| one.risk == "break");
        breaks.into_iter().any(|one| Some(one.path.as_str()) == path)
    };
    let is_free = |name: &Name| !new.objects().any(|object| relation(object) == Some(name));
    let pairs = sealed.renames.relations().filter(|(old, new)| is_free(old) && !is_accepted(new));
    pairs.filter_map(|(old, _)| window(sealed, old)).collect()
}

/// Whether the old name of something goes on working.
pub(super) fn holds(windows: &[Window], old: &Name) -> bool {
    windows.iter().any(|window| window.view.name == *old)
}

/// Opens the windows.
pub(super) fn open<'l>(writer: &mut Writer<'_, 'l>, windows: &'l [Window]) {
    for Window { view, grants } in windows {
        let id = ObjectId::View(view.name.clone());
        writer.step(&id, "shows it under its old name until the contract", Cost::nothing(), |printer| {
            printer.act_as(&view.owner);
            let name = Qualified(&view.name);
            printer
                .line(format_args!("CREATE VIEW {name} WITH (security_invoker = true) AS\n{};", view.query));
            printer.line(said("VIEW", &name.to_string(), &view.comment));
            for grant in grants {
                let given = statements(grant, &target(&grant.on), &Ident(&grant.to).to_string());
                given.iter().for_each(|sql| printer.line(format_args!("{sql};")));
            }
        });
        writer.makes(view.clone());
        grants.iter().for_each(|grant| writer.makes(grant.clone()));
    }
}

/// Closes them.
pub(super) fn close<'l>(writer: &mut Writer<'_, 'l>, windows: &'l [Window]) {
    for Window { view, grants } in windows {
        let id = ObjectId::View(view.name.clone());
        let cost = Cost::locks(&view.name, LockMode::AccessExclusive);
        writer.step(&id, "is dropped, and with it the old name", cost, |printer| {
            printer.act_as(&view.owner);
            printer.line(format_args!("DROP VIEW IF EXISTS {};", Qualified(&view.name)));
        });
        grants.iter().for_each(|grant| writer.takes(ObjectId::Grant(grant.on.clone(), grant.to.clone())));
        writer.takes(id);
    }
}

/// The name of what stands among tables.
fn relation(object: &Object) -> Option<&Name> {
    match object {
        Object::Table(table) => Some(&table.name),
        Object::View(view) => Some(&view.name),
        Object::Sequence(sequence) => Some(&sequence.name),
        Object::Index(index) => Some(&index.name),
        _ => None,
    }
}

fn window(sealed: &Sealed, old: &Name) -> Option<Window> {
    let (catalog, renames) = (&sealed.catalog, &sealed.renames);
    let (owner, columns) = match catalog.get(&ObjectId::Table(old.clone())) {
        Some(Object::Table(table)) if table.partition_of.is_none() => {
            (&table.owner, shown(catalog, renames, old)?)
        }
        Some(_) => return None,
        None => match catalog.get(&ObjectId::View(old.clone())) {
            Some(Object::View(view)) => (&view.owner, "*".to_owned()),
            _ => return None,
        },
    };
    let view = View {
        name: old.clone(),
        owner: owner.clone(),
        kind: ViewKind::OfReader,
        query: format!("SELECT {columns}\n  FROM {}", Qualified(&renames.relation(old))),
        comment: format!(
            "Was called so; goes with the contract of what is called {} now.",
            renames.relation(old)
        )
        .into(),
        column_comments: std::collections::BTreeMap::new(),
    };
    Some(Window { view, grants: grants(catalog, old) })
}

/// The columns of a table, each under the name that clients of before know.
fn shown(catalog: &Catalog, renames: &Renames, old: &Name) -> Option<String> {
    let columns = catalog.table(old)?.columns.iter().map(|name| {
        let now = renames.column(old, name);
        match now == *name {
            true => Ident(name).to_string(),
            false => format!("{} AS {}", Ident(&now), Ident(name)),
        }
    });
    Some(columns.collect::<Vec<_>>().join(", "))
}

/// The rights on what had the name; those that a view has no use for are left out.
fn grants(catalog: &Catalog, old: &Name) -> Vec<Grant> {
    let of_view = |privilege: &Privilege| {
        matches!(privilege, Privilege::Select | Privilege::Insert | Privilege::Update | Privilege::Delete)
    };
    let all = catalog.objects().filter_map(|object| match object {
        Object::Grant(grant) if grant.on == Target::Relation(old.clone()) => Some(grant),
        _ => None,
    });
    let kept = all.map(|grant| {
        let privileges = grant.privileges.iter().filter(|(privilege, _)| of_view(privilege));
        let privileges =
            privileges.map(|(privilege, reach): (&Privilege, &Reach)| (*privilege, reach.clone()));
        Grant { privileges: privileges.collect(), ..grant.clone() }
    });
    kept.filter(|grant| !grant.privileges.is_empty()).collect()
}

//! Rights on objects. What is given comes last, so that nothing is open before it is protected; but for those on schemas, since the
//! owner of a function has to see what its body names. What is taken waits until no client of before is left.

use std::collections::BTreeMap;

use super::super::print::functions::Called;
use super::super::print::rights::{shown, statements, target};
use super::super::sql::{Ident, Literal, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Writer, is_admins};
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Grant, Object, Privilege, Reach, Target};

/// Gives the rights on schemas that roles do not have yet, and that open nothing which stands in them.
pub(super) fn let_in<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    give_on(writer, delta, |on| matches!(on, Target::Schema(_)));
}

/// Gives all other rights that roles do not have yet.
pub(super) fn give<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    give_on(writer, delta, |on| !matches!(on, Target::Schema(_)));
}

fn give_on<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, is_meant: impl Fn(&Target) -> bool) {
    for object in delta.new.objects() {
        let Object::Grant(grant) = object else { continue };
        if is_admins(object) || is_with_object(grant) || !is_meant(&grant.on) {
            continue;
        }
        let old = match delta.old.get(&object.id()) {
            Some(Object::Grant(old)) => Some(old),
            _ => None,
        };
        let more = old.map_or_else(|| grant.clone(), |old| without(grant, old));
        if more.privileges.is_empty() {
            continue;
        }
        writer.step(&object.id(), "is given", Cost::nothing(), |printer| {
            grant.by.iter().for_each(|by| printer.act_as(by));
            let given = statements(&more, &target(&grant.on), &Ident(&grant.to).to_string());
            given.iter().for_each(|sql| printer.line(format_args!("{sql};")));
        });
        let mut reached = old.cloned().unwrap_or_else(|| grant.clone());
        reached.add(grant.privileges.clone());
        in_order(delta, &mut reached);
        writer.makes(reached);
    }
}

/// Puts the columns of a right in the order in which they stand in the table, as a server tells them.
fn in_order(delta: &Delta<'_>, grant: &mut Grant) {
    let Target::Relation(name) = &grant.on else { return };
    let columns =
        |catalog: &Catalog| catalog.table(name).map_or_else(Vec::new, |table| table.columns.clone());
    // New ones stand behind those that were there.
    let columns = [columns(delta.old), columns(delta.new)].concat();
    for reach in grant.privileges.values_mut() {
        if let Reach::Columns(of) = reach {
            of.sort_by_key(|name| columns.iter().position(|column| column == name));
        }
    }
}

/// Gives the rights on views that are made anew back to those who are to lose them with the contract.
pub(super) fn give_back<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.before.objects() {
        let Object::Grant(grant) = object else { continue };
        if !is_lost(delta, object) || !delta.new.holds(&grant.on) {
            continue;
        }
        let left = match delta.new.get(&object.id()) {
            Some(Object::Grant(new)) => without(grant, new),
            _ => grant.clone(),
        };
        // Columns that the view shows no longer can be read by nobody.
        let whole = left.privileges.into_iter().filter(|(_, reach)| *reach == Reach::Whole).collect();
        let back = Grant { privileges: whole, ..grant.clone() };
        if back.privileges.is_empty() {
            continue;
        }
        writer.step(&object.id(), "is given back until the contract", Cost::nothing(), |printer| {
            grant.by.iter().for_each(|by| printer.act_as(by));
            let given = statements(&back, &target(&grant.on), &Ident(&grant.to).to_string());
            given.iter().for_each(|sql| printer.line(format_args!("{sql};")));
        });
        let mut reached = match delta.new.get(&object.id()) {
            Some(Object::Grant(new)) => new.clone(),
            _ => Grant { privileges: BTreeMap::new(), ..grant.clone() },
        };
        reached.add(back.privileges);
        writer.makes(reached);
    }
}

/// Takes the rights that roles are to have no longer.
pub(super) fn take<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.before.objects() {
        let Object::Grant(grant) = object else { continue };
        let goes = delta.before.holds(&grant.on) && !delta.new.holds(&grant.on);
        if is_admins(object) || goes || grant.on == Target::Database {
            continue;
        }
        let new = match delta.new.get(&object.id()) {
            Some(Object::Grant(new)) => Some(new),
            _ => None,
        };
        let mut less = new.map_or_else(|| grant.clone(), |new| without(grant, new));
        // Those by column were not given back.
        less.privileges.retain(|_, reach| *reach == Reach::Whole || !is_lost(delta, object));
        if less.privileges.is_empty() {
            continue;
        }
        writer.step(&object.id(), "is taken", Cost::nothing(), |printer| {
            grant.by.iter().for_each(|by| printer.act_as(by));
            let privileges = shown(&less.privileges.iter().collect::<Vec<_>>());
            let revoke = format!("REVOKE {privileges} ON {} FROM {};", target(&grant.on), Ident(&grant.to));
            match is_there(&grant.on).filter(|_| !delta.before.holds(&grant.on)) {
                Some(is_there) => {
                    printer.line("DO $polity$");
                    printer.line("BEGIN");
                    printer.line(format_args!("    IF {is_there} THEN"));
                    printer.line(format_args!("        {revoke}"));
                    printer.line("    END IF;");
                    printer.line("END;");
                    printer.line("$polity$;");
                }
                None => printer.line(revoke),
            }
            // PostgreSQL takes a privilege on single columns along with that on all (REVOKE, "Notes").
            if let Some(kept) =
                new.map(|new| of_columns(new, &less)).filter(|kept| !kept.privileges.is_empty())
            {
                let given = statements(&kept, &target(&kept.on), &Ident(&kept.to).to_string());
                given.iter().for_each(|sql| printer.line(format_args!("{sql};")));
            }
        });
        match new {
            Some(new) => writer.makes(new.clone()),
            None => writer.takes(object.id()),
        }
    }
}

/// The condition that an object beside the place, such as a table that all tenants share, is there: it may be gone by then.
fn is_there(on: &Target) -> Option<String> {
    let (function, name) = match on {
        Target::Database => return None,
        Target::Schema(name) => ("to_regnamespace", Ident(name).to_string()),
        Target::Relation(name) | Target::Sequence(name) => ("to_regclass", Qualified(name).to_string()),
        Target::Function(signature) => ("to_regprocedure", Called(signature).to_string()),
    };
    Some(format!("{function}({}) IS NOT NULL", Literal(&name)))
}

/// Whether a right went with what it was on, which was dropped to be made anew.
fn is_lost(delta: &Delta<'_>, grant: &Object) -> bool {
    delta.old.get(&grant.id()).is_none()
}

/// Returns the privileges on single columns that a role keeps while it loses those on all.
fn of_columns(new: &Grant, less: &Grant) -> Grant {
    let is_kept = |privilege: &Privilege, reach: &Reach| {
        matches!(reach, Reach::Columns(_)) && less.privileges.get(privilege) == Some(&Reach::Whole)
    };
    let kept = new.privileges.iter().filter(|(privilege, reach)| is_kept(privilege, reach));
    Grant { privileges: kept.map(|(privilege, reach)| (*privilege, reach.clone())).collect(), ..new.clone() }
}

/// Whether the rights on an object are given where it is made.
fn is_with_object(grant: &Grant) -> bool {
    matches!(grant.on, Target::Database)
}

/// Returns the rights of the first that the second does not hold.
fn without(first: &Grant, second: &Grant) -> Grant {
    let mut left: BTreeMap<Privilege, Reach> = BTreeMap::new();
    for (privilege, reach) in &first.privileges {
        match (reach, second.privileges.get(privilege)) {
            (_, Some(Reach::Whole)) => {}
            (Reach::Columns(columns), Some(Reach::Columns(held))) => {
                let more: Vec<_> = columns.iter().filter(|column| !held.contains(column)).cloned().collect();
                if !more.is_empty() {
                    left.insert(*privilege, Reach::Columns(more));
                }
            }
            (reach, _) => drop(left.insert(*privilege, reach.clone())),
        }
    }
    Grant { privileges: left, ..first.clone() }
}

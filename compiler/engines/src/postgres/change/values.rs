//! Checks that allow fewer values than before. Until the contract they allow those of before as well, so that clients that write them
//! go on; then rows that still hold one keep the new check from being valid.

use super::super::sql::{Ident, Qualified};
use super::constraints::owner_of;
use super::delta::Delta;
use super::recode::Recodes;
use super::sealing::Stop;
use super::writer::{Cost, Files, Writer};
use crate::change::{LockMode, Phase, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Constraint, ConstraintRule, Name, Object, ObjectId, mentions};

/// A check as it is at the end, and as it is until the contract.
pub(super) struct Narrowed {
    end: Constraint,
    pub(super) until: Constraint,
}

impl Narrowed {
    /// Whether a value, as SQL writes it, is one that a column may hold no longer.
    pub(super) fn is_left(&self, table: &Name, column: &str, value: &str) -> bool {
        let lists = [&self.until, &self.end].map(|one| match &one.rule {
            ConstraintRule::Check(sql) if one.table == *table && mentions(sql, column) => List::of(sql),
            _ => None,
        });
        match lists {
            [Some(until), Some(end)] => until.values.contains(&value) && !end.values.contains(&value),
            _ => false,
        }
    }

    /// Whether it is this check.
    pub(super) fn is(&self, check: &Constraint) -> bool {
        self.end.table == check.table && self.end.name == check.name
    }

    /// Returns what the list is of, with the condition of rows which hold a value that goes and has no other name; `None` where each has.
    fn going(&self, recodes: &Recodes) -> Option<(String, String)> {
        let (ConstraintRule::Check(until), ConstraintRule::Check(end)) = (&self.until.rule, &self.end.rule)
        else {
            return None;
        };
        let (until, list) = (List::of(until)?, List::of(end)?);
        let of = list.of.0.trim_end_matches(" IN (").trim_end_matches(" <@ ARRAY[");
        let left = until.values.iter().filter(|value| !list.values.contains(*value));
        let (renamed, gone): (Vec<&str>, Vec<&str>) =
            left.copied().partition(|value| recodes.leads_on(&self.end.table, end, value));
        (!gone.is_empty()).then(|| (of.to_owned(), format!("NOT ({})", list.and(&renamed))))
    }
}

/// Finds them.
pub(super) fn narrowed(old: &Catalog, new: &Catalog) -> Vec<Narrowed> {
    let pairs = new.objects().filter_map(|object| match (object, old.get(&object.id())) {
        (Object::Constraint(now), Some(Object::Constraint(was))) => Some((was, now)),
        _ => None,
    });
    let found = pairs.filter_map(|(was, now)| {
        let (ConstraintRule::Check(before), ConstraintRule::Check(after)) = (&was.rule, &now.rule) else {
            return None;
        };
        let (before, after) = (List::of(before)?, List::of(after)?);
        let left: Vec<&str> =
            before.values.iter().filter(|one| !after.values.contains(*one)).copied().collect();
        if left.is_empty() || before.of != after.of {
            return None;
        }
        let until = match after.values.iter().all(|one| before.values.contains(one)) {
            true => was.clone(),
            false => Constraint { rule: ConstraintRule::Check(after.and(&left)), ..now.clone() },
        };
        Some(Narrowed { end: now.clone(), until })
    });
    found.collect()
}

/// Holds what is written from now on to the values of the end.
pub(super) fn narrow<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, narrowed: &[Narrowed]) {
    for Narrowed { end, .. } in narrowed {
        let id = ObjectId::Constraint(end.table.clone(), end.name.clone());
        let cost = Cost::locks(&end.table, LockMode::AccessExclusive);
        writer.step(&id, "allows fewer values", cost, |printer| {
            owner_of(delta, &end.table).into_iter().for_each(|owner| printer.act_as(owner));
            let (table, name) = (Qualified(&end.table), Ident(&end.name));
            printer.line(format_args!("ALTER TABLE {table} DROP CONSTRAINT {name};"));
            if let ConstraintRule::Check(sql) = &end.rule {
                printer
                    .line(format_args!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({sql}) NOT VALID;"));
            }
        });
        writer.makes(Constraint { unvalidated: true, ..end.clone() });
    }
}

/// Stops where rows hold a value that goes, before anything is taken away.
pub(super) fn count<'l>(
    files: &mut Files<'_, 'l>,
    delta: &Delta<'l>,
    narrowed: &[Narrowed],
    recodes: &Recodes,
) {
    let maintenance = &files.roles.maintenance;
    let mut writer = files.begin();
    for one in narrowed {
        let Some(table) = delta.new.table(&one.end.table) else { continue };
        let Some((of, left)) = one.going(recodes) else { continue };
        let id = ObjectId::Constraint(table.name.clone(), one.end.name.clone());
        let count = format!("SELECT count(*) FROM {} WHERE {left}", delta.rows(&table.name));
        let cost = Cost::nothing().takes(Time::Scan).risks(Risk::Misfits { count });
        let stop = Stop {
            table,
            left,
            of: format!("{}.{of}", Qualified(&table.name)),
            message: "rows left with a value that goes: %s, in %s".to_owned(),
            hint: "give them another value; then run this again",
        };
        writer.step(&id, "is found to hold in every row", cost, |printer| stop.print(printer, maintenance));
    }
    files.end(writer, Phase::Contract, "count");
}

/// Judges the rows that are there.
pub(super) fn judge<'l>(
    files: &mut Files<'_, 'l>,
    delta: &Delta<'l>,
    narrowed: &[Narrowed],
    recodes: &Recodes,
) {
    for one in narrowed {
        let Narrowed { end, .. } = one;
        let ConstraintRule::Check(sql) = &end.rule else { continue };
        let mut writer = files.begin();
        let id = ObjectId::Constraint(end.table.clone(), end.name.clone());
        let count = format!("SELECT count(*) FROM {} WHERE NOT ({sql})", delta.rows(&end.table));
        let mut cost = Cost::locks(&end.table, LockMode::ShareUpdateExclusive).takes(Time::Scan);
        if one.going(recodes).is_none() {
            cost = cost.risks(Risk::Misfits { count });
        }
        writer.step(&id, "is validated", cost, |printer| {
            owner_of(delta, &end.table).into_iter().for_each(|owner| printer.act_as(owner));
            let (table, name) = (Qualified(&end.table), Ident(&end.name));
            printer.line(format_args!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"));
        });
        writer.makes(end.clone());
        files.end(writer, Phase::ContractBeside, &end.name);
    }
}

/// A check that something is one of several texts.
struct List<'s> {
    /// The part before the list, and the one that ends it.
    of: (&'s str, &'s str),
    values: Vec<&'s str>,
}

impl<'s> List<'s> {
    fn of(sql: &'s str) -> Option<Self> {
        [(" IN (", ")"), (" <@ ARRAY[", "]")].into_iter().find_map(|(open, end)| {
            let at = sql.find(open)? + open.len();
            let values = texts(sql[at..].strip_suffix(end)?)?;
            Some(Self { of: (&sql[..at], end), values })
        })
    }

    fn and(&self, more: &[&str]) -> String {
        let values: Vec<&str> = self.values.iter().chain(more).copied().collect();
        format!("{}{}{}", self.of.0, values.join(", "), self.of.1)
    }
}

/// The texts of a list, each as SQL writes it; `None` where something else stands in it.
fn texts(list: &str) -> Option<Vec<&str>> {
    let (mut found, mut rest) = (Vec::new(), list);
    loop {
        let inside = rest.strip_prefix('\'')?;
        let mut end = inside.find('\'')?;
        while inside[end + 1..].starts_with('\'') {
            end += 2 + inside[end + 2..].find('\'')?;
        }
        found.push(&rest[..end + 2]);
        match &inside[end + 1..] {
            "" => return Some(found),
            more => rest = more.strip_prefix(", ")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    #[test]
    fn lists_of_texts_are_read() {
        for (sql, expected) in [
            ("state IN ('a', 'b')", Some(vec!["'a'", "'b'"])),
            ("state IN ('it''s, so', '')", Some(vec!["'it''s, so'", "''"])),
            ("moods <@ ARRAY['a']", Some(vec!["'a'"])),
            ("state IN ('a', 'b') OR other", None),
            ("age IN (1, 2)", None),
            ("age > 1", None),
        ] {
            assert_eq!(List::of(sql).map(|list| list.values), expected, "{sql}");
        }
        let list = List::of("state IN ('a')").expect("it is one");
        assert_eq!(list.and(&["'b'"]), "state IN ('a', 'b')");
    }
}

//! Values that are called otherwise: rows that hold the old ones are given the new ones beside writes, and once more with the contract,
//! since clients of before write the old ones until then.

use super::super::lower::fills::Recode;
use super::super::lower::lowered::Lowered;
use super::super::lower::roles::Roles;
use super::super::lower::sealed::Sealed;
use super::super::sql::{Ident, Literal, Qualified};
use super::batches::Batches;
use super::delta::Delta;
use super::values::Narrowed;
use super::writer::{Cost, Files, Writer};
use crate::change::{Phase, Risk};
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, ConstraintRule, Name, Object, ObjectId, Table, mentions};
use smol_str::SmolStr;

/// The values of columns that are called otherwise, as long as rows may hold them by their old names.
pub(super) struct Recodes {
    /// The values that are called so from now on.
    now: Vec<Recode>,
    /// The values of earlier seals as well, each by the last of its names.
    pub(super) all: Vec<Recode>,
}

impl Recodes {
    pub(super) fn of(lowered: &Lowered, sealed: &Sealed, narrowed: &[Narrowed]) -> Self {
        let is_left = |one: &Recode, value: &str| {
            narrowed.iter().any(|check| check.is_left(&one.table, &one.column, &text(value)))
        };
        let said = lowered.fills.recoded.iter().filter_map(|one| kept(one, |(old, _)| is_left(one, old)));
        let said: Vec<Recode> = said.collect();
        let waiting = waiting(&lowered.catalog, sealed);
        let of = |all: &[Recode], one: &Recode| all.iter().find(|other| other.is_of(one)).cloned();
        let now = said.iter().filter_map(|one| match of(&waiting, one) {
            Some(before) => kept(one, |pair| !before.values.contains(pair)),
            None => Some(one.clone()),
        });
        let now = now.collect();
        let mut all = said;
        for mut one in waiting {
            let last = of(&all, &one).map(|said| said.values).unwrap_or_default();
            for (_, name) in &mut one.values {
                if let Some((_, last)) = last.iter().find(|(old, _)| old == name) {
                    *name = last.clone();
                }
            }
            let values = kept(&one, |(old, new)| {
                is_left(&one, old) && !is_left(&one, new) && last.iter().all(|(said, _)| said != old)
            });
            let Some(more) = values else { continue };
            match all.iter().position(|said| said.is_of(&one)) {
                Some(at) => all[at].values.extend(more.values),
                None => all.push(more),
            }
        }
        Self { now, all }
    }

    /// Whether rows with a value, as SQL writes it, of which a check of a table speaks are given another name of it.
    pub(super) fn leads_on(&self, table: &Name, check: &str, value: &str) -> bool {
        let of_check = self.all.iter().filter(|one| one.table == *table && mentions(check, &one.column));
        of_check.flat_map(|one| &one.values).any(|(old, _)| text(old) == value)
    }

    /// Gives rows the new values.
    pub(super) fn begin<'l>(&self, files: &mut Files<'_, 'l>, delta: &Delta<'l>, narrowed: &[Narrowed]) {
        for (of, recode) in held(delta.new, &self.now) {
            let risks = broken(delta.new, recode, narrowed).map(|clients| Risk::Break { clients });
            write(files, delta, (of, recode), Phase::Backfill, risks);
        }
    }

    /// Gives them to the rows that clients of before wrote since.
    pub(super) fn end<'l>(&self, files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
        for of in held(delta.new, &self.all) {
            write(files, delta, of, Phase::ContractBeside, None);
        }
    }

    /// Gives rows the old values again, in the transaction of an undo.
    pub(super) fn back<'l>(&self, writer: &mut Writer<'_, 'l>, roles: &'l Roles, now: &'l Catalog) {
        for (of, recode) in held(now, &self.now) {
            let (set, which) = statement(recode, |(old, new)| (new, old));
            let id = ObjectId::Column(of.name.clone(), recode.column.clone());
            writer.step(&id, "holds values by their old names", Cost::nothing(), |printer| {
                let update = format!("UPDATE {} SET {set}\n WHERE {which};", Qualified(&of.name));
                match of.row_security {
                    true => {
                        printer.act_as(&roles.maintenance);
                        printer
                            .line(format_args!("SET row_security = on;\n{update}\nSET row_security = off;"));
                    }
                    false => {
                        printer.act_as(&of.owner);
                        printer.line(update);
                    }
                }
            });
        }
    }
}

impl Recode {
    fn is_of(&self, other: &Self) -> bool {
        self.table == other.table && self.column == other.column
    }
}

/// Returns the values of earlier seals, under the names that their tables and columns have today.
fn waiting(catalog: &Catalog, sealed: &Sealed) -> Vec<Recode> {
    if sealed.state.recoded.is_empty() {
        return Vec::new();
    }
    let columns = catalog.objects().filter_map(|object| match object {
        Object::Column(column) => Some((&column.table, &column.name)),
        _ => None,
    });
    let found = columns.filter_map(|(table, column)| {
        let before = sealed.renames.column_before(table, column);
        let before = before.unwrap_or_else(|| (table.clone(), column.clone()));
        let mut all = sealed.state.recoded.iter();
        let one = all.find(|one| one.table == before.0 && one.column == before.1)?;
        Some(Recode { table: table.clone(), column: column.clone(), values: one.values.clone() })
    });
    found.collect()
}

/// Returns the column with those of its values for which something holds; `None` where there are none.
fn kept(one: &Recode, holds: impl Fn(&(SmolStr, SmolStr)) -> bool) -> Option<Recode> {
    let values: Vec<_> = one.values.iter().filter(|pair| holds(pair)).cloned().collect();
    (!values.is_empty()).then(|| Recode { values, ..one.clone() })
}

/// The tables that hold them.
fn held<'l, 'r>(
    catalog: &'l Catalog,
    recodes: &'r [Recode],
) -> impl Iterator<Item = (&'l Table, &'r Recode)> {
    recodes.iter().filter_map(|recode| Some((catalog.table(&recode.table)?, recode)))
}

/// Adds the file of a column.
fn write<'l>(
    files: &mut Files<'_, 'l>,
    delta: &Delta<'l>,
    (of, recode): (&'l Table, &Recode),
    phase: Phase,
    risk: Option<Risk>,
) {
    if !delta.had_table(&of.name) {
        return;
    }
    let (set, which) = statement(recode, |pair| pair);
    let batches = Batches {
        column: &ObjectId::Column(of.name.clone(), recode.column.clone()),
        does: "holds values by their new names",
        set,
        which,
        trigger: Default::default(),
        risks: risk.into_iter().collect(),
    };
    batches.write(files, delta, of, phase, &format!("{}_{}", of.name.name, recode.column));
}

/// Returns the clients of before that write rows for which a rule does not hold that speaks of new names, or that tells one name from
/// the other.
fn broken(catalog: &Catalog, recode: &Recode, narrowed: &[Narrowed]) -> Option<String> {
    let reads = |sql: &str| mentions(sql, &recode.column);
    let speaks = |sql: &str| reads(sql) && recode.values.iter().any(|(_, new)| sql.contains(&text(new)));
    let filters = |filter: Option<&str>| filter.is_some_and(speaks);
    let rules = catalog.of_relation(&recode.table).filter(|object| match object {
        Object::Index(index) => {
            index.unique
                && (index.columns.iter().any(|one| reads(&one.sql)) || filters(index.filter.as_deref()))
        }
        Object::Constraint(one) => match &one.rule {
            ConstraintRule::Check(sql) => !narrowed.iter().any(|check| check.is(one)) && speaks(sql),
            ConstraintRule::Unique(columns) => columns.contains(&recode.column),
            ConstraintRule::Exclude(rule) => {
                rule.elements.iter().any(|(sql, _)| reads(sql)) || filters(rule.filter.as_deref())
            }
            ConstraintRule::PrimaryKey(_) | ConstraintRule::ForeignKey(_) => false,
        },
        _ => false,
    });
    let rules: Vec<String> = rules.map(|object| object.id().to_string()).collect();
    let old: Vec<String> = recode.values.iter().map(|(old, _)| text(old)).collect();
    (!rules.is_empty())
        .then(|| format!("those that write {}, of which {} does not know", old.join(", "), rules.join(", ")))
}

/// The change of a column and the rows that it is for.
fn statement(recode: &Recode, turned: impl Fn((String, String)) -> (String, String)) -> (String, String) {
    let column = Ident(&recode.column).to_string();
    let values: Vec<_> = recode.values.iter().map(|(old, new)| turned((text(old), text(new)))).collect();
    let arms: String = values.iter().map(|(from, to)| format!(" WHEN {from} THEN {to}")).collect();
    let from: Vec<String> = values.into_iter().map(|(from, _)| from).collect();
    (format!("{column} = CASE {column}{arms} END"), format!("{column} IN ({})", from.join(", ")))
}

fn text(value: &str) -> String {
    Literal(value).to_string()
}
